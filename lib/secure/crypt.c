#include "secure/crypt.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "secure/openssl.h"
#include <srtp2/srtp.h>
#include <stdlib.h>

struct crypt {
	srtp_t in, out; /* out: SRTCP alone */
	uint8_t n_ssrcs;
	uint32_t ssrcs[SSRCS_PER_TRANSPORT]; /* that libsrtp made a stream for */
};

static const struct profile {
	srtp_profile_t profile;
	uint8_t key, salt; /* bytes */
} profiles[PROFILES] = {
	[PROFILE_AEAD_AES_128_GCM] = { srtp_profile_aead_aes_128_gcm, 16, 12 },
	[PROFILE_AEAD_AES_256_GCM] = { srtp_profile_aead_aes_256_gcm, 32, 12 },
	[PROFILE_AES128_CM_SHA1_80] = { srtp_profile_aes128_cm_sha1_80, 16, 14 },
};

enum err crypt_global_init(void)
{
	return srtp_init() == srtp_err_status_ok ? ERR_OK : ERR_SYS;
}

void crypt_global_fini(void)
{
	srtp_shutdown();
}

static enum err session(srtp_t *out, const struct profile *p, const struct srtp_half *half, srtp_ssrc_type_t direction)
{
	uint8_t key[SRTP_MAX_KEY_LEN];
	memcpy(key, half->key, p->key);
	memcpy(key + p->key, half->salt, p->salt);
	srtp_policy_t policy = { .ssrc = { .type = direction }, .key = key, .window_size = CRYPT_WINDOW };
	srtp_err_status_t status = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, p->profile);
	if (status == srtp_err_status_ok)
		status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, p->profile);
	if (status == srtp_err_status_ok)
		status = srtp_create(out, &policy);
	OPENSSL_cleanse(key, sizeof key);
	if (status == srtp_err_status_alloc_fail)
		return ERR_NOMEM;
	return status == srtp_err_status_ok ? ERR_OK : ERR_SYS;
}

enum err crypt_new(struct crypt **out, struct sealer *sealer, const struct srtp_keys *keys)
{
	*out = NULL;
	if ((unsigned)keys->profile >= PROFILES)
		return ERR_RANGE;
	const struct profile *p = &profiles[keys->profile];
	struct crypt *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	enum err err = session(&c->in, p, &keys->remote, ssrc_any_inbound);
	if (err == ERR_OK)
		err = session(&c->out, p, &keys->local, ssrc_any_outbound);
	if (err != ERR_OK) {
		crypt_free(c);
		return err;
	}
	*out = c;
	return ERR_OK;
}

void crypt_free(struct crypt *c)
{
	if (!c)
		return;
	if (c->in)
		srtp_dealloc(c->in);
	if (c->out)
		srtp_dealloc(c->out);
	free(c);
}

static enum err of_status(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok: return ERR_OK;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cipher_fail: /* GCM's wrong tag */ return ERR_AUTH;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old: return ERR_REPLAY;
	case srtp_err_status_alloc_fail: return ERR_NOMEM;
	default: return ERR_FORMAT;
	}
}

static bool ssrc_known(const struct crypt *c, uint32_t ssrc)
{
	for (size_t i = 0; i < c->n_ssrcs; i++)
		if (c->ssrcs[i] == ssrc)
			return true;
	return false;
}

typedef srtp_err_status_t unprotect(srtp_t session, void *packet, int *length);

static enum err open_packet(struct crypt *c, unprotect *open, uint8_t *packet, size_t *length, size_t header,
			    size_t ssrc_at)
{
	if (*length < header)
		return ERR_SHORT;
	if (packet[0] >> 6 != 2 || *length > INT32_MAX)
		return ERR_FORMAT;
	struct reader r = reader_of(bytes_of(packet + ssrc_at, 4));
	uint32_t ssrc = reader_u32(&r);
	bool known = ssrc_known(c, ssrc);
	if (!known && c->n_ssrcs == SSRCS_PER_TRANSPORT)
		return ERR_LIMIT;
	int n = (int)*length;
	enum err err = of_status(open(c->in, packet, &n));
	if (err != ERR_OK)
		return err;
	if (!known)
		c->ssrcs[c->n_ssrcs++] = ssrc;
	*length = (size_t)n;
	return ERR_OK;
}

enum err crypt_open_rtp(struct crypt *c, uint8_t *packet, size_t *length)
{
	return open_packet(c, srtp_unprotect, packet, length, 12, 8);
}

enum err crypt_open_rtcp(struct crypt *c, uint8_t *packet, size_t *length)
{
	return open_packet(c, srtp_unprotect_rtcp, packet, length, 8, 4);
}

enum err crypt_seal_rtcp(struct crypt *c, uint8_t *packet, size_t *length, size_t size)
{
	if (*length < 8)
		return ERR_SHORT;
	if (packet[0] >> 6 != 2 || *length > INT32_MAX)
		return ERR_FORMAT;
	if (size < *length || size - *length < CRYPT_RTCP_EXTRA)
		return ERR_FULL;
	int n = (int)*length;
	if (srtp_protect_rtcp(c->out, packet, &n) != srtp_err_status_ok)
		return ERR_SYS;
	*length = (size_t)n;
	return ERR_OK;
}
