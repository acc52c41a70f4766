#include "signal/seat.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include "signal/room.h"
#include "signal/transport.h"
#include <stdlib.h>
#include <string.h>

#define SEAT_ID_CHARS 10

static struct seat *make(struct signal *hub)
{
	struct seat *seat = calloc(1, sizeof *seat);
	if (!seat)
		return NULL;
	list_init(&seat->link);
	seat->hub = hub;
	seat->state = SEAT_LIVE;
	seat->signalled = hub->now;
	seat->closed = USEC_NEVER;
	seat->expires = USEC_NEVER;
	return seat;
}

struct seat *seat_new(struct signal *hub, char secret[SECRET_CHARS + 1])
{
	struct seat *seat = make(hub);
	if (!seat)
		return NULL;
	hub_random_text(hub, seat->kept.id, SEAT_ID_CHARS);
	do
		hub->host.random(hub->host.ctx, &seat->kept.csrc, sizeof seat->kept.csrc);
	while (seat->kept.csrc == 0 || map_get(&hub->seats, seat->kept.csrc));
	seat->kept.since = hub_unix_s(hub);
	seat_renew_secret(seat, secret);
	return seat;
}

struct seat *seat_load(struct signal *hub, const struct record_seat *kept)
{
	struct seat *seat = make(hub);
	if (!seat)
		return NULL;
	seat->kept = *kept;
	if (kept->lost)
		seat->state = SEAT_LOST;
	return seat;
}

void seat_free(struct seat *seat)
{
	grant_end(seat);
	transport_free(seat->transport);
	free(seat);
}

void seat_renew_secret(struct seat *seat, char secret[SECRET_CHARS + 1])
{
	const struct signal_host *host = &seat->hub->host;
	hub_random_text(seat->hub, secret, SECRET_CHARS);
	host->sha256(host->ctx, bytes_of(secret, SECRET_CHARS), seat->kept.secret);
}

enum err seat_save(const struct seat *seat)
{
	enum err err = seat->hub->host.seat_put(seat->hub->host.ctx, &seat->kept);
	if (err)
		log_error("seat", "event=not-saved room=%s site=%s", seat->kept.room, seat->kept.id);
	return err;
}

bool seat_commands(const struct seat *seat)
{
	return seat->kept.role != ROLE_GUEST;
}

unsigned seat_hand_place(const struct seat *seat)
{
	unsigned place = 0;
	if (!seat->kept.hand)
		return 0;
	list_each (l, &seat->room->seats) {
		const struct seat *other = list_item(l, struct seat, link);
		place += other->kept.hand && other->kept.hand <= seat->kept.hand;
	}
	return place;
}

bool seat_sends_audio(const struct seat *seat)
{
	return seat->audio && !seat->kept.muted_audio;
}

bool seat_sends_video(const struct seat *seat)
{
	return seat->video && !seat->kept.muted_video;
}

bool seat_sends_screen(const struct seat *seat)
{
	return seat->screen;
}

static json_t *muted(const struct seat *seat)
{
	json_t *list = json_array();
	if (seat->kept.muted_audio)
		json_array_append_new(list, json_string("audio"));
	if (seat->kept.muted_video)
		json_array_append_new(list, json_string("video"));
	return list;
}

void seat_row_fields(const struct seat *seat, unsigned fields, json_t *object)
{
	static const char *const roles[] = { "guest", "chair", "operator" };
	if (fields & ROW_NAME)
		json_object_set_new(object, "name", json_string(seat->kept.name));
	if (fields & ROW_NAME && seat->kept.unit[0])
		json_object_set_new(object, "unit", json_string(seat->kept.unit));
	if (fields & ROW_ROLE)
		json_object_set_new(object, "role", json_string(roles[seat->kept.role]));
	if (fields & ROW_STATE)
		json_object_set_new(object, "state", json_string(seat->state == SEAT_LIVE ? "live" : "lost"));
	if (fields & ROW_AUDIO)
		json_object_set_new(object, "audio", json_boolean(seat_sends_audio(seat)));
	if (fields & ROW_VIDEO)
		json_object_set_new(object, "video", json_boolean(seat_sends_video(seat)));
	if (fields & ROW_SCREEN)
		json_object_set_new(object, "screen", json_boolean(seat_sends_screen(seat)));
	if (fields & ROW_HAND) {
		unsigned place = seat_hand_place(seat);
		json_object_set_new(object, "hand", place ? json_integer(place) : json_null());
	}
	/* in a whole row only when there is something to tell: rows are many */
	if (fields & ROW_MUTED && (fields != ROW_ALL || seat->kept.muted_audio || seat->kept.muted_video))
		json_object_set_new(object, "muted", muted(seat));
}

json_t *seat_row(const struct seat *seat)
{
	json_t *row = json_pack("{s:s, s:I}", "id", seat->kept.id, "csrc", (json_int_t)seat->kept.csrc);
	seat_row_fields(seat, ROW_ALL, row);
	return row;
}

void seat_command(const struct seat *seat)
{
	struct command command = { .type = COMMAND_SITE,
				   .site = { .room = seat->room->number,
					     .csrc = seat->kept.csrc,
					     .worker = seat->worker,
					     .live = seat->state == SEAT_LIVE,
					     .audio = seat->audio,
					     .video = seat->video,
					     .screen = seat->screen,
					     .muted_audio = seat->kept.muted_audio,
					     .muted_video = seat->kept.muted_video,
					     .slots_audio = seat->kept.slots_audio,
					     .slots_video = seat->kept.slots_video } };
	hub_command(seat->hub, &command);
}
