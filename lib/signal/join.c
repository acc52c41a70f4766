#include "signal/join.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/grant.h"
#include "signal/hub.h"
#include "signal/presence.h"
#include "signal/room.h"
#include "signal/roster.h"
#include "signal/session.h"
#include "signal/transport.h"
#include <string.h>

/* One join being decided. */
struct entry {
	struct call *call;
	const struct msg_join *join;
	struct room *room; /* NULL: to be made */
	struct signal_claims claims;
	bool has_claims;
	char secret[SECRET_CHARS + 1];
};

static enum code refuse(struct call *call, enum code code, const char *why)
{
	(void)str_copy(call->why, sizeof call->why, why);
	return code;
}

static enum code wrong_secret(struct call *call, const char *why)
{
	attempts_failed(&call->hub->attempts, call->session->remote, call->hub->now);
	return refuse(call, CODE_BAD_TOKEN, why);
}

static enum code refuse_banned(struct call *call, const struct record_ban *ban)
{
	call->extra = json_pack("{s:I, s:s}", "until", (json_int_t)ban->until * 1000, "reason", ban->reason);
	return refuse(call, CODE_BANNED, "banned from this room for a time");
}

static enum code read_token(struct entry *entry)
{
	struct call *call = entry->call;
	struct signal *hub = call->hub;
	struct signal_claims *claims = &entry->claims;
	if (!entry->join->token)
		return CODE_OK;
	if (hub->host.token_verify(hub->host.ctx, entry->join->token, hub_unix_s(hub), claims))
		return wrong_secret(call, "the token is broken, expired or not ours");
	bool any = claims->role == ROLE_OPERATOR && !claims->room[0];
	if (!any && strcmp(claims->room, entry->join->room) != 0)
		return refuse(call, CODE_BAD_TOKEN, "the token is for another room");
	entry->has_claims = true;
	return CODE_OK;
}

static void hash_pin(const struct signal *hub, const char *room, const char *pin, uint8_t hash[SHA256_BYTES])
{
	char text[ID_MAX + PIN_MAX_BYTES + 8];
	(void)str_print(text, sizeof text, "pin:%s:%s", room, pin);
	hub->host.sha256(hub->host.ctx, bytes_of(text, strlen(text)), hash);
}

void join_pin(const struct signal *hub, struct record_room *room, const char *pin)
{
	room->has_pin = pin != NULL;
	memset(room->pin, 0, sizeof room->pin);
	if (pin)
		hash_pin(hub, room->id, pin, room->pin);
}

/* Token or PIN, where the room asks for one. */
static enum code check_key(struct entry *entry)
{
	struct call *call = entry->call;
	const struct record_room *room = &entry->room->kept;
	uint8_t hash[SHA256_BYTES];
	if (entry->has_claims || (!room->has_pin && !room->needs_token))
		return CODE_OK;
	if (!room->has_pin || !entry->join->pin)
		return refuse(call, CODE_BAD_TOKEN,
			      room->has_pin ? "this room needs a PIN" : "this room needs a token");
	hash_pin(call->hub, room->id, entry->join->pin, hash);
	unsigned char differ = 0;
	for (int i = 0; i < SHA256_BYTES; i++)
		differ |= hash[i] ^ room->pin[i];
	return differ ? wrong_secret(call, "the PIN is wrong") : CODE_OK;
}

static enum code check_room(struct entry *entry)
{
	struct call *call = entry->call;
	const struct signal *hub = call->hub;
	const struct signal_claims *claims = &entry->claims;
	const struct record_room *room = entry->room ? &entry->room->kept : NULL;
	if (!room && !hub->config.rooms_open)
		return refuse(call, CODE_NOT_FOUND, "there is no such room");
	enum code code = room ? check_key(entry) : CODE_OK;
	if (code)
		return code;
	const char *name = entry->has_claims && claims->name[0] ? claims->name : entry->join->name;
	const struct record_ban *ban = ban_find(hub, entry->join->room, NULL, entry->has_claims ? claims->site : NULL,
						room && room->needs_token ? NULL : name);
	if (ban && !(entry->has_claims && claims->role == ROLE_OPERATOR))
		return refuse_banned(call, ban);
	if (room && room->locked && !(entry->has_claims && claims->role != ROLE_GUEST))
		return refuse(call, CODE_ROOM_LOCKED, "the chair has locked the room");
	return CODE_OK;
}

