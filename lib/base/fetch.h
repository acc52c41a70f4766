/* Brings memory nearer to the processor that will be needed in a moment: for walks over more state than its caches
 * hold. Changes nothing but time; the address need not be valid. */
#pragma once
#include <stddef.h>

#define FETCH_LINE 64

static inline void fetch(const void *p, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += FETCH_LINE)
		__builtin_prefetch((const char *)p + at);
}
