#include "offers.h"

static const char *const role_names[] = { "refused", "mic", "mic-low", "camera", "screen", "a", "v" };

/* "mic camera a0 refused v0" */
static const char *roles_of(const struct negotiated *n)
{
	static char text[1024];
	struct writer w = writer_of(text, sizeof text);
	text[0] = '\0';
	for (size_t i = 0; i < n->n_lines; i++) {
		const struct line *l = &n->lines[i];
		str_write(&w, i ? " %s" : "%s", role_names[l->role]);
		if (l->role >= LINE_SLOT_AUDIO)
			str_write(&w, "%u", l->slot);
	}
	return text;
}

static const struct {
	const char *what, *offer, *roles;
} role_rows[] = {
	{ "the contract's lines", CONTRACT, "mic mic-low camera screen a0 a1 v0 v1" },
	{ "a viewer", SESSION("0 1") AUDIO("0", "recvonly") VIDEO("1", "recvonly"), "a0 v0" },
	{ "a speaker", SESSION("0 1") VIDEO("0", "sendonly") AUDIO("1", "sendonly"), "camera mic" },
	{ "slots before sources", SESSION("0 1 2") VIDEO("0", "recvonly") AUDIO("1", "sendonly") VIDEO("2", "sendonly"),
	  "v0 mic camera" },
	{ "a simple client", SESSION("0 1") AUDIO("0", "sendrecv") VIDEO("1", "sendrecv"), "mic camera" },
	{ "with two lines of each kind",
	  SESSION("0 1 2 3") AUDIO("0", "sendrecv") VIDEO("1", "sendrecv") AUDIO("2", "sendrecv")
	      VIDEO("3", "sendrecv"),
	  "mic camera a0 v0" },
	{ "sendrecv behind sendonly", SESSION("0 1") AUDIO("0", "sendonly") AUDIO("1", "sendrecv"), "mic a0" },
	{ "sendonly behind sendrecv", SESSION("0 1") AUDIO("0", "sendrecv") AUDIO("1", "sendonly"), "mic mic-low" },
	{ "a third microphone", SESSION("0 1 2") AUDIO("0", "sendonly") AUDIO("1", "sendonly") AUDIO("2", "sendonly"),
	  "mic mic-low refused" },
	{ "inactive", SESSION("0 1") AUDIO("0", "inactive") AUDIO("1", "sendonly"), "refused mic" },
	{ "a data channel first", SESSION("x 0") DATA("x") AUDIO("0", "sendonly"), "refused mic" },
	{ "outside the group", SESSION("1") AUDIO("0", "sendonly") AUDIO("1", "sendonly"), "refused mic" },
	{ "without a mid of its own",
	  SESSION("0") "m=audio 9 RTP/SAVPF 111\r\n" TRANSPORT "a=rtpmap:111 opus/48000/2\r\n" AUDIO("0", "sendonly"),
	  "refused mic" },
};

static void lines_get_their_roles_by_order_within_their_kind(void **unused)
{
	for (size_t i = 0; i < sizeof role_rows / sizeof *role_rows; i++) {
		struct outcome *o = negotiate(role_rows[i].offer);
		if (strcmp(roles_of(&o->media), role_rows[i].roles) != 0)
			fail_msg("%s: %s", role_rows[i].what, roles_of(&o->media));
	}
}

static void slots_beyond_those_granted_are_refused(void **unused)
{
	struct negotiate_config c = our_config();
	c.slots_audio = 1;
	c.slots_video = 0;
	struct outcome *o = negotiate_with(CONTRACT, &c);
	assert_int_equal(o->err, ERR_OK);
	assert_string_equal(roles_of(&o->media), "mic mic-low camera screen a0 refused refused refused");
	c.slots_audio = 0;
	o = negotiate_with(SESSION("0") AUDIO("0", "recvonly"), &c);
	assert_int_equal(o->err, ERR_MISSING);
	assert_string_equal(o->error.text, "m-line 1 (audio, mid 0): no slot was granted, and it sends nothing");
}

static void without_a_group_the_first_usable_line_is_taken(void **unused)
{
	struct outcome *o = negotiate("v=0\r\n" DATA("x") VIDEO("0", "sendonly") AUDIO("1", "sendonly"));
	assert_string_equal(roles_of(&o->media), "refused camera refused");
}

