#include "signal/msg.h"
#include "base/str.h"
#include "signal/field.h"
#include "signal/text.h"
#include <string.h>

#define TOKEN_TEXT_MAX 4096

static bool fail(char why[CODE_WHY], const char *text)
{
	(void)str_copy(why, CODE_WHY, text);
	return false;
}

static bool read_join_slots(const json_t *root, struct msg_join *join, char why[CODE_WHY])
{
	int64_t audio = SLOTS_AUDIO_DEFAULT, video = SLOTS_VIDEO_DEFAULT;
	const json_t *slots = json_object_get(root, "slots");
	join->has_slots = field_present(root, "slots");
	if (join->has_slots && !json_is_object(slots))
		return fail(why, "\"slots\" is not an object");
	if (!field_int(slots, "audio", 0, 1000, &audio, why) || !field_int(slots, "video", 0, 1000, &video, why))
		return false;
	join->audio = (uint8_t)(audio < SLOTS_AUDIO_MAX ? audio : SLOTS_AUDIO_MAX);
	join->video = (uint8_t)(video < SLOTS_VIDEO_MAX ? video : SLOTS_VIDEO_MAX);
	return true;
}

static bool read_join(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	struct msg_join *join = &m->join;
	const char *room = NULL, *media = NULL;
	if (!field_required(root, "room", why) || !field_text(root, "room", SIZE_MAX, &room, why) ||
	    !field_name(root, "name", join->name, sizeof join->name, false, why) ||
	    !field_text(root, "token", TOKEN_TEXT_MAX, &join->token, why) ||
	    !field_text(root, "pin", PIN_MAX_BYTES, &join->pin, why) ||
	    !field_text(root, "resume", TOKEN_TEXT_MAX, &join->resume, why) ||
	    !field_text(root, "media", 16, &media, why) || !read_join_slots(root, join, why))
		return false;
	if (!text_is_id(room))
		return fail(why, "\"room\" is not the id of a room: up to 32 letters, digits, '-', '_'");
	(void)str_copy(join->room, sizeof join->room, room);
	if (media && strcmp(media, "keep") != 0)
		return fail(why, "\"media\" is not \"keep\"");
	join->keep = media != NULL;
	if (!join->name[0] && !join->token && !join->resume)
		return fail(why, "\"name\" is missing");
	return true;
}

static bool read_offer(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	const char *plain = NULL, *packed = NULL;
	if (!field_text(root, "sdp", SDP_MAX, &plain, why) || !field_text(root, "sdpz", SDP_MAX, &packed, why))
		return false;
	if (!plain == !packed)
		return fail(why, "one of \"sdp\" and \"sdpz\" is needed");
	m->offer = (struct msg_offer){ .sdp = plain ? plain : packed, .packed = packed != NULL };
	m->offer.n = strlen(m->offer.sdp);
	return true;
}

static uint8_t slot_number(const char *name)
{
	if (name[0] != 'v' || name[1] < '0' || name[1] > '9' || (name[1] == '0' && name[2]))
		return MSG_SLOT_UNKNOWN;
	unsigned n = 0;
	for (const char *p = name + 1; *p; p++) {
		if (*p < '0' || *p > '9' || n >= SLOTS_VIDEO_MAX)
			return MSG_SLOT_UNKNOWN;
		n = n * 10 + (unsigned)(*p - '0');
	}
	return n < SLOTS_VIDEO_MAX ? (uint8_t)n : MSG_SLOT_UNKNOWN;
}

static bool read_view_source(const json_t *object, struct msg_view_slot *slot, char why[CODE_WHY])
{
	static const struct {
		const char *name;
		enum view_source source;
	} sources[] = { { "stage", VIEW_STAGE }, { "auto", VIEW_AUTO }, { "screen", VIEW_SCREEN } };
	const char *source = NULL, *kind = NULL;
	if (!json_object_get(object, "source"))
		return fail(why, "\"source\" is missing");
	if (!field_text(object, "source", ID_MAX, &source, why) || !field_text(object, "kind", 16, &kind, why))
		return false;
	if (kind && strcmp(kind, "camera") != 0 && strcmp(kind, "screen") != 0)
		return fail(why, "\"kind\" is neither \"camera\" nor \"screen\"");
	slot->source = source ? VIEW_SITE : VIEW_NONE;
	for (size_t i = 0; source && i < sizeof sources / sizeof *sources; i++)
		if (strcmp(source, sources[i].name) == 0)
			slot->source = sources[i].source;
	if (slot->source == VIEW_SITE) {
		slot->site = source;
		slot->screen = kind && strcmp(kind, "screen") == 0;
	}
	return true;
}

static bool read_view(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	const json_t *slots = json_object_get(root, "slots");
	if (!json_is_array(slots))
		return fail(why, "\"slots\" is not a list");
	if (json_array_size(slots) > SLOTS_VIDEO_MAX)
		return fail(why, "\"slots\" names more slots than there can be");
	size_t i;
	json_t *object;
	json_array_foreach(slots, i, object)
	{
		struct msg_view_slot *slot = &m->view.slots[i];
		const char *name = NULL;
		int64_t height = 360, fps = 30;
		if (!json_is_object(object))
			return fail(why, "\"slots\" holds something that is not an object");
		if (!field_required(object, "slot", why) || !field_text(object, "slot", SIZE_MAX, &name, why) ||
		    !read_view_source(object, slot, why) || !field_int(object, "height", 1, 100000, &height, why) ||
		    !field_int(object, "fps", 1, 1000, &fps, why))
			return false;
		slot->slot = slot_number(name);
		slot->height = (uint16_t)(height < 4320 ? height : 4320);
		slot->fps = (uint8_t)(fps < 60 ? fps : 60);
	}
	m->view.n = (uint8_t)json_array_size(slots);
	return true;
}

