#include "base/log.h"
#include "base/str.h"
#include "io/ws_inner.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHUNK 16384
#define HEADERS_MAX 4096
#define ANSWER_S 60 /* a client that takes nothing of its answer for so long is left */

/* Nothing but our own pages may run, be shown or be asked; nobody may frame them; links to other places tell them
 * nothing (a link into a room may hold a token). */
static const char *const security[][2] = {
	{ "content-security-policy:",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
	  "media-src 'self' blob: mediastream:; connect-src 'self'; worker-src 'self'; "
	  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'" },
	{ "x-content-type-options:", "nosniff" },
	{ "x-frame-options:", "DENY" },
	{ "referrer-policy:", "no-referrer" },
	{ "cross-origin-opener-policy:", "same-origin" },
	{ "cross-origin-resource-policy:", "same-origin" },
	{ "permissions-policy:", "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), "
				 "fullscreen=(self), geolocation=(), payment=(), usb=()" },
};

/* A header's text as it came. `given` tells an empty one from none. */
struct text {
	char *p; /* malloc'ed, NULL: absent */
};

/* One request and its answer. */
struct transaction {
	enum ws_method method;
	bool head, gzip, last; /* last: the connection ends with the answer */
	char path[1024], query[3072];
	struct text authorization, cookie, host, origin, none_match;
	uint8_t *body;
	size_t received, declared;
	bool too_large;
	/* the answer */
	bool answering, headers_sent;
	struct ws_response response;
	const struct ws_page *page;
	const uint8_t *data; /* of the response or of the page */
	size_t n, sent;
	void *stream; /* the host's, when the answer is a stream */
};

static void transaction_free(struct transaction *t)
{
	free(t->authorization.p);
	free(t->cookie.p);
	free(t->host.p);
	free(t->origin.p);
	free(t->none_match.p);
	free(t->body);
	free(t->response.body);
	free(t);
}

void ws_http_drop(struct ws_socket *s)
{
	if (!s->transaction)
		return;
	transaction_free(s->transaction);
	s->transaction = NULL;
}

static bool plain(unsigned char c)
{
	return isalnum(c) || strchr("-._~", c);
}

/* libwebsockets hands out what it decoded; the host is given text it can take apart and decode itself. */
static enum err encode(struct writer *w, const char *text, size_t n, const char *also)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if (plain(c) || (c && strchr(also, c))) {
			writer_u8(w, c);
		} else {
			writer_u8(w, '%');
			writer_u8(w, (uint8_t)hex[c >> 4]);
			writer_u8(w, (uint8_t)hex[c & 15]);
		}
	}
	return w->failed ? ERR_RANGE : ERR_OK;
}

static enum err read_query(struct lws *wsi, char *query, size_t size)
{
	char part[1024];
	struct writer w = writer_of(query, size - 1);
	for (int i = 0;; i++) {
		int n = lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i);
		if (n < 0) {
			if (lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0)
				return ERR_RANGE;
			break;
		}
		if (i)
			writer_u8(&w, '&');
		const char *equals = memchr(part, '=', (size_t)n);
		size_t name = equals ? (size_t)(equals - part) : (size_t)n;
		(void)encode(&w, part, name, "");
		if (equals) {
			writer_u8(&w, '=');
			(void)encode(&w, equals + 1, (size_t)n - name - 1, "");
		}
	}
	query[w.failed ? 0 : writer_len(&w)] = '\0';
	return w.failed ? ERR_RANGE : ERR_OK;
}

static enum err read_header(struct lws *wsi, enum lws_token_indexes token, struct text *text)
{
	int n = lws_hdr_total_length(wsi, token);
	if (n <= 0)
		return ERR_OK;
	text->p = malloc((size_t)n + 8);
	if (!text->p)
		return ERR_NOMEM;
	return lws_hdr_copy(wsi, text->p, n + 8, token) < 0 ? ERR_RANGE : ERR_OK;
}

static const enum ws_method methods[] = {
	[LWSHUMETH_GET] = WS_GET,	[LWSHUMETH_POST] = WS_POST,   [LWSHUMETH_OPTIONS] = WS_OTHER,
	[LWSHUMETH_PUT] = WS_PUT,	[LWSHUMETH_PATCH] = WS_PATCH, [LWSHUMETH_DELETE] = WS_DELETE,
	[LWSHUMETH_CONNECT] = WS_OTHER, [LWSHUMETH_HEAD] = WS_GET,
};

