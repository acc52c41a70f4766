#include "test.h"
#include "wire/sdp.h"
#include <stdio.h>

#define BYTES(text) bytes_of(text, strlen(text))

static bool is(struct bytes b, const char *text)
{
	return sdp_is(b, text);
}

static const char sample[] = "v=0\r\n"
			     "o=- 1 2 IN IP4 127.0.0.1\r\n"
			     "s=-\r\n"
			     "t=0 0\r\n"
			     "a=group:BUNDLE 0 1\r\n"
			     "a=ice-lite\r\n"
			     "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"
			     "c=IN IP4 0.0.0.0\r\n"
			     "a=mid:0\r\n"
			     "a=fmtp:111 minptime=10; UseInbandFEC=1\r\n"
			     "m=application 0/2 UDP/DTLS/SCTP webrtc-datachannel\r\n"
			     "a=mid:1\r\n";

static void takes_a_text_apart(void **unused)
{
	struct sdp sdp;
	assert_int_equal(sdp_parse(BYTES(sample), &sdp), ERR_OK);
	assert_int_equal(sdp.n_media, 2);
	const struct sdp_media *m = sdp.media;
	assert_true(is(m[0].kind, "audio") && is(m[0].proto, "UDP/TLS/RTP/SAVPF") && is(m[0].formats, "111 63"));
	assert_int_equal(m[0].port, 9);
	assert_true(is(m[1].kind, "application") && is(m[1].formats, "webrtc-datachannel"));
	assert_int_equal(m[1].port, 0);
	assert_true(is(m[1].lines, "a=mid:1\r\n"));

	struct bytes lines = sdp.session;
	struct sdp_attr a;
	assert_true(sdp_attr_next(&lines, &a) && is(a.name, "group") && is(a.value, "BUNDLE 0 1"));
	assert_true(sdp_attr_next(&lines, &a) && is(a.name, "ice-lite") && a.value.n == 0);
	assert_false(sdp_attr_next(&lines, &a));

	struct bytes fmtp, value;
	assert_true(sdp_attr_find(m[0].lines, "fmtp", &fmtp) && is(sdp_cut(&fmtp, ' '), "111"));
	assert_true(sdp_param(fmtp, "useinbandfec", &value) && is(value, "1"));
	assert_true(sdp_param(fmtp, "minptime", &value) && is(value, "10"));
	assert_false(sdp_param(fmtp, "ptime", &value));
	assert_false(sdp_attr_find(m[0].lines, "group", &value));
}

/* The same text with LF alone, and without its last line's end. */
static void line_ends_may_be_lf_or_missing(void **unused)
{
	char text[sizeof sample];
	size_t n = 0;
	for (size_t i = 0; i + 1 < sizeof sample; i++) {
		if (sample[i] != '\r')
			text[n++] = sample[i];
	}
	struct sdp sdp;
	assert_int_equal(sdp_parse(bytes_of(text, n), &sdp), ERR_OK);
	assert_int_equal(sdp.n_media, 2);
	assert_true(is(sdp.media[1].lines, "a=mid:1\n"));
	assert_int_equal(sdp_parse(bytes_of(text, n - 1), &sdp), ERR_OK);
	assert_true(is(sdp.media[1].lines, "a=mid:1"));
	assert_int_equal(sdp_parse(bytes_of(sample, strlen(sample) - 1), &sdp), ERR_OK);
	assert_true(is(sdp.media[1].lines, "a=mid:1\r"));
	struct bytes mid;
	assert_true(sdp_attr_find(sdp.media[1].lines, "mid", &mid) && is(mid, "1"));
}

static const struct {
	const char *what, *text;
	enum err err;
} texts[] = {
	{ "nothing", "", ERR_FORMAT },
	{ "another version", "v=1\r\n", ERR_FORMAT },
	{ "version alone", "v=0", ERR_OK },
	{ "an empty line at the end", "v=0\r\ns=-\r\n\r\n", ERR_OK },
	{ "an empty line inside", "v=0\r\n\r\ns=-\r\n", ERR_FORMAT },
	{ "no equals sign", "v=0\r\nab\r\n", ERR_FORMAT },
	{ "a letter in capitals", "v=0\r\nA=b\r\n", ERR_FORMAT },
	{ "a bare CR", "v=0\r\ns=a\rb\r\n", ERR_FORMAT },
	{ "a control character", "v=0\r\ns=a\x01\r\n", ERR_FORMAT },
	{ "a tab", "v=0\r\ns=a\tb\r\n", ERR_OK },
	{ "UTF-8 in a name", "v=0\r\ns=h\xe1\xbb\x8dp\r\n", ERR_OK },
	{ "UTF-8 in an m-line", "v=0\r\nm=audio 9 RTP/SAVPF 1 \xe1\xbb\x8d\r\n", ERR_FORMAT },
	{ "an m-line", "v=0\r\nm=audio 9 RTP/SAVPF 1\r\n", ERR_OK },
	{ "without formats", "v=0\r\nm=audio 9 RTP/SAVPF\r\n", ERR_FORMAT },
	{ "without formats but a blank", "v=0\r\nm=audio 9 RTP/SAVPF \r\n", ERR_FORMAT },
	{ "without anything", "v=0\r\nm=\r\n", ERR_FORMAT },
	{ "a port too large", "v=0\r\nm=audio 65536 RTP/SAVPF 1\r\n", ERR_FORMAT },
	{ "a port of no number", "v=0\r\nm=audio x RTP/SAVPF 1\r\n", ERR_FORMAT },
	{ "a kind that is no token", "v=0\r\nm=au/dio 9 RTP/SAVPF 1\r\n", ERR_FORMAT },
	{ "a kind too long",
	  "v=0\r\nm=audioaudioaudioaudioaudioaudioaudioaudioaudioaudioaudioaudioaudio 9 RTP/SAVPF 1\r\n", ERR_FORMAT },
	{ "a format too long",
	  "v=0\r\nm=audio 9 RTP/SAVPF 11111111111111111111111111111111111111111111111111111111111111111\r\n",
	  ERR_FORMAT },
};

