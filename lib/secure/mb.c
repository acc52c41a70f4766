#include "secure/mb.h"

#ifdef WITH_IPSEC_MB
#include "secure/openssl.h"
#define NO_COMPAT_IMB_API_053 /* else it defines SHA1, ENCRYPT and the like */
#include <intel-ipsec-mb.h>
#include <stdlib.h>

#define ALIGN 64
#define TAG_GCM 16
#define TAG_CM 10
#define JOB_TAG 12	   /* the shortest it makes of HMAC-SHA1 */
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

struct mb {
	IMB_MGR *manager;
	struct gcm_calls gcm128, gcm256;
	uint32_t next, flying; /* jobs end in the order they began, and the ring holds IMB_MAX_JOBS */
	struct job_side sides[IMB_MAX_JOBS];
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

struct gcm_key {
	struct gcm_key_data data; /* first: its alignment is asked for */
	const struct gcm_calls *calls;
};

static void *aligned(size_t n)
{
	void *p = aligned_alloc(ALIGN, (n + ALIGN - 1) / ALIGN * ALIGN);
	if (p)
		memset(p, 0, n);
	return p;
}

static enum err gcm_init(struct cipher *c, enum srtp_profile profile, const struct keys_session *session)
{
	struct gcm_key *k = c->key = aligned(sizeof *k);
	if (!k)
		return ERR_NOMEM;
	k->calls = profile == PROFILE_AEAD_AES_256_GCM ? &c->mb->gcm256 : &c->mb->gcm128;
	k->calls->pre(session->key, &k->data);
	return ERR_OK;
}

static void gcm_fini(struct cipher *c)
{
	if (c->key)
		OPENSSL_cleanse(c->key, sizeof(struct gcm_key));
	free(c->key);
}

static bool gcm_seal(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, struct bytes head,
		     struct bytes body, uint8_t *text)
{
	const struct gcm_key *k = c->key;
	struct gcm_context_data state;
	uint8_t *tag = text + head.n + body.n;
	if (!head.n || !body.n) {
		const uint8_t *whole = head.n ? head.p : body.n ? body.p : text;
		k->calls->seal(&k->data, &state, text, whole, head.n + body.n, iv, p->clear.p, p->clear.n, tag,
			       TAG_GCM);
		return true;
	}
	k->calls->init(&k->data, &state, iv, p->clear.p, p->clear.n);
	k->calls->update(&k->data, &state, text, head.p, head.n);
	k->calls->update(&k->data, &state, text + head.n, body.p, body.n);
	k->calls->finalize(&k->data, &state, tag, TAG_GCM);
	return true;
}

static bool gcm_open(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, uint8_t *text, size_t n,
		     const uint8_t *tag)
{
	const struct gcm_key *k = c->key;
	struct gcm_context_data state;
	uint8_t right[TAG_GCM];
	k->calls->open(&k->data, &state, text, text, n, iv, p->clear.p, p->clear.n, right, TAG_GCM);
	return mac_equal(right, tag, TAG_GCM);
}

/* ---- AES-CM and HMAC-SHA1 ---------------------------------------------------------------------------------------- */

struct cm_key {
	uint8_t encrypt[16 * 11], decrypt[16 * 11]; /* round keys; the second are made along with the first */
};

static enum err cm_init(struct cipher *c, enum srtp_profile profile, const struct keys_session *session)
{
	struct cm_key *k = c->key = aligned(sizeof *k);
	if (!k)
		return ERR_NOMEM;
	IMB_AES_KEYEXP_128(c->mb->manager, session->key, k->encrypt, k->decrypt);
	return ERR_OK;
}

static void cm_fini(struct cipher *c)
{
	if (c->key)
		OPENSSL_cleanse(c->key, sizeof(struct cm_key));
	free(c->key);
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

/* head || body is first copied to its place (13 ns of 1200 bytes), where one job encrypts it and digests all; so they
 * may change at once, and clear, text and trailer lie as one piece before the hash. The trailer, the rollover counter,
 * lies there until the tag takes its place. */
static bool cm_seal(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, struct bytes head,
		    struct bytes body, uint8_t *text)
{
	struct mb *mb = c->mb;
	const struct cm_key *k = c->key;
	size_t n = head.n + body.n, covered = p->clear.n + n + sizeof p->trailer;
	uint8_t *end_of_text = text + n;
	if (covered > JOB_BYTES_MAX)
		return false;
	if (head.n && head.p != text)
		memcpy(text, head.p, head.n);
	if (body.n && body.p != text)
		memcpy(text + head.n, body.p, body.n);
	memcpy(end_of_text, p->trailer, sizeof p->trailer);
	struct job_side *side = &mb->sides[mb->next++ % IMB_MAX_JOBS];
	memcpy(side->iv, iv, sizeof side->iv);
	IMB_JOB *job = IMB_GET_NEXT_JOB(mb->manager);
	*job = (IMB_JOB){
		.enc_keys = k->encrypt,
		.dec_keys = k->decrypt,
		.key_len_in_bytes = IMB_KEY_128_BYTES,
		.src = text - p->clear.n,
		.dst = text,
		.cipher_start_src_offset_in_bytes = p->clear.n,
		.msg_len_to_cipher_in_bytes = n,
		.msg_len_to_hash_in_bytes = covered,
		.iv = side->iv,
		.iv_len_in_bytes = sizeof side->iv,
		.auth_tag_output = side->tag,
		.auth_tag_output_len_in_bytes = JOB_TAG,
		.u.HMAC = { (const uint8_t *)c->auth.inner, (const uint8_t *)c->auth.outer },
		.cipher_mode = n ? IMB_CIPHER_CNTR : IMB_CIPHER_NULL,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.hash_alg = IMB_AUTH_HMAC_SHA_1,
		.chain_order = IMB_ORDER_CIPHER_HASH,
		.user_data = end_of_text,
	};
	mb->flying++;
	for (job = IMB_SUBMIT_JOB_NOCHECK(mb->manager); job; job = IMB_GET_COMPLETED_JOB(mb->manager))
		end(mb, job);
	return true;
}

static bool cm_open(struct cipher *c, const uint8_t *iv, const struct cipher_packet *p, uint8_t *text, size_t n,
		    const uint8_t *tag)
{
	return false;
}

void mb_finish(struct mb *mb)
{
	while (mb->flying) {
		const IMB_JOB *job = IMB_FLUSH_JOB(mb->manager);
		if (!job)
			break;
		end(mb, job);
	}
}

const struct cipher_kind mb_gcm = { gcm_init, gcm_fini, gcm_seal, gcm_open };
const struct cipher_kind mb_cm = { cm_init, cm_fini, cm_seal, cm_open };

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

static void fini(struct cipher *c)
{
}

const struct cipher_kind mb_gcm = { .init = init, .fini = fini }, mb_cm = { .init = init, .fini = fini };

#endif
