#include "io/ws.h"
#include "base/log.h"
#include "base/str.h"
#include "io/clock.h"
#include "io/listen.h"
#include "io/ws_inner.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_MAX 32 /* a turn: connections that exist go on in a rush */
#define RX_BYTES 4096  /* of each connection for as long as it lasts; longer messages come in parts */
#define FDS_SPARE 64U  /* descriptors that stay free for files and sockets of others */

struct watch {
	struct watch *next;
	void (*readable)(void *arg);
	void *arg;
};

struct ws_socket *ws_socket_of(struct lws *wsi)
{
	return lws_get_opaque_user_data(wsi);
}

static struct ws_socket *socket_new(struct ws *w, bool local, const char *remote)
{
	struct ws_socket *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->w = w;
	s->local = local;
	s->tail = &s->head;
	(void)str_copy(s->remote, sizeof s->remote, remote);
	s->next = w->sockets;
	s->link = &w->sockets;
	if (s->next)
		s->next->link = &s->next;
	w->sockets = s;
	w->n_sockets++;
	return s;
}

static void socket_free(struct ws_socket *s)
{
	struct ws *w = s->w;
	ws_socket_gone(s);
	ws_socket_clear(s);
	ws_http_drop(s);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	w->n_sockets--;
	if (w->adopting == s)
		w->adopting = NULL;
	free(s);
}

static void remote_text(const struct sockaddr_storage *name, char text[WS_REMOTE_MAX])
{
	struct netaddr a = { 0 };
	if (name->ss_family == AF_INET) {
		a.family = 4;
		memcpy(a.ip, &((const struct sockaddr_in *)name)->sin_addr, 4);
	} else if (name->ss_family == AF_INET6) {
		const uint8_t *ip = ((const struct sockaddr_in6 *)name)->sin6_addr.s6_addr;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)name)->sin6_addr);
		a.family = mapped ? 4 : 6;
		memcpy(a.ip, ip + (mapped ? 12 : 0), mapped ? 4 : 16);
	}
	netaddr_ip_text(&a, text);
}

static void adopt(struct ws *w, bool local, int fd, const struct sockaddr_storage *name)
{
	char remote[WS_REMOTE_MAX] = "local";
	if (!local)
		remote_text(name, remote);
	struct ws_socket *s = w->n_sockets < w->config.sockets_max ? socket_new(w, local, remote) : NULL;
	if (!s) {
		(void)close(fd);
		return;
	}
	lws_adopt_desc_t info = {
		.vh = local ? w->control : w->web,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | (local || !w->config.cert ? 0 : LWS_ADOPT_ALLOW_SSL),
		.fd = { .sockfd = fd },
		.opaque = s,
	};
	w->adopting = s;
	struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&info);
	if (w->adopting && wsi) /* else it was closed, and `s` freed, within the call */
		s->wsi = wsi;
	else if (w->adopting) /* failed before it could be told: nobody else frees it */
		socket_free(s);
	w->adopting = NULL;
}

static void accept_all(struct ws *w, int listen_fd, bool local)
{
	for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage name = { 0 };
		socklen_t length = sizeof name;
		int fd = accept4(listen_fd, (struct sockaddr *)&name, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		adopt(w, local, fd, &name);
	}
}

static void accept_web(void *arg)
{
	struct ws *w = arg;
	accept_all(w, w->listen_fd, false);
}

static void accept_control(void *arg)
{
	struct ws *w = arg;
	accept_all(w, w->control_fd, true);
}

static int watch_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct watch *watch = lws_get_opaque_user_data(wsi);
	if (reason == LWS_CALLBACK_RAW_RX_FILE && watch)
		watch->readable(watch->arg);
	return 0;
}

