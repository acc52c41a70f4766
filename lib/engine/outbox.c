#include "engine/outbox.h"
#include <stdlib.h>

enum err outbox_init(struct outbox *o, void (*send)(void *ctx, const struct outbox *o), void *ctx)
{
	o->n = o->used = 0;
	o->send = send;
	o->ctx = ctx;
	o->slab = malloc(OUTBOX_SLAB);
	return o->slab ? ERR_OK : ERR_NOMEM;
}

void outbox_fini(struct outbox *o)
{
	free(o->slab);
	o->slab = NULL;
}

uint8_t *outbox_room(struct outbox *o, size_t bytes)
{
	if (o->n == OUTBOX_MESSAGES || o->used + bytes > OUTBOX_SLAB)
		outbox_flush(o);
	return o->slab + o->used;
}

void outbox_commit(struct outbox *o, const struct netaddr *to, size_t length)
{
	outbox_commit_run(o, to, length, length, 1, OUTBOX_VOICE);
}

void outbox_commit_run(struct outbox *o, const struct netaddr *to, size_t length, size_t segment, unsigned datagrams,
		       enum outbox_rank rank)
{
	o->items[o->n++] = (struct outbox_message){ .to = *to,
						    .at = o->used,
						    .length = (uint32_t)length,
						    .segment = (uint16_t)segment,
						    .datagrams = (uint8_t)datagrams,
						    .rank = rank };
	o->used += (uint32_t)length;
}

void outbox_flush(struct outbox *o)
{
	if (o->n)
		o->send(o->ctx, o);
	o->n = o->used = 0;
}
