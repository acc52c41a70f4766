/* A sticky reader of bits, most significant first: codec headers, dependency descriptors.
 *
 * Like the reader of bytes: a read past the end sets `failed`, yields 0 and moves nothing. Nothing here allocates. */
#pragma once
#include "base/bytes.h"

struct bits {
	struct bytes b;
	size_t at; /* bits read */
	bool failed;
};

static inline struct bits bits_of(struct bytes b)
{
	return (struct bits){ b, 0, false };
}

static inline size_t bits_left(const struct bits *s)
{
	return s->b.n * 8 - s->at;
}

/* The next n bits, n 0–32. */
static inline uint32_t bits_get(struct bits *s, unsigned n)
{
	uint32_t value = 0;
	if (s->failed || n > 32 || bits_left(s) < n) {
		s->failed = true;
		return 0;
	}
	for (; n > 0; n--, s->at++)
		value = value << 1 | (s->b.p[s->at / 8] >> (7 - s->at % 8) & 1U);
	return value;
}

/* Unsigned and signed Exp-Golomb codes (H.264 9.1), values below 2^32 - 1. */
static inline uint32_t bits_ue(struct bits *s)
{
	unsigned zeros = 0;
	while (!s->failed && bits_get(s, 1) == 0)
		if (++zeros > 31)
			s->failed = true;
	uint32_t rest = bits_get(s, s->failed ? 0 : zeros);
	return s->failed ? 0 : (uint32_t)((UINT64_C(1) << zeros) - 1 + rest);
}

static inline int32_t bits_se(struct bits *s)
{
	uint32_t code = bits_ue(s);
	int64_t half = ((int64_t)code + 1) / 2;
	return (int32_t)(code % 2 ? half : -half);
}
