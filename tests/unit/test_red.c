#include "exact.h"
#include "test.h"
#include "wire/red.h"

#define B(a) bytes_of(a, sizeof(a))

/* Two redundant blocks of 2 and 3 bytes (offsets 1920 and 960), primary of type 111. */
static const uint8_t two[] = { 0x80 | 111, 0x1e, 0x00, 2,   0x80 | 111, 0x0f, 0x00, 3,
			       111,	   'a',	 'b',  'c', 'd',	'e',  'P',  'Q' };

static void finds_the_primary(void **unused)
{
	(void)unused;
	uint8_t pt;
	struct bytes primary;
	assert_int_equal(red_primary(B(two), &pt, &primary), ERR_OK);
	assert_int_equal(pt, 111);
	assert_true(bytes_equal(primary, bytes_of("PQ", 2)));
	const uint8_t alone[] = { 111, 'P' };
	assert_int_equal(red_primary(B(alone), &pt, &primary), ERR_OK);
	assert_true(bytes_equal(primary, bytes_of("P", 1)));
	assert_int_equal(red_primary(bytes_of(alone, 1), &pt, &primary), ERR_OK);
	assert_int_equal(primary.n, 0);
}

static void parse(struct bytes b, void *unused)
{
	uint8_t pt;
	struct bytes primary;
	enum err err = red_primary(b, &pt, &primary);
	assert_true(pt < 128);
	if (err)
		assert_true(!primary.p && pt == 0);
	else
		assert_ptr_equal(primary.p + primary.n, b.p + b.n);
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	uint8_t pt;
	struct bytes primary;
	exact_each_prefix(B(two), parse, NULL);
	for (size_t n = 0; n < 14; n++)
		assert_int_equal(red_primary(bytes_of(two, n), &pt, &primary), ERR_SHORT);
	assert_int_equal(red_primary(bytes_of(two, 14), &pt, &primary), ERR_OK);
	srand(4);
	exact_each_damage(B(two), 20000, parse, NULL);
}

static void hostile_lengths(void **unused)
{
	(void)unused;
	uint8_t pt, many[4 * (RED_BLOCKS_MAX + 1) + 2] = { 0 };
	struct bytes primary;
	for (size_t i = 0; i <= RED_BLOCKS_MAX; i++)
		many[4 * i] = 0x80;
	assert_int_equal(red_primary(B(many), &pt, &primary), ERR_LIMIT);
	assert_int_equal(red_primary(bytes_of(many + 4, sizeof many - 4), &pt, &primary), ERR_OK);
	const uint8_t over[] = { 0x80, 0, 0x03, 0xff, 0, 'x' };
	assert_int_equal(red_primary(B(over), &pt, &primary), ERR_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_primary),
		cmocka_unit_test(truncated_at_each_byte),
		cmocka_unit_test(hostile_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
