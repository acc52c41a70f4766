/* REST: one const table from method and path to function (PROTOCOL.md "REST"). */
#include "base/log.h"
#include "base/str.h"
#include "signal/auth.h"
#include "signal/field.h"
#include "signal/hub.h"
#include "signal/join.h"
#include "signal/metrics.h"
#include "signal/msg.h"
#include "signal/query.h"
#include "signal/room.h"
#include "signal/stream.h"
#include "signal/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 2
#define PART_MAX 640 /* bytes of a decoded part of a path: a site's name can stand there */
#define DRAIN_SECONDS_MAX 3600
#define EXPIRES_DEFAULT_S (7 * 24 * 3600)
#define EXPIRES_MAX_S (400 * 24 * 3600)

/* One request being answered. */
struct ask {
	struct signal *hub;
	const struct signal_request *request;
	struct signal_response *response;
	struct auth auth;
	char parts[PARTS_MAX][PART_MAX];
	json_t *body; /* an object */
	json_t *answer;
	struct room *room; /* of the first part */
	struct seat *seat; /* of the second */
	char why[CODE_WHY];
};

static enum code refuse(struct ask *ask, enum code code, const char *why)
{
	(void)str_copy(ask->why, sizeof ask->why, why);
	return code;
}

static enum code items(struct ask *ask, json_t *list)
{
	ask->answer = json_pack("{s:o}", "items", list);
	return CODE_OK;
}

static enum code get_rooms(struct ask *ask)
{
	json_t *list = json_array();
	list_each (l, &ask->hub->rooms) {
		const struct room *room = list_item(l, struct room, link);
		if (!ask->auth.room[0] || strcmp(ask->auth.room, room->kept.id) == 0)
			json_array_append_new(list, stream_room(room));
	}
	return items(ask, list);
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
	    !field_int(ask->body, "seat_s", 1, 30 * 24 * 3600, &seat_s, ask->why))
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

static enum code post_rooms(struct ask *ask)
{
	struct record_room kept = { .kept = true };
	const char *id = NULL;
	if (ask->auth.room[0])
		return refuse(ask, CODE_FORBIDDEN, "the token is for one room");
	if (!field_text(ask->body, "id", SIZE_MAX, &id, ask->why) ||
	    (!id && !field_required(ask->body, "name", ask->why)))
		return CODE_BAD_REQUEST;
	if (id && !text_is_id(id))
		return refuse(ask, CODE_BAD_REQUEST, "\"id\" is not up to 32 letters, digits, '-', '_'");
	(void)str_copy(kept.id, sizeof kept.id, id ? id : "");
	(void)str_copy(kept.name, sizeof kept.name, kept.id);
	if (!field_name(ask->body, "name", kept.name, sizeof kept.name, false, ask->why))
		return CODE_BAD_REQUEST;
	if (!id && !find_id(ask->hub, &kept))
		return refuse(ask, CODE_BAD_REQUEST, "no id can be made of \"name\": give an \"id\"");
	if (room_find(ask->hub, kept.id)) {
		ask->response->status = 409;
		return refuse(ask, CODE_BAD_REQUEST, "there is a room of that id");
	}
	if (!read_room(ask, &kept))
		return CODE_BAD_REQUEST;
	const struct room *room = room_new(ask->hub, &kept);
	if (!room)
		return refuse(ask, CODE_INTERNAL, "the room could not be made");
	ask->response->status = 201;
	ask->answer = stream_room(room);
	return CODE_OK;
}

static enum code get_room(struct ask *ask)
{
	ask->answer = stream_room(ask->room);
	return CODE_OK;
}

static enum code patch_room(struct ask *ask)
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
	return get_room(ask);
}

static enum code delete_room(struct ask *ask)
{
	room_delete(ask->room);
	return CODE_OK;
}

static enum code end_room(struct ask *ask)
{
	(void)room_end(ask->room);
	return CODE_OK;
}

static enum code get_sites(struct ask *ask)
{
	json_t *list = json_array();
	list_each (l, &ask->room->seats)
		json_array_append_new(list, stream_site(list_item(l, struct seat, link)));
	return items(ask, list);
}

