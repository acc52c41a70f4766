/* What signalling answers when it does not do what was asked: the `code` of errors, one list for WebSocket and REST. */
#pragma once

/* name, text, HTTP status, HTTP title */
#define CODE_LIST(X)                                                                                                   \
	X(OK, "ok", 200, "OK")                                                                                         \
	X(BAD_REQUEST, "bad-request", 400, "Bad Request")                                                              \
	X(NOT_JOINED, "not-joined", 409, "Conflict")                                                                   \
	X(NOT_FOUND, "not-found", 404, "Not Found")                                                                    \
	X(FORBIDDEN, "forbidden", 403, "Forbidden")                                                                    \
	X(BAD_TOKEN, "bad-token", 401, "Unauthorized")                                                                 \
	X(ROOM_LOCKED, "room-locked", 409, "Conflict")                                                                 \
	X(ROOM_FULL, "room-full", 409, "Conflict")                                                                     \
	X(BANNED, "banned", 403, "Forbidden")                                                                          \
	X(TOO_FAST, "too-fast", 429, "Too Many Requests")                                                              \
	X(UNSUPPORTED, "unsupported", 501, "Not Implemented")                                                          \
	X(DRAINING, "draining", 503, "Service Unavailable")                                                            \
	X(INTERNAL, "internal", 500, "Internal Server Error")

enum code {
#define X(name, text, status, title) CODE_##name,
	CODE_LIST(X)
#undef X
};

#define CODE_WHY 200 /* bytes of the message beside a code */

/* Static text, never NULL. */
const char *code_name(enum code code);
int code_status(enum code code);
const char *code_title(enum code code);
