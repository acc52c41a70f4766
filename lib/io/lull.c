#include "io/lull.h"

static void enter(struct lull *l, enum lull_state state, usec until)
{
	l->state = state;
	l->until = until;
}

void lull_init(struct lull *l)
{
	enter(l, LULL_WATCHED, USEC_NEVER);
}

bool lull_looks(const struct lull *l, bool readable, usec now)
{
	return l->state == LULL_WATCHED ? readable : now >= l->until - LULL_EARLY;
}

void lull_on_look(struct lull *l, bool some, usec now)
{
	if (some)
		enter(l, LULL_RESTING, now + LULL);
	else
		enter(l, LULL_WATCHED, USEC_NEVER);
}
