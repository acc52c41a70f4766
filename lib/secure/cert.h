/* Self-signed ECDSA P-256 certificates: the one for DTLS, made at each start (HTTPS's: secure/certfile).
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

struct cert;
struct evp_pkey_st;
struct x509_st;
struct stack_st_GENERAL_NAME;

/* A fresh key and certificate for DTLS, valid from a day before now_s for a year. ERR_NOMEM, ERR_SYS. */
must_check enum err cert_new(struct cert **out, int64_t now_s);
void cert_free(struct cert *c); /* NULL is allowed */
/* SHA-256 of the DER form. */
const uint8_t *cert_sha256(const struct cert *c);
void cert_sha256_text(const uint8_t sha256[CERT_SHA256], char text[CERT_SHA256_TEXT]);
/* For secure/dtls; owned by c. */
struct evp_pkey_st *cert_key(const struct cert *c);
struct x509_st *cert_x509(const struct cert *c);

/* For secure/certfile: a key and a certificate, valid from a day before now_s for so many days; with alternative names
 * it is a server's. The caller frees both. ERR_SYS. */
must_check enum err cert_make(struct evp_pkey_st **key, struct x509_st **x509, struct stack_st_GENERAL_NAME *names,
			      int64_t now_s, int64_t days);
