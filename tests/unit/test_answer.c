/* What browsers demand of an answer, each demand a test of its own (measured in Chromium 156 and Firefox 153). */
#include "offers.h"

static bool accepted(const struct outcome *o, size_t i)
{
	return o->media.lines[i].role != LINE_REFUSED;
}

static bool is_slot(const struct line *l)
{
	return l->role == LINE_SLOT_AUDIO || l->role == LINE_SLOT_VIDEO;
}

static void check_lines(struct outcome *o, const char *name)
{
	assert_int_equal(o->answer.n_media, o->offer.n_media);
	for (size_t i = 0; i < o->offer.n_media; i++) {
		const struct sdp_media *a = &o->answer.media[i], *b = &o->offer.media[i];
		struct bytes mid, offered;
		assert_true(bytes_equal(a->kind, b->kind) && bytes_equal(a->proto, b->proto));
		if (!sdp_attr_find(a->lines, "mid", &mid) || !sdp_attr_find(b->lines, "mid", &offered) ||
		    !bytes_equal(mid, offered))
			fail_msg("%s: line %zu has another mid", name, i);
	}
}

static void a1_same_lines_in_the_same_order_with_their_mids(void **unused)
{
	each_answer(check_lines);
	/* refused ones too, wherever they stand */
	struct outcome *o =
	    negotiate(SESSION("x 0 y 1") DATA("x") AUDIO("0", "sendonly") DATA("y") VIDEO("1", "sendonly"));
	check_lines(o, "refused");
	assert_false(accepted(o, 0) || accepted(o, 2));
	assert_true(accepted(o, 1) && accepted(o, 3));
}

static void check_group(struct outcome *o, const char *name)
{
	struct bytes group, mid;
	assert_int_equal(count_of(o->text, "a=group:"), 1);
	assert_true(sdp_attr_find(o->answer.session, "group", &group));
	assert_true(sdp_is(sdp_cut(&group, ' '), "BUNDLE"));
	for (size_t i = 0; i < o->media.n_lines; i++) {
		if (accepted(o, i) && (!sdp_word_next(&group, ' ', &mid) || !sdp_is(mid, o->media.lines[i].mid)))
			fail_msg("%s: line %zu does not stand in its place in the group", name, i);
		if (accepted(o, i) == (o->answer.media[i].port == 0))
			fail_msg("%s: line %zu has the wrong port", name, i);
	}
	assert_false(sdp_word_next(&group, ' ', &mid));
}

static void a2_bundle_lists_the_accepted_lines_and_others_have_port_0(void **unused)
{
	each_answer(check_group);
	check_group(negotiate(SESSION("x 0 y 1") DATA("x") AUDIO("0", "sendonly") DATA("y") VIDEO("1", "sendonly")),
		    "data");
	check_group(negotiate(SESSION("0") AUDIO("0", "sendonly") VIDEO("1", "sendonly")), "one outside");
	check_group(negotiate(SESSION("0 nobody 1") AUDIO("0", "sendonly") VIDEO("1", "sendonly")),
		    "one without a line");
	/* the group's order is the offerer's choice of the transport's line */
	struct outcome *o = negotiate(SESSION("1 0") AUDIO("0", "sendonly") VIDEO("1", "sendonly"));
	assert_true(has(o->text, "a=group:BUNDLE 1 0\r\n"));
	assert_true(has(section(&o->answer, 1), "a=candidate:") && !has(section(&o->answer, 0), "a=candidate:"));
	/* no group in the offer: one line, and no group in the answer */
	o = negotiate(changed(CONTRACT, "a=group:BUNDLE 0 1 2 3 4 5 6 7\r\n", ""));
	assert_false(has(o->text, "a=group"));
	for (size_t i = 0; i < o->media.n_lines; i++)
		assert_true((o->answer.media[i].port != 0) == (i == 0) && accepted(o, i) == (i == 0));
}

