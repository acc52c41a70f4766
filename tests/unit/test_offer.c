/* What one m-line offers, read for meaning. */
#include "media/offer.h"
#include "offers.h"

/* Reads the first m-line of a text; ALLOW_ALL. */
static enum err read_first(const char *text, struct offer_line *out)
{
	static struct sdp sdp;
	assert_int_equal(sdp_parse(bytes_of(text, strlen(text)), &sdp), ERR_OK);
	return offer_read(&sdp.media[0], sdp.session, offer_direction_of(sdp.session, OFFER_SENDRECV), ALLOW_ALL, out);
}

static struct offer_line line_of(const char *text)
{
	struct offer_line l;
	assert_int_equal(read_first(text, &l), ERR_OK);
	return l;
}

#define VIDEO_LINE "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 40\r\n"
#define AUDIO_LINE "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96 97 98 99 40\r\n"
#define H264(pt, fmtp) "a=rtpmap:" pt " H264/90000\r\na=fmtp:" pt " " fmtp "\r\n"

/* The payload types found: the codecs' and their RTX, as text. */
static const struct {
	const char *what, *text, *pts;
} codec_rows[] = {
	{ "no rtpmap at all", VIDEO_LINE, "" },
	{ "VP8 in small letters", VIDEO_LINE "a=rtpmap:96 vp8/90000\r\n", "96" },
	{ "VP8 at another clock", VIDEO_LINE "a=rtpmap:96 VP8/48000\r\n", "" },
	{ "VP8 in an audio line", AUDIO_LINE "a=rtpmap:96 VP8/90000\r\n", "" },
	{ "a payload type not in the m-line", VIDEO_LINE "a=rtpmap:100 VP8/90000\r\n", "" },
	{ "a low dynamic one", VIDEO_LINE "a=rtpmap:40 VP8/90000\r\n", "40" },
	{ "one that RTCP needs", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 72\r\na=rtpmap:72 VP8/90000\r\n", "" },
	{ "twice: as listed", VIDEO_LINE "a=rtpmap:98 VP8/90000\r\na=rtpmap:97 VP8/90000\r\n", "97" },
	{ "RTX before its base", VIDEO_LINE "a=fmtp:97 apt=96\r\na=rtpmap:97 rtx/90000\r\na=rtpmap:96 VP8/90000\r\n",
	  "96+97" },
	{ "RTX with blanks and time",
	  VIDEO_LINE "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 RTX/90000\r\na=fmtp:97 rtx-time=3000; apt=96\r\n", "96+97" },
	{ "RTX of another", VIDEO_LINE "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=98\r\n", "96" },
	{ "H264 baseline, mode 1", VIDEO_LINE H264("96", "profile-level-id=42001f;packetization-mode=1"), "" },
	{ "H264 constrained, mode 0", VIDEO_LINE H264("96", "profile-level-id=42e01f;packetization-mode=0"), "" },
	{ "H264 constrained, mode absent", VIDEO_LINE H264("96", "profile-level-id=42e01f"), "" },
	{ "H264 constrained, mode 1", VIDEO_LINE H264("96", "profile-level-id=42e01f;packetization-mode=1"), "96" },
	{ "H264 at another level, in capitals", VIDEO_LINE H264("96", "Packetization-Mode=1;profile-level-id=42E034"),
	  "96" },
	{ "H264 constrained, written as main", VIDEO_LINE H264("96", "profile-level-id=4d801f;packetization-mode=1"),
	  "96" },
	{ "H264 main", VIDEO_LINE H264("96", "profile-level-id=4d001f;packetization-mode=1"), "" },
	{ "H264 high", VIDEO_LINE H264("96", "profile-level-id=640c1f;packetization-mode=1"), "" },
	{ "H264 without a profile", VIDEO_LINE H264("96", "packetization-mode=1"), "" },
	{ "H264 with a broken profile", VIDEO_LINE H264("96", "profile-level-id=42e0zz;packetization-mode=1"), "" },
	{ "the fitting H264 of several",
	  VIDEO_LINE H264("96", "profile-level-id=42001f;packetization-mode=1")
	      H264("97", "profile-level-id=42e01f;packetization-mode=1")
		  H264("98", "profile-level-id=42e01f;packetization-mode=1"),
	  "97" },
	{ "VP8 before H264, as listed behind it",
	  VIDEO_LINE H264("96", "profile-level-id=42e01f;packetization-mode=1") "a=rtpmap:99 VP8/90000\r\n", "99 96" },
	{ "Opus", AUDIO_LINE "a=rtpmap:96 OPUS/48000/2\r\n", "96" },
	{ "Opus of one channel", AUDIO_LINE "a=rtpmap:96 opus/48000\r\n", "" },
	{ "RED listed first", AUDIO_LINE "a=rtpmap:96 red/48000/2\r\na=fmtp:96 97/97\r\na=rtpmap:97 opus/48000/2\r\n",
	  "97 96" },
	{ "RED upon another", AUDIO_LINE "a=rtpmap:96 red/48000/2\r\na=fmtp:96 98/98\r\na=rtpmap:97 opus/48000/2\r\n",
	  "97" },
	{ "RED without parameters", AUDIO_LINE "a=rtpmap:96 red/48000/2\r\na=rtpmap:97 opus/48000/2\r\n", "97" },
	{ "RED alone", AUDIO_LINE "a=rtpmap:96 red/48000/2\r\na=fmtp:96 97/97\r\n", "" },
};

static void codecs_are_compared_by_meaning(void **unused)
{
	for (size_t i = 0; i < sizeof codec_rows / sizeof *codec_rows; i++) {
		struct offer_line l = line_of(codec_rows[i].text);
		char found[64] = "";
		struct writer w = writer_of(found, sizeof found);
		for (size_t k = 0; k < l.n_codecs; k++) {
			str_write(&w, k ? " %u" : "%u", l.codecs[k].pt);
			if (l.codecs[k].rtx_pt)
				str_write(&w, "+%u", l.codecs[k].rtx_pt);
		}
		if (strcmp(found, codec_rows[i].pts) != 0)
			fail_msg("%s: '%s'", codec_rows[i].what, found);
	}
}

static void feedback_is_that_of_the_payload_type_or_of_all(void **unused)
{
	struct offer_line l =
	    line_of(VIDEO_LINE "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:97 ccm fir\r\n");
	assert_true(l.codecs[0].nack);
	assert_false(l.codecs[0].pli || l.codecs[0].fir || l.codecs[0].twcc);
	l = line_of(VIDEO_LINE "a=rtcp-fb:* nack pli\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:* ccm fir\r\n"
			       "a=rtcp-fb:96 transport-cc\r\n");
	assert_true(l.codecs[0].pli && l.codecs[0].fir && l.codecs[0].twcc);
	assert_false(l.codecs[0].nack);
	/* Opus is answered with nack though nobody offers it */
	l = line_of(AUDIO_LINE "a=rtpmap:96 opus/48000/2\r\n");
	assert_true(l.codecs[0].nack);
	assert_false(l.codecs[0].twcc);
}

#define RIDS "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\n"
static const struct {
	const char *what, *text, *listed, *lowest_first;
} rid_rows[] = {
	{ "as ours", RIDS "a=simulcast:send l;m;h\r\n", "lmh", "lmh" },
	{ "highest first", RIDS "a=simulcast:send h;m;l\r\n", "hml", "lmh" },
	{ "two of them", RIDS "a=simulcast:send h;l\r\n", "hl", "lh" },
	{ "the list before the rids", "a=simulcast:send l;m;h\r\n" RIDS, "lmh", "lmh" },
	{ "half, quarter", "a=rid:f send\r\na=rid:h send\r\na=rid:q send\r\na=simulcast:send f;h;q\r\n", "fhq", "qhf" },
	{ "OBS", "a=rid:0 send\r\na=rid:1 send\r\na=rid:2 send\r\na=simulcast:send 0;1;2\r\n", "012", "210" },
	{ "names nobody knows", "a=rid:x send\r\na=rid:b send\r\na=simulcast:send x;b\r\n", "xb", "xb" },
	{ "numbers from 1", "a=rid:1 send\r\na=rid:2 send\r\na=simulcast:send 1;2\r\n", "12", "12" },
	{ "paused, with alternatives", RIDS "a=simulcast:send ~l,m;~h\r\n", "lh", "lh" },
	{ "both ways", RIDS "a=simulcast:recv l send l;h\r\n", "lh", "lh" },
	{ "to be received only", RIDS "a=simulcast:recv l;m\r\n", "", "" },
	{ "rids to be received", "a=rid:l recv\r\na=rid:h send\r\na=simulcast:send l;h\r\n", "h", "h" },
	{ "a rid without a line", "a=rid:l send\r\na=simulcast:send l;h\r\n", "l", "l" },
	{ "a rid too long", "a=rid:12345678901234567 send\r\na=simulcast:send 12345678901234567\r\n", "", "" },
	{ "four", RIDS "a=rid:x send\r\na=simulcast:send l;m;h;x\r\n", "lmh", "lmh" },
	{ "one twice", RIDS "a=simulcast:send l;l;h\r\n", "lh", "lh" },
};

static void rids_are_read_in_any_order_and_sorted_by_name(void **unused)
{
	for (size_t i = 0; i < sizeof rid_rows / sizeof *rid_rows; i++) {
		char text[512], listed[8] = "", sorted[8] = "";
		assert_int_equal(str_print(text, sizeof text, VIDEO_LINE "%s", rid_rows[i].text), ERR_OK);
		struct offer_line l = line_of(text);
		uint8_t order[RIDS_MAX];
		offer_rid_order(&l, order);
		for (size_t k = 0; k < l.n_rids; k++) {
			listed[k] = (char)l.rids[k].p[0];
			sorted[k] = (char)l.rids[order[k]].p[0];
		}
		if (strcmp(listed, rid_rows[i].listed) != 0 || strcmp(sorted, rid_rows[i].lowest_first) != 0)
			fail_msg("%s: %s, %s", rid_rows[i].what, listed, sorted);
	}
}

static void ssrcs_are_those_of_media_with_their_rtx(void **unused)
{
	struct offer_line l = line_of(VIDEO_LINE "a=ssrc-group:FID 10 11\r\na=ssrc-group:FEC-FR 10 12\r\n"
						 "a=ssrc:10 cname:x\r\na=ssrc:10 msid:a b\r\na=ssrc:11 cname:x\r\n"
						 "a=ssrc:12 cname:x\r\na=ssrc:20 cname:x\r\na=ssrc:0 cname:x\r\n"
						 "a=ssrc:4294967296 cname:x\r\n");
	assert_int_equal(l.n_ssrcs, 2);
	assert_true(l.ssrcs[0] == 10 && l.rtx_ssrcs[0] == 11 && l.ssrcs[1] == 20 && l.rtx_ssrcs[1] == 0);
	l = line_of(VIDEO_LINE "a=ssrc-group:SIM 1 2 3\r\na=ssrc:1 x:\r\na=ssrc:2 x:\r\na=ssrc:3 x:\r\na=ssrc:4 x:\r\n"
			       "a=ssrc:5 x:\r\n");
	assert_int_equal(l.n_ssrcs, SSRCS_PER_RID);
	assert_true(l.ssrcs[1] == 2 && l.ssrcs[3] == 4);
}

static void extensions_with_their_limits(void **unused)
{
	struct offer_line l =
	    line_of(VIDEO_LINE "a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
			       "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n" /* the id has its use */
			       "a=extmap:0 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
			       "a=extmap:256 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
			       "a=extmap:5/upwards urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
			       "a=extmap:255 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on\r\n");
	assert_int_equal(l.exts[EXT_MID].id, 4);
	assert_true(l.exts[EXT_MID].limited && l.exts[EXT_MID].direction == OFFER_RECVONLY);
	assert_int_equal(l.exts[EXT_RID].id, 0);
	assert_int_equal(l.exts[EXT_AUDIO_LEVEL].id, 255);
	assert_false(l.exts[EXT_AUDIO_LEVEL].limited);
	for (size_t i = 0; i < EXT_COUNT; i++)
		assert_non_null(offer_ext_uri((enum offer_ext_name)i));
}

static void the_line_wins_over_the_session(void **unused)
{
	const char *session =
	    "v=0\r\na=ice-ufrag:AAAA\r\na=ice-pwd:BBBB\r\na=setup:active\r\na=fingerprint:sha-256 CC\r\n"
	    "a=recvonly\r\n";
	char text[1024];
	assert_int_equal(str_print(text, sizeof text, "%sm=audio 9 UDP/TLS/RTP/SAVPF 96\r\n", session), ERR_OK);
	struct offer_line l = line_of(text);
	assert_true(sdp_is(l.ufrag, "AAAA") && sdp_is(l.pwd, "BBBB") && sdp_is(l.setup, "active") &&
		    sdp_is(l.fingerprint, "sha-256 CC") && l.direction == OFFER_RECVONLY);
	assert_int_equal(str_print(text, sizeof text,
				   "%sm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:DDDD\r\na=fingerprint:sha-1 FF\r\n"
				   "a=fingerprint:SHA-256 EE\r\na=fingerprint:sha-512 FF\r\na=sendonly\r\n",
				   session),
			 ERR_OK);
	l = line_of(text);
	assert_true(sdp_is(l.ufrag, "DDDD") && sdp_is(l.pwd, "BBBB") && sdp_is(l.fingerprint, "SHA-256 EE") &&
		    l.direction == OFFER_SENDONLY);
}

static void flags_and_mids(void **unused)
{
	struct offer_line l = line_of("v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 96\r\n");
	assert_false(l.alive || l.mux || l.rsize || l.mixed);
	assert_int_equal(l.direction, OFFER_SENDRECV);
	l = line_of("v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\n");
	assert_true(l.alive && l.mux);
	l = line_of("v=0\r\nm=text 9 RTP/AVP 96\r\na=rtcp-rsize\r\na=extmap-allow-mixed\r\na=rtcp-mux\r\n");
	assert_true(l.alive && l.mux && l.rsize && l.mixed && !l.rtp && l.kind == OFFER_OTHER);
	assert_int_equal(read_first("v=0\r\nm=audio 9 RTP/SAVPF 96\r\na=mid:a b\r\n", &l), ERR_FORMAT);
	assert_int_equal(read_first("v=0\r\nm=audio 9 RTP/SAVPF 96\r\na=mid:h\xe1\xbb\x8dp\r\n", &l), ERR_FORMAT);
	char text[512] = "v=0\r\nm=audio 9 RTP/SAVPF 96\r\na=mid:";
	memset(text + strlen(text), 'm', 256);
	assert_int_equal(read_first(text, &l), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codecs_are_compared_by_meaning),
		cmocka_unit_test(feedback_is_that_of_the_payload_type_or_of_all),
		cmocka_unit_test(rids_are_read_in_any_order_and_sorted_by_name),
		cmocka_unit_test(ssrcs_are_those_of_media_with_their_rtx),
		cmocka_unit_test(extensions_with_their_limits),
		cmocka_unit_test(the_line_wins_over_the_session),
		cmocka_unit_test(flags_and_mids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
