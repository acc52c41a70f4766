#include "signal/metrics.h"
#include "signal/hub.h"
#include "signal/room.h"
#include "signal/stream.h"
#include "signal/transport.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct totals {
	unsigned rooms, live, lost, transports;
	uint64_t up, down;
};

static struct totals count(const struct signal *hub)
{
	struct totals t = { .rooms = hub->n_rooms };
	list_each (r, &hub->rooms) {
		const struct room *room = list_item(r, struct room, link);
		list_each (l, &room->seats) {
			const struct seat *seat = list_item(l, struct seat, link);
			t.live += seat->state == SEAT_LIVE;
			t.lost += seat->state == SEAT_LOST;
			t.transports += transport_usable(seat->transport);
		}
	}
	return t;
}

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	(void)fprintf(f, "# HELP diemcau_%s %s\n# TYPE diemcau_%s %s\n", name, help, name, type);
}

static void one(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
	head(f, name, type, help);
	(void)fprintf(f, "diemcau_%s %" PRIu64 "\n", name, value);
}

/* A number that every worker has. */
static void each(FILE *f, const struct signal *hub, const char *name, const char *type, const char *help,
		 uint64_t (*value)(const struct event_engine *))
{
	head(f, name, type, help);
	for (uint32_t i = 0; i < hub->config.workers; i++)
		(void)fprintf(f, "diemcau_%s{worker=\"%" PRIu32 "\"} %" PRIu64 "\n", name, i, value(&hub->engines[i]));
}

#define VALUE(field)                                                                                                   \
	static uint64_t value_##field(const struct event_engine *e)                                                    \
	{                                                                                                              \
		return e->field;                                                                                       \
	}
VALUE(in_packets)
VALUE(out_packets)
VALUE(in_bytes)
VALUE(out_bytes)
VALUE(buffers)
VALUE(buffers_free)
VALUE(transports)
VALUE(slots_audio)
VALUE(slots_audio_free)
VALUE(slots_video)
VALUE(slots_video_free)
VALUE(pool_bytes)
VALUE(pool_touched)
#undef VALUE

#define SENDS(field)                                                                                                   \
	static uint64_t sends_##field(const struct event_engine *e)                                                    \
	{                                                                                                              \
		return e->sends.field;                                                                                 \
	}
SENDS(datagrams)
SENDS(calls)
SENDS(partial)
SENDS(waits)
SENDS(cut)
#undef SENDS

static void drops(FILE *f, const struct signal *hub)
{
	head(f, "dropped_packets_total", "counter", "Packets that went no further, by reason.");
	for (uint32_t i = 0; i < hub->config.workers; i++)
		for (int reason = 0; reason < DROP_COUNT; reason++)
			(void)fprintf(
			    f, "diemcau_dropped_packets_total{worker=\"%" PRIu32 "\",reason=\"%s\"} %" PRIu64 "\n", i,
			    drop_name((enum drop)reason), hub->engines[i].drops[reason]);
}

