/* Dependency descriptor: which frame and which temporal layer a packet is of, without a look into the payload.
 * AV1 RTP payload format, appendix A.8 (the header extension also goes with H.264 and VP8).
 *
 * Guarantee: of a structure (sent with keyframes) only its layers are read; they are kept by the caller, one set a
 * source's SSRC, and replaced as a whole. Decode targets, chains and frame differences are not read. Pure, any thread.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define DEPDESC_TEMPLATES_MAX 64

/* Layers by template; all zero before the first structure. */
struct depdesc_layers {
	uint8_t offset; /* template id of the first */
	uint8_t count;	/* 0: no structure seen yet */
	uint8_t spatial[DEPDESC_TEMPLATES_MAX], temporal[DEPDESC_TEMPLATES_MAX];
};

struct depdesc {
	bool start, end;     /* first, last packet of its frame */
	uint8_t template_id; /* 0–63 */
	uint16_t frame;	     /* number, modulo 2^16 */
	bool has_structure;  /* *layers were replaced: a keyframe's packet */
};

/* Reads the extension's element. *out is cleared first; *layers change only with a whole structure. ERR_SHORT: under 3
 * bytes, or ends within the layers; ERR_LIMIT: more templates than there can be. */
must_check enum err depdesc_parse(struct bytes element, struct depdesc *out, struct depdesc_layers *layers);

/* The packet's layers, 0 the lowest. ERR_MISSING: no structure yet, or its template is not in it; outputs then 0. */
must_check enum err depdesc_layer(const struct depdesc_layers *layers, const struct depdesc *d, uint8_t *spatial,
				  uint8_t *temporal);
