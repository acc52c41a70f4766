/* Outbound SRTP, out of place: the header is written, head || body encrypted from where they lie into the datagram.
 *
 * Guarantee: an index (SSRC, rollover counter, sequence number) is sealed at most once; late is allowed within
 * SEAL_WINDOW of the highest, twice is not. Output is byte for byte what libsrtp makes of header || head || body.
 * RFC 3711 (AES-CM, HMAC-SHA1), RFC 7714 (AEAD_AES_128_GCM, AEAD_AES_256_GCM).
 *
 * After seal_init nothing allocates (with BACKEND_LIBSRTP, libsrtp does). `struct seal_keys` is one a transport and
 * belongs to one thread; what it points to is freed by seal_fini. Streams are plain data. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "secure/keys.h"
#include "secure/window.h"

#define SEAL_WINDOW WINDOW /* indices, counted down from the highest sealed */
#define SEAL_TAG_MAX 16	   /* bytes the datagram is longer than header + head + body, at most */

struct cipher;
struct libsrtp;
struct sealer;

struct seal_keys {
	enum srtp_profile profile;
	uint16_t fetched; /* bytes of *cipher that sealing reads */
	struct cipher *cipher;
	struct libsrtp *libsrtp; /* instead, with BACKEND_LIBSRTP */
};

/* What is known about one outbound SSRC of one transport. */
struct seal_stream {
	uint32_t ssrc;
	struct window sealed;
};

/* Derives the session keys from one direction's master key and salt. ERR_RANGE for an unknown profile, ERR_NOMEM,
 * ERR_SYS; on error *k needs no seal_fini (it may have one). The sealer is the thread's and outlives *k. */
must_check enum err seal_init(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile,
			      const struct srtp_half *local);
/* The same from session keys, as test vectors give them. ERR_MISSING: libsrtp takes master keys alone. */
must_check enum err seal_init_session(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile,
				      const struct keys_session *session);
/* Also wipes. A zeroed or already finished *k is allowed. Packets in flight are finished first: what they were sealed
 * into must still be there. */
void seal_fini(struct seal_keys *k);

/* What is needed for sealing comes nearer to the processor. */
void seal_fetch(const struct seal_keys *k);

void seal_stream_init(struct seal_stream *s, uint32_t ssrc);
/* No receiver takes it any more, nor does seal_packet. */
static inline bool seal_too_old(const struct seal_stream *s, uint64_t ext_seq)
{
	return s->sealed.any && ext_seq + SEAL_WINDOW <= s->sealed.highest;
}

/* Bytes of the tag: 16 with GCM, 10 with AES128_CM_SHA1_80. */
size_t seal_tag_size(enum srtp_profile profile);

/* Seals one RTP packet into out[size]; its bytes are final only after sealer_finish, header, head and body may change
 * at once. *length = header.n + head.n + body.n + seal_tag_size(). `header` is the RTP
 * header with CSRCs and extension, its sequence number the low 16 bits of ext_seq and its SSRC the stream's; ext_seq is
 * rollover counter << 16 | sequence number, below 2^48; a receiver starts with a rollover counter of 0. head and body
 * may be empty. `out` overlaps none of the three. ERR_FULL: out is too small; ERR_FORMAT: the header is not this
 * stream's and index's; ERR_RANGE: ext_seq, or libsrtp would
 * guess another one; ERR_REPLAY: sealed before, or older than the window; ERR_SYS: the cipher
 * refused, the packet is lost and its index used up. On ERR_FULL, ERR_FORMAT and ERR_RANGE the index stays free.
 * *length is 0 on every error. */
must_check enum err seal_packet(struct seal_keys *k, struct seal_stream *s, struct bytes header, struct bytes head,
				struct bytes body, uint64_t ext_seq, uint8_t *out, size_t size, size_t *length);
