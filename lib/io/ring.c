#include "io/ring.h"
#include <ck_ring.h>
#include <stdlib.h>
#include <string.h>

struct ring_cell {
	_Alignas(64) uint8_t bytes[RING_CELL];
};

CK_RING_PROTOTYPE(cell, ring_cell)

struct ring {
	struct ck_ring ck;
	struct ring_cell *cells;
};

/* The thread sanitizer does not see order in Concurrency Kit's inline assembly. So it is told of it, and told to leave
 * the ring's own words and cells alone; everything else that crosses is watched. */
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *at);
void __tsan_release(void *at);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
#define RELEASED(at) __tsan_release((void *)(uintptr_t)(at))
#define ACQUIRED(at) __tsan_acquire((void *)(uintptr_t)(at))
#define UNWATCHED_BEGIN (AnnotateIgnoreReadsBegin(__FILE__, __LINE__), AnnotateIgnoreWritesBegin(__FILE__, __LINE__))
#define UNWATCHED_END (AnnotateIgnoreWritesEnd(__FILE__, __LINE__), AnnotateIgnoreReadsEnd(__FILE__, __LINE__))
#else
#define RELEASED(at) (void)(at)
#define ACQUIRED(at) (void)(at)
#define UNWATCHED_BEGIN (void)0
#define UNWATCHED_END (void)0
#endif

struct ring *ring_new(uint32_t cells)
{
	uint32_t size = 4; /* a power of two, one cell of which stays empty */
	while (size < cells + 1)
		size *= 2;
	struct ring *r = aligned_alloc(64, (sizeof *r + 63) / 64 * 64);
	struct ring_cell *memory = aligned_alloc(64, size * sizeof *memory);
	if (!r || !memory) {
		free(r);
		free(memory);
		return NULL;
	}
	ck_ring_init(&r->ck, size);
	r->cells = memory;
	return r;
}

void ring_free(struct ring *r)
{
	if (r)
		free(r->cells);
	free(r);
}

bool ring_put(struct ring *r, const void *cell)
{
	struct ring_cell *from;
	memcpy(&from, &cell, sizeof(void *)); /* it is only read; ck's signature has no const */
	RELEASED(r);
	UNWATCHED_BEGIN;
	bool put = ck_ring_enqueue_spsc_cell(&r->ck, r->cells, from);
	UNWATCHED_END;
	return put;
}

uint32_t ring_count(const struct ring *r)
{
	UNWATCHED_BEGIN;
	uint32_t n = ck_ring_size(&r->ck);
	ck_pr_fence_acquire();
	UNWATCHED_END;
	ACQUIRED(r);
	return n;
}

bool ring_next(struct ring *r, void *cell)
{
	UNWATCHED_BEGIN;
	bool got = ck_ring_dequeue_spsc_cell(&r->ck, r->cells, cell);
	UNWATCHED_END;
	if (got)
		ACQUIRED(r);
	return got;
}
