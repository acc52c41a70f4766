#include "signal/stream.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/auth.h"
#include "signal/hub.h"
#include "signal/room.h"
#include <stdlib.h>
#include <string.h>

#define STATS_VALID (3 * USEC_S) /* older numbers are told as zero */

static struct seat *seat_of(struct list *l)
{
	return list_item(l, struct seat, link);
}

static bool has_stats(const struct seat *seat)
{
	return seat->stats.csrc && seat->hub->now - seat->stats_at < STATS_VALID;
}

json_t *stream_room(const struct room *room)
{
	uint64_t in = 0, out = 0;
	list_each (l, &room->seats) {
		in += has_stats(seat_of(l)) ? seat_of(l)->stats.up : 0;
		out += has_stats(seat_of(l)) ? seat_of(l)->stats.down : 0;
	}
	json_t *object = room_json(room);
	json_object_set_new(object, "since", json_integer(room->kept.since * 1000));
	json_object_set_new(object, "bps_in", json_integer((json_int_t)in));
	json_object_set_new(object, "bps_out", json_integer((json_int_t)out));
	json_object_set_new(object, "pin", json_boolean(room->kept.has_pin));
	json_object_set_new(object, "tokens", json_boolean(room->kept.needs_token));
	json_object_set_new(object, "seat_s", json_integer(room_seat_time(room) / USEC_S));
	return object;
}

static json_t *layers(unsigned bits)
{
	static const char *const names[] = { "l", "m", "h", "screen-l", "screen-h" };
	json_t *list = json_array();
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (bits >> i & 1)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

json_t *stream_site(const struct seat *seat)
{
	static const struct event_site none = { 0 };
	const struct event_site *stats = has_stats(seat) ? &seat->stats : &none;
	char address[NETADDR_TEXT];
	netaddr_text(&seat->stats.address, address);
	json_t *object = seat_row(seat);
	json_object_set_new(object, "room", json_string(seat->kept.room));
	json_object_set_new(object, "address", seat->stats.address.family ? json_string(address) : json_null());
	json_object_set_new(object, "since", json_integer(seat->kept.since * 1000));
	json_object_set_new(object, "up_bps", json_integer(stats->up));
	json_object_set_new(object, "down_bps", json_integer(stats->down));
	json_object_set_new(object, "layers", layers(stats->layers));
	json_object_set_new(object, "width", json_integer(stats->width));
	json_object_set_new(object, "height", json_integer(stats->height));
	json_object_set_new(object, "fps", json_integer(stats->fps));
	json_object_set_new(object, "rtt_ms", json_integer(stats->rtt_ms));
	json_object_set_new(object, "loss_up", json_real(stats->loss_up / 256.0));
	json_object_set_new(object, "loss_down", json_real(stats->loss_down / 256.0));
	return object;
}

/* Nothing is gathered for nobody: a new stream is told everything anyhow. */
static void gather(struct signal *hub, bool *mark, usec *at, usec every)
{
	if (!hub->n_streams)
		return;
	*mark = true;
	if (*at == USEC_NEVER)
		*at = hub->now + every;
	hub_wake(hub, *at);
}

void stream_changed_room(struct room *room)
{
	gather(room->hub, &room->stream_row, &room->hub->stream_at, STREAM_EVERY);
}

void stream_changed_seat(struct seat *seat)
{
	gather(seat->hub, &seat->stream_row, &seat->hub->stream_at, STREAM_EVERY);
}

void stream_changed_stats(struct seat *seat)
{
	gather(seat->hub, &seat->stream_stats, &seat->hub->stream_stats_at, STREAM_STATS_EVERY);
}

static void send(struct stream *stream, const char *name, const char *text)
{
	const struct signal_host *host = &stream->hub->host;
	if (!stream->ready || stream->failed || !text)
		return;
	if (host->event(host->ctx, stream->socket, name, text, strlen(text))) {
		stream->failed = true;
		host->stream_close(host->ctx, stream->socket);
	}
}

/* To every stream that may see the room. Takes the reference. */
static void tell(const struct signal *hub, const char *room, const char *name, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	list_each (l, &hub->streams) {
		struct stream *stream = list_item(l, struct stream, link);
		if (!stream->room[0] || strcmp(stream->room, room) == 0)
			send(stream, name, text);
	}
	free(text);
	json_decref(object);
}

void stream_gone_room(const struct room *room)
{
	if (room->hub->n_streams)
		tell(room->hub, room->kept.id, "gone", json_pack("{s:s}", "room", room->kept.id));
}

void stream_gone_seat(const struct seat *seat)
{
	if (seat->hub->n_streams)
		tell(seat->hub, seat->kept.room, "gone",
		     json_pack("{s:s, s:s}", "room", seat->kept.room, "site", seat->kept.id));
}

void stream_on_deadline(struct signal *hub, usec *next)
{
	bool rows = hub->stream_at <= hub->now, stats = hub->stream_stats_at <= hub->now;
	if (rows)
		hub->stream_at = USEC_NEVER;
	if (stats)
		hub->stream_stats_at = USEC_NEVER;
	list_each (r, &hub->rooms) {
		if (!rows && !stats)
			break;
		struct room *room = list_item(r, struct room, link);
		bool traffic = false;
		list_each (l, &room->seats) {
			struct seat *seat = seat_of(l);
			traffic = traffic || (stats && seat->stream_stats);
			if ((rows && seat->stream_row) || (stats && seat->stream_stats)) {
				tell(hub, room->kept.id, "site", stream_site(seat));
				seat->stream_row = seat->stream_stats = false;
			}
		}
		if ((rows && room->stream_row) || traffic) {
			tell(hub, room->kept.id, "room", stream_room(room));
			room->stream_row = false;
		}
	}
	usec_lower(next, hub->stream_at);
	usec_lower(next, hub->stream_stats_at);
}

struct stream *signal_on_stream(struct signal *s, void *socket, const struct signal_request *request,
				struct signal_response *response, usec now)
{
	struct auth auth;
	char why[CODE_WHY] = "";
	s->now = now;
	enum code code = auth_check(s, request, &auth, why);
	struct stream *stream = NULL;
	if (!code && s->n_streams < STREAMS_MAX)
		stream = calloc(1, sizeof *stream);
	if (!code && !stream)
		code = CODE_TOO_FAST;
	memset(response, 0, sizeof *response);
	if (code) {
		auth_problem(response, code, why);
		return NULL;
	}
	stream->hub = s;
	stream->socket = socket;
	(void)str_copy(stream->room, sizeof stream->room, auth.room);
	list_append(&s->streams, &stream->link);
	s->n_streams++;
	return stream;
}

void signal_on_stream_ready(struct signal *s, struct stream *stream, usec now)
{
	s->now = now;
	stream->ready = true;
	list_each (r, &s->rooms) {
		const struct room *room = list_item(r, struct room, link);
		if (stream->room[0] && strcmp(stream->room, room->kept.id) != 0)
			continue;
		json_t *object = stream_room(room);
		char *text = json_dumps(object, JSON_COMPACT);
		send(stream, "room", text);
		free(text);
		json_decref(object);
		list_each (l, &room->seats) {
			object = stream_site(seat_of(l));
			text = json_dumps(object, JSON_COMPACT);
			send(stream, "site", text);
			free(text);
			json_decref(object);
		}
	}
}

void signal_on_stream_closed(struct signal *s, struct stream *stream)
{
	list_remove(&stream->link);
	s->n_streams--;
	free(stream);
}
