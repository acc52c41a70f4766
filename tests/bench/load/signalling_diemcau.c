/* Signalling with diemcau: a WebSocket a site; join, offer and the views in one go. What the daemon then tells (slots,
 * encodings, rosters) is read and thrown away: a speaker here sends its three layers whatever is wanted. */
#include "bench/load/client.h"
#include "bench/load/sdptext.h"
#include "bench/load/signalling.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_JOIN = 1, ASK_OFFER, ASK_VIEW };

struct signalling {
	const struct plan *plan;
	struct call *calls;
	uint32_t n;
	const uint8_t *fingerprint;
	struct client *client;
	atomic_uint started; /* calls below this number were started … */
	uint32_t opened;     /* … and these connected */
};

static void on_woken(void *ctx)
{
	struct signalling *j = ctx;
	for (; j->opened < atomic_load(&j->started); j->opened++)
		client_open(j->client, j->opened);
}

static json_t *view(const struct plan *plan, uint32_t site)
{
	static const int heights[] = { 180, 360, 720 };
	json_t *slots = json_array();
	char name[16];
	bool stage = plan_room_speakers(plan, site) == 1;
	for (uint32_t i = 0; i < plan->video_slots; i++) {
		(void)snprintf(name, sizeof name, "v%u", i);
		(void)json_array_append_new(slots, json_pack("{s:s,s:s,s:i,s:i}", "slot", name, "source",
							     stage && i == 0 ? "stage" : "auto", "height",
							     heights[plan->layer], "fps", 30));
	}
	return json_pack("{s:s,s:i,s:o}", "type", "view", "id", ASK_VIEW, "slots", slots);
}

static void on_opened(void *ctx, uint32_t i)
{
	struct signalling *j = ctx;
	struct call *c = &j->calls[i];
	char room[32], name[32];
	char *sdp = malloc(SDPTEXT_MAX);
	if (!sdp || !sdptext_offer(sdp, SDPTEXT_MAX, j->plan, c, j->fingerprint, true)) {
		call_fail(c, "the offer is too long");
		free(sdp);
		return;
	}
	(void)snprintf(room, sizeof room, "bench-%u", plan_room(j->plan, c->site));
	(void)snprintf(name, sizeof name, "Site %u", c->site);
	client_send(j->client, i,
		    json_pack("{s:s,s:i,s:s,s:s,s:{s:i,s:i}}", "type", "join", "id", ASK_JOIN, "room", room, "name",
			      name, "slots", "audio", (int)j->plan->audio_slots, "video", (int)j->plan->video_slots));
	client_send(j->client, i, json_pack("{s:s,s:i,s:s}", "type", "offer", "id", ASK_OFFER, "sdp", sdp));
	client_send(j->client, i, view(j->plan, c->site));
	free(sdp);
}

static void on_answer(struct call *c, const char *text)
{
	struct sdp *sdp = malloc(sizeof *sdp);
	if (sdp && sdp_parse(bytes_of(text, strlen(text)), sdp) == ERR_OK && sdptext_read(sdp, c))
		atomic_store(&c->state, CALL_AGREED);
	else
		call_fail(c, c->why[0] ? c->why : "the answer cannot be read");
	free(sdp);
}

static void on_message(void *ctx, uint32_t i, json_t *message)
{
	struct signalling *j = ctx;
	struct call *c = &j->calls[i];
	const char *type = json_string_value(json_object_get(message, "type"));
	const char *sdp = json_string_value(json_object_get(message, "sdp"));
	if (!type)
		return;
	if (!strcmp(type, "error"))
		call_fail(c, json_string_value(json_object_get(message, "message")));
	else if (!strcmp(type, "ok") && sdp)
		on_answer(c, sdp);
}

static void on_closed(void *ctx, uint32_t i, const char *why)
{
	struct signalling *j = ctx;
	call_fail(&j->calls[i], why);
}

static struct signalling *begin(const struct plan *plan, struct call *calls, uint32_t n,
				const uint8_t fingerprint[CERT_SHA256])
{
	struct signalling *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	*j = (struct signalling){ .plan = plan, .calls = calls, .n = n, .fingerprint = fingerprint };
	const struct client_host host = { j, on_woken, on_opened, on_message, on_closed };
	j->client = client_new(plan->url, "/ws", "diemcau.v1", n, &host);
	if (j->client)
		return j;
	free(j);
	return NULL;
}

static void start(struct signalling *j, uint32_t end)
{
	for (uint32_t i = atomic_load(&j->started); i < end; i++)
		atomic_store(&j->calls[i].state, CALL_ASKED);
	atomic_store(&j->started, end);
	client_wake(j->client);
}

static void end(struct signalling *j)
{
	if (!j)
		return;
	client_free(j->client);
	free(j);
}

const struct signalling_kind signalling_diemcau = { false, begin, start, end };