static bool read_switch(const json_t *root, const char *key, enum msg_switch *out, char why[CODE_WHY])
{
	bool on = false;
	if (!field_bool(root, key, &on, why))
		return false;
	*out = !field_present(root, key) ? MSG_ABSENT : on ? MSG_ON : MSG_OFF;
	return true;
}

static bool read_publish(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	return read_switch(root, "audio", &m->publish.audio, why) &&
	       read_switch(root, "video", &m->publish.video, why) &&
	       read_switch(root, "screen", &m->publish.screen, why);
}

static bool read_hand(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	return field_required(root, "up", why) && field_bool(root, "up", &m->on, why);
}

static bool read_chat(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	if (!field_required(root, "text", why) ||
	    !field_name(root, "text", m->chat.text, sizeof m->chat.text, true, why) ||
	    !field_text(root, "to", ID_MAX, &m->chat.to, why))
		return false;
	return m->chat.text[0] ? true : fail(why, "\"text\" is empty");
}

static bool read_roster(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	int64_t from = 0, count = ROSTER_PAGE_MAX;
	if (!field_int(root, "from", 0, INT32_MAX, &from, why) || !field_int(root, "count", 0, INT32_MAX, &count, why))
		return false;
	m->roster.from = (uint32_t)from;
	m->roster.count = (uint32_t)(count < ROSTER_PAGE_MAX ? count : ROSTER_PAGE_MAX);
	return true;
}

static bool read_nothing(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	return true;
}

static bool read_stage(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	if (!json_object_get(root, "site"))
		return fail(why, "\"site\" is missing");
	return field_text(root, "site", ID_MAX, &m->site, why);
}

static bool read_site(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	return field_required(root, "site", why) && field_text(root, "site", ID_MAX, &m->site, why);
}

static bool read_mute(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	bool all = false, on = true;
	const char *kind = "audio";
	if (!field_text(root, "site", ID_MAX, &m->mute.site, why) || !field_bool(root, "all", &all, why) ||
	    !field_text(root, "kind", 16, &kind, why) || !field_bool(root, "on", &on, why))
		return false;
	if (!m->mute.site == !all)
		return fail(why, "one of \"site\" and \"all\": true is needed");
	if (strcmp(kind, "audio") != 0 && strcmp(kind, "video") != 0)
		return fail(why, "\"kind\" is neither \"audio\" nor \"video\"");
	m->mute.video = strcmp(kind, "video") == 0;
	m->mute.on = on;
	return true;
}

static bool read_kick(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	int64_t ban = 0;
	if (!field_required(root, "site", why) || !field_text(root, "site", ID_MAX, &m->kick.site, why) ||
	    !field_name(root, "reason", m->kick.reason, sizeof m->kick.reason, false, why) ||
	    !field_int(root, "ban", 0, BAN_MINUTES_MAX, &ban, why))
		return false;
	m->kick.ban_minutes = (uint32_t)ban;
	return true;
}

static bool read_lock(const json_t *root, struct msg *m, char why[CODE_WHY])
{
	return field_required(root, "on", why) && field_bool(root, "on", &m->on, why);
}

static const struct {
	const char *name;
	bool (*read)(const json_t *root, struct msg *m, char why[CODE_WHY]);
} types[MSG_TYPES] = {
	[MSG_JOIN] = { "join", read_join },	  [MSG_OFFER] = { "offer", read_offer },
	[MSG_VIEW] = { "view", read_view },	  [MSG_PUBLISH] = { "publish", read_publish },
	[MSG_HAND] = { "hand", read_hand },	  [MSG_CHAT] = { "chat", read_chat },
	[MSG_ROSTER] = { "roster", read_roster }, [MSG_LEAVE] = { "leave", read_nothing },
	[MSG_STAGE] = { "stage", read_stage },	  [MSG_MUTE] = { "mute", read_mute },
	[MSG_KICK] = { "kick", read_kick },	  [MSG_LOCK] = { "lock", read_lock },
	[MSG_ADMIT] = { "admit", read_site },	  [MSG_END] = { "end", read_nothing },
};

enum code msg_parse(struct bytes text, struct msg *m, char why[CODE_WHY])
{
	memset(m, 0, sizeof *m);
	why[0] = '\0';
	json_error_t error;
	m->root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(m->root)) {
		(void)str_copy(why, CODE_WHY, m->root ? "not a JSON object" : "not JSON");
		return CODE_BAD_REQUEST;
	}
	const json_t *id = json_object_get(m->root, "id");
	m->has_id = json_is_integer(id);
	m->id = json_integer_value(id);
	const char *type = json_string_value(json_object_get(m->root, "type"));
	if (!type) {
		(void)fail(why, "\"type\" is not a text");
		return CODE_BAD_REQUEST;
	}
	for (int i = 0; i < MSG_TYPES; i++) {
		if (strcmp(type, types[i].name) != 0)
			continue;
		m->type = (enum msg_type)i;
		bool good = m->has_id ? types[i].read(m->root, m, why) : fail(why, "\"id\" is not a whole number");
		return good ? CODE_OK : CODE_BAD_REQUEST;
	}
	(void)fail(why, "there is no such request");
	return CODE_UNSUPPORTED;
}

void msg_fini(struct msg *m)
{
	json_decref(m->root);
	m->root = NULL;
}
