#include "engine/path.h"
#include "base/fetch.h"
#include "base/seq.h"
#include "engine/core.h"
#include "engine/depart.h"
#include "engine/loan.h"
#include "engine/remote.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/transport.h"
#include "wire/h264.h"
#include "wire/opus.h"
#include "wire/red.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/vp8.h"

#define VOICE_RTT (150 * USEC_MS)
#define STREAM_CEASED USEC_S
#define VOICE_WAIT 14400 /* at most 300 ms of a voice's beginning are left out */
#define BUFFERS_HELD 16	 /* a part of the pool: with fewer free ones nothing waits for the end of the wake-up */

/* A packet on its way in: what each stage adds. */
struct arrival {
	struct transport *transport;
	struct packet *packet;
	struct rtp rtp;
	const struct line *line;
	bool rtx, nack; /* came as RTX; its codec's line agreed on NACK */
	struct stream *stream;
	struct source *source;
	struct layer *layer;
	enum codec codec;
	struct bytes payload;
	usec now;
};

static bool stop(struct engine *e, enum drop drop)
{
	core_drop(e, drop);
	return false;
}

/* ---- once a slot ----------------------------------------------------------------------------------------------- */

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
	case REWRITE_DUPLICATE: return stop(e, DROP_DUPLICATE);
	case REWRITE_DROPPED: return stop(e, DROP_TEMPORAL);
	default: return stop(e, DROP_OLD);
	}
	return slotclock_map(&s->clock, layer->generation, p->meta.timestamp, p->meta.arrival, timestamp, restarted) ||
	       stop(e, DROP_OLD);
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
	uint8_t wanted;
	enum select_verdict verdict = select_decide(&s->select, &source->layers, &p->meta, now);
	if (verdict == SELECT_FORWARD && s->generation != layer->generation) {
		select_on_broken(&s->select); /* its sender began anew, with this packet maybe */
		verdict = select_decide(&s->select, &source->layers, &p->meta, now);
	}
	if (verdict != SELECT_FORWARD && select_needs_keyframe(&s->select, &source->layers, now, &wanted))
		source_ask_keyframe(e, source, wanted, now);
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

/* All that came goes to one viewer, so that its state is fetched once and its packets leave together. */
static void to_slot(struct engine *e, struct slot *s, const struct source *source, usec now)
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

static void to_slots(struct engine *e, struct source *source, usec now)
{
	if (source->taken_by)
		to_workers(e, source);
	list_each_safe (it, next, &source->takers) {
		fetch_ahead(source, it);
		to_slot(e, list_item(it, struct slot, taker), source, now);
	}
	path_on_closed(source);
}

void path_hand_on(struct engine *e, struct source *source, usec now)
{
	if (source->fresh)
		to_slots(e, source, now);
}

static void gather(struct engine *e, const struct arrival *a)
{
	struct source *source = a->source;
	struct packet *p = packet_get(a->packet);
	p->next = NULL;
	if (source->fresh)
		source->fresh_last->next = p;
	else
		source->fresh = p;
	source->fresh_last = p;
	list_remove(&source->in_fresh);
	list_append(source_is_video(source->kind) ? &e->fresh_pictures : &e->fresh_voices, &source->in_fresh);
}

void path_on_closed(struct source *source)
{
	list_remove(&source->in_fresh);
	for (struct packet *p = source->fresh, *next; p; p = next) {
		next = p->next;
		packet_put(p);
	}
	source->fresh = source->fresh_last = NULL;
}

void path_on_flush(struct engine *e, usec now)
{
	struct list *const lists[] = { &e->fresh_voices, &e->fresh_pictures }; /* a voice waits behind no picture */
	for (unsigned i = 0; i < 2; i++)
		while (!list_empty(lists[i]))
			to_slots(e, list_item(lists[i]->next, struct source, in_fresh), now);
}

