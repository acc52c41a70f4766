/* The state folder and the HTTPS certificate, made ready before anything starts. */
#pragma once
#include "base/err.h"
#include "config.h"

#define STATE_WHY 800 /* as long as any other reason not to start */

struct state {
	char cert[CONFIG_TEXT + 32], key[CONFIG_TEXT + 32]; /* PEM files of HTTPS */
	char host[256];					    /* the name or address to write into links */
	bool own_cert;					    /* self-signed */
};

/* Makes the folder where it is missing, sees that it can be written, and makes, keeps or looks at the certificate.
 * ERR_SYS …; `why` is one sentence that says what to do. */
must_check enum err state_prepare(const struct config *config, struct state *state, char why[STATE_WHY]);
