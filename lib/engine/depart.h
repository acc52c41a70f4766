/* Departures: what slots send, each a new header, a head of at most 8 bytes, and the shared body, sealed into the
 * outbox. RFC 3550 5.1, RFC 4588 4, RFC 7741 4.2.
 *
 * What one slot sends of one wake-up is gathered in a `struct run` and leaves as few messages as sizes allow: the
 * datagrams of a message are equally long but for the last, which may be shorter (the kernel cuts one piece of bytes).
 * Senders split a frame into packets that differ by one byte: one byte of padding on the shorter ones makes them equal.
 *
 * A departure that cannot be (no consent, an index twice) is a drop, counted. Nothing here decides or maps. */
#pragma once
#include "base/bytes.h"
#include "base/usec.h"
#include "engine/outbox.h"
#include "media/rewrite.h"
#include "wire/vp8.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct packet;
struct seal_stream;
struct slot;

#define DEPART_RTX_BYTES 2
#define DEPART_HEAD_MAX (VP8_DESCRIPTOR_BYTES + DEPART_RTX_BYTES)

/* One packet that leaves. The body is borrowed until run_depart. */
struct departing {
	struct seal_stream *seal;
	uint64_t seq; /* extended */
	uint32_t timestamp, ssrc, csrc;
	uint8_t pt;
	bool marker, padding; /* padding: the body is nothing else */
	bool extensible;      /* behind the body lies PACKET_TAIL: it may be sent one byte longer */
	uint8_t n_head;
	uint8_t head[DEPART_HEAD_MAX];
	struct bytes body;
};

/* What one slot sends now, in order. */
struct run {
	struct slot *slot;
	unsigned n;
	struct departing items[OUTBOX_RUN];
};

void run_init(struct run *r, struct slot *s);
/* A packet of the slot's source, mapped to `out` and `timestamp`; a full run leaves first. */
void run_packet(struct engine *e, struct run *r, const struct packet *p, const struct rewrite_out *out,
		uint32_t timestamp, bool marker, usec now);
/* A number that no packet of the source will fill: padding alone, so that the receiver does not wait for it. */
void run_padding(struct engine *e, struct run *r, uint64_t seq, usec now);
/* All of it leaves. The slot's first packet makes a sender report due. */
void run_depart(struct engine *e, struct run *r, usec now);

/* By themselves: a packet once more, by RTX; `found` is what its number was. Nothing where RTX was not negotiated. */
void depart_again(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_found *found,
		  usec now);
void depart_padding(struct engine *e, struct slot *s, uint64_t seq, usec now);
/* Padding once more, by RTX of an empty packet: the index of the first is used up. */
void depart_padding_again(struct engine *e, struct slot *s, uint64_t seq, usec now);
/* One closing frame of an audio slot (media/silence). */
void depart_silence(struct engine *e, struct slot *s, uint8_t toc, uint32_t timestamp, usec now);
/* Bytes sealed before (engine/sealed.h), as they are. */
void depart_sealed(struct engine *e, struct slot *s, struct bytes datagram, usec now);
