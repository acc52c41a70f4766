/* Pool of cells of one size: one allocation at init, get and put in O(1), no lock. One owner thread.
 *
 * Guarantee: `get` never returns a cell that is out; after `put` of every cell, `free == count`. A full pool is told
 * (NULL), never grown. Under AddressSanitizer free cells are poisoned. */
#pragma once
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

struct pool {
	uint8_t *memory;
	size_t cell;	      /* bytes of a cell, rounded up to 64 */
	uint32_t count, free; /* cells in all; cells not out */
	uint32_t low;	      /* the least `free` has been: how near the pool came to its end */
	void **stack;
};

/* ERR_NOMEM. */
must_check enum err pool_init(struct pool *p, size_t cell_bytes, uint32_t count);
void pool_fini(struct pool *p);
/* Bytes of all cells, and of those that were ever out: the rest is reserved, but no page of it was touched. */
static inline size_t pool_bytes(const struct pool *p)
{
	return p->cell * p->count;
}
static inline size_t pool_touched(const struct pool *p)
{
	return p->cell * (p->count - p->low);
}
/* A cell with unspecified content, or NULL when all are out. */
void *pool_get(struct pool *p);
void pool_put(struct pool *p, void *cell);
