#include "engine/forward.h"
#include "base/fetch.h"
#include "base/seq.h"
#include "engine/core.h"
#include "engine/depart.h"
#include "engine/loan.h"
#include "engine/remote.h"
#include "engine/site.h"
#include "engine/transport.h"

#define VOICE_WAIT 14400 /* at most 300 ms of a voice's beginning are left out */

static void begin_epoch(struct slot *s, const struct layer *layer, const struct packet *p, const struct rewrite_in *in,
			struct rewrite_out *out, uint32_t *timestamp)
{
	rewrite_switch(&s->rewrite, in, out);
	*timestamp =
	    slotclock_switch(&s->clock, layer->generation, p->meta.timestamp, p->meta.captured, p->meta.arrival);
	s->generation = layer->generation;
}

/* False: not for this viewer, counted. */
static bool map_on(struct engine *e, struct slot *s, const struct layer *layer, const struct packet *p,
		   const struct rewrite_in *in, struct rewrite_out *out, uint32_t *timestamp, bool *restarted)
{
	switch (rewrite_map(&s->rewrite, in, out)) {
	case REWRITE_OK: break;
	case REWRITE_DUPLICATE: return core_stop(e, DROP_DUPLICATE);
	case REWRITE_DROPPED: return core_stop(e, DROP_TEMPORAL);
	default: return core_stop(e, DROP_OLD);
	}
	return slotclock_map(&s->clock, layer->generation, p->meta.timestamp, p->meta.arrival, timestamp, restarted) ||
	       core_stop(e, DROP_OLD);
}

static void replay_after(struct engine *e, struct run *r, const struct layer *layer, uint64_t seq, usec now);

static void to_video_slot(struct engine *e, struct run *r, const struct layer *layer, const struct packet *p, usec now)
{
	struct slot *s = r->slot;
	struct source *source = s->source;
	struct rewrite_in in = rewrite_in_video(layer->generation, &p->meta);
	struct rewrite_out out;
	uint32_t timestamp;
	uint64_t fill;
	enum select_verdict verdict = select_decide(&s->select, &source->layers, &p->meta, now);
	if (verdict == SELECT_FORWARD && s->generation != layer->generation) {
		select_on_broken(&s->select); /* its sender began anew, with this packet maybe */
		verdict = select_decide(&s->select, &source->layers, &p->meta, now);
	}
	switch (verdict) {
	case SELECT_SWITCH: begin_epoch(s, layer, p, &in, &out, &timestamp); break;
	case SELECT_FORWARD:
		if (!map_on(e, s, layer, p, &in, &out, &timestamp, NULL))
			return;
		break;
	case SELECT_DROP_TEMPORAL:
		if (rewrite_drop(&s->rewrite, &in, &fill))
			run_padding(e, r, fill, now);
		core_drop(e, DROP_TEMPORAL);
		return;
	case SELECT_DROP_LAYER: core_drop(e, DROP_LAYER); return;
	default: core_drop(e, DROP_WAIT_KEYFRAME); return;
	}
	run_packet(e, r, p, &out, timestamp, p->meta.marker, now);
	if (verdict == SELECT_SWITCH) {
		source_decide_demand(e, source, now);
		if (p->meta.repaired)
			replay_after(e, r, layer, p->meta.seq, now);
	}
	slot_on_sent(e, s, p->meta.layer);
}

/* The keyframe's first packet came late: those behind it were refused, and are in the history. */
static void replay_after(struct engine *e, struct run *r, const struct layer *layer, uint64_t seq, usec now)
{
	if (!layer->cache)
		return;
	for (uint64_t next = seq + 1; next < layer->cache->head; next++) {
		const struct packet *p = cache_get(layer->cache, next);
		if (p && r->slot->source)
			to_video_slot(e, r, layer, p, now);
	}
}

/* A voice begins on the line of the slot's clock or not at all: raised above what was sent, it would stay behind its
 * picture until the next change, a little more with each. So its first packets wait until the line is past. */
static bool line_is_past(const struct slot *s, usec capture)
{
	uint32_t step = s->silence.duration > s->clock.step ? s->silence.duration : s->clock.step;
	int64_t ahead = seq32_diff(s->clock.last + step, slotclock_at(&s->clock, capture));
	return !s->clock.sent || ahead <= 0 || ahead > VOICE_WAIT;
}

static void to_audio_slot(struct engine *e, struct run *r, const struct layer *layer, const struct packet *p, usec now)
{
	struct slot *s = r->slot;
	struct rewrite_in in = rewrite_in_audio(layer->generation, &p->meta);
	struct rewrite_out out;
	uint32_t timestamp;
	bool first = s->generation != layer->generation, restarted = false;
	if (first && !line_is_past(s, p->meta.captured)) {
		core_drop(e, DROP_OLD);
		return;
	}
	if (first)
		begin_epoch(s, layer, p, &in, &out, &timestamp);
	else if (!map_on(e, s, layer, p, &in, &out, &timestamp, &restarted))
		return;
	run_packet(e, r, p, &out, timestamp, first || restarted, now);
	silence_on_packet(&s->silence, p->body, timestamp, now);
	slot_on_sent(e, s, 0);
}