/* What the engine is told of the contract's offer. */
static void the_engine_is_told_what_was_agreed(void **unused)
{
	struct outcome *o = negotiate(CONTRACT);
	const struct negotiated *n = &o->media;
	assert_int_equal(n->n_lines, 8);
	assert_true(n->twcc);
	assert_string_equal(n->peer_ufrag, "cLnt");
	assert_string_equal(n->peer_pwd, "abcdefghijklmnopqrstuvwx");
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(n->peer.sha256[i], i);

	const struct line *mic = &n->lines[0], *camera = &n->lines[2], *screen = &n->lines[3], *v1 = &n->lines[7];
	assert_string_equal(mic->mid, "0");
	assert_int_equal(mic->n_codecs, 2);
	assert_true(mic->codecs[0].codec == CODEC_OPUS && mic->codecs[0].pt == 111 && mic->codecs[0].nack &&
		    mic->codecs[0].twcc && mic->codecs[0].rtx_pt == 0);
	assert_true(mic->codecs[1].codec == CODEC_RED && mic->codecs[1].pt == 63);
	assert_true(mic->exts.audio_level == 1 && mic->exts.abs_send_time == 2 && mic->exts.twcc == 3 &&
		    mic->exts.mid == 4 && mic->exts.rid == 0);
	assert_true(mic->n_rids == 0 && mic->n_ssrcs == 1 && mic->ssrcs[0] == 1111 && mic->rtx_ssrcs[0] == 0);

	assert_true(camera->n_codecs == 2 && camera->codecs[0].codec == CODEC_VP8 && camera->codecs[0].pt == 96 &&
		    camera->codecs[0].rtx_pt == 97 && camera->codecs[0].nack && camera->codecs[0].pli &&
		    camera->codecs[0].fir && camera->codecs[0].twcc);
	assert_true(camera->codecs[1].codec == CODEC_H264 && camera->codecs[1].pt == 102 &&
		    camera->codecs[1].rtx_pt == 103 && !camera->codecs[1].nack && camera->codecs[1].pli &&
		    !camera->codecs[1].twcc);
	assert_true(camera->exts.rid == 10 && camera->exts.repaired_rid == 11 && camera->n_rids == 3 &&
		    camera->n_ssrcs == 0);
	assert_string_equal(camera->rids[0], "l");
	assert_string_equal(camera->rids[2], "h");
	assert_true(screen->n_rids == 2 && strcmp(screen->rids[1], "h") == 0);

	assert_true(v1->slot == 1 && v1->slot_ssrc == our_ssrcs[SLOTS_AUDIO_MAX + 2] &&
		    v1->slot_rtx_ssrc == our_ssrcs[SLOTS_AUDIO_MAX + 3]);
	assert_true(v1->exts.mid == 4 && v1->exts.twcc == 3 && v1->exts.rid == 0 && v1->n_rids == 0);
	assert_int_equal(n->lines[5].slot_ssrc, our_ssrcs[1]);
}

static void layers_are_told_lowest_first_and_answered_as_offered(void **unused)
{
	struct outcome *o = negotiate(changed(CONTRACT, "send l;m;h", "send h;m;l"));
	assert_string_equal(o->media.lines[2].rids[0], "l");
	assert_string_equal(o->media.lines[2].rids[2], "h");
	assert_true(has(o->text, "a=simulcast:recv h;m;l\r\n"));
}

static void what_is_not_allowed_is_not_answered(void **unused)
{
	struct negotiate_config c = our_config();
	const char *dd = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
	const char *offer = changed(CONTRACT, "urn:3gpp:video-orientation", dd);
	c.allow = 0;
	struct outcome *o = negotiate_with(offer, &c);
	assert_false(has(o->text, "red/") || has(o->text, "H264") || has(o->text, "abs-send-time") || has(o->text, dd));
	assert_int_equal(o->media.lines[2].exts.dependency_descriptor, 0);
	c.allow = ALLOW_ALL;
	o = negotiate_with(offer, &c);
	assert_true(has(o->text, "red/") && has(o->text, "H264") && has(o->text, "abs-send-time"));
	assert_int_equal(count_of(o->text, dd), 2); /* of lines that send, not of slots */
	assert_int_equal(o->media.lines[2].exts.dependency_descriptor, 13);
}

