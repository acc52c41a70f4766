/* What arrived on one transport by transport-wide number, and when to tell its sender.
 * draft-holmer-rmcat-transport-wide-cc-extensions-01.
 *
 * Guarantee: two reports are never closer than TWCCRECV_LEAST; while there is something to tell, one is due within
 * TWCCRECV_MOST of the first packet not told; in between the interval is such that reports of TWCCRECV_BYTES cost at
 * most 5 % of the rate received. A packet is told as arrived at least once unless it is more than TWCCRECV_WINDOW
 * behind the highest. One that comes after it was told missing is told again, with what follows it.
 *
 *   on_packet ... ; when twccrecv_is_due: n = twccrecv_pending(&base, arrivals, max);
 *   told = twcc_write(…, number, base, arrivals, n); twccrecv_on_told(told); again while twccrecv_is_due
 *
 * Pure: time is an argument, no allocation. One owner thread. */
#pragma once
#include "base/usec.h"
#include "media/rate.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TWCCRECV_WINDOW 1024 /* numbers kept; power of two */
#define TWCCRECV_LEAST (50 * USEC_MS)
#define TWCCRECV_MOST (250 * USEC_MS)
#define TWCCRECV_BYTES 68 /* of a usual report on the wire */

struct twccrecv {
	bool began;
	uint64_t highest; /* extended */
	uint64_t next;	  /* first number to tell; highest + 1: nothing */
	usec *arrivals; /* [TWCCRECV_WINDOW], lent, by number modulo the window; USEC_NEVER: not arrived. NULL: none */
	usec last;	/* when the last report was due; USEC_NEVER before the first */
	usec due;	/* USEC_NEVER: nothing to tell */
	uint8_t number; /* for the next report: twcc_write's */
	struct rate rate; /* received */
	uint64_t ignored; /* packets too old to tell */
};

void twccrecv_init(struct twccrecv *t);
/* Memory to work in, [TWCCRECV_WINDOW], with whatever in it. The next packet is the first. */
void twccrecv_lend(struct twccrecv *t, usec *arrivals);
/* Nothing came for this long and all is told: the memory may go back (twccrecv_return). */
#define TWCCRECV_IDLE (5 * USEC_S)
bool twccrecv_is_idle(const struct twccrecv *t, usec now);
/* The memory is the caller's again. The numbering of reports goes on with the next one lent. */
usec *twccrecv_return(struct twccrecv *t);
/* A packet with a transport-wide number arrived: media, RTX, padding alike. bytes: its size on the wire. Memory must
 * be lent. */
void twccrecv_on_packet(struct twccrecv *t, uint16_t seq, size_t bytes, usec now);

bool twccrecv_is_due(const struct twccrecv *t, usec now);
/* Arrivals of base, base + 1, … (USEC_NEVER: not yet); the last one arrived. max >= TWCCRECV_WINDOW. Changes nothing.
 */
size_t twccrecv_pending(const struct twccrecv *t, uint16_t *base, usec *arrivals, size_t max);
/* A report told the first `told` of the pending ones (0: nothing was written, all of them are given up). With the rest
 * it is due again at once, in the same interval. */
void twccrecv_on_told(struct twccrecv *t, size_t told, usec now);

void twccrecv_deadline(const struct twccrecv *t, usec *next);
