/* Many WebSocket connections to one server, JSON both ways, served by a thread of its own (libwebsockets, jansson).
 *
 * All callbacks come on that thread, and client_open and client_send are called from them alone. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct client;

struct client_host {
	void *ctx;
	void (*woken)(void *ctx); /* after client_wake */
	void (*opened)(void *ctx, uint32_t i);
	void (*message)(void *ctx, uint32_t i, json_t *message); /* borrowed */
	void (*closed)(void *ctx, uint32_t i, const char *why);
};

/* url: ws://host:port or wss://host:port, whose certificate is not looked at; NULL: said on stderr why. */
struct client *client_new(const char *url, const char *path, const char *protocol, uint32_t connections,
			  const struct client_host *host);
/* Any thread. */
void client_wake(struct client *c);
void client_open(struct client *c, uint32_t i);
void client_send(struct client *c, uint32_t i, json_t *message); /* takes it */
/* Ends the thread and all connections. NULL is allowed. */
void client_free(struct client *c);