enum err ws_watch(struct ws *w, int fd, void (*readable)(void *arg), void *arg)
{
	struct watch *watch = calloc(1, sizeof *watch);
	int own = dup(fd); /* libwebsockets closes what it watched */
	if (!watch || own < 0) {
		free(watch);
		if (own >= 0)
			(void)close(own);
		return ERR_NOMEM;
	}
	*watch = (struct watch){ w->watches, readable, arg };
	lws_adopt_desc_t info = {
		.vh = w->web,
		.type = LWS_ADOPT_RAW_FILE_DESC,
		.fd = { .filefd = own },
		.vh_prot_name = WS_PROTOCOL_WATCH,
		.opaque = watch,
	};
	if (!lws_adopt_descriptor_vhost_via_info(&info)) {
		free(watch);
		(void)close(own);
		return ERR_NOMEM;
	}
	w->watches = watch;
	return ERR_OK;
}

static void on_deadline(lws_sorted_usec_list_t *sul)
{
	struct ws *w = lws_container_of(sul, struct ws, deadline);
	w->host.deadline(w->host.ctx);
}

static void on_ping(lws_sorted_usec_list_t *sul)
{
	struct ws *w = lws_container_of(sul, struct ws, ping);
	lws_sul_schedule(w->context, 0, &w->ping, on_ping, w->config.ping);
	for (struct ws_socket *s = w->sockets; s; s = s->next)
		ws_socket_tick(s);
}

void ws_deadline(struct ws *w, usec now, usec at)
{
	if (at == USEC_NEVER)
		lws_sul_cancel(&w->deadline);
	else
		lws_sul_schedule(w->context, 0, &w->deadline, on_deadline, at > now ? at - now : 1);
}

/* Requests come here first, and what concerns the connection or the whole. */
static int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct ws_socket *s;
	struct ws *w;
	switch (reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:	/* the one call that gives the TLS context */
		(void)SSL_CTX_set_mode(user, SSL_MODE_RELEASE_BUFFERS); /* idle connections hold no record buffers */
		return 0;
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED: /* told to each protocol of each host; one is enough */
		w = lws_context_user(lws_get_context(wsi));
		if (atomic_exchange(&w->woken, false))
			w->host.wake(w->host.ctx);
		return 0;
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		s = ws_socket_of(wsi);
		if (s)
			s->wsi = wsi;
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		/* A watched descriptor has a wsi too, whose opaque data is no socket. */
		s = lws_get_protocol(wsi) && !strcmp(lws_get_protocol(wsi)->name, WS_PROTOCOL_WATCH)
			? NULL
			: ws_socket_of(wsi);
		if (s)
			socket_free(s);
		return 0;
	default: return ws_http_callback(wsi, reason, user, in, n);
	}
}

static void log_line(int level, const char *line)
{
	size_t n = strcspn(line, "\n");
	char text[256];
	if (n >= sizeof text)
		n = sizeof text - 1;
	memcpy(text, line, n);
	text[n] = '\0';
	log_debug("lws", "text=%s", LOG_TEXT(text));
}

static struct lws_vhost *vhost_new(struct ws *w, const char *name, bool tls)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.vhost_name = name,
		.protocols = w->protocols,
		.keepalive_timeout = 60,
		.timeout_secs = 20,
		.options = LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
	};
	if (tls) {
		info.options |= LWS_SERVER_OPTION_REDIRECT_HTTP_TO_HTTPS;
		info.options |= LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT;
		info.ssl_cert_filepath = w->config.cert;
		info.ssl_private_key_filepath = w->config.key;
		info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
		info.alpn = "http/1.1";
	}
	return lws_create_vhost(w->context, &info);
}

