#include "engine/room.h"
#include "engine/assign.h"
#include "engine/core.h"
#include "engine/levels.h"
#include "engine/remote.h"
#include "engine/site.h"
#include "engine/transport.h"
#include <stdlib.h>

struct room *room_get(const struct engine *e, uint32_t number)
{
	return map_get(&e->rooms, number);
}

static uint32_t home_of(const struct engine *e, uint32_t number)
{
	return number % e->config.workers;
}

struct room *room_need(struct engine *e, uint32_t number, usec now)
{
	struct room *r = room_get(e, number);
	if (r)
		return r;
	bool home = home_of(e, number) == e->config.worker;
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->number = r->decision.room = number;
	list_init(&r->sites);
	timer_init(&r->timer, TIMER_ROOM);
	r->speaker = home ? malloc(sizeof *r->speaker) : NULL;
	if ((home && !r->speaker) || map_put(&e->rooms, number, r) != ERR_OK) {
		free(r->speaker);
		free(r);
		return NULL;
	}
	if (home)
		speaker_init(r->speaker, now);
	e->rooms_here += home;
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
	e->rooms_here -= r->speaker != NULL;
	free(r->speaker);
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
	if (r->speaker && speaker_add(r->speaker, site->csrc) == ERR_OK)
		speaker_mute(r->speaker, site->csrc, true); /* until its microphone is shown */
	room_change(e, r);
}

void room_leave(struct engine *e, struct room *r, struct site *site)
{
	if (r->speaker)
		speaker_remove(r->speaker, site->csrc);
	list_remove(&site->in_room);
	r->n_sites--;
	room_change(e, r);
}

void room_on_site(struct engine *e, struct room *r, struct site *site)
{
	if (r->speaker)
		speaker_mute(r->speaker, site->csrc, !source_is_shown(&site->sources[SOURCE_MIC]));
	room_change(e, r);
}

void room_on_silence(struct room *r, const struct site *site)
{
	if (r->speaker) /* the home worker hears of it with the site's sources */
		speaker_mute(r->speaker, site->csrc, true);
}

void room_on_level(struct engine *e, struct room *r, struct site *site, uint8_t level, bool voice, usec now)
{
	if (!r->speaker)
		levels_add(e, home_of(e, r->number), site->csrc, level, voice, now);
	else if (speaker_on_audio(r->speaker, site->csrc, level, voice, now))
		timers_lower(&e->timers, &r->timer, now);
}

static uint32_t live_or_none(const struct engine *e, const struct room *r, uint32_t csrc)
{
	const struct site *site = csrc ? site_find(e, csrc) : NULL;
	return site && site->room == r && site->live ? csrc : 0;
}

/* The chair's choice, else the loudest, else the chair. */
static void decide_stage(const struct engine *e, const struct room *r, struct link_decision *d)
{
	uint32_t shown = live_or_none(e, r, r->stage);
	if (!shown)
		shown = live_or_none(e, r, speaker_dominant(r->speaker));
	if (!shown)
		shown = live_or_none(e, r, r->chair);
	if (shown != d->shown && d->shown)
		d->shown_before = d->shown;
	d->shown = shown;
}

static void decide_voices(const struct room *r, struct link_decision *d, usec now)
{
	struct speaker_rank ranked[SPEAKER_RANKED];
	d->n_ranked = (uint32_t)speaker_ranked(r->speaker, NULL, 0, ranked, SPEAKER_RANKED, now);
	for (unsigned i = 0; i < SPEAKER_RANKED; i++)
		d->ranked[i] = i < d->n_ranked ? ranked[i].csrc : 0;
}

static void tell_speaking(struct engine *e, const struct room *r)
{
	struct event event = { .type = EVENT_SPEAKING, .speaking = { .room = r->number } };
	event.speaking.n = (uint8_t)speaker_speaking(r->speaker, event.speaking.csrcs);
	e->host.event(e->host.ctx, &event);
}

/* What was decided holds here from now on. */
static void accept_decision(const struct engine *e, struct room *r, const struct link_decision *d)
{
	for (unsigned i = 0; d->spoken_at != r->decision.spoken_at && i < d->n_speaking; i++) {
		struct site *site = site_find(e, d->speaking[i]);
		if (site)
			site->spoke = d->spoken_at;
	}
	r->decision = *d;
	r->dirty = true;
}

void room_on_decision(struct engine *e, const struct link_decision *m)
{
	struct room *r = room_get(e, m->room);
	if (!r || r->speaker)
		return;
	accept_decision(e, r, m);
	room_change(e, r);
}

bool room_tell_decision(struct engine *e, struct room *r, uint32_t worker)
{
	struct link_message m = { .type = LINK_DECISION, .decision = r->decision };
	return remote_post(e, worker, &m, &r->untold);
}

static void decide(struct engine *e, struct room *r, usec now)
{
	struct link_decision decision = r->decision, *d = &decision;
	unsigned changes = speaker_on_tick(r->speaker, now);
	if (changes & SPEAKER_CHANGED_SPEAKING) {
		tell_speaking(e, r);
		d->n_speaking = (uint32_t)speaker_speaking(r->speaker, d->speaking);
		d->spoken_at = now;
	}
	decide_voices(r, d, now);
	decide_stage(e, r, d);
	if (memcmp(d, &r->decision, sizeof *d) == 0)
		return;
	accept_decision(e, r, d);
	for (uint32_t i = 0; i < e->config.workers; i++)
		if (i != e->config.worker)
			(void)room_tell_decision(e, r, i);
}

void room_on_deadline(struct engine *e, struct room *r, usec now)
{
	if (r->speaker)
		decide(e, r, now);
	if (r->dirty) {
		r->dirty = false;
		assign_room(e, r, now);
	}
	usec next = r->dirty ? now : USEC_NEVER;
	if (r->speaker)
		speaker_deadline(r->speaker, &next);
	timers_lower(&e->timers, &r->timer, next);
}
