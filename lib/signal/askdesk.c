#include "base/str.h"
#include "signal/ask.h"
#include "signal/field.h"
#include "signal/hub.h"
#include "signal/metrics.h"
#include "signal/query.h"
#include "signal/room.h"
#include "signal/text.h"
#include <string.h>

#define DRAIN_SECONDS_MAX 3600
#define EXPIRES_DEFAULT_S 604800L /* 7 days */
#define EXPIRES_MAX_S 34560000L	  /* 400 days */

/* Where our pages are, as this asker sees us. */
static void link_base(const struct ask *ask, char *to, size_t size)
{
	const char *host = ask->request->local ? NULL : ask->request->host;
	bool good = host && host[0] && strlen(host) < 256;
	for (const char *p = host; good && *p; p++)
		good = (*p >= '0' && *p <= ':') || ((*p | 32) >= 'a' && (*p | 32) <= 'z') || strchr(".-[]", *p);
	(void)str_print(to, size, "%s%s", good ? "https://" : "", good ? host : ask->hub->config.url);
}

enum code ask_post_tokens(struct ask *ask)
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
		return ask_refuse(ask, CODE_BAD_REQUEST, "\"site\" is not up to 32 letters, digits, '-', '_'");
	size_t i = 0;
	while (i < sizeof roles / sizeof *roles && strcmp(role, roles[i].name) != 0)
		i++;
	if (i == sizeof roles / sizeof *roles)
		return ask_refuse(ask, CODE_BAD_REQUEST, "\"role\" is none of guest, chair, operator");
	if (ask->auth.room[0] && strcmp(ask->auth.room, room) != 0)
		return ask_refuse(ask, CODE_FORBIDDEN, "the token is for another room");
	if (!room_find(ask->hub, room) && !(ask->hub->config.rooms_open && text_is_id(room)))
		return ask_refuse(ask, CODE_NOT_FOUND, "there is no such room");
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

enum code ask_get_stats(struct ask *ask)
{
	char room[PART_MAX] = "", site[PART_MAX] = "";
	bool many = false;
	(void)query_get(ask->request->query, "room", room, sizeof room);
	(void)query_get(ask->request->query, "site", site, sizeof site);
	if (!room[0] && ask->auth.room[0])
		return ask_refuse(ask, CODE_FORBIDDEN, "the token is for one room");
	if (!room[0]) {
		ask->answer = metrics_json(ask->hub);
		return CODE_OK;
	}
	if (ask->auth.room[0] && strcmp(ask->auth.room, room) != 0)
		return ask_refuse(ask, CODE_FORBIDDEN, "the token is for another room");
	const struct room *found = room_find(ask->hub, room);
	if (!found)
		return ask_refuse(ask, CODE_NOT_FOUND, "there is no such room");
	const struct seat *seat = site[0] ? room_seat_named(found, site, &many) : NULL;
	if (site[0] && !seat)
		return ask_refuse(ask, CODE_NOT_FOUND,
				  many ? "several sites have that name; use the id"
				       : "there is no such site in the room");
	json_t *list = json_array();
	list_each (l, &found->seats)
		if (!seat || seat == list_item(l, struct seat, link))
			json_array_append_new(list, metrics_site_json(list_item(l, struct seat, link)));
	return ask_items(ask, list);
}

enum code ask_post_drain(struct ask *ask)
{
	int64_t seconds = 10;
	if (ask->auth.room[0])
		return ask_refuse(ask, CODE_FORBIDDEN, "the token is for one room");
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
			LOGIN_COOKIE "=%s; Path=/; Max-Age=%ld; Secure; HttpOnly; SameSite=Strict", secret, LOGIN_S);
	ask->answer =
	    json_pack("{s:s, s:I}", "token", secret, "expires", (json_int_t)(hub_unix_s(ask->hub) + LOGIN_S) * 1000);
	return CODE_OK;
}

/* Guesses at a secret are limited by address; the operator's own socket is not. */
static enum code guess(struct ask *ask, enum code (*check)(struct ask *ask))
{
	const char *remote = ask->request->remote ? ask->request->remote : "";
	if (!ask->request->local && attempts_blocked(&ask->hub->attempts, remote, ask->hub->now))
		return ask_refuse(ask, CODE_TOO_FAST, "too many wrong guesses from this address; wait a minute");
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

enum code ask_post_setup(struct ask *ask)
{
	return guess(ask, check_setup);
}

enum code ask_post_login(struct ask *ask)
{
	return guess(ask, check_login);
}

enum code ask_post_logout(struct ask *ask)
{
	if (ask->auth.secret[0])
		login_close(ask->hub, ask->auth.secret);
	(void)str_copy(ask->response->set_cookie, sizeof ask->response->set_cookie,
		       LOGIN_COOKIE "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
	return CODE_OK;
}