static void a3_a_bundle_only_line_with_port_0_is_accepted_with_a_port(void **unused)
{
	struct outcome *o = negotiate(captured("firefox"));
	size_t bundle_only = 0;
	for (size_t i = 0; i < o->offer.n_media; i++) {
		bundle_only += o->offer.media[i].port == 0;
		assert_int_equal(o->answer.media[i].port, 9);
	}
	assert_int_equal(bundle_only, o->offer.n_media - 2U);
	/* without bundle-only it is the offerer's refusal */
	o = negotiate(SESSION("0 1") AUDIO("0", "sendonly") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n" TRANSPORT
							    "a=rtpmap:96 VP8/90000\r\n");
	assert_int_equal(o->answer.media[1].port, 0);
	assert_false(accepted(o, 1));
}

static void check_transport(struct outcome *o, const char *name)
{
	static const char *const needed[] = { "a=ice-ufrag:" OUR_UFRAG "\r\n",
					      "a=ice-pwd:" OUR_PWD "\r\n",
					      "a=fingerprint:sha-256 ",
					      "a=setup:",
					      "a=mid:",
					      "a=rtcp-mux\r\n" };
	for (size_t i = 0; i < o->answer.n_media; i++) {
		for (size_t k = 0; accepted(o, i) && k < sizeof needed / sizeof *needed; k++) {
			if (count_of(section(&o->answer, i), needed[k]) != 1)
				fail_msg("%s: line %zu has not one %s", name, i, needed[k]);
		}
	}
}

static void a4_every_accepted_line_carries_the_whole_transport(void **unused)
{
	each_answer(check_transport);
}

static void check_passive(struct outcome *o, const char *name)
{
	assert_false(has(o->text, "actpass") || has(o->text, "a=setup:active"));
	assert_true(has(o->text, "a=setup:passive\r\n"));
	assert_int_equal(o->media.dtls_role, DTLS_PASSIVE);
}

static void a5_setup_is_passive_or_active_for_a_passive_client(void **unused)
{
	each_answer(check_passive);
	check_passive(negotiate(changed(CONTRACT, "setup:actpass", "setup:active")), "active");
	check_passive(negotiate(changed(CONTRACT, SETUP, "")), "none");
	struct outcome *o = negotiate(changed(CONTRACT, "setup:actpass", "setup:passive"));
	assert_int_equal(count_of(o->text, "a=setup:active\r\n"), 8);
	assert_int_equal(count_of(o->text, "a=setup:"), 8);
	assert_int_equal(o->media.dtls_role, DTLS_ACTIVE);
}

static void a6_our_credentials_keep_to_length_and_letters(void **unused)
{
	static const struct {
		const char *ufrag, *pwd;
		enum err err;
	} rows[] = {
		{ "abcd", OUR_PWD, ERR_OK },
		{ "abc", OUR_PWD, ERR_STATE },
		{ "abcdefghijklmnopqrstuvwxyzABCDEF", OUR_PWD, ERR_OK },
		{ "abcdefghijklmnopqrstuvwxyzABCDEFG", OUR_PWD, ERR_STATE },
		{ "ab_d", OUR_PWD, ERR_STATE },
		{ "ab-d", OUR_PWD, ERR_STATE },
		{ "abcd", "1234567890123456789012", ERR_OK },
		{ "abcd", "123456789012345678901", ERR_STATE },
		{ "abcd", "12345678901234567890_2", ERR_STATE },
		{ "abcd", "1234567890123456789012345678901234567890123456789012345678901234", ERR_OK },
		{ "abcd", "12345678901234567890123456789012345678901234567890123456789012345", ERR_STATE },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct negotiate_config c = our_config();
		c.ufrag = rows[i].ufrag;
		c.pwd = rows[i].pwd;
		if (negotiate_with(CONTRACT, &c)->err != rows[i].err)
			fail_msg("row %zu", i);
	}
}

