/* One layer of a camera: frames of VP8 as packets, sized as a browser's encoder and packetizer make them.
 *
 * Three temporal layers (0 2 1 2), a keyframe when one is asked for, a frame's packets of almost one size, the last
 * ones a byte longer. Packets are told, not made: camera_write makes the descriptor and the first bytes of one. The
 * newest CAMERA_HISTORY are remembered, for those who ask again. RFC 7741. Pure, plain data. */
#pragma once
#include "base/bytes.h"
#include "base/usec.h"
#include "secure/seal.h"
#include <stdbool.h>
#include <stdint.h>

#define CAMERA_HISTORY 512    /* a power of two */
#define CAMERA_PACKETS_MAX 40 /* of one frame */
#define CAMERA_STAMP_AT 16    /* where in the body the send stamp lies: behind a keyframe's head */
#define CAMERA_BODY_MIN 32
#define CAMERA_KEYFRAME_USEC (300 * USEC_MS) /* between two keyframes, as a browser's encoder has it */
#define CAMERA_BODY_MAX 1500

struct camera_packet {
	uint64_t seq; /* extended */
	uint32_t timestamp;
	uint16_t size; /* bytes of the body, behind the descriptor */
	uint16_t picture_id;
	uint8_t tl0picidx, tid;
	bool start, marker, keyframe, sync;
};

struct camera {
	struct seal_stream seal, rtx_seal;
	uint64_t seq, rtx_seq; /* the next ones, extended */
	uint64_t first_seq;
	uint32_t timestamp_base;
	uint16_t picture_id;
	uint8_t tl0picidx;
	uint16_t width, height;
	uint32_t frame_bytes; /* on average */
	uint32_t frames;      /* since the last keyframe */
	bool keyframe;	      /* the next frame that may be one is one */
	usec last_keyframe;
	bool told;		  /* a receiver report named it: mid and rid are no longer sent */
	uint32_t packets, octets; /* of the sender reports */
	uint64_t chance;
	struct camera_packet history[CAMERA_HISTORY];
};

/* A layer of that size at `kbps` and `fps`; numbers and sizes follow from the seed. */
void camera_init(struct camera *c, uint32_t ssrc, uint32_t rtx_ssrc, uint16_t height, uint32_t kbps, uint32_t fps,
		 uint64_t seed);
/* One frame: [*from, c->seq) are its numbers in the history. */
void camera_frame(struct camera *c, uint32_t timestamp, usec now, uint64_t *from);
/* The packet of this number; NULL: not sent, or forgotten. */
const struct camera_packet *camera_packet(const struct camera *c, uint16_t seq);
/* Descriptor into `head`, and what a decoder looks at into body[CAMERA_BODY_MIN], which stays as it is behind that. */
void camera_write(const struct camera *c, const struct camera_packet *p, struct writer *head, uint8_t *body);
