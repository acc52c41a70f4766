/* One speaks, a hundred watch: requests are merged, asked once, answered within bounds; nobody harms another. */
#include "media/send.h"
#include "sim/sender.h"
#include "test.h"
#include "wire/rtcp.h"

static struct world world;

#define VIEWERS 100

static void gather(struct world *w, uint64_t seed)
{
	world_init(w, seed);
	unsigned speaker = world_join(w, 1, 1);
	w->sites[speaker].height = 360;
	for (unsigned i = 0; i < VIEWERS; i++) {
		unsigned viewer =
		    world_join_as(w, &(struct world_profile){ .audio = 1, .video = 1, .no_source = true });
		world_view(w, viewer, 0, VIEW_STAGE, 0, 180, 30);
	}
	world_stage(w, 1);
	world_run(w, 3 * USEC_S);
}

static void ask_keyframe(struct world *w, struct world_site *s, bool fir)
{
	uint8_t out[64];
	struct writer b = writer_of(out, sizeof out);
	uint32_t ssrc = s->slots[1].ssrc;
	if (fir)
		rtcp_write_fir(&b, 1, &(struct rtcp_fir){ .ssrc = ssrc, .seq = 1 }, 1);
	else
		rtcp_write_pli(&b, 1, ssrc);
	sender_rtcp(w, s, writer_done(&b));
}

/* A hundred ask for keyframes all the time, by PLI and FIR: the speaker is asked at once, then rarer and rarer,
 * at last each 1.8 s. When nobody needs
 * one, or nobody watches, it is asked nothing. */
static void keyframes_are_merged(void **unused)
{
	struct world *w = &world;
	gather(w, 1);
	world_reset(w);
	for (unsigned t = 0; t < 100; t++) {
		for (unsigned i = 1; i <= VIEWERS; i++)
			ask_keyframe(w, &w->sites[i], i % 2);
		world_run(w, 100 * USEC_MS);
	}
	if (w->sites[0].plis < 5 || w->sites[0].plis > 9)
		fail_msg("asked %u times in 10 s", w->sites[0].plis);
	world_run(w, 2 * USEC_S);
	world_reset(w);
	world_run(w, 2 * USEC_S);
	assert_int_equal(w->sites[0].plis, 0);
	for (unsigned i = 1; i <= VIEWERS; i++)
		assert_null(world_fault(world_video(w, i, 0)));
	w->sites[0].no_keyframes = true;
	ask_keyframe(w, &w->sites[1], false);
	world_run(w, USEC_S);
	assert_true(w->sites[0].plis > 1); /* asked again, as none came */
	for (unsigned i = 1; i <= VIEWERS; i++)
		world_leave(w, i);
	world_run(w, 500 * USEC_MS);
	world_reset(w);
	world_run(w, 2 * USEC_S);
	assert_int_equal(w->sites[0].plis, 0);
	world_fini(w);
}

/* One viewer asks for the same numbers without end: each is sent again at most ten times, and the others' share is
 * what it was. */
static void a_storm_of_nacks(void **unused)
{
	struct world *w = &world;
	gather(w, 2);
	struct world_site *s = &w->sites[1];
	struct world_slot *v = &s->slots[1];
	uint16_t seqs[50];
	for (unsigned i = 0; i < 50; i++)
		seqs[i] = (uint16_t)(v->highest - 49 + i);
	world_reset(w);
	for (unsigned t = 0; t < 100; t++) {
		uint8_t out[512];
		struct writer b = writer_of(out, sizeof out);
		for (unsigned k = 0; k < 3; k++) /* three times in one datagram */
			rtcp_write_nack(&b, 1, v->ssrc, seqs, 50);
		sender_rtcp(w, s, writer_done(&b));
		world_run(w, 20 * USEC_MS);
	}
	if (v->rtx < 50 || v->rtx > 500)
		fail_msg("50 numbers, asked for 300 times in 2 s, were sent %u times", (unsigned)v->rtx);
	for (unsigned i = 1; i <= VIEWERS; i++) {
		assert_null(world_fault(world_video(w, i, 0)));
		assert_true(world_video(w, i, 0)->frames > 55);
	}
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
	assert_int_equal(w->sites[0].nacks, 0);
	world_fini(w);
}

/* Whoever asks for everything, in an order made to be forgotten, gets no more again than it was sent, and a burst. */
static void a_greedy_viewer(void **unused)
{
	struct world *w = &world;
	gather(w, 5);
	world_view(w, 1, 0, VIEW_STAGE, 0, 360, 30);
	world_run(w, 8 * USEC_S);
	struct world_site *s = &w->sites[1];
	struct world_slot *v = &s->slots[1];
	world_reset(w);
	for (unsigned t = 0; t < 100; t++) {
		uint8_t out[1200];
		struct writer b = writer_of(out, sizeof out);
		for (unsigned k = 0; k < 60; k++) {
			uint16_t seq = (uint16_t)(v->highest - (k % 2 ? 0 : SEND_REPEATS) - k / 2 % 8);
			rtcp_write_nack(&b, 1, v->ssrc, &seq, 1);
		}
		sender_rtcp(w, s, writer_done(&b));
		world_run(w, 20 * USEC_MS);
	}
	if (v->rtx > v->packets + SEND_BURST)
		fail_msg("%u packets, %u sent again", (unsigned)v->packets, (unsigned)v->rtx);
	assert_null(world_fault(v));
	world_fini(w);
}

