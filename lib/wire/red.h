/* RED audio: the primary block of a packet. RFC 2198 3.
 *
 * Guarantee: the primary block lies inside the payload, behind all redundant blocks. Pure, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdint.h>

#define RED_BLOCKS_MAX 32 /* redundant blocks of one packet; more is refused */

/* Payload type and bytes of the primary block. Outputs are cleared first. ERR_SHORT: headers or redundant blocks reach
 * past the end; ERR_LIMIT: more than RED_BLOCKS_MAX redundant blocks. An empty primary block is valid. */
must_check enum err red_primary(struct bytes payload, uint8_t *pt, struct bytes *primary);
