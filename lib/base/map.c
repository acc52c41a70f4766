#include "base/map.h"
#include <stdlib.h>
#include <string.h>

static uint32_t hash(uint32_t key)
{
	key ^= key >> 16;
	key *= 0x7feb352dU;
	key ^= key >> 15;
	key *= 0x846ca68bU;
	return key ^ key >> 16;
}

enum err map_init(struct map *m, uint32_t limit)
{
	uint32_t size = 8;
	while (size < limit * 2)
		size *= 2;
	*m = (struct map){ .cells = calloc(size, sizeof *m->cells), .mask = size - 1, .limit = limit };
	return m->cells ? ERR_OK : ERR_NOMEM;
}

void map_init_in(struct map *m, struct map_cell *cells, uint32_t n)
{
	memset(cells, 0, n * sizeof *cells);
	*m = (struct map){ .cells = cells, .mask = n - 1, .limit = n / 2 };
}

void map_fini(struct map *m)
{
	free(m->cells);
	*m = (struct map){ 0 };
}

static uint32_t find(const struct map *m, uint32_t key)
{
	uint32_t i = hash(key) & m->mask;
	while (m->cells[i].value && m->cells[i].key != key)
		i = (i + 1) & m->mask;
	return i;
}

enum err map_put(struct map *m, uint32_t key, void *value)
{
	struct map_cell *cell = &m->cells[find(m, key)];
	if (!cell->value) {
		if (m->count == m->limit)
			return ERR_FULL;
		m->count++;
	}
	*cell = (struct map_cell){ key, value };
	return ERR_OK;
}

void *map_get(const struct map *m, uint32_t key)
{
	return m->cells ? m->cells[find(m, key)].value : NULL;
}

/* Later members of the same run move up, so that no tombstones are needed. */
void map_remove(struct map *m, uint32_t key)
{
	uint32_t hole = find(m, key);
	if (!m->cells[hole].value)
		return;
	m->cells[hole].value = NULL;
	m->count--;
	for (uint32_t i = (hole + 1) & m->mask; m->cells[i].value; i = (i + 1) & m->mask) {
		uint32_t home = hash(m->cells[i].key) & m->mask;
		if (((i - home) & m->mask) < ((i - hole) & m->mask))
			continue;
		m->cells[hole] = m->cells[i];
		m->cells[i].value = NULL;
		hole = i;
	}
}

void *map_next(const struct map *m, uint32_t *at)
{
	while (m->cells && *at <= m->mask) {
		void *value = m->cells[(*at)++].value;
		if (value)
			return value;
	}
	return NULL;
}
