#include "base/bits.h"
#include "exact.h"
#include "test.h"

static void most_significant_first(void **unused)
{
	(void)unused;
	struct bits b = bits_of(bytes_of("\xa5\xff\x00\x12\x34\x56\x78", 7));
	assert_int_equal(bits_get(&b, 1), 1);
	assert_int_equal(bits_get(&b, 3), 2);
	assert_int_equal(bits_get(&b, 0), 0);
	assert_int_equal(bits_get(&b, 6), 0x17); /* 0101 11, over the byte's border */
	assert_int_equal(bits_get(&b, 6), 0x3f);
	assert_int_equal(bits_get(&b, 8), 0);
	assert_int_equal(bits_get(&b, 32), 0x12345678);
	assert_int_equal(bits_left(&b), 0);
	assert_false(b.failed);
	assert_int_equal(bits_get(&b, 1), 0);
	assert_true(b.failed);
}

static void failing_sticks(void **unused)
{
	(void)unused;
	struct bytes one = exact_copy(bytes_of("\xff", 1));
	struct bits b = bits_of(one);
	assert_int_equal(bits_get(&b, 9), 0);
	assert_true(b.failed && b.at == 0);
	assert_int_equal(bits_get(&b, 1), 0);
	b = bits_of(one);
	assert_int_equal(bits_get(&b, 33), 0);
	assert_true(b.failed);
	exact_free(one);
}

/* H.264 table 9-2 and 9-3 */
static void exp_golomb(void **unused)
{
	(void)unused;
	/* 1 010 011 00100 00101 00110 00111 0001000 1 */
	struct bits b = bits_of(bytes_of("\xa6\x42\x98\xe2\x20", 5));
	for (uint32_t want = 0; want < 8; want++)
		assert_int_equal(bits_ue(&b), want);
	static const int32_t want[] = { 0, 1, -1, 2, -2, 3, -3, 4 };
	b = bits_of(bytes_of("\xa6\x42\x98\xe2\x20", 5));
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(bits_se(&b), want[i]);
	/* the greatest: 31 zeros; one zero more is none */
	b = bits_of(bytes_of("\0\0\0\1\xff\xff\xff\xff", 8));
	assert_int_equal(bits_ue(&b), 0xfffffffe);
	b = bits_of(bytes_of("\0\0\0\0\xff\xff\xff\xff\xff", 9));
	assert_int_equal(bits_ue(&b), 0);
	assert_true(b.failed);
	b = bits_of(bytes_of("\0", 1)); /* ends within the zeros */
	assert_int_equal(bits_ue(&b), 0);
	assert_true(b.failed);
	b = bits_of(bytes_of("\x01", 1)); /* ends within the rest */
	assert_int_equal(bits_ue(&b), 0);
	assert_true(b.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_significant_first),
		cmocka_unit_test(failing_sticks),
		cmocka_unit_test(exp_golomb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
