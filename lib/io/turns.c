#include "io/turns.h"

usec turns_begin(struct turns *t, unsigned connections, usec now)
{
	usec every = (usec)connections * TURNS_COST;
	if (every > TURNS_REST)
		every = TURNS_REST;
	if (t->full_at < now)
		t->full_at = now;
	/* a turn that began early, for a worker's word, lengthens no rest */
	usec_lower(&t->full_at, now + TURNS_BURST * every);
	usec at = t->full_at - (TURNS_BURST - 1) * every;
	t->full_at += every;
	return at > now ? at : now;
}
