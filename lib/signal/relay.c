#include "base/str.h"
#include "signal/hub.h"
#include "signal/presence.h"
#include "signal/room.h"
#include "signal/roster.h"
#include "signal/session.h"
#include "signal/stream.h"
#include "signal/transport.h"

/* What one slot holds now, for the page: null when empty. */
static json_t *slot_json(const struct slot_change *change, const struct seat *source)
{
	static const char *const reasons[] = { [SLOT_REASON_CODEC] = "codec",
					       [SLOT_REASON_OFF] = "off",
					       [SLOT_REASON_LOST] = "lost",
					       [SLOT_REASON_LINK] = "link",
					       [SLOT_REASON_STOPPED] = "stopped" };
	if (!source)
		return json_null();
	json_t *slot = json_pack("{s:s, s:I}", "site", source->kept.id, "csrc", (json_int_t)change->csrc);
	if (change->kind == SLOT_VIDEO)
		json_object_set_new(slot, "kind", json_string(change->screen ? "screen" : "camera"));
	if (change->kind == SLOT_VIDEO && change->layer[0])
		json_object_set_new(slot, "layer", json_string(change->layer));
	if (change->reason != SLOT_REASON_NONE)
		json_object_set_new(slot, "reason", json_string(reasons[change->reason]));
	return slot;
}

static void on_slots(struct signal *hub, const struct event *event)
{
	const struct event_slots *slots = &event->slots;
	struct seat *viewer = map_get(&hub->seats, slots->csrc);
	if (!viewer)
		return;
	json_t *map = json_object();
	for (int i = 0; i < slots->n; i++) {
		const struct slot_change *change = &slots->changes[i];
		bool video = change->kind == SLOT_VIDEO;
		struct seat *source = change->csrc ? map_get(&hub->seats, change->csrc) : NULL;
		char name[8];
		if (change->slot >= (video ? SLOTS_VIDEO_MAX : SLOTS_AUDIO_MAX))
			continue;
		(video ? viewer->shown_video : viewer->shown_audio)[change->slot] = source ? change->csrc : 0;
		(void)str_print(name, sizeof name, "%c%u", video ? 'v' : 'a', change->slot);
		json_object_set_new(map, name, slot_json(change, source));
	}
	roster_shown(viewer->room);
	json_t *told = json_pack("{s:s, s:o}", "type", "slots", "map", map);
	if (viewer->session)
		session_tell(viewer->session, told);
	else
		json_decref(told);
}

static void on_encodings(struct signal *hub, const struct event *event)
{
	static const char *const kinds[] = { [ENCODING_CAMERA] = "camera",
					     [ENCODING_SCREEN] = "screen",
					     [ENCODING_AUDIO] = "audio",
					     [ENCODING_AUDIO_LOW] = "audio-low" };
	const struct event_encodings *encodings = &event->encodings;
	const struct seat *seat = map_get(&hub->seats, encodings->csrc);
	if (!seat || !seat->session)
		return;
	json_t *list = json_array();
	for (int i = 0; i < encodings->n; i++) {
		const struct encoding *from = &encodings->encodings[i];
		json_t *to = json_object();
		if (from->rid[0])
			json_object_set_new(to, "rid", json_string(from->rid));
		json_object_set_new(to, "active", json_boolean(from->active));
		if (from->max_bitrate)
			json_object_set_new(to, "maxBitrate", json_integer(from->max_bitrate));
		if (from->max_framerate)
			json_object_set_new(to, "maxFramerate", json_integer(from->max_framerate));
		json_array_append_new(list, to);
	}
	session_tell(seat->session, json_pack("{s:s, s:s, s:o}", "type", "encodings", "kind", kinds[encodings->kind],
					      "encodings", list));
}

static void on_speaking(struct signal *hub, const struct event *event)
{
	const struct room *room = map_get(&hub->numbers, event->speaking.room);
	if (!room)
		return;
	json_t *sites = json_array();
	for (int i = 0; i < event->speaking.n; i++) {
		const struct seat *seat = map_get(&hub->seats, event->speaking.csrcs[i]);
		if (seat)
			json_array_append_new(sites, json_string(seat->kept.id));
	}
	room_tell(room, NULL, json_pack("{s:s, s:o}", "type", "speaking", "sites", sites));
}

static void on_transport(struct signal *hub, const struct event *event)
{
	struct seat *seat = map_get(&hub->seats, event->transport.csrc);
	if (!seat || !seat->transport || seat->transport->generation != event->transport.generation)
		return;
	transport_on_event(seat, &event->transport);
	if (event->transport.state == TRANSPORT_CONNECTED)
		presence_on_media(seat, hub->now);
}

static void on_site(struct signal *hub, const struct event *event)
{
	struct seat *seat = map_get(&hub->seats, event->site.csrc);
	if (!seat || !seat->transport || seat->transport->generation != event->site.generation)
		return;
	seat->stats = event->site;
	seat->stats_at = hub->now;
	stream_changed_stats(seat);
	presence_on_media(seat, event->site.heard);
}

static void on_engine(struct signal *hub, const struct event *event)
{
	if (event->engine.worker < SIGNAL_WORKERS_MAX)
		hub->engines[event->engine.worker] = event->engine;
}

void signal_on_event(struct signal *s, uint32_t worker, const struct event *event, usec now)
{
	static void (*const handlers[])(struct signal *, const struct event *) = {
		[EVENT_SLOTS] = on_slots,	  [EVENT_ENCODINGS] = on_encodings, [EVENT_SPEAKING] = on_speaking,
		[EVENT_TRANSPORT] = on_transport, [EVENT_SITE] = on_site,	    [EVENT_ENGINE] = on_engine,
	};
	s->now = now;
	handlers[event->type](s, event);
}
