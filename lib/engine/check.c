#include "engine/check.h"
#include "engine/core.h"
#include "engine/site.h"
#include "engine/transport.h"
#include "wire/stun.h"

static struct transport *find(const struct engine *e, const struct stun *check)
{
	struct bytes ours, theirs;
	if (stun_username(check, &ours, &theirs) != ERR_OK)
		return NULL;
	struct transport *t = map_get(&e->route.ufrags, route_ufrag_hash((const char *)ours.p, ours.n));
	return t && bytes_equal(ours, bytes_of(t->ufrag, strlen(t->ufrag))) ? t : NULL;
}

static bool authentic(const struct transport *t, const struct stun *check)
{
	uint8_t scratch[DATAGRAM_MAX], mac[MAC_SHA1];
	struct bytes input, tag;
	if (stun_integrity_input(check, scratch, sizeof scratch, &input, &tag) != ERR_OK)
		return false;
	mac_sha1(&t->stun_key, &input, 1, mac);
	return mac_equal(mac, tag.p, MAC_SHA1);
}

static void answer(struct engine *e, const struct transport *t, const struct stun *check, uint16_t failure,
		   const struct netaddr *to)
{
	uint8_t *room = outbox_room(&e->outbox, OUTBOX_CELL), *tag;
	struct writer w = writer_of(room, OUTBOX_CELL);
	if (failure)
		stun_write_failure(&w, check->transaction, failure, check->unknown,
				   failure == 420 ? check->n_unknown : 0);
	else
		stun_write_success(&w, check->transaction, to);
	struct bytes input = stun_write_integrity(&w, &tag);
	if (tag)
		mac_sha1(&t->stun_key, &input, 1, tag);
	stun_write_fingerprint(&w);
	if (!w.failed)
		outbox_commit(&e->outbox, to, writer_len(&w));
}

/* An address belongs to the transport whose valid check came from it last (a reload keeps address and port). */
static void follow(struct engine *e, struct transport *t, const struct ice_result *result, const struct netaddr *from)
{
	struct transport *before = route_from(&e->route, from);
	if (before && before != t && ice_on_taken(&before->ice, from) && before->state == TRANSPORT_CONNECTED)
		transport_due(e, before, 0);
	if (result->evicted)
		route_drop(&e->route, &result->out, t);
	if (before != t && route_put(&e->route, from, t) != ERR_OK)
		core_drop(e, DROP_NO_TRANSPORT);
}

void check_on_datagram(struct engine *e, struct bytes datagram, const struct netaddr *from, usec now)
{
	struct stun check;
	if (stun_parse(datagram, &check) != ERR_OK) {
		core_drop(e, DROP_STUN_FORMAT);
		return;
	}
	if (check.class != STUN_REQUEST || check.method != STUN_BINDING)
		return; /* indications keep a NAT open and want nothing */
	struct transport *t = find(e, &check);
	if (!t) {
		core_drop(e, DROP_STUN_USER);
		return;
	}
	if (!authentic(t, &check)) {
		core_drop(e, DROP_STUN_AUTH);
		return;
	}
	if (check.n_unknown) {
		answer(e, t, &check, 420, from);
		return;
	}
	struct ice_result result = ice_on_check(&t->ice, &check, from, now);
	if (result.answer == ICE_NOTHING)
		return;
	follow(e, t, &result, from);
	answer(e, t, &check, result.answer == ICE_CONFLICT ? 487 : 0, from);
	if (result.answer == ICE_CONFLICT)
		return;
	if (ice_address(&t->ice))
		transport_on_resumed(e, t, now);
	usec due = USEC_NEVER;
	ice_deadline(&t->ice, &due);
	transport_due(e, t, due);
	if (result.first) /* last: the host may say that it failed, and the transport is gone */
		e->host.dtls_open(e->host.ctx, t->site->csrc, t->generation, t->media.dtls_role, &t->media.peer);
}
