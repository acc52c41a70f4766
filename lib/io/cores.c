#include "io/cores.h"
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

size_t cores_allowed(unsigned *cores, size_t max)
{
	cpu_set_t set;
	size_t n = 0;
	if (sched_getaffinity(0, sizeof set, &set))
		return 0;
	for (unsigned core = 0; core < CPU_SETSIZE && n < max; core++)
		if (CPU_ISSET(core, &set))
			cores[n++] = core;
	return n;
}

enum err cores_pin(unsigned core)
{
	cpu_set_t set;
	if (core >= CPU_SETSIZE)
		return ERR_SYS;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	return sched_setaffinity(0, sizeof set, &set) ? ERR_SYS : ERR_OK;
}

/* Niceness is a thread's own on Linux: PRIO_PROCESS with 0 is the calling one. */
enum err cores_give_way(void)
{
	errno = 0;
	int now = getpriority(PRIO_PROCESS, 0);
	if (errno)
		return ERR_SYS;
	return setpriority(PRIO_PROCESS, 0, now + CORES_GIVE_WAY) ? ERR_SYS : ERR_OK;
}
