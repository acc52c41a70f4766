#include "base/str.h"
#include "media/bind.h"
#include "test.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include <stdio.h>

/* The contract's send lines and one slot. Ids of audio and video differ, as Firefox has them. */
static struct negotiated full(void)
{
	struct negotiated m = { .n_lines = 5 };
	static const struct line_exts audio = { .mid = 3, .audio_level = 1 };
	static const struct line_exts video = { .mid = 4, .rid = 10, .repaired_rid = 11 };
	static const struct line_codec opus = { .codec = CODEC_OPUS, .pt = 111 };
	static const struct line_codec vp8 = { .codec = CODEC_VP8, .pt = 96, .rtx_pt = 97 };
	static const struct line_codec h264 = { .codec = CODEC_H264, .pt = 102, .rtx_pt = 103 };
	static const struct {
		const char *mid;
		const char *rids[RIDS_MAX];
		enum line_role role;
		bool video;
	} lines[] = {
		{ "0", { 0 }, LINE_MIC, false },
		{ "1", { 0 }, LINE_MIC_LOW, false },
		{ "2", { "l", "m", "h" }, LINE_CAMERA, true },
		{ "3", { "l", "h" }, LINE_SCREEN, true },
		{ "4", { 0 }, LINE_SLOT_VIDEO, true },
	};
	for (size_t i = 0; i < 5; i++) {
		struct line *l = &m.lines[i];
		l->role = lines[i].role;
		(void)str_copy(l->mid, sizeof l->mid, lines[i].mid);
		l->exts = lines[i].video ? video : audio;
		l->codecs[0] = lines[i].video ? vp8 : opus;
		l->codecs[1] = h264;
		l->n_codecs = lines[i].video ? 2 : 1;
		for (; l->n_rids < RIDS_MAX && lines[i].rids[l->n_rids]; l->n_rids++)
			(void)str_copy(l->rids[l->n_rids], sizeof l->rids[0], lines[i].rids[l->n_rids]);
	}
	return m;
}

static uint8_t datagram[512];

/* Texts of the extension ids 3, 4, 10, 11; NULL: absent. */
static struct rtp packet(uint32_t ssrc, uint8_t pt, const char *audio_mid, const char *video_mid, const char *rid,
			 const char *repaired)
{
	const char *texts[] = { audio_mid, video_mid, rid, repaired };
	const uint8_t ids[] = { 3, 4, 10, 11 };
	uint8_t block[128];
	struct writer e = writer_of(block, sizeof block);
	for (size_t i = 0; i < 4; i++) {
		if (texts[i])
			rtpext_write(&e, RTPEXT_ONE_BYTE, ids[i], bytes_of(texts[i], strlen(texts[i])));
	}
	struct rtp_head head = { .pt = pt, .ssrc = ssrc, .ext_profile = RTPEXT_ONE_BYTE, .ext = writer_done(&e) };
	struct writer w = writer_of(datagram, sizeof datagram);
	struct rtp rtp;
	rtp_write(&w, &head);
	writer_u32(&w, 0);
	assert_int_equal(rtp_parse(writer_done(&w), &rtp), ERR_OK);
	return rtp;
}

