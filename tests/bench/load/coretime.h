/* On which cores this thread's CPU time was spent, where it may run on several.
 *
 * Noted often, it is exact but for what ran between two notes with a change of core between them. One owner thread. */
#pragma once
#include <stdint.h>

#define CORETIME_CORES 256 /* what runs beyond counts for the last */

struct coretime {
	unsigned core;
	uint64_t since_ns; /* the thread's CPU time when it was first seen on this core */
	uint64_t ns[CORETIME_CORES];
};

void coretime_note(struct coretime *c);
/* What runs now counts too. */
void coretime_look(struct coretime *c);
