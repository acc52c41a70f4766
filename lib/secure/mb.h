/* SRTP's two kinds of cipher by intel-ipsec-mb: AES-GCM at once; what AES-CM with HMAC-SHA1 seals as jobs that stay
 * in flight until there are enough to fill the processor's lanes, or until mb_finish. Of packets that come alone
 * OpenSSL makes the digest, the library has no quick way for one. See secure/cipher.
 *
 * One `struct mb` a thread. Nothing allocates after mb_new. In a build without the library mb_new says ERR_MISSING and
 * the kinds refuse. */
#pragma once
#include "secure/cipher.h"

extern const struct cipher_kind mb_gcm, mb_cm;

/* ERR_MISSING: not in this build, or the processor lacks AES, carry-less multiplication or AVX2; ERR_NOMEM. */
must_check enum err mb_new(struct mb **out);
void mb_free(struct mb *mb); /* NULL is allowed */
/* What is in flight becomes final. */
void mb_finish(struct mb *mb);
