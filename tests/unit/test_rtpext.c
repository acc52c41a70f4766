#include "exact.h"
#include "test.h"
#include "wire/rtpext.h"

#define B(a) bytes_of(a, sizeof(a))

static struct rtp with(uint16_t profile, struct bytes block)
{
	return (struct rtp){ .has_ext = true, .ext_profile = profile, .ext = block };
}

/* RFC 8285 4.2: elements of 1 and 2 bytes, padding between and behind. */
static const uint8_t one_byte[] = { 0x10, 'a', 0x00, 0x00, 0x21, 'b', 'c', 0xe2, 1, 2, 3, 0x00 };
/* RFC 8285 4.3: an element without data, padding, one of 17 bytes with an id above 14. */
static const uint8_t two_byte[] = { 1,	 0,   0,   200, 17,  'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
				    'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 14,  1,   'z' };

static void iterates_one_byte(void **unused)
{
	(void)unused;
	struct rtp r = with(0xBEDE, B(one_byte));
	struct rtpext_iter it = rtpext_iter_of(&r);
	struct rtpext e;
	assert_true(rtpext_next(&it, &e) && e.id == 1 && bytes_equal(e.data, bytes_of("a", 1)));
	assert_true(rtpext_next(&it, &e) && e.id == 2 && bytes_equal(e.data, bytes_of("bc", 2)));
	assert_true(rtpext_next(&it, &e) && e.id == 14 && bytes_equal(e.data, bytes_of("\1\2\3", 3)));
	assert_false(rtpext_next(&it, &e));
	assert_true(e.id == 0 && !e.data.p);
	assert_false(rtpext_next(&it, &e));
}

static void iterates_two_byte(void **unused)
{
	(void)unused;
	for (uint16_t appbits = 0; appbits < 16; appbits++) {
		struct rtp r = with(0x1000 | appbits, B(two_byte));
		struct rtpext_iter it = rtpext_iter_of(&r);
		struct rtpext e;
		assert_true(rtpext_next(&it, &e) && e.id == 1 && e.data.n == 0);
		assert_true(rtpext_next(&it, &e) && e.id == 200 &&
			    bytes_equal(e.data, bytes_of("abcdefghijklmnopq", 17)));
		assert_true(rtpext_next(&it, &e) && e.id == 14 && bytes_equal(e.data, bytes_of("z", 1)));
		assert_false(rtpext_next(&it, &e));
	}
}

static void knows_no_other_form(void **unused)
{
	(void)unused;
	struct bytes data;
	struct rtp r = with(0xABAC, B(one_byte));
	assert_false(rtpext_find(&r, 1, &data));
	r = with(0x1010, B(two_byte));
	assert_false(rtpext_find(&r, 1, &data));
	r = with(0xBEDE, B(one_byte));
	assert_true(rtpext_find(&r, 1, &data));
	assert_false(rtpext_find(&r, 0, &data));
	assert_false(rtpext_find(&r, 3, &data));
	assert_null(data.p);
	r.has_ext = false;
	assert_false(rtpext_find(&r, 1, &data));
}

/* RFC 8285 4.2: id 15, and id 0 with a length, end the block; what came before stands. */
static void reserved_ids_end_it(void **unused)
{
	(void)unused;
	static const uint8_t stops[] = { 0xf0, 0x01, 0x0f };
	for (size_t i = 0; i < sizeof stops; i++) {
		const uint8_t block[] = { 0x10, 'a', stops[i], 'x', 0x20, 'b', 0, 0 };
		struct rtp r = with(0xBEDE, B(block));
		struct bytes data;
		assert_true(rtpext_find(&r, 1, &data));
		assert_false(rtpext_find(&r, 2, &data));
	}
}

static void walk(struct bytes b, void *form)
{
	struct rtp r = with(*(uint16_t *)form, b);
	struct rtpext_iter it = rtpext_iter_of(&r);
	struct rtpext e;
	volatile uint8_t sum = 0;
	size_t total = 0;
	while (rtpext_next(&it, &e)) {
		assert_int_not_equal(e.id, 0);
		for (size_t i = 0; i < e.data.n; i++)
			sum ^= e.data.p[i];
		total += e.data.n + 1;
	}
	assert_true(total <= b.n);
	for (int id = 0; id < 256; id++) {
		char text[RID_MAX + 1];
		uint16_t seq;
		uint8_t level;
		uint32_t time24;
		bool voice;
		if (rtpext_text(&r, (uint8_t)id, text))
			assert_true(strlen(text) >= 1);
		(void)rtpext_twcc(&r, (uint8_t)id, &seq);
		(void)rtpext_audio_level(&r, (uint8_t)id, &level, &voice);
		(void)rtpext_abs_send_time(&r, (uint8_t)id, &time24);
	}
	(void)sum;
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	uint16_t forms[] = { RTPEXT_ONE_BYTE, RTPEXT_TWO_BYTE };
	srand(3);
	for (size_t i = 0; i < 2; i++) {
		exact_each_prefix(B(one_byte), walk, &forms[i]);
		exact_each_prefix(B(two_byte), walk, &forms[i]);
		exact_each_damage(B(one_byte), 3000, walk, &forms[i]);
		exact_each_damage(B(two_byte), 3000, walk, &forms[i]);
	}
}

static void typed_readers(void **unused)
{
	(void)unused;
	const uint8_t block[] = { 0x12, 'h', '~', '1',	0x21, 0xab, 0xcd, 0x30, 0x80 | 35, 0x42,
				  1,	2,   3,	  0x51, 'a',  ' ',  0x60, 0,	0x70,	   9 };
	struct rtp r = with(RTPEXT_ONE_BYTE, B(block));
	char text[RID_MAX + 1];
	uint16_t seq;
	uint8_t level;
	uint32_t time24;
	bool voice;
	assert_true(rtpext_text(&r, 1, text));
	assert_string_equal(text, "h~1");
	assert_true(rtpext_twcc(&r, 2, &seq) && seq == 0xabcd);
	assert_true(rtpext_audio_level(&r, 3, &level, &voice) && level == 35 && voice);
	assert_true(rtpext_abs_send_time(&r, 4, &time24) && time24 == 0x010203);
	/* not text, not there, too short: false and cleared */
	assert_false(rtpext_text(&r, 5, text));
	assert_string_equal(text, "");
	assert_false(rtpext_text(&r, 6, text));
	assert_false(rtpext_twcc(&r, 7, &seq));
	assert_int_equal(seq, 0);
	assert_false(rtpext_abs_send_time(&r, 2, &time24));
	assert_int_equal(time24, 0);
	assert_false(rtpext_audio_level(&r, 9, &level, &voice));
	assert_true(level == 127 && !voice); /* who tells no level is not the loudest */
	/* 16 characters are a rid, 17 are not */
	uint8_t longer[20] = { 1, 16, [2 ... 18] = 'x' };
	r = with(RTPEXT_TWO_BYTE, bytes_of(longer, 18));
	assert_true(rtpext_text(&r, 1, text) && strlen(text) == 16);
	longer[1] = 17;
	r = with(RTPEXT_TWO_BYTE, bytes_of(longer, 19));
	assert_false(rtpext_text(&r, 1, text));
}

static void writes_what_it_reads(void **unused)
{
	(void)unused;
	static const uint8_t greatest[] = { 4, 14, 15, 255 };
	for (size_t i = 0; i < sizeof greatest; i++) {
		uint16_t form = rtpext_form(greatest[i]);
		assert_int_equal(form, greatest[i] > 14 ? 0x1000 : 0xBEDE);
		uint8_t block[RTPEXT_BLOCK_MAX], packet[100];
		struct writer w = writer_of(block, sizeof block), p = writer_of(packet, sizeof packet);
		rtpext_write_mid(&w, form, 1, "0123456789abcdef");
		rtpext_write_twcc(&w, form, 2, 0xfffe);
		rtpext_write_abs_send_time(&w, form, 3, 64 * USEC_S + 1500 * USEC_MS);
		rtpext_write_audio_level(&w, form, greatest[i], 42, i % 2);
		rtpext_write_twcc(&w, form, 0, 1); /* not negotiated */
		assert_false(w.failed);
		rtp_write(&p, &(struct rtp_head){ .ext_profile = form, .ext = writer_done(&w) });
		struct rtp r;
		char text[RID_MAX + 1];
		uint16_t seq;
		uint8_t level;
		uint32_t time24;
		bool voice;
		assert_int_equal(rtp_parse(writer_done(&p), &r), ERR_OK);
		assert_true(rtpext_text(&r, 1, text));
		assert_string_equal(text, "0123456789abcdef");
		assert_true(rtpext_twcc(&r, 2, &seq) && seq == 0xfffe);
		assert_true(rtpext_abs_send_time(&r, 3, &time24) && time24 == 3 << 17); /* 1.5 s in 6.18 */
		assert_true(rtpext_audio_level(&r, greatest[i], &level, &voice) && level == 42 && voice == i % 2);
	}
}

static void refuses_what_the_form_cannot_hold(void **unused)
{
	(void)unused;
	uint8_t block[600], data[256] = { 0 };
	const struct {
		size_t n;
		uint16_t form;
		uint8_t id;
		bool ok;
	} rows[] = { { 1, 0xBEDE, 15, false },	{ 0, 0xBEDE, 1, false }, { 17, 0xBEDE, 1, false },
		     { 16, 0xBEDE, 14, true },	{ 0, 0x1000, 1, true },	 { 255, 0x1000, 255, true },
		     { 256, 0x1000, 1, false }, { 1, 0x1234, 1, false } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct writer w = writer_of(block, sizeof block);
		rtpext_write(&w, rows[i].form, rows[i].id, bytes_of(data, rows[i].n));
		if (w.failed == rows[i].ok)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iterates_one_byte),	  cmocka_unit_test(iterates_two_byte),
		cmocka_unit_test(knows_no_other_form),	  cmocka_unit_test(reserved_ids_end_it),
		cmocka_unit_test(truncated_at_each_byte), cmocka_unit_test(typed_readers),
		cmocka_unit_test(writes_what_it_reads),	  cmocka_unit_test(refuses_what_the_form_cannot_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
