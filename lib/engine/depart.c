#include "engine/depart.h"
#include "engine/core.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/transport.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"

#define HEADER_MAX (RTP_FIXED_BYTES + 4 + 4 + RTPEXT_BLOCK_MAX)
#define PADDING_BYTES 4
#define RUN_BYTES ((size_t)OUTBOX_RUN * OUTBOX_CELL)

/* ---- one message ------------------------------------------------------------------------------------------------ */

static size_t payload_bytes(const struct departing *d)
{
	return (size_t)d->n_head + d->body.n;
}

/* Their headers are of one length. */
static bool headers_match(const struct departing *a, const struct departing *b)
{
	return !a->csrc == !b->csrc;
}

/* Items [from, result) may leave as one message, each `*payload` bytes but the last, which may be shorter. */
static unsigned together(const struct engine *e, const struct run *r, unsigned from, size_t *payload)
{
	size_t low = payload_bytes(&r->items[from]), high = low;
	bool extensible = r->items[from].extensible && !e->config.no_padding;
	unsigned i = from + 1;
	for (; i < r->n; i++) {
		size_t n = payload_bytes(&r->items[i]);
		size_t lowest = n < low ? n : low, highest = n > high ? n : high;
		bool padded = extensible && (r->items[i].extensible || n == highest);
		if (highest - lowest > (padded ? 1U : 0U) || !headers_match(&r->items[i], &r->items[from]))
			break;
		extensible = extensible && r->items[i].extensible;
		low = lowest;
		high = highest;
	}
	*payload = high;
	bool shorter = i < r->n && payload_bytes(&r->items[i]) < high && headers_match(&r->items[i], &r->items[from]);
	return shorter ? i + 1 : i;
}

/* Seals one into `to`; 0: it cannot be, counted. `extended`: one byte of padding behind the body. */
static size_t seal(struct engine *e, struct slot *s, const struct departing *d, bool extended, uint8_t *to, usec now)
{
	struct transport *t = s->transport;
	uint8_t header[HEADER_MAX], extension[RTPEXT_BLOCK_MAX];
	struct writer w = writer_of(header, sizeof header), ext = writer_of(extension, sizeof extension);
	uint16_t form = rtpext_form(s->twcc);
	size_t length;
	if (seal_too_old(d->seal, d->seq)) {
		core_drop(e, DROP_OLD);
		return 0;
	}
	if (s->twcc)
		rtpext_write_twcc(&ext, form, s->twcc, t->twcc_next);
	rtp_write(&w, &(struct rtp_head){ .marker = d->marker,
					  .padding = d->padding || extended,
					  .pt = d->pt,
					  .seq = (uint16_t)d->seq,
					  .timestamp = d->timestamp,
					  .ssrc = d->ssrc,
					  .csrcs = &d->csrc,
					  .n_csrcs = d->csrc != 0,
					  .ext_profile = form,
					  .ext = writer_done(&ext) });
	if (w.failed ||
	    seal_packet(&t->seal, d->seal, writer_done(&w), bytes_of(d->head, d->n_head),
			bytes_of(d->body.p, d->body.n + extended), d->seq, to, OUTBOX_CELL, &length) != ERR_OK) {
		core_drop(e, DROP_SEAL);
		return 0;
	}
	t->twcc_next += s->twcc != 0; /* a number that never leaves would look like a loss */
	if (s->sealed && d->seal == &s->seal) {
		sealer_finish(e->sealer);
		if (!sealed_put(&e->sealed, s->sealed, (uint16_t)d->seq, bytes_of(to, length), now))
			core_drop(e, DROP_HISTORY);
	}
	return length;
}

