#include "secure/seal.h"
#include "secure/openssl.h"

static const struct profile {
	const EVP_CIPHER *(*cipher)(void);
	const EVP_CIPHER *(*derivation)(void); /* AES in counter mode with the master key's length */
	uint8_t key, salt, tag;		       /* bytes */
	bool aead;
} profiles[PROFILES] = {
	[PROFILE_AEAD_AES_128_GCM] = { EVP_aes_128_gcm, EVP_aes_128_ctr, 16, 12, 16, true },
	[PROFILE_AEAD_AES_256_GCM] = { EVP_aes_256_gcm, EVP_aes_256_ctr, 32, 12, 16, true },
	[PROFILE_AES128_CM_SHA1_80] = { EVP_aes_128_ctr, EVP_aes_128_ctr, 16, 14, 10, false },
};

enum label { LABEL_KEY = 0, LABEL_AUTH = 1, LABEL_SALT = 2 }; /* RFC 3711 4.3.2 */

#define INDEX_LIMIT (1ULL << 48)

static bool known(enum srtp_profile profile)
{
	return (unsigned)profile < PROFILES;
}

/* The keystream of AES in counter mode from (label << 48 XOR salt) << 16: n bytes of session key. */
static enum err expand(EVP_CIPHER_CTX *cipher, const struct profile *p, const struct srtp_half *half, enum label label,
		       uint8_t *to, size_t n)
{
	static const uint8_t zeros[32];
	uint8_t iv[16] = { 0 };
	int written;
	memcpy(iv, half->salt, p->salt); /* a 12-byte salt counts as followed by zeros (RFC 7714 11) */
	iv[7] ^= (uint8_t)label;
	bool ok = EVP_EncryptInit_ex(cipher, p->derivation(), NULL, half->key, iv) == 1 &&
		  EVP_EncryptUpdate(cipher, to, &written, zeros, (int)n) == 1;
	return ok ? ERR_OK : ERR_SYS;
}

enum err seal_derive(struct seal_session *session, enum srtp_profile profile, const struct srtp_half *half)
{
	memset(session, 0, sizeof *session);
	if (!known(profile))
		return ERR_RANGE;
	const struct profile *p = &profiles[profile];
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	if (!cipher)
		return ERR_NOMEM;
	enum err err = expand(cipher, p, half, LABEL_KEY, session->key, p->key);
	if (err == ERR_OK)
		err = expand(cipher, p, half, LABEL_SALT, session->salt, p->salt);
	if (err == ERR_OK && !p->aead)
		err = expand(cipher, p, half, LABEL_AUTH, session->auth, sizeof session->auth);
	EVP_CIPHER_CTX_free(cipher);
	if (err != ERR_OK)
		OPENSSL_cleanse(session, sizeof *session);
	return err;
}

enum err seal_init_session(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile,
			   const struct seal_session *session)
{
	memset(k, 0, sizeof *k);
	if (!known(profile))
		return ERR_RANGE;
	k->profile = profile;
	k->sealer = sealer;
	memcpy(k->salt, session->salt, profiles[profile].salt);
	mac_sha1_key_init(&k->auth, bytes_of(session->auth, sizeof session->auth));
	k->cipher = EVP_CIPHER_CTX_new();
	if (!k->cipher)
		return ERR_NOMEM;
	static const uint8_t iv[16];
	if (EVP_EncryptInit_ex(k->cipher, profiles[profile].cipher(), NULL, session->key, iv) != 1) {
		seal_fini(k);
		return ERR_SYS;
	}
	return ERR_OK;
}

enum err seal_init(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile, const struct srtp_half *local)
{
	struct seal_session session;
	memset(k, 0, sizeof *k);
	enum err err = seal_derive(&session, profile, local);
	if (err == ERR_OK)
		err = seal_init_session(k, sealer, profile, &session);
	OPENSSL_cleanse(&session, sizeof session);
	return err;
}

void seal_fini(struct seal_keys *k)
{
	EVP_CIPHER_CTX_free(k->cipher);
	OPENSSL_cleanse(k, sizeof *k);
}

void seal_stream_init(struct seal_stream *s, uint32_t ssrc)
{
	*s = (struct seal_stream){ .ssrc = ssrc };
}

size_t seal_tag_size(enum srtp_profile profile)
{
	return known(profile) ? profiles[profile].tag : 0;
}

static void window_clear(struct seal_stream *s, uint64_t first, uint64_t n)
{
	if (n >= SEAL_WINDOW) {
		memset(s->window, 0, sizeof s->window);
		return;
	}
	for (uint64_t i = first; i < first + n; i++)
		s->window[i % SEAL_WINDOW / 64] &= ~(1ULL << i % 64);
}

