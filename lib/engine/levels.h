/* How loud the microphones of our sites are, for rooms whose home is another worker: gathered, and sent each 20 ms. */
#pragma once
#include "base/usec.h"
#include "engine/link.h"
#include <stdbool.h>
#include <stdint.h>

#define LEVELS_EVERY (20 * USEC_MS)

struct engine;
struct other;

void levels_add(struct engine *e, uint32_t home, uint32_t csrc, uint8_t level, bool voice, usec now);
void levels_on_deadline(struct engine *e, struct other *o);
void levels_on_link(struct engine *e, const struct link_levels *m);
