/* Layers, sources and links that do not come, die, or come back: a slot never waits for what may not come. */
#include "sim/sender.h"
#include "test.h"

static struct world world;

/* The layer asked for never comes: the slot begins with what there is. It comes later: taken then. It dies: back. */
static void a_layer_comes_and_dies(void **unused)
{
	struct world *w = &world;
	world_init(w, 1);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	struct world_site *s = &w->sites[site];
	s->n_layers = 2; /* as of a small camera: 180 and 360 lines */
	s->height = 360;
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 3 * USEC_S);
	struct world_slot *v = world_video(w, viewer, 0);
	assert_int_equal(v->height, 360);
	assert_string_equal(w->sites[viewer].map_video[0].layer, "m");
	for (unsigned i = 0; i < 3; i++) {
		s->n_layers = 3;
		s->height = 720;
		s->want_keyframe = true;
		world_run(w, 2 * USEC_S);
		assert_int_equal(v->height, 720);
		world_reset(w);
		s->n_layers = 2;
		s->height = 360;
		world_run(w, 4 * USEC_S);
		assert_int_equal(v->height, 360);
		assert_true(v->longest_gap < 1500 * USEC_MS); /* a layer silent for 1 s is dead */
		assert_null(world_fault(v));
	}
	world_fini(w);
}

/* The lowest layer dies, nothing else is there for a while: the picture comes back with it. */
static void all_layers_die(void **unused)
{
	struct world *w = &world;
	world_init(w, 2);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, site, 360, 30);
	world_run(w, 2 * USEC_S);
	w->sites[site].loss_up = 1;
	world_run(w, 4 * USEC_S);
	assert_int_equal(w->sites[viewer].map_video[0].reason, SLOT_REASON_STOPPED);
	w->sites[site].loss_up = 0;
	world_run(w, USEC_S);
	world_reset(w);
	world_run(w, USEC_S);
	struct world_slot *v = world_video(w, viewer, 0);
	assert_true(v->frames > 27);
	assert_int_equal(v->height, 360);
	assert_int_equal(w->sites[viewer].map_video[0].reason, SLOT_REASON_NONE);
	world_fini(w);
}

/* A site on stage that says it films and sends nothing: the viewer keeps the last picture for 4 s, then is told. */
static void who_never_films(void **unused)
{
	struct world *w = &world;
	world_init(w, 3);
	unsigned first = world_join(w, 1, 1), second = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	w->sites[second].films = false;
	world_stage(w, first + 1);
	world_run(w, 2 * USEC_S);
	struct slot_change *told = &w->sites[viewer].map_video[0];
	world_stage(w, second + 1);
	world_run(w, 3 * USEC_S);
	assert_int_equal(told->csrc, world_csrc(w, first));
	world_run(w, 3 * USEC_S);
	assert_int_equal(told->csrc, world_csrc(w, second));
	assert_int_equal(told->reason, SLOT_REASON_STOPPED);
	w->sites[second].films = true;
	world_run(w, USEC_S);
	assert_int_equal(told->reason, SLOT_REASON_NONE);
	assert_null(world_fault(world_video(w, viewer, 0)));
	world_fini(w);
}

/* A site that stops sending is not asked for keyframes without end; when it sends again it is asked, and seen. */
static void nothing_is_asked_of_nothing(void **unused)
{
	struct world *w = &world;
	world_init(w, 4);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	w->sites[site].no_keyframes = true;
	world_run(w, USEC_S);
	world_view(w, viewer, 0, VIEW_SITE, site, 180, 30); /* needs one, and gets none */
	world_run(w, USEC_S);
	assert_true(w->sites[site].plis > 1);
	w->sites[site].films = false;
	world_run(w, 3 * USEC_S);
	world_reset(w);
	world_run(w, 5 * USEC_S);
	assert_int_equal(w->sites[site].plis, 0);
	w->sites[site].films = true;
	w->sites[site].no_keyframes = false;
	world_run(w, 2 * USEC_S);
	assert_int_equal(world_video(w, viewer, 0)->height, 180);
	world_fini(w);
}

/* While the viewer is away nothing is numbered for it: after 30 s its voice goes on, not more than 15 s of numbers on.
 */
static void numbers_of_an_absent_viewer(void **unused)
{
	struct world *w = &world;
	world_init(w, 5);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_stage(w, site + 1);
	world_run(w, USEC_S);
	struct world_slot *a = world_audio(w, viewer, 0);
	uint64_t before = a->highest;
	w->sites[viewer].loss_up = w->sites[viewer].loss_down = 1;
	world_run(w, 60 * USEC_S);
	w->sites[viewer].loss_up = w->sites[viewer].loss_down = 0;
	world_run(w, 4 * USEC_S);
	assert_true(a->highest > before);
	assert_true(a->highest - before < 20UL * 50);
	assert_int_equal(a->backward, 0);
	assert_int_equal(a->sr_off_line, 0);
	world_fini(w);
}

/* A loss before a keyframe is given up with it, and told to viewers at once. */
static void a_keyframe_ends_waiting(void **unused)
{
	struct world *w = &world;
	world_init(w, 6);
	unsigned site = world_join_as(w, &(struct world_profile){ .no_twcc = true }), viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 1500 * USEC_MS);
	struct world_slot *v = world_video(w, viewer, 0);
	w->sites[site].answers_nack = false;
	w->sites[site].loss_up = 1;
	world_run(w, 34 * USEC_MS);
	w->sites[site].loss_up = 0;
	world_run(w, 100 * USEC_MS);
	assert_true(world_holes(v, 0) > 0);
	w->sites[site].want_keyframe = true;
	for (uint64_t before = v->keyframes; v->keyframes == before;)
		world_run(w, USEC_MS);
	world_run(w, 5 * USEC_MS);
	assert_int_equal(world_holes(v, 0), 0);
	assert_true(v->padding > 0);
	world_fini(w);
}

/* The last packets before a pause are lost on the way down; that shows after the pause, when nothing is kept any more:
 * whoever asks for them then is told that they will not come. */
static void the_last_before_a_pause(void **unused)
{
	struct world *w = &world;
	world_init(w, 8);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	w->sites[viewer].asks_nack = true;
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 2 * USEC_S);
	w->sites[viewer].loss_down = 1;
	world_run(w, 100 * USEC_MS);
	world_view(w, viewer, 0, VIEW_NONE, site, 0, 0);
	world_run(w, 100 * USEC_MS);
	w->sites[viewer].loss_down = 0;
	world_run(w, 10 * USEC_S);
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 2 * USEC_S);
	struct world_slot *v = world_video(w, viewer, 0);
	assert_true(v->padding > 0);
	assert_int_equal(world_holes(v, 0), 0);
	assert_null(world_fault(v));
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_layer_comes_and_dies),
		cmocka_unit_test(all_layers_die),
		cmocka_unit_test(who_never_films),
		cmocka_unit_test(nothing_is_asked_of_nothing),
		cmocka_unit_test(numbers_of_an_absent_viewer),
		cmocka_unit_test(a_keyframe_ends_waiting),
		cmocka_unit_test(the_last_before_a_pause),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
