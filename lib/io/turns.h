/* How soon libwebsockets may look at its connections again: a turn costs by their number (poll goes through all of
 * them, 0.4 ms for 220 whose state is not in the cache), and what many send by themselves, as answers to pings, comes
 * one by one.
 *
 * Guarantee: TURNS_BURST turns may begin at once, then one each `connections` x TURNS_COST, at most TURNS_REST apart;
 * so an exchange with one site never waits while the others are calm. Pure: time comes from the caller. */
#pragma once
#include "base/usec.h"

#define TURNS_BURST 16
#define TURNS_COST 100 /* of each connection */
#define TURNS_REST (50 * USEC_MS)

struct turns {
	usec full_at; /* when the whole burst is there again; 0: is there */
};

/* A turn is wanted; returns when it may begin, `now` or later. */
usec turns_begin(struct turns *t, unsigned connections, usec now);
