/* Offers to test with: small ones in pieces, changed by replacing text, and the captured ones of tests/data/sdp. */
#pragma once
#include "base/str.h"
#include "media/negotiate.h"
#include "test.h"
#include "wire/sdp.h"
#include <stdio.h>

#define UFRAG "a=ice-ufrag:cLnt\r\n"
#define PWD "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
#define PRINT                                                                                                          \
	"a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"                                       \
	"10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:1f\r\n"
#define SETUP "a=setup:actpass\r\n"
#define TRANSPORT UFRAG PWD PRINT SETUP "a=rtcp-mux\r\na=rtcp-rsize\r\n"
#define SESSION(mids)                                                                                                  \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " mids "\r\na=extmap-allow-mixed\r\n"
#define AUDIO(mid, direction)                                                                                          \
	"m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9\r\nc=IN IP4 0.0.0.0\r\na=" direction "\r\na=mid:" mid "\r\n" TRANSPORT   \
	"a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"                                                             \
	"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 transport-cc\r\n"         \
	"a=rtpmap:9 G722/8000\r\n"                                                                                     \
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"                                                   \
	"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"                                    \
	"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"                     \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
#define VIDEO(mid, direction)                                                                                          \
	"m=video 9 UDP/TLS/RTP/SAVPF 102 103 96 97\r\nc=IN IP4 0.0.0.0\r\na=" direction "\r\na=mid:" mid               \
	"\r\n" TRANSPORT "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n"            \
	"a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"                                       \
	"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"                                                                \
	"a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack pli\r\n"                                                        \
	"a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"                        \
	"a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"                                                             \
	"a=extmap:13 urn:3gpp:video-orientation\r\n"                                                                   \
	"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"                     \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                                                           \
	"a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"                                                \
	"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
#define SIMULCAST "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\na=simulcast:send l;m;h\r\n"
#define DATA(mid)                                                                                                      \
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:" mid "\r\n" TRANSPORT          \
	"a=sctp-port:5000\r\n"

/* The contract's lines with two slots of each kind. */
#define CONTRACT                                                                                                       \
	SESSION("0 1 2 3 4 5 6 7")                                                                                     \
	AUDIO("0", "sendonly")                                                                                         \
	"a=ssrc:1111 cname:x\r\n" AUDIO("1", "sendonly") "a=ssrc:2222 cname:x\r\n" VIDEO("2", "sendonly")              \
	    SIMULCAST VIDEO("3", "sendonly") "a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n" AUDIO(         \
		"4", "recvonly") AUDIO("5", "recvonly") VIDEO("6", "recvonly") VIDEO("7", "recvonly")

#define OUR_UFRAG "srvA"
#define OUR_PWD "ABCDEFGHIJKLMNOPQRSTUV+/"
#define ALLOW_ALL (NEGOTIATE_RED | NEGOTIATE_H264 | NEGOTIATE_ABS_SEND_TIME | NEGOTIATE_DEPENDENCY_DESCRIPTOR)

static struct netaddr our_udp[3] = { { .family = 6, .ip = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, .port = 40000 },
				     { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 40000 },
				     { .family = 4, .ip = { 127, 0, 0, 1 }, .port = 40000 } };
static struct netaddr our_tcp[1] = { { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 8443 } };
static uint32_t our_ssrcs[NEGOTIATE_SSRCS];

static inline struct negotiate_config our_config(void)
{
	for (uint32_t i = 0; i < NEGOTIATE_SSRCS; i++)
		our_ssrcs[i] = 0xd1e00000 + i;
	struct negotiate_config c = {
		.ufrag = OUR_UFRAG,
		.pwd = OUR_PWD,
		.session_id = 4711,
		.udp = our_udp,
		.n_udp = 3,
		.tcp = our_tcp,
		.n_tcp = 1,
		.slots_audio = SLOTS_AUDIO_MAX,
		.slots_video = SLOTS_VIDEO_MAX,
		.ssrcs = our_ssrcs,
		.allow = ALLOW_ALL,
	};
	for (size_t i = 0; i < 32; i++)
		c.fingerprint.sha256[i] = (uint8_t)(0xff - i);
	return c;
}

