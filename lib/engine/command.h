/* What the signalling thread tells a worker's engine: plain data, by value, through the mailbox.
 *
 * Rooms and sites are told to every worker (ROOM, ROOM_CLOSE, SITE, SITE_CLOSE), before anything else of the site; a
 * site's transport, views and REPEAT to its own worker alone.
 *
 * A site is known by its csrc (u32, never 0, stable per seat, unique in the daemon), a room by a number the signalling
 * thread gives. A command about a site or room the engine does not know is ignored: it may have gone meanwhile.
 * Commands of one site arrive in the order sent. The engine answers by events (engine/view.h). */
#pragma once
#include "base/limits.h"
#include "media/negotiate.h"
#include <stdbool.h>
#include <stdint.h>

enum command_type {
	COMMAND_ROOM,		 /* creates the room or changes stage and chair */
	COMMAND_ROOM_CLOSE,	 /* its sites were closed before */
	COMMAND_SITE,		 /* creates the site in its room, or changes its switches */
	COMMAND_SITE_CLOSE,	 /* and its transport with it */
	COMMAND_TRANSPORT,	 /* a new transport for the site, in place of the one before */
	COMMAND_TRANSPORT_CLOSE, /* site stays, e.g. an audience without media */
	COMMAND_VIEW,		 /* what the site wants to see in its video slots */
	COMMAND_REPEAT,		 /* send this site's whole slot map and its encodings again (after a resume) */
};

struct command_room {
	uint32_t room;
	uint32_t stage; /* csrc of the site on stage, 0: none (the loudest fills it) */
	uint32_t chair; /* csrc, 0: none present */
};

struct command_site {
	uint32_t room, csrc;
	uint32_t worker;		  /* whose socket its media comes to; the same as long as it is there */
	bool live;			  /* false: lost; its seat stays, its slots are emptied */
	bool audio, video, screen;	  /* what it says it publishes; false: nobody is given it */
	bool muted_audio, muted_video;	  /* by the chair: stands above what the packets say */
	uint8_t slots_audio, slots_video; /* granted at join */
};

struct command_transport {
	uint32_t csrc;
	uint32_t generation;	 /* counts a site's transports; events of an older one are stale */
	char ufrag[33], pwd[65]; /* ours; the only half of USERNAME that is looked at */
	struct negotiated media;
};

enum view_source { VIEW_NONE, VIEW_STAGE, VIEW_AUTO, VIEW_SCREEN, VIEW_SITE };

struct view_slot {
	uint8_t slot; /* v<slot> */
	enum view_source source;
	uint32_t csrc;	 /* VIEW_SITE: whose */
	bool screen;	 /* VIEW_SITE: its screen, not its camera */
	uint16_t height; /* shown height in device pixels; 1 … 4320 */
	uint8_t fps;	 /* 1 … 60 */
};

struct command_view {
	uint32_t csrc;
	uint8_t n;
	struct view_slot slots[SLOTS_VIDEO_MAX]; /* only the named ones change */
};

struct command {
	enum command_type type;
	union {
		struct command_room room;
		uint32_t room_close;
		struct command_site site;
		uint32_t csrc; /* SITE_CLOSE, TRANSPORT_CLOSE, REPEAT */
		struct command_transport transport;
		struct command_view view;
	};
};
