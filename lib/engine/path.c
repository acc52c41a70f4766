#include "engine/path.h"
#include "base/seq.h"
#include "engine/core.h"
#include "engine/forward.h"
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
#define BUFFERS_HELD 16 /* a part of the pool: with fewer free ones nothing waits for the end of the wake-up */

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

static bool unseal(struct engine *e, struct arrival *a, const struct netaddr *from)
{
	struct packet *p = a->packet;
	struct transport *t = a->transport;
	size_t length = p->length;
	if (!t->crypt)
		return core_stop(e, DROP_NO_KEYS);
	rate_add(&t->up, length, a->now);
	switch (crypt_open_rtp(t->crypt, p->data + p->start, &length)) {
	case ERR_OK: break;
	case ERR_AUTH: return core_stop(e, DROP_AUTH);
	case ERR_REPLAY: return core_stop(e, DROP_REPLAY);
	case ERR_LIMIT: return core_stop(e, DROP_SSRC_LIMIT);
	default: return core_stop(e, DROP_RTP_FORMAT);
	}
	p->length = (uint16_t)length;
	ice_on_packet(&t->ice, from, a->now);
	t->in_packets++;
	return rtp_parse(bytes_of(p->data + p->start, length), &a->rtp) == ERR_OK || core_stop(e, DROP_RTP_FORMAT);
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
	case BIND_LIMIT: return core_stop(e, DROP_SSRC_LIMIT);
	case BIND_PAYLOAD_TYPE: return core_stop(e, DROP_PAYLOAD_TYPE);
	default: return core_stop(e, DROP_SSRC_UNBOUND);
	}
	a->line = &t->media.lines[binding->line];
	if (rtpext_twcc(&a->rtp, a->line->exts.twcc, &number)) {
		transport_on_numbered(e, t, number, a->rtp.ssrc, a->packet->length, a->now);
	}
	a->source = source_of_line(t, binding->line);
	a->rtx = binding->rtx;
	const struct binding *media = binding->rtx ? bind_repaired(&t->bind, binding) : binding;
	if (!a->source || !media)
		return core_stop(e, DROP_SSRC_UNBOUND);
	if (!t->streams[media->index] && !a->rtx)
		t->streams[media->index] = stream_new(e, a->source, media);
	a->stream = t->streams[media->index];
	if (!a->stream)
		return core_stop(e, a->rtx ? DROP_PROBE : DROP_POOL);
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
		return core_stop(e, DROP_PAYLOAD_TYPE);
	*seq = a->rtp.seq;
	a->payload = a->rtp.payload;
	if (rtx && rtp_rtx(&a->rtp, seq, &a->payload) != ERR_OK)
		return core_stop(e, DROP_PROBE);
	a->codec = codec->codec;
	a->nack = codec->nack;
	if (a->codec == CODEC_RED && a->payload.n) {
		if (red_primary(a->payload, &pt, &a->payload) != ERR_OK)
			return core_stop(e, DROP_CODEC_FORMAT);
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
	forward_source(e, source, now);
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
		return core_stop(e, DROP_OLD);
	uint64_t next = stream->recv.highest + 1;
	enum recv_verdict verdict = a->rtx ? recv_repair(&stream->recv, seq, &m->seq)
					   : recv_accept(&stream->recv, seq, a->rtp.timestamp, a->now, &m->seq);
	if (!recv_accepted(verdict))
		return core_stop(e, a->rtx ? DROP_PROBE : verdict == RECV_OLD ? DROP_OLD : DROP_DUPLICATE);
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
		source_on_keyframe(source, m->layer, a->now);
}

static bool describe_video(struct engine *e, struct arrival *a)
{
	struct recv_meta *m = &a->packet->meta;
	if (!(a->codec == CODEC_VP8 ? describe_vp8(a) : describe_h264(a)))
		return core_stop(e, DROP_CODEC_FORMAT);
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
		return core_stop(e, DROP_CODEC_FORMAT);
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
		return core_stop(e, DROP_OLD); /* of the codec before */
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

/* The history serves those who ask again: what a viewer of this worker takes is kept. Other workers keep their own. */
static void keep(struct engine *e, struct arrival *a)
{
	if (!source_is_video(a->source->kind) || !(a->source->taken_here >> a->packet->meta.layer & 1))
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
		forward_skip(e, a.source, a.layer, p->meta.seq, now);
		return;
	}
	if (!describe(e, &a)) {
		forward_skip(e, a.source, a.layer, p->meta.seq, now);
		return;
	}
	p->data[(size_t)(p->body.p - p->data) + p->body.n] = 1; /* PACKET_TAIL */
	keep(e, &a);
	if (list_empty(&a.source->takers) && !a.source->taken_by)
		core_drop(e, source_is_shown(a.source) ? DROP_UNWANTED : DROP_MUTED);
	else
		forward_gather(e, a.source, p);
	if (e->packets.free < e->packets.count / BUFFERS_HELD)
		forward_all(e, now); /* nothing is held where buffers are few */
}

void path_on_codec(struct engine *e, struct source *source, enum codec codec, usec now)
{
	if (source->codec == codec)
		return;
	forward_source(e, source, now);
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
	forward_gather(e, a.source, p);
}
