#include "signal/session.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include "signal/join.h"
#include "signal/presence.h"
#include "signal/request.h"
#include "signal/room.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void enter(struct session *session, enum session_state state)
{
	session->state = state;
	session->join_by = state == SESSION_OPEN ? session->hub->now + SESSION_JOIN_WITHIN : USEC_NEVER;
	if (state == SESSION_OPEN)
		hub_wake(session->hub, session->join_by);
}

struct session *signal_on_open(struct signal *s, void *socket, const char *remote, usec now)
{
	s->now = now;
	bool room = s->n_sessions < s->config.sessions_max && !s->drain_closed;
	struct session *session = room ? calloc(1, sizeof *session) : NULL;
	if (!session)
		return NULL;
	session->hub = s;
	session->socket = socket;
	(void)snprintf(session->remote, sizeof session->remote, "%s", remote);
	list_append(&s->sessions, &session->link);
	s->n_sessions++;
	enter(session, SESSION_OPEN);
	return session;
}

void session_attach(struct session *session, struct seat *seat)
{
	session->seat = seat;
	seat->session = session;
	enter(session, SESSION_JOINED);
	presence_on_signal(seat);
}

void session_detach(struct session *session)
{
	if (session->seat)
		session->seat->session = NULL;
	session->seat = NULL;
}

void session_close(struct session *session, enum signal_close code, const char *reason)
{
	const struct signal_host *host = &session->hub->host;
	struct seat *seat = session->seat;
	if (session->state == SESSION_CLOSING)
		return;
	session_detach(session);
	enter(session, SESSION_CLOSING);
	host->close(host->ctx, session->socket, code, reason);
	if (seat)
		presence_on_closed(seat);
}

void signal_on_closed(struct signal *s, struct session *session, usec now)
{
	struct seat *seat = session->seat;
	s->now = now;
	session_detach(session);
	if (seat)
		presence_on_closed(seat);
	list_remove(&session->link);
	s->n_sessions--;
	free(session);
}

void session_send(struct session *session, const char *text, size_t n)
{
	const struct signal_host *host = &session->hub->host;
	if (session->state == SESSION_CLOSING)
		return;
	if (host->send(host->ctx, session->socket, text, n)) {
		log_warn("session", "event=too-slow from=%s", session->remote);
		session_close(session, CLOSE_PROTOCOL, "reads too slowly");
	}
}

void session_tell(struct session *session, json_t *event)
{
	char *text = json_dumps(event, JSON_COMPACT);
	if (text)
		session_send(session, text, strlen(text));
	free(text);
	json_decref(event);
}

void session_answer(struct call *call)
{
	json_t *answer = call->answer;
	call->answer = NULL;
	if (answer)
		session_tell(call->session, answer);
}

static void refuse(struct session *session, const struct msg *m, enum code code, const char *why, json_t *extra)
{
	json_t *error = json_pack("{s:s}", "type", "error");
	if (m->has_id)
		json_object_set_new(error, "id", json_integer(m->id));
	json_object_set_new(error, "code", json_string(code_name(code)));
	json_object_set_new(error, "message", json_string(why[0] ? why : code_name(code)));
	if (extra)
		json_object_update(error, extra);
	session->hub->errors++;
	session_tell(session, error);
}

/* True: within its limits. */
static bool in_time(struct session *session)
{
	if (bucket_take(&session->requests, REQUESTS_INTERVAL, REQUESTS_BURST, session->hub->now)) {
		session->refusals = 0;
		return true;
	}
	return false;
}

static void serve(struct session *session, const struct msg *m)
{
	struct call call = { .hub = session->hub, .session = session, .seat = session->seat, .msg = m };
	call.answer = json_pack("{s:s, s:I}", "type", "ok", "id", m->id);
	enum code code = request_serve(&call);
	if (code)
		refuse(session, m, code, call.why, call.extra);
	else
		session_answer(&call);
	json_decref(call.answer);
	json_decref(call.extra);
	if (!code && m->type == MSG_LEAVE)
		session_close(session, CLOSE_NORMAL, "left");
}

void signal_on_text(struct signal *s, struct session *session, struct bytes text, usec now)
{
	struct msg m;
	char why[CODE_WHY];
	s->now = now;
	if (session->state == SESSION_CLOSING)
		return;
	if (session->seat)
		presence_on_signal(session->seat);
	enum code code = msg_parse(text, &m, why);
	if (in_time(session)) {
		if (code)
			refuse(session, &m, code, why, NULL);
		else
			serve(session, &m);
	} else if (++session->refusals < REFUSALS_MAX) {
		refuse(session, &m, CODE_TOO_FAST, "slower, please", NULL);
	} else {
		session_close(session, CLOSE_PROTOCOL, "too fast");
	}
	msg_fini(&m);
}

void signal_on_oversize(struct signal *s, struct session *session, usec now)
{
	static const struct msg none = { .has_id = false };
	s->now = now;
	if (session->state == SESSION_CLOSING)
		return;
	refuse(session, &none, CODE_BAD_REQUEST, "the message is longer than 256 KiB", NULL);
	session_close(session, CLOSE_PROTOCOL, "message too large");
}

void signal_on_pong(struct signal *s, struct session *session, usec now)
{
	s->now = now;
	if (session->seat)
		presence_on_signal(session->seat);
}

void session_on_deadline(struct signal *hub, usec *next)
{
	list_each (l, &hub->sessions) {
		struct session *session = list_item(l, struct session, link);
		if (session->join_by <= hub->now)
			session_close(session, CLOSE_PROTOCOL, "no join within 10 s");
		usec_lower(next, session->join_by);
	}
}
