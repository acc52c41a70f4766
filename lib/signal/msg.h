/* Requests of the WebSocket: from JSON text to typed messages. RFC 8259, and the table "Requests" of PROTOCOL.md.
 *
 * Fields not known are ignored, an optional field that is null counts as absent. Names and chat texts are cleaned here
 * (text.h), ids are not looked up. Reads hostile text: bounded depth and length, no key twice, no NUL in a text. */
#pragma once
#include "base/bytes.h"
#include "base/limits.h"
#include "engine/command.h"
#include "signal/code.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CHAT_MAX_BYTES 4000
#define PIN_MAX_BYTES 64
#define ROSTER_PAGE_MAX 100
#define BAN_MINUTES_MAX 527040L /* 366 days */

enum msg_type {
	MSG_JOIN,
	MSG_OFFER,
	MSG_VIEW,
	MSG_PUBLISH,
	MSG_HAND,
	MSG_CHAT,
	MSG_ROSTER,
	MSG_LEAVE,
	MSG_STAGE,
	MSG_MUTE,
	MSG_KICK,
	MSG_LOCK,
	MSG_ADMIT,
	MSG_END,
	MSG_TYPES
};

/* A switch that may be absent. */
enum msg_switch { MSG_ABSENT, MSG_OFF, MSG_ON };

struct msg_join {
	char room[ID_MAX + 1];
	char name[NAME_MAX_BYTES + 1];	  /* empty: absent */
	const char *token, *pin, *resume; /* NULL: absent */
	bool keep;			  /* media: "keep" */
	bool has_slots;
	uint8_t audio, video; /* slots wished for, cut to what there can be */
};

struct msg_offer {
	const char *sdp; /* plain or packed */
	size_t n;
	bool packed;
};

#define MSG_SLOT_UNKNOWN 255

struct msg_view_slot {
	uint8_t slot; /* MSG_SLOT_UNKNOWN: not the name of a video slot */
	enum view_source source;
	const char *site; /* VIEW_SITE */
	bool screen;
	uint16_t height;
	uint8_t fps;
};

struct msg_view {
	uint8_t n;
	struct msg_view_slot slots[SLOTS_VIDEO_MAX];
};

struct msg_publish {
	enum msg_switch audio, video, screen;
};

struct msg_chat {
	char text[CHAT_MAX_BYTES + 1];
	const char *to; /* NULL: all */
};

struct msg_roster {
	uint32_t from, count;
};

struct msg_mute {
	const char *site; /* NULL: all */
	bool video;	  /* else audio */
	bool on;	  /* false: lifted */
};

struct msg_kick {
	const char *site;
	char reason[REASON_MAX_BYTES + 1];
	uint32_t ban_minutes; /* 0: the short ban that every kick brings */
};

struct msg {
	enum msg_type type;
	bool has_id;
	json_int_t id;
	json_t *root; /* texts point into it */
	union {
		struct msg_join join;
		struct msg_offer offer;
		struct msg_view view;
		struct msg_publish publish;
		struct msg_chat chat;
		struct msg_roster roster;
		struct msg_mute mute;
		struct msg_kick kick;
		const char *site; /* stage (NULL: nobody), admit */
		bool on;	  /* hand, lock */
	};
};

/* Clears *m first. CODE_BAD_REQUEST, CODE_UNSUPPORTED (unknown type) with `why`, one English sentence that names the
 * field; `m->has_id` tells whether the request's id could be read all the same. msg_fini in any case. */
enum code msg_parse(struct bytes text, struct msg *m, char why[CODE_WHY]);
void msg_fini(struct msg *m);
