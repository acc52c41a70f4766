/* What is kept for those who ask again: of which layers, where, and how long. */
#include "sim/world.h"
#include "test.h"

static struct world world;

/* Buffers in use while one site's picture is watched: those of the history. */
static uint32_t buffers_kept(usec time)
{
	struct world *w = &world;
	world_init_config(w, 7, &(struct engine_config){ .buffers = 8192, .history_time = time }, 1);
	unsigned site = world_join(w, 0, 0);
	unsigned viewer = world_join_as(w, &(struct world_profile){ .video = 1, .no_source = true });
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 15 * USEC_S);
	uint32_t kept = w->counters.buffers - w->counters.buffers_free;
	assert_true(world_video(w, viewer, 0)->frames > 400);
	assert_int_equal(world_drops(w, DROP_HISTORY), 0);
	world_fini(w);
	return kept;
}

/* As long as is configured; 3 s where nothing is. */
static void as_long_as_configured(void **unused)
{
	uint32_t unsaid = buffers_kept(0), half = buffers_kept(1500 * USEC_MS), twice = buffers_kept(6 * USEC_S);
	assert_true(unsaid > 100);
	assert_int_equal(buffers_kept(3 * USEC_S), unsaid);
	if (half * 2 < unsaid * 9 / 10 || half * 2 > unsaid * 11 / 10 || twice < unsaid * 18 / 10 ||
	    twice > unsaid * 22 / 10)
		fail_msg("%u buffers of 1.5 s, %u of 3 s, %u of 6 s", half, unsaid, twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_long_as_configured) };
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