static struct room *make_room(struct entry *entry)
{
	struct record_room kept = { 0 };
	(void)str_copy(kept.id, sizeof kept.id, entry->join->room);
	(void)str_copy(kept.name, sizeof kept.name, entry->join->room);
	return room_new(entry->call->hub, &kept);
}

static void name_seat(const struct entry *entry, struct record_seat *kept)
{
	const struct signal_claims *claims = &entry->claims;
	(void)str_copy(kept->name, sizeof kept->name, entry->join->name);
	if (!entry->has_claims)
		return;
	if (claims->name[0])
		(void)str_copy(kept->name, sizeof kept->name, claims->name);
	(void)str_copy(kept->unit, sizeof kept->unit, claims->unit);
	(void)str_copy(kept->token_site, sizeof kept->token_site, claims->site);
	kept->role = claims->role;
	kept->role_by_token = true;
}

/* The answer; the seat is in its room and saved. */
static enum code welcome(struct entry *entry, struct seat *seat, const char *media)
{
	struct call *call = entry->call;
	struct session *session = call->session;
	json_t *answer = call->answer;
	static const char *const roles[] = { "guest", "chair", "operator" };
	session_attach(session, seat);
	call->seat = seat;
	json_object_set_new(answer, "session",
			    json_pack("{s:s, s:I, s:s}", "id", seat->kept.id, "csrc", (json_int_t)seat->kept.csrc,
				      "secret", entry->secret));
	json_object_set_new(answer, "role", json_string(roles[seat->kept.role]));
	json_object_set_new(answer, "room", room_json(seat->room));
	json_object_set_new(answer, "sites", roster_sites(session, seat));
	json_object_set_new(answer, "total", json_integer(seat->room->count));
	json_object_set_new(
	    answer, "slots",
	    json_pack("{s:i, s:i}", "audio", (int)seat->kept.slots_audio, "video", (int)seat->kept.slots_video));
	json_object_set_new(answer, "iceServers", json_array());
	if (media)
		json_object_set_new(answer, "media", json_string(media));
	return CODE_OK;
}

static enum code take_seat(struct entry *entry)
{
	struct call *call = entry->call;
	bool made = !entry->room;
	if (!entry->join->name[0] && !(entry->has_claims && entry->claims.name[0]))
		return refuse(call, CODE_BAD_REQUEST, "\"name\" is missing");
	if (made)
		entry->room = make_room(entry);
	if (!entry->room)
		return refuse(call, CODE_INTERNAL, "the room could not be made");
	struct seat *seat = seat_new(call->hub, entry->secret);
	if (!seat || !room_add(entry->room, seat, entry->join->audio, entry->join->video)) {
		if (seat)
			seat_free(seat);
		if (made)
			room_delete(entry->room);
		return refuse(call, CODE_ROOM_FULL,
			      call->hub->seats.count >= call->hub->config.sites_max
				  ? "the server has no place left for another site"
				  : "the room is full");
	}
	name_seat(entry, &seat->kept);
	if (seat->kept.role == ROLE_GUEST && !entry->room->kept.needs_token && !entry->room->chair)
		seat->kept.role = ROLE_CHAIR; /* the first to join */
	if (!grant_new(seat, entry->join->audio, entry->join->video)) {
		room_drop(seat);
		return refuse(call, CODE_ROOM_FULL, "the server has no slots left for another site");
	}
	if (seat_save(seat)) {
		room_drop(seat);
		return refuse(call, CODE_INTERNAL, "the seat could not be saved");
	}
	call->hub->joins++;
	log_info("join", "room=%s site=%s csrc=%u name=%s role=%d from=%s", seat->kept.room, seat->kept.id,
		 seat->kept.csrc, LOG_TEXT(seat->kept.name), seat->kept.role, call->session->remote);
	room_joined(entry->room, seat);
	hub_wake(call->hub, presence_deadline(seat));
	return welcome(entry, seat, entry->join->resume ? "new" : NULL);
}

