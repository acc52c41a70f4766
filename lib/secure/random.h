/* Chance for keys, passwords and identifiers, from the system's generator by way of OpenSSL. Any thread.
 * ERR_SYS: the generator refused; the output is zeros, the text empty then, never to be used. */
#pragma once
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

must_check enum err random_bytes(void *to, size_t n);
must_check enum err random_u32(uint32_t *to); /* any but 0 */
must_check enum err random_u64(uint64_t *to);

/* n characters and NUL, so to[n + 1]; 6 bits each. Letters, digits, `+` and `/`: what ICE allows (RFC 8839 5.4). */
must_check enum err random_ice(char *to, size_t n);
/* The same with `-` and `_`: stands in a URL as it is. */
must_check enum err random_url(char *to, size_t n);
