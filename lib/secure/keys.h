/* The SRTP profile and master keys that a DTLS handshake agrees on (RFC 5764 4.2), or a simulation makes up. */
#pragma once
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
