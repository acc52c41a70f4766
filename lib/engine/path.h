/* The way of a media packet: from the datagram to the departures. Read path.c from the top down.
 *
 *   once a packet      unseal -> bind -> unwrap -> accept -> describe -> keep
 *   once a slot        decide -> map (rewrite, slotclock)
 *   once a departure   depart (depart.h): stamp -> seal -> outbox
 *
 * A drop is counted by its reason; nothing here allocates (a stream's first packet takes one from the pool). */
#pragma once
#include "base/netaddr.h"
#include "base/usec.h"
#include <stdint.h>

struct engine;
struct packet;
struct transport;

/* An SRTP datagram from an address of this transport. The reference stays the caller's. */
void path_on_rtp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now);
