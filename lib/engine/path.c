#include "engine/path.h"
#include "base/seq.h"
#include "engine/core.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/transport.h"
#include "wire/h264.h"
#include "wire/opus.h"
#include "wire/red.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/vp8.h"

#define HEADER_MAX (RTP_FIXED_BYTES + 4 + 4 + RTPEXT_BLOCK_MAX)
#define RTX_NUMBER_BYTES 2
#define PADDING_BYTES 4
#define VOICE_WAIT 14400 /* at most 300 ms of a voice's beginning are left out */

/* A packet on its way in: what each stage adds. */
struct arrival {
	struct transport *transport;
	struct packet *packet;
	struct rtp rtp;
	const struct line *line;
	bool rtx;
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

/* ---- once a departure ------------------------------------------------------------------------------------------ */

/* What leaves: one header, the head that differs per viewer, the body all share. */
struct departing {
	struct seal_stream *seal;
	uint64_t seq; /* extended */
	uint32_t timestamp, ssrc, csrc;
	uint8_t pt;
	bool marker, padding;
	struct bytes head, body;
};

static bool depart(struct engine *e, struct slot *s, const struct departing *d, usec now)
{
	struct transport *t = s->transport;
	const struct netaddr *to = transport_address(t);
	if (!to)
		return stop(e, t->crypt ? DROP_SILENT : DROP_NOT_CONNECTED);
	uint8_t *room = outbox_room(&e->outbox);
	if (!room)
		return stop(e, DROP_OUTBOX);

	uint8_t header[HEADER_MAX], extension[RTPEXT_BLOCK_MAX];
	struct writer w = writer_of(header, sizeof header), ext = writer_of(extension, sizeof extension);
	uint16_t form = rtpext_form(s->line->exts.twcc);
	if (s->line->exts.twcc)
		rtpext_write_twcc(&ext, form, s->line->exts.twcc, t->twcc_next++);
	rtp_write(&w, &(struct rtp_head){ .marker = d->marker,
					  .padding = d->padding,
					  .pt = d->pt,
					  .seq = (uint16_t)d->seq,
					  .timestamp = d->timestamp,
					  .ssrc = d->ssrc,
					  .csrcs = &d->csrc,
					  .n_csrcs = d->csrc != 0,
					  .ext_profile = form,
					  .ext = writer_done(&ext) });
	size_t length;
	if (w.failed || seal_packet(&t->seal, d->seal, writer_done(&w), d->head, d->body, d->seq, room, OUTBOX_CELL,
				    &length) != ERR_OK)
		return stop(e, DROP_SEAL);
	outbox_commit(&e->outbox, to, length);
	rate_add(&t->down, length, now);
	t->out_packets++;
	e->out_packets++;
	e->out_bytes += length;
	return true;
}

/* A number that no packet of the source will fill: padding alone, so that the receiver does not wait for it. */
static void fill_hole(struct engine *e, struct slot *s, uint64_t seq, usec now)
{
	uint8_t padding[PADDING_BYTES];
	struct writer w = writer_of(padding, sizeof padding);
	rtp_write_padding(&w, sizeof padding);
	struct departing d = { .seal = &s->seal,
			       .seq = seq,
			       .timestamp = s->clock.last,
			       .ssrc = s->line->slot_ssrc,
			       .pt = s->line->codecs[0].pt,
			       .padding = true,
			       .body = writer_done(&w) };
	(void)depart(e, s, &d, now);
}

/* The codec's head of this packet for this viewer, into head[8] behind `at` bytes. */
static size_t write_head(const struct packet *p, const struct rewrite_out *out, uint8_t *head, size_t size)
{
	const struct recv_meta *m = &p->meta;
	struct writer w = writer_of(head, size);
	if (m->has_picture_id)
		vp8_write(&w, &(struct vp8){ .non_reference = m->non_reference,
					     .start = m->partition_start,
					     .partition = m->partition,
					     .picture_id = out->picture_id,
					     .tl0picidx = out->tl0picidx,
					     .tid = m->temporal,
					     .layer_sync = m->layer_sync,
					     .has_keyidx = m->has_keyidx,
					     .keyidx = m->keyidx });
	else /* no VP8, or one without numbers: as it came */
		writer_bytes(&w, bytes_of(p->body.p - p->head, p->head));
	return writer_done(&w).n;
}

static void send_packet(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_out *out,
			uint32_t timestamp, bool marker, usec now)
{
	uint8_t head[VP8_DESCRIPTOR_BYTES + RTX_NUMBER_BYTES];
	const struct source *source = s->source;
	const struct line_codec *codec = slot_codec(s, source->codec);
	if (!codec) {
		core_drop(e, DROP_PAYLOAD_TYPE);
		source->site->room->dirty = true; /* a viewer that cannot decode it is told so */
		return;
	}
	struct departing d = { .seal = &s->seal,
			       .seq = out->seq,
			       .timestamp = timestamp,
			       .ssrc = s->line->slot_ssrc,
			       .csrc = source->site->csrc,
			       .pt = codec->pt,
			       .marker = marker,
			       .head = { head, write_head(p, out, head, sizeof head) },
			       .body = p->body };
	bool first = s->send.sent == USEC_NEVER || s->report_at == USEC_NEVER;
	if (!depart(e, s, &d, now))
		return;
	send_on_sent(&s->send, d.head.n + d.body.n, now);
	if (first) { /* the receiver needs a report to know this clock */
		s->report_at = now;
		transport_due(e, s->transport, now);
	}
}

/* ---- once a slot ----------------------------------------------------------------------------------------------- */

static usec captured(const struct source *source, const struct layer *layer, const struct packet *p)
{
	return siteclock_capture(&source->site->clock, &layer->clock, p->meta.timestamp, p->meta.arrival);
}

static void begin_epoch(struct slot *s, const struct source *source, const struct layer *layer, const struct packet *p,
			const struct rewrite_in *in, struct rewrite_out *out, uint32_t *timestamp)
{
	rewrite_switch(&s->rewrite, in, out);
	*timestamp = slotclock_switch(&s->clock, layer->generation, p->meta.timestamp, captured(source, layer, p),
				      p->meta.arrival);
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

static void replay_after(struct engine *e, struct slot *s, const struct layer *layer, uint64_t seq, usec now);

static void to_video_slot(struct engine *e, struct slot *s, const struct layer *layer, const struct packet *p, usec now)
{
	struct source *source = s->source;
	struct rewrite_in in = rewrite_in_video(layer->generation, &p->meta);
	struct rewrite_out out;
	uint32_t timestamp;
	uint64_t fill;
	uint8_t wanted;
	enum select_verdict verdict = select_decide(&s->select, &source->layers, &p->meta, now);
	if (verdict == SELECT_FORWARD && s->generation != layer->generation) {
		select_on_broken(&s->select); /* its sender began anew */
		verdict = SELECT_WAIT_KEYFRAME;
	}
	if (verdict != SELECT_FORWARD && select_needs_keyframe(&s->select, &source->layers, now, &wanted))
		source_ask_keyframe(e, source, wanted, now);
	switch (verdict) {
	case SELECT_SWITCH: begin_epoch(s, source, layer, p, &in, &out, &timestamp); break;
	case SELECT_FORWARD:
		if (!map_on(e, s, layer, p, &in, &out, &timestamp, NULL))
			return;
		break;
	case SELECT_DROP_TEMPORAL:
		if (rewrite_drop(&s->rewrite, &in, &fill))
			fill_hole(e, s, fill, now);
		core_drop(e, DROP_TEMPORAL);
		return;
	case SELECT_DROP_LAYER: core_drop(e, DROP_LAYER); return;
	default: core_drop(e, DROP_WAIT_KEYFRAME); return;
	}
	send_packet(e, s, p, &out, timestamp, p->meta.marker, now);
	if (verdict == SELECT_SWITCH) {
		source_decide_demand(e, source, now);
		if (p->meta.repaired)
			replay_after(e, s, layer, p->meta.seq, now);
	}
	slot_on_sent(e, s, p->meta.layer);
}

/* The keyframe's first packet came late: those behind it were refused, and are in the history. */
static void replay_after(struct engine *e, struct slot *s, const struct layer *layer, uint64_t seq, usec now)
{
	if (!layer->cache)
		return;
	for (uint64_t next = seq + 1; next < layer->cache->head; next++) {
		const struct packet *p = cache_get(layer->cache, next);
		if (p && s->source)
			to_video_slot(e, s, layer, p, now);
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

static void to_audio_slot(struct engine *e, struct slot *s, const struct layer *layer, const struct packet *p, usec now)
{
	struct source *source = s->source;
	struct rewrite_in in = rewrite_in_audio(layer->generation, &p->meta);
	struct rewrite_out out;
	uint32_t timestamp;
	bool first = s->generation != layer->generation, restarted = false;
	if (first && !line_is_past(s, captured(source, layer, p))) {
		core_drop(e, DROP_OLD);
		return;
	}
	if (first)
		begin_epoch(s, source, layer, p, &in, &out, &timestamp);
	else if (!map_on(e, s, layer, p, &in, &out, &timestamp, &restarted))
		return;
	send_packet(e, s, p, &out, timestamp, first || restarted, now);
	silence_on_packet(&s->silence, p->body, timestamp, now);
	slot_on_sent(e, s, 0);
}

static void to_slots(struct engine *e, const struct arrival *a)
{
	if (list_empty(&a->source->takers))
		core_drop(e, source_is_shown(a->source) ? DROP_UNWANTED : DROP_MUTED);
	list_each_safe (it, next, &a->source->takers) {
		struct slot *s = list_item(it, struct slot, taker);
		if (!transport_address(s->transport))
			core_drop(e, DROP_SILENT);
		else if (s->kind == SLOT_VIDEO)
			to_video_slot(e, s, a->layer, a->packet, a->now);
		else
			to_audio_slot(e, s, a->layer, a->packet, a->now);
	}
}

/* An input of the numbering that nobody will be sent: known dropped, told to every map. */
static void skip_number(struct engine *e, struct source *source, const struct layer *layer, uint64_t seq, usec now)
{
	list_each (it, &source->takers) {
		struct slot *s = list_item(it, struct slot, taker);
		struct rewrite_in in = { .generation = layer->generation, .seq = seq };
		uint64_t fill;
		if (s->generation == layer->generation && rewrite_drop(&s->rewrite, &in, &fill))
			fill_hole(e, s, fill, now);
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
		twccrecv_on_packet(&t->twcc, number, a->packet->length, a->now);
		usec due = USEC_NEVER;
		twccrecv_deadline(&t->twcc, &due);
		transport_due(e, t, due);
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
	if (a->codec == CODEC_RED && a->payload.n) {
		if (red_primary(a->payload, &pt, &a->payload) != ERR_OK)
			return stop(e, DROP_CODEC_FORMAT);
		a->codec = CODEC_OPUS;
	}
	return true;
}

static void restart_layer(struct engine *e, struct arrival *a)
{
	struct layer *layer = a->layer;
	layer->stream = a->stream;
	layer->generation = ++e->generations;
	layer->picture_id = 0;
	siteclock_source_init(&layer->clock, a->stream->recv.rate_hz);
	if (layer->cache)
		cache_clear(layer->cache);
	nack_reset(&a->stream->nack);
}

/* Order, duplicates, repairs; what misses is asked for while somebody takes this layer. */
static bool accept_packet(struct engine *e, struct arrival *a, uint16_t seq)
{
	struct recv_meta *m = &a->packet->meta;
	struct stream *stream = a->stream;
	enum recv_verdict verdict = a->rtx ? recv_repair(&stream->recv, seq, &m->seq)
					   : recv_accept(&stream->recv, seq, a->rtp.timestamp, a->now, &m->seq);
	if (!recv_accepted(verdict))
		return stop(e, a->rtx ? DROP_PROBE : verdict == RECV_OLD ? DROP_OLD : DROP_DUPLICATE);
	if (a->layer->stream != stream || verdict == RECV_RESTART)
		restart_layer(e, a);
	if (!a->rtx)
		siteclock_on_packet(&a->layer->clock, a->rtp.timestamp, a->now);
	m->repaired = a->rtx || verdict == RECV_LATE;
	m->timestamp = a->rtp.timestamp;
	m->arrival = a->now;
	m->layer = stream->layer;
	if (!source_is_video(a->source->kind))
		return true;
	if (a->source->demand.wanted >> stream->layer & 1) {
		usec due = USEC_NEVER;
		if (nack_on_packet(&stream->nack, m->seq, a->now)) /* too much is missing to ask for it */
			source_ask_keyframe(e, a->source, stream->layer, a->now);
		nack_deadline(&stream->nack, &due);
		transport_due(e, a->transport, due);
	} else if (stream->nack.n) {
		nack_on_gone(&stream->nack);
	}
	return true;
}

static bool describe_vp8(struct arrival *a, uint16_t *width, uint16_t *height)
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
	*width = v.width;
	*height = v.height;
	return true;
}

static bool describe_h264(struct arrival *a, uint16_t *width, uint16_t *height)
{
	struct h264 h;
	struct packet *p = a->packet;
	if (h264_parse(a->payload, &h) != ERR_OK)
		return false;
	p->body = a->payload;
	p->meta.frame_start =
	    h.frame_start && (a->layer->frame_timestamp != a->rtp.timestamp || !a->layer->frame_began);
	p->meta.keyframe = h.keyframe;
	*width = h.width;
	*height = h.height;
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

static bool describe_video(struct engine *e, struct arrival *a)
{
	struct source *source = a->source;
	struct recv_meta *m = &a->packet->meta;
	uint16_t width = 0, height = 0;
	bool understood = a->codec == CODEC_VP8 ? describe_vp8(a, &width, &height) : describe_h264(a, &width, &height);
	if (!understood)
		return stop(e, DROP_CODEC_FORMAT);
	m->marker = a->rtp.marker;
	describe_frame(a);
	source->layers.temporal = a->codec == CODEC_VP8;
	layers_on_packet(&source->layers, m, a->packet->body.n, a->now);
	if (height)
		layers_on_size(&source->layers, m->layer, width, height);
	if (m->keyframe && m->frame_start) {
		keyreq_on_keyframe(&source->keyreq);
		nack_on_keyframe(&a->stream->nack, m->seq);
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

static bool describe(struct engine *e, struct arrival *a)
{
	struct source *source = a->source;
	bool video = source_is_video(source->kind);
	if (!(video ? describe_video(e, a) : describe_audio(e, a)))
		return false;
	if (source->codec != a->codec) {
		source->codec = a->codec;
		source->site->room->dirty = true; /* some viewers may not decode it */
		usec_lower(&e->deadline, a->now);
	}
	source->heard = a->now;
	rate_add(&a->layer->rate, a->packet->length, a->now);
	return true;
}

/* The history serves those who ask again; only what somebody takes is kept. */
static void keep(struct engine *e, struct arrival *a)
{
	struct layer *layer = a->layer;
	if (!source_is_video(a->source->kind) || list_empty(&a->source->takers) ||
	    !(a->source->demand.wanted >> a->packet->meta.layer & 1))
		return;
	if (!layer->cache) {
		layer->cache = pool_get(&e->caches);
		if (!layer->cache) {
			core_drop(e, DROP_POOL);
			return;
		}
		cache_init(layer->cache, CACHE_KEEP, CACHE_BYTES);
	}
	(void)cache_put(layer->cache, a->packet->meta.seq, a->packet, a->now);
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
		skip_number(e, a.source, a.layer, p->meta.seq, now);
		return;
	}
	if (!describe(e, &a)) {
		skip_number(e, a.source, a.layer, p->meta.seq, now);
		return;
	}
	keep(e, &a);
	to_slots(e, &a);
}

/* ---- again, and never ------------------------------------------------------------------------------------------ */

static const struct layer *layer_of(const struct source *source, uint32_t generation)
{
	for (unsigned i = 0; source && i < source->layers.n; i++)
		if (source->layer[i].generation == generation)
			return &source->layer[i];
	return NULL;
}

static void send_again(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_found *found,
		       usec now)
{
	uint8_t head[VP8_DESCRIPTOR_BYTES + RTX_NUMBER_BYTES];
	const struct line_codec *codec = slot_codec(s, s->source->codec);
	struct rewrite_in in = rewrite_in_video(found->generation, &p->meta);
	struct rewrite_out out;
	uint32_t timestamp;
	if (!codec || !codec->rtx_pt || !s->line->slot_rtx_ssrc || !rewrite_again(&s->rewrite, &in, &out) ||
	    !slotclock_again(&s->clock, found->generation, p->meta.timestamp, p->meta.arrival, &timestamp))
		return;
	head[0] = (uint8_t)(found->out >> 8);
	head[1] = (uint8_t)found->out;
	size_t n = RTX_NUMBER_BYTES + write_head(p, &out, head + RTX_NUMBER_BYTES, sizeof head - RTX_NUMBER_BYTES);
	struct departing d = { .seal = &s->rtx_seal,
			       .seq = send_on_rtx(&s->send, n + p->body.n),
			       .timestamp = timestamp,
			       .ssrc = s->line->slot_rtx_ssrc,
			       .csrc = s->source->site->csrc,
			       .pt = codec->rtx_pt,
			       .marker = p->meta.marker,
			       .head = { head, n },
			       .body = p->body };
	(void)depart(e, s, &d, now);
}

void path_on_nack(struct engine *e, struct slot *s, uint16_t seq, usec now)
{
	struct rewrite_found found;
	rewrite_find(&s->rewrite, seq, &found);
	if (found.kind == REWRITE_NEVER || !send_on_nack(&s->send, seq, now))
		return;
	const struct layer *layer = layer_of(s->source, found.generation);
	const struct packet *p =
	    layer && layer->cache && found.kind == REWRITE_PACKET ? cache_get(layer->cache, found.in) : NULL;
	if (p)
		send_again(e, s, p, &found, now);
	else if (found.kind == REWRITE_HOLE && !found.current && rewrite_fill(&s->rewrite, found.out))
		fill_hole(e, s, found.out, now);
}

void path_on_gone(struct engine *e, struct source *source, uint8_t layer, uint64_t seq, usec now)
{
	list_each (it, &source->takers) {
		struct slot *s = list_item(it, struct slot, taker);
		uint64_t fill;
		if (rewrite_give_up(&s->rewrite, source->layer[layer].generation, seq, &fill))
			fill_hole(e, s, fill, now);
	}
}

void path_send_silence(struct engine *e, struct slot *s, uint8_t toc, uint32_t timestamp, usec now)
{
	const struct line_codec *codec = slot_codec(s, CODEC_OPUS);
	if (!codec || !transport_address(s->transport))
		return;
	struct departing d = { .seal = &s->seal,
			       .seq = rewrite_insert(&s->rewrite),
			       .timestamp = timestamp,
			       .ssrc = s->line->slot_ssrc,
			       .pt = codec->pt,
			       .body = { &toc, 1 } };
	s->generation = 0;
	slotclock_on_sent(&s->clock, timestamp);
	if (depart(e, s, &d, now))
		send_on_sent(&s->send, 1, now);
}
