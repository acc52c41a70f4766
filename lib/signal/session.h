/* A session: one WebSocket connection and what it may ask.
 *
 *             text                         join ok     too large, no join, too slow   seat lost to others   closed
 *   OPEN      request -> answer            -> JOINED   -> CLOSING                     -                     freed
 *   JOINED    request -> answer            -           -> CLOSING                     -> CLOSING            freed *
 *   CLOSING   ignored                      -           -                              -                     freed
 *   * its seat's time without connection begins (presence.h); so it does on the way to CLOSING
 *
 * Requests are limited to REQUESTS_BURST at once and then one each REQUESTS_INTERVAL, chats more tightly. */
#pragma once
#include "base/bytes.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/usec.h"
#include "signal/attempts.h"
#include "signal/bucket.h"
#include "signal/msg.h"
#include "signal/room.h"
#include "signal/signal.h"
#include <jansson.h>
#include <stdbool.h>

struct seat;

enum session_state { SESSION_OPEN, SESSION_JOINED, SESSION_CLOSING };

#define SESSION_JOIN_WITHIN (10 * USEC_S)
#define REQUESTS_BURST 120
#define REQUESTS_INTERVAL (50 * USEC_MS)
#define CHATS_BURST 10
#define CHATS_INTERVAL (500 * USEC_MS)
#define REFUSALS_MAX 1000 /* too-fast answers in a row, then the connection is closed */

struct session {
	struct list link; /* of hub->sessions */
	struct signal *hub;
	void *socket;
	char remote[ATTEMPTS_ADDRESS_MAX + 1];
	enum session_state state;
	struct seat *seat; /* JOINED */
	usec join_by;	   /* OPEN */
	struct bucket requests, chats;
	unsigned refusals;
	/* roster of large rooms: rows this connection was given, and those of them that are still true */
	uint8_t given[(ROOM_INDEXES + 7) / 8], fresh[(ROOM_INDEXES + 7) / 8];
};

/* One request being answered. */
struct call {
	struct signal *hub;
	struct session *session;
	struct seat *seat; /* NULL before join */
	const struct msg *msg;
	json_t *answer; /* {"type":"ok","id":…}; handlers add fields; NULL once sent */
	json_t *extra;	/* fields beside code and message of an error, or NULL */
	char why[CODE_WHY];
};

/* Sends the answer now, before events that the request brings about. */
void session_answer(struct call *call);
/* Sends one event; takes the reference. */
void session_tell(struct session *session, json_t *event);
void session_send(struct session *session, const char *text, size_t n);
/* Gives its seat up (presence begins to count) unless that was done before, and closes. */
void session_close(struct session *session, enum signal_close code, const char *reason);
/* Parts session and seat without telling presence: the seat is about to go, or to be taken over. */
void session_detach(struct session *session);
void session_attach(struct session *session, struct seat *seat);

/* When something of the session is due: its join. */
usec session_deadline(const struct session *session);
void session_on_deadline(struct signal *hub, usec *next);
