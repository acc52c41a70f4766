/* Signalling with a relay, on a thread of its own: what it agrees on stands in calls (call.h), one a site.
 *
 * begin: makes what is needed, NULL when it cannot (said on stderr why); `calls` must outlive it. start: the calls
 * below `end` may begin. end: ends the thread; NULL is allowed. Called from one thread. */
#pragma once
#include "bench/load/call.h"
#include "bench/load/plan.h"

struct signalling;

struct signalling_kind {
	bool apart; /* a site that sends and takes needs two transports: not here */
	struct signalling *(*begin)(const struct plan *plan, struct call *calls, uint32_t n,
				    const uint8_t fingerprint[CERT_SHA256]);
	void (*start)(struct signalling *s, uint32_t end);
	void (*end)(struct signalling *s);
};

extern const struct signalling_kind signalling_diemcau, signalling_janus;
