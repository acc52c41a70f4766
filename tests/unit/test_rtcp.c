#include "exact.h"
#include "test.h"
#include "wire/rtcp.h"

#define B(a) bytes_of(a, sizeof(a))

/* Written by hand after the figures of RFC 3550 6.4.1, 6.5, 6.6, RFC 4585 6.2.1, 6.3.1, RFC 5104 4.3.1.1, REMB 2.2. */
static const uint8_t compound[] = {
	/* SR with one report */
	0x81, 200, 0, 12, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0, 0, 0x10, 0, 0, 0, 0, 9, 0, 0,
	4, 0, 0, 0, 0, 2, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 5, 0, 0, 0, 7, 0x33, 0x44, 0x55, 0x66, 0, 1, 0, 0,
	/* SDES: a chunk of NOTE and CNAME, one without CNAME */
	0x82, 202, 0, 6, 0, 0, 0, 1, 7, 1, 'n', 1, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 'x', 0,
	/* BYE of two with a reason */
	0x82, 203, 0, 3, 0, 0, 0, 3, 0, 0, 0, 4, 3, 'b', 'y', 'e',
	/* NACK of 65535, 0, 15 and of 100 */
	0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0x80, 0x01, 0, 100, 0, 0,
	/* PLI, FIR of two */
	0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 8, 0, 0, 0, 0, 0,
	0, 3, 9, 0, 0, 0,
	/* REMB: 3 << 18 = 0x0f of exponent 3, mantissa 0x20000; two SSRCs */
	0x8f, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 2, 0x0e, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3,
	/* APP, and feedback of a format not known */
	0x80, 204, 0, 2, 0, 0, 0, 1, 't', 'e', 's', 't', 0x83, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,
	/* XR: a reference time, then answers to two */
	0x80, 207, 0, 11, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 5, 0, 0, 6, 0, 0, 0, 2, 3, 4, 5, 6, 0, 1, 0,
	0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0,
	/* RR without reports, four bytes of padding */
	0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4
};

static struct rtcp_item next(struct rtcp_iter *it, enum rtcp_kind kind)
{
	struct rtcp_item item;
	assert_true(rtcp_next(it, &item));
	assert_int_equal(item.kind, kind);
	return item;
}