/* One negotiation and what came of it. */
struct outcome {
	enum err err;
	struct negotiate_error error;
	struct negotiated media;
	char text[NEGOTIATE_ANSWER_MAX + 1]; /* the answer, NUL-ended */
	struct sdp offer, answer;	     /* both taken apart, when err is ERR_OK */
};

static inline struct outcome *negotiate_with(const char *offer, const struct negotiate_config *c)
{
	static struct outcome out;
	memset(&out, 0, sizeof out);
	struct writer w = writer_of(out.text, NEGOTIATE_ANSWER_MAX);
	struct bytes text = bytes_of(offer, strlen(offer));
	out.err = negotiate_answer(text, c, &out.media, &w, &out.error);
	assert_int_equal(out.error.err, out.err);
	out.text[out.err == ERR_OK ? writer_len(&w) : 0] = '\0';
	if (out.err != ERR_OK)
		return &out;
	assert_int_equal(sdp_parse(text, &out.offer), ERR_OK);
	assert_int_equal(sdp_parse(bytes_of(out.text, strlen(out.text)), &out.answer), ERR_OK);
	return &out;
}

/* With all allowed; fails when it is not answered. */
static inline struct outcome *negotiate(const char *offer)
{
	struct negotiate_config c = our_config();
	struct outcome *o = negotiate_with(offer, &c);
	if (o->err != ERR_OK)
		fail_msg("not answered: %s", o->error.text);
	return o;
}

/* `text` with each `from` replaced; fails when there is none. One of the last four results is overwritten. */
static inline const char *changed(const char *text, const char *from, const char *to)
{
	static char texts[4][SDP_MAX];
	static unsigned next;
	char *at = texts[next++ % 4];
	struct writer w = writer_of(at, SDP_MAX);
	size_t count = 0;
	for (const char *hit; (hit = strstr(text, from)); text = hit + strlen(from), count++) {
		writer_bytes(&w, bytes_of(text, (size_t)(hit - text)));
		writer_bytes(&w, bytes_of(to, strlen(to)));
	}
	writer_bytes(&w, bytes_of(text, strlen(text) + 1));
	if (count == 0 || w.failed)
		fail_msg("'%s' is not in the offer, or no room", from);
	return at;
}

static const char *const captured_names[] = { "chromium_trimmed", "chromium_trimmed_restart", "chromium_24_slots",
					      "firefox",	  "firefox_restart",	      "firefox_max_bundle" };
#define CAPTURED (sizeof captured_names / sizeof *captured_names)

static inline const char *captured(const char *name)
{
	static char text[SDP_MAX];
	char path[512];
	assert_int_equal(str_print(path, sizeof path, "%s/sdp/%s.sdp", TEST_DATA, name), ERR_OK);
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot read %s", path);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	assert_int_equal(fclose(f), 0);
	return text;
}

/* The section of an answer or an offer as a text of its own. */
static inline const char *section(const struct sdp *sdp, size_t i)
{
	static char texts[4][16384];
	static unsigned next;
	char *at = texts[next++ % 4];
	assert_true(i < sdp->n_media);
	struct bytes lines = sdp->media[i].lines;
	assert_int_equal(str_copy_n(at, sizeof texts[0], (const char *)lines.p, lines.n), ERR_OK);
	return at;
}

static inline bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static inline size_t count_of(const char *text, const char *part)
{
	size_t n = 0;
	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/* Runs a check over the answers to all captured offers and to the small one. */
static inline void each_answer(void (*check)(struct outcome *o, const char *name))
{
	for (size_t i = 0; i < CAPTURED; i++)
		check(negotiate(captured(captured_names[i])), captured_names[i]);
	check(negotiate(CONTRACT), "small");
}
