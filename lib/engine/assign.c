#include "engine/assign.h"
#include "engine/core.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/transport.h"

/* What a room offers, gathered once for all its viewers. */
struct offer {
	struct room *room;
	struct site *stage, *before, *chair, *sharing; /* NULL: none */
	struct site *seen[ROOM_SITES_MAX];	       /* with a shown camera, last speakers first */
	struct site *heard[ROOM_SITES_MAX];	       /* with a shown microphone: the ranked, then the rest */
	unsigned n_seen, n_heard;
};

/* What should be in a slot. */
struct pick {
	struct site *site; /* NULL: nothing */
	bool screen;
};

static struct source *source_of(const struct pick *p)
{
	return p->site ? &p->site->sources[p->screen ? SOURCE_SCREEN : SOURCE_CAMERA] : NULL;
}

static struct site *in_room(const struct engine *e, const struct room *r, uint32_t csrc)
{
	struct site *site = csrc ? site_find(e, csrc) : NULL;
	return site && site->room == r ? site : NULL;
}

static bool listed(struct site *const *sites, unsigned n, const struct site *site)
{
	for (unsigned i = 0; i < n; i++)
		if (sites[i] == site)
			return true;
	return false;
}

/* Keeps `sites` in order of last speech, the latest first; those who never spoke in order of joining. */
static void insert(struct site **sites, unsigned from, unsigned *n, struct site *site)
{
	if (*n == ROOM_SITES_MAX)
		return;
	unsigned at = (*n)++;
	for (; at > from && sites[at - 1]->spoke < site->spoke; at--)
		sites[at] = sites[at - 1];
	sites[at] = site;
}

static void gather_seen(struct offer *o)
{
	list_each (it, &o->room->sites) {
		struct site *site = list_item(it, struct site, in_room);
		const struct source *screen = &site->sources[SOURCE_SCREEN];
		if (source_is_shown(screen) && (!o->sharing || site->shared > o->sharing->shared))
			o->sharing = site;
		if (source_is_shown(&site->sources[SOURCE_CAMERA]))
			insert(o->seen, 0, &o->n_seen, site);
	}
}

static void gather_heard(const struct engine *e, struct offer *o)
{
	for (unsigned i = 0; i < o->room->decision.n_ranked; i++) {
		struct site *site = in_room(e, o->room, o->room->decision.ranked[i]);
		if (site && source_is_shown(&site->sources[SOURCE_MIC]))
			o->heard[o->n_heard++] = site;
	}
	unsigned n_ranked = o->n_heard;
	list_each (it, &o->room->sites) {
		struct site *site = list_item(it, struct site, in_room);
		if (!listed(o->heard, n_ranked, site) && source_is_shown(&site->sources[SOURCE_MIC]))
			insert(o->heard, n_ranked, &o->n_heard, site);
	}
}

/* Who stands on stage for this viewer: never itself. */
static struct site *stage_for(const struct offer *o, const struct site *viewer)
{
	struct site *const order[3] = { o->stage, o->before, o->chair };
	for (unsigned i = 0; i < 3; i++)
		if (order[i] && order[i] != viewer && order[i]->live)
			return order[i];
	for (unsigned i = 0; i < o->n_seen; i++)
		if (o->seen[i] != viewer)
			return o->seen[i];
	return NULL;
}

static struct pick wished(const struct engine *e, const struct offer *o, const struct site *viewer,
			  const struct view_slot *view)
{
	switch (view->source) {
	case VIEW_STAGE: return (struct pick){ stage_for(o, viewer), false };
	case VIEW_SCREEN: return (struct pick){ o->sharing == viewer ? NULL : o->sharing, true };
	case VIEW_SITE: return (struct pick){ in_room(e, o->room, view->csrc), view->screen };
	default: return (struct pick){ NULL, false };
	}
}

static bool shows(const struct pick *picks, unsigned n, const struct site *site)
{
	for (unsigned i = 0; i < n; i++)
		if (picks[i].site == site && !picks[i].screen)
			return true;
	return false;
}

/* The first n_places of `seen` that are neither the viewer nor picked already; those in a slot now keep it. */
static void fill_auto(const struct offer *o, const struct site *viewer, struct pick *picks, const bool *is_auto)
{
	struct transport *t = viewer->transport;
	struct site *chosen[SLOTS_VIDEO_MAX];
	unsigned n_video = t->n_slots - t->n_audio, n_places = 0, n = 0;
	for (unsigned i = 0; i < n_video; i++)
		n_places += is_auto[i];
	for (unsigned i = 0; i < o->n_seen && n < n_places; i++)
		if (o->seen[i] != viewer && !shows(picks, n_video, o->seen[i]))
			chosen[n++] = o->seen[i];
	for (unsigned i = 0; i < n_video; i++)
		for (unsigned j = 0; is_auto[i] && j < n; j++)
			if (chosen[j] && t->slots[t->n_audio + i].csrc == chosen[j]->csrc &&
			    !t->slots[t->n_audio + i].screen) {
				picks[i].site = chosen[j];
				chosen[j] = NULL;
			}
	for (unsigned i = 0, j = 0; i < n_video; i++) {
		while (j < n && !chosen[j])
			j++;
		if (is_auto[i] && !picks[i].site && j < n)
			picks[i].site = chosen[j++];
	}
}

