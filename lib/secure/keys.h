/* The SRTP profile and master keys that a DTLS handshake agrees on (RFC 5764 4.2) or a simulation makes up, and the
 * session keys they yield (RFC 3711 4.3 with key derivation rate 0, RFC 7714 11).
 *
 * Plain data; whoever holds session keys wipes them. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the daemon's order of preference. */
enum srtp_profile { PROFILE_AEAD_AES_128_GCM, PROFILE_AEAD_AES_256_GCM, PROFILE_AES128_CM_SHA1_80, PROFILES };

struct srtp_half {
	uint8_t key[32];  /* 16 bytes used; 32 with AES-256 */
	uint8_t salt[14]; /* 12 bytes used with GCM */
};

struct srtp_keys {
	enum srtp_profile profile;
	struct srtp_half local, remote; /* what we seal with, what we open with: DTLS roles already resolved */
};

/* Bytes of a profile's parts. */
struct keys_sizes {
	uint8_t key, salt, tag;
	bool aead; /* AES-GCM; else AES in counter mode and HMAC-SHA1 */
};

/* NULL: no such profile. */
const struct keys_sizes *keys_sizes(enum srtp_profile profile);

enum keys_use { KEYS_RTP, KEYS_RTCP };

/* 16 or 32 byte key, 14 or 12 byte salt, 20 byte HMAC key. */
struct keys_session {
	uint8_t key[32], salt[14], auth[20];
};

/* The session keys of one direction. ERR_RANGE: no such profile; ERR_NOMEM; ERR_SYS: the cipher refused. *session is
 * cleared first. */
must_check enum err keys_derive(struct keys_session *session, enum srtp_profile profile, const struct srtp_half *half,
				enum keys_use use);