/* OBS: everything of the transport above the lines; aiortc: other credentials in each line. */
static void the_transport_is_that_of_the_groups_first_line(void **unused)
{
	const char *offer = changed(CONTRACT, TRANSPORT, "a=rtcp-mux\r\n");
	struct outcome *o = negotiate(changed(offer, "t=0 0\r\n", "t=0 0\r\n" TRANSPORT));
	assert_string_equal(o->media.peer_ufrag, "cLnt");
	o = negotiate(SESSION("1 0")
			  AUDIO("0", "sendonly") "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\n"
						 "a=rtpmap:96 VP8/90000\r\na=ice-ufrag:other\r\n" PWD PRINT);
	assert_string_equal(o->media.peer_ufrag, "other");
	o = negotiate(SESSION("0 1")
			  AUDIO("0", "sendonly") "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtcp-mux\r\n"
						 "a=rtpmap:96 VP8/90000\r\na=ice-ufrag:other\r\n" PWD PRINT);
	assert_string_equal(o->media.peer_ufrag, "cLnt");
}

#define LONG64 "abcdefghijklmnopabcdefghijklmnopabcdefghijklmnopabcdefghijklmnop"
static const struct {
	const char *what, *from, *to; /* in the contract's offer; from NULL: `to` is the offer */
	enum err err;
	const char *text;
} error_rows[] = {
	{ "no SDP", NULL, "hello", ERR_FORMAT, "not an SDP: a line above the first m-line is broken" },
	{ "no line", NULL, "v=0\r\n", ERR_MISSING, "the offer has no m-line" },
	{ "a broken line", "a=mid:3\r\n", "a=mid:3\r\n?\r\n", ERR_FORMAT,
	  "m-line 4 (video): it, or a line below it, is broken" },
	{ "no fingerprint", PRINT, "", ERR_FORMAT, "m-line 1 (audio, mid 0): no a=fingerprint" },
	{ "no ice-ufrag", UFRAG, "", ERR_FORMAT, "m-line 1 (audio, mid 0): no a=ice-ufrag" },
	{ "no ice-pwd", PWD, "", ERR_FORMAT, "m-line 1 (audio, mid 0): no a=ice-pwd" },
	{ "another hash", "sha-256", "sha-512", ERR_MISSING, "m-line 1 (audio, mid 0): a=fingerprint is not sha-256" },
	{ "a short fingerprint", ":1f\r\n", "\r\n", ERR_FORMAT,
	  "m-line 1 (audio, mid 0): a=fingerprint is not 32 bytes in hex" },
	{ "a broken fingerprint", "00:01", "00-01", ERR_FORMAT,
	  "m-line 1 (audio, mid 0): a=fingerprint is not 32 bytes in hex" },
	{ "a ufrag too short", "cLnt", "cLn", ERR_FORMAT,
	  "m-line 1 (audio, mid 0): a=ice-ufrag is not 4 to 256 characters" },
	{ "a ufrag too long", "cLnt", LONG64 LONG64 LONG64 LONG64 "x", ERR_FORMAT,
	  "m-line 1 (audio, mid 0): a=ice-ufrag is not 4 to 256 characters" },
	{ "a password too short", "abcdefghijklmnopqrstuvwx", "abc", ERR_FORMAT,
	  "m-line 1 (audio, mid 0): a=ice-pwd is not 22 to 256 characters" },
	{ "no roles yet", "actpass", "holdconn", ERR_FORMAT, "m-line 1 (audio, mid 0): a=setup:holdconn" },
	{ "no codec", NULL, SESSION("0") "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" TRANSPORT, ERR_MISSING,
	  "m-line 1 (audio, mid 0): no codec in common (Opus, VP8, H264 constrained baseline with packetization-mode "
	  "1)" },
	{ "data alone", NULL, SESSION("0") DATA("0"), ERR_MISSING,
	  "m-line 1 (application, mid 0): neither audio nor video" },
	{ "no rtcp-mux", "a=rtcp-mux\r\n", "", ERR_MISSING, "m-line 1 (audio, mid 0): no a=rtcp-mux" },
	{ "no DTLS", "UDP/TLS/RTP/SAVPF", "RTP/AVP", ERR_MISSING,
	  "m-line 1 (audio, mid 0): its protocol is not SRTP over DTLS" },
	{ "all refused", " 9 UDP", " 0 UDP", ERR_MISSING, "m-line 1 (audio, mid 0): has port 0" },
	{ "an empty group", "BUNDLE 0 1 2 3 4 5 6 7", "BUNDLE", ERR_MISSING,
	  "m-line 1 (audio, mid 0): outside the BUNDLE group" },
	{ "a mid twice", "a=mid:2", "a=mid:0", ERR_FORMAT,
	  "m-line 3 (video, mid 0): its a=mid stands in a line before it too" },
	{ "a mid of two words", "a=mid:2", "a=mid:2 3", ERR_FORMAT,
	  "m-line 3 (video): its a=mid is broken or too long" },
};

