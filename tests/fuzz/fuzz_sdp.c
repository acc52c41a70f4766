/* Any offer: it is refused with a reason, or answered by an ASCII text with the same lines, each one like its offer's,
 * the same each time; and it is the same offer to itself. */
#include "media/negotiate.h"
#include "wire/sdp.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool true_here)
{
	if (!true_here)
		abort();
}

static void check(const struct negotiated *media, struct bytes offer, struct bytes answer)
{
	struct sdp theirs, ours;
	hold(sdp_parse(offer, &theirs) == ERR_OK && sdp_parse(answer, &ours) == ERR_OK);
	hold(ours.n_media == theirs.n_media && media->n_lines == ours.n_media);
	hold(answer.n > 2 && memcmp(answer.p + answer.n - 2, "\r\n", 2) == 0);
	for (size_t i = 0; i < answer.n; i++)
		hold(answer.p[i] < 0x7f && (answer.p[i] == '\n') == (i > 0 && answer.p[i - 1] == '\r'));
	for (size_t i = 0; i < ours.n_media; i++) {
		const struct line *l = &media->lines[i];
		hold(bytes_equal(ours.media[i].kind, theirs.media[i].kind));
		hold((ours.media[i].port == 0) == (l->role == LINE_REFUSED));
		hold((l->n_codecs == 0) == (l->role == LINE_REFUSED));
		hold(strlen(l->mid) <= RID_MAX && l->n_rids <= RIDS_MAX && l->n_ssrcs <= SSRCS_PER_RID);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t text[NEGOTIATE_ANSWER_MAX], again[NEGOTIATE_ANSWER_MAX];
	uint32_t ssrcs[NEGOTIATE_SSRCS];
	for (uint32_t i = 0; i < NEGOTIATE_SSRCS; i++)
		ssrcs[i] = i + 1;
	struct netaddr udp = { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 40000 };
	struct negotiate_config config = { .ufrag = "abcd",
					   .pwd = "0123456789012345678901",
					   .session_id = 1,
					   .udp = &udp,
					   .n_udp = 1,
					   .slots_audio = 3,
					   .slots_video = SLOTS_VIDEO_MAX,
					   .ssrcs = ssrcs,
					   .allow = NEGOTIATE_RED | NEGOTIATE_H264 | NEGOTIATE_DEPENDENCY_DESCRIPTOR };
	struct negotiated media, media_again;
	struct negotiate_error error;
	struct writer w = writer_of(text, sizeof text), w_again = writer_of(again, sizeof again);
	struct bytes offer = bytes_of(data, size);

	enum err err = negotiate_answer(offer, &config, &media, &w, &error);
	hold(err == error.err && (err == ERR_OK) == (error.text[0] == '\0') && err != ERR_FULL && err != ERR_STATE);
	if (err != ERR_OK)
		return 0;
	check(&media, offer, writer_done(&w));
	hold(negotiate_answer(offer, &config, &media_again, &w_again, &error) == ERR_OK);
	hold(bytes_equal(writer_done(&w), writer_done(&w_again)));
	hold(negotiate_compare(&media, offer, &config, &error) == NEGOTIATE_SAME);
	return 0;
}
