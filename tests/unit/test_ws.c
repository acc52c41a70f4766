/* The adapter runs in a thread of its own, as in the daemon; the clients here are plain sockets, so that what is
 * asserted is what stands on the wire. */
#include "base/str.h"
#include "io/addrs.h"
#include "io/clock.h"
#include "io/turns.h"
#include "io/ws.h"
#include "secure/certfile.h"
#include "secure/openssl.h"
#include "test.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_BYTES ((size_t)256 * 1024)
#define QUEUE_BYTES ((size_t)4 * 1024 * 1024)

struct server {
	struct ws *ws;
	pthread_t thread;
	atomic_bool stop;
	atomic_int opened, closed, oversizes, streams, streams_closed, wakes, deadlines, alive, limits;
	struct ws_socket *stream;
	int refuse_opens;
};

struct peer {
	struct server *server;
	struct ws_socket *socket;
};

static void *on_open(void *ctx, struct ws_socket *socket, const char *remote)
{
	struct server *server = ctx;
	if (server->refuse_opens)
		return NULL;
	struct peer *peer = calloc(1, sizeof *peer);
	*peer = (struct peer){ server, socket };
	server->opened++;
	return peer;
}

static void send_filled(struct ws_socket *s, size_t n)
{
	char *text = malloc(n);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + i % 26);
	assert_int_equal(ws_send(s, text, n), ERR_OK);
	free(text);
}

static void on_message(void *ctx, void *user, struct bytes text)
{
	struct peer *peer = user;
	char word[64] = "";
	(void)str_copy_n(word, sizeof word, (const char *)text.p, text.n < 63 ? text.n : 63);
	if (!strncmp(word, "close ", 6)) {
		assert_int_equal(ws_send(peer->socket, "bye", 3), ERR_OK);
		ws_close(peer->socket, (uint16_t)strtoul(word + 6, NULL, 10), "vì lý do kỹ thuật");
		assert_int_equal(ws_send(peer->socket, "late", 4), ERR_STATE);
	} else if (!strncmp(word, "big ", 4)) {
		send_filled(peer->socket, strtoul(word + 4, NULL, 10));
	} else if (!strcmp(word, "flood")) {
		char chunk[100000] = { 'x' };
		enum err err = ERR_OK;
		for (int i = 0; i < 100 && !err; i++)
			err = ws_send(peer->socket, chunk, sizeof chunk);
		if (err == ERR_LIMIT)
			peer->server->limits++;
	} else {
		assert_int_equal(ws_send(peer->socket, (const char *)text.p, text.n), ERR_OK);
	}
}

static void on_oversize(void *ctx, void *user)
{
	struct peer *peer = user;
	peer->server->oversizes++;
	assert_int_equal(ws_send(peer->socket, "too large", 9), ERR_OK);
	ws_close(peer->socket, 4004, NULL);
}

static void on_alive(void *ctx, void *user)
{
	((struct server *)ctx)->alive++;
}

static void on_closed(void *ctx, void *user)
{
	((struct server *)ctx)->closed++;
	free(user);
}

static const char page_plain[] = "<!doctype html>x", page_gzip[] = "\x1f\x8b-not-really-";
static char page_large[200000];

static const struct ws_page *on_page(void *ctx, const char *path)
{
	static const struct ws_page page = { "text/html; charset=utf-8",
					     { (const uint8_t *)page_plain, sizeof page_plain - 1 },
					     { (const uint8_t *)page_gzip, sizeof page_gzip - 1 },
					     "\"v1\"",
					     "no-cache" };
	static const struct ws_page large = { "text/plain",
					      { (const uint8_t *)page_large, sizeof page_large },
					      { NULL, 0 },
					      "\"l\"",
					      "public, max-age=31536000, immutable" };
	return !strcmp(path, "/") ? &page : !strcmp(path, "/large") ? &large : NULL;
}

