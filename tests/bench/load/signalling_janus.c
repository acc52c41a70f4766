/* Signalling with Janus' VideoRoom, over one WebSocket and one session: a handle for what a site sends (publisher) and
 * one for what it takes (subscriber, which is offered to). Takers begin when the media of all senders flows. */
#include "bench/load/client.h"
#include "bench/load/sdptext.h"
#include "bench/load/signalling.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct signalling {
	const struct plan *plan;
	struct call *calls;
	uint32_t n, next; /* the next call to be begun */
	const uint8_t *fingerprint;
	struct client *client;
	atomic_uint started;
	bool opened;
	json_int_t session, *handles; /* [n] */
	uint32_t up;		      /* senders whose media flows */
};

static void ask(struct signalling *j, uint32_t call, json_t *message)
{
	char transaction[16];
	(void)snprintf(transaction, sizeof transaction, "%u", call);
	(void)json_object_set_new(message, "transaction", json_string(transaction));
	if (j->session)
		(void)json_object_set_new(message, "session_id", json_integer(j->session));
	if (call < j->n && j->handles[call])
		(void)json_object_set_new(message, "handle_id", json_integer(j->handles[call]));
	client_send(j->client, 0, message);
}

static uint32_t room_of(const struct signalling *j, uint32_t site)
{
	return plan_room(j->plan, site);
}

/* Feeds are named after sites. */
static int feed_of(uint32_t site)
{
	return (int)site + 1;
}

static json_t *jsep(const char *type, const char *sdp)
{
	return json_pack("{s:s,s:s}", "type", type, "sdp", sdp);
}

static void publish(struct signalling *j, uint32_t i, char *sdp)
{
	struct call *c = &j->calls[i];
	if (!sdptext_offer(sdp, SDPTEXT_MAX, j->plan, c, j->fingerprint, false))
		call_fail(c, "the offer is too long");
	else
		ask(j, i,
		    json_pack("{s:s,s:{s:s,s:s,s:i,s:i},s:o}", "janus", "message", "body", "request",
			      "joinandconfigure", "ptype", "publisher", "room", (int)room_of(j, c->site) + 1, "id",
			      feed_of(c->site), "jsep", jsep("offer", sdp)));
}

/* The first `slots` senders of the room, as the floor gives them. */
static void subscribe(struct signalling *j, uint32_t i)
{
	const struct plan *plan = j->plan;
	struct call *c = &j->calls[i];
	json_t *streams = json_array();
	uint32_t audio = 0, video = 0;
	for (uint32_t k = 0; k < j->n && j->calls[k].sends; k++) {
		uint32_t site = j->calls[k].site;
		if (site == c->site || room_of(j, site) != room_of(j, c->site))
			continue;
		if (audio++ < plan->audio_slots)
			(void)json_array_append_new(streams, json_pack("{s:i,s:s}", "feed", feed_of(site), "mid", "0"));
		if (video++ < plan->video_slots)
			(void)json_array_append_new(streams,
						    json_pack("{s:i,s:s,s:i,s:i}", "feed", feed_of(site), "mid", "1",
							      "substream", (int)plan->layer, "temporal", 2));
	}
	ask(j, i,
	    json_pack("{s:s,s:{s:s,s:s,s:i,s:o}}", "janus", "message", "body", "request", "join", "ptype", "subscriber",
		      "room", (int)room_of(j, c->site) + 1, "streams", streams));
}

static void on_offer(struct signalling *j, uint32_t i, const struct sdp *offer, char *sdp)
{
	struct call *c = &j->calls[i];
	if (!sdptext_read(offer, c) || !sdptext_answer(sdp, SDPTEXT_MAX, offer, c, j->fingerprint)) {
		call_fail(c, c->why[0] ? c->why : "the offer cannot be answered");
		return;
	}
	ask(j, i,
	    json_pack("{s:s,s:{s:s},s:o}", "janus", "message", "body", "request", "start", "jsep",
		      jsep("answer", sdp)));
	atomic_store(&c->state, CALL_AGREED);
}

/* Begins what may begin. */
static void go_on(struct signalling *j)
{
	for (; j->session && j->next < atomic_load(&j->started); j->next++) {
		if (!j->calls[j->next].sends && j->up < plan_speakers(j->plan))
			return; /* there is no such feed yet */
		ask(j, j->next, json_pack("{s:s,s:s}", "janus", "attach", "plugin", "janus.plugin.videoroom"));
	}
}

