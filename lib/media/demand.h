/* What one source should send, by what anybody takes of it: the `encodings` told to its site.
 *
 * Guarantee: a layer somebody takes is active from the same call on; one that nobody took for DEMAND_HOLD is not, from
 * the next demand_decide on; in between nothing changes. Before the first change the layers are as the contract says:
 * microphone and camera active, low voice and screen not.
 *
 *   layer      taken                not taken      not taken for DEMAND_HOLD
 *   ACTIVE     stays                hold begins    -> INACTIVE, changed
 *   INACTIVE   -> ACTIVE, changed   -              -
 *
 * Pure: time is an argument, no allocation. One owner thread. */
#pragma once
#include "base/limits.h"
#include "base/usec.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEMAND_HOLD (5 * USEC_S)

enum demand_kind { DEMAND_CAMERA, DEMAND_SCREEN, DEMAND_AUDIO, DEMAND_AUDIO_LOW }; /* the order of enum encoding_kind */

/* One layer's encoding, in units of RTCRtpEncodingParameters. */
struct demand_encoding {
	bool active;
	bps max_bitrate;       /* 0: not limited */
	uint8_t max_framerate; /* 0: not limited */
};

struct demand {
	enum demand_kind kind;
	uint8_t n;		/* layers, 1–RIDS_MAX; a source without rids has 1 */
	uint8_t wanted, active; /* bit i: layer i, 0 lowest */
	usec since[RIDS_MAX];	/* not taken since; USEC_NEVER: it is taken, or is not active */
};

/* n: layers of the source; 0 is taken as 1, more than RIDS_MAX as RIDS_MAX. */
void demand_init(struct demand *d, enum demand_kind kind, uint8_t n, usec now);
/* All viewers were gone through: `wanted` are the layers any of them takes. True: `active` changed, tell the site. */
bool demand_decide(struct demand *d, uint8_t wanted, usec now);
/* The same with what was last wanted: for the deadline. */
bool demand_on_deadline(struct demand *d, usec now);
/* The encodings as they stand, lowest layer first. Returns n. */
size_t demand_encodings(const struct demand *d, struct demand_encoding out[RIDS_MAX]);

void demand_deadline(const struct demand *d, usec *next);
