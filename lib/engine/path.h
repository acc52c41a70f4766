/* The way of a media packet: from the datagram to the departures. Read path.c from the top down.
 *
 *   once a packet      unseal -> bind -> unwrap -> accept -> describe -> keep -> gather (struct source.fresh)
 *   once a slot        decide -> map (rewrite, slotclock)            all packets of the wake-up, one viewer at a time
 *   once a departure   depart (depart.h): stamp -> seal -> outbox    as one run a viewer
 *
 * A drop is counted by its reason; nothing here allocates (a stream's first packet takes one from the pool). */
#pragma once
#include "base/netaddr.h"
#include "base/usec.h"
#include <stdint.h>

struct engine;
struct source;
struct packet;
struct transport;

/* An SRTP datagram from an address of this transport. The reference stays the caller's. */
void path_on_rtp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now);
/* What was gathered goes to the viewers, voices first. */
void path_on_flush(struct engine *e, usec now);
/* The source ends: what it sent in this wake-up goes nowhere. */
void path_on_closed(struct source *source);
