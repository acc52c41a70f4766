#include "engine/source.h"
#include "engine/core.h"
#include "engine/feedback.h"
#include "engine/forward.h"
#include "engine/remote.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/tell.h"
#include "engine/transport.h"

#define KEYFRAME_SPACING (300 * USEC_MS)
#define FLOWING (2 * USEC_S)

void source_init(struct source *s, struct site *site, enum source_kind kind)
{
	*s = (struct source){ .site = site, .kind = kind, .heard = USEC_NEVER };
	list_init(&s->takers);
	list_init(&s->in_fresh);
	timer_init(&s->timer, TIMER_SOURCE);
}

bool source_is_video(enum source_kind kind)
{
	return kind == SOURCE_CAMERA || kind == SOURCE_SCREEN;
}

static enum demand_kind demand_of(enum source_kind kind)
{
	static const enum demand_kind kinds[SOURCES] = { DEMAND_AUDIO, DEMAND_AUDIO_LOW, DEMAND_CAMERA, DEMAND_SCREEN };
	return kinds[kind];
}

void source_open(struct engine *e, struct source *s, uint8_t layers, const char (*rids)[RID_MAX + 1], usec now)
{
	uint8_t n = layers < 1 ? 1 : layers > RIDS_MAX ? RIDS_MAX : layers;
	s->open = true;
	memcpy(s->rids, rids, sizeof s->rids);
	s->codec = CODEC_NONE;
	s->heard = USEC_NEVER;
	layers_init(&s->layers, n, false, s->kind == SOURCE_SCREEN ? LAYERS_SCREEN : LAYERS_CAMERA);
	for (unsigned i = 0; i < n; i++) {
		s->layer[i] = (struct layer){ .generation = ++e->generations };
		siteclock_source_init(&s->layer[i].clock, source_is_video(s->kind) ? 90000 : 48000);
		rate_init(&s->layer[i].rate);
	}
	keyreq_init(&s->keyreq, KEYFRAME_SPACING, 100 * USEC_MS);
	demand_init(&s->demand, demand_of(s->kind), n, now);
}

void source_close(struct engine *e, struct source *s, usec now)
{
	forward_on_closed(s);
	list_each_safe (it, next, &s->takers)
		slot_wait(e, list_item(it, struct slot, taker), s->site->csrc, s->kind == SOURCE_SCREEN, now);
	timers_set(&e->timers, &s->timer, USEC_NEVER);
	for (unsigned i = 0; i < RIDS_MAX; i++) {
		history_close(e, &s->layer[i]);
		s->layer[i] = (struct layer){ 0 };
	}
	s->open = false;
	s->layers.n = 0;
}

bool source_is_published(const struct source *s)
{
	const struct site *site = s->site;
	if (!site->live)
		return false;
	switch (s->kind) {
	case SOURCE_MIC:
	case SOURCE_MIC_LOW: return site->audio && !site->muted_audio;
	case SOURCE_CAMERA: return site->video && !site->muted_video;
	default: return site->screen && !site->muted_video;
	}
}

bool source_is_ready(const struct source *s)
{
	return s->site->ready;
}

bool source_is_shown(const struct source *s)
{
	return s->open && source_is_ready(s) && source_is_published(s);
}

bool source_is_flowing(const struct source *s, usec now)
{
	usec limit = s->kind == SOURCE_SCREEN ? LAYERS_SCREEN : FLOWING;
	return s->heard != USEC_NEVER && now - s->heard < limit;
}

/* Nothing is asked of a source that sends nothing: when it begins, it begins with a keyframe. */
static void send_pli(struct engine *e, struct source *s, usec now)
{
	if (!source_is_flowing(s, now))
		return;
	const struct stream *stream = s->layer[s->key_layer].stream;
	for (unsigned i = 0; !stream && i < s->layers.n; i++)
		stream = s->layer[i].stream; /* an encoder makes a keyframe on all layers, whichever is named */
	if (stream)
		feedback_send_pli(e, s->site->transport, stream->ssrc, now);
}

