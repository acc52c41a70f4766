/* SRTP's two kinds of cipher by intel-ipsec-mb: AES-GCM at once, AES-CM with HMAC-SHA1 as jobs that stay in flight
 * until enough of them are there to fill the processor's lanes, or until mb_finish. See secure/cipher.
 *
 * One `struct mb` a thread. Nothing allocates after mb_new. In a build without the library mb_new says ERR_MISSING and
 * the kinds refuse. */
#pragma once
#include "secure/cipher.h"

/* mb_cm only seals, and RTP: a packet that cannot wait for others is done quicker by OpenSSL. */
extern const struct cipher_kind mb_gcm, mb_cm;

/* ERR_MISSING: not in this build, or the processor lacks AES, carry-less multiplication or AVX2; ERR_NOMEM. */
must_check enum err mb_new(struct mb **out);
void mb_free(struct mb *mb); /* NULL is allowed */
/* What is in flight becomes final. */
void mb_finish(struct mb *mb);