static enum err start(struct ws *w, char why[WS_WHY])
{
	w->protocols[0] = (struct lws_protocols){ .name = WS_PROTOCOL_HTTP, .callback = http_callback };
	w->protocols[1] = (struct lws_protocols){ .name = w->config.subprotocol,
						  .callback = ws_socket_callback,
						  .rx_buffer_size = RX_BYTES };
	w->protocols[2] = (struct lws_protocols){ .name = WS_PROTOCOL_WATCH, .callback = watch_callback };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options =
		    LWS_SERVER_OPTION_EXPLICIT_VHOSTS | (w->config.cert ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
		.user = w,
		.max_http_header_data = 8192,
		.pt_serv_buf_size = 16384,
	};
	lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
	w->context = lws_create_context(&info);
	w->web = w->context ? vhost_new(w, "web", w->config.cert) : NULL;
	w->control = w->web ? vhost_new(w, "control", false) : NULL;
	if (!w->control) {
		(void)str_print(why, WS_WHY, "cannot start the web server%s%s: see log.level=debug",
				w->config.cert ? " with certificate " : "", w->config.cert ? w->config.cert : "");
		return ERR_SYS;
	}
	if (ws_watch(w, w->listen_fd, accept_web, w) ||
	    (w->control_fd >= 0 && ws_watch(w, w->control_fd, accept_control, w)))
		return ERR_NOMEM;
	if (w->config.ping)
		lws_sul_schedule(w->context, 0, &w->ping, on_ping, w->config.ping);
	return ERR_OK;
}

/* Accept must not fail for want of descriptors: the waiting connection would keep the loop spinning. */
static void limit_sockets(struct ws *w)
{
	struct rlimit limit;
	unsigned wanted = w->config.sockets_max;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= (rlim_t)wanted + FDS_SPARE)
		return;
	unsigned files = (unsigned)limit.rlim_cur;
	w->config.sockets_max = files > FDS_SPARE + FDS_SPARE ? files - FDS_SPARE : FDS_SPARE;
	log_warn(
	    "ws",
	    "setting=http.connections wanted=%u got=%u open_files=%u advice=\"raise LimitNOFILE= in the systemd unit, "
	    "or ulimit -n before the start\"",
	    wanted, w->config.sockets_max, files);
}

enum err ws_new(const struct ws_config *config, const struct ws_host *host, struct ws **ws, char why[WS_WHY])
{
	struct netaddr bound;
	enum err err = ERR_OK;
	why[0] = '\0';
	*ws = NULL;
	struct ws *w = calloc(1, sizeof *w);
	if (!w)
		return ERR_NOMEM;
	w->config = *config;
	w->host = *host;
	w->listen_fd = w->control_fd = -1;
	limit_sockets(w);
	err = loop_init(&w->rest);
	if (!err)
		err = listen_tcp(&config->listen, &w->listen_fd, &bound, why);
	if (!err)
		w->port = bound.port;
	if (!err && config->control)
		err = listen_unix(config->control, config->group, &w->control_fd, why);
	if (!err)
		err = start(w, why);
	if (err) {
		ws_free(w);
		return err;
	}
	*ws = w;
	return ERR_OK;
}

void ws_free(struct ws *w)
{
	if (!w)
		return;
	if (w->context) {
		lws_sul_cancel(&w->deadline);
		lws_sul_cancel(&w->ping);
		lws_context_destroy(w->context);
	}
	for (struct ws_socket *s = w->sockets, *next; s; s = next) {
		next = s->next;
		socket_free(s);
	}
	for (struct watch *watch = w->watches, *next; watch; watch = next) {
		next = watch->next;
		free(watch);
	}
	if (w->listen_fd >= 0)
		(void)close(w->listen_fd);
	if (w->control_fd >= 0) {
		(void)close(w->control_fd);
		(void)unlink(w->config.control);
	}
	loop_fini(&w->rest);
	free(w);
}

uint16_t ws_port(const struct ws *w)
{
	return w->port;
}

/* Either this sees the word or who gave it sees the rest. */
static void rest(struct ws *w)
{
	usec now = clock_now(), until = turns_begin(&w->turns, w->n_sockets, now);
	if (until == now)
		return;
	atomic_store(&w->resting, true);
	if (!atomic_load(&w->woken))
		(void)loop_wait(&w->rest, now, until);
	atomic_store(&w->resting, false);
}

void ws_service(struct ws *w)
{
	rest(w);
	(void)lws_service(w->context, 0);
}

void ws_wake(struct ws *w)
{
	atomic_store(&w->woken, true);
	lws_cancel_service(w->context);
	if (atomic_load(&w->resting))
		loop_wake(&w->rest);
}
