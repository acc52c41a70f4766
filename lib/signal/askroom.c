#include "base/str.h"
#include "signal/ask.h"
#include "signal/field.h"
#include "signal/hub.h"
#include "signal/join.h"
#include "signal/msg.h"
#include "signal/query.h"
#include "signal/room.h"
#include "signal/stream.h"
#include "signal/text.h"
#include <stdlib.h>
#include <string.h>

#define SEAT_S_MAX 2592000L /* 30 days */

enum code ask_get_rooms(struct ask *ask)
{
	json_t *list = json_array();
	list_each (l, &ask->hub->rooms) {
		const struct room *room = list_item(l, struct room, link);
		if (!ask->auth.room[0] || strcmp(ask->auth.room, room->kept.id) == 0)
			json_array_append_new(list, stream_room(room));
	}
	return ask_items(ask, list);
}

/* name, pin, tokens, seat_s: of a new room, or changes of one. */
static bool read_room(struct ask *ask, struct record_room *kept)
{
	const char *pin = NULL;
	int64_t seat_s = kept->seat_s;
	if (!field_name(ask->body, "name", kept->name, sizeof kept->name, false, ask->why) ||
	    !field_text(ask->body, "pin", PIN_MAX_BYTES, &pin, ask->why) ||
	    !field_bool(ask->body, "tokens", &kept->needs_token, ask->why) ||
	    !field_bool(ask->body, "locked", &kept->locked, ask->why) ||
	    !field_int(ask->body, "seat_s", 1, SEAT_S_MAX, &seat_s, ask->why))
		return false;
	kept->seat_s = (uint32_t)seat_s;
	if (json_object_get(ask->body, "pin"))
		join_pin(ask->hub, kept, pin && pin[0] ? pin : NULL);
	return true;
}

/* An id of the name that no room has. */
static bool find_id(const struct signal *hub, struct record_room *kept)
{
	char slug[ID_MAX + 1];
	text_slug(slug, sizeof slug - 5, kept->name);
	for (int i = 1; slug[0] && i < 1000; i++) {
		(void)str_print(kept->id, sizeof kept->id, i == 1 ? "%s" : "%s-%d", slug, i);
		if (!room_find(hub, kept->id))
			return true;
	}
	return false;
}

enum code ask_post_rooms(struct ask *ask)
{
	struct record_room kept = { .kept = true };
	const char *id = NULL;
	if (ask->auth.room[0])
		return ask_refuse(ask, CODE_FORBIDDEN, "the token is for one room");
	if (!field_text(ask->body, "id", SIZE_MAX, &id, ask->why) ||
	    (!id && !field_required(ask->body, "name", ask->why)))
		return CODE_BAD_REQUEST;
	if (id && !text_is_id(id))
		return ask_refuse(ask, CODE_BAD_REQUEST, "\"id\" is not up to 32 letters, digits, '-', '_'");
	(void)str_copy(kept.id, sizeof kept.id, id ? id : "");
	(void)str_copy(kept.name, sizeof kept.name, kept.id);
	if (!field_name(ask->body, "name", kept.name, sizeof kept.name, false, ask->why))
		return CODE_BAD_REQUEST;
	if (!id && !find_id(ask->hub, &kept))
		return ask_refuse(ask, CODE_BAD_REQUEST, "no id can be made of \"name\": give an \"id\"");
	if (room_find(ask->hub, kept.id)) {
		ask->response->status = 409;
		return ask_refuse(ask, CODE_BAD_REQUEST, "there is a room of that id");
	}
	if (!read_room(ask, &kept))
		return CODE_BAD_REQUEST;
	const struct room *room = room_new(ask->hub, &kept);
	if (!room)
		return ask_refuse(ask, CODE_INTERNAL, "the room could not be made");
	ask->response->status = 201;
	ask->answer = stream_room(room);
	return CODE_OK;
}

enum code ask_get_room(struct ask *ask)
{
	ask->answer = stream_room(ask->room);
	return CODE_OK;
}

