/* What signalling asks of the host beside its sockets: the store, chance, hashes, passwords and tokens. */
#pragma once
#include "base/err.h"
#include "secure/token.h"
#include "signal/signal.h"
#include "store/store.h"

struct keeper {
	struct store *store;
	struct token_key key; /* signs the links of this daemon; made once and kept */
};

#define KEEPER_WHY STORE_WHY

/* Opens the state folder's store and its token key. ERR_SYS, ERR_RANGE, ERR_NOMEM and `why`, one sentence. */
must_check enum err keeper_open(struct keeper *k, const char *folder, char why[KEEPER_WHY]);
void keeper_close(struct keeper *k);
/* Fills the calls of `host` that are served from here; each is given `k` by way of *keeper_of(ctx). */
void keeper_serve(struct signal_host *host);
/* The host's ctx begins with a pointer to its keeper. */
struct keeper_ctx {
	struct keeper *keeper;
};