static void broken_texts_are_refused(void **unused)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct sdp sdp;
		enum err err = sdp_parse(BYTES(texts[i].text), &sdp);
		if (err != texts[i].err)
			fail_msg("%s: %s", texts[i].what, err_name(err));
	}
	struct sdp sdp;
	assert_int_equal(sdp_parse(bytes_of("v=0\r\ns=a\0b\r\n", 12), &sdp), ERR_FORMAT);
}

static void limits_hold(void **unused)
{
	static char text[SDP_MAX + 2];
	struct sdp sdp;
	size_t n = 0;
	n += (size_t)sprintf(text, "v=0\r\n");
	for (int i = 0; i < LINES_MAX; i++)
		n += (size_t)sprintf(text + n, "m=audio 9 RTP/SAVPF 1\r\n");
	assert_int_equal(sdp_parse(bytes_of(text, n), &sdp), ERR_OK);
	assert_int_equal(sdp.n_media, LINES_MAX);
	n += (size_t)sprintf(text + n, "m=audio 9 RTP/SAVPF 1\r\n");
	assert_int_equal(sdp_parse(bytes_of(text, n), &sdp), ERR_LIMIT);

	/* one line as long as the text may be, then a byte more */
	n = (size_t)sprintf(text, "v=0\r\na=x:");
	memset(text + n, 'y', SDP_MAX + 1 - n);
	assert_int_equal(sdp_parse(bytes_of(text, SDP_MAX), &sdp), ERR_OK);
	struct bytes value;
	assert_true(sdp_attr_find(sdp.session, "x", &value));
	assert_int_equal(value.n, SDP_MAX - n);
	assert_int_equal(sdp_parse(bytes_of(text, SDP_MAX + 1), &sdp), ERR_RANGE);
}

/* Each prefix in a block of its own size: a read past the end is seen. */
static void survives_truncation_at_each_byte(void **unused)
{
	for (size_t n = 0; n < sizeof sample; n++) {
		char *text = malloc(n ? n : 1);
		assert_non_null(text);
		memcpy(text, sample, n);
		struct sdp sdp;
		enum err err = sdp_parse(bytes_of(text, n), &sdp);
		assert_true(err == ERR_OK || err == ERR_FORMAT);
		for (size_t i = 0; i < sdp.n_media; i++) {
			struct bytes lines = sdp.media[i].lines;
			for (struct sdp_attr a; sdp_attr_next(&lines, &a);)
				assert_true(a.name.p >= (uint8_t *)text &&
					    a.value.p + a.value.n <= (uint8_t *)text + n);
		}
		free(text);
	}
}

static void words_and_numbers(void **unused)
{
	struct bytes text = BYTES(" a ;; b;\tc\t"), word;
	assert_true(sdp_word_next(&text, ';', &word) && is(word, "a"));
	assert_true(sdp_word_next(&text, ';', &word) && is(word, "b"));
	assert_true(sdp_word_next(&text, ';', &word) && is(word, "c"));
	assert_false(sdp_word_next(&text, ';', &word));
	assert_int_equal(word.n, 0);

	text = BYTES("63/recvonly");
	assert_true(is(sdp_cut(&text, '/'), "63") && is(text, "recvonly"));
	assert_true(is(sdp_cut(&text, '/'), "recvonly") && text.n == 0);

	static const struct {
		const char *text;
		bool good;
		uint32_t value;
	} numbers[] = { { "0", true, 0 },
			{ "127", true, 127 },
			{ "128", false, 0 },
			{ "", false, 0 },
			{ "-1", false, 0 },
			{ "1 ", false, 0 },
			{ "0000000000127", true, 127 },
			{ "0x1", false, 0 },
			{ "99999999999999999999999999", false, 0 } };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		uint32_t value = 99;
		assert_int_equal(sdp_number(BYTES(numbers[i].text), 127, &value), numbers[i].good);
		assert_int_equal(value, numbers[i].value);
	}
	assert_true(sdp_is_nocase(BYTES("VP8/90000"), "vp8/90000"));
	assert_false(sdp_is_nocase(BYTES("VP8"), "vp80"));
	assert_false(sdp_is(BYTES("VP8"), "vp8"));
	assert_true(sdp_hex('0') == 0 && sdp_hex('9') == 9 && sdp_hex('a') == 10 && sdp_hex('F') == 15);
	assert_true(sdp_hex('g') == -1 && sdp_hex('/') == -1 && sdp_hex(':') == -1 && sdp_hex('@') == -1);
	assert_true(sdp_is_token(BYTES("video-0_{1}")));
	assert_false(sdp_is_token(BYTES("a b")) || sdp_is_token(BYTES("a;b")) || sdp_is_token(BYTES("")) ||
		     sdp_is_token(BYTES("h\xe1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_text_apart),
		cmocka_unit_test(line_ends_may_be_lf_or_missing),
		cmocka_unit_test(broken_texts_are_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(survives_truncation_at_each_byte),
		cmocka_unit_test(words_and_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
