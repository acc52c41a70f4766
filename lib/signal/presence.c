#include "signal/presence.h"
#include "base/log.h"
#include "signal/hub.h"
#include "signal/room.h"
#include "signal/roster.h"
#include "signal/session.h"

static usec later(usec a, usec b)
{
	return a > b ? a : b;
}

usec presence_deadline(const struct seat *seat)
{
	if (seat->state == SEAT_LOST)
		return seat->expires;
	if (seat->closed == USEC_NEVER)
		return later(seat->signalled, seat->heard) + PRESENCE_SILENCE;
	return later(seat->closed, seat->heard) + PRESENCE_RELOAD;
}

static void enter(struct seat *seat, enum seat_state state)
{
	struct signal *hub = seat->hub;
	if (seat->state == state)
		return;
	seat->state = state;
	seat->kept.lost = state == SEAT_LOST ? hub_unix_s(hub) : 0;
	seat->expires = state == SEAT_LOST ? hub->now + room_seat_time(seat->room) : USEC_NEVER;
	log_info("presence", "room=%s site=%s state=%s", seat->kept.room, seat->kept.id,
		 state == SEAT_LOST ? "lost" : "live");
	(void)seat_save(seat);
	seat_command(seat);
	roster_changed(seat, ROW_STATE);
}

static void alive(struct seat *seat)
{
	enter(seat, SEAT_LIVE);
	hub_wake(seat->hub, presence_deadline(seat));
}

void presence_on_signal(struct seat *seat)
{
	seat->signalled = seat->hub->now;
	seat->closed = USEC_NEVER;
	alive(seat);
}

void presence_on_media(struct seat *seat, usec heard)
{
	if (heard <= seat->heard)
		return;
	seat->heard = heard;
	/* an old report of before the loss does not bring it back */
	if (seat->state == SEAT_LIVE || heard + PRESENCE_RELOAD > seat->hub->now)
		alive(seat);
}

void presence_on_closed(struct seat *seat)
{
	seat->closed = seat->hub->now;
	hub_wake(seat->hub, presence_deadline(seat));
}

void presence_on_deadline(struct signal *hub, usec *next)
{
	list_each_safe (r, r_next, &hub->rooms) {
		struct room *room = list_item(r, struct room, link);
		list_each_safe (l, l_next, &room->seats) {
			struct seat *seat = list_item(l, struct seat, link);
			if (presence_deadline(seat) > hub->now) {
				usec_lower(next, presence_deadline(seat));
				continue;
			}
			if (seat->state == SEAT_LIVE) {
				enter(seat, SEAT_LOST);
				usec_lower(next, presence_deadline(seat));
				continue;
			}
			bool last = room->count == 1; /* the room may go with it */
			if (seat->session)
				session_close(seat->session, CLOSE_PROTOCOL, "silent");
			room_remove(seat, "expired");
			if (last)
				break;
		}
	}
}
