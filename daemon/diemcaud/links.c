#include "links.h"
#include "io/ring.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct link_message) <= RING_CELL, "a message is one cell");

struct link {
	_Alignas(64) atomic_bool asleep;
	void (*wake)(void *ctx);
	void *ctx;
	uint32_t from;	/* whose ring is read now */
	uint32_t *seen; /* [workers] messages of each that may be taken */
};

struct links {
	uint32_t workers;
	struct ring **rings; /* [to * workers + from] */
	struct link *links;  /* [workers] */
};

static struct ring *ring_of(const struct links *l, uint32_t from, uint32_t to)
{
	return l->rings[to * l->workers + from];
}

static bool make_rings(struct links *l, uint32_t cells)
{
	for (uint32_t to = 0; to < l->workers; to++) {
		l->links[to].seen = calloc(l->workers, sizeof(uint32_t));
		if (!l->links[to].seen)
			return false;
		for (uint32_t from = 0; from < l->workers; from++)
			if (from != to && !(l->rings[to * l->workers + from] = ring_new(cells)))
				return false;
	}
	return true;
}

struct links *links_new(uint32_t workers, uint32_t cells)
{
	struct links *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->workers = workers;
	l->rings = calloc((size_t)workers * workers, sizeof(struct ring *));
	l->links = aligned_alloc(64, workers * sizeof *l->links);
	if (l->links)
		memset(l->links, 0, workers * sizeof *l->links);
	if (!l->rings || !l->links || !make_rings(l, cells)) {
		links_free(l);
		return NULL;
	}
	return l;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	for (uint32_t i = 0; l->rings && i < l->workers * l->workers; i++)
		ring_free(l->rings[i]);
	for (uint32_t i = 0; l->links && i < l->workers; i++)
		free(l->links[i].seen);
	free((void *)l->rings);
	free(l->links);
	free(l);
}

void links_serve(struct links *l, uint32_t worker, void (*wake)(void *ctx), void *ctx)
{
	l->links[worker].wake = wake;
	l->links[worker].ctx = ctx;
}

/* The exchange stands between the cell and the look at who sleeps, as the sleeper's stands between saying so and its
 * look at the rings: one of the two sees the other. */
bool links_post(struct links *l, uint32_t from, uint32_t to, const struct link_message *message)
{
	union {
		struct link_message message;
		uint8_t bytes[RING_CELL];
	} cell;
	struct link *other = &l->links[to];
	cell.message = *message;
	if (!ring_put(ring_of(l, from, to), &cell))
		return false;
	if (message->type != LINK_BACK && atomic_exchange(&other->asleep, false))
		other->wake(other->ctx);
	return true;
}

void links_look(struct links *l, uint32_t worker)
{
	struct link *own = &l->links[worker];
	own->from = 0;
	for (uint32_t from = 0; from < l->workers; from++)
		own->seen[from] = from == worker ? 0 : ring_count(ring_of(l, from, worker));
}

bool links_next(struct links *l, uint32_t worker, uint32_t *from, struct link_message *message)
{
	struct link *own = &l->links[worker];
	union {
		struct link_message message;
		uint8_t bytes[RING_CELL];
	} cell;
	while (own->from < l->workers && own->seen[own->from] == 0)
		own->from++;
	if (own->from == l->workers || !ring_next(ring_of(l, own->from, worker), &cell))
		return false;
	own->seen[own->from]--;
	*from = own->from;
	*message = cell.message;
	return true;
}

bool links_sleep(struct links *l, uint32_t worker)
{
	(void)atomic_exchange(&l->links[worker].asleep, true);
	for (uint32_t from = 0; from < l->workers; from++)
		if (from != worker && ring_count(ring_of(l, from, worker)))
			return false;
	return true;
}

void links_rise(struct links *l, uint32_t worker)
{
	(void)atomic_exchange(&l->links[worker].asleep, false);
}
