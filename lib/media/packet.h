/* A media packet in a pool buffer, opened in place and shared by reference: receive, history, slots and pacer hold
 * references to one payload, nobody copies it.
 *
 * Owner: the worker whose pool it is from. `refs` is plain (no atomic): one thread; another worker that is lent the
 * packet counts its own references in a small cell of its own. Parsed views point into `data` and are valid while a
 * reference is held. What was parsed is not changed once others may read it. */
#pragma once
#include "base/bytes.h"
#include "base/pool.h"
#include "base/usec.h"
#include <stdbool.h>
#include <stdint.h>

#define PACKET_BYTES 2048
#define PACKET_HEADROOM 64 /* free bytes before the datagram */
/* What lies behind `body`: one byte of RTP padding, for whoever sends the packet one byte longer (RFC 3550 5.1). It is
 * where the SRTP tag was. */
#define PACKET_TAIL 1

/* What was read from a packet once, for all who forward it. */
struct recv_meta {
	uint64_t seq;	     /* extended (base/seq.h) within its SSRC */
	uint32_t timestamp;  /* the source's */
	usec arrival;	     /* on the daemon's clock */
	usec captured;	     /* by the source's clocks as they stood then (media/siteclock) */
	uint32_t generation; /* of the layer's numbering, as its worker names it */
	uint8_t codec;	     /* enum codec */
	uint8_t layer;	     /* spatial: 0 lowest */
	bool marker;
	bool keyframe;	  /* a keyframe's packet (VP8: P bit 0 at a frame's start … its last packet) */
	bool frame_start; /* first packet of a frame */
	bool repaired;	  /* came by RTX, or late */
	/* video */
	uint8_t temporal;    /* 0 base; 0 when unknown */
	bool layer_sync;     /* a frame at which one may climb to `temporal` */
	uint64_t picture_id; /* VP8: extended to 15 bits' modulus; valid when has_picture_id */
	uint8_t tl0picidx;
	bool has_picture_id, has_tl0picidx, has_temporal;
	uint16_t width, height; /* told by a keyframe's first packet; 0: not told */
	/* VP8 descriptor fields that are passed on as they are */
	bool non_reference, partition_start, has_keyidx;
	uint8_t partition, keyidx;
	/* audio */
	uint8_t level; /* 0 loudest … 127 silence (-dBov, RFC 6464); 127 when unknown */
	bool voice;
};

struct packet;

/* Who takes a lent packet back to its worker when nobody here holds it any more. */
struct packet_lender {
	void (*take_back)(struct packet_lender *lender, struct packet *original);
};

struct packet {
	struct pool *pool;
	/* Of another worker's packet, lent to this one: the cell ends before `data`, `body` points into the other's.
	 * NULL: a buffer of our own. */
	struct packet_lender *lender;
	struct packet *original;
	uint32_t refs;
	uint16_t start, length; /* the datagram in data[], later the opened RTP packet */
	uint16_t head;	   /* bytes before `body` that differ per viewer: the codec's payload descriptor as received */
	struct bytes body; /* the shared payload behind that descriptor, padding taken off; then PACKET_TAIL */
	struct packet *next; /* in the list of what its source got in this wake-up */
	struct recv_meta meta;
	uint8_t data[PACKET_BYTES];
};

/* A buffer with one reference, start = PACKET_HEADROOM; NULL when the pool is out. */
static inline struct packet *packet_new(struct pool *pool)
{
	struct packet *p = pool_get(pool);
	if (!p)
		return NULL;
	p->pool = pool;
	p->lender = NULL;
	p->refs = 1;
	p->start = PACKET_HEADROOM;
	p->length = 0;
	return p;
}

static inline struct packet *packet_get(struct packet *p)
{
	p->refs++;
	return p;
}

static inline void packet_put(struct packet *p)
{
	if (--p->refs)
		return;
	if (p->lender)
		p->lender->take_back(p->lender, p->original);
	pool_put(p->pool, p);
}
