/* What a slot works in while it is in use, lent from the engine's pools: the map of its numbers, what it sent again,
 * the sealed bytes of a voice.
 *
 * Guarantee: a slot that is given a source has it, or is not given the source; it goes back when the slot has had no
 * source for LENT_KEEP; who asks later for what was sent before is told that it is not kept any more. The slot's
 * own counters, rollover counters and seal windows stay with it for the life of the transport: no number is given and
 * no index sealed twice, however often the memory comes and goes. Pools are sized at start for every slot that may be
 * granted. */
#pragma once
#include "base/err.h"
#include "base/usec.h"
#include "engine/sealed.h"
#include "media/rewrite.h"
#include "media/send.h"
#include <stdbool.h>

struct engine;
struct slot;

#define LENT_KEEP (5 * USEC_S)

struct lent_pictures {
	struct send_repeat repeats[SEND_REPEATS];
	struct rewrite_pictures map; /* last: the pages behind it are touched as changes of source need them */
};
struct lent_voice {
	struct rewrite_voice map;
	struct sealed sealed;
};

/* The pools, for the configured numbers of slots. ERR_NOMEM. */
must_check enum err lent_init(struct engine *e);
void lent_fini(struct engine *e);

/* The slot has its memory. False: the pool is out, counted as a drop. */
bool lent_need(struct engine *e, struct slot *s);
void lent_return(struct engine *e, struct slot *s);
/* Each second: gives back what is not needed any more. */
void lent_on_deadline(struct engine *e, struct slot *s, usec now);
