#include "sim/world.h"
#include "test.h"

static struct world world;

/* Everybody sees and hears the others; nobody itself; numbers run without gaps; one clock a slot. */
static void three_sites(void **unused)
{
	struct world *w = &world;
	world_init(w, 1);
	for (unsigned i = 0; i < 3; i++)
		(void)world_join(w, 3, 4);
	world_run(w, 5 * USEC_S);
	for (unsigned i = 0; i < 3; i++) {
		struct world_site *s = &w->sites[i];
		unsigned shown = 0, heard = 0;
		for (unsigned j = 0; j < 4; j++) {
			struct world_slot *v = world_video(w, i, j);
			assert_int_not_equal(s->map_video[j].csrc, s->csrc);
			if (!s->map_video[j].csrc)
				continue;
			shown++;
			assert_int_equal(v->csrc, s->map_video[j].csrc);
			assert_true(v->frames > 50);
			assert_int_equal(v->picture_gaps, 0);
			assert_int_equal(v->tl0_gaps, 0);
			assert_int_equal(v->backward, 0);
			assert_int_equal(v->duplicates, 0);
			assert_int_equal(world_holes(v, 0), 0);
			assert_int_equal(v->sr_off_line, 0);
			assert_true(v->reports >= 2);
		}
		for (unsigned j = 0; j < 3; j++) {
			struct world_slot *v = world_audio(w, i, j);
			if (!s->map_audio[j].csrc)
				continue;
			heard++;
			assert_int_not_equal(s->map_audio[j].csrc, s->csrc);
			assert_int_equal(v->csrc, s->map_audio[j].csrc);
			assert_true(v->packets > 200);
			assert_int_equal(world_holes(v, 0), 0);
			assert_int_equal(v->backward, 0);
		}
		assert_int_equal(shown, 2);
		assert_int_equal(heard, 2);
		assert_int_equal(s->map_audio[0].csrc, s->map_video[0].csrc); /* the stage pair */
		assert_true(s->feedbacks > 10);
		assert_true(s->plis <= 6);
	}
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
	assert_int_equal(world_drops(w, DROP_AUTH), 0);
	world_fini(w);
}

/* A viewer asks for 180, 720, 360 lines: frames of that height come, without a gap in any number. */
static void layers_switch(void **unused)
{
	static const unsigned heights[] = { 180, 720, 360, 180, 720 };
	struct world *w = &world;
	world_init(w, 2);
	unsigned speaker = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_stage(w, speaker + 1);
	for (unsigned i = 0; i < sizeof heights / sizeof *heights; i++) {
		world_view(w, viewer, 0, VIEW_STAGE, 0, heights[i], 30);
		world_run(w, 2 * USEC_S);
		world_reset(w);
		world_run(w, 2 * USEC_S);
		struct world_slot *v = world_video(w, viewer, 0);
		if (v->height != heights[i])
			fail_msg("asked for %u lines, has %u", heights[i], v->height);
		assert_true(v->frames >= 55);
		assert_int_equal(v->picture_gaps, 0);
		assert_int_equal(v->tl0_gaps, 0);
		assert_int_equal(v->backward, 0);
		assert_int_equal(world_holes(v, 0), 0);
		assert_int_equal(v->sr_off_line, 0);
		assert_true(v->longest_gap < 200 * USEC_MS);
	}
	world_fini(w);
}

/* Fewer frames asked for: the upper temporal layers are left out, numbers and pictures stay continuous. */
static void frame_rate(void **unused)
{
	struct world *w = &world;
	world_init(w, 3);
	unsigned speaker = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_stage(w, speaker + 1);
	for (unsigned fps = 30; fps >= 7; fps /= 2) {
		world_view(w, viewer, 0, VIEW_STAGE, 0, 720, fps);
		world_run(w, 3 * USEC_S);
		world_reset(w);
		world_run(w, 4 * USEC_S);
		struct world_slot *v = world_video(w, viewer, 0);
		if (v->frames < (uint64_t)fps * 4 * 9 / 10 || v->frames > (uint64_t)(fps + 1) * 4 * 11 / 10)
			fail_msg("asked for %u frames a second, got %llu in 4 s", fps, (unsigned long long)v->frames);
		assert_int_equal(v->picture_gaps, 0);
		assert_int_equal(v->tl0_gaps, 0);
		assert_int_equal(world_holes(v, 0), 0);
	}
	world_fini(w);
}

/* Loss up and down is healed by RTX: no hole stays, and what is asked twice is not sealed twice. */
static void loss_is_healed(void **unused)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world *w = &world;
		world_init(w, seed);
		unsigned speaker = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
		world_stage(w, speaker + 1);
		world_view(w, viewer, 0, VIEW_STAGE, 0, 720, 30);
		w->sites[viewer].asks_nack = true;
		world_run(w, 2 * USEC_S);
		w->sites[speaker].loss_up = 0.05;
		w->sites[viewer].loss_down = 0.05;
		world_run(w, 10 * USEC_S);
		w->sites[speaker].loss_up = w->sites[viewer].loss_down = 0;
		world_run(w, 4 * USEC_S);
		struct world_slot *v = world_video(w, viewer, 0);
		if (world_holes(v, 0) != 0)
			fail_msg("seed %llu: %u holes stay", (unsigned long long)seed, world_holes(v, 0));
		assert_true(v->rtx > 20);
		assert_true(w->sites[speaker].nacks > 10);
		assert_int_equal(world_drops(w, DROP_SEAL), 0);
		assert_int_equal(v->sr_off_line, 0);
		world_fini(w);
	}
}

