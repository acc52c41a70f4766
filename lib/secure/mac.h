/* Message digests: HMAC-SHA1 for STUN's MESSAGE-INTEGRITY (RFC 8489 14.5), SHA-256 and HMAC-SHA256 for all else.
 *
 * Nothing of SHA-1 allocates; a key is prepared once and is plain data. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

#define MAC_SHA1 20
#define MAC_SHA256 32
#define MAC_SHA256_HEX 65 /* lower-case hex and NUL */

/* An HMAC-SHA1 key: the chaining values after its inner and outer block. */
struct mac_sha1_key {
	uint32_t inner[5], outer[5];
};

/* Any length of key (RFC 2104). */
void mac_sha1_key_init(struct mac_sha1_key *k, struct bytes key);
/* Over the parts one after the other; so a STUN message is digested with the length that MESSAGE-INTEGRITY wants,
 * without being changed. */
void mac_sha1(const struct mac_sha1_key *k, const struct bytes *parts, size_t n_parts, uint8_t mac[MAC_SHA1]);

/* In time that depends on n alone. */
bool mac_equal(const void *a, const void *b, size_t n);

/* ERR_SYS: the digest refused. */
must_check enum err mac_sha256(struct bytes data, uint8_t digest[MAC_SHA256]);
must_check enum err mac_hmac_sha256(struct bytes key, struct bytes data, uint8_t mac[MAC_SHA256]);

/* What the store keeps of a seat's secret (at least 128 random bits, so one plain hash is enough). */
must_check enum err mac_secret(const char *secret, char hex[MAC_SHA256_HEX]);
