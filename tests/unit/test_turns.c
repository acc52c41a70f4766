#include "io/turns.h"
#include "test.h"

#define SITES 219U
#define EVERY ((usec)SITES * TURNS_COST)

static void a_burst_begins_at_once(void **state)
{
	struct turns t = { 0 };
	usec now = 5 * USEC_S;
	for (int i = 0; i < TURNS_BURST; i++)
		assert_int_equal(turns_begin(&t, SITES, now), now);
	assert_int_equal(turns_begin(&t, SITES, now), now + EVERY);
}

/* Answers to pings, one each 2 ms. */
static void then_one_each_interval(void **state)
{
	struct turns t = { 0 };
	usec begin = 5 * USEC_S, now = begin;
	unsigned n = 0;
	for (; now < begin + 600 * USEC_MS; n++)
		now = turns_begin(&t, SITES, now + 2 * USEC_MS);
	assert_in_range(n, TURNS_BURST + 600 * USEC_MS / EVERY - 1, TURNS_BURST + 600 * USEC_MS / EVERY + 2);
	/* calm again: the burst is back */
	now += TURNS_BURST * EVERY;
	for (int i = 0; i < TURNS_BURST; i++)
		assert_int_equal(turns_begin(&t, SITES, now), now);
}

static void a_turn_that_began_early_lengthens_no_rest(void **state)
{
	struct turns t = { 0 };
	usec now = 5 * USEC_S;
	for (int i = 0; i < 1000; i++)
		(void)turns_begin(&t, SITES, now);
	assert_int_equal(turns_begin(&t, SITES, now), now + EVERY);
}

static void few_hardly_wait_and_none_waits_long(void **state)
{
	struct turns few = { 0 }, many = { 0 };
	usec now = 5 * USEC_S;
	for (int i = 0; i < TURNS_BURST; i++) {
		(void)turns_begin(&few, 3, now);
		(void)turns_begin(&many, 5000, now);
	}
	assert_int_equal(turns_begin(&few, 3, now), now + 300);
	assert_int_equal(turns_begin(&many, 5000, now), now + TURNS_REST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_begins_at_once),
		cmocka_unit_test(then_one_each_interval),
		cmocka_unit_test(a_turn_that_began_early_lengthens_no_rest),
		cmocka_unit_test(few_hardly_wait_and_none_waits_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
