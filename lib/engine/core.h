/* The engine's own state, known to the modules of lib/engine alone. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/timers.h"
#include "engine/engine.h"
#include "engine/history.h"
#include "engine/link.h"
#include "engine/route.h"
#include "engine/sealed.h"

/* What a timer of the engine lies in. */
enum timer_kind { TIMER_ROOM, TIMER_TRANSPORT, TIMER_SOURCE, TIMER_OTHER };

/* Another worker. */
struct other {
	uint32_t worker;
	uint32_t lent;		     /* our buffers that it holds */
	uint32_t held;		     /* its buffers that we hold */
	struct packet_lender lender; /* of its buffers, to our references */
	struct packet **back;	     /* its buffers that nobody here holds any more; [credit] */
	uint32_t n_back;
	bool untold;		    /* its ring was full: facts of sources or rooms wait to be told (engine/remote) */
	struct link_message levels; /* under way to it (engine/levels) */
	struct timer timer;	    /* when they are to go */
};

struct engine {
	struct engine_config config;
	struct engine_host host;
	struct pool packets; /* struct packet */
	struct pool streams; /* struct stream */
	struct pool site_cells, transport_cells;
	struct pool arrivals;	      /* of transports that receive (media/twccrecv) */
	struct pool pictures, voices; /* of slots in use (engine/lent) */
	struct sealed_log sealed;
	struct pool loans;    /* cells for other workers' packets (engine/loan) */
	struct other *others; /* [config.workers], our own place unused; NULL: there is no other */
	uint32_t credit;      /* most buffers one other worker may hold of ours */
	struct map rooms, sites;
	uint32_t sites_here, rooms_here; /* whose worker, whose home we are */
	struct timers timers;		 /* of rooms, transports, others' sources, others */
	struct history history;
	struct route route;
	struct sealer *sealer;
	struct outbox outbox;
	struct list fresh_voices, fresh_pictures; /* struct source.in_fresh: what came in this wake-up */
	uint64_t chance;			  /* state of the generator; never 0 */
	uint32_t generations;			  /* names of numberings, given once each */
	uint32_t transports;
	uint64_t drops[DROP_COUNT];
	uint64_t in_packets, out_packets, in_bytes, out_bytes;
	struct send_counts sends;
	usec report_at; /* next EVENT_ENGINE */
};

static inline void core_drop(struct engine *e, enum drop drop)
{
	e->drops[drop]++;
}

/* It goes no further: always false. */
static inline bool core_stop(struct engine *e, enum drop drop)
{
	core_drop(e, drop);
	return false;
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
