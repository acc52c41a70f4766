/* One clock a slot: the RTP timestamps a slot sends, over every change of source and over silence.
 *
 * Guarantee: one line for the slot's whole life, timestamp = base + rate x (time - begin), on which every sender report
 * lies (slotclock_at). Within one source and layer out = in + constant; the constant is set at the switch so that the
 * first packet's timestamp is the line at its capture time, raised where needed so that it exceeds the highest one sent
 * by at least `step` (unless that would lead SLOTCLOCK_AHEAD before the line, which only a source gets to that restarts
 * its timestamps again and again: then the line). A packet whose timestamp would be more than SLOTCLOCK_AHEAD before or
 * SLOTCLOCK_BEHIND after the line at its arrival is from a source that restarted its timestamps: the constant is set
 * anew, as at a switch. So no timestamp is ever further from the line than that. RFC 3550 5.1, 6.4.1.
 *
 * The constants of the last SLOTCLOCK_EPOCHS switches are kept, so that a packet sent again has the same timestamp,
 * also where one source and layer was switched to more than once. `generation` names one source and layer, as in
 * media/rewrite.h. Times are of the daemon's clock, rates in Hz. Pure, no allocation. One owner thread. */
#pragma once
#include "base/usec.h"
#include <stdbool.h>
#include <stdint.h>

#define SLOTCLOCK_EPOCHS 8
#define SLOTCLOCK_AHEAD USEC_S
#define SLOTCLOCK_BEHIND (10 * USEC_S)
#define SLOTCLOCK_AUDIO_HZ 48000
#define SLOTCLOCK_VIDEO_HZ 90000

struct slotclock_epoch {
	uint32_t generation;
	uint32_t first;	   /* `in` of the switch: what is older belongs to an epoch before */
	uint32_t constant; /* out - in, modulo 2^32 */
};

struct slotclock {
	uint32_t rate_hz, base;
	usec begin;
	bool sent;     /* `last` is valid */
	uint32_t last; /* highest timestamp sent */
	uint32_t step; /* least distance at a change, RTP units */
	uint8_t n, newest;
	struct slotclock_epoch epochs[SLOTCLOCK_EPOCHS];
};

/* `base` by chance. `step`: one frame, in RTP units (audio 960, video 3000). */
void slotclock_init(struct slotclock *c, uint32_t rate_hz, uint32_t base, uint32_t step, usec now);

/* A switch: the first packet of a source or layer. `capture`: when it was taken, on the daemon's clock, from the
 * source's sender reports; USEC_NEVER while there is none: its arrival counts. A capture after the arrival, or more
 * than SLOTCLOCK_BEHIND before it, counts as none. Returns its timestamp. */
uint32_t slotclock_switch(struct slotclock *c, uint32_t generation, uint32_t in, usec capture, usec arrival);
/* A further packet, new or late. *restarted (may be NULL): the constant was set anew, treat it as a change of source
 * (audio: marker bit). False: no epoch of that generation is known; *out is 0. */
bool slotclock_map(struct slotclock *c, uint32_t generation, uint32_t in, usec arrival, uint32_t *out, bool *restarted);
/* What the packet got when it was mapped, changing nothing. `arrival` is that packet's own. False: forgotten. */
bool slotclock_again(const struct slotclock *c, uint32_t generation, uint32_t in, usec arrival, uint32_t *out);
/* A timestamp was sent that no source gave (media/silence): later ones exceed it. */
void slotclock_on_sent(struct slotclock *c, uint32_t timestamp);

/* The line: the timestamp that belongs to a time; (time, timestamp) is what a sender report tells. */
uint32_t slotclock_at(const struct slotclock *c, usec time);
/* How far the running source has drifted from the line: timestamp of (`in`, captured at `capture`) minus the line,
 * in microseconds; > 0: ahead. 0 when nothing runs. */
usec slotclock_drift(const struct slotclock *c, uint32_t in, usec capture);