/* Reads what is asked; the answer's status when it is refused at once, 0 when not. */
static int read_request(struct ws_socket *s, struct transaction *t)
{
	struct lws *wsi = s->wsi;
	char *uri, number[24] = "", accept[256] = "";
	int length, method = lws_http_get_uri_and_method(wsi, &uri, &length);
	if (method < 0 || (size_t)method >= sizeof methods / sizeof *methods)
		return 400;
	t->method = methods[method];
	t->head = method == LWSHUMETH_HEAD;
	struct writer w = writer_of(t->path, sizeof t->path - 1);
	if (encode(&w, uri, (size_t)length, "/!$&'()*+,;=:@") || read_query(wsi, t->query, sizeof t->query))
		return 414;
	t->path[writer_len(&w)] = '\0';
	if (read_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, &t->authorization) ||
	    read_header(wsi, WSI_TOKEN_HTTP_COOKIE, &t->cookie) || read_header(wsi, WSI_TOKEN_HOST, &t->host) ||
	    read_header(wsi, WSI_TOKEN_ORIGIN, &t->origin) ||
	    read_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, &t->none_match))
		return 431;
	(void)lws_hdr_copy(wsi, accept, sizeof accept, WSI_TOKEN_HTTP_ACCEPT_ENCODING);
	t->gzip = strstr(accept, "gzip") && !strstr(accept, "gzip;q=0");
	bool counted = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return 411;
	if (counted) {
		char *end;
		if (lws_hdr_copy(wsi, number, sizeof number, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0 ||
		    !isdigit((unsigned char)*number))
			return 400;
		t->declared = strtoull(number, &end, 10);
		if (*end)
			return 400;
	}
	/* Without a length libwebsockets waits for a body that will not come: answer, then end the connection. */
	if (!counted && (t->method == WS_POST || t->method == WS_PUT || t->method == WS_PATCH))
		t->last = true;
	t->too_large = t->declared > s->w->config.body_bytes;
	/* What is a little too long is read to its end, else the reset would eat the answer. */
	return t->declared > 4 * s->w->config.body_bytes + 65536 ? 413 : 0;
}

static void refuse(struct transaction *t, int status)
{
	free(t->response.body);
	t->response = (struct ws_response){ .status = status };
}

static void start_answer(struct ws_socket *s, struct transaction *t)
{
	if (t->page) {
		bool gzip = t->gzip && t->page->gzip.n;
		t->data = gzip ? t->page->gzip.p : t->page->plain.p;
		t->n = gzip ? t->page->gzip.n : t->page->plain.n;
		t->gzip = gzip;
		bool same =
		    t->none_match.p && (strstr(t->none_match.p, t->page->etag) || !strcmp(t->none_match.p, "*"));
		t->response.status = same ? 304 : 200;
	} else {
		t->data = (const uint8_t *)t->response.body;
		t->n = t->response.body ? t->response.n : 0;
	}
	t->answering = true;
	lws_set_timeout(s->wsi, PENDING_TIMEOUT_HTTP_CONTENT, ANSWER_S);
	lws_callback_on_writable(s->wsi);
}

static void answer(struct ws_socket *s, struct transaction *t)
{
	const struct ws_host *host = &s->w->host;
	struct ws_request request = {
		.method = t->method,
		.path = t->path,
		.query = t->query,
		.authorization = t->authorization.p,
		.cookie = t->cookie.p,
		.host = t->host.p,
		.origin = t->origin.p,
		.remote = s->remote,
		.local = s->local,
		.body = bytes_of(t->body, t->received),
	};
	if (t->too_large)
		refuse(t, 413);
	else if (t->method == WS_GET && (t->page = host->page(host->ctx, t->path)))
		;
	else if (t->method == WS_GET && !t->head && !strcmp(t->path, s->w->config.stream_path))
		t->stream = host->stream(host->ctx, s, &request, &t->response);
	else
		host->request(host->ctx, &request, &t->response);
	start_answer(s, t);
}

struct header_writer {
	struct lws *wsi;
	unsigned char start[LWS_PRE + HEADERS_MAX], *p, *end;
	bool failed;
};

static void header(struct header_writer *h, const char *name, const char *value)
{
	if (strpbrk(value, "\r\n") ||
	    lws_add_http_header_by_name(h->wsi, (const unsigned char *)name, (const unsigned char *)value,
					(int)strlen(value), &h->p, h->end))
		h->failed = true;
}

static void header_number(struct header_writer *h, const char *name, unsigned long long value)
{
	char text[24];
	(void)str_print(text, sizeof text, "%llu", value);
	header(h, name, text);
}

static void page_headers(struct header_writer *h, const struct transaction *t)
{
	header(h, "etag:", t->page->etag);
	header(h, "cache-control:", t->page->cache);
	header(h, "vary:", "accept-encoding");
	if (t->response.status == 304)
		return;
	header(h, "content-type:", t->page->type);
	if (t->gzip)
		header(h, "content-encoding:", "gzip");
}

static void response_headers(struct header_writer *h, const struct transaction *t)
{
	const struct ws_response *r = &t->response;
	header(h, "cache-control:", "no-store");
	if (t->stream)
		header(h, "content-type:", "text/event-stream");
	else if (r->type)
		header(h, "content-type:", r->type);
	if (r->status == 401)
		header(h, "www-authenticate:", "Bearer");
	if (r->allow)
		header(h, "allow:", r->allow);
	if (r->set_cookie[0])
		header(h, "set-cookie:", r->set_cookie);
	if (r->retry_after_s)
		header_number(h, "retry-after:", r->retry_after_s);
}

