/* Codecs, payload types and extension ids are each viewer's own; H264; a viewer that cannot decode a source. */
#include "sim/world.h"
#include "test.h"

static struct world world;

static void expect_whole(const struct world_slot *v)
{
	const char *fault = world_fault(v);
	if (fault)
		fail_msg("%s", fault);
}

/* Viewers of every shape get the same source: other payload types, two-byte ids, no transport-wide numbers, RTX. The
 * judge looks at each packet's type, extension form and id. */
static void each_viewer_its_own(void **unused)
{
	static const struct world_profile shapes[] = {
		{ .audio = 2, .video = 2 },
		{ .audio = 2, .video = 2, .pts = 7 },
		{ .audio = 2, .video = 2, .ids = 20 },
		{ .audio = 2, .video = 2, .no_twcc = true, .pts = 3 },
		{ .audio = 2, .video = 2, .h264 = true, .ids = 200, .no_source = true },
	};
	struct world *w = &world;
	world_init(w, 1);
	unsigned n = sizeof shapes / sizeof *shapes;
	for (unsigned i = 0; i < n; i++)
		w->sites[world_join_as(w, &shapes[i])].asks_nack = true;
	world_stage(w, 1);
	world_run(w, USEC_S);
	for (unsigned i = 0; i < n; i++)
		w->sites[i].loss_down = 0.03; /* re-sent ones have their own types */
	world_run(w, 4 * USEC_S);
	for (unsigned i = 0; i < n; i++)
		w->sites[i].loss_down = 0;
	world_run(w, 2 * USEC_S);
	for (unsigned i = 1; i < n; i++) {
		struct world_slot *v = world_video(w, i, 0);
		assert_int_equal(v->csrc, world_csrc(w, 0));
		assert_true(v->frames > 150);
		assert_true(v->rtx > 0);
		expect_whole(v);
		assert_true(world_audio(w, i, 0)->packets > 250);
		assert_int_equal(w->sites[i].unopened, 0);
	}
	world_fini(w);
}

/* Transport-wide numbers of a viewer are one run over all its slots. */
static void one_run_of_numbers(void **unused)
{
	struct world *w = &world;
	world_init(w, 2);
	for (unsigned i = 0; i < 4; i++)
		(void)world_join(w, 3, 4);
	world_run(w, 3 * USEC_S);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(w->sites[i].twcc_began);
		assert_int_equal(w->sites[i].twcc_gaps, 0);
	}
	world_fini(w);
}

/* H264 on three layers: frames of the height asked for, whole, and no number missing over the switches. */
static void h264_layers(void **unused)
{
	static const unsigned heights[] = { 180, 720, 360, 720, 180 };
	struct world *w = &world;
	world_init(w, 3);
	unsigned site = world_join(w, 1, 1);
	unsigned viewer = world_join_as(w, &(struct world_profile){ .audio = 1, .video = 1, .h264 = true });
	w->sites[site].h264 = true;
	w->sites[site].want_keyframe = true;
	for (unsigned i = 0; i < sizeof heights / sizeof *heights; i++) {
		world_view(w, viewer, 0, VIEW_SITE, site, heights[i], 15); /* no temporal layers: the rate stays */
		world_run(w, 2 * USEC_S);
		world_reset(w);
		world_run(w, 2 * USEC_S);
		struct world_slot *v = world_video(w, viewer, 0);
		assert_int_equal(v->height, heights[i]);
		assert_true(v->frames >= 55);
		assert_true(v->longest_gap < 200 * USEC_MS);
		assert_int_equal(v->pt, v->pt_h264);
		expect_whole(v);
	}
	world_fini(w);
}

/* Without VP8 the slot is told the reason and gets nothing; when the source changes to H264 the picture comes, and when
 * it changes back it goes, without a number missing. */
static void a_codec_it_cannot_decode(void **unused)
{
	struct world *w = &world;
	world_init(w, 4);
	struct world_profile shape = { .audio = 1, .video = 1, .no_vp8 = true, .h264 = true, .no_source = true };
	unsigned site = world_join(w, 1, 1), other = world_join(w, 1, 1), viewer = world_join_as(w, &shape);
	struct slot_change *told = &w->sites[viewer].map_video[0];
	struct world_slot *v = world_video(w, viewer, 0);
	w->sites[other].h264 = w->sites[other].want_keyframe = true;
	world_view(w, viewer, 0, VIEW_SITE, other, 360, 30);
	world_run(w, USEC_S);
	assert_true(v->frames > 20);
	world_view(w, viewer, 0, VIEW_SITE, site, 360, 30);
	world_run(w, USEC_S);
	assert_int_equal(told->csrc, world_csrc(w, site));
	assert_int_equal(told->reason, SLOT_REASON_CODEC);
	assert_int_equal(v->csrc, world_csrc(w, other));
	for (unsigned i = 0; i < 2; i++) {
		w->sites[site].h264 = w->sites[site].want_keyframe = true;
		world_run(w, 2 * USEC_S);
		assert_int_equal(told->reason, SLOT_REASON_NONE);
		assert_int_equal(v->csrc, world_csrc(w, site));
		assert_string_equal(told->layer, "m");
		expect_whole(v);
		w->sites[site].h264 = false;
		w->sites[site].want_keyframe = true;
		world_run(w, USEC_S);
		assert_int_equal(told->reason, SLOT_REASON_CODEC);
	}
	expect_whole(v);
	world_view(w, viewer, 0, VIEW_SITE, other, 360, 30);
	world_run(w, USEC_S);
	assert_int_equal(told->reason, SLOT_REASON_NONE);
	expect_whole(v);
	world_fini(w);
}

/* A viewer of both codecs follows a change of codec with a keyframe; what is asked again has the type it had. */
static void the_codec_changes(void **unused)
{
	struct world *w = &world;
	world_init(w, 5);
	unsigned site = world_join(w, 1, 1);
	unsigned viewer = world_join_as(w, &(struct world_profile){ .audio = 1, .video = 1, .h264 = true });
	w->sites[viewer].asks_nack = true;
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 2 * USEC_S);
	w->sites[viewer].loss_down = 0.05;
	for (unsigned i = 0; i < 6; i++) {
		w->sites[site].h264 = i % 2 == 0;
		w->sites[site].want_keyframe = true;
		world_run(w, USEC_S);
		struct world_slot *v = world_video(w, viewer, 0);
		assert_int_equal(v->pt, w->sites[site].h264 ? v->pt_h264 : v->pt_vp8);
	}
	w->sites[viewer].loss_down = 0;
	world_run(w, USEC_S);
	assert_int_equal(world_holes(world_video(w, viewer, 0), 0), 0);
	world_fini(w);
}

/* A camera without rids, bound by a=ssrc: the one layer is given whatever is asked for. */
static void one_layer_without_rids(void **unused)
{
	struct world *w = &world;
	world_init(w, 6);
	unsigned site = world_join_as(w, &(struct world_profile){ .no_rids = true });
	unsigned viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, site, 180, 30);
	world_run(w, 2 * USEC_S);
	struct world_slot *v = world_video(w, viewer, 0);
	assert_int_equal(v->height, 720);
	assert_true(v->frames > 50);
	assert_int_equal(w->sites[viewer].map_video[0].layer[0], 0);
	assert_int_equal(world_drops(w, DROP_SSRC_UNBOUND), 0);
	expect_whole(v);
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_viewer_its_own), cmocka_unit_test(one_run_of_numbers),
		cmocka_unit_test(h264_layers),	       cmocka_unit_test(a_codec_it_cannot_decode),
		cmocka_unit_test(the_codec_changes),   cmocka_unit_test(one_layer_without_rids),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
