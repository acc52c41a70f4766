/* A site in a room: what it sends (sources), what it wants to see (views), what it gets (slots of its transport). */
#pragma once
#include "base/list.h"
#include "engine/command.h"
#include "engine/source.h"
#include "media/siteclock.h"

struct engine;
struct room;
struct transport;

struct site {
	struct room *room;
	struct list in_room; /* struct room.sites, in order of joining */
	uint32_t csrc;
	uint32_t worker; /* whose its transport is; elsewhere it is a replica: transport NULL, facts as told */
	bool ready;	 /* its transport has keys */
	bool live, audio, video, screen, muted_audio, muted_video;
	uint8_t slots_audio, slots_video;
	struct source sources[SOURCES];
	struct siteclock clock;
	struct view_slot views[SLOTS_VIDEO_MAX];
	struct transport *transport; /* NULL: none */
	usec spoke;		     /* last heard among the loudest; 0: never */
	uint32_t shared;	     /* the how-manieth of its room to publish a screen; 0: never */
};

/* COMMAND_SITE: creates or changes. A full engine ignores it (signalling keeps the number below the limit). */
void site_on_command(struct engine *e, const struct command_site *command, usec now);
void site_on_view(struct engine *e, const struct command_view *command, usec now);
void site_close(struct engine *e, struct site *s, usec now);
/* Its transport is ours. */
bool site_is_here(const struct engine *e, const struct site *s);
/* NULL: not known. */
struct site *site_find(const struct engine *e, uint32_t csrc);
