/* STUN messages of ICE: connectivity checks and their answers. RFC 8489, attributes of RFC 8445 7.1 and 16.1.
 *
 * Guarantee: what stun_parse accepts has a header that agrees with its length, attributes that fill it exactly and, if
 * there is one, a right FINGERPRINT at the very end. Of an attribute that comes twice the first counts; what follows
 * MESSAGE-INTEGRITY is not authenticated and ignored, FINGERPRINT excepted (RFC 8489 14.5).
 *
 * No crypto here: stun_integrity_input and stun_write_integrity give the bytes HMAC-SHA1 goes over, secure/mac computes
 * it. Parsed views point into the message. Pure, no state, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include <stdbool.h>
#include <stdint.h>

#define STUN_HEADER_BYTES 20
#define STUN_TRANSACTION_BYTES 12
#define STUN_MAC_BYTES 20   /* HMAC-SHA1 */
#define STUN_UNKNOWN_MAX 16 /* of a message's unknown attributes so many are listed */
#define STUN_BINDING 0x001  /* the one method of ICE */

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

/* What the sender of a check claims to be (RFC 8445 7.3.1.1). */
enum stun_role { STUN_ROLE_NONE, STUN_CONTROLLING, STUN_CONTROLLED };

struct stun {
	enum stun_class class;
	uint16_t method; /* 12 bits */
	uint8_t transaction[STUN_TRANSACTION_BYTES];
	struct bytes message;  /* the whole of it */
	struct bytes username; /* "<ours>:<theirs>"; p NULL when absent */
	enum stun_role role;
	uint64_t tie_breaker; /* valid with a role; 0 is a value like any other */
	uint32_t priority;    /* valid when has_priority */
	bool has_priority;
	bool use_candidate; /* nominated */
	bool has_fingerprint;
	uint16_t integrity_at;		    /* offset of the MESSAGE-INTEGRITY attribute in the message; 0: none */
	uint16_t unknown[STUN_UNKNOWN_MAX]; /* comprehension-required types (< 0x8000) not known here: answer 420 */
	uint8_t n_unknown;
	/* of a response, for those who send checks (tests, simulations) */
	struct netaddr mapped; /* valid when has_mapped */
	bool has_mapped;
	uint16_t error; /* 300–699; 0: none */
};

/* Reads a whole message. *out is cleared first. ERR_SHORT: ends before its header says, or before 20 bytes; ERR_FORMAT:
 * not STUN, or attributes that break their format; ERR_AUTH: FINGERPRINT wrong. */
must_check enum err stun_parse(struct bytes message, struct stun *out);

/* The two halves of `username` at its first colon. ERR_MISSING: no username, or no colon in it. */
must_check enum err stun_username(const struct stun *s, struct bytes *ours, struct bytes *theirs);

/* The bytes MESSAGE-INTEGRITY was computed over (RFC 8489 14.5: all before it, the length field counting up to its
 * end), put into scratch[n], and the tag to compare with (20 bytes, a view into the message). n >= the message's length
 * always suffices. ERR_MISSING: no MESSAGE-INTEGRITY; ERR_FULL: scratch too small. */
must_check enum err stun_integrity_input(const struct stun *s, uint8_t *scratch, size_t n, struct bytes *input,
					 struct bytes *tag);

/* Building, in this order, into a writer that holds this one message: begin, attributes, integrity (where one is
 * wanted), fingerprint. Ask the writer's `failed` at the end. */
void stun_write_begin(struct writer *w, enum stun_class class, const uint8_t transaction[STUN_TRANSACTION_BYTES]);
void stun_write_username(struct writer *w, struct bytes username);
void stun_write_priority(struct writer *w, uint32_t priority);
void stun_write_use_candidate(struct writer *w);
void stun_write_role(struct writer *w, enum stun_role role, uint64_t tie_breaker); /* NONE writes nothing */
void stun_write_xor_mapped(struct writer *w, const struct netaddr *address);
/* code 300–699, with the reason phrase of RFC 8489 14.8 for those it knows (400, 401, 420, 487, 500). */
void stun_write_error(struct writer *w, uint16_t code);
void stun_write_unknown(struct writer *w, const uint16_t *types, size_t n);
/* Adds MESSAGE-INTEGRITY with its tag still zero. *tag: where its 20 bytes go; the result: what HMAC-SHA1 goes over.
 * No room: *tag NULL and an empty result. Write the tag before the fingerprint. */
struct bytes stun_write_integrity(struct writer *w, uint8_t **tag);
/* Ends the message with FINGERPRINT. */
void stun_write_fingerprint(struct writer *w);

/* Whole answers, up to but without integrity and fingerprint. 400 and 401 go without integrity, 420 and 487 with it. */
void stun_write_success(struct writer *w, const uint8_t transaction[STUN_TRANSACTION_BYTES],
			const struct netaddr *mapped);
/* unknown, n: the types a 420 lists; 0 else. */
void stun_write_failure(struct writer *w, const uint8_t transaction[STUN_TRANSACTION_BYTES], uint16_t code,
			const uint16_t *unknown, size_t n);

/* The CRC-32 of FINGERPRINT before its XOR (ITU V.42, RFC 8489 14.7). */
uint32_t stun_crc32(struct bytes b);
