#include "bench/floor/sites.h"
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what)
{
	(void)fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

void sites_init(struct sites *t, struct sealer *sealer)
{
	*t = (struct sites){ .sealer = sealer };
}

static void drop_table(struct site *s)
{
	for (unsigned i = 0; i < SITES_STREAMS; i++) {
		free(s->streams[i].takings);
		s->streams[i].takings = NULL;
		s->streams[i].n_takings = 0;
	}
}

static void close_site(struct sites *t, uint16_t index)
{
	struct site *s = t->of[index];
	if (!s)
		return;
	drop_table(s);
	crypt_free(s->crypt);
	seal_fini(&s->seal);
	free(s);
	t->of[index] = NULL;
	t->n--;
}

void sites_fini(struct sites *t)
{
	for (unsigned i = 0; i < FLOOR_SITES_MAX; i++)
		close_site(t, (uint16_t)i);
}

static void open_site(struct sites *t, const struct floor_hello *hello, const struct netaddr *from)
{
	struct site *s = calloc(1, sizeof *s);
	struct srtp_keys keys;
	if (!s)
		fail("no memory for a site");
	floor_keys(&keys, hello->index, hello->profile, true);
	if (crypt_new(&s->crypt, t->sealer, &keys) != ERR_OK ||
	    seal_init(&s->seal, t->sealer, keys.profile, &keys.local) != ERR_OK)
		fail("the crypto library refused a site's keys");
	s->hello = *hello;
	s->address = *from;
	for (unsigned i = 0; i < SITES_STREAMS; i++)
		s->streams[i].video = i != FLOOR_AUDIO;
	t->of[hello->index] = s;
	t->n++;
}

static bool equal(const struct floor_hello *a, const struct floor_hello *b)
{
	return a->role == b->role && a->profile == b->profile && a->index == b->index && a->room == b->room &&
	       a->audio == b->audio && a->video == b->video && a->layer == b->layer;
}

bool sites_on_hello(struct sites *t, const struct floor_hello *hello, const struct netaddr *from)
{
	const struct site *s = t->of[hello->index];
	bool bye = hello->role & FLOOR_BYE_ROLE;
	bool same = s ? netaddr_equal(&s->address, from) && equal(&s->hello, hello) : bye;
	if (same)
		return false;
	close_site(t, hello->index);
	if (!bye)
		open_site(t, hello, from);
	t->stale = true;
	return true;
}

static void take(struct site *taker, struct site *source, enum floor_stream kind)
{
	struct stream *stream = &source->streams[kind];
	struct taking *all = realloc(stream->takings, (stream->n_takings + 1U) * sizeof *all);
	if (!all)
		fail("no memory for the table");
	stream->takings = all;
	struct taking *taking = &all[stream->n_takings++];
	taking->taker = taker;
	seal_stream_init(&taking->stream, floor_ssrc(source->hello.index, kind));
}

/* What one taker is given, in order of the sources' index. */
static void take_all(const struct sites *t, struct site *taker)
{
	const struct floor_hello *h = &taker->hello;
	unsigned given = 0;
	for (unsigned i = 0; i < FLOOR_SITES_MAX && (given < h->audio || given < h->video); i++) {
		struct site *source = t->of[i];
		if (!source || source == taker || source->hello.room != h->room || !(source->hello.role & FLOOR_SENDS))
			continue;
		if (given < h->audio)
			take(taker, source, FLOOR_AUDIO);
		if (given < h->video)
			take(taker, source, (enum floor_stream)h->layer);
		given++;
	}
}

/* Begun numberings go on: a table made anew in mid-run starts each taker's rollover where the source's is. */
void sites_make(struct sites *t)
{
	if (!t->stale)
		return;
	for (unsigned i = 0; i < FLOOR_SITES_MAX; i++)
		if (t->of[i])
			drop_table(t->of[i]);
	for (unsigned i = 0; i < FLOOR_SITES_MAX; i++)
		if (t->of[i] && t->of[i]->hello.role & FLOOR_TAKES)
			take_all(t, t->of[i]);
	t->stale = false;
}
