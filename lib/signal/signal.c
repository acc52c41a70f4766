#include "signal/signal.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include "signal/presence.h"
#include "signal/room.h"
#include "signal/roster.h"
#include "signal/session.h"
#include "signal/stream.h"
#include <stdlib.h>
#include <string.h>

#define SITES_MAX_DEFAULT 1024
#define SESSIONS_MAX_DEFAULT 2048

void hub_random_text(const struct signal *hub, char *to, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	hub->host.random(hub->host.ctx, to, n);
	for (size_t i = 0; i < n; i++)
		to[i] = letters[(unsigned char)to[i] & 31];
	to[n] = '\0';
}

int64_t hub_unix_s(const struct signal *hub)
{
	return hub->host.unix_ms(hub->host.ctx) / 1000;
}

void hub_command(const struct signal *hub, const struct command *command)
{
	for (uint32_t i = 0; i < hub->config.workers; i++)
		hub->host.command(hub->host.ctx, i, command);
}

void hub_wake(struct signal *hub, usec at)
{
	usec_lower(&hub->next, at);
}

struct signal *signal_new(const struct signal_config *config, const struct signal_host *host)
{
	struct signal *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->config = *config;
	s->host = *host;
	if (!s->config.sites_max)
		s->config.sites_max = SITES_MAX_DEFAULT;
	if (!s->config.sessions_max)
		s->config.sessions_max = SESSIONS_MAX_DEFAULT;
	list_init(&s->rooms);
	list_init(&s->sessions);
	list_init(&s->streams);
	s->next = s->drain_at = s->stream_at = s->stream_stats_at = USEC_NEVER;
	s->scratch = malloc((size_t)NEGOTIATE_ANSWER_MAX);
	if (!s->scratch || map_init(&s->seats, s->config.sites_max) || map_init(&s->numbers, ROOMS_MAX)) {
		signal_free(s);
		return NULL;
	}
	return s;
}

void signal_free(struct signal *s)
{
	if (!s)
		return;
	list_each_safe (l, tmp, &s->rooms)
		room_free(list_item(l, struct room, link));
	list_each_safe (l, tmp, &s->sessions)
		free(list_item(l, struct session, link));
	list_each_safe (l, tmp, &s->streams)
		free(list_item(l, struct stream, link));
	bans_fini(&s->bans);
	map_fini(&s->seats);
	map_fini(&s->numbers);
	free(s->scratch);
	free(s);
}

static void load_room(void *arg, const struct record_room *kept)
{
	if (!room_load(arg, kept))
		log_error("signal", "event=room-not-loaded room=%s", kept->id);
}

static void load_seat(void *arg, const struct record_seat *kept)
{
	struct signal *hub = arg;
	struct room *room = room_find(hub, kept->room);
	struct seat *seat = room ? seat_load(hub, kept) : NULL;
	if (!seat || !room_add(room, seat, kept->slots_audio, kept->slots_video)) {
		log_error("signal", "event=seat-not-loaded room=%s site=%s", kept->room, kept->id);
		if (seat)
			seat_free(seat);
		return;
	}
	grant_again(seat, kept->slots_audio, kept->slots_video);
	if (kept->lost)
		seat->expires = hub->now + room_seat_time(room) - (hub_unix_s(hub) - kept->lost) * USEC_S;
}

/* Nobody is connected yet; who was there before has 15 s to come back before it is lost. */
static void resume_room(struct room *room)
{
	room->large = room->count > ROSTER_SMALL;
	room->stage = room->kept.stage[0] ? room_seat(room, room->kept.stage) : NULL;
	room->chair = room->kept.chair[0] ? room_seat(room, room->kept.chair) : NULL;
	room_command(room);
	list_each (l, &room->seats)
		seat_command(list_item(l, struct seat, link));
	if (room->count == 0 && !room->kept.kept)
		room_delete(room);
}

enum err signal_start(struct signal *s, usec now)
{
	const struct signal_host *host = &s->host;
	s->now = s->started = now;
	enum err err = host->rooms(host->ctx, load_room, s);
	if (!err)
		err = host->seats(host->ctx, load_seat, s);
	if (!err)
		err = bans_load(s);
	if (!err)
		err = login_load(s);
	if (err)
		return err;
	list_each_safe (l, tmp, &s->rooms)
		resume_room(list_item(l, struct room, link));
	signal_on_deadline(s, now);
	return ERR_OK;
}

const char *signal_setup_code(const struct signal *s)
{
	return s->logins.code[0] ? s->logins.code : NULL;
}

static void close_all(struct signal *s)
{
	s->drain_at = USEC_NEVER;
	s->drain_closed = true;
	list_each_safe (l, tmp, &s->sessions)
		session_close(list_item(l, struct session, link), CLOSE_DRAINING, "draining");
}

void signal_drain(struct signal *s, uint32_t seconds, usec now)
{
	s->now = now;
	if (s->draining && (s->drain_closed || s->drain_at <= now + (usec)seconds * USEC_S))
		return;
	s->draining = true;
	s->drain_at = now + (usec)seconds * USEC_S;
	hub_wake(s, s->drain_at);
	log_info("signal", "event=drain seconds=%u", seconds);
	list_each (l, &s->sessions)
		session_tell(list_item(l, struct session, link),
			     json_pack("{s:s, s:I}", "type", "draining", "seconds", (json_int_t)seconds));
	if (!seconds)
		close_all(s);
}

bool signal_drained(const struct signal *s)
{
	return s->draining && s->n_sessions == 0;
}

usec signal_deadline(const struct signal *s)
{
	return s->next;
}

void signal_on_deadline(struct signal *s, usec now)
{
	usec next = USEC_NEVER;
	s->now = now;
	if (now < s->next && s->next != USEC_NEVER)
		return;
	s->next = USEC_NEVER;
	if (s->drain_at <= now)
		close_all(s);
	session_on_deadline(s, &next);
	presence_on_deadline(s, &next);
	list_each (l, &s->rooms)
		roster_on_deadline(list_item(l, struct room, link), &next);
	stream_on_deadline(s, &next);
	usec_lower(&next, s->drain_at);
	hub_wake(s, next);
}