static enum code get_site(struct ask *ask)
{
	ask->answer = stream_site(ask->seat);
	return CODE_OK;
}

static enum code delete_site(struct ask *ask)
{
	char reason[REASON_MAX_BYTES + 1] = "", text[1024] = "", minutes[16] = "0", *end;
	if (query_get(ask->request->query, "reason", text, sizeof text) == ERR_RANGE ||
	    text_clean(reason, sizeof reason, text, false))
		return refuse(ask, CODE_BAD_REQUEST, "\"reason\" is too long or not UTF-8");
	(void)query_get(ask->request->query, "ban", minutes, sizeof minutes);
	unsigned long ban = strtoul(minutes, &end, 10);
	if (*end || minutes[0] < '0' || minutes[0] > '9' || ban > BAN_MINUTES_MAX)
		return refuse(ask, CODE_BAD_REQUEST, "\"ban\" is not a number of minutes");
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
	(void)refuse(ask, CODE_BAD_REQUEST, "\"kind\" is neither \"audio\" nor \"video\"");
	return false;
}

static enum code mute_site(struct ask *ask)
{
	bool video, on;
	if (!read_mute(ask, &video, &on))
		return CODE_BAD_REQUEST;
	room_mute(ask->seat, video, on, "operator");
	return get_site(ask);
}

static enum code mute_room(struct ask *ask)
{
	bool video, on;
	if (!read_mute(ask, &video, &on))
		return CODE_BAD_REQUEST;
	room_mute_all(ask->room, NULL, video, on, "operator");
	return get_sites(ask);
}

static enum code put_stage(struct ask *ask)
{
	const char *site = NULL;
	bool many = false;
	if (!json_object_get(ask->body, "site"))
		return refuse(ask, CODE_BAD_REQUEST, "\"site\" is missing");
	if (!field_text(ask->body, "site", NAME_MAX_BYTES, &site, ask->why))
		return CODE_BAD_REQUEST;
	struct seat *seat = site ? room_seat_named(ask->room, site, &many) : NULL;
	if (site && !seat)
		return refuse(ask, CODE_NOT_FOUND,
			      many ? "several sites have that name; use the id" : "there is no such site in the room");
	room_stage(ask->room, seat);
	return get_room(ask);
}

/* Where our pages are, as this asker sees us. */
static void link_base(const struct ask *ask, char *to, size_t size)
{
	const char *host = ask->request->local ? NULL : ask->request->host;
	bool good = host && host[0] && strlen(host) < 256;
	for (const char *p = host; good && *p; p++)
		good = (*p >= '0' && *p <= ':') || ((*p | 32) >= 'a' && (*p | 32) <= 'z') || strchr(".-[]", *p);
	(void)str_print(to, size, "%s%s", good ? "https://" : "", good ? host : ask->hub->config.url);
}

