/* Bits and packets a second over a sliding window of about one second.
 *
 * Guarantee: rate_bps and rate_pps tell of exactly what was added in the last RATE_BUCKETS buckets, the present,
 * unfinished one included: a window of 0.9 to 1 s; while the first packet is younger than that, of the time since it
 * (at least one bucket). Both are 0 a second after the last packet. Pure: time is an argument and must not go back by
 * more than the window. */
#pragma once
#include "base/usec.h"
#include <stddef.h>
#include <stdint.h>

#define RATE_BUCKETS 10
#define RATE_BUCKET (100 * USEC_MS)

struct rate {
	int64_t bucket; /* number of the present bucket: its time / RATE_BUCKET */
	usec first;	/* first packet since the window was last empty; USEC_NEVER: none */
	uint64_t sum_bytes;
	uint32_t sum_packets;
	struct rate_bucket {
		uint32_t bytes, packets;
	} buckets[RATE_BUCKETS];
};

void rate_init(struct rate *r);
void rate_add(struct rate *r, size_t bytes, usec now);
bps rate_bps(struct rate *r, usec now);
uint32_t rate_pps(struct rate *r, usec now);
