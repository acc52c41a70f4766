#include "signal/transport.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include "signal/room.h"
#include "signal/roster.h"
#include "signal/sdpz.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void transport_free(struct transport *transport)
{
	if (transport)
		free(transport->answer);
	free(transport);
}

bool transport_usable(const struct transport *transport)
{
	return transport && transport->generation && transport->state != TRANSPORT_CLOSED;
}

static struct transport *make(const struct signal *hub)
{
	struct transport *transport = calloc(1, sizeof *transport);
	if (!transport)
		return NULL;
	hub_random_text(hub, transport->ufrag, TRANSPORT_UFRAG_CHARS);
	hub_random_text(hub, transport->pwd, TRANSPORT_PWD_CHARS);
	return transport;
}

static void config_of(const struct seat *seat, const struct transport *transport, struct negotiate_config *config)
{
	const struct signal *hub = seat->hub;
	const struct signal_worker *worker = &hub->config.worker[seat->worker];
	*config = (struct negotiate_config){ .ufrag = transport->ufrag,
					     .pwd = transport->pwd,
					     .fingerprint = hub->config.fingerprint,
					     .session_id = transport->session_id,
					     .udp = worker->candidates,
					     .n_udp = worker->n_candidates,
					     .slots_audio = transport->slots_audio,
					     .slots_video = transport->slots_video,
					     .ssrcs = transport->ssrcs,
					     .allow = hub->config.allow };
}

/* Random, none 0, no two the same. */
static void draw_ssrcs(const struct signal *hub, uint32_t ssrcs[NEGOTIATE_SSRCS])
{
	for (unsigned n = 0; n < NEGOTIATE_SSRCS;) {
		bool good = true;
		hub->host.random(hub->host.ctx, &ssrcs[n], sizeof ssrcs[n]);
		for (unsigned i = 0; i < n; i++)
			good = good && ssrcs[i] != ssrcs[n];
		n += good && ssrcs[n] != 0;
	}
}

static enum code refuse(const struct negotiate_error *error, char why[CODE_WHY])
{
	(void)str_copy(why, CODE_WHY, error->text);
	switch (error->err) {
	case ERR_FORMAT:
	case ERR_RANGE:
	case ERR_LIMIT:
	case ERR_SHORT: return CODE_BAD_REQUEST;
	case ERR_MISSING: return CODE_UNSUPPORTED;
	default: log_error("transport", "event=negotiate-failed err=%s", err_name(error->err)); return CODE_INTERNAL;
	}
}

static void command(const struct seat *seat, const struct transport *transport)
{
	const struct signal_host *host = &seat->hub->host;
	struct command c = { .type = COMMAND_TRANSPORT };
	c.transport.csrc = seat->kept.csrc;
	c.transport.generation = transport->generation;
	(void)str_copy(c.transport.ufrag, sizeof c.transport.ufrag, transport->ufrag);
	(void)str_copy(c.transport.pwd, sizeof c.transport.pwd, transport->pwd);
	memcpy(&c.transport.media, &transport->media, negotiated_bytes(&transport->media));
	host->command(host->ctx, seat->worker, &c);
}

/* Before a site has said itself what it publishes, its offer says it: the lines it sends on. */
static void publish_lines(struct seat *seat, const struct negotiated *media)
{
	bool audio = false, video = false;
	for (int i = 0; i < media->n_lines; i++) {
		audio = audio || media->lines[i].role == LINE_MIC;
		video = video || media->lines[i].role == LINE_CAMERA;
	}
	if (seat->published || (seat->audio == audio && seat->video == video))
		return;
	seat->audio = audio;
	seat->video = video;
	seat_command(seat);
	roster_changed(seat, ROW_AUDIO | ROW_VIDEO);
}

/* A new PeerConnection: new SSRCs, a new answer. */
static enum code begin(struct seat *seat, struct bytes offer, struct bytes *text, char why[CODE_WHY])
{
	struct signal *hub = seat->hub;
	struct transport *old = seat->transport, *new = make(hub);
	struct negotiate_config config;
	struct negotiate_error error;
	struct writer answer = writer_of(hub->scratch, (size_t)NEGOTIATE_ANSWER_MAX);
	if (!new)
		return CODE_INTERNAL;
	if (old) {
		memcpy(new->ufrag, old->ufrag, sizeof new->ufrag);
		memcpy(new->pwd, old->pwd, sizeof new->pwd);
		new->generation = old->generation;
	}
	new->generation++;
	hub->host.random(hub->host.ctx, &new->session_id, sizeof new->session_id);
	new->session_id >>= 2;
	new->slots_audio = seat->kept.slots_audio;
	new->slots_video = seat->kept.slots_video;
	draw_ssrcs(hub, new->ssrcs);
	config_of(seat, new, &config);
	if (negotiate_answer(offer, &config, &new->media, &answer, &error)) {
		transport_free(new);
		return refuse(&error, why);
	}
	*text = writer_done(&answer);
	if (sdpz_pack(*text, &new->answer)) {
		transport_free(new);
		return CODE_INTERNAL;
	}
	struct transport *shrunk = realloc(new, offsetof(struct transport, media) + negotiated_bytes(&new->media));
	new = shrunk ? shrunk : new;
	transport_free(old);
	seat->transport = new;
	command(seat, new);
	publish_lines(seat, &new->media);
	log_info("transport", "room=%s site=%s generation=%u lines=%u", seat->kept.room, seat->kept.id, new->generation,
		 new->media.n_lines);
	return CODE_OK;
}

/* The answer as it was given, in the scratch buffer. */
static enum err unpack_answer(const struct transport *transport, const struct signal *hub, struct bytes *answer)
{
	char *text;
	size_t n;
	enum err err = sdpz_unpack(transport->answer, &text, &n);
	if (err)
		return err;
	memcpy(hub->scratch, text, n); /* it was written there once */
	free(text);
	*answer = bytes_of(hub->scratch, n);
	return ERR_OK;
}

enum code transport_on_offer(struct seat *seat, struct bytes offer, struct bytes *answer, char why[CODE_WHY])
{
	struct transport *transport = seat->transport;
	enum negotiate_relation relation = NEGOTIATE_NEW;
	struct negotiate_error error;
	if (transport) {
		struct negotiate_config config;
		config_of(seat, transport, &config);
		relation = negotiate_compare(&transport->media, offer, &config, &error);
	}
	if (relation == NEGOTIATE_MISMATCH)
		return refuse(&error, why);
	if (relation == NEGOTIATE_NEW)
		return begin(seat, offer, answer, why);
	if (unpack_answer(transport, seat->hub, answer))
		return CODE_INTERNAL;
	if (transport->state == TRANSPORT_CLOSED) {
		transport->generation++;
		transport->state = TRANSPORT_NEW;
		command(seat, transport);
	}
	return CODE_OK;
}

void transport_on_event(struct seat *seat, const struct event_transport *event)
{
	static const char *const states[] = { "new", "connected", "silent", "closed" };
	struct transport *transport = seat->transport;
	if (!transport || transport->generation != event->generation)
		return;
	transport->state = event->state;
	log_info("transport", "room=%s site=%s generation=%u state=%s why=%s", seat->kept.room, seat->kept.id,
		 event->generation, states[event->state], LOG_TEXT(event->why ? event->why : ""));
}
