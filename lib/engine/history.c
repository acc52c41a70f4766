#include "engine/history.h"
#include "engine/core.h"
#include "engine/loan.h"
#include "engine/source.h"
#include <stdlib.h>

#define SPARED 8 /* a part of the buffers that is left to what arrives */

enum err history_init(struct history *h, uint32_t packets, uint32_t layers, usec keep)
{
	*h = (struct history){ .limit = packets ? packets : 1, .keep = keep };
	h->ring = calloc(h->limit, sizeof *h->ring);
	h->turns = calloc(layers, sizeof *h->turns);
	enum err err = pool_init(&h->caches, sizeof(struct cache), layers);
	if (!h->ring || !h->turns)
		err = ERR_NOMEM;
	if (err)
		history_fini(h);
	return err;
}

void history_fini(struct history *h)
{
	free(h->ring);
	free(h->turns);
	pool_fini(&h->caches);
	*h = (struct history){ 0 };
}

static uint32_t cell_of(const struct history *h, const struct cache *cache)
{
	return (uint32_t)((size_t)((const uint8_t *)cache - h->caches.memory) / h->caches.cell);
}

/* The cache an entry's packet is still in; NULL: it went out, by age or with its layer. */
static struct cache *holder(const struct history *h, const struct history_entry *entry)
{
	if (h->turns[entry->cell] != entry->turn)
		return NULL;
	struct cache *cache = (struct cache *)(void *)(h->caches.memory + entry->cell * h->caches.cell);
	return cache_get(cache, entry->seq) == entry->packet ? cache : NULL;
}

/* The oldest of all goes out. False: there is none. */
static bool drop_oldest(struct engine *e)
{
	struct history *h = &e->history;
	while (h->n) {
		const struct history_entry *entry = &h->ring[h->first];
		struct cache *cache = holder(h, entry);
		h->first = (h->first + 1) % h->limit;
		h->n--;
		if (cache) {
			cache_drop(cache, entry->seq);
			core_drop(e, DROP_HISTORY);
			return true;
		}
	}
	return false;
}

/* Room for one more entry: those whose packet is out already cost nothing. */
static void make_room(struct engine *e)
{
	struct history *h = &e->history;
	while (h->n && !holder(h, &h->ring[h->first])) {
		h->first = (h->first + 1) % h->limit;
		h->n--;
	}
	if (h->n == h->limit)
		(void)drop_oldest(e);
	while (e->packets.free < e->packets.count / SPARED && drop_oldest(e))
		continue;
}

static void note(struct history *h, const struct cache *cache, const struct packet *packet)
{
	uint32_t cell = cell_of(h, cache);
	h->ring[(h->first + h->n++) % h->limit] =
	    (struct history_entry){ .cell = cell, .turn = h->turns[cell], .seq = packet->meta.seq, .packet = packet };
}

/* All layers of a source share one limit; the oldest packet of all goes first. So too where too many of another
 * worker's buffers are kept. */
static void limit_source(struct engine *e, const struct source *source, const struct packet *newest)
{
	for (;;) {
		struct cache *oldest = NULL;
		size_t bytes = 0;
		for (unsigned i = 0; i < source->layers.n; i++) {
			struct cache *cache = source->layer[i].cache;
			if (!cache || !cache->count)
				continue;
			bytes += cache->bytes;
			if (!oldest || cache_oldest(cache) < cache_oldest(oldest))
				oldest = cache;
		}
		bool over = bytes > CACHE_BYTES || (newest->lender && loan_is_short(e, newest));
		if (!over || !oldest)
			return;
		cache_drop(oldest, oldest->tail);
		core_drop(e, DROP_HISTORY);
	}
}

void history_keep(struct engine *e, struct source *source, unsigned i, struct packet *packet, usec now)
{
	struct history *h = &e->history;
	struct layer *layer = &source->layer[i];
	make_room(e);
	if (!packet->lender && e->packets.free < e->packets.count / SPARED) { /* others hold them */
		core_drop(e, DROP_HISTORY);
		return;
	}
	if (!layer->cache) {
		layer->cache = pool_get(&h->caches);
		if (!layer->cache) {
			core_drop(e, DROP_HISTORY);
			return;
		}
		cache_init(layer->cache, h->keep, CACHE_BYTES);
	}
	if (cache_put(layer->cache, packet->meta.seq, packet, now))
		note(h, layer->cache, packet);
	limit_source(e, source, packet);
}

void history_close(struct engine *e, struct layer *layer)
{
	if (!layer->cache)
		return;
	cache_clear(layer->cache);
	e->history.turns[cell_of(&e->history, layer->cache)]++;
	pool_put(&e->history.caches, layer->cache);
	layer->cache = NULL;
}

void history_on_deadline(struct engine *e, struct source *source, usec now)
{
	for (unsigned i = 0; i < source->layers.n; i++) {
		struct layer *layer = &source->layer[i];
		if (layer->cache)
			cache_expire(layer->cache, now);
		if (layer->cache && !layer->cache->count)
			history_close(e, layer);
	}
}

void history_deadline(const struct source *source, usec *next)
{
	for (unsigned i = 0; i < source->layers.n; i++)
		if (source->layer[i].cache)
			cache_deadline(source->layer[i].cache, next);
}
