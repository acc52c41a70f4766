/* Opus packets: how long, how many frames, whether anything is in them. RFC 6716 3.1 and 3.2, RFC 7587.
 *
 * Guarantee: duration is at most 120 ms (5760 samples). Pure, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define OPUS_RATE 48000 /* RTP clock, whatever the coded bandwidth */

struct opus {
	uint8_t toc;
	bool stereo;
	uint8_t frames;		/* 1–48; 0 only in a packet of code 3 without frames, which is refused */
	uint16_t frame_samples; /* of one frame: 120, 240, 480, 960, 1920, 2880 */
	uint16_t samples;	/* of the whole packet, 120–5760 */
	bool empty;		/* the TOC byte alone: nothing was coded (a decoder stretches or falls silent) */
	bool dtx;		/* empty, or at most 2 bytes: silence of discontinuous transmission */
};

/* *out is cleared first. ERR_SHORT: no byte, or code 3 without its count; ERR_FORMAT: no frames, or longer than 120 ms.
 */
must_check enum err opus_parse(struct bytes payload, struct opus *out);

/* The TOC byte of an empty frame that follows packets of this TOC: same mode, bandwidth and frame length, one frame. */
static inline uint8_t opus_empty_toc(uint8_t toc)
{
	return toc & 0xfc;
}
