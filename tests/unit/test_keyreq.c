#include "media/keyreq.h"
#include "test.h"

#define MS USEC_MS
enum event { ASK, KEY, GONE, TICK };

/* One run, read from the top: at `ms` the event happens; is a request sent, and what state follows? */
static const struct step {
	int ms;
	enum event event;
	bool sent;
	enum keyreq_state state;
} steps[] = {
	{ 0, TICK, false, KEYREQ_IDLE },  /* nobody waits, nothing is due */
	{ 0, ASK, true, KEYREQ_ASKED },	  /* the first request of all goes out at once */
	{ 10, ASK, false, KEYREQ_ASKED }, /* a second viewer shares it */
	{ 120, KEY, false, KEYREQ_IDLE },   { 130, ASK, false, KEYREQ_HELD },	/* too soon after the last: held */
	{ 299, TICK, false, KEYREQ_HELD },  { 300, TICK, true, KEYREQ_ASKED },	/* spacing is over */
	{ 699, TICK, false, KEYREQ_ASKED }, { 700, TICK, true, KEYREQ_ASKED },	/* lost on the way: again after retry
										   (1.5 x 200 + 100 ms) */
	{ 800, GONE, false, KEYREQ_IDLE },  { 2000, TICK, false, KEYREQ_IDLE }, /* nothing for nobody */
	{ 2001, ASK, true, KEYREQ_ASKED }, /* a pause: the spacing is what it was */
	{ 2100, KEY, false, KEYREQ_IDLE },  { 2150, ASK, false, KEYREQ_HELD },	{ 2301, TICK, true, KEYREQ_ASKED },
	{ 2350, KEY, false, KEYREQ_IDLE },  { 2360, ASK, false, KEYREQ_HELD }, /* a crowd: twice the spacing now */
	{ 2900, TICK, false, KEYREQ_HELD }, { 2901, TICK, true, KEYREQ_ASKED }, { 2950, KEY, false, KEYREQ_IDLE },
	{ 2960, ASK, false, KEYREQ_HELD },  { 4100, TICK, false, KEYREQ_HELD }, { 4101, TICK, true, KEYREQ_ASKED },
	{ 4150, KEY, false, KEYREQ_IDLE },  { 4160, ASK, false, KEYREQ_HELD }, /* six times, and not more */
	{ 5901, TICK, true, KEYREQ_ASKED }, { 6000, KEY, false, KEYREQ_IDLE },	{ 6010, ASK, false, KEYREQ_HELD },
	{ 7701, TICK, true, KEYREQ_ASKED }, { 7750, KEY, false, KEYREQ_IDLE },	{ 11301, ASK, true, KEYREQ_ASKED },
	{ 11350, KEY, false, KEYREQ_IDLE }, { 11360, ASK, false, KEYREQ_HELD }, { 11601, TICK, true, KEYREQ_ASKED },
};

static bool happen(struct keyreq *k, enum event event, usec now)
{
	switch (event) {
	case ASK: return keyreq_on_ask(k, now);
	case KEY: keyreq_on_keyframe(k); return false;
	case GONE: keyreq_on_gone(k); return false;
	case TICK: return keyreq_on_deadline(k, now);
	}
	return false;
}

static void follows_the_table(void **unused)
{
	(void)unused;
	struct keyreq k;
	keyreq_init(&k, 300 * MS, 200 * MS);
	keyreq_on_viewers(&k, 218, 0);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *s = &steps[i];
		bool sent = happen(&k, s->event, s->ms * MS);
		if (sent != s->sent || k.state != s->state)
			fail_msg("step %zu (%d ms): sent %d, state %d", i, s->ms, sent, k.state);
	}
}

/* Few viewers are not made to wait by each other. */
static void few_wait_no_longer(void **unused)
{
	struct keyreq k;
	keyreq_init(&k, 300 * MS, 100 * MS);
	keyreq_on_viewers(&k, KEYREQ_VIEWERS - 1, 0);
	for (usec now = 0; now < 3000 * MS; now += 300 * MS) {
		assert_true(now ? keyreq_on_deadline(&k, now) : keyreq_on_ask(&k, now));
		keyreq_on_keyframe(&k);
		assert_false(keyreq_on_ask(&k, now + 10 * MS));
	}
}

/* While many join, and only then, a request that was held waits KEYREQ_JOINING spacings longer, once. */
static void many_who_join_share_one(void **unused)
{
	struct keyreq k;
	keyreq_init(&k, 300 * MS, 100 * MS);
	keyreq_on_viewers(&k, 100, 0);
	assert_true(happen(&k, ASK, 0));
	happen(&k, KEY, 50 * MS);
	assert_false(happen(&k, ASK, 60 * MS));
	for (unsigned i = 1; i <= KEYREQ_VIEWERS; i++)
		keyreq_on_viewers(&k, 100 + i, 100 * MS + i * 15 * MS);
	assert_false(happen(&k, TICK, 300 * MS));
	assert_false(happen(&k, TICK, 899 * MS));
	keyreq_on_viewers(&k, 150, 890 * MS); /* though they still join */
	assert_true(happen(&k, TICK, 900 * MS));
	/* few: at once when the spacing, twice as long now, is over */
	happen(&k, KEY, 950 * MS);
	assert_false(happen(&k, ASK, 960 * MS));
	keyreq_on_viewers(&k, 150 + KEYREQ_VIEWERS - 1, 1490 * MS);
	assert_true(happen(&k, TICK, 1500 * MS));
	/* many, and nobody any more */
	happen(&k, KEY, 1550 * MS);
	assert_false(happen(&k, ASK, 1560 * MS));
	keyreq_on_viewers(&k, 200, 2400 * MS);
	assert_true(happen(&k, TICK, 2700 * MS));
}

/* The guarantee in the header, over random histories; a failure prints the seed that repeats it. */
static void keeps_its_guarantee(void **unused)
{
	(void)unused;
	for (unsigned seed = 1; seed <= 1000; seed++) {
		struct keyreq k;
		usec last = -1, waiting_since = -1;
		srand(seed);
		keyreq_init(&k, 300 * MS, 50 * MS + rand() % (800 * MS));
		unsigned viewers = (unsigned)rand() % 250, joins = (unsigned)rand() % 100;
		keyreq_on_viewers(&k, viewers, 0);
		for (usec now = 0; now < 20000 * MS; now += MS) {
			enum event event = rand() % 200 ? TICK : (enum event)(rand() % 3);
			if (joins && rand() % 1000 < (int)joins)
				keyreq_on_viewers(&k, ++viewers, now);
			bool sent = happen(&k, event, now);
			if (event == ASK && waiting_since < 0)
				waiting_since = now;
			if (event == KEY || event == GONE)
				waiting_since = -1;
			if (sent && (waiting_since < 0 || (last >= 0 && now - last < k.spacing)))
				fail_msg("seed %u: a request too many at %lld us", seed, (long long)now);
			if (sent)
				last = now;
			usec from = last > waiting_since ? last : waiting_since;
			usec held = k.most + (joins ? KEYREQ_JOINING * k.spacing : 0);
			usec most = k.retry > held ? k.retry : held;
			if (waiting_since >= 0 && now - from > most + MS)
				fail_msg("seed %u: a viewer waits in vain at %lld us", seed, (long long)now);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(few_wait_no_longer),
		cmocka_unit_test(many_who_join_share_one),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
