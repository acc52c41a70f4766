/* REST: one const table from method and path to deed (PROTOCOL.md "REST"). */
#include "signal/ask.h"
#include "signal/auth.h"
#include "signal/hub.h"
#include "signal/metrics.h"
#include "signal/query.h"
#include "signal/room.h"
#include <stdlib.h>
#include <string.h>

/* '{}' stands for one part. An answer without a body is 204. */
static const struct route {
	const char *path;
	enum code (*serve)(struct ask *ask);
	enum http_method method;
	bool open; /* to everybody */
} routes[] = {
	{ "rooms", ask_get_rooms, HTTP_GET, false },
	{ "rooms", ask_post_rooms, HTTP_POST, false },
	{ "rooms/{}", ask_get_room, HTTP_GET, false },
	{ "rooms/{}", ask_patch_room, HTTP_PATCH, false },
	{ "rooms/{}", ask_delete_room, HTTP_DELETE, false },
	{ "rooms/{}/sites", ask_get_sites, HTTP_GET, false },
	{ "rooms/{}/sites/{}", ask_get_site, HTTP_GET, false },
	{ "rooms/{}/sites/{}", ask_delete_site, HTTP_DELETE, false },
	{ "rooms/{}/sites/{}/mute", ask_mute_site, HTTP_POST, false },
	{ "rooms/{}/mute", ask_mute_room, HTTP_POST, false },
	{ "rooms/{}/stage", ask_put_stage, HTTP_PUT, false },
	{ "rooms/{}/end", ask_end_room, HTTP_POST, false },
	{ "tokens", ask_post_tokens, HTTP_POST, false },
	{ "stats", ask_get_stats, HTTP_GET, false },
	{ "drain", ask_post_drain, HTTP_POST, false },
	{ "setup", ask_post_setup, HTTP_POST, true },
	{ "login", ask_post_login, HTTP_POST, true },
	{ "logout", ask_post_logout, HTTP_POST, false },
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
		return ask_refuse(ask, CODE_FORBIDDEN, "the token is for another room");
	ask->room = room_find(ask->hub, ask->parts[0]);
	if (!ask->room)
		return ask_refuse(ask, CODE_NOT_FOUND, "there is no such room");
	if (!ask->parts[1][0])
		return CODE_OK;
	ask->seat = room_seat_named(ask->room, ask->parts[1], &many);
	if (!ask->seat)
		return ask_refuse(ask, CODE_NOT_FOUND,
				  many ? "several sites have that name; use the id"
				       : "there is no such site in the room");
	return CODE_OK;
}

static enum code read_body(struct ask *ask)
{
	struct bytes text = ask->request->body;
	json_error_t error;
	ask->body = text.n ? json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error) : json_object();
	return json_is_object(ask->body) ? CODE_OK : ask_refuse(ask, CODE_BAD_REQUEST, "the body is not a JSON object");
}

static enum code serve(struct ask *ask)
{
	bool known;
	const struct route *route = find_route(ask, &known);
	if (!route && known) {
		ask->response->status = 405;
		ask->response->allow = "GET, POST, PUT, PATCH, DELETE";
		return ask_refuse(ask, CODE_UNSUPPORTED, "not with this method");
	}
	if (!route)
		return ask_refuse(ask, CODE_NOT_FOUND, "there is no such resource");
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