/* A seat that is there goes on, whoever had it before. */
static enum code take_up(struct entry *entry, struct seat *seat)
{
	struct call *call = entry->call;
	const struct msg_join *join = entry->join;
	struct session *before = seat->session;
	bool kept = join->keep && transport_usable(seat->transport);
	if (before) {
		session_detach(before);
		session_close(before, CLOSE_TAKEN_OVER, "taken over");
	}
	if (join->has_slots && !kept) {
		grant_again(seat, join->audio, join->video);
		seat_command(seat);
	}
	if (!kept && seat->screen) { /* what was shared ended with the page; microphone and camera come back */
		seat->screen = false;
		seat_command(seat);
		roster_changed(seat, ROW_SCREEN);
	}
	if (join->name[0] && !seat->kept.token_site[0] && !entry->has_claims &&
	    strcmp(join->name, seat->kept.name) != 0) {
		(void)str_copy(seat->kept.name, sizeof seat->kept.name, join->name);
		roster_changed(seat, ROW_NAME);
	}
	presence_on_signal(seat);
	if (seat_save(seat))
		return refuse(call, CODE_INTERNAL, "the seat could not be saved");
	call->hub->resumes++;
	log_info("join", "event=resume room=%s site=%s media=%s from=%s", seat->kept.room, seat->kept.id,
		 kept ? "kept" : "new", call->session->remote);
	if (kept) {
		const struct signal_host *host = &call->hub->host;
		struct command command = { .type = COMMAND_REPEAT, .csrc = seat->kept.csrc };
		host->command(host->ctx, seat->worker, &command);
	}
	return welcome(entry, seat, join->resume ? kept ? "kept" : "new" : NULL);
}

static struct seat *seat_by_secret(const struct room *room, const uint8_t secret[SHA256_BYTES])
{
	list_each (l, &room->seats) {
		struct seat *seat = list_item(l, struct seat, link);
		if (memcmp(seat->kept.secret, secret, SHA256_BYTES) == 0)
			return seat;
	}
	return NULL;
}

static struct seat *seat_by_token(const struct room *room, const struct signal_claims *claims)
{
	list_each (l, &room->seats) {
		struct seat *seat = list_item(l, struct seat, link);
		if (claims->site[0] && strcmp(seat->kept.token_site, claims->site) == 0)
			return seat;
	}
	return NULL;
}

enum code join_request(struct call *call)
{
	struct signal *hub = call->hub;
	struct entry entry = { .call = call, .join = &call->msg->join };
	const char *resume = entry.join->resume;
	if (hub->draining)
		return refuse(call, CODE_DRAINING, "the daemon is about to restart");
	if (call->seat)
		return refuse(call, CODE_BAD_REQUEST, "this connection has joined");
	if (attempts_blocked(&hub->attempts, call->session->remote, hub->now))
		return refuse(call, CODE_TOO_FAST, "too many wrong tokens and PINs from this address; wait a minute");
	entry.room = room_find(hub, entry.join->room);
	if (resume) {
		uint8_t secret[SHA256_BYTES];
		hub->host.sha256(hub->host.ctx, bytes_of(resume, strlen(resume)), secret);
		const struct record_ban *ban = ban_find(hub, entry.join->room, secret, NULL, NULL);
		if (ban)
			return refuse_banned(call, ban);
		struct seat *seat = entry.room ? seat_by_secret(entry.room, secret) : NULL;
		if (seat) {
			(void)str_copy(entry.secret, sizeof entry.secret, resume);
			return take_up(&entry, seat);
		}
	}
	enum code code = read_token(&entry);
	if (!code)
		code = check_room(&entry);
	if (code)
		return code;
	struct seat *own = entry.room && entry.has_claims ? seat_by_token(entry.room, &entry.claims) : NULL;
	if (own) {
		seat_renew_secret(own, entry.secret);
		return take_up(&entry, own);
	}
	return take_seat(&entry);
}
