/* What is kept for those who ask again: one history (media/cache) for each video layer that somebody takes, shared by
 * all its viewers, all out of the worker's packet buffers.
 *
 * Guarantee: a layer keeps its packets for the time configured (3 s unless said: five round trips of 600 ms); a source
 * at most CACHE_BYTES in all its layers; the worker at most `history` packets, and none where that would leave less
 * than an eighth of the buffers to what arrives. What is over goes out oldest first and is counted (DROP_HISTORY): of
 * the source, or of all. Of another worker's buffers no more than their credit allows (engine/loan). A layer that had
 * no packet for that time gives its history back. Nothing allocates after init. One owner thread. */
#pragma once
#include "base/err.h"
#include "base/pool.h"
#include "base/usec.h"
#include <stdint.h>

struct cache;
struct engine;
struct layer;
struct packet;
struct source;

/* One packet put into a history; it may have gone out since. */
struct history_entry {
	uint32_t cell, turn; /* the cache's place in the pool, and how often that had been given back */
	uint64_t seq;
	const struct packet *packet;
};

struct history {
	struct pool caches;
	uint32_t *turns;	    /* [caches.count] */
	struct history_entry *ring; /* in the order of putting: [limit] */
	uint32_t first, n, limit;
	usec keep;
};

/* `packets`: the most kept in all; `layers`: the most layers kept at once; `keep`: how long a packet is. ERR_NOMEM. */
must_check enum err history_init(struct history *h, uint32_t packets, uint32_t layers, usec keep);
void history_fini(struct history *h);

/* Keeps a reference to the packet, as of the source's layer `i`. */
void history_keep(struct engine *e, struct source *source, unsigned i, struct packet *packet, usec now);
/* Lets everything of this layer go. */
void history_close(struct engine *e, struct layer *layer);
void history_on_deadline(struct engine *e, struct source *source, usec now);
void history_deadline(const struct source *source, usec *next);
