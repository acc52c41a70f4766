/* For tests of parsers: bytes in a heap block of exactly their size, so that AddressSanitizer sees any read past them.
 */
#pragma once
#include "base/bytes.h"
#include <stdlib.h>

static inline struct bytes exact_copy(struct bytes b)
{
	uint8_t *p = malloc(b.n ? b.n : 1);
	if (!p)
		abort();
	if (b.n)
		memcpy(p, b.p, b.n);
	return bytes_of(p, b.n);
}

static inline void exact_free(struct bytes b)
{
	free((void *)b.p);
}

/* Calls `parse` with the first 0, 1, … n bytes of the sample, each in a block of its own. */
static inline void exact_each_prefix(struct bytes sample, void (*parse)(struct bytes prefix, void *context),
				     void *context)
{
	for (size_t n = 0; n <= sample.n; n++) {
		struct bytes prefix = exact_copy(bytes_of(sample.p, n));
		parse(prefix, context);
		exact_free(prefix);
	}
}

/* Calls `parse` with the sample in which one to four bytes are changed at random, `times` times. */
static inline void exact_each_damage(struct bytes sample, int times, void (*parse)(struct bytes damaged, void *context),
				     void *context)
{
	for (int i = 0; i < times; i++) {
		struct bytes damaged = exact_copy(sample);
		for (int k = rand() % 4; k >= 0 && damaged.n; k--)
			((uint8_t *)damaged.p)[(size_t)rand() % damaged.n] = (uint8_t)rand();
		parse(damaged, context);
		exact_free(damaged);
	}
}
