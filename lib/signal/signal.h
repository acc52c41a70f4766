/* Signalling: rooms, seats, roles, the WebSocket messages, REST, server-sent events and metrics of PROTOCOL.md, as one
 * object without sockets, clock, threads or engine functions.
 *
 *   connection  -> signal_on_open, signal_on_text, signal_on_oversize, signal_on_closed    -> host.send, host.close
 *   request     -> signal_on_request                                                       -> struct signal_response
 *   SSE stream  -> signal_on_stream, signal_on_stream_closed                               -> host.event
 *   engine      -> signal_on_event                                                         -> host.command
 *   time        -> signal_on_deadline                                                      all of these
 *
 * The host's callbacks are called from within these functions, on the same thread (the one owner thread), and must not
 * call back into signalling. `now` is CLOCK_MONOTONIC; wall time comes from host.unix_ms. Everything that comes in by
 * frames and requests is hostile. Store and log are never told a secret. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include "base/record.h"
#include "base/usec.h"
#include "engine/command.h"
#include "engine/view.h"
#include "media/negotiate.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct signal;
struct session; /* one WebSocket connection */
struct stream;	/* one subscriber of server-sent events */

#define SIGNAL_CANDIDATES_MAX NEGOTIATE_CANDIDATES_MAX
#define SIGNAL_WORKERS_MAX 64
#define SIGNAL_TOKEN_MAX 2048 /* characters of a JWT, without NUL */
#define SIGNAL_URL_MAX 3072

/* WebSocket close codes. */
enum signal_close {
	CLOSE_NORMAL = 1000,
	CLOSE_DRAINING = 1012,
	CLOSE_KICKED = 4001,
	CLOSE_TAKEN_OVER = 4002,
	CLOSE_ENDED = 4003,
	CLOSE_PROTOCOL = 4004, /* too large, no join, silent, reads too slowly */
};

struct signal_worker {
	struct netaddr candidates[SIGNAL_CANDIDATES_MAX]; /* UDP host candidates in order of preference, IPv4 first */
	uint8_t n_candidates;
};

struct signal_config {
	const char *version; /* of the daemon */
	const char *url;     /* "https://host:8443", without a slash at the end: for links when a request has no Host */
	struct fingerprint fingerprint;	    /* of the daemon's DTLS certificate */
	uint32_t workers;		    /* 1 … SIGNAL_WORKERS_MAX */
	const struct signal_worker *worker; /* [workers]; must outlive the signal */
	unsigned allow;			    /* enum negotiate_allow: what answers may contain */
	bool rooms_open;		    /* a join creates an unknown room */
	uint32_t seat_s;		    /* default; 0: 3600, and 120 in rooms without tokens */
	uint32_t sites_max;		    /* seats in the whole daemon (the engine's limit); 0: 1024 */
	uint32_t sessions_max;		    /* connections; 0: 2048 */
	uint32_t slots_audio, slots_video;  /* of a worker, all its sites together; 0: any number */
};

/* What a token says. */
struct signal_claims {
	char room[ID_MAX + 1]; /* empty: every room (operators only) */
	enum role role;
	char name[NAME_MAX_BYTES + 1];
	char site[ID_MAX + 1]; /* the site the link was made for; may be empty */
	char unit[NAME_MAX_BYTES + 1];
	int64_t expires; /* seconds since 1970; 0: never */
};

struct signal_host {
	void *ctx;

	/* Connections and streams; `socket` is what signal_on_open / signal_on_stream was given. Text is copied.
	 * ERR_LIMIT: more waits unsent than a connection may have (8 MiB at most is sensible); signalling then closes
	 * it. */
	enum err (*send)(void *ctx, void *socket, const char *text, size_t n);
	/* Close after what was sent before has left. signal_on_closed follows, later, as for any other end. */
	void (*close)(void *ctx, void *socket, enum signal_close code, const char *reason);
	/* One server-sent event; `data` is one line of JSON. Same errors as send, then signalling calls stream_close.
	 */
	enum err (*event)(void *ctx, void *socket, const char *name, const char *data, size_t n);
	void (*stream_close)(void *ctx, void *socket);

	void (*command)(void *ctx, uint32_t worker, const struct command *command);

	int64_t (*unix_ms)(void *ctx);
	void (*random)(void *ctx, void *to, size_t n);
	void (*sha256)(void *ctx, struct bytes text, uint8_t hash[SHA256_BYTES]);
	/* A slow salted hash as text, and its check (constant time). */
	enum err (*password_hash)(void *ctx, const char *password, char hash[PASSWORD_HASH_MAX + 1]);
	bool (*password_verify)(void *ctx, const char *password, const char *hash);
	/* ERR_AUTH: broken, wrongly signed, or expired at `unix_s`. */
	enum err (*token_verify)(void *ctx, const char *token, int64_t unix_s, struct signal_claims *claims);
	enum err (*token_issue)(void *ctx, const struct signal_claims *claims, char token[SIGNAL_TOKEN_MAX + 1]);

