#include "base/pool.h"
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
#include <sanitizer/asan_interface.h>
#define hide(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define show(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define hide(p, n) ((void)0)
#define show(p, n) ((void)0)
#endif

enum err pool_init(struct pool *p, size_t cell_bytes, uint32_t count)
{
	size_t cell = (cell_bytes + 63) / 64 * 64;
	*p = (struct pool){ .cell = cell, .count = count, .free = count, .low = count };
	p->memory = aligned_alloc(64, cell * count);
	p->stack = calloc(count, sizeof *p->stack);
	if (!p->memory || !p->stack) {
		pool_fini(p);
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < count; i++)
		p->stack[i] = p->memory + (size_t)(count - 1 - i) * cell;
	hide(p->memory, cell * count);
	return ERR_OK;
}

void pool_fini(struct pool *p)
{
	if (p->memory)
		show(p->memory, p->cell * p->count);
	free(p->memory);
	free((void *)p->stack);
	*p = (struct pool){ 0 };
}

void *pool_get(struct pool *p)
{
	if (!p->free)
		return NULL;
	void *cell = p->stack[--p->free];
	if (p->free < p->low)
		p->low = p->free;
	show(cell, p->cell);
	return cell;
}

void pool_put(struct pool *p, void *cell)
{
	hide(cell, p->cell);
	p->stack[p->free++] = cell;
}