static enum code post_tokens(struct ask *ask)
{
	static const struct {
		const char *name;
		enum role role;
	} roles[] = { { "guest", ROLE_GUEST }, { "chair", ROLE_CHAIR }, { "operator", ROLE_OPERATOR } };
	const struct signal_host *host = &ask->hub->host;
	struct signal_claims claims = { .expires = 0 };
	const char *room = NULL, *role = "guest", *site = NULL;
	int64_t expires_s = EXPIRES_DEFAULT_S;
	char token[SIGNAL_TOKEN_MAX + 1], base[320], url[SIGNAL_URL_MAX];
	if (!field_required(ask->body, "room", ask->why) || !field_text(ask->body, "room", ID_MAX, &room, ask->why) ||
	    !field_text(ask->body, "role", 16, &role, ask->why) ||
	    !field_name(ask->body, "name", claims.name, sizeof claims.name, false, ask->why) ||
	    !field_text(ask->body, "site", ID_MAX, &site, ask->why) ||
	    !field_name(ask->body, "unit", claims.unit, sizeof claims.unit, false, ask->why) ||
	    !field_int(ask->body, "expires_s", 1, EXPIRES_MAX_S, &expires_s, ask->why))
		return CODE_BAD_REQUEST;
	if (site && !text_is_id(site))
		return refuse(ask, CODE_BAD_REQUEST, "\"site\" is not up to 32 letters, digits, '-', '_'");
	size_t i = 0;
	while (i < sizeof roles / sizeof *roles && strcmp(role, roles[i].name) != 0)
		i++;
	if (i == sizeof roles / sizeof *roles)
		return refuse(ask, CODE_BAD_REQUEST, "\"role\" is none of guest, chair, operator");
	if (ask->auth.room[0] && strcmp(ask->auth.room, room) != 0)
		return refuse(ask, CODE_FORBIDDEN, "the token is for another room");
	if (!room_find(ask->hub, room) && !(ask->hub->config.rooms_open && text_is_id(room)))
		return refuse(ask, CODE_NOT_FOUND, "there is no such room");
	(void)str_copy(claims.room, sizeof claims.room, room);
	(void)str_copy(claims.site, sizeof claims.site, site ? site : "");
	claims.role = roles[i].role;
	claims.expires = hub_unix_s(ask->hub) + expires_s;
	if (host->token_issue(host->ctx, &claims, token))
		return CODE_INTERNAL;
	link_base(ask, base, sizeof base);
	(void)str_print(url, sizeof url, "%s/r/%s#token=%s", base, room, token);
	ask->response->status = 201;
	ask->answer =
	    json_pack("{s:s, s:s, s:I}", "token", token, "url", url, "expires", (json_int_t)claims.expires * 1000);
	return CODE_OK;
}

static enum code get_stats(struct ask *ask)
{
	char room[PART_MAX] = "", site[PART_MAX] = "";
	bool many = false;
	(void)query_get(ask->request->query, "room", room, sizeof room);
	(void)query_get(ask->request->query, "site", site, sizeof site);
	if (!room[0] && ask->auth.room[0])
		return refuse(ask, CODE_FORBIDDEN, "the token is for one room");
	if (!room[0]) {
		ask->answer = metrics_json(ask->hub);
		return CODE_OK;
	}
	if (ask->auth.room[0] && strcmp(ask->auth.room, room) != 0)
		return refuse(ask, CODE_FORBIDDEN, "the token is for another room");
	const struct room *found = room_find(ask->hub, room);
	if (!found)
		return refuse(ask, CODE_NOT_FOUND, "there is no such room");
	const struct seat *seat = site[0] ? room_seat_named(found, site, &many) : NULL;
	if (site[0] && !seat)
		return refuse(ask, CODE_NOT_FOUND,
			      many ? "several sites have that name; use the id" : "there is no such site in the room");
	json_t *list = json_array();
	list_each (l, &found->seats)
		if (!seat || seat == list_item(l, struct seat, link))
			json_array_append_new(list, metrics_site_json(list_item(l, struct seat, link)));
	return items(ask, list);
}

static enum code post_drain(struct ask *ask)
{
	int64_t seconds = 10;
	if (ask->auth.room[0])
		return refuse(ask, CODE_FORBIDDEN, "the token is for one room");
	if (!field_int(ask->body, "seconds", 0, DRAIN_SECONDS_MAX, &seconds, ask->why))
		return CODE_BAD_REQUEST;
	signal_drain(ask->hub, (uint32_t)seconds, ask->hub->now);
	ask->response->status = 202;
	ask->answer = json_pack("{s:I}", "seconds", (json_int_t)seconds);
	return CODE_OK;
}

static enum code sign_in(struct ask *ask)
{
	char secret[LOGIN_SECRET_CHARS + 1];
	enum code code = login_open(ask->hub, secret);
	if (code)
		return code;
	(void)str_print(ask->response->set_cookie, sizeof ask->response->set_cookie,
			LOGIN_COOKIE "=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Strict", secret, LOGIN_S);
	ask->answer =
	    json_pack("{s:s, s:I}", "token", secret, "expires", (json_int_t)(hub_unix_s(ask->hub) + LOGIN_S) * 1000);
	return CODE_OK;
}

