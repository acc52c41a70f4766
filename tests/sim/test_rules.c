/* Rules of the media plane on the side of what sites send: SSRCs, probes, holes, RED, NACK, restarts. */
#include "sim/sender.h"
#include "test.h"

static struct world world;

static void expect_whole(const struct world_slot *v)
{
	const char *fault = world_fault(v);
	if (fault)
		fail_msg("%s", fault);
}

static struct sender_packet voice(struct seal_stream *seal, uint64_t seq, const char *mid)
{
	static const uint8_t opus[20] = { 0x78 };
	return (struct sender_packet){ .seal = seal,
				       .pt = PT_OPUS,
				       .seq = seq,
				       .timestamp = (uint32_t)seq * 960,
				       .mid = mid,
				       .level = 20,
				       .body = bytes_of(opus, sizeof opus) };
}

/* An SSRC without mid is opened, counted and dropped; a microphone may have four in its life, the fifth is refused; a
 * payload type that the line did not negotiate too. */
static void ssrcs_are_bound_once(void **unused)
{
	struct world *w = &world;
	struct seal_stream streams[8];
	world_init(w, 1);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 2, 1);
	w->sites[site].speaks = w->sites[site].films = false; /* its own SSRC is the first */
	struct sender_packet p;
	for (unsigned i = 0; i < 8; i++) {
		seal_stream_init(&streams[i], 0xabc000 + i);
		p = voice(&streams[i], 100, NULL);
		sender_send(w, &w->sites[site], &p);
	}
	world_run(w, 1100 * USEC_MS);
	/* the payload type of Opus is the microphone's alone: even without mid its line is known */
	assert_int_equal(world_drops(w, DROP_SSRC_UNBOUND), 0);
	assert_int_equal(world_drops(w, DROP_SSRC_LIMIT), 5);
	for (unsigned i = 0; i < 8; i++) { /* known ones need no mid any more, the others are not let in by one */
		p = voice(&streams[i], 101, i < 3 ? NULL : "0");
		sender_send(w, &w->sites[site], &p);
	}
	seal_stream_init(&streams[0], 0xdef000);
	p = voice(&streams[0], 1, "7"); /* no such line */
	sender_send(w, &w->sites[site], &p);
	seal_stream_init(&streams[1], 0xdef001);
	p = voice(&streams[1], 1, "2"); /* the camera takes no Opus */
	sender_send(w, &w->sites[site], &p);
	seal_stream_init(&streams[2], 0xdef002);
	p = voice(&streams[2], 1, "2"); /* a picture without rid */
	p.pt = PT_VP8;
	sender_send(w, &w->sites[site], &p);
	world_run(w, 1100 * USEC_MS);
	assert_int_equal(world_drops(w, DROP_SSRC_LIMIT), 10);
	assert_int_equal(world_drops(w, DROP_SSRC_UNBOUND), 2);
	assert_int_equal(world_drops(w, DROP_PAYLOAD_TYPE), 1);
	assert_int_equal(w->sites[viewer].unopened, 0);
	assert_int_equal(world_drops(w, DROP_AUTH), 0);
	world_fini(w);
}

/* Old packets by RTX that nobody asked for, and padding: acknowledged to the sender, counted, not forwarded; padding
 * on the media SSRC leaves no hole to viewers. */
static void probes_go_no_further(void **unused)
{
	struct world *w = &world;
	world_init(w, 2);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 2 * USEC_S);
	struct world_layer *l = &w->sites[site].layers[2];
	struct world_slot *v = world_video(w, viewer, 0);
	world_run(w, USEC_S);
	assert_int_equal(world_drops(w, DROP_PROBE), 0);
	unsigned sent = 0;
	for (unsigned i = 0; i < 50; i++) {
		sent += 2 + sender_resend(w, &w->sites[site], l->ssrc, (uint16_t)(l->seq - 10 - i));
		sender_pad(w, &w->sites[site], 2, true);
		sender_pad(w, &w->sites[site], 2, false);
		world_run(w, 33 * USEC_MS);
	}
	world_run(w, 1100 * USEC_MS);
	assert_int_equal(world_drops(w, DROP_PROBE), sent);
	assert_int_equal(v->rtx, 0);
	assert_int_equal(v->duplicates, 0);
	assert_int_equal(v->padding, 0); /* told before the next packet was mapped: costs nothing */
	assert_int_equal(w->sites[site].nacks, 0);
	expect_whole(v);
	/* every transport-wide number was acknowledged as arrived, the probes' too: nothing is reported lost */
	assert_int_equal(w->sites[site].lost_reported, 0);
	assert_true(w->sites[site].acknowledged > 150);
	world_fini(w);
}

