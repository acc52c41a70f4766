#include "exact.h"
#include "test.h"
#include "wire/rtp.h"

#define B(a) bytes_of(a, sizeof(a))

/* P, X, two CSRCs; M, type 96; an extension of one word; "abc"; three bytes of padding. */
static const uint8_t full[] = { 0xb2, 0xe0, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0x01, 0x02, 0x03, 0x04,
				0xaa, 0xaa, 0xaa, 0xaa, 0xbb, 0xbb, 0xbb, 0xbb, 0xbe, 0xde, 0x00, 0x01,
				0x10, 'x',  0x00, 0x00, 'a',  'b',  'c',  0x00, 0x00, 0x03 };

static void reads_every_field(void **unused)
{
	(void)unused;
	struct rtp r;
	assert_int_equal(rtp_parse(B(full), &r), ERR_OK);
	assert_true(r.marker);
	assert_int_equal(r.pt, 96);
	assert_int_equal(r.seq, 0x1234);
	assert_int_equal(r.timestamp, 0xdeadbeef);
	assert_int_equal(r.ssrc, 0x01020304);
	assert_int_equal(r.n_csrcs, 2);
	assert_int_equal(r.csrcs[0], 0xaaaaaaaa);
	assert_int_equal(r.csrcs[1], 0xbbbbbbbb);
	assert_true(r.has_ext);
	assert_int_equal(r.ext_profile, 0xbede);
	assert_true(bytes_equal(r.ext, bytes_of(full + 24, 4)));
	assert_int_equal(r.header, 28);
	assert_true(bytes_equal(r.payload, bytes_of("abc", 3)));
	assert_int_equal(r.padding, 3);
}

static void parse(struct bytes b, void *unused)
{
	struct rtp r;
	if (rtp_parse(b, &r)) {
		assert_true(!r.payload.p && !r.ext.p && !r.header && !r.n_csrcs && !r.ssrc);
		return;
	}
	assert_int_equal(r.header + r.payload.n + r.padding, b.n);
	assert_ptr_equal(r.payload.p, b.p + r.header);
	uint16_t seq;
	struct bytes original;
	if (rtp_rtx(&r, &seq, &original) == ERR_OK)
		assert_int_equal(original.n + 2, r.payload.n);
	volatile uint8_t sum = 0;
	for (size_t i = 0; i < r.payload.n; i++)
		sum ^= r.payload.p[i];
	for (size_t i = 0; i < r.ext.n; i++)
		sum ^= r.ext.p[i];
	(void)sum;
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	struct rtp r;
	exact_each_prefix(B(full), parse, NULL);
	for (size_t n = 0; n < 28; n++) /* within the header it is short, whatever byte comes last */
		assert_int_equal(rtp_parse(bytes_of(full, n), &r), ERR_SHORT);
	srand(2);
	exact_each_damage(B(full), 50000, parse, NULL);
}

static void hostile_values(void **unused)
{
	(void)unused;
	struct rtp r;
	uint8_t p[sizeof full];
	static const struct {
		size_t at;
		uint8_t value;
		enum err err;
	} rows[] = {
		{ 0, 0x72, ERR_FORMAT },			/* version 1 */
		{ 0, 0xf2, ERR_FORMAT },			/* version 3 */
		{ 0, 0xbf, ERR_SHORT },				/* 15 CSRCs do not fit */
		{ 23, 0x04, ERR_SHORT },			/* extension over the end */
		{ 22, 0xff, ERR_SHORT }, { 33, 0, ERR_FORMAT }, /* padding that counts nothing */
		{ 33, 6, ERR_OK },				/* padding alone */
		{ 33, 7, ERR_SHORT },				/* padding into the header */
		{ 33, 255, ERR_SHORT },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		memcpy(p, full, sizeof full);
		p[rows[i].at] = rows[i].value;
		struct bytes b = exact_copy(B(p));
		if (rtp_parse(b, &r) != rows[i].err)
			fail_msg("row %zu", i);
		exact_free(b);
	}
	memcpy(p, full, sizeof full);
	p[33] = 6;
	assert_int_equal(rtp_parse(B(p), &r), ERR_OK);
	assert_int_equal(r.payload.n, 0);
	assert_int_equal(r.padding, 6);
	uint8_t bare[12] = { 0x80 };
	assert_int_equal(rtp_parse(B(bare), &r), ERR_OK); /* a header alone is a packet */
	bare[0] = 0xa0;
	assert_int_equal(rtp_parse(B(bare), &r), ERR_SHORT); /* with padding told but no byte for it */
	static uint8_t huge[65536] = { 0x80 };
	assert_int_equal(rtp_parse(B(huge), &r), ERR_RANGE);
}