/* Guesses at a secret are limited by address; the operator's own socket is not. */
static enum code guess(struct ask *ask, enum code (*check)(struct ask *ask))
{
	const char *remote = ask->request->remote ? ask->request->remote : "";
	if (!ask->request->local && attempts_blocked(&ask->hub->attempts, remote, ask->hub->now))
		return refuse(ask, CODE_TOO_FAST, "too many wrong guesses from this address; wait a minute");
	enum code code = check(ask);
	if (code == CODE_BAD_TOKEN || code == CODE_FORBIDDEN)
		attempts_failed(&ask->hub->attempts, remote, ask->hub->now);
	return code ? code : sign_in(ask);
}

static enum code check_setup(struct ask *ask)
{
	const char *code = NULL, *password = NULL;
	if (!field_required(ask->body, "code", ask->why) || !field_text(ask->body, "code", 64, &code, ask->why) ||
	    !field_required(ask->body, "password", ask->why) ||
	    !field_text(ask->body, "password", SIZE_MAX, &password, ask->why))
		return CODE_BAD_REQUEST;
	return login_setup(ask->hub, code, password, ask->why);
}

static enum code check_login(struct ask *ask)
{
	const char *password = NULL;
	if (!field_required(ask->body, "password", ask->why) ||
	    !field_text(ask->body, "password", SIZE_MAX, &password, ask->why))
		return CODE_BAD_REQUEST;
	return login_check(ask->hub, password, ask->why);
}

static enum code post_setup(struct ask *ask)
{
	return guess(ask, check_setup);
}

static enum code post_login(struct ask *ask)
{
	return guess(ask, check_login);
}

static enum code post_logout(struct ask *ask)
{
	if (ask->auth.secret[0])
		login_close(ask->hub, ask->auth.secret);
	(void)str_copy(ask->response->set_cookie, sizeof ask->response->set_cookie,
		       LOGIN_COOKIE "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
	return CODE_OK;
}

/* '{}' stands for one part. An answer without a body is 204. */
static const struct route {
	enum http_method method;
	const char *path;
	bool open; /* to everybody */
	enum code (*serve)(struct ask *ask);
} routes[] = {
	{ HTTP_GET, "rooms", false, get_rooms },
	{ HTTP_POST, "rooms", false, post_rooms },
	{ HTTP_GET, "rooms/{}", false, get_room },
	{ HTTP_PATCH, "rooms/{}", false, patch_room },
	{ HTTP_DELETE, "rooms/{}", false, delete_room },
	{ HTTP_GET, "rooms/{}/sites", false, get_sites },
	{ HTTP_GET, "rooms/{}/sites/{}", false, get_site },
	{ HTTP_DELETE, "rooms/{}/sites/{}", false, delete_site },
	{ HTTP_POST, "rooms/{}/sites/{}/mute", false, mute_site },
	{ HTTP_POST, "rooms/{}/mute", false, mute_room },
	{ HTTP_PUT, "rooms/{}/stage", false, put_stage },
	{ HTTP_POST, "rooms/{}/end", false, end_room },
	{ HTTP_POST, "tokens", false, post_tokens },
	{ HTTP_GET, "stats", false, get_stats },
	{ HTTP_POST, "drain", false, post_drain },
	{ HTTP_POST, "setup", true, post_setup },
	{ HTTP_POST, "login", true, post_login },
	{ HTTP_POST, "logout", false, post_logout },
};
#define API_ROOT "/api/v1/"

/* The parts that stand for '{}' decoded into parts; false: another path. */
static bool path_matches(const char *pattern, const char *path, char parts[PARTS_MAX][PART_MAX])
{
	int n = 0;
	for (;;) {
		size_t a = strcspn(pattern, "/"), b = strcspn(path, "/");
		if (a == 2 && strncmp(pattern, "{}", 2) == 0) {
			if (b == 0 || query_decode(path, b, false, parts[n++], PART_MAX))
				return false;
		} else if (a != b || strncmp(pattern, path, a) != 0) {
			return false;
		}
		pattern += a;
		path += b;
		if (*pattern != *path)
			return false;
		if (!*pattern)
			return true;
		pattern++;
		path++;
	}
}

/* The route for the path and method; *known: the path is one of ours with another method. */
static const struct route *find_route(struct ask *ask, bool *known)
{
	const char *path = ask->request->path;
	*known = false;
	if (strncmp(path, API_ROOT, sizeof API_ROOT - 1) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		memset(ask->parts, 0, sizeof ask->parts);
		if (!path_matches(routes[i].path, path + sizeof API_ROOT - 1, ask->parts))
			continue;
		if (routes[i].method == ask->request->method)
			return &routes[i];
		*known = true;
	}
	return NULL;
}

static enum code find_things(struct ask *ask)
{
	bool many = false;
	if (!ask->parts[0][0])
		return CODE_OK;
	if (ask->auth.room[0] && strcmp(ask->auth.room, ask->parts[0]) != 0)
		return refuse(ask, CODE_FORBIDDEN, "the token is for another room");
	ask->room = room_find(ask->hub, ask->parts[0]);
	if (!ask->room)
		return refuse(ask, CODE_NOT_FOUND, "there is no such room");
	if (!ask->parts[1][0])
		return CODE_OK;
	ask->seat = room_seat_named(ask->room, ask->parts[1], &many);
	if (!ask->seat)
		return refuse(ask, CODE_NOT_FOUND,
			      many ? "several sites have that name; use the id" : "there is no such site in the room");
	return CODE_OK;
}

static enum code read_body(struct ask *ask)
{
	struct bytes text = ask->request->body;
	json_error_t error;
	ask->body = text.n ? json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error) : json_object();
	return json_is_object(ask->body) ? CODE_OK : refuse(ask, CODE_BAD_REQUEST, "the body is not a JSON object");
}

