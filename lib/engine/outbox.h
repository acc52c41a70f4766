/* Datagrams ready to leave: written into one slab, grouped by the socket loop, flushed by io/udp.
 *
 * push gives room, the caller writes there, commit keeps it; what does not fit is dropped by the caller (DROP_OUTBOX).
 * Flushed at the end of each wake-up; nothing stays across wake-ups. One thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include <stdint.h>

#define OUTBOX_DATAGRAMS 4096
#define OUTBOX_CELL 1536 /* most bytes of one datagram */

struct departure {
	struct netaddr to;
	uint32_t at; /* offset in the slab */
	uint16_t length;
};

struct outbox {
	struct departure
	    items[OUTBOX_DATAGRAMS]; /* in order of sealing; per receiver in order of its sequence numbers */
	uint32_t n, used;
	uint8_t *slab;
};

must_check enum err outbox_init(struct outbox *o);
void outbox_fini(struct outbox *o);
/* Room for OUTBOX_CELL bytes, or NULL when full. */
uint8_t *outbox_room(struct outbox *o);
/* Keeps the first `length` bytes of the room last given. */
void outbox_commit(struct outbox *o, const struct netaddr *to, size_t length);
void outbox_clear(struct outbox *o);

static inline struct bytes outbox_bytes(const struct outbox *o, uint32_t i)
{
	return (struct bytes){ o->slab + o->items[i].at, o->items[i].length };
}
