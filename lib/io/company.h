/* Whether what came waits for company: up to a millisecond, so that it leaves in longer runs and fewer messages.
 *
 * Only a busy worker waits, one that sent more than COMPANY_BUSY datagrams a second: on a calm one a packet leaves with
 * the wake-up it came in. Told anew each COMPANY_SPAN. Pure: time comes from the caller.
 *
 *   state \ event   something came     its time is up     it left
 *   ALONE           calm: ALONE        -                  ALONE
 *                   busy: WAITING
 *   WAITING         WAITING            company_leaves     ALONE */
#pragma once
#include "base/usec.h"
#include <stdbool.h>

#define COMPANY_BUSY 50000 /* datagrams a second out */
#define COMPANY_SPAN (100 * USEC_MS)
#define COMPANY_WAIT USEC_MS

enum company_state { COMPANY_ALONE, COMPANY_WAITING };

struct company {
	enum company_state state;
	usec until; /* when it leaves at the latest; USEC_NEVER: nothing waits */
	usec since; /* begin of the span under way */
	uint64_t sent;
	bool busy;
};

void company_init(struct company *c, usec now);
/* A burst was read. */
void company_on_arrival(struct company *c, usec now);
/* Whether what is there leaves now. */
bool company_leaves(const struct company *c, usec now);
/* It left; `sent`: datagrams sent since the start. */
void company_on_left(struct company *c, uint64_t sent, usec now);
