/* Time and rates. `usec` is a point on, or a distance along, one monotonic clock (CLOCK_MONOTONIC in the daemon, a
 * counter in simulations). It is passed in as `now`, never read inside wire, media, engine. */
#pragma once
#include <stdint.h>

typedef int64_t usec;
typedef uint32_t bps; /* bits per second */

#define USEC_NEVER INT64_MAX /* a deadline that never comes; "not yet" of a past event */
#define USEC_MS ((usec)1000)
#define USEC_S ((usec)1000000)

/* Lowers *next to `deadline`, if that is earlier: how modules tell when they want to be woken. */
static inline void usec_lower(usec *next, usec deadline)
{
	if (deadline < *next)
		*next = deadline;
}
