/* The way of a media packet: from the datagram to the departures. Read path.c from the top down.
 *
 *   once a packet      unseal -> bind -> unwrap -> accept -> describe -> keep -> gather (struct source.fresh)
 *   once a worker      loan (loan.h): to each whose viewers take it, where it goes on from learn
 *   once a slot        decide -> map (rewrite, slotclock)            all packets of the wake-up, one viewer at a time
 *   once a departure   depart (depart.h): stamp -> seal -> outbox    as one run a viewer
 *
 * A drop is counted by its reason; nothing here allocates (a stream's first packet takes one from the pool). */
#pragma once
#include "base/netaddr.h"
#include "base/usec.h"
#include "media/negotiate.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct source;
struct layer;
struct packet;
struct transport;

/* An SRTP datagram from an address of this transport. The reference stays the caller's. */
void path_on_rtp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now);
/* What was gathered goes to the viewers, voices first. */
void path_on_flush(struct engine *e, usec now);
/* What this source sent in this wake-up goes to its viewers at once: before what is told of its numbers. */
void path_hand_on(struct engine *e, struct source *source, usec now);
/* The source ends: what it sent in this wake-up goes nowhere. */
void path_on_closed(struct source *source);
/* A packet of another worker's source, opened and described there. `anew`: some before it were not handed over. */
void path_on_lent(struct engine *e, struct source *source, struct packet *p, bool anew, usec now);
/* Another worker's source goes on in another codec: what came before goes to its viewers first. */
void path_on_codec(struct engine *e, struct source *source, enum codec codec, usec now);
/* An input of the numbering that nobody will be sent: known dropped, told to every map. */
void path_skip(struct engine *e, struct source *source, const struct layer *layer, uint64_t seq, usec now);
