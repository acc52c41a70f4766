/* Rooms whose sites are spread over several engines: what crosses, who is asked, and that every buffer comes home. */
#include "sim/sender.h"
#include "sim/world.h"
#include "test.h"
#include "unit/rig.h"
#include <stdio.h>

static struct world world;

/* `sites` sites, one after the other on each engine; all see the stage in v0 at 720 lines. */
static void meet(struct world *w, unsigned workers, uint32_t buffers, unsigned sites)
{
	world_init_workers(w, 5 + workers, buffers, workers);
	for (unsigned i = 0; i < sites; i++)
		world_view(w, world_join(w, 2, 2), 0, VIEW_STAGE, 0, 720, 30);
	world_stage(w, 1);
	world_run(w, 2 * USEC_S);
}

static void all_see_the_stage(struct world *w, unsigned sites)
{
	world_reset(w);
	world_run(w, 2 * USEC_S);
	for (unsigned i = 1; i < sites; i++) {
		struct world_slot *v = world_video(w, i, 0), *a = world_audio(w, i, 0);
		if (v->csrc != world_csrc(w, 0) || v->frames < 55 || a->csrc != world_csrc(w, 0) || a->packets < 95)
			fail_msg("site %u: %u frames of %u, %u voice packets of %u", i, (unsigned)v->frames, v->csrc,
				 (unsigned)a->packets, a->csrc);
		assert_null(world_fault(v));
		assert_null(world_fault(a));
		assert_int_equal(v->sr_off_line, 0);
	}
}

/* And nothing of them stays, each buffer is home. */
static void everybody_goes(struct world *w)
{
	for (unsigned i = 0; i < w->n_sites; i++)
		if (w->sites[i].open)
			world_leave(w, i);
	world_run(w, 2 * USEC_S);
	assert_int_equal(w->counters.buffers_free, w->counters.buffers);
	assert_int_equal(w->counters.sites, 0);
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
}

/* Stage, layers and rates as each viewer wishes, wherever it is; the picture and the voice of one site together. */
static void a_spread_meeting(void **unused)
{
	for (unsigned workers = 2; workers <= 4; workers++) {
		struct world *w = &world;
		meet(w, workers, 8192, 8);
		all_see_the_stage(w, 8);
		assert_true(w->lent > 0);
		assert_int_equal(world_video(w, 7, 0)->height, 720);
		world_view(w, 7, 0, VIEW_STAGE, 0, 180, 30); /* a lower layer, on another worker */
		world_run(w, 3 * USEC_S);
		assert_int_equal(world_video(w, 7, 0)->height, 180);
		assert_int_equal(world_video(w, 6, 0)->height, 720);
		all_see_the_stage(w, 8);
		world_stage(w, 2); /* another site, of another worker */
		world_run(w, 2 * USEC_S);
		assert_int_equal(world_video(w, 0, 0)->csrc, world_csrc(w, 1));
		assert_int_equal(world_video(w, 7, 0)->csrc, world_csrc(w, 1));
		assert_int_equal(world_audio(w, 6, 0)->csrc, world_csrc(w, 1));
		world_set(w, 1, true, false, false); /* it goes dark: told everywhere */
		world_run(w, USEC_S);
		for (unsigned i = 2; i < 8; i++)
			assert_int_equal(w->sites[i].map_video[0].reason, SLOT_REASON_OFF);
		everybody_goes(w);
		world_fini(w);
	}
}

/* The loudest takes the stage, also where the room's home is another worker than its own. */
static void the_loudest_of_any_worker(void **unused)
{
	struct world *w = &world;
	world_init_workers(w, 9, 8192, 3);
	for (unsigned i = 0; i < 6; i++)
		w->sites[world_join(w, 2, 2)].level = 127;
	world_run(w, USEC_S);
	for (unsigned who = 0; who < 6; who++) {
		for (unsigned i = 0; i < 6; i++)
			w->sites[i].level = i == who ? 20 : 127;
		world_run(w, 5 * USEC_S);
		assert_int_equal(w->speaking.csrcs[0], world_csrc(w, who));
		for (unsigned i = 0; i < 6; i++)
			if (i != who)
				assert_int_equal(w->sites[i].map_video[0].csrc, world_csrc(w, who));
	}
	everybody_goes(w);
	world_fini(w);
}