static void on_jsep(struct signalling *j, uint32_t i, json_t *message, char *scratch)
{
	const char *type = json_string_value(json_object_get(message, "type"));
	const char *text = json_string_value(json_object_get(message, "sdp"));
	struct sdp *sdp = malloc(sizeof *sdp);
	if (!sdp || !type || !text || sdp_parse(bytes_of(text, strlen(text)), sdp) != ERR_OK)
		call_fail(&j->calls[i], "a description that cannot be read");
	else if (!strcmp(type, "offer"))
		on_offer(j, i, sdp, scratch);
	else if (sdptext_read(sdp, &j->calls[i]))
		atomic_store(&j->calls[i].state, CALL_AGREED);
	else
		call_fail(&j->calls[i], j->calls[i].why);
	free(sdp);
}

static void on_success(struct signalling *j, uint32_t i, json_int_t id, char *scratch)
{
	if (i >= j->n) {
		j->session = id;
		return;
	}
	if (j->handles[i])
		return;
	j->handles[i] = id;
	if (j->calls[i].sends)
		publish(j, i, scratch);
	else
		subscribe(j, i);
}

static void on_up(struct signalling *j, json_int_t handle)
{
	for (uint32_t i = 0; i < j->n && j->calls[i].sends; i++)
		j->up += j->handles[i] == handle;
	go_on(j);
}

static const char *reason_of(json_t *message)
{
	json_t *data = json_object_get(json_object_get(message, "plugindata"), "data");
	const char *why = json_string_value(json_object_get(data, "error"));
	return why ? why : json_string_value(json_object_get(json_object_get(message, "error"), "reason"));
}

static void on_message(void *ctx, uint32_t ignored, json_t *message)
{
	(void)ignored;
	struct signalling *j = ctx;
	const char *transaction = json_string_value(json_object_get(message, "transaction"));
	const char *type = json_string_value(json_object_get(message, "janus"));
	json_t *id = json_object_get(json_object_get(message, "data"), "id");
	json_t *description = json_object_get(message, "jsep");
	uint32_t i = transaction ? (uint32_t)strtoul(transaction, NULL, 10) : UINT32_MAX;
	char *scratch = malloc(SDPTEXT_MAX);
	if (type && !strcmp(type, "webrtcup"))
		on_up(j, json_integer_value(json_object_get(message, "sender")));
	if (!type || !transaction || i > j->n || !scratch) {
		free(scratch);
		return;
	}
	if (i < j->n && reason_of(message))
		call_fail(&j->calls[i], reason_of(message));
	else if (id)
		on_success(j, i, json_integer_value(id), scratch);
	else if (description && i < j->n)
		on_jsep(j, i, description, scratch);
	free(scratch);
	go_on(j);
}

static void on_woken(void *ctx)
{
	struct signalling *j = ctx;
	if (!atomic_load(&j->started))
		return;
	if (!j->opened)
		client_open(j->client, 0);
	j->opened = true;
	go_on(j);
}

static void on_opened(void *ctx, uint32_t ignored)
{
	(void)ignored;
	struct signalling *j = ctx;
	ask(j, j->n, json_pack("{s:s}", "janus", "create"));
}

static void on_closed(void *ctx, uint32_t ignored, const char *why)
{
	(void)ignored;
	struct signalling *j = ctx;
	for (uint32_t i = 0; i < j->n; i++)
		call_fail(&j->calls[i], why);
}

static void end(struct signalling *j)
{
	if (!j)
		return;
	client_free(j->client);
	free(j->handles);
	free(j);
}

static struct signalling *begin(const struct plan *plan, struct call *calls, uint32_t n,
				const uint8_t fingerprint[CERT_SHA256])
{
	struct signalling *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	*j = (struct signalling){ .plan = plan, .calls = calls, .n = n, .fingerprint = fingerprint };
	j->handles = calloc(n, sizeof *j->handles);
	const struct client_host host = { j, on_woken, on_opened, on_message, on_closed };
	j->client = j->handles ? client_new(plan->url, "/", "janus-protocol", 1, &host) : NULL;
	if (j->client)
		return j;
	end(j);
	return NULL;
}

static void start(struct signalling *j, uint32_t end_of)
{
	for (uint32_t i = atomic_load(&j->started); i < end_of; i++)
		atomic_store(&j->calls[i].state, CALL_ASKED);
	atomic_store(&j->started, end_of);
	client_wake(j->client);
}

const struct signalling_kind signalling_janus = { true, begin, start, end };