static void put_video(struct engine *e, struct slot *slot, const struct pick *pick, usec now)
{
	struct source *source = source_of(pick);
	if (!source) {
		if (slot->state != SLOT_EMPTY)
			slot_take_away(e, slot, now);
	} else if (!pick->site->live) {
		slot_off(e, slot, pick->site->csrc, pick->screen, SLOT_REASON_LOST, now);
	} else if (source_is_published(source) && !source_is_ready(source)) {
		slot_wait(e, slot, pick->site->csrc, pick->screen, now);
	} else if (!source_is_shown(source)) {
		slot_off(e, slot, pick->site->csrc, pick->screen, SLOT_REASON_OFF, now);
	} else if (source->codec != CODEC_NONE && !slot_codec(slot, source->codec)) {
		slot_off(e, slot, pick->site->csrc, pick->screen, SLOT_REASON_CODEC, now);
	} else {
		slot_give(e, slot, source, now);
	}
}

static void assign_video(struct engine *e, const struct offer *o, struct site *viewer, struct pick *first, usec now)
{
	struct transport *t = viewer->transport;
	struct pick picks[SLOTS_VIDEO_MAX] = { { NULL, false } };
	bool is_auto[SLOTS_VIDEO_MAX] = { false };
	unsigned n = t->n_slots - t->n_audio;
	for (unsigned i = 0; i < n; i++) {
		const struct view_slot *view = &viewer->views[t->slots[t->n_audio + i].number];
		is_auto[i] = view->source == VIEW_AUTO;
		picks[i] = wished(e, o, viewer, view);
	}
	fill_auto(o, viewer, picks, is_auto);
	for (unsigned i = 0; i < n; i++)
		put_video(e, &t->slots[t->n_audio + i], &picks[i], now);
	*first = n && !is_auto[0] ? picks[0] : (struct pick){ NULL, false };
}

/* Whom the viewer hears, most wanted first; the first is for a0. NULL there: who it is for has no voice now. */
static unsigned choose_voices(const struct offer *o, struct site *viewer, const struct pick *v0, struct site **voices,
			      unsigned slots)
{
	unsigned n = 0, most = slots;
	struct site *stage = stage_for(o, viewer);
	struct site *first = v0->site && v0->site != viewer ? v0->site : stage;
	voices[n++] = first && source_is_shown(&first->sources[SOURCE_MIC]) ? first : NULL;
	most += voices[0] ? 0 : 1; /* a0 is then like the others */
	if (n < most && stage && stage != first && source_is_shown(&stage->sources[SOURCE_MIC]))
		voices[n++] = stage;
	for (unsigned i = 0; i < o->n_heard && n < most; i++)
		if (o->heard[i] != viewer && !listed(voices, n, o->heard[i]))
			voices[n++] = o->heard[i];
	return n;
}

static void put_audio(struct engine *e, struct slot *slot, struct site *site, usec now)
{
	if (site)
		slot_give(e, slot, &site->sources[SOURCE_MIC], now);
	else if (slot->state != SLOT_EMPTY)
		slot_take_away(e, slot, now);
}

static void assign_audio(struct engine *e, const struct offer *o, struct site *viewer, const struct pick *v0, usec now)
{
	struct transport *t = viewer->transport;
	struct site *voices[SLOTS_AUDIO_MAX + 1];
	struct site *places[SLOTS_AUDIO_MAX] = { NULL };
	if (!t->n_audio)
		return;
	unsigned n = choose_voices(o, viewer, v0, voices, t->n_audio);
	places[0] = voices[0];
	for (unsigned i = 0; i < t->n_audio; i++)
		for (unsigned j = 1; j < n; j++)
			if (!places[i] && voices[j] && voices[j]->csrc == t->slots[i].csrc) {
				places[i] = voices[j];
				voices[j] = NULL;
			}
	for (unsigned k = 1, j = 1; k <= t->n_audio; k++) { /* a1, a2, …, and a0 last */
		unsigned i = k % t->n_audio;
		while (j < n && !voices[j])
			j++;
		if (!places[i] && j < n)
			places[i] = voices[j++];
	}
	for (unsigned i = 0; i < t->n_audio; i++)
		put_audio(e, &t->slots[i], places[i], now);
}

void assign_room(struct engine *e, struct room *r, usec now)
{
	struct offer o = { .room = r,
			   .stage = in_room(e, r, r->decision.shown),
			   .before = in_room(e, r, r->decision.shown_before),
			   .chair = in_room(e, r, r->chair) };
	gather_seen(&o);
	gather_heard(e, &o);
	list_each (it, &r->sites) {
		struct site *viewer = list_item(it, struct site, in_room);
		struct pick v0;
		if (!viewer->transport || viewer->transport->state == TRANSPORT_NEW)
			continue;
		assign_video(e, &o, viewer, &v0, now);
		assign_audio(e, &o, viewer, &v0, now);
	}
}
