#include "handshake.h"
#include "base/log.h"
#include <stdlib.h>

struct association {
	struct list link; /* in running, or a list of its own */
	struct handshakes *all;
	struct dtls *dtls;
	uint32_t csrc, generation;
	bool told; /* the engine has its keys */
};

enum err handshakes_init(struct handshakes *h, const struct cert *cert, uint32_t sites)
{
	*h = (struct handshakes){ 0 };
	list_init(&h->running);
	enum err err = dtls_ctx_new(&h->ctx, cert);
	if (err)
		return err;
	err = map_init(&h->by_csrc, sites);
	if (err) {
		dtls_ctx_free(h->ctx);
		h->ctx = NULL;
	}
	return err;
}

static void association_free(struct association *a)
{
	map_remove(&a->all->by_csrc, a->csrc);
	list_remove(&a->link);
	dtls_free(a->dtls);
	free(a);
}

void handshakes_fini(struct handshakes *h)
{
	uint32_t at = 0;
	for (struct association *a = map_next(&h->by_csrc, &at); a; at = 0, a = map_next(&h->by_csrc, &at))
		association_free(a);
	map_fini(&h->by_csrc);
	dtls_ctx_free(h->ctx);
	*h = (struct handshakes){ 0 };
}

static struct association *find(const struct handshakes *h, uint32_t csrc, uint32_t generation)
{
	struct association *a = map_get(&h->by_csrc, csrc);
	return a && a->generation == generation ? a : NULL;
}

static void send_datagram(void *ctx, struct bytes datagram)
{
	struct association *a = ctx;
	engine_send_dtls(a->all->engine, a->csrc, a->generation, datagram);
}

/* Tells the engine what became of the handshake. It may free the association by its dtls_close. */
static void settle(struct association *a, enum dtls_state state, usec now)
{
	struct engine *engine = a->all->engine;
	uint32_t csrc = a->csrc, generation = a->generation;
	if (state == DTLS_HANDSHAKING)
		return;
	list_remove(&a->link);
	if (state == DTLS_READY && !a->told) {
		a->told = true;
		log_debug("dtls", "event=ready csrc=%u generation=%u profile=%d", csrc, generation,
			  (int)dtls_keys(a->dtls)->profile);
		engine_on_keys(engine, csrc, generation, dtls_keys(a->dtls), now);
	} else if (state != DTLS_READY) {
		const char *why = dtls_why(a->dtls);
		log_debug("dtls", "event=over csrc=%u generation=%u why=%s", csrc, generation, LOG_TEXT(why));
		engine_on_dtls_failed(engine, csrc, generation, why, now);
	}
}

void handshakes_open(struct handshakes *h, uint32_t csrc, uint32_t generation, enum dtls_role role,
		     const struct fingerprint *peer, usec now)
{
	struct association *old = map_get(&h->by_csrc, csrc);
	if (old)
		association_free(old);
	struct association *a = calloc(1, sizeof *a);
	if (!a)
		return;
	*a = (struct association){ .all = h, .csrc = csrc, .generation = generation };
	list_init(&a->link);
	if (map_put(&h->by_csrc, csrc, a)) {
		free(a);
		return;
	}
	list_append(&h->running, &a->link);
	if (dtls_new(&a->dtls, h->ctx, role == DTLS_ACTIVE, peer->sha256, send_datagram, a, now)) {
		log_error("dtls", "event=new csrc=%u", csrc);
		association_free(a);
	}
}

void handshakes_on_datagram(struct handshakes *h, uint32_t csrc, uint32_t generation, struct bytes datagram, usec now)
{
	struct association *a = find(h, csrc, generation);
	if (a)
		settle(a, dtls_on_datagram(a->dtls, datagram, now), now);
}

void handshakes_close(struct handshakes *h, uint32_t csrc, uint32_t generation)
{
	struct association *a = find(h, csrc, generation);
	if (!a)
		return;
	dtls_close(a->dtls);
	association_free(a);
}

usec handshakes_deadline(const struct handshakes *h)
{
	usec next = USEC_NEVER;
	list_each (it, &h->running)
		usec_lower(&next, dtls_deadline(list_item(it, struct association, link)->dtls));
	return next;
}

void handshakes_on_deadline(struct handshakes *h, usec now)
{
	list_each_safe (it, next, &h->running) {
		struct association *a = list_item(it, struct association, link);
		if (dtls_deadline(a->dtls) <= now)
			settle(a, dtls_on_deadline(a->dtls, now), now);
	}
}
