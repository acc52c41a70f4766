/* What is kept for those who ask again: of which layers, where, and how long. */
#include "engine/core.h"
#include "engine/site.h"
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

/* The layers of a site's picture that a worker keeps: bit i: layer i. */
static unsigned layers_kept(const struct world *w, uint32_t worker, unsigned of)
{
	const struct site *site = site_find(w->engines[worker], w->sites[of].csrc);
	unsigned kept = 0;
	for (unsigned i = 0; i < RIDS_MAX; i++)
		kept |= (site->sources[SOURCE_CAMERA].layer[i].cache != NULL) << i;
	return kept;
}

/* Each worker keeps the layers its own viewers take and no other; when they are gone, none. */
static void where_it_is_taken(void **unused)
{
	struct world *w = &world;
	const struct world_profile viewer = { .video = 1, .no_source = true };
	world_init_config(w, 4, &(struct engine_config){ .buffers = 8192 }, 2);
	unsigned site = world_join(w, 0, 0), there = world_join_as(w, &viewer), here = world_join_as(w, &viewer);
	assert_int_equal(w->sites[here].worker, w->sites[site].worker);
	assert_int_not_equal(w->sites[there].worker, w->sites[site].worker);
	uint32_t home = w->sites[here].worker, other = w->sites[there].worker;
	world_view(w, here, 0, VIEW_NONE, 0, 0, 0);
	world_view(w, there, 0, VIEW_SITE, site, 180, 30);
	world_run(w, 10 * USEC_S);
	assert_int_equal(layers_kept(w, home, site), 0);
	assert_int_equal(layers_kept(w, other, site), 1);
	world_view(w, here, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 10 * USEC_S);
	assert_int_equal(layers_kept(w, home, site), 4);
	assert_int_equal(layers_kept(w, other, site), 1);
	world_leave(w, here);
	world_run(w, 10 * USEC_S);
	assert_int_equal(layers_kept(w, home, site), 0);
	assert_int_equal(layers_kept(w, other, site), 1);
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_long_as_configured),
					    cmocka_unit_test(where_it_is_taken) };
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
