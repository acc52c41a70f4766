#include "engine/site.h"
#include "engine/core.h"
#include "engine/room.h"
#include "engine/transport.h"

struct site *site_find(const struct engine *e, uint32_t csrc)
{
	return map_get(&e->sites, csrc);
}

bool site_is_here(const struct engine *e, const struct site *s)
{
	return s->worker == e->config.worker;
}

static void default_views(struct site *s)
{
	for (unsigned i = 0; i < SLOTS_VIDEO_MAX; i++)
		s->views[i] = (struct view_slot){ .slot = (uint8_t)i, .source = VIEW_AUTO, .height = 180, .fps = 15 };
	s->views[0] = (struct view_slot){ .source = VIEW_STAGE, .height = 360, .fps = 30 };
}

static struct site *make(struct engine *e, const struct command_site *command, usec now)
{
	struct room *room = room_need(e, command->room, now);
	struct site *s = room ? pool_get(&e->site_cells) : NULL;
	if (!s) {
		core_drop(e, DROP_POOL);
		return NULL;
	}
	*s = (struct site){ 0 };
	if (map_put(&e->sites, command->csrc, s) != ERR_OK) {
		pool_put(&e->site_cells, s);
		return NULL;
	}
	s->csrc = command->csrc;
	s->worker = command->worker;
	e->sites_here += site_is_here(e, s);
	for (unsigned kind = 0; kind < SOURCES; kind++)
		source_init(&s->sources[kind], s, (enum source_kind)kind);
	siteclock_init(&s->clock);
	default_views(s);
	room_enter(e, room, s);
	return s;
}

void site_on_command(struct engine *e, const struct command_site *command, usec now)
{
	struct site *s = site_find(e, command->csrc);
	if (!s)
		s = make(e, command, now);
	if (!s)
		return;
	if (command->screen && !s->screen)
		s->shared = ++s->room->shares;
	s->live = command->live;
	s->audio = command->audio;
	s->video = command->video;
	s->screen = command->screen;
	s->muted_audio = command->muted_audio;
	s->muted_video = command->muted_video;
	s->slots_audio = command->slots_audio;
	s->slots_video = command->slots_video;
	room_on_site(e, s->room, s);
}

static struct slot *video_slot(const struct site *s, uint8_t number)
{
	struct transport *t = s->transport;
	for (unsigned i = t ? t->n_audio : 0; t && i < t->n_slots; i++)
		if (t->slots[i].number == number)
			return &t->slots[i];
	return NULL;
}

void site_on_view(struct engine *e, const struct command_view *command, usec now)
{
	struct site *s = site_find(e, command->csrc);
	for (unsigned i = 0; s && i < command->n && i < SLOTS_VIDEO_MAX; i++) {
		const struct view_slot *view = &command->slots[i];
		if (view->slot >= SLOTS_VIDEO_MAX)
			continue;
		s->views[view->slot] = *view;
		struct slot *slot = video_slot(s, view->slot);
		if (slot) {
			slot_on_wish(slot, view->height, view->fps, now);
			if (slot->source)
				source_decide_demand(e, slot->source, now);
			transport_due(e, s->transport, now);
		}
		room_change(e, s->room);
	}
}

void site_close(struct engine *e, struct site *s, usec now)
{
	if (s->transport)
		transport_close(e, s->transport, NULL, now);
	for (unsigned kind = 0; !site_is_here(e, s) && kind < SOURCES; kind++)
		source_close(e, &s->sources[kind], now);
	e->sites_here -= site_is_here(e, s);
	room_leave(e, s->room, s);
	map_remove(&e->sites, s->csrc);
	pool_put(&e->site_cells, s);
}
