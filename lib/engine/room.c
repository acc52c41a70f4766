#include "engine/room.h"
#include "engine/assign.h"
#include "engine/core.h"
#include "engine/site.h"
#include "engine/transport.h"
#include <stdlib.h>

struct room *room_get(const struct engine *e, uint32_t number)
{
	return map_get(&e->rooms, number);
}

struct room *room_need(struct engine *e, uint32_t number, usec now)
{
	struct room *r = room_get(e, number);
	if (r)
		return r;
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->number = number;
	list_init(&r->sites);
	timer_init(&r->timer, TIMER_ROOM);
	speaker_init(&r->speaker, now);
	if (map_put(&e->rooms, number, r) != ERR_OK) {
		free(r);
		return NULL;
	}
	return r;
}

void room_on_command(struct engine *e, const struct command_room *command, usec now)
{
	struct room *r = room_need(e, command->room, now);
	if (!r)
		return;
	r->stage = command->stage;
	r->chair = command->chair;
	room_change(e, r);
}

void room_close(struct engine *e, struct room *r)
{
	if (!list_empty(&r->sites))
		return; /* its sites are closed first */
	timers_set(&e->timers, &r->timer, USEC_NEVER);
	map_remove(&e->rooms, r->number);
	free(r);
}

void room_change(struct engine *e, struct room *r)
{
	r->dirty = true;
	timers_set(&e->timers, &r->timer, 0);
}

void room_enter(struct engine *e, struct room *r, struct site *site)
{
	site->room = r;
	list_append(&r->sites, &site->in_room);
	r->n_sites++;
	if (speaker_add(&r->speaker, site->csrc) == ERR_OK)
		speaker_mute(&r->speaker, site->csrc, true); /* until its microphone is shown */
	room_change(e, r);
}

void room_leave(struct engine *e, struct room *r, struct site *site)
{
	speaker_remove(&r->speaker, site->csrc);
	list_remove(&site->in_room);
	r->n_sites--;
	room_change(e, r);
}

void room_on_site(struct engine *e, struct room *r, struct site *site)
{
	speaker_mute(&r->speaker, site->csrc, !source_is_shown(&site->sources[SOURCE_MIC]));
	room_change(e, r);
}

void room_on_silence(struct room *r, const struct site *site)
{
	speaker_mute(&r->speaker, site->csrc, true);
}

void room_on_level(struct engine *e, struct room *r, struct site *site, uint8_t level, bool voice, usec now)
{
	if (speaker_on_audio(&r->speaker, site->csrc, level, voice, now))
		timers_lower(&e->timers, &r->timer, now);
}

static uint32_t live_or_none(const struct engine *e, const struct room *r, uint32_t csrc)
{
	const struct site *site = csrc ? site_find(e, csrc) : NULL;
	return site && site->room == r && site->live ? csrc : 0;
}

/* The chair's choice, else the loudest, else the chair. */
static void decide_stage(const struct engine *e, struct room *r)
{
	uint32_t shown = live_or_none(e, r, r->stage);
	if (!shown)
		shown = live_or_none(e, r, speaker_dominant(&r->speaker));
	if (!shown)
		shown = live_or_none(e, r, r->chair);
	if (shown == r->shown)
		return;
	if (r->shown)
		r->shown_before = r->shown;
	r->shown = shown;
	r->dirty = true;
}

static void tell_speaking(struct engine *e, const struct room *r)
{
	struct event event = { .type = EVENT_SPEAKING, .speaking = { .room = r->number } };
	event.speaking.n = (uint8_t)speaker_speaking(&r->speaker, event.speaking.csrcs);
	e->host.event(e->host.ctx, &event);
}

static void remember_speakers(const struct engine *e, const struct room *r, usec now)
{
	uint32_t csrcs[SPEAKER_SPEAKING];
	size_t n = speaker_speaking(&r->speaker, csrcs);
	for (size_t i = 0; i < n; i++) {
		struct site *site = site_find(e, csrcs[i]);
		if (site)
			site->spoke = now;
	}
}

void room_on_deadline(struct engine *e, struct room *r, usec now)
{
	unsigned changes = speaker_on_tick(&r->speaker, now);
	if (changes & SPEAKER_CHANGED_SPEAKING) {
		tell_speaking(e, r);
		remember_speakers(e, r, now);
	}
	if (changes)
		r->dirty = true;
	decide_stage(e, r);
	if (r->dirty) {
		r->dirty = false;
		assign_room(e, r, now);
	}
	usec next = r->dirty ? now : USEC_NEVER;
	speaker_deadline(&r->speaker, &next);
	timers_lower(&e->timers, &r->timer, next);
}