enum code ask_patch_room(struct ask *ask)
{
	struct room *room = ask->room;
	struct record_room kept = room->kept;
	if (!read_room(ask, &kept))
		return CODE_BAD_REQUEST;
	room->kept.needs_token = kept.needs_token;
	room->kept.has_pin = kept.has_pin;
	memcpy(room->kept.pin, kept.pin, sizeof kept.pin);
	room->kept.seat_s = kept.seat_s;
	if (room_save(room))
		return CODE_INTERNAL;
	stream_changed_room(room);
	room_rename(room, kept.name);
	room_lock(room, kept.locked);
	return ask_get_room(ask);
}

enum code ask_delete_room(struct ask *ask)
{
	room_delete(ask->room);
	return CODE_OK;
}

enum code ask_end_room(struct ask *ask)
{
	(void)room_end(ask->room);
	return CODE_OK;
}

enum code ask_get_sites(struct ask *ask)
{
	json_t *list = json_array();
	list_each (l, &ask->room->seats)
		json_array_append_new(list, stream_site(list_item(l, struct seat, link)));
	return ask_items(ask, list);
}

enum code ask_get_site(struct ask *ask)
{
	ask->answer = stream_site(ask->seat);
	return CODE_OK;
}

enum code ask_delete_site(struct ask *ask)
{
	char reason[REASON_MAX_BYTES + 1] = "", text[1024] = "", minutes[16] = "0", *end;
	if (query_get(ask->request->query, "reason", text, sizeof text) == ERR_RANGE ||
	    text_clean(reason, sizeof reason, text, false))
		return ask_refuse(ask, CODE_BAD_REQUEST, "\"reason\" is too long or not UTF-8");
	(void)query_get(ask->request->query, "ban", minutes, sizeof minutes);
	unsigned long ban = strtoul(minutes, &end, 10);
	if (*end || minutes[0] < '0' || minutes[0] > '9' || ban > BAN_MINUTES_MAX)
		return ask_refuse(ask, CODE_BAD_REQUEST, "\"ban\" is not a number of minutes");
	room_kick(ask->seat, reason, (uint32_t)ban);
	return CODE_OK;
}

static bool read_mute(struct ask *ask, bool *video, bool *on)
{
	const char *kind = "audio";
	*on = true;
	if (!field_text(ask->body, "kind", 16, &kind, ask->why) || !field_bool(ask->body, "on", on, ask->why))
		return false;
	*video = strcmp(kind, "video") == 0;
	if (*video || strcmp(kind, "audio") == 0)
		return true;
	(void)ask_refuse(ask, CODE_BAD_REQUEST, "\"kind\" is neither \"audio\" nor \"video\"");
	return false;
}

enum code ask_mute_site(struct ask *ask)
{
	bool video, on;
	if (!read_mute(ask, &video, &on))
		return CODE_BAD_REQUEST;
	room_mute(ask->seat, video, on, "operator");
	return ask_get_site(ask);
}

enum code ask_mute_room(struct ask *ask)
{
	bool video, on;
	if (!read_mute(ask, &video, &on))
		return CODE_BAD_REQUEST;
	room_mute_all(ask->room, NULL, video, on, "operator");
	return ask_get_sites(ask);
}

enum code ask_put_stage(struct ask *ask)
{
	const char *site = NULL;
	bool many = false;
	if (!json_object_get(ask->body, "site"))
		return ask_refuse(ask, CODE_BAD_REQUEST, "\"site\" is missing");
	if (!field_text(ask->body, "site", NAME_MAX_BYTES, &site, ask->why))
		return CODE_BAD_REQUEST;
	struct seat *seat = site ? room_seat_named(ask->room, site, &many) : NULL;
	if (site && !seat)
		return ask_refuse(ask, CODE_NOT_FOUND,
				  many ? "several sites have that name; use the id"
				       : "there is no such site in the room");
	room_stage(ask->room, seat);
	return ask_get_room(ask);
}