static void errors_name_the_line(void **unused)
{
	for (size_t i = 0; i < sizeof error_rows / sizeof *error_rows; i++) {
		struct negotiate_config c = our_config();
		const char *offer = error_rows[i].to;
		if (error_rows[i].from)
			offer = changed(CONTRACT, error_rows[i].from, error_rows[i].to);
		struct outcome *o = negotiate_with(offer, &c);
		if (o->err != error_rows[i].err || strcmp(o->error.text, error_rows[i].text) != 0)
			fail_msg("%s: %s '%s'", error_rows[i].what, err_name(o->err), o->error.text);
	}
}

static void limits_are_errors(void **unused)
{
	static char text[SDP_MAX + 2];
	struct negotiate_config c = our_config();
	struct writer w = writer_of(text, sizeof text);
	str_write(&w, "v=0\r\n");
	for (size_t i = 0; i < LINES_MAX + 1; i++)
		str_write(&w, "m=audio 9 RTP/SAVPF 111\r\n");
	struct outcome *o = negotiate_with(text, &c);
	assert_int_equal(o->err, ERR_LIMIT);
	assert_string_equal(o->error.text, "more m-lines than 64");
	memset(text, 'x', SDP_MAX + 1);
	o = negotiate_with(text, &c);
	assert_int_equal(o->err, ERR_RANGE);
	assert_string_equal(o->error.text, "too long an offer");
	/* a mid no header extension of ours can carry refuses its line alone */
	o = negotiate(
	    changed(changed(CONTRACT, "a=mid:3\r\n", "a=mid:12345678901234567\r\n"), "2 3 4", "2 12345678901234567 4"));
	assert_string_equal(roles_of(&o->media), "mic mic-low camera refused a0 a1 v0 v1");
	assert_true(has(section(&o->answer, 3), "a=mid:12345678901234567\r\n"));
}

static void a_broken_configuration_is_our_own_error(void **unused)
{
	struct negotiate_config good = our_config(), c;
	c = good, c.n_udp = 0;
	assert_int_equal(negotiate_with(CONTRACT, &c)->err, ERR_STATE);
	c = good, c.n_tcp = NEGOTIATE_CANDIDATES_MAX;
	assert_int_equal(negotiate_with(CONTRACT, &c)->err, ERR_STATE);
	c = good, c.slots_audio = SLOTS_AUDIO_MAX + 1;
	assert_int_equal(negotiate_with(CONTRACT, &c)->err, ERR_STATE);
	c = good, c.slots_video = SLOTS_VIDEO_MAX + 1;
	assert_int_equal(negotiate_with(CONTRACT, &c)->err, ERR_STATE);
	c = good, c.session_id = UINT64_C(1) << 62;
	assert_int_equal(negotiate_with(CONTRACT, &c)->err, ERR_STATE);
}