static void ask(struct engine *e, struct source *s, usec now)
{
	if (site_is_here(e, s->site))
		send_pli(e, s, now);
	else
		remote_ask_keyframe(e, s);
}

static void due(struct engine *e, struct source *s, usec at)
{
	if (site_is_here(e, s->site))
		transport_due(e, s->site->transport, at);
	else
		timers_lower(&e->timers, &s->timer, at);
}

void source_ask_keyframe(struct engine *e, struct source *s, uint8_t layer, usec now)
{
	if (!s->open || !source_is_video(s->kind) || layer >= s->layers.n)
		return;
	if (s->keyreq.state == KEYREQ_IDLE || layer > s->key_layer)
		s->key_layer = layer;
	keyreq_on_viewers(&s->keyreq, s->site->room->n_sites, now);
	if (keyreq_on_ask(&s->keyreq, now))
		ask(e, s, now);
	due(e, s, s->keyreq.deadline);
}

/* A keyframe's layers come one after the other, the lowest first: over a thin uplink long before the one that is waited
 * for. Nobody waits for a layer that has ceased. */
void source_on_keyframe(struct source *s, uint8_t layer, usec now)
{
	if (layer == s->key_layer || !layers_alive(&s->layers, s->key_layer, now))
		keyreq_on_keyframe(&s->keyreq);
}

static uint8_t taken_here(const struct source *s)
{
	uint8_t layers = 0;
	list_each (it, &s->takers) {
		const struct slot *slot = list_item(it, struct slot, taker);
		if (slot->kind == SLOT_AUDIO)
			return 1;
		layers |= select_wanted(&slot->select, &s->layers);
	}
	return layers;
}

/* What is taken by any viewer, here or elsewhere. */
static uint8_t taken(const struct source *s)
{
	uint8_t layers = s->taken_here;
	for (unsigned i = 0; i < RIDS_MAX; i++)
		layers |= (uint8_t)((s->wanted_by[i] != 0) << i);
	return layers;
}

void source_decide_demand(struct engine *e, struct source *s, usec now)
{
	if (!s->open)
		return;
	s->taken_here = taken_here(s);
	if (!site_is_here(e, s->site)) {
		remote_tell_taken(e, s, taken(s));
		return;
	}
	/* A microphone is always wanted: its levels say who speaks. */
	uint8_t wanted = s->kind == SOURCE_MIC ? 1 : taken(s);
	if (demand_decide(&s->demand, wanted, now))
		tell_encodings(e, s);
	usec at = USEC_NEVER;
	demand_deadline(&s->demand, &at);
	due(e, s, at);
}

void source_on_deadline(struct engine *e, struct source *s, usec now)
{
	if (!s->open)
		return;
	if ((list_empty(&s->takers) && !s->taken_by) || !source_is_flowing(s, now))
		keyreq_on_gone(&s->keyreq); /* whoever still waits asks when packets come again */
	if (keyreq_on_deadline(&s->keyreq, now))
		ask(e, s, now);
	if (site_is_here(e, s->site) && demand_on_deadline(&s->demand, now))
		tell_encodings(e, s);
	history_on_deadline(e, s, now);
}

void source_deadline(const struct source *s, usec *next)
{
	if (!s->open)
		return;
	keyreq_deadline(&s->keyreq, next);
	if (s->site->transport)
		demand_deadline(&s->demand, next);
	history_deadline(s, next);
}

void source_forget(struct engine *e, struct source *s)
{
	timers_set(&e->timers, &s->timer, USEC_NEVER);
	for (unsigned i = 0; i < RIDS_MAX; i++) {
		history_close(e, &s->layer[i]);
		s->layer[i].origin = 0;
	}
}

void source_on_timer(struct engine *e, struct source *s, usec now)
{
	usec next = USEC_NEVER;
	source_on_deadline(e, s, now);
	source_deadline(s, &next);
	/* as for transports: at most one look a millisecond */
	timers_lower(&e->timers, &s->timer, next <= now ? now + USEC_MS : next);
}
