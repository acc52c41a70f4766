/* The state of one run: all sites, their timers, what they count. One process, one thread, one epoll.
 *
 * Everything is owned by main (load.c); modules reach it through their site. */
#pragma once
#include "base/timers.h"
#include "bench/load/coretime.h"
#include "bench/load/plan.h"
#include "bench/load/seen.h"
#include "secure/sealer.h"

struct cert;
struct dtls_ctx;
struct join_kind;
struct site;

enum load_timer { TIMER_SITE, TIMER_SENDER };

struct load {
	struct plan plan;
	struct seen seen[PLAN_GROUPS];
	struct coretime coretime;
	struct timers timers;
	struct sealer *sealer;
	struct cert *cert;
	struct dtls_ctx *dtls;
	const struct join_kind *join;
	void *signalling; /* of the join_kind */
	struct site *sites;
	uint32_t started, ready, receiving, failed; /* sites that began to join, have keys, have had all they take */
	usec began, last_joined;		    /* the first join; when `ready` or `receiving` was raised last */
	bool media;				    /* sites that have keys may send */
	bool measuring;
	bool ended; /* what sockets and signalling tell now is no failure */
	int epoll;
	uint16_t relay_port;  /* of the first site's media */
	double rss_before_mb; /* the relay's, before the first site came */
	uint64_t chance;
	char why[200]; /* of the first site that failed */
};

/* A number below n, from the run's seed. */
static inline uint32_t load_chance(struct load *l, uint32_t n)
{
	l->chance ^= l->chance << 13;
	l->chance ^= l->chance >> 7;
	l->chance ^= l->chance << 17;
	return (uint32_t)((l->chance >> 16) % n);
}
