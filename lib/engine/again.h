/* What is sent again, and what never will be: NACKs of viewers, and losses that are given up. RFC 4585 6.2.1, RFC 4588.
 *
 * Video comes from the one history a layer has, by RTX; audio from the slot's own sealed bytes. */
#pragma once
#include "base/usec.h"
#include <stdint.h>

struct engine;
struct slot;
struct source;

/* The viewer asks for this number of the slot again. */
void again_on_nack(struct engine *e, struct slot *s, uint16_t seq, usec now);
/* An input of this source's layer will not come any more: viewers' holes are closed. */
void again_on_gone(struct engine *e, struct source *source, uint8_t layer, uint64_t seq, usec now);
