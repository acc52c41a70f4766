/* The way of a media packet: from the datagram to the departures. Read path.c from the top down.
 *
 *   once a packet      unseal -> bind -> unwrap -> accept -> describe -> keep
 *   once a slot        decide -> map (rewrite, slotclock)
 *   once a departure   depart: stamp -> seal -> outbox
 *
 * A drop is counted by its reason; nothing here allocates (a stream's first packet takes one from the pool). */
#pragma once
#include "base/netaddr.h"
#include "base/usec.h"
#include <stdint.h>

struct engine;
struct packet;
struct slot;
struct transport;
struct source;

/* An SRTP datagram from an address of this transport. The reference stays the caller's. */
void path_on_rtp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now);
/* The viewer asks for these numbers of the slot again (RFC 4585 6.2.1). */
void path_on_nack(struct engine *e, struct slot *s, uint16_t seq, usec now);
/* An input of this source's layer will not come any more: viewers' holes are closed. */
void path_on_gone(struct engine *e, struct source *source, uint8_t layer, uint64_t seq, usec now);
/* One closing frame of an audio slot (media/silence). */
void path_send_silence(struct engine *e, struct slot *s, uint8_t toc, uint32_t timestamp, usec now);
