/* What is ready to leave: sealed datagrams in one small slab, used again and again, as messages of one receiver each.
 *
 * A message is a run: datagrams of `segment` bytes one behind the other, the last one maybe shorter, which the kernel
 * takes as one (UDP_SEGMENT). Room is asked for, written into and kept; when there is none left, or outbox_flush is
 * called, everything is given to `send` and the slab is free again. So nothing is refused here, and the slab stays
 * small enough for the processor's cache.
 *
 * What one receiver is sent by several slots since the last flush joins into one message where sizes allow: behind what
 * is there, or before a single datagram of another slot that is shorter. The order of one slot's datagrams stays, and
 * ranks are never mixed: a voice waits behind no picture. One thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include <stdbool.h>
#include <stdint.h>

#define OUTBOX_MESSAGES 256		 /* a whole room's, so that two voices of one wake-up find each other */
#define OUTBOX_SLAB ((size_t)192 * 1024) /* bytes */
#define OUTBOX_RUN 16			 /* datagrams of one message, most */
#define OUTBOX_PIECES 8			 /* places in the slab that one message is of, most */
#define OUTBOX_CELL 1536		 /* bytes of one datagram, most */

/* Which messages go first when the socket takes no more: those of the lower rank. */
enum outbox_rank { OUTBOX_VOICE, OUTBOX_VIDEO };

struct outbox_piece {
	uint32_t at, length; /* in the slab; whole datagrams */
};

struct outbox_message {
	struct netaddr to;
	uint16_t segment;  /* bytes of each datagram but the last */
	uint8_t datagrams; /* 1 … OUTBOX_RUN */
	uint8_t n_pieces;
	bool ended; /* the last datagram is shorter: none can follow */
	enum outbox_rank rank;
	struct outbox_piece pieces[OUTBOX_PIECES];
};

/* Where the message is that a receiver was given last. The receiver's; zeroed: none. */
struct outbox_last {
	uint32_t turn, message;
	const void *sender; /* who sends it: one order of datagrams */
};

/* What was written into the room last given, as a run. */
struct outbox_run {
	size_t length;
	size_t segment;
	unsigned datagrams;
	enum outbox_rank rank;
	const void *sender;
};

struct outbox {
	struct outbox_message items[OUTBOX_MESSAGES]; /* in order of sealing */
	uint32_t n, used;
	uint32_t turn; /* one more with each flush; never 0 */
	uint8_t *slab;
	void (*send)(void *ctx, const struct outbox *o);
	void *ctx;
};

must_check enum err outbox_init(struct outbox *o, void (*send)(void *ctx, const struct outbox *o), void *ctx);
void outbox_fini(struct outbox *o);
/* Room for `bytes`, at most OUTBOX_RUN * OUTBOX_CELL. */
uint8_t *outbox_room(struct outbox *o, size_t bytes);
/* Keeps the room last given as one datagram of `length` bytes, a message of its own … */
void outbox_commit(struct outbox *o, const struct netaddr *to, size_t length);
/* … or as a run, which may join what `last` tells of, where that goes to the same address. */
void outbox_commit_run(struct outbox *o, const struct netaddr *to, const struct outbox_run *run,
		       struct outbox_last *last);
void outbox_flush(struct outbox *o);

static inline struct bytes outbox_piece(const struct outbox *o, const struct outbox_message *m, unsigned i)
{
	return (struct bytes){ o->slab + m->pieces[i].at, m->pieces[i].length };
}
/* Datagram `i` of a message. */
struct bytes outbox_datagram(const struct outbox *o, const struct outbox_message *m, unsigned i);
