/* Modular counters: RTP sequence numbers (16 bits), timestamps (32), picture ids (15 or 7). RFC 3550 A.1, RFC 1982.
 *
 * `seq_extend` turns a wire value into a 64-bit one that never wraps: the value nearest to `last` that is equal modulo
 * 2^width. Start `last` at the first value + 2^width, so that values before the first stay positive. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Signed distance b -> a modulo 2^16: > 0 when a is newer. */
static inline int seq16_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

static inline bool seq16_newer(uint16_t a, uint16_t b)
{
	return seq16_diff(a, b) > 0;
}

static inline int64_t seq32_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline uint64_t seq_extend(uint64_t last, uint64_t value, unsigned width)
{
	uint64_t mod = UINT64_C(1) << width;
	uint64_t delta = (value - last) & (mod - 1);
	return delta < mod / 2 ? last + delta : last + delta - mod;
}
