#include "engine/remote.h"
#include "base/str.h"
#include "engine/again.h"
#include "engine/core.h"
#include "engine/forward.h"
#include "engine/path.h"
#include "engine/room.h"
#include "engine/site.h"

#define MISSING_EVERY (20 * USEC_MS)

struct source *remote_source(const struct engine *e, uint32_t from, uint32_t csrc, uint8_t kind)
{
	struct site *site = site_find(e, csrc);
	return site && site->worker == from && kind < SOURCES ? &site->sources[kind] : NULL;
}

bool remote_post(struct engine *e, uint32_t worker, const struct link_message *m, uint64_t *untold)
{
	uint64_t bit = UINT64_C(1) << worker;
	bool posted = e->host.post(e->host.ctx, worker, m);
	*untold = posted ? *untold & ~bit : *untold | bit;
	e->others[worker].untold |= !posted;
	return posted;
}

/* ---- of our sites ---------------------------------------------------------------------------------------------- */

static bool tell_source(struct engine *e, struct source *s, uint32_t worker)
{
	struct link_message m = { .type = LINK_SOURCE };
	m.source = (struct link_source){ .csrc = s->site->csrc,
					 .kind = (uint8_t)s->kind,
					 .ready = s->site->ready,
					 .open = s->open,
					 .codec = (uint8_t)s->codec,
					 .layers = s->layers.n };
	memcpy(m.source.rids, s->rids, sizeof m.source.rids);
	return remote_post(e, worker, &m, &s->untold);
}

void remote_tell_source(struct engine *e, struct source *s)
{
	for (uint32_t i = 0; i < e->config.workers; i++)
		if (i != e->config.worker)
			(void)tell_source(e, s, i);
}

void remote_tell_site(struct engine *e, struct site *site)
{
	for (unsigned kind = 0; kind < SOURCES; kind++)
		remote_tell_source(e, &site->sources[kind]);
}

static void tell_gone(struct engine *e, struct source *s, uint32_t worker, const struct link_gone *gone)
{
	struct link_message m = { .type = LINK_GONE, .gone = *gone };
	if (e->host.post(e->host.ctx, worker, &m))
		return;
	core_drop(e, DROP_LINK);
	s->cut_off |= UINT64_C(1) << worker;
}

void remote_tell_gone(struct engine *e, struct source *s, uint8_t layer, uint64_t seq, bool skipped)
{
	struct link_gone gone = { .csrc = s->site->csrc,
				  .kind = (uint8_t)s->kind,
				  .layer = layer,
				  .skipped = skipped,
				  .generation = s->layer[layer].generation,
				  .seq = seq };
	for (uint64_t left = s->taken_by; left; left &= left - 1)
		tell_gone(e, s, (uint32_t)__builtin_ctzll(left), &gone);
}

void remote_on_missing(struct engine *e, uint32_t from, const struct link_missing *m)
{
	struct source *s = remote_source(e, e->config.worker, m->csrc, m->kind);
	if (!s || m->layer >= s->layers.n || s->layer[m->layer].generation != m->generation)
		return; /* that numbering is over: there it will be, too */
	const struct stream *stream = s->layer[m->layer].stream;
	if (stream && nack_waits(&stream->nack, m->seq))
		return;
	struct link_gone gone = {
		.csrc = m->csrc, .kind = m->kind, .layer = m->layer, .generation = m->generation, .seq = m->seq
	};
	tell_gone(e, s, from, &gone);
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

/* What was told last, whether it could be or not. */
static bool tell_take(struct engine *e, struct source *s)
{
	struct link_message m = { .type = LINK_TAKE };
	m.take = (struct link_take){ s->site->csrc, (uint8_t)s->kind, s->told_takes, s->told_wanted };
	return remote_post(e, s->site->worker, &m, &s->untold);
}

void remote_tell_taken(struct engine *e, struct source *s, uint8_t wanted)
{
	bool takes = !list_empty(&s->takers);
	if (takes == s->told_takes && wanted == s->told_wanted)
		return;
	s->told_takes = takes;
	s->told_wanted = wanted;
	(void)tell_take(e, s);
	if (!takes)
		source_forget(e, s);
}

void remote_refuse(struct engine *e, struct source *s)
{
	s->told_takes = false;
	s->told_wanted = 0;
	(void)tell_take(e, s);
}

void remote_ask_keyframe(struct engine *e, const struct source *s)
{
	struct link_message m = { .type = LINK_KEYFRAME };
	m.keyframe = (struct link_keyframe){ s->site->csrc, (uint8_t)s->kind, s->key_layer };
	if (!e->host.post(e->host.ctx, s->site->worker, &m))
		core_drop(e, DROP_LINK);
}

void remote_ask_missing(struct engine *e, struct source *s, uint8_t index, uint64_t seq, usec now)
{
	struct layer *layer = &s->layer[index];
	if (seq <= layer->missing && now - layer->missing_at < MISSING_EVERY)
		return;
	if (now - layer->missing_at >= MISSING_EVERY)
		layer->missing_at = now;
	layer->missing = seq;
	struct link_message m = { .type = LINK_MISSING };
	m.missing = (struct link_missing){ s->site->csrc, (uint8_t)s->kind, index, layer->origin, seq };
	if (!e->host.post(e->host.ctx, s->site->worker, &m))
		core_drop(e, DROP_LINK); /* they ask again */
}

void remote_on_source(struct engine *e, uint32_t from, const struct link_source *m, usec now)
{
	struct source *s = remote_source(e, from, m->csrc, m->kind);
	if (!s)
		return;
	bool same =
	    s->open == m->open && (!m->open || (s->layers.n == m->layers && !memcmp(s->rids, m->rids, sizeof s->rids)));
	if (s->open && !same)
		source_close(e, s, now);
	if (m->open && !same)
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
		forward_skip(e, s, &s->layer[m->layer], m->seq, now);
	else
		again_on_gone(e, s, m->layer, m->seq, now);
}

/* ---- what could not be told ------------------------------------------------------------------------------------ */

static bool tell_rooms(struct engine *e, uint32_t worker)
{
	uint32_t at = 0;
	for (struct room *r; (r = map_next(&e->rooms, &at));)
		if (r->untold >> worker & 1 && !room_tell_decision(e, r, worker))
			return false;
	return true;
}

static bool tell_sources(struct engine *e, uint32_t worker)
{
	uint32_t at = 0;
	for (struct site *site; (site = map_next(&e->sites, &at));)
		for (unsigned kind = 0; kind < SOURCES; kind++) {
			struct source *s = &site->sources[kind];
			if (!(s->untold >> worker & 1))
				continue;
			if (!(site_is_here(e, site) ? tell_source(e, s, worker) : tell_take(e, s)))
				return false;
		}
	return true;
}

void remote_flush(struct engine *e)
{
	for (uint32_t i = 0; e->others && i < e->config.workers; i++)
		if (e->others[i].untold)
			e->others[i].untold = !tell_sources(e, i) || !tell_rooms(e, i);
}
