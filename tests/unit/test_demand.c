#include "media/demand.h"
#include "test.h"

#define MS USEC_MS

/* One camera of three layers, read from the top: at `ms` these layers are wanted; what is told, what is active? */
static const struct step {
	int ms;
	uint8_t wanted;
	bool changed;
	uint8_t active;
} steps[] = {
	{ 0, 7, false, 7 },	   /* as the contract says before the first word */
	{ 1000, 1, false, 7 },	   /* nobody takes m and h: hold begins */
	{ 4000, 3, false, 7 },	   /* m again, its hold is forgotten */
	{ 4500, 1, false, 7 },	   /* and begins anew */
	{ 5999, 1, false, 7 },	   /* h not yet */
	{ 6000, 1, true, 3 },	   /* h for 5 s */
	{ 9499, 1, false, 3 },	   /* m not yet */
	{ 9500, 1, true, 1 },	   /* m for 5 s */
	{ 9501, 5, true, 5 },	   /* h at once */
	{ 9502, 0, false, 5 },	   /* nobody at all */
	{ 14502, 0, true, 0 },	   /* nothing is sent */
	{ 20000, 0xf8, false, 0 }, /* layers it has not */
	{ 20001, 2, true, 2 },
};

static void follows_the_table(void **unused)
{
	struct demand d;
	demand_init(&d, DEMAND_CAMERA, 3, 0);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *s = &steps[i];
		bool changed = demand_decide(&d, s->wanted, s->ms * MS);
		if (changed != s->changed || d.active != s->active)
			fail_msg("step %zu (%d ms): changed %d, active %x", i, s->ms, changed, d.active);
	}
}

static void begins_as_the_contract_says(void **unused)
{
	static const struct {
		enum demand_kind kind;
		uint8_t n, active;
	} cases[] = {
		{ DEMAND_CAMERA, 3, 7 }, { DEMAND_CAMERA, 1, 1 }, { DEMAND_CAMERA, 0, 1 },    { DEMAND_CAMERA, 200, 7 },
		{ DEMAND_SCREEN, 2, 0 }, { DEMAND_AUDIO, 1, 1 },  { DEMAND_AUDIO_LOW, 1, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct demand d;
		struct demand_encoding e[RIDS_MAX];
		demand_init(&d, cases[i].kind, cases[i].n, 0);
		size_t n = demand_encodings(&d, e);
		assert_int_equal(d.active, cases[i].active);
		assert_int_equal(n, d.n);
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(e[k].active, cases[i].active >> k & 1);
			assert_true(e[k].max_bitrate > 0);
			assert_true(k == 0 || e[k].max_bitrate > e[k - 1].max_bitrate);
		}
	}
}

static void never_taken_goes_off_after_the_hold(void **unused)
{
	struct demand d;
	usec next = USEC_NEVER;
	demand_init(&d, DEMAND_AUDIO, 1, 100 * MS);
	demand_deadline(&d, &next);
	assert_int_equal(next, 5100 * MS);
	assert_false(demand_on_deadline(&d, next - 1));
	assert_true(demand_on_deadline(&d, next));
	assert_int_equal(d.active, 0);
	next = USEC_NEVER;
	demand_deadline(&d, &next);
	assert_int_equal(next, USEC_NEVER);
}

/* Over random histories: taken is active at once; not taken for the hold, with the deadline served, is not. */
static void keeps_its_guarantee(void **unused)
{
	for (unsigned seed = 1; seed <= 500; seed++) {
		struct demand d;
		usec idle_since[RIDS_MAX] = { 0 };
		uint8_t wanted = 0;
		uint8_t told;
		srand(seed);
		demand_init(&d, (enum demand_kind)(rand() % 4), (uint8_t)(1 + rand() % RIDS_MAX), 0);
		told = d.active;
		usec now = 0;
		for (int i = 0; i < 400; i++) {
			usec next = USEC_NEVER;
			demand_deadline(&d, &next);
			usec event = now + rand() % 4000 * MS;
			bool changed;
			if (next <= event) {
				now = next < now ? now : next;
				changed = demand_on_deadline(&d, now);
			} else {
				now = event;
				wanted = (uint8_t)(rand() % 2 ? wanted : rand() % 8);
				changed = demand_decide(&d, wanted, now);
			}
			if (changed != (told != d.active))
				fail_msg("seed %u: told %d wrongly at %lld us", seed, changed, (long long)now);
			for (size_t k = 0; k < d.n; k++) {
				bool active = d.active >> k & 1;
				if (wanted >> k & 1)
					idle_since[k] = USEC_NEVER;
				else if (idle_since[k] == USEC_NEVER)
					idle_since[k] = now;
				bool taken = idle_since[k] == USEC_NEVER;
				if (taken && !active)
					fail_msg("seed %u: taken, not active at %lld us", seed, (long long)now);
				if (!taken && active && now - idle_since[k] >= DEMAND_HOLD)
					fail_msg("seed %u: active for nobody at %lld us", seed, (long long)now);
				if (!taken && !active && told >> k & 1 && now - idle_since[k] < DEMAND_HOLD)
					fail_msg("seed %u: off too soon at %lld us", seed, (long long)now);
			}
			told = d.active;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(begins_as_the_contract_says),
		cmocka_unit_test(never_taken_goes_off_after_the_hold),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
