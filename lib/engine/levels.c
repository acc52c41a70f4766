#include "engine/levels.h"
#include "engine/core.h"
#include "engine/room.h"
#include "engine/site.h"

/* One that is lost is followed by the next: nothing is kept for it. */
static void flush(struct engine *e, struct other *o)
{
	timers_set(&e->timers, &o->timer, USEC_NEVER);
	if (o->levels.levels.n && !e->host.post(e->host.ctx, o->worker, &o->levels))
		core_drop(e, DROP_LINK);
	o->levels.levels.n = 0;
}

void levels_add(struct engine *e, uint32_t home, uint32_t csrc, uint8_t level, bool voice, usec now)
{
	struct other *o = &e->others[home];
	struct link_levels *l = &o->levels.levels;
	if (l->n == LINK_LEVELS_MAX || (l->n && now - l->began >= LEVELS_EVERY))
		flush(e, o);
	if (l->n == 0) {
		o->levels.type = LINK_LEVELS;
		l->began = now;
		timers_set(&e->timers, &o->timer, now + LEVELS_EVERY);
	}
	l->levels[l->n++] = (struct link_level){ csrc, (uint16_t)(now - l->began), level, voice };
}

void levels_on_deadline(struct engine *e, struct other *o)
{
	flush(e, o);
}

void levels_on_link(struct engine *e, const struct link_levels *m)
{
	for (unsigned i = 0; i < m->n && i < LINK_LEVELS_MAX; i++) {
		const struct link_level *l = &m->levels[i];
		struct site *site = site_find(e, l->csrc);
		if (site && source_is_shown(&site->sources[SOURCE_MIC]))
			room_on_level(e, site->room, site, l->level, l->voice, m->began + l->after_us);
	}
}
