#include "io/company.h"
#include "test.h"

/* Bursts of `n` datagrams out each 500 us for `ms`; returns how many bursts left at once. */
static unsigned bursts(struct company *c, usec *now, uint64_t *sent, unsigned n, unsigned ms)
{
	unsigned at_once = 0, waiting = 0;
	for (usec end = *now + ms * USEC_MS; *now < end; *now += USEC_MS / 2) {
		company_on_arrival(c, *now);
		waiting++;
		if (!company_leaves(c, *now))
			continue;
		at_once += waiting == 1;
		*sent += (uint64_t)n * waiting;
		waiting = 0;
		company_on_left(c, *sent, *now);
	}
	return at_once;
}

static void a_calm_worker_never_waits(void **unused)
{
	struct company c;
	usec now = 5 * USEC_S;
	uint64_t sent = 0;
	company_init(&c, now);
	assert_int_equal(bursts(&c, &now, &sent, 24, 1000), 2000); /* 48 000 a second */
	assert_int_equal(c.until, USEC_NEVER);
}

static void a_busy_one_waits_a_millisecond(void **unused)
{
	struct company c;
	usec now = 5 * USEC_S;
	uint64_t sent = 0;
	company_init(&c, now);
	(void)bursts(&c, &now, &sent, 26, 200); /* 52 000 */
	company_on_left(&c, sent, now);
	company_on_arrival(&c, now);
	assert_int_equal(c.until, now + COMPANY_WAIT);
	assert_false(company_leaves(&c, now));
	company_on_arrival(&c, now + COMPANY_WAIT / 2); /* who comes later does not put it off */
	assert_false(company_leaves(&c, now + COMPANY_WAIT - 1));
	assert_true(company_leaves(&c, now + COMPANY_WAIT));
	company_on_left(&c, sent, now + COMPANY_WAIT);
	now += COMPANY_WAIT;
	assert_int_equal(bursts(&c, &now, &sent, 26, 300), 0);
	(void)bursts(&c, &now, &sent, 5, 200); /* calm again */
	assert_int_equal(bursts(&c, &now, &sent, 5, 100), 200);
}

static void a_pause_ends_the_waiting(void **unused)
{
	struct company c;
	usec now = 0;
	uint64_t sent = 0;
	company_init(&c, now);
	(void)bursts(&c, &now, &sent, 100, 300);
	assert_true(c.busy);
	now += 10 * USEC_S;
	company_on_arrival(&c, now);
	company_on_left(&c, sent + 1, now + COMPANY_WAIT);
	assert_false(c.busy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_calm_worker_never_waits),
		cmocka_unit_test(a_busy_one_waits_a_millisecond),
		cmocka_unit_test(a_pause_ends_the_waiting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