/* One transport's packets, read from the top. */
static const struct step {
	uint32_t ssrc;
	uint8_t pt;
	const char *audio_mid, *video_mid, *rid, *repaired;
	enum bind_verdict verdict;
	uint8_t line, layer;
	bool rtx;
} steps[] = {
	{ 1, 111, "0", 0, 0, 0, BIND_NEW, 0, 0, false },
	{ 1, 111, 0, 0, 0, 0, BIND_KNOWN, 0, 0, false },
	{ 1, 111, "1", 0, 0, 0, BIND_KNOWN, 0, 0, false }, /* bound once: another mid changes nothing */
	{ 2, 111, 0, 0, 0, 0, BIND_UNBOUND, 0, 0, false }, /* microphone or low voice? */
	{ 2, 111, "1", 0, 0, 0, BIND_NEW, 1, 0, false },
	{ 3, 96, 0, 0, 0, 0, BIND_UNBOUND, 0, 0, false },
	{ 3, 96, 0, "2", 0, 0, BIND_UNBOUND, 0, 0, false }, /* which layer? */
	{ 3, 96, 0, 0, "m", 0, BIND_UNBOUND, 0, 0, false }, /* which line? rids have the same names */
	{ 3, 96, 0, "2", "x", 0, BIND_UNBOUND, 0, 0, false },
	{ 3, 96, 0, "2", "", 0, BIND_UNBOUND, 0, 0, false },
	{ 3, 96, 0, "22", "m", 0, BIND_UNBOUND, 0, 0, false },
	{ 3, 96, 0, "2", "m", 0, BIND_NEW, 2, 1, false },
	{ 4, 96, 0, "3", "h", 0, BIND_NEW, 3, 1, false },
	{ 5, 97, 0, "2", 0, "m", BIND_NEW, 2, 1, true },
	{ 6, 97, 0, "3", "l", 0, BIND_NEW, 3, 0, true },	    /* RTX that tells rid instead */
	{ 7, 96, 0, "2", 0, "h", BIND_UNBOUND, 0, 0, false },	    /* repaired-rid on media */
	{ 7, 111, 0, "2", "h", 0, BIND_PAYLOAD_TYPE, 0, 0, false }, /* Opus on the camera's line */
	{ 7, 99, 0, "2", "h", 0, BIND_PAYLOAD_TYPE, 0, 0, false },
	{ 7, 96, 0, "4", 0, 0, BIND_UNBOUND, 0, 0, false }, /* a slot sends nothing to us */
	{ 7, 103, 0, "2", 0, "h", BIND_NEW, 2, 2, true },   /* RTX before its media */
	{ 0, 102, 0, "2", "h", 0, BIND_NEW, 2, 2, false },  /* SSRC 0 is one like others */
};

static void follows_the_table(void **unused)
{
	struct negotiated m = full();
	struct bind b;
	uint8_t bound = 0;
	bind_init(&b, &m);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *s = &steps[i];
		const struct binding *out;
		struct rtp p = packet(s->ssrc, s->pt, s->audio_mid, s->video_mid, s->rid, s->repaired);
		enum bind_verdict v = bind_on_packet(&b, &p, &out);
		bool is_bound = v == BIND_NEW || v == BIND_KNOWN;
		if (v != s->verdict || is_bound != (out != NULL) || out != bind_find(&b, s->ssrc))
			fail_msg("step %zu: verdict %d", i, v);
		if (out && (out->line != s->line || out->layer != s->layer || out->rtx != s->rtx))
			fail_msg("step %zu: line %u layer %u", i, out->line, out->layer);
		if (out && v == BIND_NEW)
			assert_int_equal(out->index, bound++);
	}
	assert_ptr_equal(bind_repaired(&b, bind_find(&b, 5)), bind_find(&b, 3));
	assert_null(bind_repaired(&b, bind_find(&b, 6))); /* its layer has no media yet */
	assert_ptr_equal(bind_repaired(&b, bind_find(&b, 7)), bind_find(&b, 0));
	assert_null(bind_repaired(&b, bind_find(&b, 1)));
}

static void knows_declared_ssrcs(void **unused)
{
	struct negotiated m = full();
	struct bind b;
	const struct binding *out;
	struct line *camera = &m.lines[2];
	camera->n_rids = 0;
	camera->n_ssrcs = 2;
	camera->ssrcs[0] = 100;
	camera->rtx_ssrcs[0] = 101;
	camera->ssrcs[1] = 102;
	m.lines[0].n_ssrcs = 2;
	m.lines[0].ssrcs[0] = 200;
	m.lines[0].ssrcs[1] = 200; /* twice */
	m.lines[4].n_ssrcs = 1;
	m.lines[4].ssrcs[0] = 300; /* a slot's line */
	m.n_lines = 5;
	bind_init(&b, &m);
	assert_int_equal(b.n, 4);
	struct rtp p = packet(101, 97, 0, 0, 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_KNOWN);
	assert_true(out->rtx);
	assert_ptr_equal(bind_repaired(&b, out), bind_find(&b, 100)); /* by FID, not the last one */
	assert_null(bind_find(&b, 300));
	/* another SSRC of that line: by mid, not by payload type */
	m.lines[3].role = LINE_REFUSED;
	p = packet(103, 96, 0, 0, 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_UNBOUND);
	p = packet(103, 96, 0, "2", 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_NEW);
	assert_int_equal(out->layer, 0);
}

