/* What is looked at when the measured window begins and ends, and the record made of both.
 *
 * Plain data; reads /proc. */
#pragma once
#include "bench/load/counts.h"
#include "bench/load/load.h"
#include "bench/load/proc.h"

struct look {
	usec at;
	struct proc relay, own;
	struct counts counts;
	uint64_t drops, relay_drops; /* datagrams lost at our sockets, at the relay's */
	uint64_t missing;
};

void look_take(struct look *w, const struct load *l);
/* One line of JSON on stdout, and without --json a few words for people. */
void look_print(const struct look *from, const struct look *to, const struct load *l);
