/* Fixed hash table u32 -> pointer: sites by csrc, SSRCs, rooms. Open addressing; sized at init, never grows.
 * One owner thread. Memory: one allocation at init, or the caller's. */
#pragma once
#include "base/err.h"
#include <stdint.h>

struct map_cell {
	uint32_t key;
	void *value; /* NULL: free */
};

struct map {
	struct map_cell *cells;
	uint32_t mask, count, limit;
};

/* Room for `limit` entries. ERR_NOMEM. */
must_check enum err map_init(struct map *m, uint32_t limit);
void map_fini(struct map *m);
/* The same in the caller's memory, for half as many entries as cells. n: a power of two, >= 8. No map_fini. */
void map_init_in(struct map *m, struct map_cell *cells, uint32_t n);
/* `value` must not be NULL; replaces. ERR_FULL. */
must_check enum err map_put(struct map *m, uint32_t key, void *value);
/* NULL when absent. */
void *map_get(const struct map *m, uint32_t key);
void map_remove(struct map *m, uint32_t key);
/* Walks all entries: start with *at = 0; NULL at the end. The map must not change meanwhile. */
void *map_next(const struct map *m, uint32_t *at);
