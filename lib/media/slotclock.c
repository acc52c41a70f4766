#include "media/slotclock.h"
#include "base/seq.h"
#include <stddef.h>

static int64_t units(const struct slotclock *c, usec span)
{
	int64_t seconds = span / USEC_S, rest = span % USEC_S;
	return seconds * c->rate_hz + rest * c->rate_hz / USEC_S;
}

static usec span_of(const struct slotclock *c, int64_t units)
{
	return units * USEC_S / c->rate_hz;
}

void slotclock_init(struct slotclock *c, uint32_t rate_hz, uint32_t base, uint32_t step, usec now)
{
	*c = (struct slotclock){ .rate_hz = rate_hz, .base = base, .step = step, .begin = now };
}

uint32_t slotclock_at(const struct slotclock *c, usec time)
{
	return c->base + (uint32_t)units(c, time - c->begin);
}

/* Where `timestamp` lies from the line at `time`, in RTP units: > 0 ahead. */
static int64_t units_off_line(const struct slotclock *c, uint32_t timestamp, usec time)
{
	return seq32_diff(timestamp, slotclock_at(c, time));
}

static usec off_line(const struct slotclock *c, uint32_t timestamp, usec time)
{
	return span_of(c, units_off_line(c, timestamp, time));
}

/* Asked for each packet: in RTP units it takes no division by the rate. */
static bool near_line(const struct slotclock *c, uint32_t timestamp, usec arrival)
{
	int64_t off = units_off_line(c, timestamp, arrival);
	return off <= units(c, SLOTCLOCK_AHEAD) && off >= -units(c, SLOTCLOCK_BEHIND);
}

void slotclock_on_sent(struct slotclock *c, uint32_t timestamp)
{
	if (!c->sent || seq32_diff(timestamp, c->last) > 0)
		c->last = timestamp;
	c->sent = true;
}

uint32_t slotclock_switch(struct slotclock *c, uint32_t generation, uint32_t in, usec capture, usec arrival)
{
	if (capture > arrival || capture < arrival - SLOTCLOCK_BEHIND)
		capture = arrival;
	uint32_t out = slotclock_at(c, capture);
	uint32_t least = c->last + c->step;
	if (c->sent && seq32_diff(out, least) < 0 && off_line(c, least, arrival) <= SLOTCLOCK_AHEAD)
		out = least;
	c->newest = (uint8_t)((c->newest + 1) % SLOTCLOCK_EPOCHS);
	if (c->n < SLOTCLOCK_EPOCHS)
		c->n++;
	c->epochs[c->newest] = (struct slotclock_epoch){ .generation = generation, .first = in, .constant = out - in };
	slotclock_on_sent(c, out);
	return out;
}

/* The newest constant of `generation` that puts the packet near the line, of an epoch that began at or before it if
 * there is one; *known: there is one of that generation at all. */
static const struct slotclock_epoch *epoch_of(const struct slotclock *c, uint32_t generation, uint32_t in, usec arrival,
					      bool *known)
{
	const struct slotclock_epoch *any = NULL;
	*known = false;
	for (unsigned i = 0; i < c->n; i++) {
		const struct slotclock_epoch *e = &c->epochs[(c->newest + SLOTCLOCK_EPOCHS - i) % SLOTCLOCK_EPOCHS];
		if (e->generation != generation)
			continue;
		*known = true;
		if (!near_line(c, in + e->constant, arrival))
			continue;
		if (seq32_diff(in, e->first) >= 0)
			return e;
		any = any ? any : e;
	}
	return any;
}

bool slotclock_map(struct slotclock *c, uint32_t generation, uint32_t in, usec arrival, uint32_t *out, bool *restarted)
{
	bool known;
	const struct slotclock_epoch *e = epoch_of(c, generation, in, arrival, &known);
	*out = 0;
	if (restarted)
		*restarted = known && !e;
	if (!known)
		return false;
	if (e) {
		*out = in + e->constant;
		slotclock_on_sent(c, *out);
	} else {
		*out = slotclock_switch(c, generation, in, USEC_NEVER, arrival);
	}
	return true;
}

bool slotclock_again(const struct slotclock *c, uint32_t generation, uint32_t in, usec arrival, uint32_t *out)
{
	bool known;
	const struct slotclock_epoch *e = epoch_of(c, generation, in, arrival, &known);
	*out = e ? in + e->constant : 0;
	return e != NULL;
}

usec slotclock_drift(const struct slotclock *c, uint32_t in, usec capture)
{
	return c->n ? off_line(c, in + c->epochs[c->newest].constant, capture) : 0;
}