/* What nobody on another worker is given does not cross. */
static void only_what_is_taken_crosses(void **unused)
{
	struct world *w = &world;
	world_init_workers(w, 3, 8192, 2);
	for (unsigned i = 0; i < 4; i++) { /* 0 and 2 here, 1 and 3 there: each looks at its neighbour on its worker */
		unsigned site = world_join(w, 0, 1);
		w->sites[site].speaks = false;
	}
	for (unsigned i = 0; i < 4; i++)
		world_view(w, i, 0, VIEW_SITE, (i + 2) % 4, 720, 30);
	world_run(w, 2 * USEC_S);
	uint64_t lent = w->lent;
	world_reset(w);
	world_run(w, 2 * USEC_S);
	assert_true(world_video(w, 1, 0)->frames > 55);
	assert_int_equal(w->lent, lent);
	world_view(w, 0, 0, VIEW_SITE, 1, 720, 30);
	world_run(w, 2 * USEC_S);
	assert_true(w->lent > lent + 100);
	assert_int_equal(world_video(w, 0, 0)->csrc, world_csrc(w, 1));
	world_view(w, 0, 0, VIEW_NONE, 0, 720, 30);
	world_run(w, USEC_S);
	lent = w->lent;
	world_run(w, 2 * USEC_S);
	assert_int_equal(w->lent, lent);
	everybody_goes(w);
	world_fini(w);
}

/* Losses on the way up are asked for by the source's worker, on the way down answered by the viewer's own. */
static void repairs_on_both_sides(void **unused)
{
	struct world *w = &world;
	meet(w, 2, 8192, 4);
	w->sites[0].loss_up = 0.05;
	for (unsigned i = 1; i < 4; i++) {
		w->sites[i].loss_down = 0.05;
		w->sites[i].asks_nack = true;
	}
	world_run(w, 5 * USEC_S);
	w->sites[0].loss_up = 0;
	for (unsigned i = 1; i < 4; i++)
		w->sites[i].loss_down = 0;
	world_run(w, 2 * USEC_S);
	for (unsigned i = 1; i < 4; i++) {
		assert_true(world_video(w, i, 0)->rtx > 20);
		assert_int_equal(world_holes(world_video(w, i, 0), 10), 0);
		assert_null(world_fault(world_video(w, i, 0)));
	}
	assert_true(w->sites[0].nacks > 0);
	world_fini(w);
}

/* Many viewers on all workers want a keyframe at once: the sender is asked as rarely as by one worker. */
static void wishes_are_merged(void **unused)
{
	struct world *w = &world;
	meet(w, 3, 8192, 30);
	world_reset(w);
	for (unsigned i = 1; i < 30; i++)
		world_view(w, i, 0, VIEW_NONE, 0, 720, 30);
	world_run(w, 200 * USEC_MS);
	for (unsigned i = 1; i < 30; i++)
		world_view(w, i, 0, VIEW_STAGE, 0, 720, 30);
	world_run(w, 2 * USEC_S);
	assert_in_range(w->sites[0].plis, 1, 3);
	all_see_the_stage(w, 30);
	everybody_goes(w);
	world_fini(w);
}

/* A worker that gives nothing back: its viewers alone lack the picture, counted; when it does, they have it again. */
static void credit_runs_out_and_heals(void **unused)
{
	struct world *w = &world;
	meet(w, 2, 1024, 4);
	all_see_the_stage(w, 4);
	uint64_t before = world_drops(w, DROP_CREDIT);
	w->hold_buffers = true;
	world_run(w, 3 * USEC_S);
	world_reset(w);
	world_run(w, 2 * USEC_S);
	assert_true(world_drops(w, DROP_CREDIT) > before + 100);
	assert_true(world_video(w, 2, 0)->frames > 55); /* the source's own worker */
	assert_true(world_audio(w, 2, 0)->packets > 95);
	assert_true(world_video(w, 1, 0)->frames < 5);
	assert_true(world_video(w, 3, 0)->frames < 5);
	assert_int_equal(w->no_buffer, 0);
	w->hold_buffers = false;
	world_run(w, 2 * USEC_S);
	all_see_the_stage(w, 4); /* and no number was left out */
	everybody_goes(w);
	world_fini(w);
}

/* A source goes, comes back, is loaded anew, while its buffers are on the way and in histories elsewhere. */
static void sources_go_while_buffers_are_elsewhere(void **unused)
{
	struct world *w = &world;
	meet(w, 2, 4096, 4);
	w->link_delay = 7 * USEC_MS;
	for (unsigned i = 0; i < 6; i++) {
		world_run(w, (103 + i) * USEC_MS);
		world_reload(w, 0, i * 90 * USEC_MS);
		world_run(w, 900 * USEC_MS);
	}
	world_run(w, 2 * USEC_S);
	all_see_the_stage(w, 4);
	world_leave(w, 0);
	unsigned next = world_join(w, 2, 2);
	world_stage(w, next + 1);
	world_run(w, 2 * USEC_S);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(world_video(w, i, 0)->csrc, world_csrc(w, next));
	everybody_goes(w);
	world_fini(w);
}