static void reads_a_compound(void **unused)
{
	(void)unused;
	struct rtcp_iter it;
	struct rtcp_report report;
	struct rtcp_fir fir;
	struct rtcp_dlrr dlrr;
	struct bytes cname;
	uint32_t ssrc;
	uint16_t seq;
	assert_int_equal(rtcp_parse(B(compound), &it), ERR_OK);

	struct rtcp_item i = next(&it, RTCP_SR);
	assert_int_equal(i.sender, 1);
	assert_true(i.info.ntp == UINT64_C(0x1122334455667788) && i.info.timestamp == 0x1000);
	assert_true(i.info.packets == 9 && i.info.octets == 1024);
	assert_true(rtcp_report_next(&i, &report));
	assert_true(report.ssrc == 2 && report.fraction == 64 && report.lost == -2 && report.highest == 0x10005);
	assert_true(report.jitter == 7 && report.lsr == 0x33445566 && report.dlsr == 0x10000);
	assert_int_equal(rtcp_middle(i.info.ntp), report.lsr);
	assert_false(rtcp_report_next(&i, &report));
	assert_false(rtcp_nack_next(&i, &seq));

	i = next(&it, RTCP_SDES);
	assert_true(rtcp_cname_next(&i, &ssrc, &cname));
	assert_true(ssrc == 1 && bytes_equal(cname, bytes_of("abc", 3)));
	assert_false(rtcp_cname_next(&i, &ssrc, &cname));

	i = next(&it, RTCP_BYE);
	assert_true(rtcp_bye_next(&i, &ssrc) && ssrc == 3);
	assert_true(rtcp_bye_next(&i, &ssrc) && ssrc == 4);
	assert_false(rtcp_bye_next(&i, &ssrc));

	i = next(&it, RTCP_NACK);
	assert_true(i.sender == 1 && i.media == 2);
	static const uint16_t lost[] = { 65535, 0, 15, 100 };
	for (size_t k = 0; k < 4; k++)
		assert_true(rtcp_nack_next(&i, &seq) && seq == lost[k]);
	assert_false(rtcp_nack_next(&i, &seq));

	i = next(&it, RTCP_PLI);
	assert_true(i.sender == 1 && i.media == 2);
	i = next(&it, RTCP_FIR);
	assert_true(rtcp_fir_next(&i, &fir) && fir.ssrc == 2 && fir.seq == 8);
	assert_true(rtcp_fir_next(&i, &fir) && fir.ssrc == 3 && fir.seq == 9);
	assert_false(rtcp_fir_next(&i, &fir));

	i = next(&it, RTCP_REMB);
	assert_true(i.remb_bps == UINT64_C(0x20000) << 3);
	assert_true(rtcp_remb_next(&i, &ssrc) && ssrc == 2);
	assert_true(rtcp_remb_next(&i, &ssrc) && ssrc == 3);
	assert_false(rtcp_remb_next(&i, &ssrc));

	i = next(&it, RTCP_OTHER);
	assert_int_equal(i.type, 204);
	assert_int_equal(i.body.n, 8);
	i = next(&it, RTCP_OTHER);
	assert_true(i.type == 206 && i.count == 3);

	i = next(&it, RTCP_XR);
	assert_int_equal(i.sender, 1);
	assert_true(rtcp_dlrr_next(&i, &dlrr) && dlrr.ssrc == 2 && dlrr.lrr == 0x03040506 && dlrr.dlrr == 0x10000);
	assert_true(rtcp_dlrr_next(&i, &dlrr) && dlrr.ssrc == 3 && dlrr.lrr == 0 && dlrr.dlrr == 0);
	assert_false(rtcp_dlrr_next(&i, &dlrr));

	i = next(&it, RTCP_RR);
	assert_true(i.sender == 1 && i.body.n == 4);
	assert_false(rtcp_report_next(&i, &report));
	assert_false(rtcp_next(&it, &i));
}

/* Walks everything; true when the frame was right. */
static bool walk(struct bytes b)
{
	struct rtcp_iter it;
	struct rtcp_item item;
	size_t items = 0;
	if (rtcp_parse(b, &it)) {
		assert_false(rtcp_next(&it, &item));
		return false;
	}
	while (rtcp_next(&it, &item)) {
		struct rtcp_report report;
		struct rtcp_fir fir;
		struct rtcp_dlrr dlrr;
		struct bytes cname;
		uint32_t ssrc;
		uint16_t seq;
		size_t n = 0;
		volatile uint8_t sum = 0;
		items++;
		while (rtcp_report_next(&item, &report) || rtcp_nack_next(&item, &seq) || rtcp_fir_next(&item, &fir) ||
		       rtcp_remb_next(&item, &ssrc) || rtcp_bye_next(&item, &ssrc) || rtcp_dlrr_next(&item, &dlrr))
			n++;
		assert_true(n <= item.body.n / 4 * 17);
		while (rtcp_cname_next(&item, &ssrc, &cname))
			for (size_t i = 0; i < cname.n; i++)
				sum ^= cname.p[i];
		for (size_t i = 0; i < item.body.n; i++)
			sum ^= item.body.p[i];
		(void)sum;
	}
	assert_true(items >= 1 && items <= b.n / 4);
	return true;
}

static void walk_any(struct bytes b, void *unused)
{
	(void)walk(b);
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	exact_each_prefix(B(compound), walk_any, NULL);
	srand(5);
	exact_each_damage(B(compound), 30000, walk_any, NULL);
	/* each packet alone, cut at each word with its length told rightly: the inside is then too short */
	for (size_t at = 0; at < sizeof compound;) {
		size_t n = 4 * (size_t)(compound[at + 2] << 8 | compound[at + 3]) + 4;
		for (size_t cut = 4; cut <= n; cut += 4) {
			uint8_t p[64];
			memcpy(p, compound + at, cut);
			p[3] = (uint8_t)(cut / 4 - 1);
			struct bytes b = exact_copy(bytes_of(p, cut));
			bool padded = p[0] & 0x20;
			assert_true(walk(b) || padded);
			exact_free(b);
		}
		at += n;
	}
}