	/* The store's functions of the same names. */
	enum err (*room_put)(void *ctx, const struct record_room *room);
	enum err (*room_delete)(void *ctx, const char *room);
	enum err (*rooms)(void *ctx, void (*each)(void *arg, const struct record_room *), void *arg);
	enum err (*seat_put)(void *ctx, const struct record_seat *seat);
	enum err (*seat_delete)(void *ctx, const char *room, const char *id);
	enum err (*seats)(void *ctx, void (*each)(void *arg, const struct record_seat *), void *arg);
	enum err (*ban_put)(void *ctx, const struct record_ban *ban);
	enum err (*bans_expire)(void *ctx, int64_t unix_s);
	enum err (*bans)(void *ctx, void (*each)(void *arg, const struct record_ban *), void *arg);
	enum err (*admin_get)(void *ctx, struct record_admin *admin);
	enum err (*admin_put)(void *ctx, const struct record_admin *admin);
	enum err (*login_put)(void *ctx, const struct record_login *login);
	enum err (*login_delete)(void *ctx, const uint8_t secret[SHA256_BYTES]);
	enum err (*logins)(void *ctx, void (*each)(void *arg, const struct record_login *), void *arg);
};

/* Config and host are copied (what they point to is not). NULL when the system has no memory. */
struct signal *signal_new(const struct signal_config *config, const struct signal_host *host);
/* Frees everything; calls no host function. Sockets are the host's to close. */
void signal_free(struct signal *s);

/* Loads what the store keeps and tells the workers of it: call once, before anything else, when workers take commands.
 * ERR_SYS: the store refused. */
must_check enum err signal_start(struct signal *s, usec now);
/* The one-time code of the set-up link `<url>/admin#setup=CODE`, or NULL when a password is set. Valid until the
 * process ends or it is used; lives as long as `s`. */
const char *signal_setup_code(const struct signal *s);

/* A WebSocket connection with subprotocol diemcau.v1 is open. `remote` is its address as text, for log and limits.
 * NULL: too many, close the socket (1013) and forget it. The session is valid until signal_on_closed. */
struct session *signal_on_open(struct signal *s, void *socket, const char *remote, usec now);
/* One whole message (text or binary alike), at most SDP_MAX bytes. */
void signal_on_text(struct signal *s, struct session *session, struct bytes text, usec now);
/* A message was longer than SDP_MAX, and its rest has been read and thrown away. */
void signal_on_oversize(struct signal *s, struct session *session, usec now);
/* A pong came: the host pings each idle connection every 5 s, so that a site without media is known to live. */
void signal_on_pong(struct signal *s, struct session *session, usec now);
void signal_on_closed(struct signal *s, struct session *session, usec now);

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER };

/* NULL where a header is absent. Pointers are valid during the call. */
struct signal_request {
	enum http_method method;
	const char *path;  /* as sent, without the query: "/api/v1/rooms/giao-ban" */
	const char *query; /* without '?', or "" */
	const char *authorization, *cookie, *host, *origin;
	const char *remote; /* address without port */
	bool local;	    /* came over the Unix socket: the operator */
	struct bytes body;  /* whole; at most 64 KiB, else the host answers 413 itself */
};

/* `type` and `allow` are static text. With status 401 the host adds `WWW-Authenticate: Bearer`. */
struct signal_response {
	int status;
	const char *type;	/* Content-Type; NULL with an empty body */
	const char *allow;	/* Allow header, or NULL */
	char set_cookie[192];	/* Set-Cookie header, or "" */
	uint32_t retry_after_s; /* Retry-After header, 0: none */
	char *body;		/* malloc'ed; signal_response_fini */
	size_t n;
};

/* Everything under /api/v1 (but openapi.json, which is a file of web/, and GET /api/v1/events: signal_on_stream),
 * /metrics, /healthz, /readyz. Clears *response first, always leaves a complete answer. */
void signal_on_request(struct signal *s, const struct signal_request *request, struct signal_response *response,
		       usec now);
void signal_response_fini(struct signal_response *response);

/* GET /api/v1/events. A stream: answer 200 with `text/event-stream` and keep it open, then call signal_on_stream_ready
 * once the headers are out; events follow by host.event, first the present state. NULL: answer *response. */
struct stream *signal_on_stream(struct signal *s, void *socket, const struct signal_request *request,
				struct signal_response *response, usec now);
void signal_on_stream_ready(struct signal *s, struct stream *stream, usec now);
void signal_on_stream_closed(struct signal *s, struct stream *stream);

/* What a worker's engine tells. */
void signal_on_event(struct signal *s, uint32_t worker, const struct event *event, usec now);

/* When signal_on_deadline is due; USEC_NEVER: not at all. May have changed after every call above. */
usec signal_deadline(const struct signal *s);
void signal_on_deadline(struct signal *s, usec now);

/* No joins any more; everybody is told, and closed (1012) after `seconds`. REST's POST /drain calls it too. */
void signal_drain(struct signal *s, uint32_t seconds, usec now);
/* Draining, and no connection is left: the process may end. */
bool signal_drained(const struct signal *s);
