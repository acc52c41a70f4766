#include "media/speaker.h"
#include <string.h>

#define ONE_DB 256
#define FALL ((usec)SPEAKER_FALL_DB * ONE_DB) /* a second */
#define FLOOR_RISE ONE_DB		      /* a second */
#define PACKET_FIRST (20 * USEC_MS)	      /* taken as the duration of a first packet */
#define PACKET_MAX (120 * USEC_MS)	      /* the longest Opus packet */
#define RUN_MAX (200 * USEC_MS)

static int32_t loudness(const struct speaker_site *t, usec now)
{
	if (t->heard == USEC_NEVER)
		return 0;
	int64_t left = t->loudness - (now - t->heard) * FALL / USEC_S;
	return left > 0 ? (int32_t)left : 0;
}

/* Brings the ring of sums up to now. */
static void turn_buckets(struct speaker_site *t, usec now)
{
	int64_t bucket = now / SPEAKER_BUCKET;
	if (bucket - t->bucket >= SPEAKER_BUCKETS)
		memset(t->buckets, 0, sizeof t->buckets);
	else
		for (int64_t i = t->bucket + 1; i <= bucket; i++)
			t->buckets[i % SPEAKER_BUCKETS] = 0;
	t->bucket = bucket;
}

static uint32_t sum(struct speaker_site *t, usec now)
{
	uint32_t total = 0;
	turn_buckets(t, now);
	for (unsigned i = 0; i < SPEAKER_BUCKETS; i++)
		total += t->buckets[i];
	return total;
}

/* How far the packet is above the site's floor, which follows; 0: no voice. */
static int32_t above_floor(struct speaker_site *t, uint8_t level, bool voice, usec span)
{
	int32_t heard = (127 - (level < 127 ? level : 127)) * ONE_DB;
	int32_t risen = t->floor + (int32_t)(span * FLOOR_RISE / USEC_S);
	t->floor = heard < risen ? heard : risen;
	if (t->floor < SPEAKER_FLOOR_DB * ONE_DB)
		t->floor = SPEAKER_FLOOR_DB * ONE_DB;
	t->has_vad |= voice;
	int32_t above = heard - t->floor;
	if (t->has_vad && !voice)
		above /= 2;
	return above >= SPEAKER_MARGIN_DB * ONE_DB ? above : 0;
}

/* Takes the packet into account. True: it has voice. */
static bool hear(struct speaker_site *t, uint8_t level, bool voice, usec now)
{
	usec span = t->heard == USEC_NEVER ? PACKET_FIRST : now - t->heard;
	bool apart = span > PACKET_MAX; /* something is missing in between */
	if (apart)
		span = PACKET_MAX;
	int32_t above = above_floor(t, level, voice, span);
	if (apart)
		span = PACKET_FIRST;
	int32_t loud = loudness(t, now);
	usec rise = span < SPEAKER_ATTACK ? span : SPEAKER_ATTACK;
	if (above > loud)
		loud += (int32_t)((above - loud) * rise / SPEAKER_ATTACK);
	t->loudness = loud;
	t->heard = now;
	turn_buckets(t, now);
	t->buckets[t->bucket % SPEAKER_BUCKETS] += (uint32_t)((int64_t)above * span / (ONE_DB * USEC_MS));
	t->run = above ? (apart ? span : t->run + span) : t->run - span;
	if (t->run < 0)
		t->run = 0;
	if (t->run > RUN_MAX)
		t->run = RUN_MAX;
	if (above)
		t->voiced = now;
	return above > 0;
}

static void set_rank(struct speaker *s, struct speaker_site *t, uint8_t rank)
{
	s->ranked[rank] = t;
	t->rank = rank;
	t->ahead = USEC_NEVER;
	s->changes |= SPEAKER_CHANGED_RANKED;
}

static void leave(struct speaker *s, struct speaker_site *t)
{
	s->places &= (uint16_t) ~(1u << t->place);
	s->n_ranked--;
	for (uint8_t i = t->rank; i < s->n_ranked; i++)
		set_rank(s, s->ranked[i + 1], i);
	t->rank = t->place = SPEAKER_UNRANKED;
	t->ahead = USEC_NEVER;
	s->changes |= SPEAKER_CHANGED_RANKED;
}

