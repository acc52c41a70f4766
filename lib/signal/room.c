#include "signal/room.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include "signal/roster.h"
#include "signal/session.h"
#include "signal/stream.h"
#include <stdlib.h>
#include <string.h>

#define SEAT_S_TOKENS 3600
#define SEAT_S_OPEN 120

static struct seat *seat_of(struct list *l)
{
	return list_item(l, struct seat, link);
}

struct room *room_find(const struct signal *hub, const char *id)
{
	list_each (l, &hub->rooms) {
		struct room *room = list_item(l, struct room, link);
		if (strcmp(room->kept.id, id) == 0)
			return room;
	}
	return NULL;
}

struct room *room_load(struct signal *hub, const struct record_room *kept)
{
	struct room *room = hub->n_rooms < ROOMS_MAX ? calloc(1, sizeof *room) : NULL;
	if (!room)
		return NULL;
	room->hub = hub;
	room->kept = *kept;
	room->number = ++hub->last_number;
	room->flush_at = USEC_NEVER;
	room->flushed = hub->now - ROSTER_EVERY;
	list_init(&room->seats);
	if (map_put(&hub->numbers, room->number, room)) {
		free(room);
		return NULL;
	}
	list_append(&hub->rooms, &room->link);
	hub->n_rooms++;
	return room;
}

struct room *room_new(struct signal *hub, const struct record_room *kept)
{
	struct room *room = room_load(hub, kept);
	if (!room)
		return NULL;
	room->kept.since = hub_unix_s(hub);
	if (room_save(room)) {
		room_free(room);
		return NULL;
	}
	room_command(room);
	stream_changed_room(room);
	log_info("room", "event=new room=%s name=%s", room->kept.id, LOG_TEXT(room->kept.name));
	return room;
}

/* Where its slots are, whole or else in part; of such workers where the fewest of the room are, then the fewest of all.
 */
static void place(struct seat *seat, uint8_t audio, uint8_t video)
{
	const struct signal *hub = seat->hub;
	unsigned *here = seat->room->seats_at;
	uint32_t best = 0;
	enum fit best_fit = grant_fit(hub, 0, audio, video);
	for (uint32_t i = 1; i < hub->config.workers; i++) {
		enum fit fit = grant_fit(hub, i, audio, video);
		bool fewer = here[i] < here[best] || (here[i] == here[best] && hub->seats_at[i] < hub->seats_at[best]);
		if (fit < best_fit || (fit == best_fit && !fewer))
			continue;
		best = i;
		best_fit = fit;
	}
	seat->worker = best;
	here[best]++;
	seat->hub->seats_at[best]++;
}

static void unplace(struct seat *seat)
{
	seat->room->seats_at[seat->worker]--;
	seat->hub->seats_at[seat->worker]--;
}

void room_free(struct room *room)
{
	list_each_safe (l, tmp, &room->seats) {
		map_remove(&room->hub->seats, seat_of(l)->kept.csrc);
		unplace(seat_of(l));
		seat_free(seat_of(l));
	}
	list_remove(&room->link);
	map_remove(&room->hub->numbers, room->number);
	room->hub->n_rooms--;
	free(room);
}

/* Its seats are gone. */
static void erase(struct room *room)
{
	struct signal *hub = room->hub;
	struct command command = { .type = COMMAND_ROOM_CLOSE, .room_close = room->number };
	hub_command(hub, &command);
	if (hub->host.room_delete(hub->host.ctx, room->kept.id))
		log_error("room", "event=not-deleted room=%s", room->kept.id);
	log_info("room", "event=gone room=%s", room->kept.id);
	stream_gone_room(room);
	room_free(room);
}

void room_delete(struct room *room)
{
	if (!room_end(room))
		erase(room);
}

enum err room_save(const struct room *room)
{
	enum err err = room->hub->host.room_put(room->hub->host.ctx, &room->kept);
	if (err)
		log_error("room", "event=not-saved room=%s", room->kept.id);
	return err;
}

struct seat *room_seat(const struct room *room, const char *id)
{
	list_each (l, &room->seats)
		if (strcmp(seat_of(l)->kept.id, id) == 0)
			return seat_of(l);
	return NULL;
}

struct seat *room_seat_named(const struct room *room, const char *id_or_name, bool *many)
{
	struct seat *found = room_seat(room, id_or_name);
	*many = false;
	if (found)
		return found;
	list_each (l, &room->seats) {
		if (strcmp(seat_of(l)->kept.name, id_or_name) != 0)
			continue;
		*many = found != NULL;
		if (*many)
			return NULL;
		found = seat_of(l);
	}
	return found;
}

