#include "engine/depart.h"
#include "engine/core.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/transport.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/vp8.h"

#define HEADER_MAX (RTP_FIXED_BYTES + 4 + 4 + RTPEXT_BLOCK_MAX)
#define RTX_NUMBER_BYTES 2
#define PADDING_BYTES 4

static bool stop(struct engine *e, enum drop drop)
{
	core_drop(e, drop);
	return false;
}

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
	if (d->seal->any && d->seq + SEAL_WINDOW <= d->seal->highest)
		return stop(e, DROP_OLD); /* no receiver takes it any more */
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
	if (s->sealed && d->seal == &s->seal)
		sealed_put(s->sealed, (uint16_t)d->seq, bytes_of(room, length), now);
	rate_add(&t->down, length, now);
	t->out_packets++;
	e->out_packets++;
	e->out_bytes += length;
	return true;
}

void depart_padding(struct engine *e, struct slot *s, uint64_t seq, usec now)
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

/* The codec's head of this packet for this viewer. VP8 without temporal layers may lack TL0PICIDX: each of its pictures
 * is a base one, so the picture id counts them. RFC 7741 4.2. */
static size_t write_head(const struct packet *p, const struct rewrite_out *out, uint8_t *head, size_t size)
{
	const struct recv_meta *m = &p->meta;
	struct writer w = writer_of(head, size);
	if (m->has_picture_id)
		vp8_write(&w, &(struct vp8){ .non_reference = m->non_reference,
					     .start = m->partition_start,
					     .partition = m->partition,
					     .picture_id = out->picture_id,
					     .tl0picidx = m->has_tl0picidx ? out->tl0picidx : (uint8_t)out->picture_id,
					     .tid = m->temporal,
					     .layer_sync = m->layer_sync,
					     .has_keyidx = m->has_keyidx,
					     .keyidx = m->keyidx });
	else /* no VP8, or one without numbers: as it came */
		writer_bytes(&w, bytes_of(p->body.p - p->head, p->head));
	return writer_done(&w).n;
}

void depart_packet(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_out *out,
		   uint32_t timestamp, bool marker, usec now)
{
	uint8_t head[VP8_DESCRIPTOR_BYTES + RTX_NUMBER_BYTES];
	const struct source *source = s->source;
	const struct line_codec *codec = slot_codec(s, source->codec);
	if (!codec) {
		core_drop(e, DROP_PAYLOAD_TYPE);
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
	bool first = s->report_at == USEC_NEVER;
	if (!depart(e, s, &d, now))
		return;
	send_on_sent(&s->send, d.head.n + d.body.n, now);
	if (first) { /* the receiver needs a report to know this clock */
		s->report_at = now;
		transport_due(e, s->transport, now);
	}
}

void depart_again(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_found *found, usec now)
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

void depart_padding_again(struct engine *e, struct slot *s, uint64_t seq, usec now)
{
	uint8_t head[RTX_NUMBER_BYTES] = { (uint8_t)(seq >> 8), (uint8_t)seq };
	const struct line_codec *codec = &s->line->codecs[0];
	if (!codec->rtx_pt || !s->line->slot_rtx_ssrc)
		return;
	struct departing d = { .seal = &s->rtx_seal,
			       .seq = send_on_rtx(&s->send, sizeof head),
			       .timestamp = s->clock.last,
			       .ssrc = s->line->slot_rtx_ssrc,
			       .pt = codec->rtx_pt,
			       .head = { head, sizeof head } };
	(void)depart(e, s, &d, now);
}

void depart_silence(struct engine *e, struct slot *s, uint8_t toc, uint32_t timestamp, usec now)
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

void depart_sealed(struct engine *e, struct slot *s, struct bytes datagram, usec now)
{
	const struct netaddr *to = transport_address(s->transport);
	uint8_t *room = to ? outbox_room(&e->outbox) : NULL;
	if (!room)
		return;
	memcpy(room, datagram.p, datagram.n);
	outbox_commit(&e->outbox, to, datagram.n);
	rate_add(&s->transport->down, datagram.n, now);
}