/* Takes the index for good, or says that it was taken. */
static enum err claim(struct seal_stream *s, uint64_t index)
{
	if (!s->any || index > s->highest) {
		window_clear(s, s->any ? s->highest + 1 : 0, s->any ? index - s->highest : SEAL_WINDOW);
		s->highest = index;
		s->any = true;
	} else if (s->highest - index >= SEAL_WINDOW) {
		return ERR_REPLAY;
	}
	uint64_t *word = &s->window[index % SEAL_WINDOW / 64], bit = 1ULL << index % 64;
	if (*word & bit)
		return ERR_REPLAY;
	*word |= bit;
	return ERR_OK;
}

static bool encrypt(EVP_CIPHER_CTX *cipher, struct bytes plain, uint8_t *out)
{
	int written;
	return !plain.n || EVP_EncryptUpdate(cipher, out, &written, plain.p, (int)plain.n) == 1;
}

/* RFC 7714 8.1: the IV is 00 00 || SSRC || rollover counter || sequence number, XOR the salt. */
static bool seal_gcm(struct seal_keys *k, uint32_t ssrc, struct bytes header, struct bytes head, struct bytes body,
		     uint64_t index, uint8_t *out)
{
	uint8_t iv[12], *payload = out + header.n, *tag = payload + head.n + body.n;
	struct writer w = writer_of(iv, sizeof iv);
	int written;
	writer_u16(&w, 0);
	writer_u32(&w, ssrc);
	writer_be(&w, index, 6);
	for (size_t i = 0; i < sizeof iv; i++)
		iv[i] ^= k->salt[i];
	return EVP_EncryptInit_ex(k->cipher, NULL, NULL, NULL, iv) == 1 &&
	       EVP_EncryptUpdate(k->cipher, NULL, &written, header.p, (int)header.n) == 1 &&
	       encrypt(k->cipher, head, payload) && encrypt(k->cipher, body, payload + head.n) &&
	       EVP_EncryptFinal_ex(k->cipher, tag, &written) == 1 &&
	       EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
}

/* RFC 3711 4.1.1: the IV is (salt << 16) XOR (SSRC << 64) XOR (index << 16); 4.2: the tag covers the packet and, after
 * it, the rollover counter. */
static bool seal_cm(struct seal_keys *k, uint32_t ssrc, struct bytes header, struct bytes head, struct bytes body,
		    uint64_t index, uint8_t *out)
{
	uint8_t iv[16], roc[4], mac[MAC_SHA1], *payload = out + header.n, *tag = payload + head.n + body.n;
	struct writer w = writer_of(iv, sizeof iv);
	writer_u32(&w, 0);
	writer_u32(&w, ssrc);
	writer_be(&w, index, 6);
	writer_u16(&w, 0);
	for (size_t i = 0; i < sizeof k->salt; i++)
		iv[i] ^= k->salt[i];
	bool ok = EVP_EncryptInit_ex(k->cipher, NULL, NULL, NULL, iv) == 1 && encrypt(k->cipher, head, payload) &&
		  encrypt(k->cipher, body, payload + head.n);
	w = writer_of(roc, sizeof roc);
	writer_u32(&w, (uint32_t)(index >> 16));
	struct bytes covered[] = { { out, (size_t)(tag - out) }, { roc, sizeof roc } };
	mac_sha1(&k->auth, covered, 2, mac);
	memcpy(tag, mac, profiles[PROFILE_AES128_CM_SHA1_80].tag);
	return ok;
}

enum err seal_packet(struct seal_keys *k, struct seal_stream *s, struct bytes header, struct bytes head,
		     struct bytes body, uint64_t ext_seq, uint8_t *out, size_t size, size_t *length)
{
	const struct profile *p = &profiles[k->profile];
	*length = 0;
	size_t sealed = header.n + head.n + body.n + p->tag;
	if (sealed > size)
		return ERR_FULL;
	struct reader r = reader_of(header);
	reader_skip(&r, 2);
	uint16_t seq = reader_u16(&r);
	reader_skip(&r, 4);
	uint32_t ssrc = reader_u32(&r);
	if (r.failed || seq != (uint16_t)ext_seq || ssrc != s->ssrc)
		return ERR_FORMAT;
	if (ext_seq >= INDEX_LIMIT)
		return ERR_RANGE;
	enum err err = claim(s, ext_seq);
	if (err != ERR_OK)
		return err;
	memcpy(out, header.p, header.n);
	if (!(p->aead ? seal_gcm : seal_cm)(k, ssrc, header, head, body, ext_seq, out))
		return ERR_SYS;
	*length = sealed;
	return ERR_OK;
}
