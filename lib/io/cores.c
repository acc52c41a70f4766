#include "io/cores.h"
#include <sched.h>

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
