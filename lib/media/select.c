#include "media/select.h"
#include "base/seq.h"

#define SWITCH_FRESH 90000 /* RTP units: how far a keyframe may lie behind its layer's newest packet */

static void enter(struct select *s, enum select_state state)
{
	s->state = state;
	if (state == SELECT_IDLE || state == SELECT_WAITING) {
		s->current = SELECT_NONE;
		s->short_since = USEC_NEVER;
	}
	if (state == SELECT_IDLE)
		s->target = SELECT_NONE;
}

/* The smallest layer of at least 0.9 x height, else the largest; among the living ones unless `all`. */
static uint8_t choose(const struct layers *l, uint16_t height, bool all, usec now)
{
	uint8_t best = SELECT_NONE;
	unsigned best_height = 0;
	bool best_enough = false;
	for (uint8_t i = 0; i < l->n; i++) {
		if (!all && !layers_alive(l, i, now))
			continue;
		unsigned h = layers_height(l, i);
		bool enough = h * 10 >= height * 9u;
		bool better = enough != best_enough ? enough : enough ? h < best_height : h > best_height;
		if (best != SELECT_NONE && !better)
			continue;
		best = i;
		best_height = h;
		best_enough = enough;
	}
	return best;
}

static void retarget(struct select *s, const struct layers *l, usec now)
{
	if (s->state == SELECT_IDLE)
		return;
	s->seen = l->changes;
	s->stands = USEC_NEVER;
	layers_deadline(l, now, &s->stands);
	s->target = choose(l, s->height, false, now);
	if (s->state == SELECT_LOCKED && s->target != s->current && s->target != SELECT_NONE)
		enter(s, SELECT_SWITCHING);
	else if (s->state == SELECT_SWITCHING && s->target == s->current)
		enter(s, SELECT_LOCKED);
}

/* Asked for each packet of each viewer, so only where the choice may be another one. */
static void retarget_if_needed(struct select *s, const struct layers *l, usec now)
{
	if (s->seen != l->changes || now >= s->stands)
		retarget(s, l, now);
}

static void limit_from(struct select *s, uint32_t timestamp, uint8_t temporal)
{
	s->newest = (uint8_t)((s->newest + 1) % SELECT_LIMITS);
	if (s->n_limits < SELECT_LIMITS)
		s->n_limits++;
	s->limits[s->newest] = (struct select_limit){ timestamp, temporal };
}

/* The limit in force for a frame: the newest that began at or before it, else the oldest known. */
static uint8_t limit_at(const struct select *s, uint32_t timestamp)
{
	uint8_t temporal = 0;
	for (unsigned i = 0; i < s->n_limits; i++) {
		const struct select_limit *k = &s->limits[(s->newest + SELECT_LIMITS - i) % SELECT_LIMITS];
		temporal = k->temporal;
		if (seq32_diff(timestamp, k->timestamp) >= 0)
			break;
	}
	return temporal;
}

void select_init(struct select *s, uint16_t height, uint16_t fps)
{
	*s = (struct select){ .height = height, .fps = fps };
	enter(s, SELECT_IDLE);
}

void select_start(struct select *s, const struct layers *l, usec now)
{
	enter(s, s->height ? SELECT_WAITING : SELECT_IDLE);
	retarget(s, l, now);
}

void select_stop(struct select *s)
{
	enter(s, SELECT_IDLE);
}

void select_on_wish(struct select *s, uint16_t height, uint16_t fps, const struct layers *l, usec now)
{
	s->height = height;
	s->fps = fps;
	if (height == 0)
		enter(s, SELECT_IDLE);
	else if (l && s->state == SELECT_IDLE)
		select_start(s, l, now);
	else if (l)
		retarget(s, l, now);
}

void select_on_broken(struct select *s)
{
	if (s->state != SELECT_IDLE)
		enter(s, SELECT_WAITING);
}

void select_on_deadline(struct select *s, const struct layers *l, usec now)
{
	retarget(s, l, now);
}

