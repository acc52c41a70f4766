/* Inbound SRTP and SRTCP of one transport, opened in place, and its outbound SRTCP.
 *
 * Guarantee: what opens was sealed with the other side's keys, and no index opens twice (window of CRYPT_WINDOW; what
 * is not opened leaves no trace). An SSRC's RTP and its RTCP are a stream each, at most CRYPT_STREAMS of them: memory
 * is bounded whoever holds the keys. Opens what libsrtp opens and refuses what it refuses, but for SRTCP that comes
 * 128 to 1023 packets late, which is opened. RFC 3711, RFC 7714.
 *
 * One owner thread an object, the sealer's. After crypt_new only a new stream may allocate, room for eight at a time
 * (with BACKEND_LIBSRTP, libsrtp does too). */
#pragma once
#include "base/err.h"
#include "base/limits.h"
#include "secure/keys.h"
#include "secure/window.h"
#include <stddef.h>
#include <stdint.h>

#define CRYPT_WINDOW WINDOW
#define CRYPT_STREAMS SSRCS_PER_TRANSPORT
#define CRYPT_RTCP_EXTRA 20 /* bytes sealing adds to a compound at most: index and tag */

/* Once a process: after fork, before seccomp, before threads. ERR_SYS. */
must_check enum err crypt_global_init(void);
void crypt_global_fini(void);

struct crypt;
struct sealer;

/* The sealer is the thread's and outlives the object. ERR_RANGE: unknown profile; ERR_NOMEM; ERR_SYS: the backend
 * refused. *out is NULL on error. */
must_check enum err crypt_new(struct crypt **out, struct sealer *sealer, const struct srtp_keys *keys);
/* The same from session keys, as test vectors give them. ERR_MISSING: libsrtp takes master keys alone. */
struct crypt_sessions {
	struct keys_session rtp_in, rtcp_in, rtcp_out;
};
must_check enum err crypt_new_sessions(struct crypt **out, struct sealer *sealer, enum srtp_profile profile,
				       const struct crypt_sessions *sessions);
void crypt_free(struct crypt *c); /* NULL is allowed */

/* So many streams will come: room for them is taken now, as far as there is memory. */
void crypt_reserve(struct crypt *c, uint32_t streams);

/* Open packet[*length] in place and lower *length. ERR_SHORT, ERR_FORMAT: no RTP or RTCP packet; ERR_AUTH: wrong tag;
 * ERR_REPLAY: seen before or too old; ERR_LIMIT: one stream too many. On error the bytes are not to be used. */
must_check enum err crypt_open_rtp(struct crypt *c, uint8_t *packet, size_t *length);
must_check enum err crypt_open_rtcp(struct crypt *c, uint8_t *packet, size_t *length);

/* Seals the compound packet[*length] in place and raises *length; it is final at once. The SRTCP index is counted in
 * here, from 1, one count for all SSRCs (libsrtp counts for each; both are unique). ERR_FULL: less than
 * CRYPT_RTCP_EXTRA bytes of room in size; ERR_SHORT, ERR_FORMAT; ERR_SYS: the cipher refused, or all indices are used.
 */
must_check enum err crypt_seal_rtcp(struct crypt *c, uint8_t *packet, size_t *length, size_t size);
