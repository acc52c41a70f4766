/* What one video source sends: its layers, which are alive, their height, frame rate by temporal layer and bit rate.
 *
 * One for a source, read by all its slots (media/select). Guarantee: a layer is alive exactly while its last packet is
 * younger than `silence`; rates are of the last full second of packets, a temporal layer's frame rate counts those
 * below it. Before the first full second 30 frames/s are assumed, halved for each temporal layer above. Times on the
 * daemon's clock. Pure, no allocation. One owner thread. */
#pragma once
#include "base/limits.h"
#include "media/packet.h"

#define LAYERS_TEMPORAL 4	   /* temporal ids 0–3 */
#define LAYERS_CAMERA USEC_S	   /* silence after which a camera's layer is dead */
#define LAYERS_SCREEN (4 * USEC_S) /* a still picture is sent about once a second */

struct layers_layer {
	uint16_t height, width;		   /* of the last keyframe; 0: unknown */
	usec last;			   /* its last packet; USEC_NEVER before the first */
	uint32_t newest;		   /* highest timestamp seen */
	bps rate;			   /* media bytes; 0 before the first full second */
	uint8_t temporal_max;		   /* highest temporal id seen in the last full second or since */
	uint16_t fps_x10[LAYERS_TEMPORAL]; /* frames/s x 10 up to each temporal id; 0: not measured yet */
	/* the second that runs */
	usec since;
	uint32_t bytes;
	uint16_t frames[LAYERS_TEMPORAL];
	uint8_t temporal_seen;
};

struct layers {
	uint8_t n;     /* 1–RIDS_MAX, lowest first */
	bool temporal; /* the codec tells temporal ids (VP8): slots may drop by them */
	usec silence;
	uint32_t changes; /* one more whenever a layer comes to life, is stopped or has another size: a choice made
			     before may not stand */
	struct layers_layer layer[RIDS_MAX];
};

/* n: 1–RIDS_MAX. */
void layers_init(struct layers *l, uint8_t n, bool temporal, usec silence);
/* A media packet of layer meta->layer, `bytes` of payload; before any slot decides about it. Layers out of range are
 * ignored. Late and repaired packets keep a layer alive too. */
void layers_on_packet(struct layers *l, const struct recv_meta *meta, size_t bytes, usec now);
/* A keyframe told its size. */
void layers_on_size(struct layers *l, uint8_t layer, uint16_t width, uint16_t height);
/* The source stopped one (a=inactive, `encodings`), or started again with other SSRCs: dead at once. */
void layers_on_stopped(struct layers *l, uint8_t layer);

bool layers_alive(const struct layers *l, uint8_t layer, usec now);
/* Its height; where unknown guessed from a known one by powers of two, else 180 x 2^layer. */
unsigned layers_height(const struct layers *l, uint8_t layer);
/* Frames/s x 10 of temporal ids 0–`temporal`, measured or assumed. */
unsigned layers_fps_x10(const struct layers *l, uint8_t layer, uint8_t temporal);
/* Lowers *next to when the next living layer would count as dead. */
void layers_deadline(const struct layers *l, usec now, usec *next);
