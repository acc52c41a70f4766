/* Deadlines of many owners: a binary heap whose entries lie within their owners.
 *
 * Guarantee: timers_next is the earliest deadline armed; timers_due gives each armed timer once, earliest first, when
 * its time has come, and disarms it before it gives it. Arming, moving and disarming cost O(log n), looking O(1).
 * Nothing allocates after init. One owner thread. An owner must not move or go while its timer is armed. */
#pragma once
#include "base/err.h"
#include "base/usec.h"
#include <stddef.h>
#include <stdint.h>

struct timer {
	usec at;
	uint32_t place; /* 1 … n in the heap; 0: not armed */
	uint32_t kind;	/* the owner's: what it lies in */
};

struct timers {
	struct timer **heap; /* [0] is not used */
	uint32_t n, limit;
};

/* Room for `limit` armed timers. ERR_NOMEM. */
must_check enum err timers_init(struct timers *t, uint32_t limit);
void timers_fini(struct timers *t);

void timer_init(struct timer *timer, uint32_t kind);
/* When it is armed; USEC_NEVER: it is not. */
static inline usec timer_at(const struct timer *timer)
{
	return timer->place ? timer->at : USEC_NEVER;
}

/* Arms it, or moves it; USEC_NEVER disarms. The owners see to it that no more than `limit` are armed. */
void timers_set(struct timers *t, struct timer *timer, usec at);
/* The same where that is earlier than what it is set to. */
static inline void timers_lower(struct timers *t, struct timer *timer, usec at)
{
	if (at < timer_at(timer))
		timers_set(t, timer, at);
}

static inline usec timers_next(const struct timers *t)
{
	return t->n ? t->heap[1]->at : USEC_NEVER;
}
/* The earliest one that is due, disarmed; NULL: none is. */
struct timer *timers_due(struct timers *t, usec now);
