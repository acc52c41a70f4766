#include "engine/engine.h"
#include "engine/check.h"
#include "engine/core.h"
#include "engine/feedback.h"
#include "engine/forward.h"
#include "engine/levels.h"
#include "engine/loan.h"
#include "engine/path.h"
#include "engine/remote.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/tell.h"
#include "engine/transport.h"
#include "media/send.h"
#include "wire/demux.h"
#include <stdlib.h>

#define REPORT_EVERY USEC_S
/* Inbound streams and histories a site: microphone, low voice, camera and screen with their layers. */
#define STREAMS_PER_SITE 7
#define LAYERS_PER_SITE 5

uint64_t core_ntp(const struct engine *e, usec at)
{
	return send_ntp(e->config.ntp_base, at);
}

/* Whoever flushes the outbox: what was sealed into it is final first. */
static void send_final(void *ctx, const struct outbox *o)
{
	struct engine *e = ctx;
	sealer_finish(e->sealer);
	e->host.send(e->host.ctx, o);
}

struct engine *engine_new(const struct engine_config *config, const struct engine_host *host)
{
	struct engine *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->config = *config;
	e->host = *host;
	if (!e->config.workers)
		e->config.workers = 1;
	e->chance = config->seed ? config->seed : 1;
	if (!e->config.history)
		e->config.history = config->buffers / 2;
	if (!e->config.history_time)
		e->config.history_time = CACHE_KEEP;
	list_init(&e->fresh_voices);
	list_init(&e->fresh_pictures);
	if (!e->config.slots_audio)
		e->config.slots_audio = config->sites * SLOTS_AUDIO_MAX;
	if (!e->config.slots_video)
		e->config.slots_video = config->sites * SLOTS_VIDEO_MAX;
	if (sealer_new(config->backend, &e->sealer) != ERR_OK ||
	    pool_init(&e->packets, sizeof(struct packet), config->buffers) != ERR_OK ||
	    pool_init(&e->streams, sizeof(struct stream), config->sites * STREAMS_PER_SITE) != ERR_OK ||
	    history_init(&e->history, e->config.history, config->sites * LAYERS_PER_SITE, e->config.history_time) !=
		ERR_OK ||
	    pool_init(&e->site_cells, sizeof(struct site), config->sites) != ERR_OK ||
	    transport_pool_init(e) != ERR_OK || loan_init(e) != ERR_OK || lent_init(e) != ERR_OK ||
	    outbox_init(&e->outbox, send_final, e) != ERR_OK ||
	    timers_init(&e->timers, ROOMS_MAX + (1 + SOURCES) * config->sites + e->config.workers) != ERR_OK ||
	    map_init(&e->rooms, ROOMS_MAX) != ERR_OK || map_init(&e->sites, config->sites) != ERR_OK ||
	    route_init(&e->route, config->sites) != ERR_OK) {
		engine_free(e);
		return NULL;
	}
	return e;
}

static void close_all(struct engine *e)
{
	uint32_t at = 0;
	for (struct site *s = map_next(&e->sites, &at); s; at = 0, s = map_next(&e->sites, &at))
		site_close(e, s, 0);
	at = 0;
	for (struct room *r = map_next(&e->rooms, &at); r; at = 0, r = map_next(&e->rooms, &at))
		room_close(e, r);
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	close_all(e);
	route_fini(&e->route);
	map_fini(&e->sites);
	map_fini(&e->rooms);
	timers_fini(&e->timers);
	outbox_fini(&e->outbox);
	lent_fini(e);
	loan_fini(e);
	pool_fini(&e->arrivals);
	pool_fini(&e->transport_cells);
	pool_fini(&e->site_cells);
	history_fini(&e->history);
	pool_fini(&e->streams);
	pool_fini(&e->packets);
	sealer_free(e->sealer);
	free(e);
}

