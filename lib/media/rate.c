#include "media/rate.h"
#include <string.h>

void rate_init(struct rate *r)
{
	memset(r, 0, sizeof *r);
	r->first = USEC_NEVER;
}

static void empty(struct rate *r, int64_t bucket)
{
	struct rate_bucket *b = &r->buckets[bucket % RATE_BUCKETS];
	r->sum_bytes -= b->bytes;
	r->sum_packets -= b->packets;
	*b = (struct rate_bucket){ 0 };
}

static void advance(struct rate *r, usec now)
{
	int64_t bucket = now / RATE_BUCKET;
	if (bucket <= r->bucket)
		return;
	int64_t from = bucket - r->bucket > RATE_BUCKETS ? bucket - RATE_BUCKETS : r->bucket;
	for (int64_t b = from + 1; b <= bucket; b++)
		empty(r, b);
	r->bucket = bucket;
	if (r->sum_packets == 0)
		r->first = USEC_NEVER;
}

void rate_add(struct rate *r, size_t bytes, usec now)
{
	advance(r, now);
	struct rate_bucket *b = &r->buckets[r->bucket % RATE_BUCKETS];
	b->bytes += (uint32_t)bytes;
	b->packets++;
	r->sum_bytes += bytes;
	r->sum_packets++;
	if (r->first == USEC_NEVER)
		r->first = now;
}

/* The time the sums tell of. */
static usec covered(const struct rate *r, usec now)
{
	usec from = (r->bucket - RATE_BUCKETS + 1) * RATE_BUCKET;
	if (r->first != USEC_NEVER && r->first > from)
		from = r->first;
	return now - from < RATE_BUCKET ? RATE_BUCKET : now - from;
}

static uint32_t per_second(uint64_t sum, usec time)
{
	uint64_t value = sum * (uint64_t)USEC_S / (uint64_t)time;
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

bps rate_bps(struct rate *r, usec now)
{
	advance(r, now);
	return per_second(r->sum_bytes * 8, covered(r, now));
}

uint32_t rate_pps(struct rate *r, usec now)
{
	advance(r, now);
	return per_second(r->sum_packets, covered(r, now));
}
