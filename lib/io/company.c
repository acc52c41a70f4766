#include "io/company.h"

static void enter(struct company *c, enum company_state state, usec until)
{
	c->state = state;
	c->until = until;
}

void company_init(struct company *c, usec now)
{
	*c = (struct company){ .since = now };
	enter(c, COMPANY_ALONE, USEC_NEVER);
}

void company_on_arrival(struct company *c, usec now)
{
	if (c->busy && c->state == COMPANY_ALONE)
		enter(c, COMPANY_WAITING, now + COMPANY_WAIT);
}

bool company_leaves(const struct company *c, usec now)
{
	return c->state == COMPANY_ALONE || now >= c->until;
}

void company_on_left(struct company *c, uint64_t sent, usec now)
{
	enter(c, COMPANY_ALONE, USEC_NEVER);
	usec span = now - c->since;
	if (span < COMPANY_SPAN)
		return;
	c->busy = (sent - c->sent) * USEC_S > (uint64_t)COMPANY_BUSY * (uint64_t)span;
	c->sent = sent;
	c->since = now;
}
