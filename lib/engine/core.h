/* The engine's own state, known to the modules of lib/engine alone. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/timers.h"
#include "engine/engine.h"
#include "engine/history.h"
#include "engine/route.h"

/* What a timer of the engine lies in. */
enum timer_kind { TIMER_ROOM, TIMER_TRANSPORT };

struct engine {
	struct engine_config config;
	struct engine_host host;
	struct pool packets; /* struct packet */
	struct pool streams; /* struct stream */
	struct pool site_cells, transport_cells;
	struct pool arrivals;		      /* of transports that receive (media/twccrecv) */
	struct pool pictures, voices, sealed; /* of slots in use (engine/lent) */
	struct map rooms, sites;
	struct timers timers; /* of rooms and transports */
	struct history history;
	struct route route;
	struct sealer *sealer;
	struct outbox outbox;
	struct list fresh_voices, fresh_pictures; /* struct source.in_fresh: what came in this wake-up */
	uint64_t chance;			  /* state of the generator; never 0 */
	uint32_t generations;			  /* names of numberings, given once each */
	uint32_t transports;
	uint64_t drops[DROP_COUNT];
	uint64_t in_packets, out_packets, in_bytes, out_bytes, sends;
	usec report_at; /* next EVENT_ENGINE */
};

static inline void core_drop(struct engine *e, enum drop drop)
{
	e->drops[drop]++;
}

/* xorshift64: for numbers that need no secrecy. */
static inline uint64_t core_chance(struct engine *e)
{
	e->chance ^= e->chance << 13;
	e->chance ^= e->chance >> 7;
	e->chance ^= e->chance << 17;
	return e->chance;
}

/* NTP time (32.32) of a moment of our clock. */
uint64_t core_ntp(const struct engine *e, usec at);