static void a7_our_fingerprint_is_in_capitals(void **unused)
{
	assert_true(has(negotiate(CONTRACT)->text,
			"a=fingerprint:sha-256 FF:FE:FD:FC:FB:FA:F9:F8:F7:F6:F5:F4:F3:F2:F1:F0:"
			"EF:EE:ED:EC:EB:EA:E9:E8:E7:E6:E5:E4:E3:E2:E1:E0\r\n"));
}

/* The rtpmap of a payload type in a section, in lower case; "" when there is none. */
static const char *rtpmap(struct bytes lines, uint32_t pt)
{
	static char names[4][64];
	static unsigned next;
	char *name = names[next++ % 4];
	name[0] = '\0';
	for (struct sdp_attr a; sdp_attr_next(&lines, &a);) {
		uint32_t number;
		if (!sdp_is(a.name, "rtpmap") || !sdp_number(sdp_cut(&a.value, ' '), 127, &number) || number != pt)
			continue;
		assert_int_equal(str_copy_n(name, sizeof names[0], (const char *)a.value.p, a.value.n), ERR_OK);
		for (char *c = name; *c; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	}
	return name;
}

static bool lists(struct bytes formats, uint32_t pt)
{
	uint32_t number;
	for (struct bytes word; sdp_word_next(&formats, ' ', &word);) {
		if (sdp_number(word, 127, &number) && number == pt)
			return true;
	}
	return false;
}

static void check_codecs(struct outcome *o, const char *name)
{
	for (size_t i = 0; i < o->answer.n_media; i++) {
		const struct sdp_media *a = &o->answer.media[i], *b = &o->offer.media[i];
		struct bytes formats = a->formats, lines = a->lines;
		uint32_t pt, base;
		for (struct bytes word; accepted(o, i) && sdp_word_next(&formats, ' ', &word);) {
			assert_true(sdp_number(word, 127, &pt) && lists(b->formats, pt));
			if (!*rtpmap(a->lines, pt) || strcmp(rtpmap(a->lines, pt), rtpmap(b->lines, pt)) != 0)
				fail_msg("%s: line %zu, payload type %u is another codec", name, i, pt);
		}
		for (struct sdp_attr at; sdp_attr_next(&lines, &at);) {
			struct bytes apt;
			if (!sdp_is(at.name, "fmtp"))
				continue;
			assert_true(sdp_number(sdp_cut(&at.value, ' '), 127, &pt) && lists(a->formats, pt));
			if (sdp_param(at.value, "apt", &apt))
				assert_true(sdp_number(apt, 127, &base) && lists(a->formats, base) && base != pt);
			if (strncmp(rtpmap(a->lines, pt), "red/", 4) == 0)
				assert_true(sdp_number(sdp_cut(&at.value, '/'), 127, &base) && lists(a->formats, base));
		}
	}
}

static void a8_payload_types_are_the_offers_own_and_have_their_base(void **unused)
{
	each_answer(check_codecs);
	/* other numbers for the same codecs, low dynamic ones among them */
	const char *offer =
	    changed(changed(changed(CONTRACT, " 96 97\r\n", " 35 36\r\n"), ":96 ", ":35 "), ":97 ", ":36 ");
	struct outcome *o = negotiate(changed(offer, "apt=96", "apt=35"));
	check_codecs(o, "renumbered");
	assert_true(sdp_is(o->answer.media[2].formats, "35 36 102 103"));
	/* an orphan RTX and a RED upon something else are left out */
	o = negotiate(changed(CONTRACT, "apt=102", "apt=99"));
	assert_true(sdp_is(o->answer.media[2].formats, "96 97 102"));
	o = negotiate(changed(CONTRACT, "111/111", "9/9"));
	assert_true(sdp_is(o->answer.media[0].formats, "111"));
	/* without H264 neither stays its RTX */
	struct negotiate_config c = our_config();
	c.allow = 0;
	o = negotiate_with(CONTRACT, &c);
	assert_true(sdp_is(o->answer.media[2].formats, "96 97") && sdp_is(o->answer.media[0].formats, "111"));
	check_codecs(o, "least");
}

static void check_exts(struct outcome *o, const char *name)
{
	for (size_t i = 0; i < o->answer.n_media; i++) {
		struct bytes lines = o->answer.media[i].lines;
		for (struct sdp_attr a; sdp_attr_next(&lines, &a);) {
			if (!sdp_is(a.name, "extmap"))
				continue;
			struct bytes uri = a.value, id = sdp_cut(&uri, ' '), number = sdp_cut(&id, '/');
			bool found = false;
			struct bytes offered = o->offer.media[i].lines;
			for (struct sdp_attr b; sdp_attr_next(&offered, &b);) {
				if (!sdp_is(b.name, "extmap"))
					continue;
				struct bytes uri2 = b.value, id2 = sdp_cut(&uri2, ' '), number2 = sdp_cut(&id2, '/');
				bool mirrored = id2.n == 0		  ? id.n == 0
						: sdp_is(id2, "sendonly") ? sdp_is(id, "recvonly")
						: sdp_is(id2, "recvonly") ? sdp_is(id, "sendonly")
									  : id.n > 0;
				found |= bytes_equal(uri, uri2) && bytes_equal(number, number2) && mirrored;
			}
			if (!found)
				fail_msg("%s: line %zu, extension %.*s", name, i, (int)a.value.n,
					 (const char *)a.value.p);
		}
	}
}

static void a9_extensions_are_those_of_the_line_with_its_ids_and_mirrored(void **unused)
{
	each_answer(check_exts);
	struct outcome *o = negotiate(CONTRACT);
	assert_int_equal(count_of(section(&o->answer, 0), "a=extmap:"), 4);
	assert_true(has(section(&o->answer, 0), "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"));
	assert_false(has(o->text, "video-orientation"));
	/* limited to our need, mirrored; limited against it, left out */
	o = negotiate(changed(CONTRACT, "a=extmap:4 urn", "a=extmap:4/sendonly urn"));
	assert_true(has(section(&o->answer, 2), "a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"));
	assert_false(has(section(&o->answer, 6), "rtp-hdrext:sdes:mid"));
	assert_int_equal(o->media.lines[2].exts.mid, 4);
	assert_int_equal(o->media.lines[6].exts.mid, 0);
	check_exts(o, "limited");
	o = negotiate(changed(CONTRACT, "a=extmap:3 http", "a=extmap:3/recvonly http"));
	assert_true(has(section(&o->answer, 6), "a=extmap:3/sendonly http"));
	assert_false(has(section(&o->answer, 2), "transport-wide") || has(section(&o->answer, 2), "transport-cc"));
	assert_false(o->media.lines[2].codecs[0].twcc);
	assert_true(o->media.lines[6].codecs[0].twcc);
	/* a slot carries mid and transport-wide numbers, no level of anybody */
	assert_int_equal(count_of(section(&o->answer, 4), "a=extmap:"), 2);
}

static void check_simulcast(struct outcome *o, const char *name)
{
	for (size_t i = 0; i < o->answer.n_media; i++) {
		const struct line *l = &o->media.lines[i];
		const char *text = section(&o->answer, i);
		assert_int_equal(count_of(text, "a=rid:"), l->n_rids);
		assert_int_equal(count_of(text, "a=simulcast:"), l->n_rids ? 1 : 0);
		assert_int_equal(has(text, "sdes:rtp-stream-id"), l->n_rids > 0);
		for (size_t k = 0; k < l->n_rids; k++) {
			char line[64];
			assert_int_equal(str_print(line, sizeof line, "a=rid:%s recv\r\n", l->rids[k]), ERR_OK);
			if (count_of(text, line) != 1)
				fail_msg("%s: line %zu, rid %s", name, i, l->rids[k]);
		}
	}
	assert_true(has(section(&o->answer, 2), "a=simulcast:recv l;m;h\r\n"));
	assert_true(has(section(&o->answer, 3), "a=simulcast:recv l;h\r\n"));
}

static void a10_simulcast_has_one_list_a_line_a_rid_and_the_extension(void **unused)
{
	each_answer(check_simulcast);
	/* a rid offered twice is answered once */
	struct outcome *o = negotiate(changed(changed(CONTRACT, "a=rid:m send\r\n", "a=rid:m send\r\na=rid:m send\r\n"),
					      "send l;m;h", "send l;m;m;h"));
	assert_int_equal(count_of(section(&o->answer, 2), "a=rid:m recv"), 1);
	assert_true(has(section(&o->answer, 2), "a=simulcast:recv l;m;h\r\n"));
	/* without the extension, or a list, it is one stream */
	o = negotiate(changed(CONTRACT, "a=extmap:10 ", "a=x:"));
	assert_false(has(o->text, "a=simulcast") || has(o->text, "a=rid"));
	assert_int_equal(o->media.lines[2].n_rids, 0);
	assert_true(accepted(o, 2));
	o = negotiate(changed(CONTRACT, "a=simulcast:send l;m;h\r\n", ""));
	assert_false(has(section(&o->answer, 2), "a=rid") || has(section(&o->answer, 2), "sdes:rtp-stream-id"));
}

static void check_direction(struct outcome *o, const char *name)
{
	for (size_t i = 0; i < o->answer.n_media; i++) {
		const char *text = section(&o->answer, i);
		bool ours = has(text, "a=sendonly\r\n"), theirs = has(section(&o->offer, i), "a=recvonly\r\n");
		if (ours != theirs || ours == has(text, "a=recvonly\r\n") || has(text, "a=sendrecv"))
			fail_msg("%s: line %zu", name, i);
	}
}

static void a11_directions_are_mirrored(void **unused)
{
	each_answer(check_direction);
	struct outcome *o = negotiate(SESSION("0 1") AUDIO("0", "sendrecv") AUDIO("1", "sendrecv"));
	assert_true(has(section(&o->answer, 0), "a=recvonly\r\n") && has(section(&o->answer, 1), "a=sendonly\r\n"));
	o = negotiate(SESSION("0 1") AUDIO("0", "sendonly") AUDIO("1", "inactive"));
	assert_true(has(section(&o->answer, 1), "a=inactive\r\n"));
	/* the session's direction holds for lines without one */
	o = negotiate(changed(SESSION("0") "a=recvonly\r\n" AUDIO("0", "XX"), "a=XX\r\n", ""));
	assert_true(has(section(&o->answer, 0), "a=sendonly\r\n"));
}

static void check_slots(struct outcome *o, const char *name)
{
	uint32_t ssrcs[NEGOTIATE_SSRCS];
	size_t n = 0;
	for (size_t i = 0; i < o->answer.n_media; i++) {
		const struct line *l = &o->media.lines[i];
		const char *text = section(&o->answer, i), *at = strstr(text, "a=msid:");
		assert_int_equal(at != NULL, is_slot(l));
		if (!is_slot(l))
			continue;
		char msid[64], ssrc[64];
		assert_int_equal(str_copy_n(msid, sizeof msid, at, strcspn(at, "\n")), ERR_OK);
		assert_int_equal(str_print(ssrc, sizeof ssrc, "a=ssrc:%u cname:", l->slot_ssrc), ERR_OK);
		if (count_of(o->text, msid) != 1 || count_of(o->text, ssrc) != 1 || !has(text, ssrc))
			fail_msg("%s: slot of line %zu: %s", name, i, msid);
		ssrcs[n++] = l->slot_ssrc;
		if (l->slot_rtx_ssrc)
			ssrcs[n++] = l->slot_rtx_ssrc;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(ssrcs[i], ssrcs[k]);
	}
	if (count_of(o->text, "a=msid:stage a0\r\n") != 1 || count_of(o->text, "a=msid:stage v0\r\n") != 1)
		fail_msg("%s: a0 and v0 do not share their stream", name);
}

static void a12_slots_differ_in_ssrc_and_msid_and_a0_v0_share_the_stream(void **unused)
{
	each_answer(check_slots);
	struct outcome *o = negotiate(CONTRACT);
	assert_true(has(section(&o->answer, 5), "a=msid:a1 a1\r\n") && has(section(&o->answer, 7), "a=msid:v1 v1\r\n"));
	/* the same array of SSRCs, the same SSRC a slot, whatever lines stand around it */
	uint32_t v1 = o->media.lines[7].slot_ssrc;
	o = negotiate(SESSION("0 1") VIDEO("0", "recvonly") VIDEO("1", "recvonly"));
	assert_int_equal(o->media.lines[1].slot_ssrc, v1);
	/* SSRCs that are 0 or not distinct are our own mistake */
	struct negotiate_config c = our_config();
	our_ssrcs[57] = our_ssrcs[3];
	assert_int_equal(negotiate_with(CONTRACT, &c)->err, ERR_STATE);
	our_ssrcs[57] = 0;
	assert_int_equal(negotiate_with(CONTRACT, &c)->err, ERR_STATE);
}

static void a13_extmap_allow_mixed_only_where_offered(void **unused)
{
	struct outcome *o = negotiate(CONTRACT); /* for the session, as Chromium does */
	assert_int_equal(count_of(o->text, "a=extmap-allow-mixed\r\n"), 1);
	assert_true(sdp_attr_find(o->answer.session, "extmap-allow-mixed", &(struct bytes){ 0 }));
	o = negotiate(changed(CONTRACT, "a=extmap-allow-mixed\r\n", ""));
	assert_false(has(o->text, "extmap-allow-mixed"));
	o = negotiate(captured("firefox")); /* in each line */
	assert_int_equal(count_of(o->text, "a=extmap-allow-mixed\r\n"), o->answer.n_media);
	assert_false(sdp_attr_find(o->answer.session, "extmap-allow-mixed", &(struct bytes){ 0 }));
}

static void check_line_ends(struct outcome *o, const char *name)
{
	size_t n = strlen(o->text);
	for (size_t i = 0; i < n; i++) {
		if ((o->text[i] == '\n') != (i > 0 && o->text[i - 1] == '\r') || (o->text[i] & 0x80))
			fail_msg("%s: byte %zu", name, i);
	}
	assert_true(n > 2 && strcmp(o->text + n - 2, "\r\n") == 0);
	assert_false(has(o->text, "\r\n\r\n"));
}

static void a14_every_line_ends_in_crlf_and_none_is_empty(void **unused)
{
	each_answer(check_line_ends);
	check_line_ends(negotiate(changed(CONTRACT, "\r\n", "\n")), "LF");
	check_line_ends(negotiate(SESSION("0 1") AUDIO("0", "sendonly") DATA("1")), "refused last");
}

static void check_candidates(struct outcome *o, const char *name)
{
	static const char first[] = "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host\r\n"
				    "a=candidate:2 1 udp 2130706175 127.0.0.1 40000 typ host\r\n"
				    "a=candidate:3 1 udp 2130705919 2001:db8::1 40000 typ host\r\n"
				    "a=candidate:4 1 tcp 1520434431 192.0.2.1 8443 typ host tcptype passive\r\n"
				    "a=end-of-candidates\r\n";
	assert_true(sdp_attr_find(o->answer.session, "ice-lite", &(struct bytes){ 0 }));
	assert_int_equal(count_of(o->text, "a=ice-lite"), 1);
	assert_int_equal(count_of(o->text, "a=candidate:"), 4);
	if (!has(section(&o->answer, 0), first))
		fail_msg("%s: candidates of the first line", name);
}

static void a15_ice_lite_and_candidates_udp_ipv4_first(void **unused)
{
	each_answer(check_candidates);
	/* the first accepted line, behind a refused one */
	struct outcome *o = negotiate(SESSION("x 0") DATA("x") AUDIO("0", "sendonly"));
	assert_true(has(section(&o->answer, 1), "a=candidate:1 ") && !has(section(&o->answer, 0), "a=candidate:"));
	/* one microphone and one camera: FFmpeg reads 8 KiB */
	o = negotiate(SESSION("0 1") AUDIO("0", "sendonly") VIDEO("1", "sendonly"));
	assert_true(strlen(o->text) <= 8192);
}

static void a_slots_media_ssrc_stands_before_its_rtx_ssrc(void **unused)
{
	struct outcome *o = negotiate(CONTRACT);
	assert_true(has(section(&o->answer, 6),
			"a=ssrc-group:FID 3521118218 3521118219\r\n"
			"a=ssrc:3521118218 cname:diemcau\r\na=ssrc:3521118219 cname:diemcau\r\n"));
	assert_int_equal(o->media.lines[6].slot_ssrc, 3521118218);
	assert_int_equal(o->media.lines[6].slot_rtx_ssrc, 3521118219);
	/* audio has no RTX, nor has video where the client offers none */
	assert_int_equal(count_of(section(&o->answer, 4), "a=ssrc:"), 1);
	o = negotiate(changed(CONTRACT, " rtx/90000", " x/90000"));
	assert_int_equal(count_of(section(&o->answer, 6), "a=ssrc:"), 1);
	assert_int_equal(o->media.lines[6].slot_rtx_ssrc, 0);
}

static void opus_stands_before_red_and_vp8_before_h264(void **unused)
{
	struct outcome *o = negotiate(CONTRACT);
	assert_true(sdp_is(o->answer.media[0].formats, "111 63"));
	assert_true(sdp_is(o->answer.media[2].formats, "96 97 102 103"));
	assert_int_equal(o->media.lines[0].codecs[0].codec, CODEC_OPUS);
	assert_int_equal(o->media.lines[2].codecs[0].codec, CODEC_VP8);
	assert_true(has(section(&o->answer, 0), "a=rtcp-fb:111 nack\r\na=rtcp-fb:111 transport-cc\r\n"));
	assert_false(has(o->text, "goog-remb"));
}

static void the_low_microphone_alone_is_slow(void **unused)
{
	struct outcome *o = negotiate(CONTRACT);
	assert_int_equal(count_of(o->text, "a=ptime:60\r\n"), 1);
	assert_int_equal(count_of(o->text, "maxaveragebitrate=12000\r\n"), 1);
	assert_true(has(section(&o->answer, 1), "a=ptime:60\r\n") &&
		    has(section(&o->answer, 1), "maxaveragebitrate=12000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a1_same_lines_in_the_same_order_with_their_mids),
		cmocka_unit_test(a2_bundle_lists_the_accepted_lines_and_others_have_port_0),
		cmocka_unit_test(a3_a_bundle_only_line_with_port_0_is_accepted_with_a_port),
		cmocka_unit_test(a4_every_accepted_line_carries_the_whole_transport),
		cmocka_unit_test(a5_setup_is_passive_or_active_for_a_passive_client),
		cmocka_unit_test(a6_our_credentials_keep_to_length_and_letters),
		cmocka_unit_test(a7_our_fingerprint_is_in_capitals),
		cmocka_unit_test(a8_payload_types_are_the_offers_own_and_have_their_base),
		cmocka_unit_test(a9_extensions_are_those_of_the_line_with_its_ids_and_mirrored),
		cmocka_unit_test(a10_simulcast_has_one_list_a_line_a_rid_and_the_extension),
		cmocka_unit_test(a11_directions_are_mirrored),
		cmocka_unit_test(a12_slots_differ_in_ssrc_and_msid_and_a0_v0_share_the_stream),
		cmocka_unit_test(a13_extmap_allow_mixed_only_where_offered),
		cmocka_unit_test(a14_every_line_ends_in_crlf_and_none_is_empty),
		cmocka_unit_test(a15_ice_lite_and_candidates_udp_ipv4_first),
		cmocka_unit_test(a_slots_media_ssrc_stands_before_its_rtx_ssrc),
		cmocka_unit_test(opus_stands_before_red_and_vp8_before_h264),
		cmocka_unit_test(the_low_microphone_alone_is_slow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
