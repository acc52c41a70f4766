/* Sites of relays with signalling: it runs on a thread of its own, and a site looks each 10 ms whether its call is
 * agreed. */
#include "base/str.h"
#include "bench/load/gro.h"
#include "bench/load/join.h"
#include "bench/load/load.h"
#include "bench/load/signalling.h"
#include "bench/load/site.h"
#include "bench/load/taker.h"
#include <stdio.h>
#include <stdlib.h>

#define LOOK_USEC (10 * USEC_MS)

struct calls {
	const struct signalling_kind *kind;
	struct signalling *signalling;
	struct call *of; /* [sites] */
	char own_ip[GRO_IP];
};

static enum err init(struct load *l, const struct signalling_kind *kind)
{
	const struct plan *p = &l->plan;
	if (kind->apart && p->groups[0].speakers == p->groups[0].sites) {
		(void)fprintf(
		    stderr, "load: with this relay a site either sends or takes: give fewer --speakers than --sites\n");
		return ERR_FORMAT;
	}
	struct calls *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	l->signalling = c;
	c->kind = kind;
	gro_own_ip(c->own_ip);
	c->of = calloc(plan_sites(p), sizeof *c->of);
	c->signalling = c->of ? kind->begin(p, c->of, plan_sites(p), cert_sha256(l->cert)) : NULL;
	return c->signalling ? ERR_OK : ERR_SYS;
}

static enum err init_diemcau(struct load *l)
{
	return init(l, &signalling_diemcau);
}

static enum err init_janus(struct load *l)
{
	return init(l, &signalling_janus);
}

static void start(struct site *s, usec now)
{
	struct calls *c = s->load->signalling;
	struct call *call = &c->of[s->index];
	call->site = s->index;
	call->sends = s->sender != NULL;
	call->takes = s->taker != NULL;
	call->own_port = gro_port(s->fd);
	if (str_copy(call->own_ip, sizeof call->own_ip, c->own_ip) ||
	    str_copy(call->own_ufrag, sizeof call->own_ufrag, s->ufrag) ||
	    str_copy(call->own_pwd, sizeof call->own_pwd, s->pwd))
		site_fail(s, "its credentials are too long");
	c->kind->start(c->signalling, s->index + 1);
	s->next_check = now + LOOK_USEC;
	site_wake(s);
}

static void agreed(struct site *s, const struct call *call, usec now)
{
	if (site_connect(s, &call->address) != ERR_OK || site_credentials(s, call->ufrag, call->pwd) != ERR_OK) {
		site_fail(s, "the relay's candidate cannot be reached");
		return;
	}
	s->passive = !call->active;
	memcpy(s->fingerprint, call->fingerprint, sizeof s->fingerprint);
	for (uint32_t i = 0; s->taker && i < call->n_slots; i++)
		taker_slot(s->taker, call->slots[i].video, call->slots[i].ssrc, call->slots[i].rtx_ssrc);
	site_check(s, now);
}

static usec on_deadline(struct site *s, usec now)
{
	const struct calls *c = s->load->signalling;
	const struct call *call = &c->of[s->index];
	switch ((enum call_state)atomic_load(&call->state)) {
	case CALL_AGREED: agreed(s, call, now); return s->next_check;
	case CALL_FAILED: site_fail(s, call->why); return USEC_NEVER;
	default: return now + LOOK_USEC;
	}
}

static void stop(struct load *l)
{
	struct calls *c = l->signalling;
	if (c->signalling)
		c->kind->end(c->signalling);
	free(c->of);
	free(c);
}

const struct join_kind join_diemcau = {
	.at_once = true, .init = init_diemcau, .start = start, .on_deadline = on_deadline, .stop = stop
};
const struct join_kind join_janus = {
	.at_once = true, .init = init_janus, .start = start, .on_deadline = on_deadline, .stop = stop
};
