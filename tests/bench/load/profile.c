#include "bench/load/profile.h"
#include "secure/openssl.h"

int __wrap_SSL_CTX_set_tlsext_use_srtp(SSL_CTX *ctx, const char *profiles);
int __real_SSL_CTX_set_tlsext_use_srtp(SSL_CTX *ctx, const char *profiles);

static const char *const names[] = { [PROFILE_AEAD_AES_128_GCM] = "SRTP_AEAD_AES_128_GCM",
				     [PROFILE_AEAD_AES_256_GCM] = "SRTP_AEAD_AES_256_GCM",
				     [PROFILE_AES128_CM_SHA1_80] = "SRTP_AES128_CM_SHA1_80" };
static const char *offered;

void profile_offer(enum srtp_profile profile)
{
	offered = names[profile];
}

int __wrap_SSL_CTX_set_tlsext_use_srtp(SSL_CTX *ctx, const char *profiles)
{
	return __real_SSL_CTX_set_tlsext_use_srtp(ctx, offered ? offered : profiles);
}
