/* Passwords of administrators, kept as scrypt text: "scrypt$14$8$1$SALT$HASH" (log2 N, r, p; hex). RFC 7914.
 *
 * Takes tens of milliseconds and 16 MiB on purpose: limit the rate of verifying, never call it on a media thread. */
#pragma once
#include "base/err.h"

#define PASSWORD_TEXT 128	/* with NUL */
#define PASSWORD_MAX_BYTES 1024 /* of the password itself */

/* ERR_RANGE: empty or too long; ERR_SYS, ERR_NOMEM. text is empty on error. */
must_check enum err password_hash(const char *password, char text[PASSWORD_TEXT]);
/* ERR_AUTH: another password; ERR_FORMAT: text is none of ours (parameters above ours are refused too); ERR_RANGE;
 * ERR_SYS. */
must_check enum err password_verify(const char *password, const char *text);
