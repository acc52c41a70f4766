/* How sites come to a relay: what differs between the floor, diemcau and Janus.
 *
 * An adapter learns where media goes and with which SSRCs, and then calls site_connect, taker_slot and either
 * site_check (ICE and DTLS follow) or site_keys (they were agreed beforehand). One owner thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/usec.h"

struct load;
struct site;

struct join_kind {
	/* media: media may flow before all sites have joined */
	bool at_once;
	/* ERR_FORMAT, ERR_SYS, ERR_NOMEM; why was said on stderr. */
	enum err (*init)(struct load *l);
	void (*start)(struct site *s, usec now);
	/* Called each time the site's timer runs, until it has keys; returns the next time. */
	usec (*on_deadline)(struct site *s, usec now);
	/* A datagram that is neither STUN, DTLS, RTP nor RTCP. May be NULL. */
	void (*on_datagram)(struct site *s, struct bytes datagram, usec now);
	void (*stop)(struct load *l);
};

extern const struct join_kind join_floor, join_diemcau, join_janus;
