#include "secure/libsrtp.h"
#include "secure/openssl.h"
#include "secure/window.h"
#include <srtp2/srtp.h>
#include <stdlib.h>

struct libsrtp {
	srtp_t session;
};

static const srtp_profile_t profiles[PROFILES] = {
	[PROFILE_AEAD_AES_128_GCM] = srtp_profile_aead_aes_128_gcm,
	[PROFILE_AEAD_AES_256_GCM] = srtp_profile_aead_aes_256_gcm,
	[PROFILE_AES128_CM_SHA1_80] = srtp_profile_aes128_cm_sha1_80,
};

enum err libsrtp_global_init(void)
{
	return srtp_init() == srtp_err_status_ok ? ERR_OK : ERR_SYS;
}

void libsrtp_global_fini(void)
{
	srtp_shutdown();
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

static enum err create(srtp_t *session, enum srtp_profile profile, const struct keys_sizes *sizes,
		       const struct srtp_half *half, enum libsrtp_way way)
{
	uint8_t key[SRTP_MAX_KEY_LEN];
	memcpy(key, half->key, sizes->key);
	memcpy(key + sizes->key, half->salt, sizes->salt);
	srtp_policy_t policy = { .ssrc = { .type = way == LIBSRTP_IN ? ssrc_any_inbound : ssrc_any_outbound },
				 .key = key,
				 .window_size = WINDOW };
	srtp_err_status_t status = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profiles[profile]);
	if (status == srtp_err_status_ok)
		status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profiles[profile]);
	if (status == srtp_err_status_ok)
		status = srtp_create(session, &policy);
	OPENSSL_cleanse(key, sizeof key);
	if (status == srtp_err_status_alloc_fail)
		return ERR_NOMEM;
	return status == srtp_err_status_ok ? ERR_OK : ERR_SYS;
}

enum err libsrtp_new(struct libsrtp **out, enum srtp_profile profile, const struct srtp_half *half,
		     enum libsrtp_way way)
{
	const struct keys_sizes *sizes = keys_sizes(profile);
	*out = NULL;
	if (!sizes)
		return ERR_RANGE;
	struct libsrtp *l = calloc(1, sizeof *l);
	if (!l)
		return ERR_NOMEM;
	enum err err = create(&l->session, profile, sizes, half, way);
	if (err != ERR_OK) {
		free(l);
		return err;
	}
	*out = l;
	return ERR_OK;
}

void libsrtp_free(struct libsrtp *l)
{
	if (l)
		srtp_dealloc(l->session);
	free(l);
}

typedef srtp_err_status_t work(srtp_t session, void *packet, int *length);

static enum err by(struct libsrtp *l, work *function, uint8_t *packet, size_t *length)
{
	if (*length > UINT16_MAX)
		return ERR_FORMAT;
	int n = (int)*length;
	enum err err = of_status(function(l->session, packet, &n));
	if (err == ERR_OK)
		*length = (size_t)n;
	return err;
}

enum err libsrtp_open_rtp(struct libsrtp *l, uint8_t *packet, size_t *length)
{
	return by(l, srtp_unprotect, packet, length);
}

enum err libsrtp_open_rtcp(struct libsrtp *l, uint8_t *packet, size_t *length)
{
	return by(l, srtp_unprotect_rtcp, packet, length);
}

enum err libsrtp_seal_rtp(struct libsrtp *l, uint8_t *packet, size_t *length)
{
	return by(l, srtp_protect, packet, length);
}

enum err libsrtp_seal_rtcp(struct libsrtp *l, uint8_t *packet, size_t *length)
{
	return by(l, srtp_protect_rtcp, packet, length);
}
