#include "secure/keys.h"
#include "secure/openssl.h"
#include <string.h>

static const struct keys_sizes sizes[PROFILES] = {
	[PROFILE_AEAD_AES_128_GCM] = { 16, 12, 16, true },
	[PROFILE_AEAD_AES_256_GCM] = { 32, 12, 16, true },
	[PROFILE_AES128_CM_SHA1_80] = { 16, 14, 10, false },
};

enum part { PART_KEY, PART_AUTH, PART_SALT, PARTS };

static const uint8_t labels[][PARTS] = {
	[KEYS_RTP] = { 0, 1, 2 },
	[KEYS_RTCP] = { 3, 4, 5 },
}; /* RFC 3711 4.3.2 */

const struct keys_sizes *keys_sizes(enum srtp_profile profile)
{
	return (unsigned)profile < PROFILES ? &sizes[profile] : NULL;
}

/* The keystream of AES in counter mode from (label << 48 XOR salt) << 16: n bytes of session key. */
static enum err expand(EVP_CIPHER_CTX *aes, const struct keys_sizes *p, const struct srtp_half *half, uint8_t label,
		       uint8_t *to, size_t n)
{
	static const uint8_t zeros[32];
	uint8_t iv[16] = { 0 };
	int written;
	memcpy(iv, half->salt, p->salt); /* a 12-byte salt counts as followed by zeros (RFC 7714 11) */
	iv[7] ^= label;
	bool ok =
	    EVP_EncryptInit_ex(aes, p->key == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, half->key, iv) == 1 &&
	    EVP_EncryptUpdate(aes, to, &written, zeros, (int)n) == 1;
	return ok ? ERR_OK : ERR_SYS;
}

enum err keys_derive(struct keys_session *session, enum srtp_profile profile, const struct srtp_half *half,
		     enum keys_use use)
{
	const struct keys_sizes *p = keys_sizes(profile);
	memset(session, 0, sizeof *session);
	if (!p)
		return ERR_RANGE;
	EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
	if (!aes)
		return ERR_NOMEM;
	enum err err = expand(aes, p, half, labels[use][PART_KEY], session->key, p->key);
	if (err == ERR_OK)
		err = expand(aes, p, half, labels[use][PART_SALT], session->salt, p->salt);
	if (err == ERR_OK && !p->aead)
		err = expand(aes, p, half, labels[use][PART_AUTH], session->auth, sizeof session->auth);
	EVP_CIPHER_CTX_free(aes);
	if (err != ERR_OK)
		OPENSSL_cleanse(session, sizeof *session);
	return err;
}
