#include "secure/sealer.h"
#include "secure/mb.h"
#include <stdlib.h>
#include <string.h>

struct sealer {
	enum srtp_backend backend;
	struct mb *mb; /* BACKEND_IPSEC_MB */
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
	struct sealer *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_NOMEM;
	s->backend = backend;
	enum err err = ERR_OK;
	if (backend == BACKEND_IPSEC_MB || backend == BACKEND_AUTO)
		err = mb_new(&s->mb);
	if (backend == BACKEND_AUTO) {
		s->backend = s->mb ? BACKEND_IPSEC_MB : BACKEND_EVP;
		err = err == ERR_MISSING ? ERR_OK : err;
	}
	if (err != ERR_OK) {
		free(s);
		return err;
	}
	*out = s;
	return ERR_OK;
}

void sealer_free(struct sealer *s)
{
	if (s)
		mb_free(s->mb);
	free(s);
}

void sealer_finish(struct sealer *s)
{
	if (s->mb)
		mb_finish(s->mb);
}

struct mb *sealer_mb(const struct sealer *s)
{
	return s->mb;
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
