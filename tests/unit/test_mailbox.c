#include "io/clock.h"
#include "io/loop.h"
#include "io/mailbox.h"
#include "test.h"
#include <stdatomic.h>
#include <stdio.h>

static void count_wake(void *ctx)
{
	++*(int *)ctx;
}

static void takes_in_order_and_wakes_once(void **state)
{
	struct mailbox m;
	int wakes = 0;
	assert_int_equal(mailbox_init(&m, 64, 4096, count_wake, &wakes), ERR_OK);
	size_t n;
	assert_null(mailbox_next(&m, &n));
	for (uint32_t i = 0; i < 20; i++) {
		uint8_t message[40] = { (uint8_t)i };
		assert_int_equal(mailbox_put(&m, message, 1 + i), ERR_OK);
	}
	assert_int_equal(wakes, 1);
	for (uint32_t i = 0; i < 20; i++) {
		const uint8_t *p = mailbox_next(&m, &n);
		assert_non_null(p);
		assert_int_equal(n, 1 + i);
		assert_int_equal(p[0], i);
		assert_int_equal((uintptr_t)p % 16, 0);
	}
	assert_null(mailbox_next(&m, &n));
	assert_int_equal(mailbox_put(&m, "x", 1), ERR_OK);
	assert_int_equal(wakes, 2);
	mailbox_fini(&m);
}

static void reports_wait_for_a_message_that_wakes(void **state)
{
	struct mailbox m;
	int wakes = 0;
	size_t n;
	assert_int_equal(mailbox_init(&m, 64, 4096, count_wake, &wakes), ERR_OK);
	assert_int_equal(mailbox_put_report(&m, "a", 1), ERR_OK);
	assert_int_equal(mailbox_put_report(&m, "b", 1), ERR_OK);
	assert_int_equal(wakes, 0);
	assert_int_equal(mailbox_put(&m, "c", 1), ERR_OK);
	assert_int_equal(mailbox_put(&m, "d", 1), ERR_OK);
	assert_int_equal(wakes, 1);
	for (const char *expected = "abcd"; *expected; expected++)
		assert_int_equal(*(const char *)mailbox_next(&m, &n), *expected);
	assert_null(mailbox_next(&m, &n));
	assert_int_equal(mailbox_put_report(&m, "e", 1), ERR_OK);
	assert_int_equal(wakes, 1);
	assert_int_equal(mailbox_put(&m, "f", 1), ERR_OK);
	assert_int_equal(wakes, 2);
	mailbox_fini(&m);
}

static void refuses_reports_at_half_and_all_at_the_limit(void **state)
{
	struct mailbox m;
	uint8_t message[48] = { 0 }; /* 64 with its head */
	assert_int_equal(mailbox_init(&m, 64, 1024, NULL, NULL), ERR_OK);
	for (int i = 0; i < 8; i++)
		assert_int_equal(mailbox_put_report(&m, message, sizeof message), ERR_OK);
	assert_int_equal(mailbox_put_report(&m, message, sizeof message), ERR_FULL);
	for (int i = 0; i < 8; i++)
		assert_int_equal(mailbox_put(&m, message, sizeof message), ERR_OK);
	assert_int_equal(mailbox_put(&m, message, sizeof message), ERR_FULL);
	assert_int_equal(m.refused, 2);
	assert_int_equal(mailbox_put(&m, message, 0), ERR_FULL);
	size_t n;
	for (int i = 0; i < 16; i++)
		assert_non_null(mailbox_next(&m, &n));
	assert_null(mailbox_next(&m, &n));
	assert_int_equal(mailbox_put_report(&m, message, sizeof message), ERR_OK);
	mailbox_fini(&m);
}

#define PUTTERS 3
#define EACH 20000

struct run {
	struct mailbox box;
	struct loop loop;
};

struct putter {
	struct run *run;
	uint32_t number;
};

static void wake_loop(void *ctx)
{
	loop_wake(&((struct run *)ctx)->loop);
}

static void *put_all(void *arg)
{
	struct putter *p = arg;
	for (uint32_t i = 0; i < EACH; i++) {
		uint32_t message[8] = { p->number, i, i ^ p->number };
		while (mailbox_put(&p->run->box, message, 12 + (i % 5) * 4) == ERR_FULL)
			;
	}
	return NULL;
}

/* Guarantee: messages of one putter arrive in order, each once, whatever the others do; the sleeper misses no wake-up.
 */
static void each_once_in_order_from_many_threads(void **state)
{
	struct run run;
	uint32_t next[PUTTERS] = { 0 }, total = 0;
	pthread_t threads[PUTTERS];
	struct putter putters[PUTTERS];
	assert_int_equal(loop_init(&run.loop), ERR_OK);
	assert_int_equal(mailbox_init(&run.box, 256, (size_t)64 * 1024, wake_loop, &run), ERR_OK);
	for (uint32_t i = 0; i < PUTTERS; i++) {
		putters[i] = (struct putter){ &run, i };
		assert_int_equal(pthread_create(&threads[i], NULL, put_all, &putters[i]), 0);
	}
	while (total < PUTTERS * EACH) {
		size_t n;
		for (const uint32_t *p; (p = mailbox_next(&run.box, &n)); total++) {
			assert_true(p[0] < PUTTERS);
			assert_int_equal(p[1], next[p[0]]);
			assert_int_equal(p[2], p[1] ^ p[0]);
			assert_int_equal(n, 12 + (p[1] % 5) * 4);
			next[p[0]]++;
		}
		if (total < PUTTERS * EACH)
			(void)loop_wait(&run.loop, 0, USEC_NEVER);
	}
	for (uint32_t i = 0; i < PUTTERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	mailbox_fini(&run.box);
	loop_fini(&run.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_in_order_and_wakes_once),
		cmocka_unit_test(reports_wait_for_a_message_that_wakes),
		cmocka_unit_test(refuses_reports_at_half_and_all_at_the_limit),
		cmocka_unit_test(each_once_in_order_from_many_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
