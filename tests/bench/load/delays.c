#include "bench/load/delays.h"

/* Up to 2^DELAYS_BITS each value has a bucket of its own, then each power of two has 2^DELAYS_BITS of them. */
static unsigned bucket_of(uint64_t value)
{
	if (value < 1U << DELAYS_BITS)
		return (unsigned)value;
	unsigned shift = 63 - (unsigned)__builtin_clzll(value) - DELAYS_BITS;
	unsigned bucket = ((shift + 1) << DELAYS_BITS) + (unsigned)(value >> shift & ((1U << DELAYS_BITS) - 1));
	return bucket < DELAYS_BUCKETS ? bucket : DELAYS_BUCKETS - 1;
}

static usec value_of(unsigned bucket)
{
	if (bucket < 1U << DELAYS_BITS)
		return bucket;
	unsigned shift = (bucket >> DELAYS_BITS) - 1;
	return (usec)((1U << DELAYS_BITS | (bucket & ((1U << DELAYS_BITS) - 1))) + 0UL) << shift;
}

void delays_add(struct delays *d, usec delay)
{
	d->buckets[bucket_of(delay > 0 ? (uint64_t)delay : 0)]++;
	d->n++;
}

void delays_merge(struct delays *d, const struct delays *more)
{
	for (unsigned i = 0; i < DELAYS_BUCKETS; i++)
		d->buckets[i] += more->buckets[i];
	d->n += more->n;
}

usec delays_quantile(const struct delays *d, double part)
{
	uint64_t wanted = (uint64_t)(part * (double)d->n), seen = 0;
	for (unsigned i = 0; i < DELAYS_BUCKETS; i++) {
		seen += d->buckets[i];
		if (seen && seen >= wanted)
			return value_of(i);
	}
	return 0;
}
