/* The end of a voice: when an audio slot loses its source, SILENCE_FRAMES empty Opus frames (the TOC byte alone) follow
 * the last packet, else the listener's decoder stretches the last sound.
 *
 * Guarantee: they go out one frame's duration apart, with timestamps that follow the last packet's by its duration (or
 * by the time since, in whole frames) and then by one frame each, at most SILENCE_FRAMES of them for one loss; none
 * after silence_cancel or a new packet. The configuration and stereo bit are those of the last packet. RFC 6716 3.1.
 *
 *            on_packet    on_lost                     next, due          cancel
 *   EMPTY    -> READY     -                           -                  -
 *   READY    READY        -> CLOSING, first due now   -                  -> EMPTY
 *   CLOSING  -> READY     -                           one; after the last -> EMPTY    -> EMPTY
 *
 * Pure, no allocation. One owner thread. */
#pragma once
#include "base/bytes.h"
#include "base/usec.h"

#define SILENCE_FRAMES 4

enum silence_state { SILENCE_EMPTY, SILENCE_READY, SILENCE_CLOSING };

struct silence {
	enum silence_state state;
	uint8_t toc;	    /* of one frame of the last packet's configuration */
	uint8_t left;	    /* frames still to send */
	uint32_t frame;	    /* duration of one frame, units of 48 kHz: 120–2880 */
	uint32_t duration;  /* of the whole last packet, likewise */
	uint32_t timestamp; /* sent with the last packet; CLOSING: the next one's */
	usec at;	    /* when the last packet was sent; CLOSING: when the next one is due */
};

struct silence_out {
	uint8_t toc; /* the whole payload */
	uint32_t timestamp;
};

void silence_init(struct silence *s);
/* An Opus packet of a source was sent with this (outgoing) timestamp. A payload that is no Opus packet is ignored. */
void silence_on_packet(struct silence *s, struct bytes opus, uint32_t timestamp, usec now);
/* The source is gone from the slot. */
void silence_on_lost(struct silence *s, usec now);
/* Another one is there. */
void silence_cancel(struct silence *s);
/* True: send this one now with the next sequence number (rewrite_insert), tell media/slotclock; call again. */
bool silence_next(struct silence *s, usec now, struct silence_out *out);
void silence_deadline(const struct silence *s, usec *next);