void path_skip(struct engine *e, struct source *source, const struct layer *layer, uint64_t seq, usec now)
{
	path_hand_on(e, source, now); /* in order: what came before begins or goes on with the numbering */
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

/* ---- once a packet --------------------------------------------------------------------------------------------- */

static bool unseal(struct engine *e, struct arrival *a, const struct netaddr *from)
{
	struct packet *p = a->packet;
	struct transport *t = a->transport;
	size_t length = p->length;
	if (!t->crypt)
		return stop(e, DROP_NO_KEYS);
	rate_add(&t->up, length, a->now);
	switch (crypt_open_rtp(t->crypt, p->data + p->start, &length)) {
	case ERR_OK: break;
	case ERR_AUTH: return stop(e, DROP_AUTH);
	case ERR_REPLAY: return stop(e, DROP_REPLAY);
	case ERR_LIMIT: return stop(e, DROP_SSRC_LIMIT);
	default: return stop(e, DROP_RTP_FORMAT);
	}
	p->length = (uint16_t)length;
	ice_on_packet(&t->ice, from, a->now);
	t->in_packets++;
	return rtp_parse(bytes_of(p->data + p->start, length), &a->rtp) == ERR_OK || stop(e, DROP_RTP_FORMAT);
}

static struct stream *stream_new(struct engine *e, struct source *source, const struct binding *binding)
{
	struct stream *stream = pool_get(&e->streams);
	if (!stream)
		return NULL;
	stream->ssrc = binding->ssrc;
	stream->source = source;
	stream->layer = binding->layer;
	stream->index = binding->index;
	stream->heard = USEC_NEVER;
	recv_init(&stream->recv, source_is_video(source->kind) ? 90000 : 48000);
	nack_init(&stream->nack);
	if (source->site->transport->rtt)
		nack_on_rtt(&stream->nack, source->site->transport->rtt);
	return stream;
}

static struct source *source_of_line(const struct transport *t, uint8_t line)
{
	for (unsigned kind = 0; kind < SOURCES; kind++)
		if (t->site->sources[kind].open && t->site->sources[kind].line == line)
			return &t->site->sources[kind];
	return NULL;
}

/* Which line, layer and stream the SSRC is; a stream begins with its first packet. */
static bool bind_stream(struct engine *e, struct arrival *a)
{
	struct transport *t = a->transport;
	const struct binding *binding;
	uint16_t number;
	switch (bind_on_packet(&t->bind, &a->rtp, &binding)) {
	case BIND_KNOWN:
	case BIND_NEW: break;
	case BIND_LIMIT: return stop(e, DROP_SSRC_LIMIT);
	case BIND_PAYLOAD_TYPE: return stop(e, DROP_PAYLOAD_TYPE);
	default: return stop(e, DROP_SSRC_UNBOUND);
	}
	a->line = &t->media.lines[binding->line];
	if (rtpext_twcc(&a->rtp, a->line->exts.twcc, &number)) {
		transport_on_numbered(e, t, number, a->rtp.ssrc, a->packet->length, a->now);
	}
	a->source = source_of_line(t, binding->line);
	a->rtx = binding->rtx;
	const struct binding *media = binding->rtx ? bind_repaired(&t->bind, binding) : binding;
	if (!a->source || !media)
		return stop(e, DROP_SSRC_UNBOUND);
	if (!t->streams[media->index] && !a->rtx)
		t->streams[media->index] = stream_new(e, a->source, media);
	a->stream = t->streams[media->index];
	if (!a->stream)
		return stop(e, a->rtx ? DROP_PROBE : DROP_POOL);
	a->layer = &a->source->layer[a->stream->layer];
	return true;
}

/* The codec, and the payload out of RTX and RED. */
static bool unwrap(struct engine *e, struct arrival *a, uint16_t *seq)
{
	bool rtx;
	uint8_t pt;
	const struct line_codec *codec =
	    bind_codec(&a->transport->bind, (uint8_t)(a->line - a->transport->media.lines), a->rtp.pt, &rtx);
	if (!codec || rtx != a->rtx)
		return stop(e, DROP_PAYLOAD_TYPE);
	*seq = a->rtp.seq;
	a->payload = a->rtp.payload;
	if (rtx && rtp_rtx(&a->rtp, seq, &a->payload) != ERR_OK)
		return stop(e, DROP_PROBE);
	a->codec = codec->codec;
	a->nack = codec->nack;
	if (a->codec == CODEC_RED && a->payload.n) {
		if (red_primary(a->payload, &pt, &a->payload) != ERR_OK)
			return stop(e, DROP_CODEC_FORMAT);
		a->codec = CODEC_OPUS;
	}
	return true;
}

/* A layer's packets come on one SSRC. Another one takes over when it is newer, or when the one before has ceased: so
 * what was overtaken by a change of SSRC does not change it back. */
static bool takes_over(const struct stream *stream, const struct stream *before, usec now)
{
	return !before || stream->index > before->index || now - before->heard >= STREAM_CEASED;
}

/* Nothing of what came before fits what comes now: it goes to its viewers first. */
static void renumber_layer(struct engine *e, struct source *source, struct layer *layer, usec now)
{
	to_slots(e, source, now);
	layer->generation = ++e->generations;
	layer->picture_id = 0;
	layer->frame_began = false;
	if (layer->cache)
		cache_clear(layer->cache);
}

/* The layer goes on with this stream, from its present packet. */
static void restart_layer(struct engine *e, struct source *source, struct stream *stream, usec now)
{
	struct layer *layer = &source->layer[stream->layer];
	if (layer->stream)
		nack_reset(&layer->stream->nack); /* its numbers mean nothing in the new numbering */
	layer->stream = stream;
	renumber_layer(e, source, layer, now);
	layers_on_stopped(&source->layers, stream->layer); /* its timestamps may go on anywhere */
	siteclock_source_init(&layer->clock, stream->recv.rate_hz);
	nack_reset(&stream->nack);
}

/* A voice is asked for again only where the answer comes before it is played (and where NACK was agreed). */
static bool is_worth_asking(const struct arrival *a)
{
	return a->nack && (source_is_video(a->source->kind) || (a->transport->rtt && a->transport->rtt < VOICE_RTT));
}

/* Order, duplicates, repairs; what misses is asked for while somebody takes this layer. */
static bool accept_packet(struct engine *e, struct arrival *a, uint16_t seq)
{
	struct recv_meta *m = &a->packet->meta;
	struct stream *stream = a->stream;
	if (a->layer->stream != stream && !takes_over(stream, a->layer->stream, a->now))
		return stop(e, DROP_OLD);
	uint64_t next = stream->recv.highest + 1;
	enum recv_verdict verdict = a->rtx ? recv_repair(&stream->recv, seq, &m->seq)
					   : recv_accept(&stream->recv, seq, a->rtp.timestamp, a->now, &m->seq);
	if (!recv_accepted(verdict))
		return stop(e, a->rtx ? DROP_PROBE : verdict == RECV_OLD ? DROP_OLD : DROP_DUPLICATE);
	if (a->layer->stream != stream || verdict == RECV_RESTART)
		restart_layer(e, a->source, stream, a->now);
	stream->heard = a->now;
	if (!a->rtx)
		siteclock_on_packet(&a->layer->clock, a->rtp.timestamp, a->now);
	m->repaired = a->rtx || verdict == RECV_LATE;
	m->timestamp = a->rtp.timestamp;
	m->arrival = a->now;
	m->layer = stream->layer;
	bool asks = a->source->demand.wanted >> stream->layer & 1 && is_worth_asking(a);
	if (a->source->taken_by && source_is_video(a->source->kind) && m->seq > next && !(asks && stream->nack.began))
		/* nobody asks for what is missing; another worker's viewers may take this layer before we know */
		renumber_layer(e, a->source, a->layer, a->now);
	if (asks) {
		usec due = USEC_NEVER;
		if (nack_on_packet(&stream->nack, m->seq, a->now)) { /* too much is missing to ask for it */
			renumber_layer(e, a->source, a->layer, a->now);
			nack_reset(&stream->nack);
			(void)nack_on_packet(&stream->nack, m->seq, a->now);
			source_ask_keyframe(e, a->source, stream->layer, a->now);
		}
		nack_deadline(&stream->nack, &due);
		transport_due(e, a->transport, due);
	} else if (stream->nack.began) {
		nack_reset(&stream->nack); /* what comes while nobody takes it was not missed */
	}
	return true;
}

static bool describe_vp8(struct arrival *a)
{
	struct vp8 v;
	struct packet *p = a->packet;
	struct recv_meta *m = &p->meta;
	if (vp8_parse(a->payload, &v) != ERR_OK)
		return false;
	p->body = v.payload;
	p->head = v.descriptor;
	m->frame_start = v.frame_start;
	m->keyframe = v.keyframe;
	m->temporal = v.tid;
	m->has_temporal = v.has_tid;
	m->layer_sync = v.layer_sync;
	m->has_picture_id = v.has_picture_id;
	m->has_tl0picidx = v.has_tl0picidx;
	m->tl0picidx = v.tl0picidx;
	m->non_reference = v.non_reference;
	m->partition_start = v.start;
	m->partition = v.partition;
	m->has_keyidx = v.has_keyidx;
	m->keyidx = v.keyidx;
	if (v.has_picture_id) {
		struct layer *layer = a->layer;
		if (!layer->picture_id) /* room below, for pictures that come late */
			layer->picture_id = v.picture_id + 65536;
		layer->picture_id = m->picture_id = seq_extend(layer->picture_id, v.picture_id, v.long_id ? 15 : 7);
	}
	m->width = v.width;
	m->height = v.height;
	return true;
}

/* A decoder begins with the parameter sets: where the packet that has them is lost, no keyframe has begun; where a
 * delimiter stands before them in a packet of its own, it begins behind that. */
static bool describe_h264(struct arrival *a)
{
	struct h264 h;
	struct packet *p = a->packet;
	if (h264_parse(a->payload, &h) != ERR_OK)
		return false;
	p->body = a->payload;
	p->meta.frame_start =
	    h.sps || (h.frame_start && (a->layer->frame_timestamp != a->rtp.timestamp || !a->layer->frame_began));
	p->meta.keyframe = h.sps;
	p->meta.width = h.width;
	p->meta.height = h.height;
	return true;
}

/* All packets of a keyframe count as such: its first one says so. */
static void describe_frame(struct arrival *a)
{
	struct recv_meta *m = &a->packet->meta;
	struct layer *layer = a->layer;
	if (m->frame_start) {
		layer->frame_timestamp = m->timestamp;
		layer->frame_keyframe = m->keyframe;
		layer->frame_began = true;
	} else if (layer->frame_began && layer->frame_timestamp == m->timestamp) {
		m->keyframe = layer->frame_keyframe;
	}
}

/* What the packet tells of its source: for all who choose by it. */
static void learn_video(struct arrival *a)
{
	struct source *source = a->source;
	const struct recv_meta *m = &a->packet->meta;
	source->layers.temporal = a->codec == CODEC_VP8;
	layers_on_packet(&source->layers, m, a->packet->body.n, a->now);
	if (m->height)
		layers_on_size(&source->layers, m->layer, m->width, m->height);
	if (m->keyframe && m->frame_start)
		keyreq_on_keyframe(&source->keyreq);
}

static bool describe_video(struct engine *e, struct arrival *a)
{
	struct recv_meta *m = &a->packet->meta;
	if (!(a->codec == CODEC_VP8 ? describe_vp8(a) : describe_h264(a)))
		return stop(e, DROP_CODEC_FORMAT);
	m->marker = a->rtp.marker;
	describe_frame(a);
	learn_video(a);
	if (m->keyframe && m->frame_start) {
		nack_on_keyframe(&a->stream->nack, m->seq);
		usec due = USEC_NEVER;
		nack_deadline(&a->stream->nack, &due);
		transport_due(e, a->transport, due);
	}
	return true;
}

static bool describe_audio(struct engine *e, struct arrival *a)
{
	struct opus opus;
	struct recv_meta *m = &a->packet->meta;
	if (opus_parse(a->payload, &opus) != ERR_OK)
		return stop(e, DROP_CODEC_FORMAT);
	a->packet->body = a->payload;
	m->level = 127;
	if (rtpext_audio_level(&a->rtp, a->line->exts.audio_level, &m->level, &m->voice) &&
	    a->source->kind == SOURCE_MIC && source_is_shown(a->source))
		room_on_level(e, a->source->site->room, a->source->site, m->level, m->voice, a->now);
	return true;
}

/* The first packet of all, or of another codec: then every layer begins anew, with a keyframe. */
static bool change_codec(struct engine *e, struct arrival *a)
{
	struct source *source = a->source;
	if (source->codec != CODEC_NONE && a->packet->meta.repaired)
		return stop(e, DROP_OLD); /* of the codec before */
	for (unsigned i = 0; source->codec != CODEC_NONE && i < source->layers.n; i++)
		renumber_layer(e, source, &source->layer[i], a->now);
	source->codec = a->codec;
	room_change(e, source->site->room); /* some viewers may not decode it */
	remote_tell_source(e, source);
	return true;
}

static bool describe(struct engine *e, struct arrival *a)
{
	struct source *source = a->source;
	struct recv_meta *m = &a->packet->meta;
	bool video = source_is_video(source->kind);
	if (source->codec != a->codec && !change_codec(e, a))
		return false;
	if (!(video ? describe_video(e, a) : describe_audio(e, a)))
		return false;
	source->heard = a->now;
	rate_add(&a->layer->rate, a->packet->length, a->now);
	m->generation = a->layer->generation;
	m->codec = (uint8_t)a->codec;
	m->captured = siteclock_capture(&source->site->clock, &a->layer->clock, m->timestamp, m->arrival);
	return true;
}

/* The history serves those who ask again; only what somebody takes is kept. */
static void keep(struct engine *e, struct arrival *a)
{
	uint8_t wanted = a->packet->lender ? a->source->told_wanted : a->source->demand.wanted;
	if (!source_is_video(a->source->kind) || list_empty(&a->source->takers) ||
	    !(wanted >> a->packet->meta.layer & 1))
		return;
	history_keep(e, a->source, a->packet->meta.layer, a->packet, a->now);
}

void path_on_rtp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now)
{
	struct arrival a = { .transport = t, .packet = p, .now = now };
	uint16_t seq;
	p->meta = (struct recv_meta){ 0 };
	p->head = 0;
	if (!unseal(e, &a, from) || !bind_stream(e, &a) || !unwrap(e, &a, &seq) || !accept_packet(e, &a, seq))
		return;
	if (a.payload.n == 0) {
		core_drop(e, DROP_PROBE);
		path_skip(e, a.source, a.layer, p->meta.seq, now);
		return;
	}
	if (!describe(e, &a)) {
		path_skip(e, a.source, a.layer, p->meta.seq, now);
		return;
	}
	p->data[(size_t)(p->body.p - p->data) + p->body.n] = 1; /* PACKET_TAIL */
	keep(e, &a);
	if (list_empty(&a.source->takers) && !a.source->taken_by)
		core_drop(e, source_is_shown(a.source) ? DROP_UNWANTED : DROP_MUTED);
	else
		gather(e, &a);
	if (e->packets.free < e->packets.count / BUFFERS_HELD)
		path_on_flush(e, now); /* nothing is held where buffers are few */
}

void path_on_codec(struct engine *e, struct source *source, enum codec codec, usec now)
{
	if (source->codec == codec)
		return;
	to_slots(e, source, now);
	source->codec = codec;
	room_change(e, source->site->room);
}

void path_on_lent(struct engine *e, struct source *source, struct packet *p, bool anew, usec now)
{
	struct arrival a = { .source = source, .packet = p, .codec = (enum codec)p->meta.codec, .now = now };
	if (p->meta.layer >= source->layers.n)
		return;
	for (unsigned i = 0; anew && i < source->layers.n; i++)
		source->layer[i].origin = 0;
	a.layer = &source->layer[p->meta.layer];
	if (a.layer->origin != p->meta.generation) {
		renumber_layer(e, source, a.layer, now);
		layers_on_stopped(&source->layers, p->meta.layer);
		a.layer->origin = p->meta.generation;
	}
	path_on_codec(e, source, a.codec, now);
	if (source_is_video(source->kind))
		learn_video(&a);
	source->heard = now;
	keep(e, &a);
	if (a.layer->cache && timer_at(&source->timer) == USEC_NEVER) {
		usec next = USEC_NEVER;
		history_deadline(source, &next);
		timers_set(&e->timers, &source->timer, next);
	}
	gather(e, &a);
}
