#include "io/cores.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/resource.h>

static void *pinned(void *arg)
{
	unsigned core = *(unsigned *)arg, now[4];
	bool good = cores_pin(core) == ERR_OK && cores_allowed(now, 4) == 1 && now[0] == core;
	return good && sched_getcpu() == (int)core ? arg : NULL;
}

/* A thread that is pinned runs there; those beside it are not touched. */
static void pins_the_calling_thread_alone(void **state)
{
	unsigned cores[CPU_SETSIZE], again[CPU_SETSIZE];
	size_t n = cores_allowed(cores, CPU_SETSIZE);
	assert_in_range(n, 1, CPU_SETSIZE);
	for (size_t i = 0; i < n; i++) {
		pthread_t thread;
		void *good;
		assert_true(i == 0 || cores[i] > cores[i - 1]);
		assert_int_equal(pthread_create(&thread, NULL, pinned, &cores[i]), 0);
		assert_int_equal(pthread_join(thread, &good), 0);
		assert_non_null(good);
	}
	assert_int_equal(cores_allowed(again, CPU_SETSIZE), n);
	assert_int_equal(cores_allowed(again, 1), 1);
}

static void a_core_that_is_not_there_is_refused(void **state)
{
	assert_int_equal(cores_pin(CPU_SETSIZE - 1), ERR_SYS);
	assert_int_equal(cores_pin(1000000), ERR_SYS);
}

static int niceness(void)
{
	return getpriority(PRIO_PROCESS, 0);
}

static void *later(void *arg)
{
	*(int *)arg = niceness();
	return NULL;
}

/* arg: the niceness before; becomes that of a thread started after. */
static void *giving_way(void *arg)
{
	pthread_t thread;
	int before = niceness(), after = 0;
	bool good = before == *(int *)arg && cores_give_way() == ERR_OK && niceness() == before + CORES_GIVE_WAY &&
		    pthread_create(&thread, NULL, later, &after) == 0 && pthread_join(thread, NULL) == 0;
	return good && after == before + CORES_GIVE_WAY ? arg : NULL;
}

static void gives_way_alone(void **state)
{
	pthread_t thread;
	void *good;
	int before = niceness();
	if (before + CORES_GIVE_WAY > 19)
		skip(); /* these tests run as far back as a thread can be */
	assert_int_equal(pthread_create(&thread, NULL, giving_way, &before), 0);
	assert_int_equal(pthread_join(thread, &good), 0);
	assert_non_null(good);
	assert_int_equal(niceness(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins_the_calling_thread_alone),
		cmocka_unit_test(a_core_that_is_not_there_is_refused),
		cmocka_unit_test(gives_way_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