static enum rtcp_kind kind_of(const uint8_t *p, size_t n)
{
	struct rtcp_iter it;
	struct rtcp_item item;
	struct bytes b = exact_copy(bytes_of(p, n));
	assert_int_equal(rtcp_parse(b, &it), ERR_OK);
	assert_true(rtcp_next(&it, &item));
	exact_free(b);
	return item.kind;
}
#define KIND(...) kind_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void a_broken_inside_is_told(void **unused)
{
	(void)unused;
	assert_int_equal(KIND(0x82, 203, 0, 1, 0, 0, 0, 1), RTCP_BROKEN);	      /* BYE tells two, has one */
	assert_int_equal(KIND(0x80, 203, 0, 0), RTCP_BYE);			      /* BYE of nobody is allowed */
	assert_int_equal(KIND(0x81, 201, 0, 1, 0, 0, 0, 1), RTCP_BROKEN);	      /* RR tells a report */
	assert_int_equal(KIND(0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2), RTCP_BROKEN); /* NACK of nothing */
	assert_int_equal(KIND(0x81, 206, 0, 1, 0, 0, 0, 1), RTCP_BROKEN);	      /* PLI of nobody */
	assert_int_equal(KIND(0x84, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3), RTCP_BROKEN); /* half a FIR */
	/* REMB: SSRCs that are not there; a rate that 64 bits do not hold; the highest they do */
	assert_int_equal(KIND(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0, 0, 1), RTCP_BROKEN);
	assert_int_equal(KIND(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 0, 0xbc, 0, 1), RTCP_BROKEN);
	assert_int_equal(KIND(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 0, 0xbb, 0xff, 0xff),
			 RTCP_REMB);
	assert_int_equal(KIND(0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 'G', 'O', 'O', 'G'), RTCP_OTHER);
	assert_int_equal(KIND(0x8f, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0), RTCP_OTHER);
	/* SDES: a text over the end; a chunk that never ends; a chunk told but not there */
	assert_int_equal(KIND(0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 'a', 'b'), RTCP_BROKEN);
	assert_int_equal(KIND(0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'a', 'b'), RTCP_BROKEN);
	assert_int_equal(KIND(0x81, 202, 0, 0), RTCP_BROKEN);
	/* XR: a block over the end; an answer that is not whole; none at all; one of a kind we do not know */
	assert_int_equal(KIND(0x80, 207, 0, 2, 0, 0, 0, 1, 4, 0, 0, 2), RTCP_BROKEN);
	assert_int_equal(KIND(0x80, 207, 0, 4, 0, 0, 0, 1, 5, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2), RTCP_BROKEN);
	assert_int_equal(KIND(0x80, 207, 0, 0), RTCP_BROKEN);
	assert_int_equal(KIND(0x80, 207, 0, 1, 0, 0, 0, 1), RTCP_XR);
	assert_int_equal(KIND(0x80, 207, 0, 3, 0, 0, 0, 1, 42, 0, 0, 1, 0, 0, 0, 2), RTCP_XR);
	/* a broken packet does not hide the one behind it */
	static const uint8_t two[] = { 0x81, 206, 0, 1, 0, 0, 0, 1, 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2 };
	struct rtcp_iter it;
	assert_int_equal(rtcp_parse(B(two), &it), ERR_OK);
	(void)next(&it, RTCP_BROKEN);
	assert_int_equal(next(&it, RTCP_PLI).media, 2);
}

