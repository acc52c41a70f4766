/* Who is told of which site: small rosters (PROTOCOL.md "Rosters stay small").
 *
 * Up to ROSTER_SMALL sites everybody gets every row and each event at once. Above that what happens is gathered and
 * told in one `sites-changed` a connection and second: whole to chair and operators, to a guest the rows that matter to
 * it (itself, in its slots, on stage, in the chair, hand raised) and the counts by unit.
 *
 * Guarantee: a connection is never told a change of a row it was not given; a row that matters to it is true within
 * ROSTER_EVERY; of a large room a connection gets at most one roster frame each ROSTER_EVERY. */
#pragma once
#include "base/usec.h"
#include <jansson.h>
#include <stdint.h>

#define ROSTER_SMALL 16
#define ROSTER_EVERY USEC_S

struct room;
struct seat;
struct session;

/* Something happened: told now or gathered. `fields`: enum row_field. */
void roster_joined(struct seat *seat);
void roster_changed(struct seat *seat, unsigned fields);
/* Before the seat leaves the room's list; its session must be detached. */
void roster_leaving(struct seat *seat, const char *reason);
/* After it left: a room grown small again tells everybody what is missing. */
void roster_shrunk(struct room *room);
/* Other sites matter to somebody than before (in slots, on stage, in the chair): rows not given yet go out with the
 * next frame, at once if none was sent in the last ROSTER_EVERY. */
void roster_shown(struct room *room);

/* `sites` of a join's answer for this connection; marks the rows as given. */
json_t *roster_sites(struct session *session, const struct seat *viewer);
/* `sites` of one page. */
json_t *roster_page(struct session *session, const struct room *room, uint32_t from, uint32_t count);

/* Gathered frames that are due; lowers *next to the rest. */
void roster_on_deadline(struct room *room, usec *next);
