#include "signal/roster.h"
#include "signal/hub.h"
#include "signal/room.h"
#include "signal/session.h"
#include "signal/stream.h"
#include <string.h>

static bool get(const uint8_t *bits, unsigned i)
{
	return bits[i / 8] >> i % 8 & 1;
}

static void set(uint8_t *bits, unsigned i, bool on)
{
	bits[i / 8] = (uint8_t)((bits[i / 8] & ~(1U << i % 8)) | (on ? 1U : 0U) << i % 8);
}

static struct seat *seat_of(struct list *l)
{
	return list_item(l, struct seat, link);
}

/* A guest of a large room is given this row. */
static bool matters(const struct seat *viewer, const struct seat *seat)
{
	const struct room *room = seat->room;
	if (viewer == seat || seat == room->stage || seat == room->chair || seat->kept.hand)
		return true;
	for (int i = 0; i < SLOTS_AUDIO_MAX; i++)
		if (viewer->shown_audio[i] == seat->kept.csrc)
			return true;
	for (int i = 0; i < SLOTS_VIDEO_MAX; i++)
		if (viewer->shown_video[i] == seat->kept.csrc)
			return true;
	return false;
}

static void given(struct session *session, const struct seat *seat)
{
	set(session->given, seat->index, true);
	set(session->fresh, seat->index, true);
}

/* Counts of sites by unit, as rows {"unit","count"} appended to the list. */
static void add_units(const struct room *room, json_t *list)
{
	json_t *counts = json_object();
	list_each (l, &room->seats) {
		const struct seat *seat = seat_of(l);
		json_int_t n = json_integer_value(json_object_get(counts, seat->kept.unit));
		json_object_set_new(counts, seat->kept.unit, json_integer(n + 1));
	}
	const char *unit;
	json_t *count;
	json_object_foreach(counts, unit, count)
	    json_array_append_new(list, json_pack("{s:s, s:O}", "unit", unit, "count", count));
	json_decref(counts);
}

json_t *roster_sites(struct session *session, const struct seat *viewer)
{
	struct room *room = viewer->room;
	json_t *sites = json_array();
	bool whole = room->count <= ROSTER_SMALL || seat_commands(viewer);
	memset(session->given, 0, sizeof session->given);
	memset(session->fresh, 0, sizeof session->fresh);
	list_each (l, &room->seats) {
		const struct seat *seat = seat_of(l);
		if (!whole && !matters(viewer, seat))
			continue;
		json_array_append_new(sites, seat_row(seat));
		given(session, seat);
	}
	if (!whole)
		add_units(room, sites);
	return sites;
}

json_t *roster_page(struct session *session, const struct room *room, uint32_t from, uint32_t count)
{
	json_t *sites = json_array();
	uint32_t i = 0;
	list_each (l, &room->seats) {
		if (i >= from && i - from < count) {
			json_array_append_new(sites, seat_row(seat_of(l)));
			given(session, seat_of(l));
		}
		i++;
	}
	return sites;
}

static void gather(struct room *room)
{
	if (room->flush_at != USEC_NEVER)
		return;
	usec next = room->flushed + ROSTER_EVERY;
	room->flush_at = next > room->hub->now ? next : room->hub->now;
	hub_wake(room->hub, room->flush_at);
}

void roster_joined(struct seat *seat)
{
	struct room *room = seat->room;
	stream_changed_seat(seat);
	stream_changed_room(room);
	room->large = room->count > ROSTER_SMALL;
	room->counts_changed = true;
	list_each (l, &room->seats) {
		struct session *session = seat_of(l)->session;
		if (!session || seat_of(l) == seat)
			continue;
		set(session->given, seat->index, !room->large);
		set(session->fresh, seat->index, !room->large);
	}
	if (room->large)
		gather(room);
	else
		room_tell(room, seat->session,
			  json_pack("{s:s, s:o, s:i}", "type", "site-joined", "site", seat_row(seat), "total",
				    (int)room->count));
}