static void enter(struct speaker *s, struct speaker_site *t)
{
	t->place = 0;
	while (s->places & 1u << t->place)
		t->place++;
	s->places |= (uint16_t)(1u << t->place);
	set_rank(s, t, s->n_ranked++);
}

/* Whether `t`, which has voice, may take the rank of `other`. */
static bool passes(struct speaker_site *t, const struct speaker_site *other, usec now)
{
	int32_t theirs = loudness(other, now);
	if (theirs == 0)
		return true;
	if (t->loudness < theirs + SPEAKER_LEAD_DB * ONE_DB) {
		t->ahead = USEC_NEVER;
		return false;
	}
	if (t->ahead == USEC_NEVER)
		t->ahead = now;
	return now - t->ahead >= SPEAKER_CHALLENGE;
}

static void climb(struct speaker *s, struct speaker_site *t, usec now)
{
	if (t->rank == SPEAKER_UNRANKED) {
		if (t->run < SPEAKER_ATTACK)
			return;
		if (s->n_ranked == SPEAKER_RANKED) {
			if (!passes(t, s->ranked[SPEAKER_RANKED - 1], now))
				return;
			leave(s, s->ranked[SPEAKER_RANKED - 1]);
		}
		enter(s, t);
	}
	while (t->rank > 0 && passes(t, s->ranked[t->rank - 1], now)) {
		uint8_t rank = t->rank;
		set_rank(s, s->ranked[rank - 1], rank);
		set_rank(s, t, rank - 1);
	}
}

_Static_assert(SPEAKER_CELLS >= 2 * ROOM_SITES_MAX, "a room's sites fit in its map");

void speaker_init(struct speaker *s, usec now)
{
	memset(s, 0, sizeof *s);
	s->ticked = now;
	s->dominant_since = s->told_at = USEC_NEVER;
	map_init_in(&s->by_csrc, s->cells, SPEAKER_CELLS);
}

static void forget(struct speaker_site *t)
{
	t->rank = t->place = SPEAKER_UNRANKED;
	t->heard = t->voiced = t->ahead = USEC_NEVER;
	t->run = 0;
	t->loudness = 0;
	t->floor = SPEAKER_FLOOR_DB * ONE_DB;
	memset(t->buckets, 0, sizeof t->buckets);
}

enum err speaker_add(struct speaker *s, uint32_t csrc)
{
	if (map_get(&s->by_csrc, csrc))
		return ERR_OK;
	struct speaker_site *t = s->sites, *end = s->sites + ROOM_SITES_MAX;
	while (t < end && t->used)
		t++;
	if (t == end)
		return ERR_FULL;
	enum err err = map_put(&s->by_csrc, csrc, t);
	if (err != ERR_OK)
		return err;
	*t = (struct speaker_site){ .csrc = csrc, .used = true };
	forget(t);
	return ERR_OK;
}

static void silence(struct speaker *s, struct speaker_site *t)
{
	if (t->rank != SPEAKER_UNRANKED)
		leave(s, t);
	if (s->dominant == t->csrc)
		s->dominant_since = s->ticked - SPEAKER_KEEP; /* the next who speaks follows at once */
	forget(t);
}

void speaker_remove(struct speaker *s, uint32_t csrc)
{
	struct speaker_site *t = map_get(&s->by_csrc, csrc);
	if (!t)
		return;
	silence(s, t);
	if (s->dominant == csrc || s->before == csrc) {
		s->dominant = s->dominant == csrc ? 0 : s->dominant;
		s->before = s->before == csrc ? 0 : s->before;
		s->changes |= SPEAKER_CHANGED_DOMINANT;
	}
	t->used = false;
	map_remove(&s->by_csrc, csrc);
}

