/* A rate limit: `burst` at once, then one each `interval`. One point in time is its whole state. */
#pragma once
#include "base/usec.h"
#include <stdbool.h>

struct bucket {
	usec full_at; /* when the whole burst is there again; 0: is there */
};

static inline bool bucket_empty(const struct bucket *b, usec interval, unsigned burst, usec now)
{
	return b->full_at > now && b->full_at - now > (usec)(burst - 1) * interval;
}

/* Takes one; false (and nothing taken) when there is none. */
static inline bool bucket_take(struct bucket *b, usec interval, unsigned burst, usec now)
{
	if (bucket_empty(b, interval, burst, now))
		return false;
	if (b->full_at < now)
		b->full_at = now;
	b->full_at += interval;
	return true;
}
