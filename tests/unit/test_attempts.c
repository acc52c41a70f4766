#include "signal/attempts.h"
#include "test.h"
#include <stdio.h>

static void a_burst_then_one_each_interval(void **unused)
{
	struct attempts a = { 0 };
	usec now = 1000 * USEC_S;
	for (int i = 0; i < ATTEMPTS_BURST; i++) {
		assert_false(attempts_blocked(&a, "192.0.2.1", now));
		attempts_failed(&a, "192.0.2.1", now);
	}
	assert_true(attempts_blocked(&a, "192.0.2.1", now));
	assert_false(attempts_blocked(&a, "192.0.2.2", now));
	attempts_failed(&a, "192.0.2.1", now); /* past the burst: does not make it longer */
	assert_true(attempts_blocked(&a, "192.0.2.1", now + ATTEMPTS_INTERVAL - 1));
	assert_false(attempts_blocked(&a, "192.0.2.1", now + ATTEMPTS_INTERVAL));
	attempts_failed(&a, "192.0.2.1", now + ATTEMPTS_INTERVAL);
	assert_true(attempts_blocked(&a, "192.0.2.1", now + ATTEMPTS_INTERVAL));
	assert_false(attempts_blocked(&a, "192.0.2.1", now + 2 * ATTEMPTS_INTERVAL));
}

static void the_longest_idle_is_forgotten(void **unused)
{
	struct attempts a = { 0 };
	char address[32];
	for (int i = 0; i < ATTEMPTS_BURST; i++)
		attempts_failed(&a, "guesser", 1);
	for (int i = 0; i < ATTEMPTS_ADDRESSES - 1; i++) {
		(void)snprintf(address, sizeof address, "10.0.0.%d", i);
		attempts_failed(&a, address, 2);
	}
	assert_true(attempts_blocked(&a, "guesser", 3));
	attempts_failed(&a, "one more", 3); /* takes the place of one that guessed once */
	assert_true(attempts_blocked(&a, "guesser", 3));
}

static void buckets_never_give_more(void **unused)
{
	for (unsigned seed = 1; seed <= 2000; seed++) {
		struct bucket b = { 0 };
		usec now = 0, start = 0;
		unsigned taken = 0, burst = 1 + seed % 7;
		usec interval = 1 + (usec)(seed % 5);
		srand(seed);
		for (int i = 0; i < 300; i++) {
			now += rand() % 4;
			bool empty = bucket_empty(&b, interval, burst, now),
			     got = bucket_take(&b, interval, burst, now);
			if (empty == got)
				fail_msg("seed %u: empty and take disagree", seed);
			taken += got;
			if ((usec)taken > (now - start) / interval + burst)
				fail_msg("seed %u: %u taken by %lld", seed, taken, (long long)now);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_then_one_each_interval),
		cmocka_unit_test(the_longest_idle_is_forgotten),
		cmocka_unit_test(buckets_never_give_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
