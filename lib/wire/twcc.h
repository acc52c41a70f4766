/* Transport-wide feedback: which packets of a transport arrived, and when.
 * draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1.
 *
 * Guarantee: what twcc_parse accepts iterates to exactly `count` statuses and never past the packet. What twcc_write
 * wrote reads back as the same statuses, with arrivals rounded down to 250 µs (not accumulating).
 * Pure, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/usec.h"
#include "wire/rtcp.h"
#include <stdbool.h>
#include <stdint.h>

#define TWCC_STATUSES_MAX 8192 /* of one packet read: a run-length chunk makes thousands of statuses out of 2 bytes */
#define TWCC_TICK_USEC 250
#define TWCC_REFERENCE_USEC 64000

struct twcc {
	uint32_t sender, media;
	uint16_t base;	   /* sequence number of the first status */
	uint16_t count;	   /* statuses, 1–TWCC_STATUSES_MAX */
	int32_t reference; /* 24 bits, signed, units of 64 ms; wraps after 12 days */
	uint8_t number;	   /* of this feedback packet, modulo 256 */
	struct bytes chunks, deltas;
};

struct twcc_status {
	uint16_t seq;
	bool arrived;
	usec delta; /* since the last packet that arrived, for the first since the reference time; 0 when not arrived */
	usec at;    /* reference time + all deltas so far: the receiver's clock, modulo 2^24 × 64 ms */
};

struct twcc_iter {
	struct reader chunks, deltas;
	uint16_t seq, left; /* statuses to come */
	uint16_t chunk;	    /* the one being read */
	uint16_t in_chunk;  /* statuses it still holds */
	usec at;
};

/* Reads an item of kind RTCP_TWCC. *out is cleared first. ERR_STATE: another kind; ERR_SHORT: chunks or deltas end
 * too early; ERR_FORMAT: no statuses, or a reserved symbol; ERR_RANGE: more than TWCC_STATUSES_MAX. */
must_check enum err twcc_parse(const struct rtcp_item *item, struct twcc *out);
struct twcc_iter twcc_iter_of(const struct twcc *twcc);
/* The next status, in order of sequence numbers; false at the end (*out is then cleared). */
bool twcc_next(struct twcc_iter *it, struct twcc_status *out);

/* Appends one feedback packet about the packets base, base + 1, … whose arrivals are given (USEC_NEVER: not yet), n at
 * most 32767. Returns how many of them it tells about; 0, and nothing written, when none arrived or there is no room
 * (under 32 bytes). A packet ends where the room ends, where two neighbours arrived more than 8.19 s apart, or at the
 * last one that arrived (those behind it may still come). Call again with the rest and the next `number`. */
size_t twcc_write(struct writer *w, uint32_t sender, uint32_t media, uint8_t number, uint16_t base,
		  const usec *arrivals, size_t n);
