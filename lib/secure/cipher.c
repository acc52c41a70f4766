#include "secure/cipher.h"
#include "secure/evp.h"
#include "secure/mb.h"
#include "secure/openssl.h"
#include "secure/sealer.h"
#include <stdlib.h>

/* [by ipsec-mb][AES-GCM] */
static const struct cipher_kind *const kinds[2][2] = {
	{ &evp_cm, &evp_gcm },
	{ &mb_cm, &mb_gcm },
};

static size_t piece_bytes(const struct cipher_kind *kind)
{
	return (sizeof(struct cipher) + kind->key_bytes + CIPHER_ALIGN - 1) / CIPHER_ALIGN * CIPHER_ALIGN;
}

enum err cipher_new(struct cipher **out, struct sealer *sealer, enum srtp_profile profile,
		    const struct keys_session *session, enum cipher_use use)
{
	const struct keys_sizes *sizes = keys_sizes(profile);
	*out = NULL;
	if (!sizes)
		return ERR_RANGE;
	struct mb *mb = sealer_mb(sealer);
	const struct cipher_kind *kind = kinds[mb != NULL][sizes->aead];
	size_t bytes = piece_bytes(kind);
	struct cipher *c = aligned_alloc(CIPHER_ALIGN, bytes);
	if (!c)
		return ERR_NOMEM;
	memset(c, 0, bytes);
	c->kind = kind;
	c->sealer = sealer;
	c->mb = mb;
	c->aead = sizes->aead;
	c->use = (uint8_t)use;
	c->used = sizeof *c;
	c->key = kind->key_bytes ? c + 1 : NULL;
	memcpy(c->salt, session->salt, sizes->salt);
	mac_sha1_key_init(&c->auth, bytes_of(session->auth, sizeof session->auth));
	enum err err = c->kind->init(c, profile, session);
	if (err != ERR_OK) {
		cipher_free(c);
		return err;
	}
	*out = c;
	return ERR_OK;
}

void cipher_free(struct cipher *c)
{
	if (!c)
		return;
	sealer_finish(c->sealer);
	if (c->kind->fini)
		c->kind->fini(c);
	OPENSSL_cleanse(c, piece_bytes(c->kind));
	free(c);
}

/* RFC 7714 8.1 and 9.1: the IV is 00 00 || SSRC || 48 bits of index, XOR the salt. RFC 3711 4.1.1: it is
 * (salt << 16) XOR (SSRC << 64) XOR (index << 16). */
static void make_iv(const struct cipher *c, const struct cipher_packet *p, uint8_t iv[CIPHER_IV])
{
	uint8_t *at = iv + (c->aead ? 2 : 4);
	memset(iv, 0, CIPHER_IV);
	bytes_put(at, p->ssrc, 4);
	bytes_put(at + 4, p->index, 6);
	for (size_t i = 0; i < CIPHER_IV; i++)
		iv[i] ^= c->salt[i];
}

bool cipher_seal(struct cipher *c, const struct cipher_packet *p, struct bytes head, struct bytes body, uint8_t *text)
{
	uint8_t iv[CIPHER_IV];
	make_iv(c, p, iv);
	return c->kind->seal(c, iv, p, head, body, text);
}

bool cipher_open(struct cipher *c, const struct cipher_packet *p, uint8_t *text, size_t n, const uint8_t *tag)
{
	uint8_t iv[CIPHER_IV];
	make_iv(c, p, iv);
	return c->kind->open(c, iv, p, text, n, tag);
}
