/* A seat: one site's place in a room. It outlives the connection and, by the store, the daemon.
 *
 *               join, resume   connection ends, silence   sign of life   leave, kick, end   seat_s over
 *   LIVE        -              -> LOST (presence.h)       -              freed              -
 *   LOST        -> LIVE        -                          -> LIVE        freed              freed
 *
 * Owned by its room (room.h). Every change that must survive is in `kept` and is written by seat_save. */
#pragma once
#include "base/err.h"
#include "base/list.h"
#include "base/record.h"
#include "base/usec.h"
#include "engine/view.h"
#include "signal/grant.h"
#include <jansson.h>
#include <stdbool.h>

struct signal;
struct session;
struct room;
struct transport;

enum seat_state { SEAT_LIVE, SEAT_LOST };

/* Fields of a site's row, as bits. */
enum row_field {
	ROW_NAME = 1,
	ROW_ROLE = 2,
	ROW_STATE = 4,
	ROW_AUDIO = 8,
	ROW_VIDEO = 16,
	ROW_SCREEN = 32,
	ROW_HAND = 64,
	ROW_MUTED = 128,
	ROW_ALL = 255,
};

struct seat {
	struct list link; /* of room->seats, in order of joining */
	struct signal *hub;
	struct room *room;
	struct record_seat kept;
	uint16_t index;	 /* in the room: its bit in bitmaps of sites */
	uint32_t worker; /* whose socket its media comes to, as long as it has its seat */

	struct session *session; /* NULL: no connection */
	enum seat_state state;
	bool audio, video, screen; /* what it says it sends */
	bool published;		   /* it has said so itself */

	usec signalled; /* last sign of life of the connection */
	usec heard;	/* last of the media; 0: never */
	usec closed;	/* when the connection ended; USEC_NEVER: it has one, or has not come back after a restart */
	usec expires;	/* while LOST */

	struct granted granted; /* by its worker (grant.h) */

	struct transport *transport;					     /* NULL before the first offer */
	uint32_t shown_audio[SLOTS_AUDIO_MAX], shown_video[SLOTS_VIDEO_MAX]; /* csrc in each slot now, 0: none */

	struct event_site stats; /* of the last second; csrc 0: none yet */
	usec stats_at;

	unsigned changed;	       /* row fields the next merged roster frame tells (roster.h) */
	bool stream_row, stream_stats; /* the next server-sent events tell it (stream.h) */
};

/* A live seat with a new id, csrc and, as base32 text in `secret`, a new secret; not yet in a room, nothing saved.
 * NULL: no memory. */
#define SECRET_CHARS 40
struct seat *seat_new(struct signal *hub, char secret[SECRET_CHARS + 1]);
/* From the store. */
struct seat *seat_load(struct signal *hub, const struct record_seat *kept);
void seat_free(struct seat *seat);
/* Another secret; the one before is worth nothing from now on. */
void seat_renew_secret(struct seat *seat, char secret[SECRET_CHARS + 1]);

/* Writes it to the store; a failure is logged. */
enum err seat_save(const struct seat *seat);

/* May do what the chair may. */
bool seat_commands(const struct seat *seat);
/* Its place in the queue of raised hands, 1 …; 0: hand down. */
unsigned seat_hand_place(const struct seat *seat);
/* What others are given of it: it sends, and the chair lets it. */
bool seat_sends_audio(const struct seat *seat);
bool seat_sends_video(const struct seat *seat);
bool seat_sends_screen(const struct seat *seat);

/* A new object {"id", "csrc", …}: its row in `sites`. */
json_t *seat_row(const struct seat *seat);
/* Adds the named fields of the row to an object. */
void seat_row_fields(const struct seat *seat, unsigned fields, json_t *object);

/* Tells the workers the seat's switches. */
void seat_command(const struct seat *seat);
