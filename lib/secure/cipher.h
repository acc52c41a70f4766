/* One session key at work, sealing or opening, whoever does the work (secure/sealer).
 *
 * Guarantee: the same bytes whichever backend. What cipher_seal wrote is final after sealer_finish, with
 * CIPHER_SEAL_NOW at once; cipher_open is done when it returns. RFC 3711 4.1.1 and 4.2, RFC 7714 8 and 9; who may use
 * an index, and that it is used once, is the caller's to know.
 *
 * The thread of the sealer alone; nothing here allocates after cipher_new. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "secure/keys.h"
#include "secure/mac.h"
#include <stdalign.h>

struct cipher;
struct mb;
struct sealer;

#define CIPHER_ALIGN 64
#define CIPHER_IV 16

enum cipher_use { CIPHER_SEAL, CIPHER_SEAL_NOW, CIPHER_OPEN };

/* A packet but for its text. */
struct cipher_packet {
	uint32_t ssrc;
	uint64_t index;	     /* RTP: rollover counter << 16 | sequence number; RTCP: 31 bits */
	struct bytes clear;  /* not encrypted, covered by the tag; with AES-CM it lies directly before the text */
	uint8_t trailer[4];  /* AES-CM alone: what the tag covers behind the text … */
	bool trailer_stands; /* … and that stays there, the tag behind it (RTCP); else the tag takes its place (RTP) */
};

/* One backend's way with one kind of key. */
struct cipher_kind {
	enum err (*init)(struct cipher *c, enum srtp_profile profile, const struct keys_session *session);
	void (*fini)(struct cipher *c); /* of a zeroed cipher too */
	bool (*seal)(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, struct bytes head,
		     struct bytes body, uint8_t *text);
	bool (*open)(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, uint8_t *text, size_t n,
		     const uint8_t *tag);
	size_t key_bytes; /* plain memory for the key, zeroed before init; 0: init makes it */
};

/* The key's memory lies behind it in the same piece: one walk of memory brings all that sealing needs. */
struct cipher {
	alignas(CIPHER_ALIGN) const struct cipher_kind *kind;
	struct sealer *sealer;
	struct mb *mb;	   /* NULL: its kinds are not used */
	const void *calls; /* the kind's own, the same for all its keys of one length */
	void *key;	   /* the kind's own */
	uint16_t used;	   /* bytes from here on that sealing reads */
	bool aead;
	uint8_t use;					/* enum cipher_use */
	uint8_t salt[CIPHER_IV];			/* zeros behind it */
	alignas(CIPHER_ALIGN) struct mac_sha1_key auth; /* AES-CM */
};

/* The sealer is the thread's and outlives the cipher. ERR_RANGE: no such profile; ERR_NOMEM; ERR_SYS. *out is NULL on
 * error. */
must_check enum err cipher_new(struct cipher **out, struct sealer *sealer, enum srtp_profile profile,
			       const struct keys_session *session, enum cipher_use use);
/* Wipes; finishes packets in flight first. NULL is allowed. */
void cipher_free(struct cipher *c);

/* Encrypts head || body to `text`, which overlaps neither or is head or body itself (the other one empty); behind it
 * come trailer and tag. False: the cipher refused, what is written is of no use. */
bool cipher_seal(struct cipher *c, const struct cipher_packet *p, struct bytes head, struct bytes body, uint8_t *text);
/* Decrypts n bytes in place. False: wrong tag, and the text is no longer what it was. */
bool cipher_open(struct cipher *c, const struct cipher_packet *p, uint8_t *text, size_t n, const uint8_t *tag);
