/* Who fills which slot: the stage, pinned sites, the loudest, the latest speakers. */
#include "sim/world.h"
#include "test.h"

static struct world world;

static uint32_t in_video(const struct world *w, unsigned viewer, unsigned slot)
{
	return w->sites[viewer].map_video[slot].csrc;
}

static uint32_t in_audio(const struct world *w, unsigned viewer, unsigned slot)
{
	return w->sites[viewer].map_audio[slot].csrc;
}

static bool hears(const struct world *w, unsigned viewer, unsigned n_slots, unsigned site)
{
	for (unsigned i = 0; i < n_slots; i++)
		if (in_audio(w, viewer, i) == world_csrc(w, site))
			return true;
	return false;
}

static void join_all(struct world *w, unsigned n, unsigned audio, unsigned video, uint8_t level)
{
	for (unsigned i = 0; i < n; i++)
		w->sites[world_join(w, audio, video)].level = level;
}

/* The site on stage sees who was there before it; with nobody before it, the chair; never itself. */
static void the_stage_itself(void **unused)
{
	struct world *w = &world;
	world_init(w, 1);
	join_all(w, 5, 2, 1, 127);
	world_chair(w, 5);
	world_stage(w, 1);
	world_run(w, USEC_S);
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(in_video(w, i, 0), world_csrc(w, 0));
	assert_int_equal(in_video(w, 0, 0), world_csrc(w, 4)); /* the chair: it stood there before, without a choice */
	world_stage(w, 3);
	world_run(w, USEC_S);
	assert_int_equal(in_video(w, 2, 0), world_csrc(w, 0));
	assert_int_equal(in_video(w, 0, 0), world_csrc(w, 2));
	world_leave(w, 0); /* the one before is gone */
	world_run(w, USEC_S);
	assert_int_equal(in_video(w, 2, 0), world_csrc(w, 4));
	world_leave(w, 2); /* closed while on stage: the chair stands there, and sees another */
	world_run(w, USEC_S);
	assert_int_equal(in_video(w, 1, 0), world_csrc(w, 4));
	assert_int_not_equal(in_video(w, 4, 0), 0);
	assert_int_not_equal(in_video(w, 4, 0), world_csrc(w, 4));
	world_fini(w);
}

/* The one before is known over a moment with nobody on stage. */
static void before_an_empty_stage(void **unused)
{
	struct world *w = &world;
	world_init(w, 2);
	join_all(w, 3, 2, 1, 127);
	world_stage(w, 2);
	world_run(w, USEC_S);
	world_stage(w, 0);
	world_run(w, USEC_S);
	world_stage(w, 3);
	world_run(w, USEC_S);
	assert_int_equal(in_video(w, 2, 0), world_csrc(w, 1));
	world_fini(w);
}

/* Without the chair's choice the loudest of the last 3 s is on stage, for at least 2 s. */
static void the_loudest_takes_the_stage(void **unused)
{
	struct world *w = &world;
	world_init(w, 3);
	join_all(w, 3, 2, 1, 127);
	w->sites[1].level = 20;
	world_run(w, 2 * USEC_S);
	assert_int_equal(in_video(w, 0, 0), world_csrc(w, 1));
	assert_int_equal(in_video(w, 2, 0), world_csrc(w, 1));
	w->sites[1].level = 127;
	w->sites[2].level = 20;
	world_run(w, 4 * USEC_S);
	assert_int_equal(in_video(w, 0, 0), world_csrc(w, 2));
	assert_int_equal(in_video(w, 2, 0), world_csrc(w, 1)); /* itself on stage: the one before */
	world_fini(w);
}

/* A site pinned in v0 pulls its voice to a0, and the stage's goes to a1; unpinned, both go back. */
static void a_pinned_site(void **unused)
{
	struct world *w = &world;
	world_init(w, 4);
	join_all(w, 4, 3, 2, 30);
	world_stage(w, 1);
	world_run(w, USEC_S);
	assert_int_equal(in_audio(w, 3, 0), world_csrc(w, 0));
	world_view(w, 3, 0, VIEW_SITE, 1, 360, 30);
	world_run(w, USEC_S);
	assert_int_equal(in_video(w, 3, 0), world_csrc(w, 1));
	assert_int_equal(in_audio(w, 3, 0), world_csrc(w, 1));
	assert_int_equal(in_audio(w, 3, 1), world_csrc(w, 0));
	assert_true(hears(w, 3, 3, 2));
	world_view(w, 3, 0, VIEW_STAGE, 0, 360, 30);
	world_run(w, USEC_S);
	assert_int_equal(in_audio(w, 3, 0), world_csrc(w, 0));
	assert_true(hears(w, 3, 3, 1));
	assert_null(world_fault(world_audio(w, 3, 0)));
	world_fini(w);
}