static void an_answer_without_room_is_an_error(void **unused)
{
	struct negotiate_config c = our_config();
	struct bytes offer = bytes_of(CONTRACT, strlen(CONTRACT));
	struct negotiated media;
	struct negotiate_error error;
	size_t whole = strlen(negotiate(CONTRACT)->text);
	for (size_t room = 0; room <= whole; room += room + 97 < whole ? 97 : 1) {
		char *text = malloc(room ? room : 1);
		assert_non_null(text);
		struct writer w = writer_of(text, room);
		assert_int_equal(negotiate_answer(offer, &c, &media, &w, &error), ERR_FULL);
		free(text);
	}
	/* the longest there is: all lines we accept, refused ones with long words, credentials and addresses in full */
	static char longest[SDP_MAX], answer[NEGOTIATE_ANSWER_MAX];
	struct netaddr udp[NEGOTIATE_CANDIDATES_MAX];
	for (size_t i = 0; i < NEGOTIATE_CANDIDATES_MAX; i++)
		memset(&udp[i], 0xfd, sizeof udp[i]), udp[i].family = 6;
	c.udp = udp;
	c.n_udp = NEGOTIATE_CANDIDATES_MAX;
	c.n_tcp = 0;
	c.ufrag = "abcdefghijklmnopqrstuvwxyz123456";
	c.pwd = LONG64;
	struct writer w = writer_of(longest, sizeof longest);
	str_write(&w, "v=0\r\na=extmap-allow-mixed\r\na=group:BUNDLE");
	for (size_t i = 0; i < 38; i++)
		str_write(&w, " 12345678901234%02zu", i);
	str_write(&w, "\r\n" TRANSPORT);
	for (size_t i = 0; i < LINES_MAX; i++) {
		static const char *const lines[] = { AUDIO("X", "sendonly"), VIDEO("X", "sendonly") SIMULCAST,
						     AUDIO("X", "recvonly"), VIDEO("X", "recvonly") };
		char mid[32];
		assert_int_equal(str_print(mid, sizeof mid, "a=mid:12345678901234%02zu", i), ERR_OK);
		if (i < 38)
			str_write(&w, "%sa=extmap-allow-mixed\r\n",
				  changed(lines[i < 2	 ? 0
						: i < 4	 ? 1
						: i < 14 ? 2
							 : 3],
					  "a=mid:X", mid));
		else
			str_write(&w, "m=%s 9 %s %s\r\na=mid:" LONG64 LONG64 LONG64 "%02zu\r\n", LONG64, LONG64, LONG64,
				  i);
	}
	assert_false(w.failed);
	struct writer room = writer_of(answer, sizeof answer);
	assert_int_equal(negotiate_answer(bytes_of(longest, writer_len(&w)), &c, &media, &room, &error), ERR_OK);
	assert_int_equal(media.lines[37].role, LINE_SLOT_VIDEO);
	print_message("the longest answer has %zu bytes\n", writer_len(&room));
	assert_true(writer_len(&room) < NEGOTIATE_ANSWER_MAX * 3 / 4);
}

static void captured_offers_are_answered_whole(void **unused)
{
	for (size_t i = 0; i < CAPTURED; i++) {
		bool many = strcmp(captured_names[i], "chromium_24_slots") == 0;
		struct outcome *o = negotiate(captured(captured_names[i]));
		char roles[512];
		struct writer w = writer_of(roles, sizeof roles);
		str_write(&w, "mic mic-low camera screen");
		for (int k = 0; k < (many ? 10 : 3); k++)
			str_write(&w, " a%d", k);
		for (int k = 0; k < (many ? 24 : 9); k++)
			str_write(&w, " v%d", k);
		assert_string_equal(roles_of(&o->media), roles);
		assert_true(o->media.twcc);
		assert_int_equal(o->media.lines[2].n_rids, 3);
		assert_int_equal(o->media.lines[0].n_ssrcs, 1);
		/* and again, byte for byte */
		char *before = strdup(o->text);
		assert_non_null(before);
		assert_string_equal(negotiate(captured(captured_names[i]))->text, before);
		free(before);
	}
}

static enum negotiate_relation compare(const char *old, const char *now, struct negotiate_error *error)
{
	struct negotiate_config c = our_config();
	struct negotiated media = negotiate(old)->media;
	return negotiate_compare(&media, bytes_of(now, strlen(now)), &c, error);
}

