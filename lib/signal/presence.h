/* Whether a site is there: from its connection and from its media, by the rules "Leaving and losing" of PROTOCOL.md.
 *
 *   LIVE, connected      -> LOST when neither connection nor media gave a sign of life for 15 s
 *   LIVE, not connected  -> LOST 5 s after the connection's end, once the media is silent for 5 s too
 *   LOST                 -> LIVE with the next sign of life; freed as `expired` when the seat's time is over
 *
 * The connection's end alone tells nothing: a reload looks the same. All times are the daemon's clock. */
#pragma once
#include "base/usec.h"

struct signal;
struct seat;

#define PRESENCE_RELOAD (5 * USEC_S)
#define PRESENCE_SILENCE (15 * USEC_S)

/* A message, a pong, a new connection. */
void presence_on_signal(struct seat *seat);
/* Media was heard at that time. */
void presence_on_media(struct seat *seat, usec heard);
void presence_on_closed(struct seat *seat);
/* When the seat's state is to be looked at again. */
usec presence_deadline(const struct seat *seat);
/* Looks at every seat; lowers *next. */
void presence_on_deadline(struct signal *hub, usec *next);
