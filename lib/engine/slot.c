#include "engine/slot.h"
#include "base/str.h"
#include "engine/core.h"
#include "engine/depart.h"
#include "engine/feedback.h"
#include "engine/site.h"
#include "engine/transport.h"

/* Least step of timestamps at a change. A picture may follow the one before at once: whatever is added here is added to
 * the picture's delay against the voice, and stays until the next change. */
#define STEP_AUDIO 960		 /* 20 ms of 48 kHz */
#define STEP_VIDEO 90		 /* 1 ms of 90 kHz */
#define GAP_HEARD (60 * USEC_MS) /* a voice heard so lately goes on at once: the one before needs no closing */

void slot_init(struct engine *e, struct slot *s, struct transport *t, const struct line *line, usec now)
{
	bool video = line->role == LINE_SLOT_VIDEO;
	const struct view_slot *view = video ? &t->site->views[line->slot] : NULL;
	*s = (struct slot){ .transport = t,
			    .line = line,
			    .kind = video ? SLOT_VIDEO : SLOT_AUDIO,
			    .number = line->slot,
			    .twcc = line->exts.twcc,
			    .told = { .layer = SELECT_NONE },
			    .report_at = USEC_NEVER };
	list_init(&s->taker);
	seal_stream_init(&s->seal, line->slot_ssrc);
	seal_stream_init(&s->rtx_seal, line->slot_rtx_ssrc);
	rewrite_init(&s->rewrite, (uint16_t)(core_chance(e) & 0x7fff), (uint16_t)(core_chance(e) & 0x7fff),
		     (uint8_t)core_chance(e));
	slotclock_init(&s->clock, video ? SLOTCLOCK_VIDEO_HZ : SLOTCLOCK_AUDIO_HZ, (uint32_t)core_chance(e),
		       video ? STEP_VIDEO : STEP_AUDIO, now);
	send_init(&s->send, (uint16_t)(core_chance(e) & 0x7fff));
	select_init(&s->select, view ? view->height : 0, view ? view->fps : 0);
	silence_init(&s->silence);
}

void slot_fini(struct engine *e, struct slot *s)
{
	lent_return(e, s);
}

const struct line_codec *slot_codec(const struct slot *s, enum codec codec)
{
	for (unsigned i = 0; i < s->line->n_codecs; i++)
		if (s->line->codecs[i].codec == codec)
			return &s->line->codecs[i];
	return NULL;
}

bool slot_pt(struct slot *s, enum codec codec, uint8_t *pt)
{
	if (s->codec != codec || codec == CODEC_NONE) {
		const struct line_codec *found = slot_codec(s, codec);
		if (!found)
			return false;
		s->codec = codec;
		s->pt = found->pt;
	}
	*pt = s->pt;
	return true;
}

static const char *rid_of(const struct engine *e, const struct slot_told *told)
{
	const struct site *site = site_find(e, told->csrc);
	if (!site || told->layer >= RIDS_MAX)
		return "";
	const struct source *source = &site->sources[told->screen ? SOURCE_SCREEN : SOURCE_CAMERA];
	return source->open ? source->rids[told->layer] : "";
}

static void describe(const struct engine *e, const struct slot *s, struct slot_change *out)
{
	*out = (struct slot_change){ .kind = s->kind,
				     .slot = s->number,
				     .csrc = s->told.csrc,
				     .screen = s->told.screen,
				     .reason = s->told.reason };
	if (s->kind == SLOT_VIDEO)
		(void)str_copy(out->layer, sizeof out->layer, rid_of(e, &s->told));
}

static void tell(struct engine *e, struct slot *s, const struct slot_told *now_true)
{
	struct slot_told *told = &s->told;
	if (told->csrc == now_true->csrc && told->screen == now_true->screen && told->layer == now_true->layer &&
	    told->reason == now_true->reason)
		return;
	*told = *now_true;
	struct event event = { .type = EVENT_SLOTS, .slots = { .csrc = s->transport->site->csrc, .n = 1 } };
	describe(e, s, &event.slots.changes[0]);
	e->host.event(e->host.ctx, &event);
}

void slot_tell_all(struct engine *e, struct transport *t)
{
	struct event event = { .type = EVENT_SLOTS, .slots = { .csrc = t->site->csrc } };
	for (unsigned i = 0; i < t->n_slots; i++)
		describe(e, &t->slots[i], &event.slots.changes[event.slots.n++]);
	e->host.event(e->host.ctx, &event);
}

static void enter(struct slot *s, enum slot_state state, struct source *source, uint32_t csrc, bool screen, usec now)
{
	list_remove(&s->taker);
	s->state = state;
	s->since = now;
	s->source = source;
	s->csrc = csrc;
	s->screen = screen;
	if (source)
		list_append(&source->takers, &s->taker);
}

