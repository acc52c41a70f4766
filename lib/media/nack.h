/* What one inbound stream misses, and when to ask for it. RFC 4585 6.2.1.
 *
 * Guarantee: a number is asked for no sooner than NACK_REORDER after its gap was seen, no more often than each
 * max(1.25 RTT, 60 ms), at most NACK_TRIES times, never after it came. A missing number ends in exactly one of three
 * ways: it comes (on_packet, on_repaired), it is told by nack_gone, or the stream is forgotten (on_gone, a reset, or a
 * gap or list beyond NACK_MAX: the oldest are forgotten). Told gone: 3 s after the gap was seen, 1.5 RTT after the last
 * try, or when a newer keyframe came. Every number below nack_floor came or will not be asked for again.
 *
 * Times fall on a grid of NACK_GRID, so that what is missed together is asked for together.
 * Pure: time is an argument, no allocation. One owner thread. */
#pragma once
#include "base/usec.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NACK_MAX 1000		    /* missing numbers kept */
#define NACK_TRIES 10		    /* requests for one number */
#define NACK_REORDER (10 * USEC_MS) /* wait for a packet that was only overtaken */
#define NACK_REPEAT (60 * USEC_MS)  /* least time between two requests for one number */
#define NACK_LIFE (3 * USEC_S)
#define NACK_GRID (5 * USEC_MS)
#define NACK_RTT (100 * USEC_MS) /* assumed before the first measured */

struct nack_entry {
	uint64_t seq; /* extended */
	usec due;     /* next request; USEC_NEVER: no more */
	usec give_up; /* 0: given up, not told yet */
	uint8_t tries;
};

struct nack {
	size_t n;
	bool began;
	uint64_t highest;
	usec rtt;
	usec deadline;			     /* no later than the first due; USEC_NEVER: nothing missing */
	uint64_t forgotten;		     /* numbers that were neither told nor came, since init */
	struct nack_entry entries[NACK_MAX]; /* ascending by seq; last: untouched while nothing is missing */
};

void nack_init(struct nack *n);
/* The sender began anew (RECV_RESTART): nothing is missing, the next packet is the first. Keeps the RTT. */
void nack_reset(struct nack *n);

/* A packet of the stream was accepted: new, late or out of RTX (`seq` extended by media/recv). True: more than NACK_MAX
 * is missing, numbers were forgotten: a keyframe is needed. */
bool nack_on_packet(struct nack *n, uint64_t seq, usec now);
/* The same for one known to be older than the highest; true: it had been asked for. */
bool nack_on_repaired(struct nack *n, uint64_t seq);
/* A keyframe begins at `seq`: what is missing before it is given up (told by nack_gone). */
void nack_on_keyframe(struct nack *n, uint64_t seq);
/* Nobody takes this stream any more: forget what is missing. */
void nack_on_gone(struct nack *n);
/* Round trip to the sender, measured anew. Takes effect with the next request. */
void nack_on_rtt(struct nack *n, usec rtt);

/* Numbers to request now, ascending, at most max; counts them as requested. Call again when it filled the array. */
size_t nack_due(struct nack *n, usec now, uint16_t *seqs, size_t max);
/* Numbers that are given up, ascending, at most max; each is told once. Viewers' holes for them can be closed. */
size_t nack_gone(struct nack *n, usec now, uint64_t *seqs, size_t max);
/* The lowest number that may still come; highest + 1 when nothing is missing, 0 before the first packet. */
uint64_t nack_floor(const struct nack *n);
/* Whether this number is missing and may still come. */
bool nack_waits(const struct nack *n, uint64_t seq);

void nack_deadline(const struct nack *n, usec *next);
