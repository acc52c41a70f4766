/* Departures: what one slot sends, each a new header, a head of at most 8 bytes, and the shared body, sealed into the
 * outbox. RFC 3550 5.1, RFC 4588 4, RFC 7741 4.2.
 *
 * A departure that cannot be (no consent, no room, an index twice) is a drop, counted. Nothing here decides or maps. */
#pragma once
#include "base/bytes.h"
#include "base/usec.h"
#include "media/rewrite.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct packet;
struct slot;

/* A packet of the slot's source, mapped to `out` and `timestamp`. The first one also makes a sender report due. */
void depart_packet(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_out *out,
		   uint32_t timestamp, bool marker, usec now);
/* The same packet once more, by RTX; `found` is what its number was. Nothing where RTX was not negotiated. */
void depart_again(struct engine *e, struct slot *s, const struct packet *p, const struct rewrite_found *found,
		  usec now);
/* A number that no packet of the source will fill: padding alone, so that the receiver does not wait for it. */
void depart_padding(struct engine *e, struct slot *s, uint64_t seq, usec now);
/* The same once more, by RTX of an empty packet: the index of the first is used up. */
void depart_padding_again(struct engine *e, struct slot *s, uint64_t seq, usec now);
/* One closing frame of an audio slot (media/silence). */
void depart_silence(struct engine *e, struct slot *s, uint8_t toc, uint32_t timestamp, usec now);
/* Bytes sealed before (engine/sealed.h), as they are. */
void depart_sealed(struct engine *e, struct slot *s, struct bytes datagram, usec now);
