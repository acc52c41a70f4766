/* The libwebsockets adapter: one HTTPS port with pages, a JSON API, server-sent events and WebSockets, and the same API
 * over a Unix socket. It hands whole requests and whole messages to plain callbacks and knows nothing of their meaning.
 *
 *   upgrade at socket_path -> host.open    message -> host.message / host.oversize    end -> host.closed
 *   GET or HEAD            -> host.page, a file in memory; else
 *   any request            -> host.request, answered at once; GET at stream_path -> host.stream ... host.stream_closed
 *
 * Guarantees: a message is given whole, at most `message_bytes`, or told as oversize after its rest was read; what was
 * sent before a close leaves before it; a connection holds at most `queue_bytes` unsent, at more `send` says ERR_LIMIT
 * and the connection is cut; every open is followed by exactly one closed. HTTP/1.1 alone, TLS 1.2 at least, no
 * permessage-deflate. One owner thread, the one in ws_service; only ws_wake may be called from others and from signal
 * handlers. Callbacks come from within ws_service and ws_free. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include "base/usec.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ws;
struct ws_socket; /* a WebSocket, or a stream of server-sent events */

#define WS_WHY 400
#define WS_REMOTE_MAX 64 /* characters of a client's address as text */

enum ws_method { WS_GET, WS_POST, WS_PUT, WS_PATCH, WS_DELETE, WS_OTHER };

/* NULL where a header is absent. Valid during the call. */
struct ws_request {
	enum ws_method method;
	const char *path;  /* without the query, `.`, `..` and `//` resolved; percent-encoded where it must be */
	const char *query; /* without '?', percent-encoded; may be empty */
	const char *authorization, *cookie, *host, *origin;
	const char *remote; /* the client's address; "local" over the Unix socket */
	bool local;	    /* came over the Unix socket */
	struct bytes body;  /* at most body_bytes, else it was answered 413 */
};

/* What to answer. `type` and `allow` are static text; header texts must not hold control characters. */
struct ws_response {
	int status;
	const char *type, *allow; /* NULL: no such header */
	char set_cookie[192];	  /* empty: none */
	uint32_t retry_after_s;	  /* 0: none */
	char *body;		  /* malloc'ed, taken over by the adapter; NULL with n = 0 */
	size_t n;
};

/* A file in memory, for the life of the adapter. */
struct ws_page {
	const char *type;
	struct bytes plain, gzip; /* gzip.n 0: none */
	const char *etag;	  /* quoted, as in the header */
	const char *cache;	  /* Cache-Control */
};

struct ws_host {
	void *ctx;
	/* A WebSocket is open; returns what the other calls are given, NULL: refused (1013). */
	void *(*open)(void *ctx, struct ws_socket *socket, const char *remote);
	void (*message)(void *ctx, void *user, struct bytes text);
	void (*oversize)(void *ctx, void *user);
	/* A ping was answered: somebody is there. */
	void (*alive)(void *ctx, void *user);
	void (*closed)(void *ctx, void *user);

	/* NULL: no such page. `path` as in struct ws_request. */
	const struct ws_page *(*page)(void *ctx, const char *path);
	/* Leaves a whole response. */
	void (*request)(void *ctx, const struct ws_request *request, struct ws_response *response);
	/* A stream is asked for; returns what the calls below are given, NULL: answer *response instead. `stream_ready`
	 * follows when events may be sent. */
	void *(*stream)(void *ctx, struct ws_socket *socket, const struct ws_request *request,
			struct ws_response *response);
	void (*stream_ready)(void *ctx, void *user);
	void (*stream_closed)(void *ctx, void *user);

	/* ws_wake was called; several may be told as one. */
	void (*wake)(void *ctx);
	/* The time set by ws_deadline has come. */
	void (*deadline)(void *ctx);
};

struct ws_config {
	struct netaddr listen;	     /* port 0: any */
	const char *cert, *key;	     /* PEM files; both NULL: plain HTTP (tests) */
	const char *control, *group; /* the Unix socket's path and group; NULL: none */
	const char *socket_path;     /* "/ws" */
	const char *subprotocol;     /* "diemcau.v1" */
	const char *stream_path;     /* "/api/v1/events" */
	size_t message_bytes, body_bytes, queue_bytes;
	unsigned sockets_max; /* connections in all; above, new ones are closed unanswered; fewer, with a warning,
				 where the process may not open so many files */
	usec ping;	      /* a WebSocket is pinged that often, and cut after four silent ones; 0: never */
};

/* Binds and listens. On failure `why` is one sentence for the operator. Config's texts must outlive it. ERR_SYS,
 * ERR_NOMEM. */
must_check enum err ws_new(const struct ws_config *config, const struct ws_host *host, struct ws **ws,
			   char why[WS_WHY]);
/* Closes everything; `closed` and `stream_closed` are called for what is open. */
void ws_free(struct ws *w);
uint16_t ws_port(const struct ws *w);

/* Serves until something happened, at most until the deadline. */
void ws_service(struct ws *w);
void ws_wake(struct ws *w);
/* host.deadline is called then, once. USEC_NEVER: not. */
void ws_deadline(struct ws *w, usec now, usec at);
/* Calls `readable` whenever the descriptor is; a level, not an edge. The descriptor stays the caller's. ERR_NOMEM. */
must_check enum err ws_watch(struct ws *w, int fd, void (*readable)(void *arg), void *arg);

/* One text message. ERR_LIMIT: too much unsent, the connection is being cut; ERR_STATE: it is closing. */
must_check enum err ws_send(struct ws_socket *s, const char *text, size_t n);
/* Close after what was sent has left; `reason` is cut at 120 bytes, NULL: none. */
void ws_close(struct ws_socket *s, uint16_t code, const char *reason);
/* One server-sent event of a stream; `data` without line ends. Errors as ws_send. */
must_check enum err ws_event(struct ws_socket *s, const char *name, const char *data, size_t n);
void ws_stream_close(struct ws_socket *s);
