#include "secure/sealer.h"
#include <stdlib.h>
#include <string.h>

struct sealer {
	enum srtp_backend backend;
};

static const char *const names[BACKENDS] = {
	[BACKEND_AUTO] = "auto",
	[BACKEND_IPSEC_MB] = "ipsec-mb",
	[BACKEND_EVP] = "evp",
	[BACKEND_LIBSRTP] = "libsrtp",
};

enum err sealer_new(enum srtp_backend backend, struct sealer **out)
{
	*out = NULL;
	if ((unsigned)backend >= BACKENDS)
		return ERR_RANGE;
	if (backend != BACKEND_AUTO && backend != BACKEND_EVP)
		return ERR_MISSING;
	struct sealer *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_NOMEM;
	s->backend = BACKEND_EVP;
	*out = s;
	return ERR_OK;
}

void sealer_free(struct sealer *s)
{
	free(s);
}

void sealer_finish(struct sealer *s)
{
}

enum srtp_backend sealer_backend(const struct sealer *s)
{
	return s->backend;
}

const char *sealer_name(enum srtp_backend backend)
{
	return (unsigned)backend < BACKENDS ? names[backend] : "";
}

enum err sealer_named(const char *name, enum srtp_backend *backend)
{
	for (unsigned i = 0; i < BACKENDS; i++) {
		if (strcmp(name, names[i]) == 0) {
			*backend = (enum srtp_backend)i;
			return ERR_OK;
		}
	}
	return ERR_MISSING;
}