static void on_request(void *ctx, const struct ws_request *r, struct ws_response *response)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", "OTHER" };
	char text[2048];
	(void)str_print(text, sizeof text, "%s %s?%s auth=%s cookie=%s host=%s local=%d remote=%s body=%.*s",
			methods[r->method], r->path, r->query, r->authorization ? r->authorization : "-",
			r->cookie ? r->cookie : "-", r->host ? r->host : "-", r->local, r->remote, (int)r->body.n,
			(const char *)r->body.p);
	*response =
	    (struct ws_response){ .status = 200, .type = "application/json", .body = strdup(text), .n = strlen(text) };
	if (strstr(r->path, "empty")) {
		free(response->body);
		*response = (struct ws_response){
			.status = 204, .allow = "GET", .retry_after_s = 7, .set_cookie = "a=b; Secure"
		};
	}
}

static void *on_stream(void *ctx, struct ws_socket *socket, const struct ws_request *request,
		       struct ws_response *response)
{
	struct server *server = ctx;
	if (!request->authorization) {
		*response = (struct ws_response){ .status = 401 };
		return NULL;
	}
	server->stream = socket;
	return server;
}

static void on_stream_ready(void *ctx, void *user)
{
	struct server *server = user;
	server->streams++;
	assert_int_equal(ws_event(server->stream, "room", "{\"id\":\"giao-ban\"}", 17), ERR_OK);
}

static void on_stream_closed(void *ctx, void *user)
{
	struct server *server = user;
	server->stream = NULL;
	server->streams_closed++;
}

static void on_wake(void *ctx)
{
	struct server *server = ctx;
	server->wakes++;
	if (server->stream) {
		assert_int_equal(ws_event(server->stream, "gone", "{}", 2), ERR_OK);
		ws_stream_close(server->stream);
	}
}

static void on_deadline(void *ctx)
{
	((struct server *)ctx)->deadlines++;
}

static void *serve(void *arg)
{
	struct server *server = arg;
	while (!server->stop)
		ws_service(server->ws);
	return NULL;
}

static const struct ws_host host_calls = {
	.open = on_open,
	.message = on_message,
	.oversize = on_oversize,
	.alive = on_alive,
	.closed = on_closed,
	.page = on_page,
	.request = on_request,
	.stream = on_stream,
	.stream_ready = on_stream_ready,
	.stream_closed = on_stream_closed,
	.wake = on_wake,
	.deadline = on_deadline,
};

static void start(struct server *server, const char *cert, const char *key, const char *control, usec ping)
{
	struct ws_config config = {
		.cert = cert,
		.key = key,
		.control = control,
		.socket_path = "/ws",
		.subprotocol = "diemcau.v1",
		.stream_path = "/api/v1/events",
		.message_bytes = MESSAGE_BYTES,
		.body_bytes = 65536,
		.queue_bytes = QUEUE_BYTES,
		.sockets_max = 20,
		.ping = ping,
	};
	struct ws_host host = host_calls;
	char why[WS_WHY];
	*server = (struct server){ 0 };
	host.ctx = server;
	assert_int_equal(addrs_parse("127.0.0.1:0", &config.listen), ERR_OK);
	assert_int_equal(ws_new(&config, &host, &server->ws, why), ERR_OK);
	assert_int_not_equal(ws_port(server->ws), 0);
	usec now = clock_now();
	ws_deadline(server->ws, now, now + 1);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
	server->stop = true;
	ws_wake(server->ws);
	assert_int_equal(pthread_join(server->thread, NULL), 0);
	ws_free(server->ws);
	assert_int_equal(server->opened, server->closed);
	assert_int_equal(server->streams, server->streams_closed);
}

/* --- a client --- */

static int dial(struct server *server)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons(ws_port(server->ws)),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
	struct timeval limit = { .tv_sec = 20 };
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	return fd;
}

static void put(int fd, const void *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t sent = send(fd, (const char *)bytes + at, n - at, MSG_NOSIGNAL);
		assert_true(sent > 0);
		at += (size_t)sent;
	}
}

static void put_text(int fd, const char *text)
{
	put(fd, text, strlen(text));
}

static void get(int fd, void *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = recv(fd, (char *)bytes + at, n - at, 0);
		assert_true(got > 0);
		at += (size_t)got;
	}
}

