#include "secure/mb.h"

#ifdef WITH_IPSEC_MB
#include "secure/openssl.h"
#define NO_COMPAT_IMB_API_053 /* else it defines SHA1, ENCRYPT and the like */
#include <intel-ipsec-mb.h>
#include <stdlib.h>

#define TAG_GCM 16
#define TAG_CM 10
#define TRAILER 4
#define ALONE 5	   /* packets: so many digests OpenSSL makes faster, one by one, than lanes that are mostly empty */
#define JOB_TAG 12 /* the shortest it makes of HMAC-SHA1 */
#define JOB_BYTES_MAX 4096 /* its lanes count in 16 bits */
#define FEATURES (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_AVX2)

/* What a job needs beyond the packet, at the job's place in the ring. */
struct job_side {
	uint8_t iv[16], tag[16];
};

/* AES-GCM with one length of key. */
struct gcm_calls {
	aes_gcm_pre_t pre;
	aes_gcm_enc_dec_t seal, open;
	aes_gcm_init_t init;
	aes_gcm_enc_dec_update_t update;
	aes_gcm_enc_dec_finalize_t finalize;
};

/* A packet of AES-CM in its place, not yet encrypted. */
struct cm_packet {
	const struct cipher *c;
	uint8_t iv[16];
	uint8_t *text;
	size_t n_clear, n_text;
};

struct mb {
	IMB_MGR *manager;
	struct gcm_calls gcm128, gcm256;
	uint32_t next, flying; /* jobs end in the order they began, and the ring holds IMB_MAX_JOBS */
	struct job_side sides[IMB_MAX_JOBS];
	uint32_t n_alone;
	struct cm_packet alone[ALONE]; /* wait for company before they are jobs */
};

enum err mb_new(struct mb **out)
{
	*out = NULL;
	struct mb *mb = calloc(1, sizeof *mb);
	if (!mb)
		return ERR_NOMEM;
	IMB_MGR *m = mb->manager = alloc_mb_mgr(0);
	if (!m) {
		free(mb);
		return ERR_NOMEM;
	}
	if ((m->features & FEATURES) != FEATURES) {
		mb_free(mb);
		return ERR_MISSING;
	}
	init_mb_mgr_auto(m, NULL);
	if (imb_get_errno(m) != 0) { /* its test of itself is a part of that */
		mb_free(mb);
		return ERR_MISSING;
	}
	mb->gcm128 = (struct gcm_calls){ m->gcm128_pre,	 m->gcm128_enc,	       m->gcm128_dec,
					 m->gcm128_init, m->gcm128_enc_update, m->gcm128_enc_finalize };
	mb->gcm256 = (struct gcm_calls){ m->gcm256_pre,	 m->gcm256_enc,	       m->gcm256_dec,
					 m->gcm256_init, m->gcm256_enc_update, m->gcm256_enc_finalize };
	*out = mb;
	return ERR_OK;
}

void mb_free(struct mb *mb)
{
	if (!mb)
		return;
	free_mb_mgr(mb->manager);
	OPENSSL_cleanse(mb, sizeof *mb);
	free(mb);
}

/* ---- AES-GCM ---------------------------------------------------------------------------------------------------- */

/* Of struct gcm_key_data, what a processor without AVX-512 reads: round keys, and eight powers of the hash key. */
#define GCM_USED (offsetof(struct gcm_key_data, ghash_keys) + (size_t)8 * 16)

static enum err gcm_init(struct cipher *c, enum srtp_profile profile, const struct keys_session *session)
{
	const struct gcm_calls *calls = profile == PROFILE_AEAD_AES_256_GCM ? &c->mb->gcm256 : &c->mb->gcm128;
	size_t used = c->mb->manager->used_arch >= IMB_ARCH_AVX512 ? sizeof(struct gcm_key_data) : GCM_USED;
	c->calls = calls;
	c->used = (uint16_t)(sizeof *c + used);
	calls->pre(session->key, c->key);
	return ERR_OK;
}

