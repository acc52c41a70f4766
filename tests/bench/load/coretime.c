#include "bench/load/coretime.h"
#include <sched.h>
#include <time.h>

static void account(struct coretime *c, unsigned core)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	uint64_t now = (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
	c->ns[c->core] += now - c->since_ns;
	c->since_ns = now;
	c->core = core;
}

static unsigned core_now(void)
{
	int core = sched_getcpu();
	return core < 0 ? 0 : core < CORETIME_CORES ? (unsigned)core : CORETIME_CORES - 1;
}

void coretime_note(struct coretime *c)
{
	unsigned core = core_now();
	if (core != c->core)
		account(c, core);
}

void coretime_look(struct coretime *c)
{
	account(c, core_now());
}
