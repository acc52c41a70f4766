#include "secure/mac.h"
#include "secure/openssl.h"

#define BLOCK 64 /* bytes */

static void chain(uint32_t state[5], const uint8_t key[BLOCK], uint8_t pad)
{
	uint8_t block[BLOCK];
	for (size_t i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	SHA_CTX c;
	SHA1_Init(&c);
	SHA1_Update(&c, block, sizeof block);
	memcpy(state, (uint32_t[]){ c.h0, c.h1, c.h2, c.h3, c.h4 }, 5 * sizeof *state);
	OPENSSL_cleanse(block, sizeof block);
	OPENSSL_cleanse(&c, sizeof c);
}

static void resume(SHA_CTX *c, const uint32_t state[5])
{
	SHA1_Init(c);
	c->h0 = state[0];
	c->h1 = state[1];
	c->h2 = state[2];
	c->h3 = state[3];
	c->h4 = state[4];
	c->Nl = BLOCK * 8;
}

void mac_sha1_key_init(struct mac_sha1_key *k, struct bytes key)
{
	uint8_t block[BLOCK] = { 0 };
	if (key.n > BLOCK)
		SHA1(key.p, key.n, block);
	else if (key.n)
		memcpy(block, key.p, key.n);
	chain(k->inner, block, 0x36);
	chain(k->outer, block, 0x5c);
	OPENSSL_cleanse(block, sizeof block);
}

void mac_sha1(const struct mac_sha1_key *k, const struct bytes *parts, size_t n_parts, uint8_t mac[MAC_SHA1])
{
	SHA_CTX c;
	resume(&c, k->inner);
	for (size_t i = 0; i < n_parts; i++)
		if (parts[i].n)
			SHA1_Update(&c, parts[i].p, parts[i].n);
	SHA1_Final(mac, &c);
	resume(&c, k->outer);
	SHA1_Update(&c, mac, MAC_SHA1);
	SHA1_Final(mac, &c);
}

bool mac_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

enum err mac_sha256(struct bytes data, uint8_t digest[MAC_SHA256])
{
	memset(digest, 0, MAC_SHA256);
	return EVP_Digest(data.p, data.n, digest, NULL, EVP_sha256(), NULL) == 1 ? ERR_OK : ERR_SYS;
}

enum err mac_hmac_sha256(struct bytes key, struct bytes data, uint8_t mac[MAC_SHA256])
{
	memset(mac, 0, MAC_SHA256);
	/* A NULL key would mean "the key of before" to OpenSSL. */
	return HMAC(EVP_sha256(), key.n ? key.p : (const uint8_t *)"", (int)key.n, data.p, data.n, mac, NULL) ? ERR_OK
													      : ERR_SYS;
}

enum err mac_secret(const char *secret, char hex[MAC_SHA256_HEX])
{
	uint8_t digest[MAC_SHA256];
	enum err err = mac_sha256(bytes_of(secret, strlen(secret)), digest);
	memset(hex, 0, MAC_SHA256_HEX);
	for (size_t i = 0; err == ERR_OK && i < MAC_SHA256; i++) {
		hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	return err;
}