static enum err frame(const uint8_t *p, size_t n)
{
	struct rtcp_iter it;
	struct bytes b = exact_copy(bytes_of(p, n));
	enum err err = rtcp_parse(b, &it);
	exact_free(b);
	return err;
}
#define FRAME(...) frame((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void the_frame_is_checked(void **unused)
{
	(void)unused;
	assert_int_equal(frame(compound, 0), ERR_SHORT);
	assert_int_equal(FRAME(0x80, 203, 0), ERR_SHORT);
	assert_int_equal(FRAME(0x80, 203, 0, 1), ERR_SHORT);
	assert_int_equal(FRAME(0x80, 203, 0xff, 0xff, 0, 0, 0, 0), ERR_SHORT);
	assert_int_equal(FRAME(0x40, 203, 0, 0), ERR_FORMAT);
	assert_int_equal(FRAME(0x80, 203, 0, 0, 0x40, 203, 0, 0), ERR_FORMAT);
	assert_int_equal(FRAME(0x80, 203, 0, 0, 1, 2, 3), ERR_SHORT);
	assert_int_equal(FRAME(0xa0, 203, 0, 1, 0, 0, 0, 4), ERR_OK);
	assert_int_equal(FRAME(0xa0, 203, 0, 1, 0, 0, 0, 0), ERR_FORMAT);
	assert_int_equal(FRAME(0xa0, 203, 0, 1, 0, 0, 0, 3), ERR_OK); /* as libwebrtc fills up its transport feedback */
	assert_int_equal(FRAME(0xa0, 203, 0, 1, 0, 0, 0, 8), ERR_FORMAT);
	assert_int_equal(FRAME(0xa0, 203, 0, 0), ERR_FORMAT);
	assert_int_equal(FRAME(0xa0, 203, 0, 1, 0, 0, 0, 4, 0x80, 203, 0, 0), ERR_OK); /* in the middle too */
}

