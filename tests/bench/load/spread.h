/* How far apart the takers of one source packet get it: told by its send stamp, which all of them see.
 *
 * A packet counts once SPREAD_TAKERS of those that open it have had it; the first and the last arrival are kept. Plain
 * data, bounded: what is more than SPREAD_PACKETS behind, or collides, is forgotten. One owner thread. */
#pragma once
#include "bench/load/delays.h"

#define SPREAD_PACKETS 1024
#define SPREAD_TAKERS 5

struct spread_packet {
	usec stamp, first, last;
	uint32_t takers;
};

struct spread {
	struct delays delays; /* last - first */
	struct spread_packet packets[SPREAD_PACKETS];
};

void spread_add(struct spread *s, usec stamp, usec now);
/* Counts what is still kept. */
void spread_end(struct spread *s);