enum srtp_backend engine_backend(const struct engine *e)
{
	return sealer_backend(e->sealer);
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

static void on_room(struct engine *e, const struct command *c, usec now)
{
	room_on_command(e, &c->room, now);
}

static void on_room_close(struct engine *e, const struct command *c, usec now)
{
	struct room *r = room_get(e, c->room_close);
	if (r)
		room_close(e, r);
}

static void on_site(struct engine *e, const struct command *c, usec now)
{
	site_on_command(e, &c->site, now);
}

static void on_site_close(struct engine *e, const struct command *c, usec now)
{
	struct site *s = site_find(e, c->csrc);
	if (s)
		site_close(e, s, now);
}

static void on_transport(struct engine *e, const struct command *c, usec now)
{
	struct site *s = site_find(e, c->transport.csrc);
	if (s)
		transport_open(e, s, &c->transport, now);
}

static void on_transport_close(struct engine *e, const struct command *c, usec now)
{
	struct site *s = site_find(e, c->csrc);
	if (s && s->transport)
		transport_close(e, s->transport, NULL, now);
}

static void on_view(struct engine *e, const struct command *c, usec now)
{
	site_on_view(e, &c->view, now);
}

static void on_repeat(struct engine *e, const struct command *c, usec now)
{
	struct site *s = site_find(e, c->csrc);
	if (!s || !s->transport)
		return;
	slot_tell_all(e, s->transport);
	for (unsigned kind = 0; kind < SOURCES; kind++)
		if (s->sources[kind].open)
			tell_encodings(e, &s->sources[kind]);
}

void engine_on_command(struct engine *e, const struct command *command, usec now)
{
	static void (*const handlers[])(struct engine *, const struct command *, usec) = {
		[COMMAND_ROOM] = on_room,	    [COMMAND_ROOM_CLOSE] = on_room_close,
		[COMMAND_SITE] = on_site,	    [COMMAND_SITE_CLOSE] = on_site_close,
		[COMMAND_TRANSPORT] = on_transport, [COMMAND_TRANSPORT_CLOSE] = on_transport_close,
		[COMMAND_VIEW] = on_view,	    [COMMAND_REPEAT] = on_repeat,
	};
	handlers[command->type](e, command, now);
}

/* ---- datagrams ------------------------------------------------------------------------------------------------- */

struct packet *engine_buffer(struct engine *e)
{
	return packet_new(&e->packets);
}

static void on_media(struct engine *e, struct packet *p, enum demux kind, const struct netaddr *from, usec now)
{
	struct transport *t = route_from(&e->route, from);
	if (!t)
		core_drop(e, DROP_NO_TRANSPORT);
	else if (kind == DEMUX_DTLS)
		e->host.dtls_datagram(e->host.ctx, t->site->csrc, t->generation,
				      bytes_of(p->data + p->start, p->length));
	else if (kind == DEMUX_RTP)
		path_on_rtp(e, t, p, from, now);
	else
		feedback_on_rtcp(e, t, p, from, now);
}

void engine_on_datagram(struct engine *e, struct packet *packet, const struct netaddr *from, usec now)
{
	struct bytes datagram = bytes_of(packet->data + packet->start, packet->length);
	enum demux kind = demux_kind(datagram);
	e->in_packets++;
	e->in_bytes += packet->length;
	if (packet->length == 0 || packet->length > DATAGRAM_MAX)
		core_drop(e, DROP_SIZE);
	else if (kind == DEMUX_NONE)
		core_drop(e, DROP_DEMUX);
	else if (kind == DEMUX_STUN)
		check_on_datagram(e, datagram, from, now);
	else
		on_media(e, packet, kind, from, now);
	packet_put(packet);
}

void engine_count_drop(struct engine *e, enum drop drop, uint64_t n)
{
	e->drops[drop] += n;
}

void engine_count_sends(struct engine *e, const struct send_counts *counts)
{
	e->sends = *counts;
}

/* ---- DTLS ------------------------------------------------------------------------------------------------------ */

void engine_on_keys(struct engine *e, uint32_t csrc, uint32_t generation, const struct srtp_keys *keys, usec now)
{
	struct transport *t = transport_find(e, csrc, generation);
	if (t)
		transport_on_keys(e, t, keys, now);
}

void engine_on_dtls_failed(struct engine *e, uint32_t csrc, uint32_t generation, const char *why, usec now)
{
	struct transport *t = transport_find(e, csrc, generation);
	if (t)
		transport_close(e, t, why, now);
}

void engine_send_dtls(struct engine *e, uint32_t csrc, uint32_t generation, struct bytes datagram)
{
	const struct transport *t = transport_find(e, csrc, generation);
	const struct netaddr *to = t ? ice_address(&t->ice) : NULL;
	if (!to || datagram.n > OUTBOX_CELL) {
		core_drop(e, to ? DROP_SIZE : DROP_SILENT);
		return;
	}
	memcpy(outbox_room(&e->outbox, datagram.n), datagram.p, datagram.n);
	outbox_commit(&e->outbox, to, datagram.n);
}

/* ---- other workers --------------------------------------------------------------------------------------------- */

void engine_on_link(struct engine *e, uint32_t from, const struct link_message *m, usec now)
{
	switch (m->type) {
	case LINK_PACKETS: loan_on_packets(e, from, &m->packets, now); break;
	case LINK_BACK: loan_on_back(e, from, &m->back); break;
	case LINK_SOURCE: remote_on_source(e, from, &m->source, now); break;
	case LINK_TAKE: remote_on_take(e, from, &m->take, now); break;
	case LINK_KEYFRAME: remote_on_keyframe(e, &m->keyframe, now); break;
	case LINK_GONE: remote_on_gone(e, from, &m->gone, now); break;
	case LINK_MISSING: remote_on_missing(e, from, &m->missing); break;
	case LINK_LEVELS: levels_on_link(e, &m->levels); break;
	case LINK_DECISION: room_on_decision(e, &m->decision); break;
	}
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

usec engine_deadline(const struct engine *e)
{
	usec next = e->report_at;
	usec_lower(&next, timers_next(&e->timers));
	return next;
}

void engine_on_deadline(struct engine *e, usec now)
{
	for (struct timer *timer; (timer = timers_due(&e->timers, now));)
		switch ((enum timer_kind)timer->kind) {
		case TIMER_ROOM: room_on_deadline(e, list_item(timer, struct room, timer), now); break;
		case TIMER_TRANSPORT: transport_on_deadline(e, list_item(timer, struct transport, timer), now); break;
		case TIMER_SOURCE: source_on_timer(e, list_item(timer, struct source, timer), now); break;
		case TIMER_OTHER: levels_on_deadline(e, list_item(timer, struct other, timer)); break;
		}
	if (now >= e->report_at) {
		tell_engine(e);
		e->report_at = now + REPORT_EVERY;
	}
}

void engine_flush(struct engine *e, usec now)
{
	forward_all(e, now);
	outbox_flush(&e->outbox);
	remote_flush(e);
	loan_flush(e); /* when no sealing reads them any more */
}
