/* Percent-encoding in paths and queries (RFC 3986 2.1; '+' is a blank in queries). */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

/* n bytes of `from` decoded into to[size]. ERR_FORMAT: a broken escape, or NUL; ERR_RANGE: does not fit. `to` is empty
 * then. */
must_check enum err query_decode(const char *from, size_t n, bool plus, char *to, size_t size);
/* The first value of `key`. ERR_MISSING leaves `to` as it is; else as query_decode. */
enum err query_get(const char *query, const char *key, char *to, size_t size);