/* A client without mid: one microphone, one camera, told apart by payload type. */
static void falls_back_to_the_payload_type(void **unused)
{
	struct negotiated m = full();
	struct bind b;
	const struct binding *out;
	m.lines[1].role = m.lines[3].role = LINE_REFUSED;
	m.lines[2].n_rids = 0;
	for (size_t i = 0; i < m.n_lines; i++)
		m.lines[i].exts = (struct line_exts){ 0 };
	bind_init(&b, &m);
	struct rtp p = packet(1, 111, 0, 0, 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_NEW);
	assert_int_equal(out->line, 0);
	p = packet(2, 102, 0, 0, 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_NEW);
	assert_int_equal(out->line, 2);
	p = packet(3, 97, 0, 0, 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_NEW);
	assert_ptr_equal(bind_repaired(&b, out), bind_find(&b, 2));
	p = packet(4, 8, 0, 0, 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_UNBOUND);
	m.lines[0].exts.mid = 3;
	p = packet(4, 111, "zz", 0, 0, 0); /* it does send mid, but not this line's */
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_UNBOUND);
}

static void holds_its_limits(void **unused)
{
	struct negotiated m = full();
	struct bind b;
	const struct binding *out;
	bind_init(&b, &m);
	for (uint32_t i = 0; i < 10; i++) {
		struct rtp p = packet(i, 96, 0, "2", "l", 0);
		assert_int_equal(bind_on_packet(&b, &p, &out), i < SSRCS_PER_RID ? BIND_NEW : BIND_LIMIT);
		p = packet(100 + i, 97, 0, "2", 0, "l");
		assert_int_equal(bind_on_packet(&b, &p, &out), i < SSRCS_PER_RID ? BIND_NEW : BIND_LIMIT);
	}
	/* a transport that declares more than it may */
	m.n_lines = LINES_MAX;
	for (size_t i = 0; i < LINES_MAX; i++) {
		m.lines[i] = m.lines[2];
		m.lines[i].n_rids = 0;
		m.lines[i].n_ssrcs = SSRCS_PER_RID;
		for (size_t k = 0; k < SSRCS_PER_RID; k++)
			m.lines[i].ssrcs[k] = (uint32_t)(i * SSRCS_PER_RID + k);
	}
	bind_init(&b, &m);
	assert_int_equal(b.n, SSRCS_PER_TRANSPORT);
	struct rtp p = packet(9999, 96, 0, "2", 0, 0);
	assert_int_equal(bind_on_packet(&b, &p, &out), BIND_LIMIT);
}

/* Random packets, SSRCs that collide in the table: what was bound stays as it was. */
static void keeps_its_guarantee(void **unused)
{
	static const char *mids[] = { NULL, "0", "1", "2", "3", "4", "zz" };
	static const char *rids[] = { NULL, "l", "m", "h", "q" };
	static const uint8_t pts[] = { 111, 96, 97, 102, 103, 5 };
	struct negotiated m = full();
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct bind b;
		struct binding model[SSRCS_PER_TRANSPORT];
		uint8_t n = 0;
		srand(seed);
		bind_init(&b, &m);
		for (int i = 0; i < 2000; i++) {
			uint32_t ssrc = (uint32_t)(rand() % 100) << (rand() % 2 ? 0 : 23);
			struct rtp p = packet(ssrc, pts[rand() % 6], mids[rand() % 7], mids[rand() % 7],
					      rids[rand() % 5], rids[rand() % 5]);
			const struct binding *out;
			enum bind_verdict v = bind_on_packet(&b, &p, &out);
			size_t at = 0;
			while (at < n && model[at].ssrc != ssrc)
				at++;
			if ((at < n) != (v == BIND_KNOWN))
				fail_msg("seed %u: packet %d, verdict %d", seed, i, v);
			if (out && v == BIND_NEW)
				model[n++] = *out;
			if (at < n && (!out || memcmp(out, &model[at], sizeof *out) != 0))
				fail_msg("seed %u: packet %d changed a binding", seed, i);
		}
		size_t same[LINES_MAX][RIDS_MAX][2] = { 0 };
		for (size_t i = 0; i < n; i++) {
			if (++same[model[i].line][model[i].layer][model[i].rtx] > SSRCS_PER_RID)
				fail_msg("seed %u: over the limit", seed);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(knows_declared_ssrcs),
		cmocka_unit_test(falls_back_to_the_payload_type),
		cmocka_unit_test(holds_its_limits),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
