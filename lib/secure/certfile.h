/* The HTTPS certificate as a pair of PEM files: made once and kept, or looked at when somebody else made it.
 *
 * ECDSA P-256, self-signed, with alternative names (RFC 5280 4.2.1.6). Called at start, on one thread: it reads and
 * writes files. Time is unix seconds, passed in. */
#pragma once
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

#define CERTFILE_ERROR 512
#define CERTFILE_DAYS 800	/* browsers refuse certificates valid for more than 825 days */
#define CERTFILE_MARGIN_DAYS 30 /* renewed when less is left: the daemon looks only when it starts */

/* Names the certificate is good for; "localhost", 127.0.0.1 and ::1 are always added. */
struct certfile_names {
	const char *const *dns; /* host names */
	size_t n_dns;
	const char *const *ips; /* "10.0.0.1", "fe80::1" */
	size_t n_ips;
};

enum certfile_kept {
	CERTFILE_KEPT,	  /* what was there is good */
	CERTFILE_MADE,	  /* there was none */
	CERTFILE_RENEWED, /* what was there was broken, (nearly) expired, half, or the two did not belong together */
};

/* Keeps the pair. The key's file is 0600 from its first byte; each file appears whole or not at all. A name that is no
 * host name or address is left out. ERR_SYS: a file could not be read or written; `error` then is one line:
 * "unreadable certificate: PATH: why" or "cannot write certificate: PATH: why". ERR_NOMEM. `error` is empty on ERR_OK.
 */
must_check enum err certfile_keep(const char *cert_path, const char *key_path, const struct certfile_names *names,
				  int64_t now_s, enum certfile_kept *kept, char error[CERTFILE_ERROR]);

/* Looks at a pair somebody else made (--cert, --key) before it is used. ERR_SYS: cannot be read; ERR_FORMAT: not PEM,
 * or an encrypted key; ERR_AUTH: key and certificate do not belong together; ERR_RANGE: expired or not yet valid.
 * `error` then is one line: "unreadable certificate: PATH: why"; empty on ERR_OK. */
must_check enum err certfile_check(const char *cert_path, const char *key_path, int64_t now_s,
				   char error[CERTFILE_ERROR]);
