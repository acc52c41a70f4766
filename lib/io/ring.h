/* A queue of small cells from one thread to one other, without a lock: a ring of Concurrency Kit.
 *
 * Guarantee: cells are taken in the order they were put, each once and whole, and what the putter wrote to memory
 * before ring_put is seen by the taker after ring_next. A full ring refuses; nobody ever waits. Nothing allocates after
 * ring_new. Exactly one thread puts and exactly one takes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define RING_CELL 128 /* bytes */

struct ring;

/* Room for at least `cells` cells. NULL: no memory. */
struct ring *ring_new(uint32_t cells);
void ring_free(struct ring *r);

/* The putter: copies RING_CELL bytes. False: it is full. */
bool ring_put(struct ring *r, const void *cell);
/* The taker: how many cells wait at least; more may come meanwhile. */
uint32_t ring_count(const struct ring *r);
/* The taker: copies the next cell out. False: none waits. */
bool ring_next(struct ring *r, void *cell);
