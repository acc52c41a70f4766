/* The processor's cores that this process may run on. */
#pragma once
#include "base/err.h"
#include <stddef.h>

/* Their numbers, ascending, at most `max`; returns how many. 0: the system does not tell. */
size_t cores_allowed(unsigned *cores, size_t max);
/* The calling thread runs on this one alone from now on. ERR_SYS: it may not. */
must_check enum err cores_pin(unsigned core);