/* The source goes: its viewers' layers, and the decoder of its voice, are told. */
static void let_go(struct engine *e, struct slot *s, usec now)
{
	struct source *before = s->source;
	if (!before)
		return;
	enter(s, SLOT_EMPTY, NULL, 0, false, now);
	if (s->kind == SLOT_VIDEO) {
		select_stop(&s->select);
	} else {
		silence_on_lost(&s->silence, now);
		transport_due(e, s->transport, now);
	}
	source_decide_demand(e, before, now);
}

void slot_give(struct engine *e, struct slot *s, struct source *source, usec now)
{
	if (s->source == source)
		return;
	if (!lent_need(e, s)) {
		slot_take_away(e, s, now);
		return;
	}
	let_go(e, s, now);
	enter(s, SLOT_WAITING, source, source->site->csrc, source->kind == SOURCE_SCREEN, now);
	s->generation = 0;
	if (s->kind == SLOT_VIDEO) {
		uint8_t layer;
		select_start(&s->select, &source->layers, now);
		if (select_needs_keyframe(&s->select, &source->layers, now, &layer))
			source_ask_keyframe(e, source, layer, now);
	} else if (source->heard != USEC_NEVER && now - source->heard < GAP_HEARD) {
		silence_cancel(&s->silence);
	}
	source_decide_demand(e, source, now);
}

void slot_wait(struct engine *e, struct slot *s, uint32_t csrc, bool screen, usec now)
{
	if (s->state == SLOT_WAITING && !s->source && s->csrc == csrc && s->screen == screen)
		return;
	let_go(e, s, now);
	enter(s, SLOT_WAITING, NULL, csrc, screen, now);
}

void slot_off(struct engine *e, struct slot *s, uint32_t csrc, bool screen, enum slot_reason reason, usec now)
{
	let_go(e, s, now);
	enter(s, SLOT_OFF, NULL, csrc, screen, now);
	tell(e, s, &(struct slot_told){ .csrc = csrc, .screen = screen, .layer = SELECT_NONE, .reason = reason });
}

void slot_take_away(struct engine *e, struct slot *s, usec now)
{
	let_go(e, s, now);
	enter(s, SLOT_EMPTY, NULL, 0, false, now);
	tell(e, s, &(struct slot_told){ .layer = SELECT_NONE });
}

void slot_on_wish(struct slot *s, uint16_t height, uint8_t fps, usec now)
{
	select_on_wish(&s->select, height, fps, s->source ? &s->source->layers : NULL, now);
}

void slot_on_sent(struct engine *e, struct slot *s, uint8_t layer)
{
	const struct slot_told *told = &s->told;
	s->state = SLOT_FILLED;
	if (s->kind != SLOT_VIDEO)
		layer = SELECT_NONE;
	/* nearly always; field by field, for a packet each */
	if (told->csrc == s->csrc && told->layer == layer && told->screen == s->screen &&
	    told->reason == SLOT_REASON_NONE)
		return;
	tell(e, s, &(struct slot_told){ .csrc = s->csrc, .screen = s->screen, .layer = layer });
}

static void look_at_video(struct engine *e, struct slot *s, usec now)
{
	struct source *source = s->source;
	uint8_t layer;
	uint8_t current = s->select.current;
	select_on_deadline(&s->select, &source->layers, now);
	if (select_needs_keyframe(&s->select, &source->layers, now, &layer))
		source_ask_keyframe(e, source, layer, now);
	if (current != s->select.current)
		source_decide_demand(e, source, now);
}

/* What was given stops, or never comes. Told within a second of it: each transport looks once a second. */
static void look_at_flow(struct engine *e, struct slot *s, usec now)
{
	bool flows = s->source && source_is_flowing(s->source, now);
	if (!flows && (s->state == SLOT_FILLED || (s->state == SLOT_WAITING && now - s->since >= SLOT_PATIENCE)))
		tell(e, s,
		     &(struct slot_told){
			 .csrc = s->csrc, .screen = s->screen, .layer = SELECT_NONE, .reason = SLOT_REASON_STOPPED });
}

void slot_on_deadline(struct engine *e, struct slot *s, usec now)
{
	struct silence_out closing;
	if (s->kind == SLOT_VIDEO && s->source)
		look_at_video(e, s, now);
	if (s->kind == SLOT_VIDEO)
		look_at_flow(e, s, now);
	while (s->kind == SLOT_AUDIO && silence_next(&s->silence, now, &closing))
		depart_silence(e, s, closing.toc, closing.timestamp, now);
	lent_on_deadline(e, s, now);
	if (now >= s->report_at) {
		feedback_send_report(e, s, now);
		s->report_at = s->source ? now + FEEDBACK_SR_EVERY : USEC_NEVER;
	}
}

void slot_deadline(const struct slot *s, usec now, usec *next)
{
	usec_lower(next, s->report_at);
	if (s->kind == SLOT_AUDIO)
		silence_deadline(&s->silence, next);
	else if (s->source) {
		layers_deadline(&s->source->layers, now, next);
		if (s->state == SLOT_FILLED && s->source->heard != USEC_NEVER && source_is_flowing(s->source, now))
			usec_lower(next, s->source->heard + LAYERS_SCREEN);
	}
}
