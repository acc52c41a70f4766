/* Self-signed ECDSA P-256 certificates: one for DTLS, made at each start, and one for HTTPS, made once and kept.
 *
 * X.509 v3, SHA-256, a positive random serial, a subject; small enough for one datagram. Time is unix seconds, passed
 * in. RFC 5280; RFC 8122 5 (fingerprints). `struct cert` is immutable: any thread may read it. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERT_SHA256 32
#define CERT_SHA256_TEXT 96 /* "AB:CD:…" in upper case (Firefox refuses lower) with its NUL */
#define CERT_ERROR 256
#define CERT_TLS_DAYS 800 /* browsers refuse certificates valid for more than 825 days */

struct cert;
struct evp_pkey_st;
struct x509_st;

/* A fresh key and certificate for DTLS, valid from a day before now_s for a year. ERR_NOMEM, ERR_SYS. */
must_check enum err cert_new(struct cert **out, int64_t now_s);
void cert_free(struct cert *c); /* NULL is allowed */
/* SHA-256 of the DER form. */
const uint8_t *cert_sha256(const struct cert *c);
void cert_sha256_text(const uint8_t sha256[CERT_SHA256], char text[CERT_SHA256_TEXT]);
/* For secure/dtls; owned by c. */
struct evp_pkey_st *cert_key(const struct cert *c);
struct x509_st *cert_x509(const struct cert *c);

/* Names the HTTPS certificate is good for; "localhost", 127.0.0.1 and ::1 are always added. */
struct cert_names {
	const char *const *dns; /* host names */
	size_t n_dns;
	const char *const *ips; /* "10.0.0.1", "fe80::1" */
	size_t n_ips;
};

enum cert_kept {
	CERT_KEPT,    /* what was there is good */
	CERT_MADE,    /* there was none */
	CERT_RENEWED, /* what was there was broken, expired, or the two did not belong together */
};

/* Keeps the pair of PEM files: made where missing, renewed where unreadable as PEM, expired at now_s or not belonging
 * together. The key's file is 0600 from its first byte; each file appears whole or not at all. Names that are no
 * host name or address are left out. ERR_SYS: a file could not be read or written; `error` then says which and why,
 * in one line. */
must_check enum err cert_keep_files(const char *cert_path, const char *key_path, const struct cert_names *names,
				    int64_t now_s, enum cert_kept *kept, char error[CERT_ERROR]);

/* Looks at a pair somebody else made (--cert, --key) before it is used. ERR_SYS: cannot be read; ERR_FORMAT: not PEM,
 * or an encrypted key; ERR_AUTH: key and certificate do not belong together; ERR_RANGE: expired or not yet valid.
 * `error` then is one line: "unreadable certificate: PATH: why". */
must_check enum err cert_check_files(const char *cert_path, const char *key_path, int64_t now_s,
				     char error[CERT_ERROR]);
