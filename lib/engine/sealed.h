/* The sealed bytes of the voices sent lately, for a listener that asks again: Opus has no RTX, and an index is sealed
 * once, so the very same datagram is sent again, never a new one. RFC 4585 6.2.1, RFC 3711 9.1.
 *
 * One log a worker, in segments: what is put lies one behind the other, so that thousands of slots do not each write to
 * a place of their own. A slot keeps only where its last packets are. The lowest segment whose packets are all older
 * than SEALED_KEEP is the next to be written, so a calm worker uses few of them.
 *
 * Guarantee: get gives exactly the bytes put by that slot for that number, for SEALED_KEEP after it was sent (where all
 * segments are younger than that the oldest goes, and put says so), and each at most SEALED_TIMES times. One owner
 * thread; the log is one allocation at start. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/usec.h"
#include <stdbool.h>
#include <stdint.h>

#define SEALED_PACKETS 32 /* power of two; 0.64 s of 20 ms packets */
#define SEALED_BYTES 320  /* longer ones are not kept */
#define SEALED_KEEP (500 * USEC_MS)
#define SEALED_TIMES 2
#define SEALED_SEGMENT 65536U		 /* bytes */
#define SEALED_A_SLOT ((size_t)4 * 1024) /* bytes: half a second of packets of 140 bytes, 20 ms each */

struct sealed_segment {
	uint32_t use; /* how often some segment was begun when this one was; 0: never */
	usec last;    /* its newest packet */
};

struct sealed_log {
	uint8_t *bytes;
	struct sealed_segment *segments;
	uint32_t n_segments, current, uses;
	uint32_t at; /* in the current segment: where the next one lies */
};

/* Where a slot's last packets lie. Zeroed: nowhere. */
struct sealed {
	struct sealed_place {
		uint32_t use; /* the segment's when it was put; 0: none */
		uint32_t at;  /* in the log */
	} places[SEALED_PACKETS];
};

/* Room for what `slots` slots send in SEALED_KEEP. ERR_NOMEM. */
must_check enum err sealed_log_init(struct sealed_log *log, uint32_t slots);
void sealed_log_fini(struct sealed_log *log);
size_t sealed_log_bytes(const struct sealed_log *log);
/* Bytes of the segments that were ever written. */
size_t sealed_log_touched(const struct sealed_log *log);

/* False: packets younger than SEALED_KEEP went for it. What is longer than SEALED_BYTES is not kept. */
bool sealed_put(struct sealed_log *log, struct sealed *s, uint16_t seq, struct bytes datagram, usec now);
/* n 0: not kept, too old, or sent again often enough. The bytes are good until the next put. */
struct bytes sealed_get(struct sealed_log *log, struct sealed *s, uint16_t seq, usec now);
/* The place of the next number comes nearer to the processor. */
void sealed_fetch(const struct sealed *s, uint16_t seq);