static bool ended(int fd)
{
	char byte;
	return recv(fd, &byte, 1, 0) <= 0;
}

/* Reads the head of an answer; returns its status. */
static int get_head(int fd, char head[4096])
{
	size_t n = 0;
	do {
		assert_true(n < 4095);
		get(fd, head + n++, 1);
		head[n] = '\0';
	} while (n < 4 || strcmp(head + n - 4, "\r\n\r\n") != 0);
	assert_memory_equal(head, "HTTP/1.", 7);
	return (int)strtoul(head + 9, NULL, 10);
}

static size_t content_length(const char *head)
{
	const char *p = strcasestr(head, "\r\ncontent-length:");
	return p ? strtoul(p + 17, NULL, 10) : 0;
}

static int ask(int fd, const char *request, char head[4096], char *body, size_t size)
{
	put(fd, request, strlen(request));
	int status = get_head(fd, head);
	size_t n = content_length(head);
	assert_true(n < size);
	get(fd, body, n);
	body[n] = '\0';
	return status;
}

static int ws_dial(struct server *server)
{
	char head[4096];
	int fd = dial(server);
	const char *request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Protocol: other, diemcau.v1\r\n"
			      "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
	put(fd, request, strlen(request));
	assert_int_equal(get_head(fd, head), 101);
	assert_non_null(strcasestr(head, "sec-websocket-protocol: diemcau.v1\r\n"));
	assert_null(strcasestr(head, "permessage-deflate"));
	assert_non_null(strstr(head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	return fd;
}

static void put_frame(int fd, uint8_t first, const char *text, size_t n)
{
	uint8_t head[14] = { first };
	struct writer w = writer_of(head + 1, 13);
	if (n < 126)
		writer_u8(&w, (uint8_t)(0x80 | n));
	else if (n < 65536)
		writer_u8(&w, 0x80 | 126), writer_u16(&w, (uint16_t)n);
	else
		writer_u8(&w, 0x80 | 127), writer_u64(&w, n);
	writer_u32(&w, 0x01020304);
	uint8_t *masked = malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		masked[i] = (uint8_t)text[i] ^ (uint8_t)(i % 4 + 1);
	put(fd, head, 1 + writer_len(&w));
	put(fd, masked, n);
	free(masked);
}

/* The next data or close frame's first byte; its payload in text (malloc'ed, NUL-ended). Pings are answered. */
static uint8_t get_frame(int fd, char **text, size_t *n)
{
	uint8_t head[2], more[8];
	for (;;) {
		get(fd, head, 2);
		size_t bytes = head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0;
		*n = head[1] & 127;
		if (bytes) {
			get(fd, more, bytes);
			struct reader r = reader_of(bytes_of(more, bytes));
			*n = reader_be(&r, bytes);
		}
		*text = malloc(*n + 1);
		get(fd, *text, *n);
		(*text)[*n] = '\0';
		if (head[0] != 0x89)
			return head[0];
		put_frame(fd, 0x8a, *text, *n);
		free(*text);
	}
}

/* Text may come in several frames. */
static void expect_text(int fd, const char *want, size_t want_n)
{
	size_t at = 0, n;
	char *text;
	uint8_t first;
	do {
		first = get_frame(fd, &text, &n);
		assert_int_equal(first & 0x0f, at ? 0 : 1);
		assert_true(at + n <= want_n);
		assert_memory_equal(text, want + at, n);
		at += n;
		free(text);
	} while (!(first & 0x80));
	assert_int_equal(at, want_n);
}

static void expect_close(int fd, uint16_t code)
{
	size_t n;
	char *text;
	assert_int_equal(get_frame(fd, &text, &n), 0x88);
	assert_true(n >= 2);
	assert_int_equal((uint8_t)text[0] << 8 | (uint8_t)text[1], code);
	free(text);
	put_frame(fd, 0x88, (char[]){ (char)(code >> 8), (char)code }, 2);
	assert_true(ended(fd));
	close(fd);
}

/* --- tests --- */

static void pages_and_their_headers(void **state)
{
	struct server server;
	char head[4096], body[4096];
	start(&server, NULL, NULL, NULL, 0);
	int fd = dial(&server);
	assert_int_equal(ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", head, body, sizeof body), 200);
	assert_string_equal(body, page_plain);
	assert_non_null(strcasestr(head, "content-type: text/html; charset=utf-8\r\n"));
	assert_non_null(strcasestr(head, "etag: \"v1\"\r\n"));
	assert_non_null(strcasestr(head, "cache-control: no-cache\r\n"));
	assert_non_null(strcasestr(head, "frame-ancestors 'none'"));
	assert_non_null(strcasestr(head, "nosniff"));
	assert_non_null(strcasestr(head, "referrer-policy: no-referrer"));
	assert_null(strcasestr(head, "content-encoding"));
	/* the same connection goes on */
	assert_int_equal(
	    ask(fd, "GET /?x=1 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip\r\n\r\n", head, body, sizeof body),
	    200);
	assert_memory_equal(body, page_gzip, sizeof page_gzip - 1);
	assert_non_null(strcasestr(head, "content-encoding: gzip\r\n"));
	assert_int_equal(
	    ask(fd, "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: W/\"v0\", \"v1\"\r\n\r\n", head, body, sizeof body),
	    304);
	assert_int_equal(ask(fd, "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"v0\"\r\n\r\n", head, body, sizeof body),
			 200);
	/* HEAD: the length, not the body */
	put_text(fd, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(get_head(fd, head), 200);
	assert_int_equal(content_length(head), sizeof page_plain - 1);
	char *large = malloc(sizeof page_large + 1);
	for (size_t i = 0; i < sizeof page_large; i++)
		page_large[i] = (char)('a' + i % 23);
	assert_int_equal(ask(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", head, large, sizeof page_large + 1), 200);
	assert_memory_equal(large, page_large, sizeof page_large);
	free(large);
	close(fd);
	stop(&server);
	assert_int_equal(server.deadlines, 1);
}

static void requests_arrive_whole(void **state)
{
	static const struct {
		const char *request, *body;
	} cases[] = {
		{ "GET /api/v1/rooms HTTP/1.1\r\nHost: a:1\r\nAuthorization: Bearer t.o.k\r\nCookie: s=1\r\n\r\n",
		  "GET /api/v1/rooms? auth=Bearer t.o.k cookie=s=1 host=a:1 local=0 remote=127.0.0.1 body=" },
		{ "POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n{\"a\":12}",
		  "POST /api/v1/rooms? auth=- cookie=- host=x local=0 remote=127.0.0.1 body={\"a\":12}" },
		{ "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		  "POST /a? auth=- cookie=- host=x local=0 remote=127.0.0.1 body=" },
		{ "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
		  "PUT /a? auth=- cookie=- host=x local=0 remote=127.0.0.1 body={}" },
		{ "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		  "PUT /a? auth=- cookie=- host=x local=0 remote=127.0.0.1 body=" },
		{ "PATCH /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]",
		  "PATCH /a? auth=- cookie=- host=x local=0 remote=127.0.0.1 body=[]" },
		{ "DELETE /api/v1/rooms/giao-ban/sites/X%E1%BB%A7ng%20L%C3%A0?reason=h%E1%BA%BFt+gi%E1%BB%9D%26&ban=5 "
		  "HTTP/1.1\r\nHost: x\r\n\r\n",
		  "DELETE "
		  "/api/v1/rooms/giao-ban/sites/X%E1%BB%A7ng%20L%C3%A0?reason=h%E1%BA%BFt%20gi%E1%BB%9D%26&ban=5 "
		  "auth=- cookie=- host=x local=0 remote=127.0.0.1 body=" },
		{ "DELETE /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
		  "DELETE /a? auth=- cookie=- host=x local=0 remote=127.0.0.1 body=abc" },
		{ "OPTIONS /a HTTP/1.1\r\nHost: x\r\n\r\n",
		  "OTHER /a? auth=- cookie=- host=x local=0 remote=127.0.0.1 body=" },
		{ "GET /a/../b//c?%3D=1&x HTTP/1.1\r\nHost: x\r\n\r\n",
		  "GET /b/c?_=1&x auth=- cookie=- host=x local=0 remote=127.0.0.1 body=" },
	};
	struct server server;
	char head[4096], body[4096];
	start(&server, NULL, NULL, NULL, 0);
	int fd = dial(&server);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(ask(fd, cases[i].request, head, body, sizeof body), 200);
		assert_string_equal(body, cases[i].body);
		assert_non_null(strcasestr(head, "cache-control: no-store"));
	}
	assert_int_equal(ask(fd, "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n", head, body, sizeof body), 204);
	assert_non_null(strcasestr(head, "retry-after: 7\r\n"));
	assert_non_null(strcasestr(head, "set-cookie: a=b; Secure\r\n"));
	assert_non_null(strcasestr(head, "allow: GET\r\n"));
	close(fd);
	/* A body in pieces. */
	fd = dial(&server);
	put_text(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nab");
	usleep(50000);
	put_text(fd, "cd");
	usleep(50000);
	assert_int_equal(ask(fd, "ef", head, body, sizeof body), 200);
	assert_non_null(strstr(body, "body=abcdef"));
	close(fd);
	/* A POST without any length is one without a body, and ends the connection. */
	fd = dial(&server);
	assert_int_equal(ask(fd, "POST /p HTTP/1.1\r\nHost: x\r\n\r\n", head, body, sizeof body), 200);
	assert_non_null(strstr(body, "POST /p? "));
	assert_true(ended(fd));
	close(fd);
	stop(&server);
}

static void bad_requests_get_an_answer(void **state)
{
	struct server server;
	char head[4096], body[4096];
	start(&server, NULL, NULL, NULL, 0);
	int fd = dial(&server);
	assert_int_equal(
	    ask(fd, "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", head, body, sizeof body), 411);
	close(fd);
	fd = dial(&server);
	assert_int_equal(
	    ask(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", head, body, sizeof body),
	    413);
	close(fd);
	fd = dial(&server);
	assert_int_equal(ask(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", head, body, sizeof body),
			 400);
	close(fd);
	/* a little too long: read to its end, then answered, and the connection lives on */
	fd = dial(&server);
	char *request = calloc(1, 80000);
	int n = sprintf(request, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n");
	memset(request + n, 'x', 70000);
	assert_int_equal(ask(fd, request, head, body, sizeof body), 413);
	assert_int_equal(ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", head, body, sizeof body), 200);
	close(fd);
	/* a path too long */
	memset(request, 0, 80000);
	memset(request, 'x', 2000);
	memcpy(request, "GET /", 5);
	memcpy(request + 2000, " HTTP/1.1\r\nHost: x\r\n\r\n", 22);
	fd = dial(&server);
	assert_int_equal(ask(fd, request, head, body, sizeof body), 414);
	close(fd);
	free(request);
	/* upgrades to what is not here */
	static const char *const upgrades[][2] = { { "/other", "diemcau.v1" },
						   { "/ws", "diemcau.v2" },
						   { "/ws", "(http)" },
						   { "/ws", "(watch)" },
						   { "/ws", "" } };
	for (size_t i = 0; i < 5; i++) {
		char text[400];
		(void)str_print(
		    text, sizeof text,
		    "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
		    upgrades[i][0], upgrades[i][1][0] ? "Sec-WebSocket-Protocol: " : "", upgrades[i][1],
		    upgrades[i][1][0] ? "\r\n" : "");
		fd = dial(&server);
		put(fd, text, strlen(text));
		int status = get_head(fd, head);
		assert_int_equal(status, i ? 400 : 404);
		close(fd);
	}
	fd = dial(&server);
	put_text(fd, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: "
		     "AAMAAABkAAQAAP__\r\n\r\n");
	assert_true(ended(fd));
	close(fd);
	fd = dial(&server);
	put_text(fd, "HELO / HTTP/1.1\r\n\r\n");
	assert_in_range(get_head(fd, head), 400, 499);
	close(fd);
	stop(&server);
}

/* What a meeting needs whole: an untrimmed offer of 24 slots is 145 KB. */
static void messages_come_whole(void **state)
{
	struct server server;
	start(&server, NULL, NULL, NULL, 0);
	int fd = ws_dial(&server);
	char *text = malloc(MESSAGE_BYTES + 1);
	for (size_t i = 0; i <= MESSAGE_BYTES; i++)
		text[i] = (char)('a' + i % 26);
	text[0] = '{';
	static const size_t sizes[] = { 1, 125, 126, 65535, 65536, (size_t)145 * 1024, MESSAGE_BYTES };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		put_frame(fd, 0x81, text, sizes[i]);
		expect_text(fd, text, sizes[i]);
	}
	/* in three frames, with a ping between them */
	put_frame(fd, 0x01, text, 70000);
	put_frame(fd, 0x00, text + 70000, 10);
	put_frame(fd, 0x89, "hi", 2);
	put_frame(fd, 0x80, text + 70010, 30000);
	size_t n;
	char *pong;
	assert_int_equal(get_frame(fd, &pong, &n), 0x8a);
	assert_string_equal(pong, "hi");
	free(pong);
	expect_text(fd, text, 100010);
	/* two at once keep their order; an empty one is one too; a binary one is given empty */
	put_frame(fd, 0x81, "first", 5);
	put_frame(fd, 0x81, "second", 6);
	put_frame(fd, 0x81, "", 0);
	put_frame(fd, 0x82, "binary", 6);
	expect_text(fd, "first", 5);
	expect_text(fd, "second", 6);
	expect_text(fd, "", 0);
	expect_text(fd, "", 0);
	/* and out */
	put_frame(fd, 0x81, "big 300000", 10);
	char *want = malloc(300000);
	for (size_t i = 0; i < 300000; i++)
		want[i] = (char)('a' + i % 26);
	expect_text(fd, want, 300000);
	free(want);
	free(text);
	close(fd);
	stop(&server);
	assert_int_equal(server.opened, 1);
}

/* The rest is read before the answer, so that the answer arrives. */
static void too_large_is_told_after_its_rest(void **state)
{
	struct server server;
	start(&server, NULL, NULL, NULL, 0);
	int fd = ws_dial(&server);
	size_t n = 1000000;
	char *text = calloc(1, n);
	put_frame(fd, 0x81, text, n);
	expect_text(fd, "too large", 9);
	expect_close(fd, 4004);
	free(text);
	stop(&server);
	assert_int_equal(server.oversizes, 1);
}

static void what_was_sent_leaves_before_the_close(void **state)
{
	struct server server;
	start(&server, NULL, NULL, NULL, 0);
	int fd = ws_dial(&server);
	put_frame(fd, 0x81, "close 4001", 10);
	put_frame(fd, 0x81, "ignored", 7);
	expect_text(fd, "bye", 3);
	expect_close(fd, 4001);
	/* the client's own close is answered */
	fd = ws_dial(&server);
	put_frame(fd, 0x88, "\x03\xe9", 2);
	size_t n;
	char *text;
	assert_int_equal(get_frame(fd, &text, &n), 0x88);
	free(text);
	assert_true(ended(fd));
	close(fd);
	/* the host may refuse */
	server.refuse_opens = 1;
	fd = ws_dial(&server);
	expect_close(fd, 1013);
	server.refuse_opens = 0;
	/* a connection that is simply gone is told too */
	fd = ws_dial(&server);
	put_frame(fd, 0x81, "x", 1);
	expect_text(fd, "x", 1);
	close(fd);
	for (int i = 0; i < 200 && server.closed < 3; i++)
		usleep(10000);
	assert_int_equal(server.closed, 3);
	stop(&server);
}

static void a_slow_reader_is_cut(void **state)
{
	struct server server;
	start(&server, NULL, NULL, NULL, 0);
	int slow = ws_dial(&server), other = ws_dial(&server);
	put_frame(slow, 0x81, "flood", 5); /* 10 MB, read by nobody */
	for (int i = 0; i < 1000 && !server.closed; i++)
		usleep(10000);
	assert_int_equal(server.limits, 1);
	assert_int_equal(server.closed, 1);
	put_frame(other, 0x81, "x", 1);
	expect_text(other, "x", 1);
	close(slow);
	close(other);
	stop(&server);
}

static void silent_connections_are_pinged_and_cut(void **state)
{
	struct server server;
	start(&server, NULL, NULL, NULL, 50 * USEC_MS);
	int silent = ws_dial(&server), good = ws_dial(&server);
	for (int i = 0; i < 8; i++) {
		size_t n;
		char *text;
		uint8_t head[3];
		get(good, head, 3);
		assert_int_equal(head[0], 0x89);
		put_frame(good, 0x8a, (char *)head + 2, 1);
		if (i == 7) {
			put_frame(good, 0x81, "y", 1);
			assert_int_equal(get_frame(good, &text, &n), 0x81);
			free(text);
		}
	}
	for (int i = 0; i < 500 && !server.closed; i++)
		usleep(10000);
	assert_int_equal(server.closed >= 1, 1);
	assert_true(server.alive >= 7);
	close(silent);
	close(good);
	stop(&server);
}

static void events_stream(void **state)
{
	struct server server;
	char head[4096], body[256];
	start(&server, NULL, NULL, NULL, 0);
	int fd = dial(&server);
	assert_int_equal(ask(fd, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n", head, body, sizeof body), 401);
	put_text(fd, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n");
	assert_int_equal(get_head(fd, head), 200);
	assert_non_null(strcasestr(head, "content-type: text/event-stream\r\n"));
	assert_non_null(strcasestr(head, "cache-control: no-store"));
	const char *want = "event: room\ndata: {\"id\":\"giao-ban\"}\n\n";
	get(fd, body, strlen(want));
	assert_memory_equal(body, want, strlen(want));
	ws_wake(server.ws);
	want = "event: gone\ndata: {}\n\n";
	get(fd, body, strlen(want));
	assert_memory_equal(body, want, strlen(want));
	assert_true(ended(fd));
	close(fd);
	/* one that is left open is told at the end */
	fd = dial(&server);
	put_text(fd, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n");
	assert_int_equal(get_head(fd, head), 200);
	get(fd, body, 10);
	stop(&server);
	assert_int_equal(server.streams, 2);
	assert_true(server.wakes >= 1);
	close(fd);
}

static void the_control_socket_is_local(void **state)
{
	struct server server;
	char folder[] = "/tmp/diemcau-ws-XXXXXX", path[64], head[4096], body[4096];
	assert_non_null(mkdtemp(folder));
	(void)str_print(path, sizeof path, "%s/control.sock", folder);
	start(&server, NULL, NULL, path, 0);
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	(void)str_copy(name.sun_path, sizeof name.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(ask(fd, "GET /api/v1/rooms HTTP/1.1\r\nHost: local\r\n\r\n", head, body, sizeof body), 200);
	assert_non_null(strstr(body, "local=1 remote=local"));
	close(fd);
	stop(&server);
	assert_int_not_equal(access(path, F_OK), 0); /* taken away at the end */
	assert_int_equal(rmdir(folder), 0);
}

static void connections_have_a_limit(void **state)
{
	struct server server;
	int fds[20];
	start(&server, NULL, NULL, NULL, 0);
	for (int i = 0; i < 20; i++)
		fds[i] = ws_dial(&server);
	int fd = dial(&server);
	assert_true(ended(fd));
	close(fd);
	put_frame(fds[19], 0x81, "x", 1);
	expect_text(fds[19], "x", 1);
	close(fds[0]);
	for (int i = 0; i < 200 && !server.closed; i++)
		usleep(10000);
	fd = ws_dial(&server);
	close(fd);
	for (int i = 1; i < 20; i++)
		close(fds[i]);
	stop(&server);
}

/* Turns cost by the connections there are (io/turns): a conversation that goes on and on rests between them, a worker's
 * word does not wait for that. */
static void many_turns_rest_and_a_wake_does_not(void **state)
{
	struct server server;
	int fds[20];
	start(&server, NULL, NULL, NULL, 0);
	for (int i = 0; i < 20; i++)
		fds[i] = ws_dial(&server);
	/* a frame is two writes: the second must not wait for the first one's acknowledgement */
	assert_int_equal(setsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)), 0);
	usec began = clock_now();
	for (int i = 0; i < 100; i++) {
		put_frame(fds[0], 0x81, "x", 1);
		expect_text(fds[0], "x", 1);
	}
	assert_true(clock_now() - began >= (100 - TURNS_BURST - 1) * 20 * TURNS_COST);
	began = clock_now();
	for (int i = 0; i < 200; i++) {
		int before = server.wakes;
		ws_wake(server.ws);
		while (server.wakes == before)
			usleep(10);
	}
	assert_true(clock_now() - began < 200 * 20 * TURNS_COST / 2);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
	stop(&server);
}

static void https_speaks_tls_and_http1_alone(void **state)
{
	struct server server;
	char folder[] = "/tmp/diemcau-ws-XXXXXX", cert[64], key[64], error[CERTFILE_ERROR];
	enum certfile_kept kept;
	assert_non_null(mkdtemp(folder));
	(void)str_print(cert, sizeof cert, "%s/cert.pem", folder);
	(void)str_print(key, sizeof key, "%s/key.pem", folder);
	assert_int_equal(certfile_keep(cert, key, &(struct certfile_names){ 0 }, clock_unix_ms() / 1000, &kept, error),
			 ERR_OK);
	start(&server, cert, key, NULL, 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	static const unsigned char offered[] = "\x02h2\x08http/1.1";
	assert_int_equal(SSL_CTX_set_alpn_protos(ctx, offered, sizeof offered - 1), 0);
	int fd = dial(&server);
	SSL *ssl = SSL_new(ctx);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	assert_int_equal(SSL_connect(ssl), 1);
	const unsigned char *chosen;
	unsigned chosen_n;
	SSL_get0_alpn_selected(ssl, &chosen, &chosen_n);
	assert_int_equal(chosen_n, 8);
	assert_memory_equal(chosen, "http/1.1", 8);
	const char *request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	char answer[8192] = "";
	assert_int_equal(SSL_write(ssl, request, (int)strlen(request)), strlen(request));
	for (size_t n = 0; n < sizeof answer - 1;) {
		int got = SSL_read(ssl, answer + n, (int)(sizeof answer - 1 - n));
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	assert_non_null(strstr(answer, " 200 OK\r\n"));
	assert_non_null(strstr(answer, page_plain));
	SSL_free(ssl);
	close(fd);
	/* TLS 1.1 is refused */
	fd = dial(&server);
	ssl = SSL_new(ctx);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	assert_int_equal(SSL_set_max_proto_version(ssl, TLS1_1_VERSION), 1);
	assert_int_not_equal(SSL_connect(ssl), 1);
	SSL_free(ssl);
	close(fd);
	SSL_CTX_free(ctx);
	/* who forgets the s is led there */
	fd = dial(&server);
	char head[4096];
	put_text(fd, "GET /r/giao-ban HTTP/1.1\r\nHost: hop.example:8443\r\n\r\n");
	assert_int_equal(get_head(fd, head), 301);
	assert_non_null(strcasestr(head, "location: https://hop.example:8443"));
	close(fd);
	stop(&server);
	(void)unlink(cert);
	(void)unlink(key);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_and_their_headers),
		cmocka_unit_test(requests_arrive_whole),
		cmocka_unit_test(bad_requests_get_an_answer),
		cmocka_unit_test(messages_come_whole),
		cmocka_unit_test(too_large_is_told_after_its_rest),
		cmocka_unit_test(what_was_sent_leaves_before_the_close),
		cmocka_unit_test(a_slow_reader_is_cut),
		cmocka_unit_test(silent_connections_are_pinged_and_cut),
		cmocka_unit_test(events_stream),
		cmocka_unit_test(the_control_socket_is_local),
		cmocka_unit_test(connections_have_a_limit),
		cmocka_unit_test(many_turns_rest_and_a_wake_does_not),
		cmocka_unit_test(https_speaks_tls_and_http1_alone),
	};
	if (getenv("ONLY"))
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