/* A loss of the speaker's is asked for once for all; what comes again goes to all, under the number it had. */
static void a_loss_is_asked_for_once(void **unused)
{
	struct world *w = &world;
	gather(w, 3);
	world_reset(w);
	for (unsigned i = 0; i < 20; i++) {
		w->sites[0].loss_up = 1;
		world_run(w, 34 * USEC_MS);
		w->sites[0].loss_up = 0;
		world_run(w, 200 * USEC_MS);
	}
	world_run(w, USEC_S);
	if (w->sites[0].nacks < 15 || w->sites[0].nacks > 100)
		fail_msg("20 frames were lost, %u numbers asked for", w->sites[0].nacks);
	for (unsigned i = 1; i <= VIEWERS; i++) {
		assert_null(world_fault(world_video(w, i, 0)));
		assert_int_equal(world_video(w, i, 0)->duplicates, 0);
	}
	world_fini(w);
}

/* Viewers come and go with every packet: those who stay see every picture. */
static void coming_and_going(void **unused)
{
	struct world *w = &world;
	gather(w, 4);
	world_reset(w);
	for (unsigned i = 1; i < VIEWERS; i++) {
		world_leave(w, i);
		world_run(w, 7 * USEC_MS);
		if (w->n_sites < WORLD_SITES && i % 4 == 0)
			(void)world_join(w, 1, 1);
	}
	world_run(w, USEC_S);
	struct world_slot *v = world_video(w, VIEWERS, 0);
	assert_null(world_fault(v));
	assert_true(v->longest_gap < 100 * USEC_MS);
	assert_null(world_fault(world_audio(w, VIEWERS, 0)));
	assert_int_equal(w->counters.sites, w->counters.transports);
	world_fini(w);
}

/* Viewers come one by one: how often is the camera asked, each time? */
static void come_alone(usec delay, usec spacing)
{
	struct world *w = &world;
	const struct world_profile viewer = { .video = 1, .no_source = true };
	world_init(w, 2);
	unsigned site = world_join(w, 0, 0);
	w->sites[site].delay = delay;
	w->sites[site].spacing = spacing;
	for (unsigned i = 0; i < 5; i++) {
		world_run(w, 4 * USEC_S);
		world_reset(w);
		unsigned v = world_join_as(w, &viewer);
		world_view(w, v, 0, VIEW_SITE, site, 720, 30);
		world_run(w, 4 * USEC_S);
		assert_true(world_video(w, v, 0)->frames > 60);
		assert_int_equal(world_video(w, v, 0)->height, w->sites[site].height);
		if (i) /* before the first one it does not film, and its round trip is not known */
			assert_int_equal(w->sites[site].plis, 1);
	}
	world_fini(w);
}

/* A keyframe of all layers serves whoever came: no second one is asked for because its lower layers came first, be it
 * in one wake-up or one after the other over a thin uplink, far away. */
static void who_comes_alone_asks_once(void **unused)
{
	come_alone(5 * USEC_MS, 0);
	come_alone(5 * USEC_MS, 2 * USEC_MS);
	come_alone(400 * USEC_MS, 0);
	come_alone(400 * USEC_MS, 2 * USEC_MS);
}

/* Rooms an operator made are told to the workers and stand empty, more of them than there can be sites: the last one
 * works like the first. */
static void empty_rooms(void **unused)
{
	struct world *w = &world;
	world_init(w, 6);
	for (uint32_t room = 1; room <= ROOMS_MAX; room++)
		world_command_all(w, &(struct command){ .type = COMMAND_ROOM, .room = { .room = room } });
	w->room = ROOMS_MAX;
	for (unsigned i = 0; i < 2; i++)
		(void)world_join(w, 1, 1);
	world_run(w, 3 * USEC_S);
	assert_int_equal(w->counters.rooms, ROOMS_MAX);
	assert_int_equal(world_drops(w, DROP_POOL), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(world_video(w, i, 0)->frames > 60);
		assert_null(world_fault(world_video(w, i, 0)));
	}
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keyframes_are_merged),	     cmocka_unit_test(a_storm_of_nacks),
		cmocka_unit_test(a_greedy_viewer),	     cmocka_unit_test(a_loss_is_asked_for_once),
		cmocka_unit_test(coming_and_going),	     cmocka_unit_test(empty_rooms),
		cmocka_unit_test(who_comes_alone_asks_once),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
