/* Which indices of one SSRC were used lately: nothing is sealed twice, nothing that comes again is opened.
 * RFC 3711 3.3.1 (the index's guess) and 3.3.2 (replay list).
 *
 * Guarantee: window_check says ERR_OK of an index only if window_add did not have it before; what is WINDOW or more
 * behind the highest counts as used. The same decisions as libsrtp's. Pure, plain data; zeroed is empty. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define WINDOW 1024 /* indices, counted down from the highest */

struct window {
	bool any;		    /* `highest` holds */
	uint64_t highest;	    /* below 2^48 */
	uint64_t bits[WINDOW / 64]; /* bit i % WINDOW: index i was used */
};

/* ERR_REPLAY: used, or too old to tell. */
must_check enum err window_check(const struct window *w, uint64_t index);
/* Only of what window_check allows. */
void window_add(struct window *w, uint64_t index);
/* The index that a packet with these 16 bits has most likely: the nearest to the highest, but with a rollover counter
 * of 0 none below. The first packet's rollover counter is 0. */
uint64_t window_guess(const struct window *w, uint16_t seq);
