/* The DTLS associations of one worker: what the engine asks for by its host calls, answered by its keys.
 *
 *   engine: dtls_open -> (association)     dtls_datagram -> READY -> engine_on_keys
 *           dtls_close -> (freed)                        -> FAILED, CLOSED -> engine_on_dtls_failed
 *   time:   handshakes_on_deadline -> the last flight again, or FAILED
 *
 * One association a site; a newer generation replaces it. One owner thread, the worker's. */
#pragma once
#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "engine/engine.h"
#include "secure/dtls.h"

struct handshakes {
	struct dtls_ctx *ctx;
	struct engine *engine; /* set once there is one */
	struct map by_csrc;
	struct list running; /* those still shaking hands */
};

/* The certificate must outlive it. ERR_NOMEM, ERR_SYS. */
must_check enum err handshakes_init(struct handshakes *h, const struct cert *cert, uint32_t sites);
void handshakes_fini(struct handshakes *h);

void handshakes_open(struct handshakes *h, uint32_t csrc, uint32_t generation, enum dtls_role role,
		     const struct fingerprint *peer, usec now);
void handshakes_on_datagram(struct handshakes *h, uint32_t csrc, uint32_t generation, struct bytes datagram, usec now);
void handshakes_close(struct handshakes *h, uint32_t csrc, uint32_t generation);

usec handshakes_deadline(const struct handshakes *h);
void handshakes_on_deadline(struct handshakes *h, usec now);
