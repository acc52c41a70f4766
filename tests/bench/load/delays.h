/* A histogram of delays: quantiles to 3 %, whatever came.
 *
 * Plain data, no allocation. One owner thread. */
#pragma once
#include "base/usec.h"
#include <stdint.h>

#define DELAYS_BITS 5 /* of a value below its first one */
#define DELAYS_BUCKETS (32 << DELAYS_BITS)

struct delays {
	uint64_t n;
	uint64_t buckets[DELAYS_BUCKETS];
};

/* Below 0 counts as 0. */
void delays_add(struct delays *d, usec delay);
void delays_merge(struct delays *d, const struct delays *more);
/* The least value that at least `part` (0 … 1) of them do not exceed, up to 3 %; 0 when there are none. */
usec delays_quantile(const struct delays *d, double part);
