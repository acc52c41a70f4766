/* What is ready to leave: sealed datagrams in one small slab, used again and again, as messages of one receiver each.
 *
 * A message is a run: datagrams of `segment` bytes one behind the other, the last one maybe shorter, which the kernel
 * takes in one piece (UDP_SEGMENT). Room is asked for, written into and kept; when there is none left, or outbox_flush
 * is called, everything is given to `send` and the slab is free again. So nothing is refused here, and the slab stays
 * small enough for the processor's cache. One thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include <stdint.h>

#define OUTBOX_MESSAGES 64		 /* of one system call */
#define OUTBOX_SLAB ((size_t)192 * 1024) /* bytes */
#define OUTBOX_RUN 16			 /* datagrams of one message, most */
#define OUTBOX_CELL 1536		 /* bytes of one datagram, most */

/* Which messages go first when the socket takes no more: those of the lower rank. */
enum outbox_rank { OUTBOX_VOICE, OUTBOX_VIDEO };

struct outbox_message {
	struct netaddr to;
	uint32_t at;	   /* offset in the slab */
	uint32_t length;   /* bytes of all its datagrams */
	uint16_t segment;  /* bytes of each but the last */
	uint8_t datagrams; /* 1 … OUTBOX_RUN */
	enum outbox_rank rank;
};

struct outbox {
	struct outbox_message items[OUTBOX_MESSAGES]; /* in order of sealing */
	uint32_t n, used;
	uint8_t *slab;
	void (*send)(void *ctx, const struct outbox *o);
	void *ctx;
};

must_check enum err outbox_init(struct outbox *o, void (*send)(void *ctx, const struct outbox *o), void *ctx);
void outbox_fini(struct outbox *o);
/* Room for `bytes`, at most OUTBOX_RUN * OUTBOX_CELL. */
uint8_t *outbox_room(struct outbox *o, size_t bytes);
/* Keeps the room last given as one datagram of `length` bytes … */
void outbox_commit(struct outbox *o, const struct netaddr *to, size_t length);
/* … or as a run: `datagrams` of `segment` bytes, but the last maybe shorter, `length` in all. */
void outbox_commit_run(struct outbox *o, const struct netaddr *to, size_t length, size_t segment, unsigned datagrams,
		       enum outbox_rank rank);
void outbox_flush(struct outbox *o);

/* Datagram `i` of a message. */
static inline struct bytes outbox_datagram(const struct outbox *o, const struct outbox_message *m, unsigned i)
{
	uint32_t at = i * m->segment;
	uint32_t n = i + 1U < m->datagrams ? m->segment : m->length - at;
	return (struct bytes){ o->slab + m->at + at, n };
}