/* Whose voice is on stage but mute leaves its place to one who speaks: as many are heard as there are slots. */
static void a_silent_stage(void **unused)
{
	for (unsigned audio = 1; audio <= 3; audio++) {
		struct world *w = &world;
		world_init(w, 5);
		join_all(w, 6, audio, 1, 30);
		world_stage(w, 1);
		world_set(w, 0, true, false, true);
		world_run(w, 2 * USEC_S);
		for (unsigned i = 0; i < audio; i++)
			assert_int_not_equal(in_audio(w, 5, i), 0);
		assert_false(hears(w, 5, audio, 0));
		world_set(w, 0, true, true, true);
		world_run(w, USEC_S);
		assert_int_equal(in_audio(w, 5, 0), world_csrc(w, 0));
		for (unsigned i = 0; i < audio; i++)
			assert_null(world_fault(world_audio(w, 5, i)));
		world_fini(w);
	}
}

/* Twelve speak, with 1 to 10 slots: the loudest are heard, everybody without itself; a little louder changes nothing, a
 * lot louder does. */
static void the_loudest_are_heard(void **unused)
{
	for (unsigned audio = 1; audio <= 10; audio += 3) {
		struct world *w = &world;
		world_init(w, 6);
		for (unsigned i = 0; i < 12; i++) {
			unsigned site = world_join(w, audio, 1);
			w->sites[site].level = 127;
			w->sites[site].films = false;
			world_set(w, site, true, true, false);
		}
		world_run(w, USEC_S); /* floors are known before anybody speaks */
		world_stage(w, 1);
		for (unsigned i = 0; i < 12; i++)
			w->sites[i].level = (uint8_t)(20 + 3 * i);
		world_run(w, 3 * USEC_S);
		for (unsigned viewer = 0; viewer < 12; viewer++)
			for (unsigned i = 0; i < audio; i++) {
				assert_int_not_equal(in_audio(w, viewer, i), 0);
				assert_int_not_equal(in_audio(w, viewer, i), world_csrc(w, viewer));
				for (unsigned j = 0; j < i; j++)
					assert_int_not_equal(in_audio(w, viewer, i), in_audio(w, viewer, j));
			}
		if (audio == 10 && w->n_workers == 1) /* several hear of them in another order. Of 12, the ten loudest:
							 the stage and the next nine */
			for (unsigned i = 0; i < 10; i++)
				assert_true(hears(w, 11, 10, i));
		world_reset(w);
		w->sites[11].level = 46; /* hardly louder than the tenth, 47 */
		world_run(w, 2 * USEC_S);
		for (unsigned viewer = 0; viewer < 11; viewer++)
			if (w->sites[viewer].told)
				fail_msg("%u slots: viewer %u was changed", audio, viewer);
		w->sites[11].level = 10;
		world_run(w, 8 * USEC_S); /* half a second for each rank it climbs */
		if (audio > 1)
			for (unsigned viewer = 0; viewer < 11; viewer++)
				assert_true(hears(w, viewer, audio, 11));
		for (unsigned i = 0; i < audio; i++)
			assert_null(world_fault(world_audio(w, 5, i)));
		world_fini(w);
	}
}

static void nobody_sees_itself(const struct world *w, unsigned sites, unsigned slots)
{
	for (unsigned i = 0; i < sites; i++)
		for (unsigned j = 0; j < slots; j++)
			assert_int_not_equal(in_video(w, i, j), world_csrc(w, i));
}