static bool gcm_seal(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, struct bytes head,
		     struct bytes body, uint8_t *text)
{
	const struct gcm_key_data *k = c->key;
	const struct gcm_calls *calls = c->calls;
	struct gcm_context_data state;
	uint8_t *tag = text + head.n + body.n;
	if (!head.n || !body.n) {
		const uint8_t *whole = head.n ? head.p : body.n ? body.p : text;
		calls->seal(k, &state, text, whole, head.n + body.n, iv, p->clear.p, p->clear.n, tag, TAG_GCM);
		return true;
	}
	calls->init(k, &state, iv, p->clear.p, p->clear.n);
	calls->update(k, &state, text, head.p, head.n);
	calls->update(k, &state, text + head.n, body.p, body.n);
	calls->finalize(k, &state, tag, TAG_GCM);
	return true;
}

static bool gcm_open(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, uint8_t *text, size_t n,
		     const uint8_t *tag)
{
	const struct gcm_key_data *k = c->key;
	const struct gcm_calls *calls = c->calls;
	struct gcm_context_data state;
	uint8_t right[TAG_GCM];
	calls->open(k, &state, text, text, n, iv, p->clear.p, p->clear.n, right, TAG_GCM);
	return mac_equal(right, tag, TAG_GCM);
}

/* ---- AES-CM and HMAC-SHA1 ---------------------------------------------------------------------------------------- */

struct cm_key {
	uint8_t encrypt[16 * 11], decrypt[16 * 11]; /* round keys; the second are made along with the first */
};

static enum err cm_init(struct cipher *c, enum srtp_profile profile, const struct keys_session *session)
{
	struct cm_key *k = c->key;
	c->used = (uint16_t)(sizeof *c + sizeof k->encrypt);
	IMB_AES_KEYEXP_128(c->mb->manager, session->key, k->encrypt, k->decrypt);
	return ERR_OK;
}

/* A tag that could not be made is none that anybody takes for one: zeros. */
static void end(struct mb *mb, const IMB_JOB *job)
{
	if (job->status == IMB_STATUS_COMPLETED)
		memcpy(job->user_data, job->auth_tag_output, TAG_CM);
	else
		memset(job->user_data, 0, TAG_CM);
	mb->flying--;
}

/* Counter mode in place, done when it returns. */
static bool crypt_now(struct mb *mb, const struct cipher *c, const uint8_t *iv, uint8_t *text, size_t n)
{
	const struct cm_key *k = c->key;
	IMB_JOB job = {
		.enc_keys = k->encrypt,
		.key_len_in_bytes = IMB_KEY_128_BYTES,
		.src = text,
		.dst = text,
		.msg_len_to_cipher_in_bytes = n,
		.iv = iv,
		.iv_len_in_bytes = 16,
		.cipher_mode = IMB_CIPHER_CNTR,
		.cipher_direction = IMB_DIR_ENCRYPT,
	};
	return !n || IMB_SUBMIT_CIPHER_BURST_NOCHECK(mb->manager, &job, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
						     IMB_KEY_128_BYTES) == 1;
}

/* One job encrypts and digests. */
static void submit(struct mb *mb, const struct cm_packet *p)
{
	const struct cm_key *k = p->c->key;
	struct job_side *side = &mb->sides[mb->next++ % IMB_MAX_JOBS];
	memcpy(side->iv, p->iv, sizeof side->iv);
	IMB_JOB *job = IMB_GET_NEXT_JOB(mb->manager);
	*job = (IMB_JOB){
		.enc_keys = k->encrypt,
		.dec_keys = k->decrypt,
		.key_len_in_bytes = IMB_KEY_128_BYTES,
		.src = p->text - p->n_clear,
		.dst = p->text,
		.cipher_start_src_offset_in_bytes = p->n_clear,
		.msg_len_to_cipher_in_bytes = p->n_text,
		.msg_len_to_hash_in_bytes = p->n_clear + p->n_text + TRAILER,
		.iv = side->iv,
		.iv_len_in_bytes = sizeof side->iv,
		.auth_tag_output = side->tag,
		.auth_tag_output_len_in_bytes = JOB_TAG,
		.u.HMAC = { (const uint8_t *)p->c->auth.inner, (const uint8_t *)p->c->auth.outer },
		.cipher_mode = p->n_text ? IMB_CIPHER_CNTR : IMB_CIPHER_NULL,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.hash_alg = IMB_AUTH_HMAC_SHA_1,
		.chain_order = IMB_ORDER_CIPHER_HASH,
		.user_data = p->text + p->n_text,
	};
	mb->flying++;
	for (job = IMB_SUBMIT_JOB_NOCHECK(mb->manager); job; job = IMB_GET_COMPLETED_JOB(mb->manager))
		end(mb, job);
}

