/* What the parts of the libwebsockets adapter share: ws (context, listening, time), ws_http (requests), ws_socket
 * (WebSockets and streams). Private to lib/io. */
#pragma once
/* libwebsockets.h brings OpenSSL's, which have a type named as one of our errors. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <libwebsockets.h>
#include <openssl/ssl.h>
#undef ERR_STATE
#include "io/loop.h"
#include "io/turns.h"
#include "io/ws.h"
#include <stdatomic.h>

#define WS_PROTOCOL_HTTP "(http)" /* names no client can ask for: a blank-free token has no parentheses */
#define WS_PROTOCOL_WATCH "(watch)"

struct watch;
struct transaction;

struct ws {
	struct ws_config config;
	struct ws_host host;
	struct lws_context *context;
	struct lws_vhost *web, *control;
	struct lws_protocols protocols[4];
	lws_sorted_usec_list_t deadline, ping;
	atomic_bool woken, resting;
	struct turns turns;
	struct loop rest; /* between turns; a wake ends it */
	int listen_fd, control_fd;
	uint16_t port;
	unsigned n_sockets;
	struct ws_socket *sockets; /* all connections */
	struct ws_socket *adopting;
	struct watch *watches;
};

enum socket_kind {
	SOCKET_HTTP,   /* requests and answers */
	SOCKET_STREAM, /* server-sent events, until it ends */
	SOCKET_WS,     /* a WebSocket, until it ends */
};

/* One text on its way out. */
struct outgoing {
	struct outgoing *next;
	size_t n;
	uint8_t bytes[]; /* LWS_PRE free ones, then the text */
};

/* One connection. Lives from accept to LWS_CALLBACK_WSI_DESTROY. */
struct ws_socket {
	struct ws *w;
	struct lws *wsi;
	struct ws_socket *next, **link; /* in w->sockets */
	enum socket_kind kind;
	bool local;
	char remote[WS_REMOTE_MAX];
	void *user; /* the host's, from open or stream until told closed */

	struct transaction *transaction;

	struct outgoing *head, **tail;
	size_t queued;
	bool closing, close_sent, cut, ping_due;
	unsigned silent; /* pings in a row without an answer */
	uint16_t close_code;
	char close_reason[124];

	uint8_t *message; /* being put together */
	size_t length, size, thrown;
	bool oversize;
};

struct ws_socket *ws_socket_of(struct lws *wsi);
/* Ends the connection now, from wherever this is called; what waits unsent is lost. */
void ws_socket_cut(struct ws_socket *s);
/* Tells the host, once, that its socket or stream is gone. */
void ws_socket_gone(struct ws_socket *s);
/* Frees what waits and what is half read. */
void ws_socket_clear(struct ws_socket *s);
void ws_socket_tick(struct ws_socket *s);
/* Sends the next of the stream's events; non-zero: end the connection. */
int ws_stream_writeable(struct ws_socket *s);
int ws_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n);

/* Non-zero: refused, and answered where that is possible; as LWS_CALLBACK_HTTP_CONFIRM_UPGRADE wants it. */
int ws_http_upgrade(struct ws_socket *s, const char *to);
void ws_http_drop(struct ws_socket *s);
int ws_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n);
