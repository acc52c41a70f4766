#include "base/timers.h"
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

enum err timers_init(struct timers *t, uint32_t limit)
{
	*t = (struct timers){ .limit = limit };
	t->heap = calloc((size_t)limit + 1, sizeof(struct timer *));
	return t->heap ? ERR_OK : ERR_NOMEM;
}

void timers_fini(struct timers *t)
{
	free((void *)t->heap);
	*t = (struct timers){ 0 };
}

void timer_init(struct timer *timer, uint32_t kind)
{
	*timer = (struct timer){ .at = USEC_NEVER, .kind = kind };
}

static void put(struct timers *t, uint32_t place, struct timer *timer)
{
	t->heap[place] = timer;
	timer->place = place;
}

/* Towards the top, past all that are later. */
static void rise(struct timers *t, uint32_t place, struct timer *timer)
{
	for (; place > 1 && t->heap[place / 2]->at > timer->at; place /= 2)
		put(t, place, t->heap[place / 2]);
	put(t, place, timer);
}

/* Away from it, past all that are earlier. */
static void sink(struct timers *t, uint32_t place, struct timer *timer)
{
	for (uint32_t next; (next = 2 * place) <= t->n; place = next) {
		next += next < t->n && t->heap[next + 1]->at < t->heap[next]->at;
		if (t->heap[next]->at >= timer->at)
			break;
		put(t, place, t->heap[next]);
	}
	put(t, place, timer);
}

static void disarm(struct timers *t, struct timer *timer)
{
	uint32_t place = timer->place;
	struct timer *last = t->heap[t->n--];
	timer->place = 0;
	if (last == timer)
		return;
	if (place > 1 && t->heap[place / 2]->at > last->at)
		rise(t, place, last);
	else
		sink(t, place, last);
}

void timers_set(struct timers *t, struct timer *timer, usec at)
{
	if (at == USEC_NEVER) {
		if (timer->place)
			disarm(t, timer);
		return;
	}
	bool earlier = !timer->place || at < timer->at;
	timer->at = at;
	if (!timer->place) {
		assert(t->n < t->limit);
		timer->place = ++t->n;
	}
	if (earlier)
		rise(t, timer->place, timer);
	else
		sink(t, timer->place, timer);
}

struct timer *timers_due(struct timers *t, usec now)
{
	if (timers_next(t) > now)
		return NULL;
	struct timer *timer = t->heap[1];
	disarm(t, timer);
	return timer;
}