static enum code serve(struct ask *ask)
{
	bool known;
	const struct route *route = find_route(ask, &known);
	if (!route && known) {
		ask->response->status = 405;
		ask->response->allow = "GET, POST, PUT, PATCH, DELETE";
		return refuse(ask, CODE_UNSUPPORTED, "not with this method");
	}
	if (!route)
		return refuse(ask, CODE_NOT_FOUND, "there is no such resource");
	enum code code = route->open ? CODE_OK : auth_check(ask->hub, ask->request, &ask->auth, ask->why);
	if (!code)
		code = read_body(ask);
	if (!code)
		code = find_things(ask);
	return code ? code : route->serve(ask);
}

static bool serve_plain(struct signal *s, const char *path, struct signal_response *response)
{
	bool ready = !s->draining;
	response->type = "text/plain; charset=utf-8";
	response->status = 200;
	if (strcmp(path, "/metrics") == 0) {
		response->type = "text/plain; version=0.0.4; charset=utf-8";
		response->body = metrics_text(s);
	} else if (strcmp(path, "/healthz") == 0) {
		response->body = strdup("ok\n");
	} else if (strcmp(path, "/readyz") == 0) {
		response->status = ready ? 200 : 503;
		response->body = strdup(ready ? "ready\n" : "draining\n");
	} else {
		return false;
	}
	response->n = response->body ? strlen(response->body) : 0;
	return true;
}

void signal_on_request(struct signal *s, const struct signal_request *request, struct signal_response *response,
		       usec now)
{
	struct ask ask = { .hub = s, .request = request, .response = response };
	memset(response, 0, sizeof *response);
	s->now = now;
	if (request->method == HTTP_GET && serve_plain(s, request->path, response))
		return;
	response->status = 0;
	response->type = NULL;
	enum code code = serve(&ask);
	if (code) {
		auth_problem(response, code, ask.why);
	} else if (ask.answer) {
		response->type = "application/json";
		response->body = json_dumps(ask.answer, JSON_COMPACT);
		response->n = response->body ? strlen(response->body) : 0;
	}
	if (!response->status)
		response->status = ask.answer ? 200 : 204;
	json_decref(ask.answer);
	json_decref(ask.body);
}

void signal_response_fini(struct signal_response *response)
{
	free(response->body);
	response->body = NULL;
	response->n = 0;
}
