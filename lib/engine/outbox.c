#include "engine/outbox.h"
#include <stdlib.h>

enum err outbox_init(struct outbox *o)
{
	o->n = o->used = 0;
	o->slab = malloc((size_t)OUTBOX_DATAGRAMS * OUTBOX_CELL);
	return o->slab ? ERR_OK : ERR_NOMEM;
}

void outbox_fini(struct outbox *o)
{
	free(o->slab);
	o->slab = NULL;
}

uint8_t *outbox_room(struct outbox *o)
{
	return o->n < OUTBOX_DATAGRAMS ? o->slab + o->used : NULL;
}

void outbox_commit(struct outbox *o, const struct netaddr *to, size_t length)
{
	o->items[o->n++] = (struct departure){ *to, o->used, (uint16_t)length };
	o->used += (uint32_t)length;
}

void outbox_clear(struct outbox *o)
{
	o->n = o->used = 0;
}
