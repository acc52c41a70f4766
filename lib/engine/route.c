#include "engine/route.h"
#include <stdlib.h>

enum err route_init(struct route *r, uint32_t transports)
{
	uint32_t size = 16;
	while (size < transports * ROUTE_ADDRS * 2)
		size *= 2;
	*r = (struct route){ .mask = size - 1, .limit = transports * ROUTE_ADDRS };
	r->cells = calloc(size, sizeof *r->cells);
	if (!r->cells || map_init(&r->ufrags, transports) != ERR_OK) {
		route_fini(r);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void route_fini(struct route *r)
{
	free(r->cells);
	map_fini(&r->ufrags);
	*r = (struct route){ 0 };
}

static uint32_t hash_bytes(uint32_t hash, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * 16777619U;
	return hash;
}

static uint32_t home(const struct route *r, const struct netaddr *a)
{
	uint32_t h = hash_bytes(2166136261U ^ a->port, a->ip, a->family == 4 ? 4 : 16);
	return (h ^ h >> 15) & r->mask;
}

static uint32_t find(const struct route *r, const struct netaddr *a)
{
	uint32_t i = home(r, a);
	while (r->cells[i].transport && !netaddr_equal(&r->cells[i].addr, a))
		i = (i + 1) & r->mask;
	return i;
}

struct transport *route_from(const struct route *r, const struct netaddr *addr)
{
	return r->cells[find(r, addr)].transport;
}

enum err route_put(struct route *r, const struct netaddr *addr, struct transport *t)
{
	struct route_cell *cell = &r->cells[find(r, addr)];
	if (!cell->transport) {
		if (r->count == r->limit)
			return ERR_FULL;
		r->count++;
	}
	*cell = (struct route_cell){ *addr, t };
	return ERR_OK;
}

static void remove_at(struct route *r, uint32_t hole)
{
	r->cells[hole].transport = NULL;
	r->count--;
	for (uint32_t i = (hole + 1) & r->mask; r->cells[i].transport; i = (i + 1) & r->mask) {
		uint32_t at = home(r, &r->cells[i].addr);
		if (((i - at) & r->mask) < ((i - hole) & r->mask))
			continue;
		r->cells[hole] = r->cells[i];
		r->cells[i].transport = NULL;
		hole = i;
	}
}

void route_drop(struct route *r, const struct netaddr *addr, const struct transport *t)
{
	uint32_t i = find(r, addr);
	if (r->cells[i].transport == t)
		remove_at(r, i);
}

/* A walk over the whole table: only when a transport ends. After a removal the same cell is looked at again, for
 * another may have moved into it. */
void route_drop_all(struct route *r, const struct transport *t)
{
	for (uint32_t i = 0; i <= r->mask; i++)
		while (r->cells[i].transport == t)
			remove_at(r, i);
}

uint32_t route_ufrag_hash(const char *ufrag, size_t n)
{
	return hash_bytes(2166136261U, (const uint8_t *)ufrag, n);
}
