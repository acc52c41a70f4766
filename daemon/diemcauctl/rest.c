#include "rest.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define CONNECT_S 5L
#define WHOLE_S 30L

struct text {
	char *p;
	size_t n;
};

bool rest_init(struct rest *r)
{
	*r = (struct rest){ 0 };
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return false;
	r->curl = curl_easy_init();
	return r->curl;
}

void rest_fini(struct rest *r)
{
	curl_easy_cleanup(r->curl);
	curl_global_cleanup();
}

char *rest_escape(struct rest *r, const char *part)
{
	return curl_easy_escape(r->curl, part, 0);
}

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
	struct text *text = arg;
	n *= size;
	if (text->n + n > ANSWER_MAX)
		return 0;
	char *p = realloc(text->p, text->n + n + 1);
	if (!p)
		return 0;
	memcpy(p + text->n, bytes, n);
	text->p = p;
	text->n += n;
	return n;
}

static struct curl_slist *headers(const struct rest *r)
{
	char line[sizeof r->token + 32];
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
	list = curl_slist_append(list, "Expect:");
	if (r->token[0] && !str_print(line, sizeof line, "Authorization: Bearer %s", r->token))
		list = curl_slist_append(list, line);
	return list;
}

/* The problem's own words (RFC 9457), else the status. */
static void explain(struct rest *r, const json_t *problem, long status)
{
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	if (!detail)
		detail = json_string_value(json_object_get(problem, "title"));
	if (detail)
		(void)str_print(r->why, sizeof r->why, "%s", detail);
	else
		(void)str_print(r->why, sizeof r->why, "HTTP %ld", status);
}

enum rest_result rest_ask(struct rest *r, const char *method, const char *path, const json_t *body, json_t **answer)
{
	char url[4096];
	struct text text = { 0 };
	long status = 0;
	*answer = NULL;
	if (str_print(url, sizeof url, "%s/api/v1/%s", r->socket[0] ? "http://local" : r->server, path)) {
		(void)str_copy(r->why, sizeof r->why, "the address is too long");
		return REST_REFUSED;
	}
	char *sent = body ? json_dumps(body, JSON_COMPACT) : strdup("");
	struct curl_slist *list = headers(r);
	curl_easy_reset(r->curl);
	curl_easy_setopt(r->curl, CURLOPT_URL, url);
	if (r->socket[0])
		curl_easy_setopt(r->curl, CURLOPT_UNIX_SOCKET_PATH, r->socket);
	if (r->ca)
		curl_easy_setopt(r->curl, CURLOPT_CAINFO, r->ca);
	curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, r->socket[0] ? "http" : "https");
	curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, method);
	if (strcmp(method, "GET") != 0)
		curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, sent);
	curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(r->curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(r->curl, CURLOPT_TIMEOUT, WHOLE_S);
	curl_easy_setopt(r->curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &text);
	CURLcode code = sent ? curl_easy_perform(r->curl) : CURLE_OUT_OF_MEMORY;
	curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(list);
	free(sent);
	enum rest_result result = REST_DONE;
	if (code != CURLE_OK) {
		(void)str_print(r->why, sizeof r->why, "%.300s: %.150s", r->socket[0] ? r->socket : r->server,
				curl_easy_strerror(code));
		result = REST_NO_DAEMON;
	} else {
		*answer = text.n ? json_loadb(text.p, text.n, JSON_DECODE_ANY, NULL) : NULL;
		if (status < 200 || status > 299) {
			explain(r, *answer, status);
			json_decref(*answer);
			*answer = NULL;
			result = REST_REFUSED;
		}
	}
	free(text.p);
	return result;
}
