/* The processor's cores that this process may run on. */
#pragma once
#include "base/err.h"
#include <stddef.h>

/* Their numbers, ascending, at most `max`; returns how many. 0: the system does not tell. */
size_t cores_allowed(unsigned *cores, size_t max);
/* The calling thread runs on this one alone from now on. ERR_SYS: it may not. */
must_check enum err cores_pin(unsigned core);

/* The calling thread, and those it starts from now on, give way where another of the process wants the same core: by
   CORES_GIVE_WAY more niceness than now, which needs no right and is not taken back. Others are not touched. ERR_SYS:
   the system refuses. */
#define CORES_GIVE_WAY 10
must_check enum err cores_give_way(void);
