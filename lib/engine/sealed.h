/* The sealed bytes of an audio slot's last packets, for a listener that asks again: Opus has no RTX, and an index is
 * sealed once, so the very same datagram is sent again, never a new one. RFC 4585 6.2.1, RFC 3711 9.1.
 *
 * Guarantee: get gives exactly the bytes put for that number, for SEALED_KEEP after it was sent, and each at most
 * SEALED_TIMES times. One owner thread; one allocation a slot, where audio NACK was negotiated. */
#pragma once
#include "base/bytes.h"
#include "base/usec.h"
#include <stdint.h>

#define SEALED_PACKETS 32 /* power of two; 0.64 s of 20 ms packets */
#define SEALED_BYTES 320  /* longer ones are not kept */
#define SEALED_KEEP (500 * USEC_MS)
#define SEALED_TIMES 2

struct sealed_packet {
	usec at; /* USEC_NEVER: empty */
	uint16_t seq, length;
	uint8_t times;
	uint8_t bytes[SEALED_BYTES];
};

struct sealed {
	struct sealed_packet packets[SEALED_PACKETS];
};

void sealed_init(struct sealed *s);
void sealed_put(struct sealed *s, uint16_t seq, struct bytes datagram, usec now);
/* n 0: not kept, too old, or sent again often enough. */
struct bytes sealed_get(struct sealed *s, uint16_t seq, usec now);
