#include "io/clock.h"
#include "io/loop.h"
#include "test.h"
#include <unistd.h>

static void tells_which_is_readable(void **state)
{
	struct loop l;
	int a[2], b[2];
	unsigned bit_a, bit_b;
	char byte;
	assert_int_equal(loop_init(&l), ERR_OK);
	assert_int_equal(pipe(a) | pipe(b), 0);
	assert_int_equal(loop_add(&l, a[0], &bit_a), ERR_OK);
	assert_int_equal(loop_add(&l, b[0], &bit_b), ERR_OK);
	assert_int_not_equal(bit_a, bit_b);
	assert_int_equal(loop_wait(&l, 0, 0), 0);
	assert_int_equal(write(b[1], "x", 1), 1);
	assert_int_equal(loop_wait(&l, 0, USEC_NEVER), 1U << bit_b);
	assert_int_equal(read(b[0], &byte, 1), 1);
	assert_int_equal(loop_wait(&l, 5, 5), 0);
	for (int i = 0; i < 2; i++)
		close(a[i]), close(b[i]);
	loop_fini(&l);
}

static void an_unwatched_one_wakes_nobody(void **state)
{
	struct loop l;
	int a[2];
	unsigned bit, none;
	assert_int_equal(loop_init(&l), ERR_OK);
	assert_int_equal(pipe(a), 0);
	assert_int_equal(loop_add(&l, a[0], &bit), ERR_OK);
	assert_int_equal(loop_add(&l, -1, &none), ERR_OK);
	assert_int_equal(write(a[1], "x", 1), 1);
	for (int i = 0; i < 2; i++) {
		loop_watch(&l, bit, false);
		loop_watch(&l, bit, false);
		loop_watch(&l, none, false);
		assert_int_equal(loop_wait(&l, 0, 0), 0);
		loop_watch(&l, bit, true);
		loop_watch(&l, bit, true);
		loop_watch(&l, none, true);
		assert_int_equal(loop_wait(&l, 0, USEC_NEVER), 1U << bit);
	}
	for (int i = 0; i < 2; i++)
		close(a[i]);
	loop_fini(&l);
}

static void wakes_once_for_many_and_keeps_deadlines(void **state)
{
	struct loop l;
	assert_int_equal(loop_init(&l), ERR_OK);
	loop_wake(&l);
	loop_wake(&l);
	assert_int_equal(loop_wait(&l, 0, USEC_NEVER), 0); /* would hang without the wake-up */
	usec start = clock_now(), deadline = start + 20 * USEC_MS;
	assert_int_equal(loop_wait(&l, start, deadline), 0); /* would return at once if a wake-up were left */
	assert_true(clock_now() >= deadline);
	loop_fini(&l);
}

static void has_a_limit(void **state)
{
	struct loop l;
	unsigned bit;
	assert_int_equal(loop_init(&l), ERR_OK);
	for (unsigned i = 0; i < LOOP_FDS_MAX; i++)
		assert_int_equal(loop_add(&l, 0, &bit), ERR_OK);
	assert_int_equal(loop_add(&l, 0, &bit), ERR_FULL);
	loop_fini(&l);
}

static void ntp_base_is_now(void **state)
{
	uint64_t ntp_s = (clock_ntp_base() >> 32) + (uint64_t)(clock_now() / USEC_S);
	int64_t off = (int64_t)ntp_s - (int64_t)CLOCK_NTP_UNIX_S - clock_unix_ms() / 1000;
	assert_in_range(off + 2, 0, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_which_is_readable),
		cmocka_unit_test(an_unwatched_one_wakes_nobody),
		cmocka_unit_test(wakes_once_for_many_and_keeps_deadlines),
		cmocka_unit_test(has_a_limit),
		cmocka_unit_test(ntp_base_is_now),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