static int send_headers(struct ws_socket *s, struct transaction *t)
{
	struct header_writer h = { .wsi = s->wsi };
	h.p = h.start + LWS_PRE;
	h.end = h.start + sizeof h.start - 1;
	int status = t->stream ? 200 : t->response.status;
	bool empty = status == 204 || status == 304;
	if (lws_add_http_header_status(s->wsi, (unsigned)status, &h.p, h.end))
		return -1;
	if (t->page)
		page_headers(&h, t);
	else
		response_headers(&h, t);
	for (size_t i = 0; i < sizeof security / sizeof *security; i++)
		header(&h, security[i][0], security[i][1]);
	if (!t->stream && !empty)
		header_number(&h, "content-length:", t->n);
	if (t->last || t->stream)
		header(&h, "connection:", "close");
	if (h.failed || lws_finalize_write_http_header(s->wsi, h.start + LWS_PRE, &h.p, h.end))
		return -1;
	t->headers_sent = true;
	if (empty || t->head)
		t->n = 0;
	return 0;
}

static int finish(struct ws_socket *s)
{
	bool last = s->transaction->last;
	ws_http_drop(s);
	return last || lws_http_transaction_completed(s->wsi) ? -1 : 0;
}

static int become_stream(struct ws_socket *s)
{
	void *user = s->transaction->stream;
	s->transaction->stream = NULL;
	ws_http_drop(s);
	s->kind = SOCKET_STREAM;
	s->user = user;
	lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
	s->w->host.stream_ready(s->w->host.ctx, user);
	return 0;
}

static int writeable(struct ws_socket *s)
{
	struct transaction *t = s->transaction;
	if (s->kind == SOCKET_STREAM)
		return ws_stream_writeable(s);
	if (!t || !t->answering)
		return 0;
	if (!t->headers_sent) {
		if (send_headers(s, t))
			return -1;
		if (t->stream)
			return become_stream(s);
	} else if (t->sent < t->n) {
		uint8_t chunk[LWS_PRE + CHUNK];
		size_t n = t->n - t->sent < CHUNK ? t->n - t->sent : CHUNK;
		memcpy(chunk + LWS_PRE, t->data + t->sent, n);
		t->sent += n;
		enum lws_write_protocol as = t->sent == t->n ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
		if (lws_write(s->wsi, chunk + LWS_PRE, n, as) < (int)n)
			return -1;
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_HTTP_CONTENT, ANSWER_S);
	}
	if (t->sent == t->n)
		return finish(s);
	lws_callback_on_writable(s->wsi);
	return 0;
}

static int begin(struct ws_socket *s)
{
	struct transaction *t = calloc(1, sizeof *t);
	if (!t)
		return -1;
	ws_http_drop(s);
	s->transaction = t;
	int status = read_request(s, t);
	if (status) {
		t->last = true;
		refuse(t, status);
		start_answer(s, t);
	} else if (t->declared == 0 && (t->method != WS_POST || t->last)) {
		answer(s, t); /* an explicit empty body of POST is announced like any other: wait for it */
	}
	return 0;
}

static int take_body(struct ws_socket *s, const void *bytes, size_t n)
{
	struct transaction *t = s->transaction;
	if (!t || t->answering || t->too_large || n == 0)
		return 0;
	if (n > t->declared - t->received)
		return -1;
	if (!t->body && !(t->body = malloc(t->declared)))
		return -1;
	memcpy(t->body + t->received, bytes, n);
	t->received += n;
	return 0;
}

/* Whether the client's list of subprotocols names ours. */
static bool offers(const char *list, const char *subprotocol)
{
	size_t n = strlen(subprotocol);
	for (const char *p = list; *p;) {
		p += strspn(p, " \t,");
		size_t length = strcspn(p, " \t,");
		if (length == n && !memcmp(p, subprotocol, n))
			return true;
		p += length;
	}
	return false;
}

int ws_http_upgrade(struct ws_socket *s, const char *to)
{
	char *uri, list[128] = "";
	int length;
	if (strcasecmp(to, "websocket") != 0)
		return -1;
	if (lws_http_get_uri_and_method(s->wsi, &uri, &length) != LWSHUMETH_GET ||
	    strlen(s->w->config.socket_path) != (size_t)length ||
	    memcmp(uri, s->w->config.socket_path, (size_t)length) != 0)
		return lws_return_http_status(s->wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : 1;
	if (lws_hdr_copy(s->wsi, list, sizeof list, WSI_TOKEN_PROTOCOL) <= 0 || !offers(list, s->w->config.subprotocol))
		return lws_return_http_status(s->wsi, HTTP_STATUS_BAD_REQUEST, "ask for the subprotocol") ? -1 : 1;
	return 0;
}

int ws_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct ws_socket *s = ws_socket_of(wsi);
	switch (reason) {
	case LWS_CALLBACK_HTTP: return begin(s);
	case LWS_CALLBACK_HTTP_BODY: return take_body(s, in, n);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		if (s->transaction && !s->transaction->answering)
			answer(s, s->transaction);
		return 0;
	case LWS_CALLBACK_HTTP_WRITEABLE: return s->cut ? -1 : writeable(s);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return ws_http_upgrade(s, in);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: /* a WebSocket without our subprotocol */ return -1;
	case LWS_CALLBACK_CLOSED_HTTP: ws_socket_gone(s); return 0;
	default: return 0;
	}
}
