/* Faults that tests ask for, at the socket: media lost by a seeded dice, all of UDP cut. Off unless asked for. */
#pragma once
#include "base/bytes.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fault {
	uint32_t in, out; /* of a million media datagrams */
	uint64_t state;
	atomic_bool cut; /* nothing passes; any thread may switch it */
};

void fault_init(struct fault *f, uint32_t in, uint32_t out, uint32_t seed);
bool fault_is_on(const struct fault *f);
/* Whether this datagram is to be lost on its way in, or out. */
bool fault_in(struct fault *f, struct bytes datagram);
bool fault_out(struct fault *f, struct bytes datagram);
