/* The daemon's REST interface, by its Unix socket or by HTTPS. */
#pragma once
#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>

#define REST_TEXT 512

struct rest {
	CURL *curl;
	char socket[REST_TEXT], server[REST_TEXT]; /* one of both */
	char token[4096];
	const char *ca; /* PEM file, NULL: the system's */
	char why[REST_TEXT];
};

enum rest_result { REST_DONE, REST_REFUSED, REST_NO_DAEMON };

/* Makes ready; false: no memory. */
bool rest_init(struct rest *r);
void rest_fini(struct rest *r);
/* Asks `method` of `path` (below /api/v1/, already escaped). `body` may be NULL and is not taken over. *answer is new,
 * or NULL when there is none. With REST_REFUSED and REST_NO_DAEMON `why` says why. */
enum rest_result rest_ask(struct rest *r, const char *method, const char *path, const json_t *body, json_t **answer);
/* A part of a path, escaped; curl_free. NULL: no memory. */
char *rest_escape(struct rest *r, const char *part);
