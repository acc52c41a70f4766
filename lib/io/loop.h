/* What a worker sleeps in: until one of its descriptors is readable, somebody wakes it, or its deadline comes. */
#pragma once
#include "base/err.h"
#include "base/usec.h"
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOP_FDS_MAX 8

struct loop {
	struct pollfd fds[LOOP_FDS_MAX + 1]; /* [0] is the waking eventfd */
	unsigned n;
};

/* ERR_SYS. */
must_check enum err loop_init(struct loop *l);
void loop_fini(struct loop *l);
/* Watches a descriptor (-1: none, never readable) for reading; *bit is its number in what loop_wait returns. ERR_FULL.
 */
must_check enum err loop_add(struct loop *l, int fd, unsigned *bit);
/* Whether a descriptor's being readable ends the sleep; it does at first. */
void loop_watch(struct loop *l, unsigned bit, bool watch);
/* Any thread, and signal handlers: the wait under way, or the next one, returns at once. */
void loop_wake(struct loop *l);
/* Sleeps until `deadline` (USEC_NEVER: for ever) at most and returns the descriptors that are readable, one bit each;
 * 0 for a wake-up or the deadline. Wake-ups that came meanwhile are used up. */
uint32_t loop_wait(struct loop *l, usec now, usec deadline);