usec room_seat_time(const struct room *room)
{
	uint32_t s = room->kept.needs_token ? SEAT_S_TOKENS : SEAT_S_OPEN;
	if (room->hub->config.seat_s)
		s = room->hub->config.seat_s;
	if (room->kept.seat_s)
		s = room->kept.seat_s;
	return (usec)s * USEC_S;
}

json_t *room_json(const struct room *room)
{
	return json_pack("{s:s, s:s, s:b, s:s?, s:s?, s:i}", "id", room->kept.id, "name", room->kept.name, "locked",
			 room->kept.locked, "stage", room->stage ? room->stage->kept.id : NULL, "chair",
			 room->chair ? room->chair->kept.id : NULL, "count", (int)room->count);
}

void room_command(const struct room *room)
{
	struct command command = { .type = COMMAND_ROOM,
				   .room = { .room = room->number,
					     .stage = room->stage ? room->stage->kept.csrc : 0,
					     .chair = room->chair ? room->chair->kept.csrc : 0 } };
	hub_command(room->hub, &command);
}

void room_tell(const struct room *room, const struct session *except, json_t *event)
{
	char *text = json_dumps(event, JSON_COMPACT);
	size_t n = text ? strlen(text) : 0;
	list_each (l, &room->seats) {
		struct session *session = seat_of(l)->session;
		if (text && session && session != except)
			session_send(session, text, n);
	}
	free(text);
	json_decref(event);
}

void room_drop(struct seat *seat)
{
	struct room *room = seat->room;
	list_remove(&seat->link);
	room->count--;
	room->taken[seat->index / 8] &= (uint8_t) ~(1U << seat->index % 8);
	map_remove(&room->hub->seats, seat->kept.csrc);
	unplace(seat);
	seat_free(seat);
	if (room->count == 0 && !room->kept.kept)
		erase(room);
}

/* Stage or chair is another: kept, told to worker and all. */
static void appoint(struct room *room, struct seat **place, struct seat *seat)
{
	if (*place == seat)
		return;
	*place = seat;
	const char *id = seat ? seat->kept.id : "";
	bool stage = place == &room->stage;
	(void)str_copy(stage ? room->kept.stage : room->kept.chair, ID_MAX + 1, id);
	(void)room_save(room);
	room_command(room);
	stream_changed_room(room);
	room_tell(room, NULL,
		  json_pack("{s:s, s:s?}", "type", "room-changed", stage ? "stage" : "chair", seat ? id : NULL));
	roster_shown(room);
}

static unsigned free_index(const struct room *room)
{
	for (unsigned i = 0; i < ROOM_INDEXES; i++)
		if (!(room->taken[i / 8] >> i % 8 & 1))
			return i;
	return ROOM_INDEXES;
}

bool room_add(struct room *room, struct seat *seat, uint8_t audio, uint8_t video)
{
	unsigned index = free_index(room);
	if (room->count == ROOM_SITES_MAX || index == ROOM_INDEXES || map_put(&room->hub->seats, seat->kept.csrc, seat))
		return false;
	seat->room = room;
	place(seat, audio, video);
	seat->index = (uint16_t)index;
	room->taken[index / 8] |= (uint8_t)(1U << index % 8);
	(void)str_copy(seat->kept.room, sizeof seat->kept.room, room->kept.id);
	list_append(&room->seats, &seat->link);
	room->count++;
	if (seat->kept.hand > room->hands)
		room->hands = seat->kept.hand;
	return true;
}

void room_joined(struct room *room, struct seat *seat)
{
	seat_command(seat);
	roster_joined(seat);
	bool better = !room->chair || (seat->kept.role_by_token && !room->chair->kept.role_by_token);
	if (seat->kept.role == ROLE_CHAIR && better)
		appoint(room, &room->chair, seat);
}

/* A room that needs no token is never left without a chair: the site that is there longest. */
static struct seat *successor(struct room *room)
{
	list_each (l, &room->seats)
		if (seat_of(l)->kept.role == ROLE_CHAIR)
			return seat_of(l);
	list_each (l, &room->seats)
		if (!room->kept.needs_token && seat_of(l)->kept.role == ROLE_GUEST && seat_of(l)->state == SEAT_LIVE)
			return seat_of(l);
	return NULL;
}

static void leave_chair(struct room *room)
{
	struct seat *next = successor(room);
	if (next && next->kept.role == ROLE_GUEST) {
		next->kept.role = ROLE_CHAIR;
		(void)seat_save(next);
		roster_changed(next, ROW_ROLE);
	}
	appoint(room, &room->chair, next);
}

/* All behind in the queue move up. */
static void hands_moved(struct room *room, uint32_t after)
{
	list_each (l, &room->seats)
		if (after && seat_of(l)->kept.hand > after)
			roster_changed(seat_of(l), ROW_HAND);
}

