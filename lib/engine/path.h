/* A media packet's way in: from the datagram to its source. Read path.c from the top down; forward.h goes on.
 *
 *   once a packet      unseal -> bind -> unwrap -> accept -> describe -> keep -> gather (struct source.fresh)
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
struct packet;
struct transport;

/* An SRTP datagram from an address of this transport. The reference stays the caller's. */
void path_on_rtp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now);
/* A packet of another worker's source, opened and described there. `anew`: some before it were not handed over. */
void path_on_lent(struct engine *e, struct source *source, struct packet *p, bool anew, usec now);
/* Another worker's source goes on in another codec: what came before goes to its viewers first. */
void path_on_codec(struct engine *e, struct source *source, enum codec codec, usec now);
