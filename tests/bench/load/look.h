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
	struct coretime coretime;
	uint64_t relay_drops; /* datagrams lost at the relay's sockets */
	struct look_group {
		struct counts counts;
		uint64_t missing, drops; /* numbers still awaited; datagrams lost at our sockets */
	} groups[PLAN_GROUPS];
};

void look_take(struct look *w, struct load *l);
/* One line of JSON on stdout: of all, of each group where there are two, of each core the sites ran on, and without
 * --json a few words for people. */
void look_print(const struct look *from, const struct look *to, const struct load *l);
