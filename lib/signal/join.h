/* Who may come in, and into which seat: PROTOCOL.md `join` and "Seats".
 *
 *   draining, joined before, address guessed too often   -> refused
 *   resume: secret of a kicked seat                      -> banned
 *           secret of a seat                             -> that seat goes on, a connection that had it is closed
 *           else as without
 *   token: broken, expired, another room's               -> bad-token
 *   no such room, PIN or token missing or wrong, ban, lock -> refused, in this order
 *   token names a site that has a seat                   -> that seat goes on, with a new secret
 *   else                                                 -> a new seat, if there is place
 *
 * A seat is in the store before its join is answered. */
#pragma once
#include "base/record.h"
#include "signal/code.h"

struct signal;
struct call;

/* Adds the answer's fields to call->answer, or says why not in call->why (and call->extra). */
enum code join_request(struct call *call);
/* Sets (or with NULL takes away) the PIN of a room record, whose id must be there. */
void join_pin(const struct signal *hub, struct record_room *room, const char *pin);
