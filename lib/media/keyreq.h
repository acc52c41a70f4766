/* Keyframe requests of one source: many viewers ask, the publisher is asked rarely.
 *
 * Guarantee: two requests are never closer than `spacing`; while a viewer waits, one goes out within max(most, retry)
 * of the last, KEYREQ_JOINING spacings later where it was held while KEYREQ_VIEWERS and more joined and others still do
 * (they would need another one at once): who comes alone is not made to wait by that; nothing is sent for nobody. Where
 * keyframes come and yet somebody asks again and again (a whole province joins), the spacing doubles with each request
 * up to `most`, which grows with the viewers to KEYREQ_CROWD times the spacing: a keyframe is paid for by all of them.
 * After a pause of twice the spacing it is what it was. RFC 4585 6.3.1 (PLI), RFC 5104 4.3.1 (FIR).
 *
 *              on_ask            on_keyframe   on_gone    on_deadline
 *   IDLE       send -> ASKED *   -             -          -
 *   HELD       -                 -> IDLE       -> IDLE    send -> ASKED; many join: stays, once
 *   ASKED      -                 -> IDLE       -> IDLE    send -> ASKED
 *   * HELD instead, without sending, while the last request is younger than the spacing of now
 *
 * Pure: time is an argument, no allocation, no I/O. One owner thread. */
#pragma once
#include "base/usec.h"
#include <stdbool.h>

#define KEYREQ_CROWD 6
#define KEYREQ_JOINING 2
#define KEYREQ_VIEWERS 10 /* so many raise `most` by one spacing */

enum keyreq_state { KEYREQ_IDLE, KEYREQ_HELD, KEYREQ_ASKED };

struct keyreq {
	enum keyreq_state state;
	usec spacing; /* least time between two requests, > 0 */
	usec apart;   /* … of now: spacing … most */
	usec most;
	usec retry; /* ask again when no keyframe came for this long: 1.5 RTT + 100 ms, >= spacing */
	unsigned viewers, viewers_then; /* now, and at the last request */
	usec grew;			/* when they became more; USEC_NEVER before */
	bool waited;			/* longer, since the last request */
	usec last;			/* when the last request went out; USEC_NEVER before the first */
	usec deadline;			/* when on_deadline is due; USEC_NEVER while IDLE */
};

void keyreq_init(struct keyreq *k, usec spacing, usec rtt);

/* The publisher's round trip was measured anew. Takes effect with the next request. */
void keyreq_on_rtt(struct keyreq *k, usec rtt);

/* So many may be watching. */
void keyreq_on_viewers(struct keyreq *k, unsigned viewers, usec now);

/* A viewer needs a keyframe. True: send a request to the publisher now. */
bool keyreq_on_ask(struct keyreq *k, usec now);
/* A keyframe arrived: whoever waited has it. */
void keyreq_on_keyframe(struct keyreq *k);
/* The last viewer who waited went away. */
void keyreq_on_gone(struct keyreq *k);
/* `now` has reached k->deadline; earlier calls change nothing. True: send a request now. */
bool keyreq_on_deadline(struct keyreq *k, usec now);

/* Lowers *next to this module's deadline, if that is earlier. */
void keyreq_deadline(const struct keyreq *k, usec *next);
