/* H.264 payloads of mode 1: what a packet tells about its frame. RFC 6184 5.6 (single), 5.7.1 (STAP-A), 5.8 (FU-A).
 *
 * Guarantee: nothing outside the payload is read; parameter sets are read for the picture's size alone. Pure, any
 * thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct h264 {
	bool keyframe;	  /* holds an SPS, or (the beginning of) an IDR slice */
	bool sps;	  /* holds an SPS: a decoder can begin here */
	bool idr;	  /* (a fragment of) an IDR slice itself */
	bool frame_start; /* may begin a frame: delimiter, SEI, parameter set, or a first slice. Packets of one frame
			   * may say so more than once; the first of a timestamp is it */
	uint8_t nal;	  /* type of the first NAL unit (inside STAP-A and FU-A), 1–23 */
	uint16_t width, height; /* from an SPS in this packet, cropped; 0: none, or one we do not read */
};

/* *out is cleared first. ERR_SHORT: empty, or a unit reaches past the end; ERR_FORMAT: forbidden bit, an aggregate in
 * an aggregate, or a packet type mode 1 does not have (STAP-B, MTAP, FU-B, 0, 30, 31). */
must_check enum err h264_parse(struct bytes payload, struct h264 *out);