void roster_changed(struct seat *seat, unsigned fields)
{
	struct room *room = seat->room;
	stream_changed_seat(seat);
	if (room->large) {
		seat->changed |= fields;
		gather(room);
		return;
	}
	json_t *event = json_pack("{s:s, s:s}", "type", "site-changed", "site", seat->kept.id);
	seat_row_fields(seat, fields, event);
	room_tell(room, NULL, event);
}

void roster_leaving(struct seat *seat, const char *reason)
{
	struct room *room = seat->room;
	stream_gone_seat(seat);
	stream_changed_room(room);
	room->counts_changed = true;
	if (room->large && room->n_left < ROOM_SITES_MAX) {
		struct room_left *left = &room->left[room->n_left++];
		left->index = seat->index;
		left->reason = reason;
		memcpy(left->id, seat->kept.id, sizeof left->id);
		gather(room);
		return;
	}
	set(room->taken, seat->index, false);
	room_tell(room, seat->session,
		  json_pack("{s:s, s:s, s:s, s:i}", "type", "site-left", "site", seat->kept.id, "reason", reason,
			    "total", (int)room->count - 1));
}

void roster_shown(struct room *room)
{
	if (room->large)
		gather(room);
}

/* What this connection is told of one site. */
static void tell_site(struct session *session, const struct seat *seat, bool whole, json_t *joined, json_t *changed)
{
	const struct seat *viewer = session->seat;
	bool wanted = whole || seat_commands(viewer) || matters(viewer, seat);
	bool true_row = get(session->given, seat->index) && get(session->fresh, seat->index);
	if (!true_row && wanted) {
		json_array_append_new(joined, seat_row(seat));
		given(session, seat);
	} else if (true_row && seat->changed && wanted) {
		json_t *row = json_pack("{s:s}", "site", seat->kept.id);
		seat_row_fields(seat, seat->changed, row);
		json_array_append_new(changed, row);
	} else if (seat->changed) {
		set(session->fresh, seat->index, false);
	}
}

static void tell_session(struct session *session, const struct room *room, bool whole)
{
	json_t *joined = json_array(), *left = json_array(), *changed = json_array();
	for (unsigned i = 0; i < room->n_left; i++) {
		const struct room_left *l = &room->left[i];
		if (get(session->given, l->index))
			json_array_append_new(left, json_pack("{s:s, s:s}", "site", l->id, "reason", l->reason));
		set(session->given, l->index, false);
		set(session->fresh, l->index, false);
	}
	list_each (l, &room->seats)
		tell_site(session, seat_of(l), whole, joined, changed);
	bool units = room->counts_changed && !whole && !seat_commands(session->seat);
	bool empty =
	    !json_array_size(joined) && !json_array_size(left) && !json_array_size(changed) && !room->counts_changed;
	json_t *event = json_pack("{s:s, s:o, s:o, s:o, s:i}", "type", "sites-changed", "joined", joined, "left", left,
				  "changed", changed, "total", (int)room->count);
	if (units) {
		json_t *list = json_array();
		add_units(room, list);
		json_object_set_new(event, "units", list);
	}
	if (empty)
		json_decref(event);
	else
		session_tell(session, event);
}

static void flush(struct room *room)
{
	bool whole = room->count <= ROSTER_SMALL;
	list_each (l, &room->seats)
		if (seat_of(l)->session)
			tell_session(seat_of(l)->session, room, whole);
	list_each (l, &room->seats)
		seat_of(l)->changed = 0;
	for (unsigned i = 0; i < room->n_left; i++)
		set(room->taken, room->left[i].index, false);
	room->n_left = 0;
	room->counts_changed = false;
	room->flush_at = USEC_NEVER;
	room->flushed = room->hub->now;
}

void roster_shrunk(struct room *room)
{
	if (!room->large || room->count > ROSTER_SMALL)
		return;
	flush(room);
	room->large = false;
}

void roster_on_deadline(struct room *room, usec *next)
{
	if (room->flush_at <= room->hub->now)
		flush(room);
	usec_lower(next, room->flush_at);
}
