#include "media/cache.h"
#include <string.h>

static struct cache_cell *cell_of(struct cache *c, uint64_t seq)
{
	return &c->cells[seq % CACHE_PACKETS];
}

void cache_init(struct cache *c, usec keep, size_t most_bytes)
{
	memset(c, 0, sizeof *c);
	c->keep = keep;
	c->most_bytes = most_bytes;
}

/* Lets the lowest number go; the tail is then the next one held. */
static void drop_tail(struct cache *c)
{
	struct cache_cell *cell = cell_of(c, c->tail);
	c->bytes -= cell->packet->length;
	c->count--;
	packet_put(cell->packet);
	cell->packet = NULL;
	if (c->count == 0)
		c->tail = c->head;
	else
		while (!cell_of(c, c->tail)->packet)
			c->tail++;
}

/* Makes room for a number above all others. */
static void advance(struct cache *c, uint64_t seq)
{
	while (c->count && seq - c->tail >= CACHE_PACKETS) {
		drop_tail(c);
		c->out_count++;
	}
	c->head = seq + 1;
	if (c->count == 0)
		c->tail = seq;
}

/* A packet that comes late is as old as the one behind it: so the oldest is always at the tail. */
static usec age_of_late(struct cache *c, uint64_t seq, usec now)
{
	while (++seq < c->head) {
		const struct cache_cell *cell = cell_of(c, seq);
		if (cell->packet)
			return cell->at < now ? cell->at : now;
	}
	return now;
}

bool cache_put(struct cache *c, uint64_t seq, struct packet *packet, usec now)
{
	usec at = now;
	if (c->count == 0 || seq >= c->head) {
		advance(c, seq);
	} else {
		if (c->head - seq > CACHE_PACKETS || cell_of(c, seq)->packet)
			return false;
		at = age_of_late(c, seq, now);
		if (seq < c->tail)
			c->tail = seq;
	}
	*cell_of(c, seq) = (struct cache_cell){ packet_get(packet), at };
	c->count++;
	c->bytes += packet->length;
	cache_expire(c, now);
	while (c->bytes > c->most_bytes) {
		drop_tail(c);
		c->out_bytes++;
	}
	return true;
}

struct packet *cache_get(const struct cache *c, uint64_t seq)
{
	if (seq < c->tail || seq >= c->head)
		return NULL;
	return c->cells[seq % CACHE_PACKETS].packet;
}

void cache_drop(struct cache *c, uint64_t seq)
{
	struct packet *packet = cache_get(c, seq);
	if (!packet)
		return;
	if (seq == c->tail) {
		drop_tail(c);
		return;
	}
	c->count--; /* never the last one: that is the tail */
	c->bytes -= packet->length;
	cell_of(c, seq)->packet = NULL;
	packet_put(packet);
}

usec cache_oldest(const struct cache *c)
{
	return c->count ? c->cells[c->tail % CACHE_PACKETS].at : USEC_NEVER;
}

void cache_expire(struct cache *c, usec now)
{
	while (c->count && now - cell_of(c, c->tail)->at > c->keep) {
		drop_tail(c);
		c->out_age++;
	}
}

void cache_clear(struct cache *c)
{
	while (c->count)
		drop_tail(c);
}

void cache_deadline(const struct cache *c, usec *next)
{
	if (c->count)
		usec_lower(next, c->cells[c->tail % CACHE_PACKETS].at + c->keep + CACHE_SLACK);
}
