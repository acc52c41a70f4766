/* Who asks a REST question: the operator on the local socket, an administrator's session by cookie or bearer, or an
 * operator's token. RFC 6750; cookies only from our own pages (SameSite, and Origin where the browser tells it). */
#pragma once
#include "base/limits.h"
#include "signal/code.h"
#include "signal/signal.h"

struct auth {
	char room[ID_MAX + 1]; /* the only room allowed; empty: all */
	char secret[64];       /* of the administrator's session, if that is it */
};

/* CODE_BAD_TOKEN: nothing, or nothing valid, was shown; CODE_FORBIDDEN: a valid token that is no operator's, or a
 * cookie from a foreign page; CODE_TOO_FAST: this address guessed too often. Clears *auth first. */
enum code auth_check(struct signal *hub, const struct signal_request *request, struct auth *auth, char why[CODE_WHY]);
/* Fills the response with a problem document (RFC 9457). */
void auth_problem(struct signal_response *response, enum code code, const char *why);