/* A viewer begins with a layer before its source's worker knows, and a picture is lost in between: nobody asks for it
 * again. Its numbering begins anew, with a keyframe, and the viewer waits for nothing. */
static void a_loss_before_it_is_taken(void **unused)
{
	struct world *w = &world;
	meet(w, 2, 8192, 4);
	w->link_delay = 100 * USEC_MS;
	w->sites[1].asks_nack = true;
	world_run(w, 200 * USEC_MS);
	world_view(w, 1, 0, VIEW_STAGE, 0, 360, 30);
	w->sites[0].want_keyframe = true;
	world_run(w, 35 * USEC_MS);
	w->sites[0].loss_up = 1;
	world_run(w, 35 * USEC_MS);
	w->sites[0].loss_up = 0;
	world_run(w, USEC_S);
	struct world_slot *v = world_video(w, 1, 0);
	assert_int_equal(v->height, 360);
	assert_true(v->switches > 0 && v->longest_gap < 700 * USEC_MS);
	assert_int_equal(world_holes(v, 0), 0);
	assert_null(world_fault(v));
	everybody_goes(w);
	world_fini(w);
}

/* A worker with ten times the load has its hands free for 10 ms of each 100: what it forwards is late and whole, the
 * others' viewers notice nothing, nothing is dropped. */
static void a_busy_worker(void **unused)
{
	struct world *w = &world;
	meet(w, 2, 8192, 8);
	all_see_the_stage(w, 8);
	world_reset(w);
	for (unsigned i = 0; i < 50; i++) {
		w->stalled = 2;
		world_run(w, 90 * USEC_MS);
		w->stalled = 0;
		world_run(w, 10 * USEC_MS);
	}
	for (unsigned i = 1; i < 8; i++) {
		struct world_slot *v = world_video(w, i, 0), *a = world_audio(w, i, 0);
		usec late = i % 2 ? 110 * USEC_MS : 0;
		assert_true(v->frames >= 145);
		assert_true(a->packets >= 243);
		assert_true(v->longest_gap < late + 50 * USEC_MS);
		assert_true(a->longest_gap < late + 30 * USEC_MS);
		assert_null(world_fault(v));
		assert_null(world_fault(a));
	}
	assert_int_equal(w->sites[0].plis, 0);
	assert_int_equal(world_drops(w, DROP_CREDIT), 0);
	everybody_goes(w);
	world_fini(w);
}

/* A worker that does nothing for two seconds, with rings of 32 messages, while sites come, go, and look elsewhere: its
 * pictures are dropped, counted, for its own viewers alone. Afterwards all know all of it. */
static void a_full_ring(void **unused)
{
	for (uint32_t busy = 0; busy < 2; busy++) {
		struct world *w = &world;
		meet(w, 2, 1024, 8);
		all_see_the_stage(w, 8);
		world_reset(w);
		w->link_cells = 32;
		w->stalled = 1U << busy;
		unsigned stage = 1 - busy, other = 2 + busy, next; /* of the one that works, of the busy one */
		world_run(w, 500 * USEC_MS);
		world_stage(w, stage + 1);
		world_view(w, stage + 4, 1, VIEW_SITE, other, 180, 30);
		world_leave(w, stage + 6);
		world_run(w, 500 * USEC_MS);
		do
			next = world_join(w, 2, 2);
		while (w->sites[next].worker == busy);
		world_view(w, other, 1, VIEW_SITE, next, 180, 30);
		world_run(w, USEC_S);
		assert_true(world_drops(w, DROP_CREDIT) > 50);
		w->stalled = 0;
		world_run(w, 4 * USEC_S);
		world_reset(w);
		world_run(w, 2 * USEC_S);
		for (unsigned i = 0; i < w->n_sites; i++) {
			if (!w->sites[i].open || i == stage)
				continue;
			struct world_slot *v = world_video(w, i, 0);
			if (v->csrc != world_csrc(w, stage) || v->frames < 55)
				fail_msg("worker %u was busy, site %u: %u frames of %u", busy, i, (unsigned)v->frames,
					 v->csrc);
			assert_null(world_fault(v));
		}
		assert_int_equal(world_video(w, stage + 4, 1)->csrc, world_csrc(w, other));
		assert_true(world_video(w, stage + 4, 1)->frames > 55);
		assert_int_equal(world_video(w, other, 1)->csrc, world_csrc(w, next));
		assert_true(world_video(w, other, 1)->frames > 55);
		everybody_goes(w);
		world_fini(w);
	}
}

