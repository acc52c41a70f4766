/* Who does the ciphers' work of one thread: intel-ipsec-mb where the processor has it, OpenSSL EVP, or all of libsrtp.
 *
 * Guarantee: sealed packets are the same bytes whichever it is. Packets may be in flight: what seal_packet wrote is
 * final, and may be sent or copied, only after sealer_finish; the packets' own order has no part in it.
 *
 * One a thread, used by that thread alone; it outlives every seal_keys and crypt made with it. Nothing in here
 * allocates after sealer_new. */
#pragma once
#include "base/err.h"
#include <stdbool.h>

enum srtp_backend { BACKEND_AUTO, BACKEND_IPSEC_MB, BACKEND_EVP, BACKEND_LIBSRTP, BACKENDS };

struct mb;
struct sealer;

/* BACKEND_AUTO: the fastest that this build and this processor have. ERR_MISSING: they have not the one that is asked
 * for; ERR_RANGE: no such backend; ERR_NOMEM. *out is NULL on error. */
must_check enum err sealer_new(enum srtp_backend backend, struct sealer **out);
void sealer_free(struct sealer *s); /* NULL is allowed */
/* Makes final the bytes of all packets sealed before, and no longer touches them. Cheap when none is in flight. What
 * a packet was sealed into must stay where it is until then. */
void sealer_finish(struct sealer *s);

/* Which one it became: never BACKEND_AUTO. */
enum srtp_backend sealer_backend(const struct sealer *s);
/* "auto", "ipsec-mb", "evp", "libsrtp", for settings and logs; "" for none of them. Static text. */
const char *sealer_name(enum srtp_backend backend);
/* ERR_MISSING: no backend of that name. */
must_check enum err sealer_named(const char *name, enum srtp_backend *backend);

/* For secure/cipher: NULL unless it is BACKEND_IPSEC_MB. */
struct mb *sealer_mb(const struct sealer *s);