/* A packet without company: a digest in one lane costs as much as one in each, and OpenSSL's a third of it. */
static bool seal_alone(struct mb *mb, const struct cm_packet *p, uint8_t *tag)
{
	uint8_t mac[MAC_SHA1];
	struct bytes covered = { p->text - p->n_clear, p->n_clear + p->n_text + TRAILER };
	if (!crypt_now(mb, p->c, p->iv, p->text, p->n_text))
		return false;
	mac_sha1(&p->c->auth, &covered, 1, mac);
	memcpy(tag, mac, TAG_CM);
	return true;
}

/* head || body is first copied to its place (13 ns of 1200 bytes), where it is encrypted; so they may change at once,
 * and clear, text and trailer lie as one piece before the hash. RTP's trailer, the rollover counter, lies there until
 * the tag takes its place. */
static bool cm_seal(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, struct bytes head,
		    struct bytes body, uint8_t *text)
{
	struct mb *mb = c->mb;
	struct cm_packet packet = { .c = c, .text = text, .n_clear = p->clear.n, .n_text = head.n + body.n };
	if (packet.n_clear + packet.n_text > JOB_BYTES_MAX)
		return false;
	if (head.n && head.p != text)
		memcpy(text, head.p, head.n);
	if (body.n && body.p != text)
		memcpy(text + head.n, body.p, body.n);
	memcpy(text + packet.n_text, p->trailer, TRAILER);
	memcpy(packet.iv, iv, sizeof packet.iv);
	if (c->use == CIPHER_SEAL_NOW)
		return seal_alone(mb, &packet, text + packet.n_text + (p->trailer_stands ? TRAILER : 0));
	if (!mb->flying && mb->n_alone < ALONE) {
		mb->alone[mb->n_alone++] = packet;
		return true;
	}
	for (uint32_t i = 0; i < mb->n_alone; i++)
		submit(mb, &mb->alone[i]);
	mb->n_alone = 0;
	submit(mb, &packet);
	return true;
}

static bool cm_open(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, uint8_t *text, size_t n,
		    const uint8_t *tag)
{
	uint8_t mac[MAC_SHA1];
	struct bytes covered[] = { p->clear, { text, n }, { p->trailer, TRAILER } };
	mac_sha1(&c->auth, covered, sizeof covered / sizeof *covered, mac);
	return mac_equal(mac, tag, TAG_CM) && crypt_now(c->mb, c, iv, text, n);
}

void mb_finish(struct mb *mb)
{
	while (mb->flying) {
		const IMB_JOB *job = IMB_FLUSH_JOB(mb->manager);
		if (!job)
			break;
		end(mb, job);
	}
	for (uint32_t i = 0; i < mb->n_alone; i++) {
		const struct cm_packet *p = &mb->alone[i];
		if (!seal_alone(mb, p, p->text + p->n_text))
			memset(p->text + p->n_text, 0, TAG_CM);
	}
	mb->n_alone = 0;
}

const struct cipher_kind mb_gcm = {
	.init = gcm_init, .seal = gcm_seal, .open = gcm_open, .key_bytes = sizeof(struct gcm_key_data)
};
const struct cipher_kind mb_cm = {
	.init = cm_init, .seal = cm_seal, .open = cm_open, .key_bytes = sizeof(struct cm_key)
};

#else

enum err mb_new(struct mb **out)
{
	*out = NULL;
	return ERR_MISSING;
}

void mb_free(struct mb *mb)
{
}

void mb_finish(struct mb *mb)
{
}

static enum err init(struct cipher *c, enum srtp_profile profile, const struct keys_session *session)
{
	return ERR_MISSING;
}

const struct cipher_kind mb_gcm = { .init = init }, mb_cm = { .init = init };

#endif