static void writes_what_it_reads(void **unused)
{
	(void)unused;
	uint8_t out[1200];
	struct writer w = writer_of(out, sizeof out);
	const struct rtcp_info info = { UINT64_C(0x8899aabbccddeeff), 5, 6, 7 };
	struct rtcp_report reports[31] = { { 2, 255, -0x800000, 4, 5, 6, 7 }, { 3, 0, 0x7fffff, 9, 9, 9, 9 } };
	const struct rtcp_fir firs[2] = { { 8, 1 }, { 9, 255 } };
	const struct rtcp_dlrr dlrrs[2] = { { 2, 3, 4 }, { 5, 6, 7 } };
	rtcp_write_sr(&w, 1, &info, reports, 2);
	rtcp_write_rr(&w, 1, reports, 31);
	rtcp_write_cname(&w, 1, bytes_of("abcde", 5));
	rtcp_write_bye(&w, (const uint32_t[]){ 1, 2, 3 }, 3);
	rtcp_write_pli(&w, 1, 2);
	rtcp_write_fir(&w, 1, firs, 2);
	rtcp_write_rrtr(&w, 1, info.ntp);
	rtcp_write_dlrr(&w, 1, dlrrs, 2);
	assert_false(w.failed);

	struct rtcp_iter it;
	struct rtcp_report report;
	struct rtcp_fir fir;
	struct rtcp_dlrr dlrr;
	struct bytes cname;
	uint32_t ssrc;
	assert_int_equal(rtcp_parse(writer_done(&w), &it), ERR_OK);
	struct rtcp_item i = next(&it, RTCP_SR);
	assert_true(i.info.ntp == info.ntp && i.info.timestamp == info.timestamp);
	assert_true(i.info.packets == info.packets && i.info.octets == info.octets);
	for (size_t k = 0; k < 2; k++)
		assert_true(rtcp_report_next(&i, &report) && report.ssrc == reports[k].ssrc &&
			    report.fraction == reports[k].fraction && report.lost == reports[k].lost &&
			    report.highest == reports[k].highest && report.dlsr == reports[k].dlsr &&
			    report.jitter == reports[k].jitter && report.lsr == reports[k].lsr);
	i = next(&it, RTCP_RR);
	size_t n = 0;
	while (rtcp_report_next(&i, &report))
		n++;
	assert_int_equal(n, 31);
	i = next(&it, RTCP_SDES);
	assert_true(rtcp_cname_next(&i, &ssrc, &cname) && ssrc == 1 && bytes_equal(cname, bytes_of("abcde", 5)));
	i = next(&it, RTCP_BYE);
	for (uint32_t k = 1; k <= 3; k++)
		assert_true(rtcp_bye_next(&i, &ssrc) && ssrc == k);
	i = next(&it, RTCP_PLI);
	assert_true(i.sender == 1 && i.media == 2);
	i = next(&it, RTCP_FIR);
	assert_true(rtcp_fir_next(&i, &fir) && fir.ssrc == 8 && fir.seq == 1);
	assert_true(rtcp_fir_next(&i, &fir) && fir.ssrc == 9 && fir.seq == 255);
	static const uint8_t reference[] = { 4, 0, 0, 2, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	i = next(&it, RTCP_XR);
	assert_true(i.body.n == 4 + sizeof reference && memcmp(i.body.p + 4, reference, sizeof reference) == 0);
	assert_false(rtcp_dlrr_next(&i, &dlrr));
	i = next(&it, RTCP_XR);
	for (size_t k = 0; k < 2; k++)
		assert_true(rtcp_dlrr_next(&i, &dlrr) && dlrr.ssrc == dlrrs[k].ssrc && dlrr.lrr == dlrrs[k].lrr &&
			    dlrr.dlrr == dlrrs[k].dlrr);
	assert_false(rtcp_dlrr_next(&i, &dlrr));
	assert_false(rtcp_next(&it, &i));

	/* losses beyond 24 bits stick at the end of the scale */
	reports[0].lost = INT32_MAX;
	reports[1].lost = INT32_MIN;
	w = writer_of(out, sizeof out);
	rtcp_write_rr(&w, 1, reports, 2);
	assert_int_equal(rtcp_parse(writer_done(&w), &it), ERR_OK);
	i = next(&it, RTCP_RR);
	assert_true(rtcp_report_next(&i, &report) && report.lost == 0x7fffff);
	assert_true(rtcp_report_next(&i, &report) && report.lost == -0x800000);
}

/* A CNAME of each length ends its chunk with at least one zero and fills a word. */
static void every_cname_length(void **unused)
{
	(void)unused;
	uint8_t out[300];
	char text[256];
	memset(text, 'c', sizeof text);
	for (size_t n = 0; n <= 255; n++) {
		struct writer w = writer_of(out, sizeof out);
		struct rtcp_iter it;
		struct bytes cname;
		uint32_t ssrc;
		rtcp_write_cname(&w, 9, bytes_of(text, n));
		assert_int_equal(rtcp_parse(writer_done(&w), &it), ERR_OK);
		struct rtcp_item i = next(&it, RTCP_SDES);
		if (!rtcp_cname_next(&i, &ssrc, &cname) || cname.n != n || out[writer_len(&w) - 1] != 0)
			fail_msg("length %zu", n);
	}
	struct writer w = writer_of(out, sizeof out);
	rtcp_write_cname(&w, 9, bytes_of(text, 256));
	assert_true(w.failed);
}

/* Random ascending lists with gaps: each comes back, in order, once. */
static void nacks_come_back(void **unused)
{
	(void)unused;
	for (unsigned seed = 1; seed <= 3000; seed++) {
		uint8_t out[600];
		uint16_t seqs[100], seq;
		srand(seed);
		size_t n = 1 + (size_t)rand() % 100, k = 0;
		int gap = 1 + rand() % 40;
		seqs[0] = (uint16_t)rand();
		for (size_t i = 1; i < n; i++)
			seqs[i] = (uint16_t)(seqs[i - 1] + 1 + rand() % gap);
		struct writer w = writer_of(out, sizeof out);
		struct rtcp_iter it;
		rtcp_write_nack(&w, 1, 2, seqs, n);
		assert_int_equal(rtcp_parse(writer_done(&w), &it), ERR_OK);
		struct rtcp_item i = next(&it, RTCP_NACK);
		while (rtcp_nack_next(&i, &seq))
			if (k >= n || seq != seqs[k++])
				fail_msg("seed %u: %u in place %zu", seed, seq, k);
		if (k != n)
			fail_msg("seed %u: %zu of %zu", seed, k, n);
	}
	/* 17 in a row are one entry */
	uint8_t out[32];
	uint16_t row[17];
	for (size_t i = 0; i < 17; i++)
		row[i] = (uint16_t)(65530 + i);
	struct writer w = writer_of(out, sizeof out);
	rtcp_write_nack(&w, 1, 2, row, 17);
	assert_int_equal(writer_done(&w).n, 16);
	w = writer_of(out, sizeof out);
	rtcp_write_nack(&w, 1, 2, row, 0);
	assert_true(w.failed);
}

static void remb_keeps_18_bits(void **unused)
{
	(void)unused;
	static const uint64_t rates[] = { 0,	     1,	      20000,   0x3ffff,
					  0x40000,   0x40001, 2500000, UINT64_C(10000000000),
					  UINT64_MAX };
	const uint32_t ssrcs[] = { 7, 8 };
	for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
		uint8_t out[64];
		uint32_t ssrc;
		struct writer w = writer_of(out, sizeof out);
		struct rtcp_iter it;
		rtcp_write_remb(&w, 1, rates[k], ssrcs, 2);
		assert_int_equal(rtcp_parse(writer_done(&w), &it), ERR_OK);
		struct rtcp_item i = next(&it, RTCP_REMB);
		assert_true(i.remb_bps <= rates[k] && rates[k] - i.remb_bps <= rates[k] >> 17);
		assert_true(rates[k] > 0x3ffff || i.remb_bps == rates[k]);
		assert_true(rtcp_remb_next(&i, &ssrc) && ssrc == 7);
		assert_true(rtcp_remb_next(&i, &ssrc) && ssrc == 8);
	}
}