static const struct {
	const char *what;
	const char *changes[6]; /* from, to; … */
	enum negotiate_relation relation;
	const char *text;
} compare_rows[] = {
	{ "the same", { "cLnt", "cLnt" }, NEGOTIATE_SAME, "" },
	{ "other credentials", { "cLnt", "dLnt" }, NEGOTIATE_RESTART, "" },
	{ "another password", { "abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwy" }, NEGOTIATE_RESTART, "" },
	{ "another fingerprint", { "00:01", "01:01" }, NEGOTIATE_NEW, "" },
	{ "and other lines", { "00:01", "01:01", "a=sendonly", "a=recvonly" }, NEGOTIATE_NEW, "" },
	{ "a direction",
	  { "cLnt", "dLnt", "a=recvonly", "a=inactive" },
	  NEGOTIATE_MISMATCH,
	  "m-line 5 (audio, mid 4): an ICE restart with another kind or direction" },
	{ "a mid",
	  { "cLnt", "dLnt", "a=mid:3", "a=mid:9", " 3 4", " 9 4" },
	  NEGOTIATE_MISMATCH,
	  "m-line 4 (video, mid 9): an ICE restart with another mid" },
	{ "payload types",
	  { "cLnt", "dLnt", "apt=102", "apt=100" },
	  NEGOTIATE_MISMATCH,
	  "m-line 3 (video, mid 2): an ICE restart with other payload types" },
	{ "extensions",
	  { "cLnt", "dLnt", "extmap:4 ", "extmap:5 " },
	  NEGOTIATE_MISMATCH,
	  "m-line 1 (audio, mid 0): an ICE restart with other header extensions" },
	{ "rids",
	  { "cLnt", "dLnt", "l;m;h", "l;h" },
	  NEGOTIATE_MISMATCH,
	  "m-line 3 (video, mid 2): an ICE restart with other rids" },
	{ "a line more",
	  { "cLnt", "dLnt", "a=mid:7\r\n", "a=mid:7\r\nm=audio 0 RTP/AVP 1\r\n" },
	  NEGOTIATE_MISMATCH,
	  "m-line 8 (video, mid 7): an ICE restart with another kind or direction" },
	{ "an offer that is none",
	  { "v=0", "v=1" },
	  NEGOTIATE_MISMATCH,
	  "not an SDP: a line above the first m-line is broken" },
};

static void a_further_offer_is_new_a_restart_the_same_or_a_mismatch(void **unused)
{
	for (size_t i = 0; i < sizeof compare_rows / sizeof *compare_rows; i++) {
		const char *now = CONTRACT;
		struct negotiate_error error;
		for (size_t k = 0; k < 6 && compare_rows[i].changes[k]; k += 2)
			now = changed(now, compare_rows[i].changes[k], compare_rows[i].changes[k + 1]);
		enum negotiate_relation relation = compare(CONTRACT, now, &error);
		if (relation != compare_rows[i].relation || strcmp(error.text, compare_rows[i].text) != 0)
			fail_msg("%s: %d '%s'", compare_rows[i].what, relation, error.text);
		assert_int_equal(error.err != ERR_OK, relation == NEGOTIATE_MISMATCH);
	}
	struct negotiate_error error;
	assert_int_equal(compare(CONTRACT, changed(CONTRACT VIDEO("8", "recvonly"), "cLnt", "dLnt"), &error),
			 NEGOTIATE_MISMATCH);
	assert_string_equal(error.text, "an ICE restart with more or fewer m-lines");
}

/* What browsers really offer then: Chromium cuts its codecs down to the answered ones, Firefox moves to one port. */
static void a_browsers_ice_restart_is_known_and_the_old_answer_fits(void **unused)
{
	static const char *const pairs[][2] = { { "chromium_trimmed", "chromium_trimmed_restart" },
						{ "firefox", "firefox_restart" } };
	for (size_t i = 0; i < 2; i++) {
		struct negotiate_error error;
		char *now = strdup(captured(pairs[i][1]));
		assert_non_null(now);
		assert_int_equal(compare(captured(pairs[i][0]), now, &error), NEGOTIATE_RESTART);
		free(now);
		assert_int_equal(compare(captured("firefox"), captured("firefox"), &error), NEGOTIATE_SAME);
	}
	struct negotiate_error error;
	char *now = strdup(captured("firefox"));
	assert_non_null(now);
	assert_int_equal(compare(captured("chromium_trimmed"), now, &error), NEGOTIATE_NEW);
	free(now);
}