static void rtx(void **unused)
{
	(void)unused;
	uint16_t seq;
	struct bytes payload;
	struct rtp r = { .payload = bytes_of("\x12\x34xy", 4) };
	assert_int_equal(rtp_rtx(&r, &seq, &payload), ERR_OK);
	assert_int_equal(seq, 0x1234);
	assert_true(bytes_equal(payload, bytes_of("xy", 2)));
	for (size_t n = 0; n < 2; n++) {
		r.payload.n = n;
		assert_int_equal(rtp_rtx(&r, &seq, &payload), ERR_SHORT);
		assert_int_equal(payload.n, 0);
	}
}

static void writes_what_it_reads(void **unused)
{
	(void)unused;
	uint8_t out[sizeof full];
	struct rtp r;
	assert_int_equal(rtp_parse(B(full), &r), ERR_OK);
	struct writer w = writer_of(out, sizeof out);
	struct rtp_head head = { r.marker, r.padding > 0, r.pt,	     r.seq,	    r.timestamp,
				 r.ssrc,   r.csrcs,	  r.n_csrcs, r.ext_profile, r.ext };
	rtp_write(&w, &head);
	writer_bytes(&w, r.payload);
	rtp_write_padding(&w, r.padding);
	assert_true(bytes_equal(writer_done(&w), B(full)));

	for (unsigned seed = 1; seed <= 5000; seed++) {
		srand(seed);
		uint32_t csrcs[15];
		uint8_t block[40], buffer[300];
		for (size_t i = 0; i < 15; i++)
			csrcs[i] = (uint32_t)rand();
		for (size_t i = 0; i < sizeof block; i++)
			block[i] = (uint8_t)rand();
		head = (struct rtp_head){ rand() & 1,
					  false,
					  (uint8_t)(rand() & 127),
					  (uint16_t)rand(),
					  (uint32_t)rand(),
					  (uint32_t)rand(),
					  csrcs,
					  (uint8_t)(rand() % 16),
					  (uint16_t)rand(),
					  bytes_of(block, (size_t)rand() % 41) };
		w = writer_of(buffer, sizeof buffer);
		rtp_write(&w, &head);
		size_t padded = (head.ext.n + 3) / 4 * 4;
		bool ok = rtp_parse(writer_done(&w), &r) == ERR_OK && r.marker == head.marker && r.pt == head.pt &&
			  r.seq == head.seq && r.timestamp == head.timestamp && r.ssrc == head.ssrc &&
			  r.n_csrcs == head.n_csrcs && memcmp(r.csrcs, csrcs, (size_t)4 * r.n_csrcs) == 0 &&
			  r.ext.n == padded && r.has_ext == (head.ext.n > 0) && r.payload.n == 0;
		ok = ok && (!padded || (memcmp(r.ext.p, block, head.ext.n) == 0 && r.ext_profile == head.ext_profile));
		for (size_t i = head.ext.n; ok && i < padded; i++)
			ok = r.ext.p[i] == 0;
		if (!ok)
			fail_msg("seed %u", seed);
	}
}

static void refuses_what_no_header_can_hold(void **unused)
{
	(void)unused;
	uint8_t out[400] = { 0 };
	uint32_t csrcs[16] = { 0 };
	const struct rtp_head bad[] = { { .pt = 128 },
					{ .csrcs = csrcs, .n_csrcs = 16 },
					{ .ext = bytes_of(out, (size_t)65536 * 4) } };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct writer w = writer_of(out, sizeof out);
		rtp_write(&w, &bad[i]);
		if (!w.failed || writer_done(&w).n)
			fail_msg("head %zu", i);
	}
	struct writer w = writer_of(out, sizeof out);
	rtp_write_padding(&w, 0);
	assert_true(w.failed);
	for (size_t n = 0; n < 12; n++) {
		w = writer_of(out, n);
		rtp_write(&w, &(struct rtp_head){ 0 });
		assert_true(w.failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field),	cmocka_unit_test(truncated_at_each_byte),
		cmocka_unit_test(hostile_values),	cmocka_unit_test(rtx),
		cmocka_unit_test(writes_what_it_reads), cmocka_unit_test(refuses_what_no_header_can_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