/* Auto slots: sites with video not in another slot, the latest speakers first, each keeping its place. */
static void auto_slots_keep_their_places(void **unused)
{
	struct world *w = &world;
	world_init(w, 7);
	join_all(w, 8, 3, 4, 127);
	world_stage(w, 1);
	world_run(w, USEC_S);
	uint32_t before[4];
	for (unsigned i = 0; i < 4; i++) {
		before[i] = in_video(w, 7, i);
		assert_int_not_equal(before[i], 0);
		assert_int_not_equal(before[i], world_csrc(w, 7));
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(before[i], before[j]);
	}
	nobody_sees_itself(w, 8, 4);
	world_reset(w);
	w->sites[6].level = 20; /* one that is not shown begins to speak: one goes, the others stay where they are */
	world_run(w, 2 * USEC_S);
	unsigned same = 0, new_one = 0;
	for (unsigned i = 1; i < 4; i++) {
		same += in_video(w, 7, i) == before[i];
		new_one += in_video(w, 7, i) == world_csrc(w, 6);
	}
	assert_int_equal(same, 2);
	assert_int_equal(new_one, 1);
	nobody_sees_itself(w, 8, 4);
	world_set(w, 6, true, true, false); /* its camera goes: another one comes into its place */
	world_run(w, USEC_S);
	for (unsigned i = 1; i < 4; i++)
		assert_int_not_equal(in_video(w, 7, i), world_csrc(w, 6));
	world_view(w, 7, 2, VIEW_NONE, 0, 180, 15);
	world_run(w, USEC_S);
	assert_int_equal(in_video(w, 7, 2), 0);
	world_fini(w);
}

/* A reload of the site on stage: viewers keep its picture and are told nothing but the new one; its own slots work. */
static void a_reload_on_stage(void **unused)
{
	struct world *w = &world;
	world_init(w, 8);
	join_all(w, 3, 2, 2, 30);
	world_stage(w, 1);
	world_run(w, 2 * USEC_S);
	world_reset(w);
	world_reload(w, 0, 800 * USEC_MS);
	world_run(w, 2 * USEC_S);
	for (unsigned i = 1; i < 3; i++) {
		struct world_slot *v = world_video(w, i, 0);
		assert_int_equal(w->sites[i].told_reason[SLOT_REASON_OFF], 0);
		assert_int_equal(v->csrc, world_csrc(w, 0));
		assert_int_equal(in_video(w, i, 0), world_csrc(w, 0));
		assert_true(v->frames > 40);
		assert_int_equal(v->backward, 0);
		assert_null(world_fault(v));
		assert_null(world_fault(world_audio(w, i, 0)));
		assert_int_equal(w->sites[i].unopened, 0);
	}
	assert_true(world_video(w, 0, 0)->frames > 40);
	assert_null(world_fault(world_video(w, 0, 0)));
	assert_int_equal(w->sites[0].state, TRANSPORT_CONNECTED);
	world_fini(w);
}

/* Everybody goes, in any order, the room with them; another meeting in it works. */
static void the_room_is_closed(void **unused)
{
	struct world *w = &world;
	world_init(w, 9);
	join_all(w, 6, 3, 3, 30);
	world_stage(w, 2);
	world_run(w, USEC_S);
	for (unsigned i = 0; i < 6; i++)
		world_leave(w, (i * 5 + 1) % 6);
	struct command c = { .type = COMMAND_ROOM_CLOSE, .room_close = 1 };
	world_command_all(w, &c);
	world_run(w, 2 * USEC_S);
	assert_int_equal(w->counters.rooms, 0);
	assert_int_equal(w->counters.sites, 0);
	assert_int_equal(w->counters.transports, 0);
	assert_int_equal(w->counters.buffers_free, w->counters.buffers);
	join_all(w, 2, 1, 1, 30);
	world_run(w, 2 * USEC_S);
	assert_true(world_video(w, 7, 0)->frames > 40);
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stage_itself),
		cmocka_unit_test(before_an_empty_stage),
		cmocka_unit_test(the_loudest_takes_the_stage),
		cmocka_unit_test(a_pinned_site),
		cmocka_unit_test(a_silent_stage),
		cmocka_unit_test(the_loudest_are_heard),
		cmocka_unit_test(auto_slots_keep_their_places),
		cmocka_unit_test(a_reload_on_stage),
		cmocka_unit_test(the_room_is_closed),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
