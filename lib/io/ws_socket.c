#include "base/log.h"
#include "base/str.h"
#include "io/ws_inner.h"
#include <stdlib.h>
#include <string.h>

#define SILENT_PINGS_MAX 4
#define MESSAGE_FIRST 4096
#define THROWN_MAX ((size_t)64 * 1024 * 1024) /* a message that will not end is not read for ever */

static enum err queue(struct ws_socket *s, struct outgoing *item)
{
	if (s->queued + item->n > s->w->config.queue_bytes) {
		log_warn("ws", "event=slow remote=%s unsent=%zu", s->remote, s->queued);
		free(item);
		ws_socket_cut(s);
		return ERR_LIMIT;
	}
	item->next = NULL;
	*s->tail = item;
	s->tail = &item->next;
	s->queued += item->n;
	lws_callback_on_writable(s->wsi);
	return ERR_OK;
}

static struct outgoing *outgoing_new(size_t n)
{
	struct outgoing *item = malloc(sizeof *item + LWS_PRE + n);
	if (item)
		item->n = n;
	return item;
}

/* Writes the oldest text; libwebsockets keeps what the kernel did not take and calls again only after it has gone. */
static int write_next(struct ws_socket *s, enum lws_write_protocol as)
{
	struct outgoing *item = s->head;
	s->head = item->next;
	if (!s->head)
		s->tail = &s->head;
	s->queued -= item->n;
	int written = lws_write(s->wsi, item->bytes + LWS_PRE, item->n, as);
	bool failed = written < (int)item->n;
	free(item);
	return failed ? -1 : 0;
}

/* Writes what waits while the kernel takes it: for each text a turn of its own would look at all connections. */
static int write_waiting(struct ws_socket *s, enum lws_write_protocol as)
{
	do {
		if (write_next(s, as))
			return -1;
	} while (s->head && !lws_send_pipe_choked(s->wsi));
	return 0;
}

enum err ws_send(struct ws_socket *s, const char *text, size_t n)
{
	if (s->kind != SOCKET_WS || s->closing || s->cut)
		return ERR_STATE;
	struct outgoing *item = outgoing_new(n);
	if (!item)
		return ERR_NOMEM;
	memcpy(item->bytes + LWS_PRE, text, n);
	return queue(s, item);
}

void ws_close(struct ws_socket *s, uint16_t code, const char *reason)
{
	if (s->closing || s->cut)
		return;
	s->closing = true;
	s->close_code = code;
	size_t n = reason ? strlen(reason) : 0;
	if (n > 120) /* cut between characters: a broken one would fail the client's check of the close frame */
		for (n = 120; n && ((unsigned char)reason[n] & 0xc0) == 0x80;)
			n--;
	(void)str_copy_n(s->close_reason, sizeof s->close_reason, reason ? reason : "", n);
	lws_callback_on_writable(s->wsi);
}

enum err ws_event(struct ws_socket *s, const char *name, const char *data, size_t n)
{
	if (s->kind != SOCKET_STREAM || s->closing || s->cut)
		return ERR_STATE;
	size_t name_n = strlen(name), whole = 7 + name_n + 7 + n + 2;
	struct outgoing *item = outgoing_new(whole + 1);
	if (!item)
		return ERR_NOMEM;
	(void)snprintf((char *)item->bytes + LWS_PRE, whole + 1, "event: %s\ndata: %.*s\n\n", name, (int)n, data);
	item->n = whole;
	return queue(s, item);
}

void ws_stream_close(struct ws_socket *s)
{
	s->closing = true;
	lws_callback_on_writable(s->wsi);
}

