#include "bench/floor/fan.h"
#include "base/seq.h"
#include "io/udp.h"
#include "secure/sealer.h"
#include "wire/rtpext.h"
#include "wire/vp8.h"
#include <stdio.h>
#include <stdlib.h>

#define SLAB_BYTES (192 * 1024)
#define CELL_BYTES 1536
#define TWCC_AT 21 /* in the header: behind the extension's head and the element's id */

/* Packets [from, to) of a run of the stream's packets that leave as one message, each `payload` bytes long. */
struct message {
	unsigned from, to;
	size_t payload;
};

/* ---- buffers ---------------------------------------------------------------------------------------------------- */

void fan_init(struct fan *f, struct sealer *sealer, struct udp *udp)
{
	*f = (struct fan){ .sealer = sealer, .udp = udp };
	f->buffers = calloc(FAN_BUFFERS, sizeof *f->buffers);
	f->slab = calloc(1, SLAB_BYTES);
	if (!f->buffers || !f->slab) {
		(void)fprintf(stderr, "floor: no memory for buffers\n");
		exit(1);
	}
	for (unsigned i = 0; i < FAN_BUFFERS; i++)
		fan_put(f, &f->buffers[i]);
}

void fan_fini(struct fan *f)
{
	free(f->buffers);
	free(f->slab);
	*f = (struct fan){ 0 };
}

struct incoming *fan_buffer(struct fan *f)
{
	struct incoming *in = f->free;
	if (in) {
		f->free = in->next;
		f->n_free--;
	}
	return in;
}

void fan_put(struct fan *f, struct incoming *in)
{
	in->next = f->free;
	f->free = in;
	f->n_free++;
}

/* ---- in --------------------------------------------------------------------------------------------------------- */

/* What all takers see; the transport-wide number comes later. */
static void write_header(struct incoming *in, const struct rtp *rtp)
{
	static const uint8_t unnumbered[2];
	struct writer w = writer_of(in->header, sizeof in->header);
	uint8_t extension[RTPEXT_BLOCK_MAX];
	struct writer ext = writer_of(extension, sizeof extension);
	uint32_t csrc = floor_index(rtp->ssrc);
	rtpext_write(&ext, RTPEXT_ONE_BYTE, FLOOR_EXT_TWCC, bytes_of(unnumbered, sizeof unnumbered));
	rtp_write(&w, &(struct rtp_head){ .marker = rtp->marker,
					  .pt = rtp->pt,
					  .seq = rtp->seq,
					  .timestamp = rtp->timestamp,
					  .ssrc = rtp->ssrc,
					  .csrcs = &csrc,
					  .n_csrcs = 1,
					  .ext_profile = RTPEXT_ONE_BYTE,
					  .ext = writer_done(&ext) });
}

static void append(struct stream **first, struct stream **last, struct stream *stream)
{
	stream->next = NULL;
	if (*first)
		(*last)->next = stream;
	else
		*first = stream;
	*last = stream;
}

void fan_gather(struct fan *f, struct stream *stream, struct incoming *in, const struct rtp *rtp)
{
	size_t head = stream->video && rtp->payload.n > VP8_DESCRIPTOR_BYTES ? VP8_DESCRIPTOR_BYTES : 0;
	if (!stream->began)
		stream->seq = SITES_FIRST_SEQ + rtp->seq;
	stream->began = true;
	stream->seq = seq_extend(stream->seq, rtp->seq, 16);
	if (!stream->n_takings) {
		fan_put(f, in);
		return;
	}
	in->seq = stream->seq - SITES_FIRST_SEQ;
	in->head = bytes_of(rtp->payload.p, head);
	in->body = bytes_of(rtp->payload.p + head, rtp->payload.n - head);
	in->data[(size_t)(rtp->payload.p - in->data) + rtp->payload.n] = 1;
	in->next = NULL;
	write_header(in, rtp);
	if (stream->first) {
		stream->last->next = in;
		stream->last = in;
		return;
	}
	stream->first = stream->last = in;
	if (stream->video)
		append(&f->pictures, &f->pictures_last, stream);
	else
		append(&f->voices, &f->voices_last, stream);
}

/* ---- out -------------------------------------------------------------------------------------------------------- */

