#include "io/lull.h"
#include "test.h"

#define BEGIN (5 * USEC_S)

static void few_are_looked_at_at_once(void **state)
{
	struct lull l;
	lull_init(&l);
	assert_int_equal(l.state, LULL_WATCHED);
	assert_int_equal(l.until, USEC_NEVER);
	assert_false(lull_looks(&l, false, BEGIN)); /* awake for something else, nothing waits */
	assert_true(lull_looks(&l, true, BEGIN));
	lull_on_look(&l, true, BEGIN);
	assert_true(lull_looks(&l, false, l.until));
	lull_on_look(&l, false, l.until); /* nothing more came: it wakes by itself again */
	assert_int_equal(l.state, LULL_WATCHED);
	assert_int_equal(l.until, USEC_NEVER);
}

/* One each 400 us, for a second. */
static void many_are_looked_at_together(void **state)
{
	struct lull l;
	unsigned looks = 0;
	usec looked = BEGIN;
	lull_init(&l);
	for (usec now = BEGIN; now < BEGIN + USEC_S; now += 100) {
		if (now < l.until && l.state == LULL_RESTING)
			continue; /* asleep */
		if (!lull_looks(&l, true, now))
			continue;
		assert_true(now - looked <= LULL);
		looked = now;
		lull_on_look(&l, true, now);
		looks++;
	}
	assert_in_range(looks, USEC_S / LULL - 1, USEC_S / LULL + 1);
}

static void who_is_awake_takes_them_along(void **state)
{
	struct lull l;
	lull_init(&l);
	lull_on_look(&l, true, BEGIN);
	assert_int_equal(l.until, BEGIN + LULL);
	assert_false(lull_looks(&l, false, BEGIN + LULL - LULL_EARLY - 1));
	assert_true(lull_looks(&l, false, BEGIN + LULL - LULL_EARLY));
	assert_false(lull_looks(&l, true, BEGIN)); /* what is not watched is not asked */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_looked_at_at_once),
		cmocka_unit_test(many_are_looked_at_together),
		cmocka_unit_test(who_is_awake_takes_them_along),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
