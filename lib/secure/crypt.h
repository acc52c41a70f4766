/* Inbound SRTP and SRTCP of one transport, opened in place, and its outbound SRTCP.
 *
 * Guarantee: what opens was sealed with the other side's keys, and no index opens twice (window of CRYPT_WINDOW).
 * At most SSRCS_PER_TRANSPORT inbound SSRCs, RTP's and RTCP's senders together: memory is bounded whoever holds the
 * keys. RFC 3711, RFC 7714, over libsrtp; the interface shows nothing of it.
 *
 * One owner thread an object. Opening the first packet of an SSRC allocates (libsrtp's own per-packet allocations on
 * NSS apart). */
#pragma once
#include "base/err.h"
#include "secure/keys.h"
#include <stddef.h>
#include <stdint.h>

#define CRYPT_WINDOW 1024
#define CRYPT_RTCP_EXTRA 20 /* bytes sealing adds to a compound at most: index and tag */

/* Once a process: after fork, before seccomp, before threads. ERR_SYS. */
must_check enum err crypt_global_init(void);
void crypt_global_fini(void);

struct crypt;
struct sealer;

/* The sealer is the thread's and outlives the object. ERR_RANGE: unknown profile; ERR_NOMEM; ERR_SYS: libsrtp refused.
 * *out is NULL on error. */
must_check enum err crypt_new(struct crypt **out, struct sealer *sealer, const struct srtp_keys *keys);
void crypt_free(struct crypt *c); /* NULL is allowed */

/* Open packet[*length] in place and lower *length. ERR_SHORT, ERR_FORMAT: no RTP or RTCP header; ERR_AUTH: wrong tag;
 * ERR_REPLAY: seen before or too old; ERR_LIMIT: one SSRC too many. On error the bytes are not to be used. */
must_check enum err crypt_open_rtp(struct crypt *c, uint8_t *packet, size_t *length);
must_check enum err crypt_open_rtcp(struct crypt *c, uint8_t *packet, size_t *length);

/* Seals the compound packet[*length] in place and raises *length; the SRTCP index is counted in here.
 * ERR_FULL: less than CRYPT_RTCP_EXTRA bytes of room in size; ERR_SHORT, ERR_FORMAT; ERR_SYS. */
must_check enum err crypt_seal_rtcp(struct crypt *c, uint8_t *packet, size_t *length, size_t size);
