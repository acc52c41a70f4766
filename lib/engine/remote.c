#include "engine/remote.h"
#include "base/str.h"
#include "engine/again.h"
#include "engine/core.h"
#include "engine/path.h"
#include "engine/room.h"
#include "engine/site.h"

struct source *remote_source(const struct engine *e, uint32_t from, uint32_t csrc, uint8_t kind)
{
	struct site *site = site_find(e, csrc);
	return site && site->worker == from && kind < SOURCES ? &site->sources[kind] : NULL;
}

static void post(struct engine *e, uint32_t worker, const struct link_message *m)
{
	if (!e->host.post(e->host.ctx, worker, m))
		core_drop(e, DROP_LINK);
}

static void post_all(struct engine *e, const struct link_message *m)
{
	for (uint32_t i = 0; i < e->config.workers; i++)
		if (i != e->config.worker)
			post(e, i, m);
}

/* ---- of our sites ---------------------------------------------------------------------------------------------- */

void remote_tell_source(struct engine *e, const struct source *s)
{
	struct link_message m = { .type = LINK_SOURCE };
	m.source = (struct link_source){ .csrc = s->site->csrc,
					 .kind = (uint8_t)s->kind,
					 .ready = s->site->ready,
					 .open = s->open,
					 .codec = (uint8_t)s->codec,
					 .layers = s->layers.n };
	memcpy(m.source.rids, s->rids, sizeof m.source.rids);
	post_all(e, &m);
}

void remote_tell_site(struct engine *e, const struct site *site)
{
	for (unsigned kind = 0; kind < SOURCES; kind++)
		remote_tell_source(e, &site->sources[kind]);
}

void remote_tell_gone(struct engine *e, const struct source *s, uint8_t layer, uint64_t seq, bool skipped)
{
	struct link_message m = { .type = LINK_GONE };
	m.gone = (struct link_gone){ .csrc = s->site->csrc,
				     .kind = (uint8_t)s->kind,
				     .layer = layer,
				     .skipped = skipped,
				     .generation = s->layer[layer].generation,
				     .seq = seq };
	for (uint64_t left = s->taken_by; left; left &= left - 1)
		post(e, (uint32_t)__builtin_ctzll(left), &m);
}

void remote_on_take(struct engine *e, uint32_t from, const struct link_take *m, usec now)
{
	struct source *s = remote_source(e, e->config.worker, m->csrc, m->kind);
	uint64_t bit = UINT64_C(1) << from;
	if (!s)
		return;
	s->taken_by = m->takes ? s->taken_by | bit : s->taken_by & ~bit;
	s->cut_off &= s->taken_by;
	for (unsigned i = 0; i < RIDS_MAX; i++)
		s->wanted_by[i] = m->wanted >> i & 1 ? s->wanted_by[i] | bit : s->wanted_by[i] & ~bit;
	source_decide_demand(e, s, now);
}

void remote_on_keyframe(struct engine *e, const struct link_keyframe *m, usec now)
{
	struct source *s = remote_source(e, e->config.worker, m->csrc, m->kind);
	if (s)
		source_ask_keyframe(e, s, m->layer, now);
}

/* ---- of others' sites ------------------------------------------------------------------------------------------ */

static void tell_take(struct engine *e, const struct source *s, bool takes, uint8_t wanted)
{
	struct link_message m = { .type = LINK_TAKE };
	m.take = (struct link_take){ s->site->csrc, (uint8_t)s->kind, takes, wanted };
	post(e, s->site->worker, &m);
}

void remote_tell_taken(struct engine *e, struct source *s, uint8_t wanted)
{
	bool takes = !list_empty(&s->takers);
	if (takes == s->told_takes && wanted == s->told_wanted)
		return;
	s->told_takes = takes;
	s->told_wanted = wanted;
	tell_take(e, s, takes, wanted);
	if (!takes)
		source_forget(e, s);
}

void remote_refuse(struct engine *e, const struct source *s)
{
	tell_take(e, s, false, 0);
}

void remote_ask_keyframe(struct engine *e, const struct source *s)
{
	struct link_message m = { .type = LINK_KEYFRAME };
	m.keyframe = (struct link_keyframe){ s->site->csrc, (uint8_t)s->kind, s->key_layer };
	post(e, s->site->worker, &m);
}

void remote_on_source(struct engine *e, uint32_t from, const struct link_source *m, usec now)
{
	struct source *s = remote_source(e, from, m->csrc, m->kind);
	if (!s)
		return;
	if (s->open && !m->open)
		source_close(e, s, now);
	else if (!s->open && m->open)
		source_open(e, s, m->layers, m->rids, now);
	path_on_codec(e, s, (enum codec)m->codec, now);
	s->site->ready = m->ready;
	room_on_site(e, s->site->room, s->site);
}

void remote_on_gone(struct engine *e, uint32_t from, const struct link_gone *m, usec now)
{
	struct source *s = remote_source(e, from, m->csrc, m->kind);
	if (!s || m->layer >= s->layers.n || s->layer[m->layer].origin != m->generation)
		return;
	if (m->skipped)
		path_skip(e, s, &s->layer[m->layer], m->seq, now);
	else
		again_on_gone(e, s, m->layer, m->seq, now);
}
