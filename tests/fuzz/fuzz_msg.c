/* Whole conversations against the signalling object: each line of the input is one step.
 *
 *   A… B… C… D…    the rest of the line is a frame of that connection (opened when it is not there)
 *   -A             that connection ends
 *   +n             n tenths of a second go by
 *   G path, P path body    a request of the operator
 *   $x in a frame is replaced by what connection x's last answer called itself: A's id, a's secret */
#include "base/log.h"
#include "unit/rig.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char ids[4][64], secrets[4][64];

/* Takes ids and secrets out of the answers, and lets closed connections go. */
static void read_outs(struct rig *rig)
{
	for (const struct rig_out *o = rig->outs; o; o = o->next) {
		int i = o->who - 'A';
		if (i < 0 || i >= 4)
			continue;
		if (o->close && rig->sessions[i]) {
			signal_on_closed(rig->signal, rig->sessions[i], rig->now);
			rig->sessions[i] = NULL;
			continue;
		}
		json_t *json = json_loads(o->text, 0, NULL), *session = json_object_get(json, "session");
		if (!o->close && !json)
			abort(); /* what we send is JSON */
		if (session) {
			(void)snprintf(ids[i], sizeof ids[i], "%s", json_string_value(json_object_get(session, "id")));
			(void)snprintf(secrets[i], sizeof secrets[i], "%s",
				       json_string_value(json_object_get(session, "secret")));
		}
		json_decref(json);
	}
	(void)rig_drain(rig, '*');
}

static size_t fill_in(const char *from, size_t n, char to[LINE_BYTES])
{
	size_t out = 0;
	for (size_t i = 0; i < n && out + 64 < LINE_BYTES; i++) {
		char c = (char)(i + 1 < n && from[i] == '$' ? from[i + 1] : '\0');
		const char *text = c >= 'A' && c <= 'D' ? ids[c - 'A'] : c >= 'a' && c <= 'd' ? secrets[c - 'a'] : NULL;
		if (!text) {
			to[out++] = from[i];
			continue;
		}
		memcpy(to + out, text, strlen(text));
		out += strlen(text);
		i++;
	}
	return out;
}

static void request(struct rig *rig, enum http_method method, const char *line, size_t n)
{
	char text[LINE_BYTES], *body, *query;
	size_t length = fill_in(line, n < LINE_BYTES - 1 ? n : LINE_BYTES - 1, text);
	text[length] = '\0';
	body = text + strcspn(text, " ");
	if (*body)
		*body++ = '\0';
	query = text + strcspn(text, "?");
	if (*query)
		*query++ = '\0';
	struct signal_request r = { .method = method, .path = text, .query = query, .local = true, .remote = "" };
	struct signal_response response;
	r.body = bytes_of(body, strlen(body));
	signal_on_request(rig->signal, &r, &response, rig->now);
	signal_response_fini(&response);
}

static void step(struct rig *rig, const char *line, size_t n)
{
	char text[LINE_BYTES];
	char who = line[0];
	if (who >= 'A' && who <= 'D') {
		if (!rig->sessions[who - 'A'])
			rig_open(rig, who);
		if (rig->sessions[who - 'A'])
			rig_text(rig, who, text, fill_in(line + 1, n - 1, text));
	} else if (who == '-' && n > 1 && line[1] >= 'A' && line[1] <= 'D' && rig->sessions[line[1] - 'A']) {
		signal_on_closed(rig->signal, rig->sessions[line[1] - 'A'], rig->now);
		rig->sessions[line[1] - 'A'] = NULL;
	} else if (who == '+' && n > 1) {
		rig_advance(rig, (usec)(unsigned char)line[1] * 100 * USEC_MS);
	} else if ((who == 'G' || who == 'P') && n > 2) {
		request(rig, who == 'G' ? HTTP_GET : HTTP_POST, line + 2, n - 2);
	}
	read_outs(rig);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	log_set_level(LOG_ERROR);
	memset(ids, 0, sizeof ids);
	memset(secrets, 0, sizeof secrets);
	struct rig *rig = rig_new();
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t n = end ? (size_t)(end - text) - at : size - at;
		if (n)
			step(rig, text + at, n);
		at += n + 1;
	}
	rig_free(rig);
	return 0;
}
