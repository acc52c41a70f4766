#include "base/timers.h"
#include "test.h"

#define N 200

static uint64_t dice = 88172645463325252U;

static uint32_t pick(uint32_t n)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (uint32_t)(dice % n);
}

static void in_order(void **unused)
{
	struct timers t;
	struct timer a, b, c;
	assert_int_equal(timers_init(&t, 3), ERR_OK);
	timer_init(&a, 1);
	timer_init(&b, 2);
	timer_init(&c, 3);
	assert_true(timers_next(&t) == USEC_NEVER && timer_at(&a) == USEC_NEVER);
	assert_null(timers_due(&t, USEC_NEVER - 1));
	timers_set(&t, &a, 30);
	timers_set(&t, &b, 10);
	timers_set(&t, &c, 20);
	assert_int_equal(timers_next(&t), 10);
	assert_null(timers_due(&t, 9));
	assert_ptr_equal(timers_due(&t, 25), &b);
	assert_true(timer_at(&b) == USEC_NEVER);
	assert_ptr_equal(timers_due(&t, 25), &c);
	assert_null(timers_due(&t, 25));
	timers_lower(&t, &a, 40);
	assert_int_equal(timer_at(&a), 30);
	timers_lower(&t, &a, 5);
	assert_int_equal(timer_at(&a), 5);
	timers_lower(&t, &b, 50);
	assert_int_equal(timer_at(&b), 50);
	timers_set(&t, &a, USEC_NEVER);
	timers_set(&t, &a, USEC_NEVER);
	assert_ptr_equal(timers_due(&t, 50), &b);
	assert_true(timers_next(&t) == USEC_NEVER);
	timers_fini(&t);
}

/* What a walk over all would find, whatever was armed, moved and disarmed. */
static usec earliest(const struct timer *all)
{
	usec at = USEC_NEVER;
	for (unsigned i = 0; i < N; i++)
		usec_lower(&at, timer_at(&all[i]));
	return at;
}

static void as_a_walk_finds(void **unused)
{
	struct timers t;
	static struct timer all[N];
	assert_int_equal(timers_init(&t, N), ERR_OK);
	for (unsigned i = 0; i < N; i++)
		timer_init(&all[i], i);
	usec now = 0;
	for (unsigned round = 0; round < 20000; round++) {
		struct timer *timer = &all[pick(N)];
		switch (pick(4)) {
		case 0: timers_set(&t, timer, USEC_NEVER); break;
		case 1: timers_lower(&t, timer, now + pick(1000)); break;
		default: timers_set(&t, timer, now + pick(1000));
		}
		assert_int_equal(timers_next(&t), earliest(all));
		if (pick(8))
			continue;
		now += pick(200);
		for (usec at = earliest(all); at <= now; at = earliest(all)) {
			usec next = timers_next(&t);
			struct timer *due = timers_due(&t, now);
			assert_non_null(due);
			assert_int_equal(next, at);
			assert_int_equal(due->at, at);
			assert_int_equal(due->place, 0);
		}
		assert_null(timers_due(&t, now));
	}
	timers_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_order), cmocka_unit_test(as_a_walk_finds) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
