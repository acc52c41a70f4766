/* Which packets of its source one video slot takes: the choice of layer, and the switching between layers.
 *
 * The *wish* is the smallest layer of at least 0.9 x height, else the largest; the *target* is that choice among the
 * layers alive now: a slot never waits for a layer that may not come, it starts with what comes first and falls back
 * when its target dies. Guarantee: the first packet a slot is given of a layer is the first one of a keyframe; packets
 * of the current layer go on until a keyframe of the target begins; a frame is given whole or not at all, as far as it
 * came; a temporal layer is added only at a keyframe or at a frame that depends on the base layer alone (layer_sync),
 * one step at a time, and left out from the next frame on. RFC 7741 4.2, RFC 6184 (no temporal layers there).
 *
 *              start       stop      keyframe of target    target := other         target := current  on_broken
 *   IDLE       -> WAITING  -         -                     -                       -                  -
 *   WAITING    restart     -> IDLE   SWITCH -> LOCKED      stays                   -                  -
 *   LOCKED     -> WAITING  -> IDLE   FORWARD               -> SWITCHING            -                  -> WAITING
 *   SWITCHING  -> WAITING  -> IDLE   SWITCH -> LOCKED      stays                   -> LOCKED          -> WAITING
 *   `stop` is also a wish of height 0. The target is looked at anew with each packet, wish and deadline.
 *
 *   packet is                         IDLE         WAITING         LOCKED, SWITCHING
 *   first of a keyframe of target     DROP_LAYER   SWITCH          SWITCH (of current: FORWARD)
 *   of the current layer              DROP_LAYER   WAIT_KEYFRAME   FORWARD, or DROP_TEMPORAL above the frame rate
 *   anything else                     DROP_LAYER   WAIT_KEYFRAME   DROP_LAYER
 *
 * After SWITCH begin an epoch in media/rewrite and media/slotclock; tell rewrite every DROP_TEMPORAL, nothing else.
 * When the packet that switched was `repaired`, the packets behind it came before and were refused: give them again
 * from history. Packets older than the switch are refused by rewrite (OLD), late ones of the layer left are DROP_LAYER
 * here. Pure, no allocation; reads the source's layers, owns nothing. One owner thread. */
#pragma once
#include "media/layers.h"

#define SELECT_SYNC_WAIT (2 * USEC_S) /* no layer_sync for this long: a keyframe brings the missing frame rate */
#define SELECT_NONE 0xff

enum select_state { SELECT_IDLE, SELECT_WAITING, SELECT_LOCKED, SELECT_SWITCHING };
enum select_verdict {
	SELECT_FORWARD,
	SELECT_SWITCH, /* forward it as the first of a new epoch */
	SELECT_DROP_LAYER,
	SELECT_DROP_TEMPORAL,
	SELECT_WAIT_KEYFRAME,
};

/* From which frame on which temporal ids pass. */
struct select_limit {
	uint32_t timestamp;
	uint8_t temporal;
};
#define SELECT_LIMITS 4

struct select {
	enum select_state state;
	uint16_t height, fps; /* the wish, in pixels and frames/s; height 0: nothing */
	uint8_t current;      /* layer given now; SELECT_NONE while IDLE or WAITING */
	uint8_t target;	      /* layer wanted now; SELECT_NONE while none is alive */
	uint8_t temporal_target;
	uint32_t seen;	  /* layers.changes when the target was chosen … */
	usec stands;	  /* … and how long that choice stands while nothing changes: until a layer may be dead */
	uint32_t frame;	  /* timestamp of the newest frame judged */
	usec short_since; /* since when temporal ids are missing that the target has; USEC_NEVER: none */
	uint8_t newest, n_limits; /* ring */
	struct select_limit limits[SELECT_LIMITS];
};

/* IDLE, with this wish. */
void select_init(struct select *s, uint16_t height, uint16_t fps);
/* A source fills the slot (another one, or the same anew). */
void select_start(struct select *s, const struct layers *l, usec now);
/* No source any more. */
void select_stop(struct select *s);
/* The viewer asks otherwise. `l` NULL: no source. */
void select_on_wish(struct select *s, uint16_t height, uint16_t fps, const struct layers *l, usec now);
/* A packet of the base temporal layer was taken and then not sent (pacer), or the source restarted: only a keyframe
 * helps. */
void select_on_broken(struct select *s);
/* A layer may have died: call at layers_deadline. */
void select_on_deadline(struct select *s, const struct layers *l, usec now);

/* What becomes of this packet of the slot's source; after layers_on_packet. */
enum select_verdict select_decide(struct select *s, const struct layers *l, const struct recv_meta *meta, usec now);

/* True as long as a keyframe is needed: ask for one of *layer (media/keyreq merges). */
bool select_needs_keyframe(const struct select *s, const struct layers *l, usec now, uint8_t *layer);

/* The layer of `l` for this height, dead or alive: what a source is asked to send (media/demand). */
uint8_t select_wish(const struct layers *l, uint16_t height);
/* The layers this slot takes part of the source's uplink for, bit i: layer i. The wish, dead or alive, the one
 * given meanwhile (none: the lowest), and those between on the way up: a wish that never comes costs no picture. */
uint8_t select_wanted(const struct select *s, const struct layers *l);
/* The temporal ids 0–result of `layer` give at least this frame rate. `now_used`: the one in use, kept while it still
 * fits (hysteresis); LAYERS_TEMPORAL - 1 at first. */
uint8_t select_temporal(const struct layers *l, uint8_t layer, uint16_t fps, uint8_t now_used);