/* After all that came: a keyframe's lower layers come first, and who waits for the highest has it a moment later. */
static void ask_if_needed(struct engine *e, const struct slot *s, struct source *source, usec now)
{
	uint8_t layer;
	if (select_needs_keyframe(&s->select, &source->layers, now, &layer))
		source_ask_keyframe(e, source, layer, now);
}

/* All that came goes to one viewer, so that its state is fetched once and its packets leave together. */
static void to_slot(struct engine *e, struct slot *s, struct source *source, usec now)
{
	struct run r;
	uint8_t pt;
	enum drop drop =
	    !slot_pt(s, source->codec, &pt) ? DROP_PAYLOAD_TYPE : DROP_SILENT; /* assign_room tells the viewer */
	bool takes = drop == DROP_SILENT && transport_address(s->transport);
	run_init(&r, s);
	for (const struct packet *p = source->fresh; p; p = p->next)
		if (!takes)
			core_drop(e, drop);
		else if (s->source != source)
			return; /* let go of in between */
		else if (s->kind == SLOT_VIDEO)
			to_video_slot(e, &r, &source->layer[p->meta.layer], p, now);
		else
			to_audio_slot(e, &r, &source->layer[p->meta.layer], p, now);
	run_depart(e, &r, now);
	if (takes && s->kind == SLOT_VIDEO)
		ask_if_needed(e, s, source, now);
}

static void to_workers(struct engine *e, struct source *source)
{
	struct packet *run[LINK_PACKETS_MAX];
	unsigned n = 0;
	for (struct packet *p = source->fresh; p; p = p->next) {
		run[n++] = p;
		if (n == LINK_PACKETS_MAX || !p->next) {
			loan_give(e, source, run, n);
			n = 0;
		}
	}
}

/* Between two turns of a viewer its state has left the processor's caches, with all the others'. So each step of the
 * walk fetches, for the viewers to come, what the step before made known: the slot, then where its transport and its
 * map are, then the cipher, then the key. Measured: see "What a packet costs" in ARCHITECTURE.md. */
static void fetch_slot(const struct slot *s)
{
	fetch(s, SLOT_HOT);
}

static void fetch_transport(const struct slot *s)
{
	fetch(s->transport, TRANSPORT_HOT);
	rewrite_fetch(&s->rewrite);
}

static void fetch_key(const struct slot *s)
{
	seal_fetch(&s->transport->seal);
	rewrite_fetch_blocks(&s->rewrite);
	if (s->sealed)
		sealed_fetch(s->sealed, (uint16_t)s->rewrite.next_seq);
}

static void (*const fetch_steps[])(const struct slot *s) = { fetch_key, fetch_transport, fetch_slot };

#define FETCH_STEPS (sizeof fetch_steps / sizeof fetch_steps[0])

/* Step i is done for the viewer i + 1 places behind `it`. */
static void fetch_ahead(const struct source *source, const struct list *it)
{
	for (unsigned i = 0; i < FETCH_STEPS && (it = it->next) != &source->takers; i++)
		fetch_steps[i](list_item(it, struct slot, taker));
}

void forward_source(struct engine *e, struct source *source, usec now)
{
	if (!source->fresh)
		return;
	if (source->taken_by)
		to_workers(e, source);
	list_each_safe (it, next, &source->takers) {
		fetch_ahead(source, it);
		to_slot(e, list_item(it, struct slot, taker), source, now);
	}
	forward_on_closed(source);
}

void forward_gather(struct engine *e, struct source *source, struct packet *packet)
{
	struct packet *p = packet_get(packet);
	p->next = NULL;
	if (source->fresh)
		source->fresh_last->next = p;
	else
		source->fresh = p;
	source->fresh_last = p;
	list_remove(&source->in_fresh);
	list_append(source_is_video(source->kind) ? &e->fresh_pictures : &e->fresh_voices, &source->in_fresh);
}

void forward_on_closed(struct source *source)
{
	list_remove(&source->in_fresh);
	for (struct packet *p = source->fresh, *next; p; p = next) {
		next = p->next;
		packet_put(p);
	}
	source->fresh = source->fresh_last = NULL;
}

void forward_all(struct engine *e, usec now)
{
	struct list *const lists[] = { &e->fresh_voices, &e->fresh_pictures }; /* a voice waits behind no picture */
	for (unsigned i = 0; i < 2; i++)
		while (!list_empty(lists[i]))
			forward_source(e, list_item(lists[i]->next, struct source, in_fresh), now);
}

void forward_skip(struct engine *e, struct source *source, const struct layer *layer, uint64_t seq, usec now)
{
	forward_source(e, source, now); /* in order: what came before begins or goes on with the numbering */
	if (source->taken_by)
		remote_tell_gone(e, source, (uint8_t)(layer - source->layer), seq, true);
	list_each (it, &source->takers) {
		struct slot *s = list_item(it, struct slot, taker);
		struct rewrite_in in = { .generation = layer->generation, .seq = seq };
		uint64_t fill;
		if (s->generation == layer->generation && rewrite_drop(&s->rewrite, &in, &fill))
			depart_padding(e, s, fill, now);
	}
}