/* A frame newer than all before it: here the limit may change. */
static void on_frame(struct select *s, const struct layers *l, const struct recv_meta *meta, usec now)
{
	uint8_t in_force = s->limits[s->newest].temporal;
	uint8_t wanted = select_temporal(l, s->current, s->fps, s->temporal_target);
	s->temporal_target = wanted;
	s->frame = meta->timestamp;
	bool climbs = meta->keyframe || (meta->layer_sync && meta->temporal == in_force + 1);
	if (wanted < in_force)
		limit_from(s, meta->timestamp, wanted);
	else if (wanted > in_force && climbs)
		limit_from(s, meta->timestamp, meta->keyframe ? wanted : in_force + 1);
	in_force = s->limits[s->newest].temporal;
	bool missing = in_force < wanted && in_force < l->layer[s->current].temporal_max;
	if (!missing)
		s->short_since = USEC_NEVER;
	else if (s->short_since == USEC_NEVER)
		s->short_since = now;
}

static bool begins_target(const struct select *s, const struct layers *l, const struct recv_meta *meta)
{
	return meta->layer == s->target && meta->keyframe && meta->frame_start &&
	       seq32_diff(l->layer[meta->layer].newest, meta->timestamp) < SWITCH_FRESH;
}

enum select_verdict select_decide(struct select *s, const struct layers *l, const struct recv_meta *meta, usec now)
{
	retarget_if_needed(s, l, now);
	if (s->state == SELECT_IDLE)
		return SELECT_DROP_LAYER;
	if (meta->layer != s->current && begins_target(s, l, meta)) {
		s->current = s->target;
		s->n_limits = 0;
		s->frame = meta->timestamp;
		s->temporal_target = select_temporal(l, s->current, s->fps, LAYERS_TEMPORAL - 1);
		limit_from(s, meta->timestamp, s->temporal_target);
		s->short_since = USEC_NEVER;
		enter(s, SELECT_LOCKED);
		return SELECT_SWITCH;
	}
	if (s->state == SELECT_WAITING)
		return SELECT_WAIT_KEYFRAME;
	if (meta->layer != s->current)
		return SELECT_DROP_LAYER;
	if (!l->temporal)
		return SELECT_FORWARD;
	if (seq32_diff(meta->timestamp, s->frame) > 0)
		on_frame(s, l, meta, now);
	return meta->temporal <= limit_at(s, meta->timestamp) ? SELECT_FORWARD : SELECT_DROP_TEMPORAL;
}

bool select_needs_keyframe(const struct select *s, const struct layers *l, usec now, uint8_t *layer)
{
	bool waits = s->state == SELECT_WAITING || s->state == SELECT_SWITCHING;
	bool lacks = s->short_since != USEC_NEVER && now - s->short_since >= SELECT_SYNC_WAIT;
	*layer = waits || s->state == SELECT_IDLE ? s->target : s->current;
	return (waits || lacks) && layers_alive(l, *layer, now);
}

uint8_t select_wish(const struct layers *l, uint16_t height)
{
	uint8_t layer = choose(l, height, true, 0);
	return layer < RIDS_MAX ? layer : 0; /* there is always one */
}

uint8_t select_wanted(const struct select *s, const struct layers *l)
{
	if (s->state == SELECT_IDLE)
		return 0;
	uint8_t wish = select_wish(l, s->height), given = s->current < RIDS_MAX ? s->current : 0;
	if (given > wish)
		return (uint8_t)(1U << wish | 1U << given);
	return (uint8_t)((2U << wish) - (1U << given)); /* from the given to the wish */
}

uint8_t select_temporal(const struct layers *l, uint8_t layer, uint16_t fps, uint8_t now_used)
{
	uint8_t enough = 0;
	while (enough < LAYERS_TEMPORAL - 1 && layers_fps_x10(l, layer, enough) < fps * 9u)
		enough++;
	if (enough > now_used && layers_fps_x10(l, layer, now_used) >= fps * 8u)
		return now_used;
	return enough;
}