static void too_much_fails(void **unused)
{
	(void)unused;
	static uint8_t out[4096];
	static struct rtcp_report reports[32];
	static uint32_t ssrcs[256];
	struct writer w = writer_of(out, sizeof out);
	rtcp_write_rr(&w, 1, reports, 32);
	assert_true(w.failed);
	w = writer_of(out, sizeof out);
	rtcp_write_bye(&w, ssrcs, 32);
	assert_true(w.failed);
	w = writer_of(out, sizeof out);
	rtcp_write_remb(&w, 1, 1, ssrcs, 256);
	assert_true(w.failed);
	w = writer_of(out, sizeof out);
	(void)rtcp_write_begin(&w, 205, 32);
	assert_true(w.failed);
	w = writer_of(out, sizeof out);
	size_t begin = rtcp_write_begin(&w, 205, 1);
	writer_u16(&w, 0); /* not a whole word */
	rtcp_write_end(&w, begin);
	assert_true(w.failed);
	for (size_t n = 0; n < 12; n++) {
		struct bytes room = exact_copy(bytes_of(out, n));
		w = writer_of((void *)room.p, n);
		rtcp_write_pli(&w, 1, 2);
		assert_true(w.failed);
		exact_free(room);
	}
}

static void times_come_back(void **unused)
{
	(void)unused;
	assert_true(rtcp_ntp_of(USEC_S) == UINT64_C(1) << 32);
	assert_true(rtcp_ntp_of(USEC_S / 2) == UINT64_C(1) << 31);
	srand(6);
	for (int i = 0; i < 100000; i++) {
		usec at = (usec)(((uint64_t)rand() << 20 ^ (uint64_t)rand()) % (UINT64_C(1) << 50));
		if (rtcp_usec_of(rtcp_ntp_of(at)) != at)
			fail_msg("%lld", (long long)at);
	}
	assert_true(rtcp_usec_of(UINT64_MAX) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_compound),	   cmocka_unit_test(truncated_at_each_byte),
		cmocka_unit_test(a_broken_inside_is_told), cmocka_unit_test(the_frame_is_checked),
		cmocka_unit_test(writes_what_it_reads),	   cmocka_unit_test(every_cname_length),
		cmocka_unit_test(nacks_come_back),	   cmocka_unit_test(remb_keeps_18_bits),
		cmocka_unit_test(too_much_fails),	   cmocka_unit_test(times_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