/* Each prefix in a block of its own size: never a read past the end; an answer, if there is one, is whole. */
static void survives_truncation_at_each_byte(void **unused)
{
	static const char offer[] = SESSION("0 1") VIDEO("0", "sendonly") SIMULCAST AUDIO("1", "recvonly");
	struct negotiate_config c = our_config();
	for (size_t n = 0; n < sizeof offer; n++) {
		static char answer[NEGOTIATE_ANSWER_MAX];
		struct negotiated media;
		struct negotiate_error error;
		struct writer w = writer_of(answer, sizeof answer);
		char *text = malloc(n ? n : 1);
		assert_non_null(text);
		memcpy(text, offer, n);
		enum err err = negotiate_answer(bytes_of(text, n), &c, &media, &w, &error);
		assert_true(err == ERR_OK ? writer_len(&w) > 0 : error.text[0] != '\0');
		free(text);
	}
}

/* The guarantee of the header over damaged offers: bytes changed, lines lost, doubled, swapped. */
static void random_damage_never_breaks_the_guarantee(void **unused)
{
	struct negotiate_config c = our_config();
	size_t answered = 0;
	for (unsigned seed = 1; seed <= 3000; seed++) {
		char offer[sizeof CONTRACT * 2] = CONTRACT;
		srand(seed);
		for (int hits = rand() % 6 + 1; hits > 0; hits--) {
			size_t n = strlen(offer), at = (size_t)rand() % n;
			char *line =
			    offer + at + strcspn(offer + at, "\n"); /* the line behind `at`, and the one behind that */
			line += *line != '\0';
			char *next = line + strcspn(line, "\n");
			next += *next != '\0';
			switch (rand() % 3) {
			case 0: offer[at] = (char)(32 + rand() % 95); break;
			case 1: memmove(line, next, strlen(next) + 1); break;
			case 2:
				if (n + (size_t)(next - line) < sizeof offer)
					memmove(next, line, strlen(line) + 1);
				break;
			}
		}
		struct outcome *o = negotiate_with(offer, &c);
		answered += o->err == ERR_OK;
		if (o->err != ERR_OK && o->error.text[0])
			continue;
		if (o->err != ERR_OK || o->answer.n_media != o->offer.n_media)
			fail_msg("seed %u", seed);
		for (size_t i = 0; i < o->answer.n_media; i++) {
			if ((o->answer.media[i].port == 0) != (o->media.lines[i].role == LINE_REFUSED) ||
			    (o->media.lines[i].role != LINE_REFUSED && o->media.lines[i].n_codecs == 0))
				fail_msg("seed %u, line %zu", seed, i);
		}
	}
	assert_in_range(answered, 500, 2900); /* both ways are walked */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_get_their_roles_by_order_within_their_kind),
		cmocka_unit_test(slots_beyond_those_granted_are_refused),
		cmocka_unit_test(without_a_group_the_first_usable_line_is_taken),
		cmocka_unit_test(the_engine_is_told_what_was_agreed),
		cmocka_unit_test(layers_are_told_lowest_first_and_answered_as_offered),
		cmocka_unit_test(what_is_not_allowed_is_not_answered),
		cmocka_unit_test(the_transport_is_that_of_the_groups_first_line),
		cmocka_unit_test(errors_name_the_line),
		cmocka_unit_test(limits_are_errors),
		cmocka_unit_test(a_broken_configuration_is_our_own_error),
		cmocka_unit_test(an_answer_without_room_is_an_error),
		cmocka_unit_test(captured_offers_are_answered_whole),
		cmocka_unit_test(a_further_offer_is_new_a_restart_the_same_or_a_mismatch),
		cmocka_unit_test(a_browsers_ice_restart_is_known_and_the_old_answer_fits),
		cmocka_unit_test(survives_truncation_at_each_byte),
		cmocka_unit_test(random_damage_never_breaks_the_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