void ws_socket_cut(struct ws_socket *s)
{
	if (s->cut)
		return;
	s->cut = true;
	lws_set_timeout(s->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

void ws_socket_gone(struct ws_socket *s)
{
	void *user = s->user;
	if (!user)
		return;
	s->user = NULL;
	(s->kind == SOCKET_STREAM ? s->w->host.stream_closed : s->w->host.closed)(s->w->host.ctx, user);
}

void ws_socket_clear(struct ws_socket *s)
{
	for (struct outgoing *item = s->head, *next; item; item = next) {
		next = item->next;
		free(item);
	}
	s->head = NULL;
	s->tail = &s->head;
	s->queued = 0;
	free(s->message);
	s->message = NULL;
	s->length = s->size = 0;
}

void ws_socket_tick(struct ws_socket *s)
{
	if (s->kind == SOCKET_HTTP || s->closing || s->cut)
		return;
	if (s->kind == SOCKET_WS && ++s->silent > SILENT_PINGS_MAX) {
		log_info("ws", "event=silent remote=%s", s->remote);
		ws_socket_cut(s);
		return;
	}
	s->ping_due = true;
	lws_callback_on_writable(s->wsi);
}

int ws_stream_writeable(struct ws_socket *s)
{
	uint8_t beat[LWS_PRE + 3];
	if (s->head) {
		if (write_waiting(s, LWS_WRITE_HTTP))
			return -1;
	} else if (s->closing) {
		return -1;
	} else if (s->ping_due) { /* a comment, so that a dead connection is noticed */
		s->ping_due = false;
		beat[LWS_PRE] = ':';
		beat[LWS_PRE + 1] = beat[LWS_PRE + 2] = '\n';
		if (lws_write(s->wsi, beat + LWS_PRE, 3, LWS_WRITE_HTTP) < 3)
			return -1;
	}
	if (s->head || s->closing)
		lws_callback_on_writable(s->wsi);
	return 0;
}

static int writeable(struct ws_socket *s)
{
	uint8_t ping[LWS_PRE + 1] = { 0 }; /* one byte: libwebsockets 4.1.6 does not tell of an empty pong */
	if (s->ping_due && !s->closing) {
		s->ping_due = false;
		if (lws_write(s->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) < 1)
			return -1;
	} else if (s->head) {
		if (write_waiting(s, LWS_WRITE_TEXT))
			return -1;
	} else if (s->close_sent) {
		return 0; /* libwebsockets waits for the client's */
	} else if (s->closing) {
		s->close_sent = true;
		lws_close_reason(s->wsi, (enum lws_close_status)s->close_code, (unsigned char *)s->close_reason,
				 strlen(s->close_reason));
		return -1;
	}
	if (s->head || s->closing || s->ping_due)
		lws_callback_on_writable(s->wsi);
	return 0;
}

static enum err keep(struct ws_socket *s, const void *bytes, size_t n)
{
	if (s->oversize || s->length + n > s->w->config.message_bytes) {
		s->oversize = true;
		s->thrown += n;
		return s->thrown > THROWN_MAX ? ERR_LIMIT : ERR_OK;
	}
	if (s->length + n > s->size) {
		size_t size = s->size ? s->size : MESSAGE_FIRST;
		while (size < s->length + n)
			size *= 2;
		uint8_t *message = realloc(s->message, size);
		if (!message)
			return ERR_NOMEM;
		s->message = message;
		s->size = size;
	}
	if (n)
		memcpy(s->message + s->length, bytes, n);
	s->length += n;
	return ERR_OK;
}

/* A fragment of a fragment: a message is whole when its last frame's last byte is there. Binary frames are put together
 * too and given as an empty text, which is no JSON. */
static int receive(struct ws_socket *s, const void *bytes, size_t n)
{
	const struct ws_host *host = &s->w->host;
	s->silent = 0;
	if (s->closing || s->cut || !s->user)
		return 0;
	if (keep(s, bytes, n))
		return -1;
	if (lws_remaining_packet_payload(s->wsi) || !lws_is_final_fragment(s->wsi))
		return 0;
	uint8_t *message = s->message;
	size_t length = lws_frame_is_binary(s->wsi) ? 0 : s->length;
	bool oversize = s->oversize;
	s->message = NULL;
	s->length = s->size = s->thrown = 0;
	s->oversize = false;
	if (oversize)
		host->oversize(host->ctx, s->user);
	else
		host->message(host->ctx, s->user, bytes_of(message ? message : (const uint8_t *)"", length));
	free(message);
	return 0;
}

static int established(struct ws_socket *s)
{
	const struct ws_host *host = &s->w->host;
	ws_http_drop(s);
	s->kind = SOCKET_WS;
	s->user = host->open(host->ctx, s, s->remote);
	if (!s->user)
		ws_close(s, 1013, "try again later");
	return 0;
}

int ws_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct ws_socket *s = ws_socket_of(wsi);
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED: return established(s);
	case LWS_CALLBACK_RECEIVE: return receive(s, in, n);
	case LWS_CALLBACK_RECEIVE_PONG:
		s->silent = 0;
		if (s->user && !s->closing)
			s->w->host.alive(s->w->host.ctx, s->user);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE: return s->cut ? -1 : writeable(s);
	case LWS_CALLBACK_CLOSED: ws_socket_gone(s); return 0;
	default: return 0;
	}
}