char *metrics_text(const struct signal *hub)
{
	char *text = NULL;
	size_t n;
	struct totals t = count(hub);
	FILE *f = open_memstream(&text, &n);
	if (!f)
		return NULL;
	head(f, "info", "gauge", "The running version.");
	(void)fprintf(f, "diemcau_info{version=\"%s\"} 1\n", hub->config.version);
	one(f, "uptime_seconds", "gauge", "Since the daemon started.", (uint64_t)((hub->now - hub->started) / USEC_S));
	one(f, "rooms", "gauge", "Rooms there are.", t.rooms);
	head(f, "sites", "gauge", "Sites that have a seat, by state.");
	(void)fprintf(f, "diemcau_sites{state=\"live\"} %u\ndiemcau_sites{state=\"lost\"} %u\n", t.live, t.lost);
	one(f, "connections", "gauge", "Open WebSocket connections.", hub->n_sessions);
	one(f, "joins_total", "counter", "Seats taken.", hub->joins);
	one(f, "resumes_total", "counter", "Seats taken up again.", hub->resumes);
	one(f, "kicks_total", "counter", "Sites kicked.", hub->kicks);
	one(f, "request_errors_total", "counter", "Requests of sites answered by an error.", hub->errors);
	each(f, hub, "transports", "gauge", "Media transports.", value_transports);
	each(f, hub, "received_packets_total", "counter", "Datagrams received.", value_in_packets);
	each(f, hub, "forwarded_packets_total", "counter", "RTP packets sealed for viewers.", value_out_packets);
	each(f, hub, "sent_packets_total", "counter", "Datagrams the kernel took.", sends_datagrams);
	each(f, hub, "received_bytes_total", "counter", "Bytes received.", value_in_bytes);
	each(f, hub, "sent_bytes_total", "counter", "Bytes of RTP and RTCP sealed.", value_out_bytes);
	each(f, hub, "send_calls_total", "counter", "System calls that sent.", sends_calls);
	each(f, hub, "send_partial_total", "counter", "Of them, those of which the kernel took a part.", sends_partial);
	each(f, hub, "send_waits_total", "counter", "Waits for room in a full send queue.", sends_waits);
	each(f, hub, "send_cut_total", "counter", "Messages the kernel would not cut into datagrams.", sends_cut);
	each(f, hub, "buffers", "gauge", "Packet buffers of the pool.", value_buffers);
	each(f, hub, "buffers_free", "gauge", "Packet buffers not in use.", value_buffers_free);
	each(f, hub, "slots_audio", "gauge", "Audio slots of the pool.", value_slots_audio);
	each(f, hub, "slots_audio_free", "gauge", "Audio slots not in use.", value_slots_audio_free);
	each(f, hub, "slots_video", "gauge", "Video slots of the pool.", value_slots_video);
	each(f, hub, "slots_video_free", "gauge", "Video slots not in use.", value_slots_video_free);
	each(f, hub, "pool_bytes", "gauge", "Memory reserved by the media pools at start.", value_pool_bytes);
	each(f, hub, "pool_touched_bytes", "gauge", "Of it, cells that were ever in use.", value_pool_touched);
	drops(f, hub);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static json_t *engine_json(const struct event_engine *e, uint32_t worker)
{
	json_t *reasons = json_object();
	for (int i = 0; i < DROP_COUNT; i++)
		if (e->drops[i])
			json_object_set_new(reasons, drop_name((enum drop)i), json_integer((json_int_t)e->drops[i]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "worker", (json_int_t)worker,
			 "in_packets", (json_int_t)e->in_packets, "out_packets", (json_int_t)e->out_packets, "in_bytes",
			 (json_int_t)e->in_bytes, "out_bytes", (json_int_t)e->out_bytes, "sends",
			 (json_int_t)e->sends.calls, "buffers", (json_int_t)e->buffers, "buffers_free",
			 (json_int_t)e->buffers_free, "rooms", (json_int_t)e->rooms, "sites", (json_int_t)e->sites,
			 "transports", (json_int_t)e->transports, "drops", reasons);
}

json_t *metrics_json(const struct signal *hub)
{
	struct totals t = count(hub);
	json_t *workers = json_array();
	for (uint32_t i = 0; i < hub->config.workers; i++)
		json_array_append_new(workers, engine_json(&hub->engines[i], i));
	return json_pack("{s:s, s:I, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:b, s:o}", "version", hub->config.version,
			 "uptime_s", (json_int_t)((hub->now - hub->started) / USEC_S), "rooms", (int)t.rooms, "live",
			 (int)t.live, "lost", (int)t.lost, "connections", (int)hub->n_sessions, "joins",
			 (json_int_t)hub->joins, "resumes", (json_int_t)hub->resumes, "kicks", (json_int_t)hub->kicks,
			 "draining", hub->draining, "workers", workers);
}

json_t *metrics_site_json(const struct seat *seat)
{
	static const char *const states[] = { "new", "connected", "silent", "closed" };
	const struct event_site *s = &seat->stats;
	json_t *object = stream_site(seat);
	json_object_set_new(object, "transport",
			    seat->transport ? json_string(states[seat->transport->state]) : json_null());
	json_object_set_new(object, "generation", json_integer(seat->transport ? seat->transport->generation : 0));
	json_object_set_new(object, "in_packets", json_integer((json_int_t)s->in_packets));
	json_object_set_new(object, "out_packets", json_integer((json_int_t)s->out_packets));
	json_object_set_new(object, "nacks_in", json_integer((json_int_t)s->nacks_in));
	json_object_set_new(object, "nacks_out", json_integer((json_int_t)s->nacks_out));
	json_object_set_new(object, "plis_in", json_integer((json_int_t)s->plis_in));
	json_object_set_new(object, "plis_out", json_integer((json_int_t)s->plis_out));
	return object;
}
