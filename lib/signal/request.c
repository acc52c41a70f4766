#include "signal/request.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include "signal/join.h"
#include "signal/room.h"
#include "signal/roster.h"
#include "signal/sdpz.h"
#include "signal/session.h"
#include "signal/transport.h"
#include <stdlib.h>
#include <string.h>

static enum code refuse(struct call *call, enum code code, const char *why)
{
	(void)str_copy(call->why, sizeof call->why, why);
	return code;
}

static enum code find_site(struct call *call, const char *id, struct seat **seat)
{
	*seat = room_seat(call->seat->room, id);
	return *seat ? CODE_OK : refuse(call, CODE_NOT_FOUND, "there is no such site in the room");
}

static enum code on_offer(struct call *call)
{
	const struct msg_offer *offer = &call->msg->offer;
	char *unpacked = NULL, *packed = NULL;
	struct bytes sdp = bytes_of(offer->sdp, offer->n), answer;
	if (offer->packed) {
		size_t n;
		enum err err = sdpz_unpack(offer->sdp, &unpacked, &n);
		if (err)
			return refuse(call, err == ERR_NOMEM ? CODE_INTERNAL : CODE_BAD_REQUEST,
				      err == ERR_LIMIT ? "\"sdpz\" holds more than 256 KiB"
						       : "\"sdpz\" is not base64 of raw deflate");
		sdp = bytes_of(unpacked, n);
	}
	enum code code = transport_on_offer(call->seat, sdp, &answer, call->why);
	free(unpacked);
	if (code)
		return code;
	if (!offer->packed) {
		json_object_set_new(call->answer, "sdp", json_stringn((const char *)answer.p, answer.n));
		return CODE_OK;
	}
	if (sdpz_pack(answer, &packed))
		return CODE_INTERNAL;
	json_object_set_new(call->answer, "sdpz", json_string(packed));
	free(packed);
	return CODE_OK;
}

static enum code on_view(struct call *call)
{
	const struct msg_view *view = &call->msg->view;
	const struct signal_host *host = &call->hub->host;
	struct command command = { .type = COMMAND_VIEW, .view = { .csrc = call->seat->kept.csrc, .n = view->n } };
	for (int i = 0; i < view->n; i++) {
		const struct msg_view_slot *from = &view->slots[i];
		struct view_slot *to = &command.view.slots[i];
		struct seat *seat = NULL;
		if (from->slot >= call->seat->kept.slots_video)
			return refuse(call, CODE_NOT_FOUND, "there is no such slot");
		if (from->source == VIEW_SITE && find_site(call, from->site, &seat))
			return CODE_NOT_FOUND;
		if (seat == call->seat)
			return refuse(call, CODE_BAD_REQUEST, "a site is never shown itself");
		*to = (struct view_slot){ .slot = from->slot,
					  .source = from->source,
					  .csrc = seat ? seat->kept.csrc : 0,
					  .screen = from->screen,
					  .height = from->height,
					  .fps = from->fps };
	}
	if (view->n)
		host->command(host->ctx, call->seat->worker, &command);
	return CODE_OK;
}

/* One kind of what a site says it sends; true when that is news. */
static bool publish(bool *sends, enum msg_switch said, bool muted)
{
	bool now = said == MSG_ABSENT ? *sends : said == MSG_ON && !muted;
	bool news = now != *sends;
	*sends = now;
	return news;
}

static enum code on_publish(struct call *call)
{
	const struct msg_publish *said = &call->msg->publish;
	struct seat *seat = call->seat;
	const struct record_seat *kept = &seat->kept;
	unsigned fields = 0;
	seat->published = true;
	fields |= publish(&seat->audio, said->audio, kept->muted_audio) ? ROW_AUDIO : 0;
	fields |= publish(&seat->video, said->video, kept->muted_video) ? ROW_VIDEO : 0;
	fields |= publish(&seat->screen, said->screen, false) ? ROW_SCREEN : 0;
	json_t *muted = json_array();
	if (said->audio == MSG_ON && kept->muted_audio)
		json_array_append_new(muted, json_string("audio"));
	if (said->video == MSG_ON && kept->muted_video)
		json_array_append_new(muted, json_string("video"));
	if (json_array_size(muted))
		json_object_set(call->answer, "muted", muted);
	json_decref(muted);
	if (fields) {
		seat_command(seat);
		roster_changed(seat, fields);
	}
	return CODE_OK;
}

static enum code on_hand(struct call *call)
{
	room_hand(call->seat, call->msg->on);
	return CODE_OK;
}

