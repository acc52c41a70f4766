#include "secure/evp.h"
#include "secure/openssl.h"

#define TAG_GCM 16
#define TAG_CM 10

static const EVP_CIPHER *(*const ciphers[PROFILES])(void) = {
	[PROFILE_AEAD_AES_128_GCM] = EVP_aes_128_gcm,
	[PROFILE_AEAD_AES_256_GCM] = EVP_aes_256_gcm,
	[PROFILE_AES128_CM_SHA1_80] = EVP_aes_128_ctr,
};

/* Keyed once, given a new IV for every packet. Counter mode encrypts either way. */
static enum err init(struct cipher *c, enum srtp_profile profile, const struct keys_session *session)
{
	static const uint8_t iv[16];
	int encrypt = c->use != CIPHER_OPEN;
	c->key = EVP_CIPHER_CTX_new();
	if (!c->key)
		return ERR_NOMEM;
	return EVP_CipherInit_ex(c->key, ciphers[profile](), NULL, session->key, iv, encrypt) == 1 ? ERR_OK : ERR_SYS;
}

static void fini(struct cipher *c)
{
	EVP_CIPHER_CTX_free(c->key);
}

static bool start(struct cipher *c, const uint8_t *iv)
{
	return EVP_CipherInit_ex(c->key, NULL, NULL, NULL, iv, -1) == 1;
}

static bool update(struct cipher *c, struct bytes in, uint8_t *out)
{
	int written;
	return !in.n || EVP_CipherUpdate(c->key, out, &written, in.p, (int)in.n) == 1;
}

static bool gcm_seal(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, struct bytes head,
		     struct bytes body, uint8_t *text)
{
	uint8_t *tag = text + head.n + body.n;
	int written;
	return start(c, iv) && update(c, p->clear, NULL) && update(c, head, text) && update(c, body, text + head.n) &&
	       EVP_CipherFinal_ex(c->key, tag, &written) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c->key, EVP_CTRL_AEAD_GET_TAG, TAG_GCM, tag) == 1;
}

static bool gcm_open(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, uint8_t *text, size_t n,
		     const uint8_t *tag)
{
	uint8_t wanted[TAG_GCM], none[16];
	int written;
	memcpy(wanted, tag, sizeof wanted);
	return start(c, iv) && update(c, p->clear, NULL) && update(c, bytes_of(text, n), text) &&
	       EVP_CIPHER_CTX_ctrl(c->key, EVP_CTRL_AEAD_SET_TAG, TAG_GCM, wanted) == 1 &&
	       EVP_CipherFinal_ex(c->key, none, &written) == 1;
}

static void cm_tag(const struct cipher *c, const struct cipher_packet *p, const uint8_t *text, size_t n,
		   uint8_t mac[MAC_SHA1])
{
	struct bytes covered[] = { p->clear, { text, n }, { p->trailer, sizeof p->trailer } };
	mac_sha1(&c->auth, covered, sizeof covered / sizeof *covered, mac);
}

static bool cm_seal(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, struct bytes head,
		    struct bytes body, uint8_t *text)
{
	uint8_t mac[MAC_SHA1];
	size_t n = head.n + body.n;
	if (!start(c, iv) || !update(c, head, text) || !update(c, body, text + head.n))
		return false;
	cm_tag(c, p, text, n, mac);
	struct writer w = writer_of(text + n, sizeof p->trailer + TAG_CM);
	writer_bytes(&w, bytes_of(p->trailer, p->trailer_stands ? sizeof p->trailer : 0));
	writer_bytes(&w, bytes_of(mac, TAG_CM));
	return true;
}

static bool cm_open(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, uint8_t *text, size_t n,
		    const uint8_t *tag)
{
	uint8_t mac[MAC_SHA1];
	cm_tag(c, p, text, n, mac);
	return mac_equal(mac, tag, TAG_CM) && start(c, iv) && update(c, bytes_of(text, n), text);
}

const struct cipher_kind evp_gcm = { .init = init, .fini = fini, .seal = gcm_seal, .open = gcm_open };
const struct cipher_kind evp_cm = { .init = init, .fini = fini, .seal = cm_seal, .open = cm_open };
