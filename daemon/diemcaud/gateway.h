/* The signalling thread: the web server's callbacks, signalling and the workers' mailboxes tied together. It translates
 * and carries; it decides nothing. */
#pragma once
#include "base/err.h"
#include "config.h"
#include "keeper.h"
#include "secure/cert.h"

struct gateway;

#define GATEWAY_WHY 600

struct gateway_config {
	const struct config *config; /* and what it points to: outlives the gateway */
	struct keeper *keeper;
	const struct cert *dtls; /* certificate of media */
	const char *cert, *key;	 /* PEM files of HTTPS */
	const char *host;	 /* name or address for links when a request has none */
	bool test;		 /* SIGUSR1 cuts UDP, and heals it */
};

/* Takes every port, starts the workers, loads what the store keeps. ERR_SYS, ERR_NOMEM and `why`, one sentence. */
must_check enum err gateway_new(const struct gateway_config *config, struct gateway **gateway, char why[GATEWAY_WHY]);
/* Serves until SIGINT or SIGTERM (a second one ends at once), or a drain asked for by REST, is through. The signals
 * must be blocked in every thread. */
void gateway_run(struct gateway *g);
void gateway_free(struct gateway *g);
uint16_t gateway_port(const struct gateway *g);
/* UDP port of a worker. */
uint16_t gateway_media_port(const struct gateway *g, uint32_t worker);
/* The set-up link's code, NULL when a password is set. */
const char *gateway_setup_code(const struct gateway *g);
