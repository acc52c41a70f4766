/* For tests of ciphers: a standard's vectors are written as hexadecimal text. */
#pragma once
#include "test.h"
#include <stdio.h>

/* Writes the bytes that `hex` names, two digits each; returns how many. */
static inline size_t unhex(uint8_t *to, const char *hex)
{
	size_t n = 0;
	for (; *hex; hex += 2) {
		unsigned byte;
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		to[n++] = (uint8_t)byte;
	}
	return n;
}
