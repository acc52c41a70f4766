/* How long reports may lie: who listens sends a dozen a second, each would wake the worker by itself, and none loses by
 * lying a few milliseconds beside the 40 to 600 its way took.
 *
 * Guarantee: where few come, each wakes; where many do, they are looked at each LULL, up to LULL_EARLY sooner when the
 * worker is awake for something else. Pure: time comes from the caller.
 *
 *   state \ event   readable     awake, LULL_EARLY before `until`   looked: some came    looked: none came
 *   WATCHED         lull_looks   -                                  RESTING              WATCHED
 *   RESTING         not asked    lull_looks                         RESTING              WATCHED */
#pragma once
#include "base/usec.h"
#include <stdbool.h>

#define LULL (5 * USEC_MS)
#define LULL_EARLY (2 * USEC_MS)

enum lull_state { LULL_WATCHED, LULL_RESTING };

struct lull {
	enum lull_state state;
	usec until; /* when to look at the latest; USEC_NEVER: when something comes */
};

void lull_init(struct lull *l);
/* The worker is awake; whether it looks now. `readable`: something waits, told only of what is watched. */
bool lull_looks(const struct lull *l, bool readable, usec now);
/* It looked and found something, or nothing. */
void lull_on_look(struct lull *l, bool some, usec now);
