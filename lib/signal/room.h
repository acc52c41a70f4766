/* A room: its seats, who stands on its stage and in its chair, its lock, its queue of raised hands.
 *
 * Its sites are spread over the workers: a new one goes where its slots are left (else some of each kind), of such
 * workers where the fewest of the room are, then the fewest of all.
 * What changes is saved, told to the workers and told to everybody concerned (roster.h, stream.h) within the call. A
 * room made by a join goes with its last seat, one made by an operator stays. Owned by the hub. */
#pragma once
#include "base/limits.h"
#include "base/list.h"
#include "base/record.h"
#include "base/usec.h"
#include "engine/view.h"
#include "signal/code.h"
#include "signal/seat.h"
#include "signal/signal.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct signal;
struct session;

/* A seat's place in bitmaps of sites; more than seats, so that one that left keeps it until that is told. */
#define ROOM_INDEXES (2 * ROOM_SITES_MAX)

struct room_left {
	uint16_t index;
	char id[ID_MAX + 1];
	const char *reason; /* static text */
};

struct room {
	struct list link; /* of hub->rooms */
	struct signal *hub;
	struct record_room kept;
	uint32_t number;		       /* the workers' name for it */
	unsigned seats_at[SIGNAL_WORKERS_MAX]; /* of its seats, by worker */
	struct list seats;
	unsigned count;
	uint8_t taken[(ROOM_INDEXES + 7) / 8]; /* indexes of seats, and of seats whose leaving is not told yet */
	struct seat *stage, *chair;
	uint32_t hands; /* the last ticket given */
	uint64_t chats;
	/* gathered for merged roster frames (roster.h) */
	bool large, counts_changed;
	unsigned n_left;
	struct room_left left[ROOM_SITES_MAX];
	usec flush_at;	 /* USEC_NEVER: nothing waits */
	usec flushed;	 /* the last one */
	bool stream_row; /* the next server-sent events tell it */
};

/* NULL: none. */
struct room *room_find(const struct signal *hub, const char *id);
/* A new room, saved, told to the workers. NULL: ROOMS_MAX rooms, no memory, or the store refused (logged). */
struct room *room_new(struct signal *hub, const struct record_room *kept);
/* From the store: not saved again. */
struct room *room_load(struct signal *hub, const struct record_room *kept);
/* Memory alone, with its seats. */
void room_free(struct room *room);
/* Ends it (room_end) and removes it, also from the store. */
void room_delete(struct room *room);

struct seat *room_seat(const struct room *room, const char *id);
/* By id, else by exact name when only one has it; `many` tells that several have. */
struct seat *room_seat_named(const struct room *room, const char *id_or_name, bool *many);
/* How long a lost seat is kept. */
usec room_seat_time(const struct room *room);

/* Takes the new seat in and places it, by the slots it asks for, which are not granted yet (grant.h): false when the
 * room or the daemon is full. Saves nothing. */
bool room_add(struct room *room, struct seat *seat, uint8_t audio, uint8_t video);
/* Takes it out and frees it (and a room made for it): nobody was told of it yet. */
void room_drop(struct seat *seat);
/* The seat's place is known: decides the chair, tells worker and others. */
void room_joined(struct room *room, struct seat *seat);
/* The seat is gone (`reason` of site-left); frees it, and a room made by a join with its last. A connection must have
 * been detached before. */
void room_remove(struct seat *seat, const char *reason);

/* NULL: nobody. Lifts the site's mute of audio and lowers its hand: it was given the floor. */
void room_stage(struct room *room, struct seat *seat);
void room_lock(struct room *room, bool on);
void room_rename(struct room *room, const char *name);
void room_hand(struct seat *seat, bool up);
/* By the chair: `by` is a site's id or "operator". */
void room_mute(struct seat *seat, bool video, bool on, const char *by);
/* Everybody but `except` (may be NULL) and the sites that may do what the chair may. */
void room_mute_all(struct room *room, const struct seat *except, bool video, bool on, const char *by);
/* Bans (ban.h), tells it, closes its connection. */
void room_kick(struct seat *seat, const char *reason, uint32_t ban_minutes);
/* Tells everybody that it is over and gives up all seats. True: the room itself went too (it was made by a join). */
bool room_end(struct room *room);

/* New object {"id","name","locked","stage","chair","count"}. */
json_t *room_json(const struct room *room);
enum err room_save(const struct room *room);
/* Tells the workers of stage and chair. */
void room_command(const struct room *room);
/* One text to every connection in the room but `except` (may be NULL). Takes the reference. */
void room_tell(const struct room *room, const struct session *except, json_t *event);