static enum code on_chat(struct call *call)
{
	const struct msg_chat *chat = &call->msg->chat;
	struct room *room = call->seat->room;
	const struct signal *hub = call->hub;
	struct seat *to = NULL;
	if (!bucket_take(&call->session->chats, CHATS_INTERVAL, CHATS_BURST, hub->now))
		return refuse(call, CODE_TOO_FAST, "too many messages");
	if (chat->to && find_site(call, chat->to, &to))
		return CODE_NOT_FOUND;
	call->hub->chats++;
	json_int_t seq = (json_int_t)++room->chats, at = hub->host.unix_ms(hub->host.ctx);
	json_t *event = json_pack("{s:s, s:I, s:s, s:s, s:s, s:I}", "type", "chat", "seq", seq, "from",
				  call->seat->kept.id, "name", call->seat->kept.name, "text", chat->text, "at", at);
	json_object_set_new(call->answer, "seq", json_integer(seq));
	json_object_set_new(call->answer, "at", json_integer(at));
	if (!to) {
		room_tell(room, call->session, event);
		return CODE_OK;
	}
	json_object_set_new(event, "to", json_string(to->kept.id));
	if (to->session && to != call->seat)
		session_tell(to->session, event);
	else
		json_decref(event);
	return CODE_OK;
}

static enum code on_roster(struct call *call)
{
	const struct msg_roster *page = &call->msg->roster;
	const struct room *room = call->seat->room;
	json_object_set_new(call->answer, "sites", roster_page(call->session, room, page->from, page->count));
	json_object_set_new(call->answer, "total", json_integer(room->count));
	return CODE_OK;
}

static enum code on_leave(struct call *call)
{
	struct seat *seat = call->seat;
	session_answer(call);
	session_detach(call->session);
	room_remove(seat, "left");
	return CODE_OK;
}

static enum code on_stage(struct call *call)
{
	struct seat *seat = NULL;
	if (call->msg->site && find_site(call, call->msg->site, &seat))
		return CODE_NOT_FOUND;
	session_answer(call);
	room_stage(call->seat->room, seat);
	return CODE_OK;
}

static enum code on_mute(struct call *call)
{
	const struct msg_mute *mute = &call->msg->mute;
	struct seat *seat = NULL;
	if (mute->site && find_site(call, mute->site, &seat))
		return CODE_NOT_FOUND;
	session_answer(call);
	if (seat)
		room_mute(seat, mute->video, mute->on, call->seat->kept.id);
	else
		room_mute_all(call->seat->room, call->seat, mute->video, mute->on, call->seat->kept.id);
	return CODE_OK;
}

static enum code on_kick(struct call *call)
{
	const struct msg_kick *kick = &call->msg->kick;
	struct seat *seat;
	if (find_site(call, kick->site, &seat))
		return CODE_NOT_FOUND;
	if (seat == call->seat)
		return refuse(call, CODE_BAD_REQUEST, "a site does not kick itself");
	if (seat->kept.role == ROLE_OPERATOR && call->seat->kept.role != ROLE_OPERATOR)
		return refuse(call, CODE_FORBIDDEN, "an operator is not kicked");
	session_answer(call);
	room_kick(seat, kick->reason, kick->ban_minutes);
	return CODE_OK;
}

static enum code on_lock(struct call *call)
{
	session_answer(call);
	room_lock(call->seat->room, call->msg->on);
	return CODE_OK;
}

/* Nobody waits at the door of this version's rooms: who is in the room is admitted. */
static enum code on_admit(struct call *call)
{
	struct seat *seat;
	return find_site(call, call->msg->site, &seat);
}

static enum code on_end(struct call *call)
{
	session_answer(call);
	(void)room_end(call->seat->room);
	return CODE_OK;
}

enum who { ANYBODY, SITES, CHAIRS };

static const struct {
	enum who who;
	enum code (*serve)(struct call *call);
} requests[MSG_TYPES] = {
	[MSG_JOIN] = { ANYBODY, join_request }, [MSG_OFFER] = { SITES, on_offer }, [MSG_VIEW] = { SITES, on_view },
	[MSG_PUBLISH] = { SITES, on_publish },	[MSG_HAND] = { SITES, on_hand },   [MSG_CHAT] = { SITES, on_chat },
	[MSG_ROSTER] = { SITES, on_roster },	[MSG_LEAVE] = { SITES, on_leave }, [MSG_STAGE] = { CHAIRS, on_stage },
	[MSG_MUTE] = { CHAIRS, on_mute },	[MSG_KICK] = { CHAIRS, on_kick },  [MSG_LOCK] = { CHAIRS, on_lock },
	[MSG_ADMIT] = { CHAIRS, on_admit },	[MSG_END] = { CHAIRS, on_end },
};

enum code request_serve(struct call *call)
{
	enum who who = requests[call->msg->type].who;
	if (who != ANYBODY && !call->seat)
		return refuse(call, CODE_NOT_JOINED, "join first");
	if (who == CHAIRS && !seat_commands(call->seat))
		return refuse(call, CODE_FORBIDDEN, "only the chair may do that");
	return requests[call->msg->type].serve(call);
}