/* Items [from, to) as one message; returns its bytes. */
static size_t depart_message(struct engine *e, struct run *r, unsigned from, unsigned to, size_t payload,
			     const struct netaddr *address, usec now)
{
	struct slot *s = r->slot;
	struct transport *t = s->transport;
	uint8_t *room = outbox_room(&e->outbox, RUN_BYTES);
	size_t length = 0, segment = 0;
	unsigned datagrams = 0;
	for (unsigned i = from; i < to; i++) {
		const struct departing *d = &r->items[i];
		bool extended = i + 1 < to && payload_bytes(d) < payload;
		size_t n = seal(e, s, d, extended, room + length, now);
		if (!n)
			continue;
		segment = segment ? segment : n;
		length += n;
		datagrams++;
	}
	if (!datagrams)
		return 0;
	outbox_commit_run(&e->outbox, address,
			  &(struct outbox_run){ .length = length,
						.segment = segment,
						.datagrams = datagrams,
						.rank = s->kind == SLOT_VIDEO ? OUTBOX_VIDEO : OUTBOX_VOICE,
						.sender = s },
			  &t->last);
	t->out_packets += datagrams;
	e->out_packets += datagrams;
	e->out_bytes += length;
	return length;
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

void run_init(struct run *r, struct slot *s)
{
	r->slot = s;
	r->n = 0;
}

void run_depart(struct engine *e, struct run *r, usec now)
{
	struct transport *t = r->slot->transport;
	const struct netaddr *address = transport_address(t);
	size_t bytes = 0, payload;
	if (!r->n)
		return;
	if (!address) {
		for (unsigned i = 0; i < r->n; i++)
			core_drop(e, t->crypt ? DROP_SILENT : DROP_NOT_CONNECTED);
		r->n = 0;
		return;
	}
	for (unsigned from = 0, to; from < r->n; from = to) {
		to = together(e, r, from, &payload);
		bytes += depart_message(e, r, from, to, payload, address, now);
	}
	r->n = 0;
	rate_add(&t->down, bytes, now);
}

static struct departing *next_item(struct engine *e, struct run *r, usec now)
{
	if (r->n == OUTBOX_RUN)
		run_depart(e, r, now);
	return &r->items[r->n++];
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

void run_packet(struct engine *e, struct run *r, const struct packet *p, const struct rewrite_out *out,
		uint32_t timestamp, bool marker, usec now)
{
	struct slot *s = r->slot;
	const struct source *source = s->source;
	uint8_t pt;
	if (!slot_pt(s, source->codec, &pt)) {
		core_drop(e, DROP_PAYLOAD_TYPE);
		return;
	}
	struct departing *d = next_item(e, r, now);
	d->seal = &s->seal;
	d->seq = out->seq;
	d->timestamp = timestamp;
	d->ssrc = s->seal.ssrc;
	d->csrc = source->site->csrc;
	d->pt = pt;
	d->marker = marker;
	d->padding = false;
	d->extensible = true;
	d->n_head = (uint8_t)write_head(p, out, d->head, sizeof d->head);
	d->body = p->body;
	if (!transport_address(s->transport))
		return; /* run_depart counts it */
	send_on_sent(&s->send, payload_bytes(d), now);
	if (s->report_at == USEC_NEVER) { /* the receiver needs a report to know this clock */
		s->report_at = now;
		transport_due(e, s->transport, now);
	}
}

void run_padding(struct engine *e, struct run *r, uint64_t seq, usec now)
{
	static const uint8_t padding[PADDING_BYTES] = { [PADDING_BYTES - 1] = PADDING_BYTES };
	struct slot *s = r->slot;
	*next_item(e, r, now) = (struct departing){ .seal = &s->seal,
						    .seq = seq,
						    .timestamp = s->clock.last,
						    .ssrc = s->line->slot_ssrc,
						    .pt = s->line->codecs[0].pt,
						    .padding = true,
						    .body = { padding, sizeof padding } };
}

/* ---- by themselves ---------------------------------------------------------------------------------------------- */

static void depart_one(struct engine *e, struct slot *s, const struct departing *d, usec now)
{
	struct run r;
	run_init(&r, s);
	r.items[r.n++] = *d;
	run_depart(e, &r, now);
}

void depart_padding(struct engine *e, struct slot *s, uint64_t seq, usec now)
{
	struct run r;
	run_init(&r, s);
	run_padding(e, &r, seq, now);
	run_depart(e, &r, now);
}

void depart_again(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_found *found, usec now)
{
	const struct line_codec *codec = slot_codec(s, s->source->codec);
	struct rewrite_in in = rewrite_in_video(found->generation, &p->meta);
	struct rewrite_out out;
	uint32_t timestamp;
	if (!codec || !codec->rtx_pt || !s->line->slot_rtx_ssrc || !rewrite_again(&s->rewrite, &in, &out) ||
	    !slotclock_again(&s->clock, found->generation, p->meta.timestamp, p->meta.arrival, &timestamp))
		return;
	struct departing d = { .seal = &s->rtx_seal,
			       .timestamp = timestamp,
			       .ssrc = s->line->slot_rtx_ssrc,
			       .csrc = s->source->site->csrc,
			       .pt = codec->rtx_pt,
			       .marker = p->meta.marker,
			       .head = { (uint8_t)(found->out >> 8), (uint8_t)found->out },
			       .body = p->body };
	d.n_head = (uint8_t)(DEPART_RTX_BYTES + write_head(p, &out, d.head + DEPART_RTX_BYTES, VP8_DESCRIPTOR_BYTES));
	d.seq = send_on_rtx(&s->send, payload_bytes(&d));
	depart_one(e, s, &d, now);
}

void depart_padding_again(struct engine *e, struct slot *s, uint64_t seq, usec now)
{
	const struct line_codec *codec = &s->line->codecs[0];
	if (!codec->rtx_pt || !s->line->slot_rtx_ssrc)
		return;
	struct departing d = { .seal = &s->rtx_seal,
			       .seq = send_on_rtx(&s->send, DEPART_RTX_BYTES),
			       .timestamp = s->clock.last,
			       .ssrc = s->line->slot_rtx_ssrc,
			       .pt = codec->rtx_pt,
			       .n_head = DEPART_RTX_BYTES,
			       .head = { (uint8_t)(seq >> 8), (uint8_t)seq } };
	depart_one(e, s, &d, now);
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
	send_on_sent(&s->send, 1, now);
	depart_one(e, s, &d, now);
}

void depart_sealed(struct engine *e, struct slot *s, struct bytes datagram, usec now)
{
	const struct netaddr *to = transport_address(s->transport);
	if (!to)
		return;
	memcpy(outbox_room(&e->outbox, datagram.n), datagram.p, datagram.n);
	outbox_commit(&e->outbox, to, datagram.n);
	rate_add(&s->transport->down, datagram.n, now);
}