/* Opus has no RTX: where NACK was negotiated for audio the sealed bytes themselves come again, and open. */
static void lost_voice_comes_again(void **unused)
{
	struct world *w = &world;
	world_init(w, 1);
	unsigned speaker = world_join(w, 1, 1), other = world_join(w, 2, 1);
	unsigned asks = world_join_as(w, &(struct world_profile){ .audio = 2, .video = 1, .audio_nack = true });
	world_stage(w, speaker + 1);
	w->sites[asks].asks_nack = w->sites[other].asks_nack = true;
	world_run(w, 2 * USEC_S);
	w->sites[asks].loss_down = w->sites[other].loss_down = 0.05;
	world_run(w, 6 * USEC_S);
	w->sites[asks].loss_down = w->sites[other].loss_down = 0;
	world_run(w, USEC_S);
	unsigned healed = world_holes(world_audio(w, asks, 0), 0), lost = world_holes(world_audio(w, other, 0), 0);
	if (healed > 2 || lost < 8)
		fail_msg("%u holes where NACK was negotiated, %u where it was not", healed, lost);
	world_fini(w);
}

/* The chair changes the stage: the pair a0/v0 follows, everybody else is moved, the slot's clock never goes back. */
static void stage_changes(void **unused)
{
	struct world *w = &world;
	world_init(w, 4);
	for (unsigned i = 0; i < 4; i++)
		(void)world_join(w, 3, 2);
	world_run(w, 2 * USEC_S);
	for (unsigned round = 0; round < 6; round++) {
		unsigned stage = round % 3;
		world_stage(w, stage + 1);
		world_run(w, 2 * USEC_S);
		struct world_site *s = &w->sites[3];
		struct world_slot *v = world_video(w, 3, 0), *a = world_audio(w, 3, 0);
		assert_int_equal(s->map_video[0].csrc, w->sites[stage].csrc);
		assert_int_equal(s->map_audio[0].csrc, w->sites[stage].csrc);
		assert_int_equal(v->csrc, w->sites[stage].csrc);
		assert_int_equal(a->csrc, w->sites[stage].csrc);
		assert_int_equal(v->backward + a->backward, 0);
		assert_int_equal(v->picture_gaps, 0);
		assert_int_equal(world_holes(v, 0) + world_holes(a, 0), 0);
		assert_int_equal(v->sr_off_line + a->sr_off_line, 0);
		/* the site on stage sees another, never itself */
		assert_int_not_equal(w->sites[stage].map_video[0].csrc, w->sites[stage].csrc);
		assert_int_not_equal(w->sites[stage].map_video[0].csrc, 0);
	}
	world_fini(w);
}

/* Muted by the chair: its packets go nowhere, its slots are emptied, the voice is closed by four empty frames. */
static void mute_closes_the_voice(void **unused)
{
	struct world *w = &world;
	world_init(w, 5);
	unsigned speaker = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_run(w, 2 * USEC_S);
	assert_int_equal(w->sites[viewer].map_audio[0].csrc, w->sites[speaker].csrc);
	struct command c = { .type = COMMAND_SITE,
			     .site = { .room = 1,
				       .csrc = w->sites[speaker].csrc,
				       .live = true,
				       .audio = true,
				       .video = true,
				       .muted_audio = true } };
	world_command_all(w, &c);
	world_run(w, 200 * USEC_MS);
	struct world_slot *a = world_audio(w, viewer, 0);
	assert_int_equal(a->empty_opus, 4);
	assert_int_equal(w->sites[viewer].map_audio[0].csrc, 0);
	uint64_t packets = a->packets;
	world_run(w, 2 * USEC_S);
	assert_int_equal(a->packets, packets);
	assert_true(world_drops(w, DROP_MUTED) > 0);
	assert_int_equal(world_holes(a, 0), 0);
	world_set(w, speaker, true, true, true);
	world_run(w, USEC_S);
	assert_true(a->packets > packets + 40);
	assert_int_equal(a->backward, 0);
	assert_int_equal(w->sites[viewer].map_audio[0].csrc, w->sites[speaker].csrc);
	world_fini(w);
}

