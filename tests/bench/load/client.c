#include "bench/load/client.h"
#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX ((size_t)1 << 20)

struct text {
	struct text *next;
	size_t n;
	unsigned char bytes[]; /* LWS_PRE before the text */
};

struct connection {
	struct client *client;
	struct lws *wsi;
	struct text *first, **last;
	char *in; /* what came of a message so far */
	size_t n_in;
};

struct client {
	struct client_host host;
	struct lws_context *context;
	char address[128];
	const char *path, *protocol;
	int port;
	bool tls;
	atomic_bool stop;
	pthread_t thread;
	bool started;
	uint32_t n;
	struct lws_protocols protocols[2];
	struct connection *connections;
};

static uint32_t number(const struct connection *x)
{
	return (uint32_t)(x - x->client->connections);
}

static void drop_texts(struct connection *x)
{
	for (struct text *t = x->first, *next; t; t = next) {
		next = t->next;
		free(t);
	}
	x->first = NULL;
	x->last = &x->first;
	free(x->in);
	x->in = NULL;
	x->n_in = 0;
}

static void on_closed(struct connection *x, const char *why)
{
	if (!x->wsi)
		return;
	x->wsi = NULL;
	drop_texts(x);
	x->client->host.closed(x->client->host.ctx, number(x), why);
}

static int on_receive(struct connection *x, const void *in, size_t n, bool last)
{
	char *more = x->n_in + n < MESSAGE_MAX ? realloc(x->in, x->n_in + n + 1) : NULL;
	if (!more)
		return -1;
	memcpy(more + x->n_in, in, n);
	x->in = more;
	x->n_in += n;
	if (!last)
		return 0;
	json_t *message = json_loadb(x->in, x->n_in, 0, NULL);
	x->n_in = 0;
	if (message)
		x->client->host.message(x->client->host.ctx, number(x), message);
	json_decref(message);
	return 0;
}

static int on_writeable(struct connection *x)
{
	struct text *t = x->first;
	if (!t)
		return 0;
	if (lws_write(x->wsi, t->bytes + LWS_PRE, t->n, LWS_WRITE_TEXT) < (int)t->n)
		return -1;
	x->first = t->next;
	if (!x->first)
		x->last = &x->first;
	else
		lws_callback_on_writable(x->wsi);
	free(t);
	return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct connection *x = user;
	struct client *c = lws_context_user(lws_get_context(wsi));
	switch (reason) {
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		if (c && c->context)
			c->host.woken(c->host.ctx);
		return 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED: c->host.opened(c->host.ctx, number(x)); return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: on_closed(x, in ? in : "no connection"); return 0;
	case LWS_CALLBACK_CLIENT_CLOSED: on_closed(x, "closed by the relay"); return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE: return on_writeable(x);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return on_receive(x, in, n, lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi));
	default: return 0;
	}
}

void client_open(struct client *c, uint32_t i)
{
	struct connection *x = &c->connections[i];
	struct lws_client_connect_info info = {
		.context = c->context,
		.address = c->address,
		.port = c->port,
		.path = c->path,
		.host = c->address,
		.origin = c->address,
		.protocol = c->protocol,
		.local_protocol_name = c->protocol,
		.ssl_connection = c->tls ? LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED |
					       LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_EXPIRED
					 : 0,
		.userdata = x,
		.pwsi = &x->wsi,
	};
	if (!lws_client_connect_via_info(&info) && !x->wsi)
		c->host.closed(c->host.ctx, i, "no connection could be begun");
}

void client_send(struct client *c, uint32_t i, json_t *message)
{
	struct connection *x = &c->connections[i];
	size_t n = json_dumpb(message, NULL, 0, JSON_COMPACT);
	struct text *t = x->wsi ? malloc(sizeof *t + LWS_PRE + n) : NULL;
	if (t) {
		*t = (struct text){ .n = n };
		(void)json_dumpb(message, (char *)t->bytes + LWS_PRE, n, JSON_COMPACT);
		*x->last = t;
		x->last = &t->next;
		lws_callback_on_writable(x->wsi);
	}
	json_decref(message);
}

void client_wake(struct client *c)
{
	lws_cancel_service(c->context);
}

static void *serve(void *arg)
{
	struct client *c = arg;
	while (!atomic_load(&c->stop) && lws_service(c->context, 0) >= 0)
		;
	return NULL;
}

static bool read_url(struct client *c, const char *url)
{
	c->tls = !strncmp(url, "wss://", 6);
	if (!c->tls && strncmp(url, "ws://", 5) != 0)
		return false;
	return sscanf(url + (c->tls ? 6 : 5), "%127[^:/]:%d", c->address, &c->port) == 2;
}

struct client *client_new(const char *url, const char *path, const char *protocol, uint32_t connections,
			  const struct client_host *host)
{
	struct client *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	*c = (struct client){ .host = *host, .path = path, .protocol = protocol, .n = connections };
	c->connections = calloc(connections, sizeof *c->connections);
	for (uint32_t i = 0; c->connections && i < connections; i++)
		c->connections[i] = (struct connection){ .client = c, .last = &c->connections[i].first };
	c->protocols[0] = (struct lws_protocols){ .name = protocol, .callback = on_event, .rx_buffer_size = 65536 };
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = c->protocols,
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.user = c,
		.fd_limit_per_thread = connections + 16,
	};
	lws_set_log_level(LLL_ERR, NULL);
	if (!c->connections || !read_url(c, url) || !(c->context = lws_create_context(&info))) {
		(void)fprintf(stderr, "load: cannot begin signalling with %s\n", url);
		client_free(c);
		return NULL;
	}
	c->started = pthread_create(&c->thread, NULL, serve, c) == 0;
	return c;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	atomic_store(&c->stop, true);
	if (c->started) {
		lws_cancel_service(c->context);
		(void)pthread_join(c->thread, NULL);
	}
	if (c->context)
		lws_context_destroy(c->context);
	for (uint32_t i = 0; c->connections && i < c->n; i++)
		drop_texts(&c->connections[i]);
	free(c->connections);
	free(c);
}