/* Losses are given up while nothing can be told of it: the source begins anew for that worker, and nobody there waits;
 * its own worker's viewers go on as they were. */
static void what_is_given_up_untold(void **unused)
{
	struct world *w = &world;
	meet(w, 2, 8192, 4);
	world_run(w, USEC_S);
	w->sites[0].answers_nack = false;
	w->sites[0].loss_up = 0.2;
	world_run(w, 300 * USEC_MS);
	w->sites[0].loss_up = 0;
	world_run(w, 100 * USEC_MS);
	assert_true(world_holes(world_video(w, 1, 0), 10) > 0);
	w->refuse_gone = true;
	world_reset(w);
	world_run(w, 4 * USEC_S);
	assert_true(world_drops(w, DROP_LINK) > 0);
	assert_true(world_video(w, 1, 0)->longest_gap < 400 * USEC_MS);
	assert_true(world_video(w, 2, 0)->frames >= 119);
	w->sites[1].asks_nack = w->sites[3].asks_nack = true;
	world_run(w, 2 * USEC_S);
	assert_int_equal(world_holes(world_video(w, 1, 0), 0), 0);
	assert_int_equal(world_holes(world_video(w, 3, 0), 0), 0);
	everybody_goes(w);
	world_fini(w);
}

/* Where signalling puts this site, that joins and whose line is then cut: its seat is kept. */
static uint32_t place(struct rig *rig, unsigned site)
{
	char text[128];
	uint32_t worker = UINT32_MAX;
	int n = snprintf(text, sizeof text, "{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"Xa %u\"}", site);
	(void)rig_drain(rig, '*');
	rig_open(rig, 'A');
	rig_text(rig, 'A', text, (size_t)n);
	for (const struct rig_out *o = rig->commands; o && worker == UINT32_MAX; o = o->next) {
		const char *found = strstr(o->text, "\"cmd\":\"site\"") ? strstr(o->text, "\"worker\":") : NULL;
		worker = found ? (uint32_t)strtoul(found + 9, NULL, 10) : worker;
	}
	(void)rig_drain(rig, '*');
	RIG_PLAY(rig, "A gone");
	assert_in_range(worker, 0, 1);
	return worker;
}

/* 218 sites of one room, placed by signalling: two workers receive and send as much as each other, within a fifth. */
static void work_is_shared(void **unused)
{
	enum { SITES = 218 };
	static uint32_t places[SITES];
	struct world *w = &world;
	struct rig *rig = rig_new();
	for (unsigned i = 0; i < SITES; i++)
		places[i] = place(rig, i);
	rig_free(rig);
	world_init_workers(w, 4, 8192, 2);
	w->places = places;
	for (unsigned i = 0; i < SITES; i++) {
		(void)world_join_as(w, &(struct world_profile){ .audio = 1, .video = 1, .no_source = i > 1 });
		world_view(w, i, 0, VIEW_STAGE, 0, 360, 30);
	}
	w->deaf = true;
	world_stage(w, 1);
	world_run(w, 2 * USEC_S);
	uint64_t before[2] = { w->told[0].out_packets, w->told[1].out_packets };
	world_run(w, 3 * USEC_S);
	uint64_t a = w->told[0].out_packets - before[0], b = w->told[1].out_packets - before[1];
	assert_true(a + b > (uint64_t)SITES * 2 * 60);
	if (a * 10 < b * 8 || b * 10 < a * 8)
		fail_msg("one sent %llu packets, the other %llu", (unsigned long long)a, (unsigned long long)b);
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spread_meeting),
		cmocka_unit_test(the_loudest_of_any_worker),
		cmocka_unit_test(only_what_is_taken_crosses),
		cmocka_unit_test(repairs_on_both_sides),
		cmocka_unit_test(wishes_are_merged),
		cmocka_unit_test(credit_runs_out_and_heals),
		cmocka_unit_test(sources_go_while_buffers_are_elsewhere),
		cmocka_unit_test(a_loss_before_it_is_taken),
		cmocka_unit_test(a_busy_worker),
		cmocka_unit_test(a_full_ring),
		cmocka_unit_test(what_is_given_up_untold),
		cmocka_unit_test(work_is_shared),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