/* What the publisher never sends again is given up after 3 s (or 1.5 RTT after the last request) and filled for the
 * viewers, who then miss nothing. */
static void holes_are_filled(void **unused)
{
	struct world *w = &world;
	world_init(w, 3);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 2 * USEC_S);
	w->sites[site].answers_nack = false;
	w->sites[site].loss_up = 0.03;
	world_run(w, USEC_S);
	w->sites[site].loss_up = 0;
	struct world_slot *v = world_video(w, viewer, 0);
	world_run(w, 200 * USEC_MS); /* what was lost first was asked for ten times after 1.3 s at the earliest */
	assert_true(world_holes(v, 0) > 0);
	assert_int_equal(v->padding, 0);
	world_run(w, 3 * USEC_S);
	assert_int_equal(world_holes(v, 0), 0);
	assert_true(v->padding > 0);
	expect_whole(v);
	world_fini(w);
}

/* A RED packet, though never answered for, is unpacked to its primary block. */
static void red_is_unpacked(void **unused)
{
	struct world *w = &world;
	world_init(w, 4);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	w->sites[site].red = true;
	world_run(w, 2 * USEC_S);
	struct world_slot *a = world_audio(w, viewer, 0);
	assert_true(a->packets > 80);
	assert_int_equal(a->pt, a->pt_opus);
	assert_int_equal(a->toc, 0x78);
	expect_whole(a);
	w->sites[site].red = false; /* and back, in the same numbering */
	world_run(w, USEC_S);
	assert_true(a->packets > 130);
	expect_whole(a);
	world_fini(w);
}

/* A voice that is lost is asked for and comes on its own SSRC, while the answer is in time: also of one who only
 * speaks, whose round trip no receiver report tells. The listeners' numbers have no hole, nothing comes twice. */
static void voices_come_again(void **unused)
{
	static const usec delays[] = { 20 * USEC_MS, 70 * USEC_MS, 80 * USEC_MS, 300 * USEC_MS };
	for (unsigned i = 0; i < sizeof delays / sizeof *delays; i++) {
		struct world *w = &world;
		world_init(w, 20 + i);
		unsigned viewer = world_join_as(w, &(struct world_profile){ .audio = 2, .no_source = true });
		unsigned site = world_join_as(w, &(struct world_profile){ .mic_nack = true });
		struct world_site *s = &w->sites[site];
		s->films = false;
		s->delay = delays[i];
		world_run(w, 8 * USEC_S);
		struct world_slot *a = world_audio(w, viewer, 0);
		unsigned rtt = s->report.rtt_ms;
		if (rtt + 2 < 2 * delays[i] / USEC_MS || rtt > 2 * delays[i] / USEC_MS + 2)
			fail_msg("delay %lld us: a round trip of %u ms", (long long)delays[i], rtt);
		bool near = 2 * delays[i] < 150 * USEC_MS;
		world_reset(w);
		unsigned lost = 0;
		for (unsigned k = 1; k <= 4; k++) {
			s->voices_lost = k;
			lost += k;
			world_run(w, USEC_S);
		}
		if (s->nacks != (near ? lost : 0))
			fail_msg("delay %lld us: %u asked for", (long long)delays[i], s->nacks);
		assert_int_equal(world_holes(a, 0), near ? 0 : lost);
		assert_int_equal(a->packets, 200 - (near ? 0 : lost));
		assert_int_equal(a->duplicates + a->padding, 0);
		if (near)
			expect_whole(a);
		world_fini(w);
	}
}

/* A layer that nobody took for a while misses nothing when it is taken again: what came meanwhile is not asked for. */
static void nothing_is_asked_for_twice(void **unused)
{
	struct world *w = &world;
	world_init(w, 5);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	for (unsigned i = 0; i < 6; i++) {
		world_view(w, viewer, 0, VIEW_SITE, site, i % 2 ? 180 : 720, 30);
		world_run(w, 2 * USEC_S);
	}
	assert_int_equal(w->sites[site].nacks, 0);
	assert_int_equal(world_drops(w, DROP_PROBE), 0);
	expect_whole(world_video(w, viewer, 0));
	world_fini(w);
}