/* Reasons: off, lost; a site that leaves empties the slot. */
static void reasons(void **unused)
{
	struct world *w = &world;
	world_init(w, 6);
	unsigned speaker = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, speaker, 360, 30);
	world_run(w, 2 * USEC_S);
	struct slot_change *told = &w->sites[viewer].map_video[0];
	assert_int_equal(told->csrc, w->sites[speaker].csrc);
	assert_string_equal(told->layer, "m");
	world_set(w, speaker, true, true, false);
	world_run(w, USEC_S);
	assert_int_equal(told->reason, SLOT_REASON_OFF);
	world_set(w, speaker, false, true, true);
	world_run(w, USEC_S);
	assert_int_equal(told->reason, SLOT_REASON_LOST);
	world_set(w, speaker, true, true, true);
	world_run(w, USEC_S);
	assert_int_equal(told->reason, SLOT_REASON_NONE);
	w->sites[speaker].films = false;
	world_run(w, 4 * USEC_S);
	assert_int_equal(told->reason, SLOT_REASON_STOPPED);
	w->sites[speaker].films = true;
	world_run(w, USEC_S);
	assert_int_equal(told->reason, SLOT_REASON_NONE);
	world_leave(w, speaker);
	world_run(w, USEC_S);
	assert_int_equal(told->csrc, 0);
	world_fini(w);
}

/* Layers nobody took for 5 s are switched off, and on again at once when asked for. */
static void nobody_takes_it(void **unused)
{
	struct world *w = &world;
	world_init(w, 7);
	unsigned speaker = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_stage(w, speaker + 1);
	world_view(w, viewer, 0, VIEW_STAGE, 0, 180, 30);
	world_run(w, 7 * USEC_S);
	struct event_encodings *told = &w->sites[speaker].camera;
	assert_int_equal(told->n, 3);
	assert_true(told->encodings[0].active);
	assert_false(told->encodings[1].active);
	assert_false(told->encodings[2].active);
	assert_string_equal(told->encodings[2].rid, "h");
	world_view(w, viewer, 0, VIEW_STAGE, 0, 720, 30);
	world_run(w, 100 * USEC_MS);
	assert_true(told->encodings[2].active);
	world_run(w, 2 * USEC_S);
	assert_int_equal(world_video(w, viewer, 0)->height, 720);
	world_fini(w);
}

/* The line is cut for 30 s: sending stops after 15, state is kept, the picture is back with the next check. */
static void line_cut(void **unused)
{
	struct world *w = &world;
	world_init(w, 8);
	unsigned speaker = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_stage(w, speaker + 1);
	world_run(w, 2 * USEC_S);
	w->sites[viewer].loss_up = w->sites[viewer].loss_down = 1;
	world_run(w, 16 * USEC_S);
	assert_int_equal(w->sites[viewer].state, TRANSPORT_SILENT);
	world_run(w, 14 * USEC_S);
	w->sites[viewer].loss_up = w->sites[viewer].loss_down = 0;
	world_reset(w);
	world_run(w, 5 * USEC_S);
	assert_int_equal(w->sites[viewer].state, TRANSPORT_CONNECTED);
	assert_true(world_video(w, viewer, 0)->frames > 50);
	assert_true(world_audio(w, viewer, 0)->packets > 100);
	assert_int_equal(world_video(w, viewer, 0)->backward, 0);
	world_fini(w);
}

/* The stage pair stays in lip sync over changes of stage and layer, though pictures are sent later than the voice, the
 * sites' clocks have nothing in common, and their lines differ: at most 45 ms early, 125 ms late. */
static void lip_sync(void **unused)
{
	struct world *w = &world;
	world_init(w, 9);
	for (unsigned i = 0; i < 3; i++) {
		unsigned site = world_join(w, 2, 2);
		w->sites[site].video_delay = (40 + 60 * (usec)i) * USEC_MS;
		w->sites[site].delay = (10 + 90 * (usec)i) * USEC_MS;
		w->sites[site].clock_offset = ((usec)i * 86400 * 365 + 3) * USEC_S;
	}
	world_run(w, 3 * USEC_S);
	for (unsigned round = 0; round < 8; round++) {
		world_stage(w, round % 2 + 1);
		world_view(w, 2, 0, VIEW_STAGE, 0, round % 3 ? 720 : 180, 30);
		world_run(w, 1500 * USEC_MS);
		world_reset(w);
		world_run(w, 3 * USEC_S);
		struct world_slot *v = world_video(w, 2, 0);
		assert_true(v->frames > 80);
		assert_int_equal(v->csrc, world_audio(w, 2, 0)->csrc);
		if (v->worst_pair > 125 * USEC_MS || v->worst_pair < -45 * USEC_MS)
			fail_msg("round %u: the picture is %lld us late", round, (long long)v->worst_pair);
	}
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_sites),
		cmocka_unit_test(layers_switch),
		cmocka_unit_test(frame_rate),
		cmocka_unit_test(loss_is_healed),
		cmocka_unit_test(lost_voice_comes_again),
		cmocka_unit_test(stage_changes),
		cmocka_unit_test(mute_closes_the_voice),
		cmocka_unit_test(reasons),
		cmocka_unit_test(nobody_takes_it),
		cmocka_unit_test(line_cut),
		cmocka_unit_test(lip_sync),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
