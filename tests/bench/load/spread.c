#include "bench/load/spread.h"

static void close_packet(struct spread *s, struct spread_packet *p)
{
	if (p->takers >= SPREAD_TAKERS)
		delays_add(&s->delays, p->last - p->first);
	*p = (struct spread_packet){ 0 };
}

void spread_add(struct spread *s, usec stamp, usec now)
{
	uint64_t hash = (uint64_t)stamp * UINT64_C(0x9e3779b97f4a7c15);
	struct spread_packet *p = &s->packets[(hash >> 40) % SPREAD_PACKETS];
	if (p->stamp != stamp) {
		close_packet(s, p);
		*p = (struct spread_packet){ .stamp = stamp, .first = now };
	}
	p->last = now;
	p->takers++;
}

void spread_end(struct spread *s)
{
	for (unsigned i = 0; i < SPREAD_PACKETS; i++)
		close_packet(s, &s->packets[i]);
}
