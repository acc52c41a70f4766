/* VP8's payload descriptor and what the first bytes of a frame tell. RFC 7741 4.2 and 4.3.
 *
 * Guarantee: `descriptor` + `payload` are all of the RTP payload. Written descriptors always have one shape and length,
 * so that what differs between viewers is a head of VP8_DESCRIPTOR_BYTES before a shared payload. Pure, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define VP8_DESCRIPTOR_BYTES 6 /* as written: with 15-bit picture id, TL0PICIDX, TID and KEYIDX */

struct vp8 {
	uint8_t descriptor;  /* bytes of the descriptor as read */
	bool non_reference;  /* N: nothing depends on this frame */
	bool start;	     /* S: a partition begins here */
	uint8_t partition;   /* PID, 0–7 */
	bool has_picture_id; /* I */
	bool long_id;	     /* M: 15 bits instead of 7 */
	uint16_t picture_id;
	bool has_tl0picidx; /* L */
	uint8_t tl0picidx;
	bool has_tid;	      /* T */
	uint8_t tid;	      /* 0–3 */
	bool layer_sync;      /* Y; valid with has_tid */
	bool has_keyidx;      /* K */
	uint8_t keyidx;	      /* 0–31 */
	struct bytes payload; /* behind the descriptor, at least one byte */
	/* derived */
	bool frame_start;	/* S and PID 0 */
	bool keyframe;		/* frame_start and P bit 0: told by a frame's first packet only */
	uint16_t width, height; /* of a keyframe whose head is whole, else 0; 14 bits, before upscaling */
};

/* *out is cleared first. ERR_SHORT: ends inside the descriptor, or nothing behind it; ERR_FORMAT: a keyframe without
 * its start code. */
must_check enum err vp8_parse(struct bytes payload, struct vp8 *out);

/* Appends a descriptor of VP8_DESCRIPTOR_BYTES: N, S, PID, picture_id (15 bits), tl0picidx, tid, layer_sync as given;
 * K and keyidx where has_keyidx. Fields out of range fail the writer. */
void vp8_write(struct writer *w, const struct vp8 *v);
