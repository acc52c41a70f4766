#include "engine/tell.h"
#include "base/str.h"
#include "engine/core.h"
#include "engine/site.h"
#include "engine/transport.h"

void tell_transport(struct engine *e, uint32_t csrc, uint32_t generation, enum transport_state state, const char *why)
{
	struct event event = { .type = EVENT_TRANSPORT, .transport = { csrc, generation, state, why } };
	e->host.event(e->host.ctx, &event);
}

static void describe_camera(struct event_site *out, struct source *camera, usec now)
{
	for (unsigned i = 0; i < camera->layers.n; i++)
		if (layers_alive(&camera->layers, (uint8_t)i, now)) {
			const struct layers_layer *l = &camera->layers.layer[i];
			out->width = l->width;
			out->height = l->height;
			out->fps =
			    (uint8_t)((layers_fps_x10(&camera->layers, (uint8_t)i, LAYERS_TEMPORAL - 1) + 5) / 10);
		}
}

void tell_site(struct engine *e, struct transport *t, usec now)
{
	static const uint8_t first_bit[SOURCES] = {
		[SOURCE_MIC] = 5, [SOURCE_MIC_LOW] = 6, [SOURCE_CAMERA] = 0, [SOURCE_SCREEN] = 3
	};
	struct event event = { .type = EVENT_SITE };
	struct event_site *out = &event.site;
	out->csrc = t->site->csrc;
	out->generation = t->generation;
	out->heard = t->ice.heard == USEC_NEVER ? 0 : t->ice.heard;
	if (t->ice.has_current)
		out->address = t->ice.entries[t->ice.current].address;
	out->up = rate_bps(&t->up, now);
	out->down = rate_bps(&t->down, now);
	out->rtt_ms = (uint16_t)(t->rtt / USEC_MS > UINT16_MAX ? UINT16_MAX : t->rtt / USEC_MS);
	out->loss_up = t->loss_up;
	out->loss_down = t->loss_down;
	for (unsigned kind = 0; kind < SOURCES; kind++) {
		struct source *s = &t->site->sources[kind];
		unsigned n = kind == SOURCE_SCREEN && s->layers.n > 2 ? 2 : s->layers.n;
		for (unsigned i = 0; s->open && i < n; i++)
			if (rate_pps(&s->layer[i].rate, now) > 0)
				out->layers |= (uint8_t)(1U << (first_bit[kind] + i));
	}
	describe_camera(out, &t->site->sources[SOURCE_CAMERA], now);
	out->in_packets = t->in_packets;
	out->out_packets = t->out_packets;
	out->nacks_in = t->nacks_in;
	out->nacks_out = t->nacks_out;
	out->plis_in = t->plis_in;
	out->plis_out = t->plis_out;
	e->host.event(e->host.ctx, &event);
}

void tell_encodings(struct engine *e, const struct source *s)
{
	static const enum encoding_kind kinds[SOURCES] = {
		[SOURCE_MIC] = ENCODING_AUDIO,
		[SOURCE_MIC_LOW] = ENCODING_AUDIO_LOW,
		[SOURCE_CAMERA] = ENCODING_CAMERA,
		[SOURCE_SCREEN] = ENCODING_SCREEN,
	};
	const struct transport *t = s->site->transport;
	const struct line *line = &t->media.lines[s->line];
	struct demand_encoding encodings[RIDS_MAX];
	struct event event = { .type = EVENT_ENCODINGS,
			       .encodings = { .csrc = s->site->csrc, .kind = kinds[s->kind] } };
	size_t n = demand_encodings(&s->demand, encodings);
	event.encodings.n = (uint8_t)n;
	for (size_t i = 0; i < n; i++) {
		struct encoding *out = &event.encodings.encodings[i];
		if (i < line->n_rids)
			(void)str_copy(out->rid, sizeof out->rid, line->rids[i]);
		out->active = encodings[i].active;
		out->max_bitrate = encodings[i].max_bitrate;
		out->max_framerate = encodings[i].max_framerate;
	}
	e->host.event(e->host.ctx, &event);
}

void tell_engine(struct engine *e)
{
	struct event event = {
		.type = EVENT_ENGINE,
		.engine = { .worker = e->config.worker,
			    .in_packets = e->in_packets,
			    .out_packets = e->out_packets,
			    .in_bytes = e->in_bytes,
			    .out_bytes = e->out_bytes,
			    .sends = e->sends,
			    .buffers = e->packets.count,
			    .buffers_free = e->packets.free,
			    .rooms = e->rooms_here,
			    .sites = e->sites_here,
			    .transports = e->transports,
			    .slots_audio = e->voices.count,
			    .slots_audio_free = e->voices.free,
			    .slots_video = e->pictures.count,
			    .slots_video_free = e->pictures.free },
	};
	const struct pool *const pools[] = { &e->packets,    &e->streams,	  &e->history.caches,
					     &e->site_cells, &e->transport_cells, &e->arrivals,
					     &e->pictures,   &e->voices,	  &e->loans };
	for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++) {
		event.engine.pool_bytes += pool_bytes(pools[i]);
		event.engine.pool_touched += pool_touched(pools[i]);
	}
	event.engine.pool_bytes += sealed_log_bytes(&e->sealed);
	event.engine.pool_touched += sealed_log_touched(&e->sealed);
	memcpy(event.engine.drops, e->drops, sizeof e->drops);
	e->host.event(e->host.ctx, &event);
}