/* The sender begins anew with another SSRC, numbers, picture ids and timestamps: the slot goes on without a gap, with a
 * keyframe, within half a second, whether the restart begins with one or not. */
static void a_layer_begins_anew(void **unused)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct world *w = &world;
		world_init(w, seed);
		unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
		world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
		world_run(w, 2 * USEC_S);
		world_reset(w);
		sender_restart(w, &w->sites[site], 2, seed % 2);
		world_run(w, 3 * USEC_S);
		struct world_slot *v = world_video(w, viewer, 0);
		expect_whole(v);
		assert_true(v->frames > 75);
		assert_true(v->longest_gap < 500 * USEC_MS);
		assert_int_equal(v->backward, 0);
		assert_int_equal(v->sr_off_line, 0);
		assert_int_equal(v->height, 720);
		assert_int_equal(w->sites[site].nacks, 0);
		if (seed % 2 && w->sites[site].plis)
			fail_msg("a keyframe was there, and another one asked for");
		world_fini(w);
	}
}

/* Packets of the SSRC before, overtaken by the first of the new one, change nothing any more. */
static void the_old_ssrc_is_over(void **unused)
{
	struct world *w = &world;
	world_init(w, 9);
	unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
	world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
	world_run(w, 2 * USEC_S);
	w->sites[site].reorder = 1;
	world_run(w, 200 * USEC_MS);
	sender_restart(w, &w->sites[site], 2, true);
	world_run(w, 40 * USEC_MS);
	w->sites[site].reorder = 0;
	world_run(w, 500 * USEC_MS);
	world_reset(w);
	world_run(w, 2 * USEC_S);
	struct world_slot *v = world_video(w, viewer, 0);
	assert_true(v->frames > 55);
	assert_int_equal(w->sites[site].plis, 0);
	assert_true(v->longest_gap < 100 * USEC_MS);
	world_fini(w);
}

/* A jump of the numbers alone (forward: a jump back SRTP itself does not let pass). */
static void numbers_jump(void **unused)
{
	static const unsigned jumps[] = { 500, 2000, 5000, 20000, 32000 };
	for (unsigned i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct world *w = &world;
		world_init(w, 10 + i);
		unsigned site = world_join(w, 1, 1), viewer = world_join(w, 1, 1);
		world_view(w, viewer, 0, VIEW_SITE, site, 720, 30);
		world_run(w, 3 * USEC_S);
		struct world_site *s = &w->sites[site];
		s->layers[2].seq += jumps[i];
		s->audio_seq += jumps[i];
		world_run(w, 2 * USEC_S);
		world_reset(w);
		world_run(w, 2 * USEC_S);
		struct world_slot *v = world_video(w, viewer, 0), *a = world_audio(w, viewer, 0);
		if (v->frames < 55 || v->backward || v->longest_gap > 200 * USEC_MS)
			fail_msg("jump %u: %u frames", jumps[i], (unsigned)v->frames);
		if (a->packets < 95 || a->backward)
			fail_msg("jump %u: %u voice packets", jumps[i], (unsigned)a->packets);
		assert_int_equal(world_drops(w, DROP_SEAL), 0);
		world_fini(w);
	}
}

/* VP8 without temporal layers has a picture id alone; written in full it must still be decodable: TL0PICIDX grows. */
static void bare_vp8(void **unused)
{
	struct world *w = &world;
	world_init(w, 20);
	unsigned site = world_join_as(w, &(struct world_profile){ .bare = true });
	unsigned viewer = world_join(w, 1, 1), other = world_join(w, 1, 1);
	for (unsigned i = 0; i < 4; i++) {
		world_view(w, viewer, 0, VIEW_SITE, i % 2 ? other : site, 720, 30);
		world_run(w, 2 * USEC_S);
		struct world_slot *v = world_video(w, viewer, 0);
		assert_int_equal(v->csrc, world_csrc(w, i % 2 ? other : site));
		expect_whole(v);
	}
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssrcs_are_bound_once), cmocka_unit_test(probes_go_no_further),
		cmocka_unit_test(holes_are_filled),	cmocka_unit_test(red_is_unpacked),
		cmocka_unit_test(voices_come_again),	cmocka_unit_test(nothing_is_asked_for_twice),
		cmocka_unit_test(a_layer_begins_anew),	cmocka_unit_test(the_old_ssrc_is_over),
		cmocka_unit_test(numbers_jump),		cmocka_unit_test(bare_vp8),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
