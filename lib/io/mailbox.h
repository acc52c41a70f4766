/* A queue of plain messages, by value, from any thread to one owner thread.
 *
 *   any thread:  mailbox_put -> (the owner was not woken yet) wake
 *                mailbox_put_report: waits for the next one that wakes
 *   the owner:   mailbox_next ... until NULL
 *
 * Guarantee: messages of one putter are taken in the order they were put, each once. `put` never blocks longer than a
 * copy. Memory is bounded: what does not fit is refused and told (ERR_FULL); a `report` is refused earlier, at half,
 * so that what must arrive still finds room. */
#pragma once
#include "base/err.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox_half {
	uint8_t *memory;
	size_t used, size;
};

struct mailbox {
	pthread_mutex_t lock;
	struct mailbox_half in;	 /* putters, under the lock */
	struct mailbox_half out; /* the owner's alone */
	size_t at;		 /* in `out` */
	size_t limit;		 /* bytes of either half */
	uint64_t refused;	 /* messages, under the lock */
	bool woken;		 /* the owner is told and has not looked yet; under the lock */
	void (*wake)(void *ctx);
	void *ctx;
};

/* `limit_bytes` of messages may wait; `first_bytes` of that are taken now, the rest when it is needed. `wake` is called
 * on the putter's thread, outside the lock, when the owner has not been woken since it looked. ERR_NOMEM. */
must_check enum err mailbox_init(struct mailbox *m, size_t first_bytes, size_t limit_bytes, void (*wake)(void *ctx),
				 void *ctx);
/* No thread may use it any more. */
void mailbox_fini(struct mailbox *m);

/* Copies n bytes (1 … 1 MiB). ERR_FULL, ERR_NOMEM: not taken. */
must_check enum err mailbox_put(struct mailbox *m, const void *message, size_t n);
/* The same for what may be lost: refused from half of the limit on. */
must_check enum err mailbox_put_report(struct mailbox *m, const void *message, size_t n);
/* The owner: the next message (aligned for any type) and its size, valid until the next call; NULL when there is none
 * now. */
const void *mailbox_next(struct mailbox *m, size_t *n);
