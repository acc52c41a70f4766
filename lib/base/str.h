/* Text in fixed fields: copies that always end in NUL and tell when they cut. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stddef.h>

/* Copies the NUL-ended `from` into to[size]. ERR_RANGE, and an empty `to`, when it does not fit whole. */
enum err str_copy(char *to, size_t size, const char *from);
/* The same for a text of n bytes without NUL; ERR_FORMAT when a NUL stands inside. */
enum err str_copy_n(char *to, size_t size, const char *from, size_t n);
/* printf into to[size]; ERR_RANGE (and the text cut, still NUL-ended) when it does not fit. */
enum err str_print(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* printf behind what the writer holds. Sticky as its other calls: without room for the whole text and the NUL that
 * printf sets behind it (which is not counted) nothing is written and `failed` is set. */
void str_write(struct writer *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