void room_remove(struct seat *seat, const char *reason)
{
	struct room *room = seat->room;
	struct signal *hub = room->hub;
	struct command command = { .type = COMMAND_SITE_CLOSE, .csrc = seat->kept.csrc };
	log_info("room", "event=left room=%s site=%s reason=%s", room->kept.id, seat->kept.id, reason);
	roster_leaving(seat, reason);
	list_remove(&seat->link);
	room->count--;
	map_remove(&hub->seats, seat->kept.csrc);
	unplace(seat);
	hub_command(hub, &command);
	if (hub->host.seat_delete(hub->host.ctx, room->kept.id, seat->kept.id))
		log_error("room", "event=seat-not-deleted room=%s site=%s", room->kept.id, seat->kept.id);
	if (room->count == 0 && !room->kept.kept) {
		seat_free(seat);
		erase(room);
		return;
	}
	if (room->stage == seat)
		appoint(room, &room->stage, NULL);
	if (room->chair == seat)
		leave_chair(room);
	hands_moved(room, seat->kept.hand);
	seat_free(seat);
	roster_shrunk(room);
}

void room_hand(struct seat *seat, bool up)
{
	if (up == (seat->kept.hand != 0))
		return;
	uint32_t before = seat->kept.hand;
	seat->kept.hand = up ? ++seat->room->hands : 0;
	(void)seat_save(seat);
	roster_changed(seat, ROW_HAND);
	hands_moved(seat->room, before);
}

void room_stage(struct room *room, struct seat *seat)
{
	appoint(room, &room->stage, seat);
	if (!seat)
		return;
	room_mute(seat, false, false, room->chair ? room->chair->kept.id : "operator");
	room_hand(seat, false);
}

void room_lock(struct room *room, bool on)
{
	if (room->kept.locked == on)
		return;
	room->kept.locked = on;
	(void)room_save(room);
	stream_changed_room(room);
	room_tell(room, NULL, json_pack("{s:s, s:b}", "type", "room-changed", "locked", on));
}

void room_rename(struct room *room, const char *name)
{
	if (strcmp(room->kept.name, name) == 0)
		return;
	(void)str_copy(room->kept.name, sizeof room->kept.name, name);
	(void)room_save(room);
	stream_changed_room(room);
	room_tell(room, NULL, json_pack("{s:s, s:s}", "type", "room-changed", "name", name));
}

void room_mute(struct seat *seat, bool video, bool on, const char *by)
{
	bool *muted = video ? &seat->kept.muted_video : &seat->kept.muted_audio;
	bool *sends = video ? &seat->video : &seat->audio;
	if (*muted == on)
		return;
	*muted = on;
	if (on)
		*sends = false; /* when it is lifted, the site begins again by itself */
	(void)seat_save(seat);
	seat_command(seat);
	roster_changed(seat, (video ? ROW_VIDEO : ROW_AUDIO) | ROW_MUTED);
	if (seat->session)
		session_tell(seat->session, json_pack("{s:s, s:s, s:s, s:b}", "type", "muted", "kind",
						      video ? "video" : "audio", "by", by, "on", on));
}

void room_mute_all(struct room *room, const struct seat *except, bool video, bool on, const char *by)
{
	list_each (l, &room->seats)
		if (seat_of(l) != except && !(on && seat_commands(seat_of(l))))
			room_mute(seat_of(l), video, on, by);
}

void room_kick(struct seat *seat, const char *reason, uint32_t ban_minutes)
{
	struct session *session = seat->session;
	seat->hub->kicks++;
	log_info("room", "event=kick room=%s site=%s ban_minutes=%u reason=%s", seat->kept.room, seat->kept.id,
		 ban_minutes, LOG_TEXT(reason));
	ban_seat(seat->hub, seat, reason, ban_minutes);
	if (session) {
		session_tell(session, json_pack("{s:s, s:s}", "type", "kicked", "reason", reason));
		session_detach(session);
		session_close(session, CLOSE_KICKED, "kicked");
	}
	room_remove(seat, "kicked");
}

bool room_end(struct room *room)
{
	bool goes = !room->kept.kept && room->count;
	log_info("room", "event=end room=%s", room->kept.id);
	room_tell(room, NULL, json_pack("{s:s}", "type", "ended"));
	list_each (l, &room->seats) {
		struct session *session = seat_of(l)->session;
		if (session) {
			session_detach(session);
			session_close(session, CLOSE_ENDED, "ended");
		}
	}
	room_lock(room, false);
	for (unsigned left = room->count; left; left--)
		room_remove(seat_of(room->seats.prev), "left");
	return goes;
}