static void send_slab(struct fan *f)
{
	sealer_finish(f->sealer);
	udp_flush(f->udp);
	f->pushed = 0;
	f->used = 0;
}

static uint8_t *room(struct fan *f, size_t bytes)
{
	if (f->pushed == UDP_BURST - 1 || f->used + bytes > SLAB_BYTES) /* a full burst would be sent by udp_push */
		send_slab(f);
	return f->slab + f->used;
}

uint8_t *fan_room(struct fan *f)
{
	return room(f, CELL_BYTES);
}

static void push(struct fan *f, const struct netaddr *to, size_t length, size_t segment, bool first)
{
	udp_push(f->udp, &(struct udp_message){ .to = *to,
						.bytes = bytes_of(f->slab + f->used, length),
						.segment = (uint16_t)segment,
						.first = first });
	f->used += length;
	f->pushed++;
}

void fan_send_alone(struct fan *f, const struct netaddr *to, size_t length)
{
	push(f, to, length, 0, true);
}

static size_t payload_bytes(const struct incoming *in)
{
	return in->head.n + in->body.n;
}

/* Packets of one message are equally long but for the last, which may be shorter; one byte of padding makes them so. */
static struct message together(struct incoming *const *packets, unsigned from, unsigned n)
{
	size_t low = payload_bytes(packets[from]), high = low;
	unsigned i = from + 1;
	for (; i < n; i++) {
		size_t bytes = payload_bytes(packets[i]);
		size_t lowest = bytes < low ? bytes : low, highest = bytes > high ? bytes : high;
		if (highest - lowest > 1)
			break;
		low = lowest;
		high = highest;
	}
	if (i < n && payload_bytes(packets[i]) < high)
		i++;
	return (struct message){ from, i, high };
}

static void send_message(struct fan *f, struct taking *t, bool video, struct incoming *const *packets,
			 const struct message *m)
{
	struct site *taker = t->taker;
	uint8_t *to = room(f, (size_t)(m->to - m->from) * CELL_BYTES);
	size_t length = 0, segment = 0, n;
	for (unsigned i = m->from; i < m->to; i++) {
		struct incoming *in = packets[i];
		bool extended = i + 1 < m->to && payload_bytes(in) < m->payload;
		in->header[0] = (uint8_t)((in->header[0] & ~0x20U) | (extended ? 0x20U : 0));
		in->header[TWCC_AT] = (uint8_t)(taker->twcc >> 8);
		in->header[TWCC_AT + 1] = (uint8_t)taker->twcc;
		if (seal_packet(&taker->seal, &t->stream, bytes_of(in->header, sizeof in->header), in->head,
				bytes_of(in->body.p, in->body.n + extended), in->seq, to + length, CELL_BYTES,
				&n) != ERR_OK) {
			f->refused++;
			continue;
		}
		taker->twcc++;
		segment = segment ? segment : n;
		length += n;
		f->packets++;
	}
	if (!length)
		return;
	push(f, &taker->address, length, segment, !video);
	f->messages++;
}

static void send_run(struct fan *f, struct stream *stream, struct incoming *const *packets, unsigned n)
{
	struct message messages[FAN_RUN];
	unsigned n_messages = 0;
	for (unsigned from = 0; from < n; from = messages[n_messages++].to)
		messages[n_messages] = together(packets, from, n);
	for (unsigned i = 0; i < stream->n_takings; i++)
		for (unsigned m = 0; m < n_messages; m++)
			send_message(f, &stream->takings[i], stream->video, packets, &messages[m]);
}

static void send_streams(struct fan *f, struct stream *stream)
{
	struct incoming *packets[FAN_RUN];
	for (; stream; stream = stream->next)
		while (stream->first) {
			unsigned n = 0;
			for (; n < FAN_RUN && stream->first; n++) {
				packets[n] = stream->first;
				stream->first = packets[n]->next;
			}
			send_run(f, stream, packets, n);
			for (unsigned i = 0; i < n; i++)
				fan_put(f, packets[i]);
		}
}

void fan_flush(struct fan *f)
{
	send_streams(f, f->voices);
	send_streams(f, f->pictures);
	f->voices = f->pictures = NULL;
	send_slab(f);
}