void speaker_mute(struct speaker *s, uint32_t csrc, bool muted)
{
	struct speaker_site *t = map_get(&s->by_csrc, csrc);
	if (!t || t->muted == muted)
		return;
	t->muted = muted;
	if (muted)
		silence(s, t);
}

bool speaker_on_audio(struct speaker *s, uint32_t csrc, uint8_t level, bool voice, usec now)
{
	struct speaker_site *t = map_get(&s->by_csrc, csrc);
	if (!t || t->muted || (t->heard != USEC_NEVER && now < t->heard))
		return false;
	if (hear(t, level, voice, now))
		climb(s, t, now);
	return s->changes != 0;
}

static void elect(struct speaker *s, usec now)
{
	struct speaker_site *best = NULL, *holder = s->dominant ? map_get(&s->by_csrc, s->dominant) : NULL;
	uint32_t best_sum = 0;
	for (uint8_t i = 0; i < s->n_ranked; i++) {
		uint32_t theirs = sum(s->ranked[i], now);
		if (theirs <= best_sum || now - s->ranked[i]->voiced >= SPEAKER_RECENT)
			continue;
		best = s->ranked[i];
		best_sum = theirs;
	}
	if (!best || best == holder || best_sum < SPEAKER_WORD)
		return;
	if (holder) {
		uint32_t held = sum(holder, now);
		if (now - s->dominant_since < SPEAKER_KEEP || best_sum < held + held / 8)
			return;
		s->before = s->dominant;
	} else if (s->before == best->csrc) {
		s->before = 0;
	}
	s->dominant = best->csrc;
	s->dominant_since = now;
	s->changes |= SPEAKER_CHANGED_DOMINANT;
}

static void tell(struct speaker *s, usec now)
{
	uint32_t speaking[SPEAKER_SPEAKING];
	uint8_t n = 0;
	for (uint8_t i = 0; i < s->n_ranked && n < SPEAKER_SPEAKING; i++)
		if (loudness(s->ranked[i], now) > 0)
			speaking[n++] = s->ranked[i]->csrc;
	if (n == s->n_told && (n == 0 || memcmp(speaking, s->told, n * sizeof *speaking) == 0))
		return;
	if (s->told_at != USEC_NEVER && now - s->told_at < SPEAKER_TELL)
		return;
	memcpy(s->told, speaking, n * sizeof *speaking);
	s->n_told = n;
	s->told_at = now;
	s->changes |= SPEAKER_CHANGED_SPEAKING;
}

unsigned speaker_on_tick(struct speaker *s, usec now)
{
	for (uint8_t i = s->n_ranked; i > 0; i--)
		if (now - s->ranked[i - 1]->voiced >= SPEAKER_HOLD)
			leave(s, s->ranked[i - 1]);
	elect(s, now);
	tell(s, now);
	s->ticked = now;
	unsigned changes = s->changes;
	s->changes = 0;
	return changes;
}

void speaker_deadline(const struct speaker *s, usec *next)
{
	if (s->changes)
		usec_lower(next, s->ticked);
	else if (s->n_ranked || s->n_told)
		usec_lower(next, s->ticked + SPEAKER_TICK);
}

size_t speaker_ranked(const struct speaker *s, const uint32_t *except, size_t n_except, struct speaker_rank *out,
		      size_t max, usec now)
{
	size_t n = 0;
	for (uint8_t i = 0; i < s->n_ranked && n < max; i++) {
		const struct speaker_site *t = s->ranked[i];
		bool skip = false;
		for (size_t e = 0; e < n_except; e++)
			skip |= except[e] == t->csrc;
		if (!skip)
			out[n++] =
			    (struct speaker_rank){ .csrc = t->csrc, .place = t->place, .voice = loudness(t, now) > 0 };
	}
	return n;
}

size_t speaker_speaking(const struct speaker *s, uint32_t out[SPEAKER_SPEAKING])
{
	memcpy(out, s->told, s->n_told * sizeof *out);
	return s->n_told;
}

uint32_t speaker_dominant(const struct speaker *s)
{
	return s->dominant;
}

uint32_t speaker_before(const struct speaker *s)
{
	return s->before;
}
