/* Random histories by seed: loss, reordering and delay up and down, changing views, stages, layers, rates and codecs,
 * mutes, reloads, senders that begin anew. Whatever happened, once the links are good again every number is there or
 * was filled, in order, and was given once. */
#include "sim/sender.h"
#include "test.h"

static struct world world;

#define SITES 4

static unsigned pick(struct world *w, unsigned n)
{
	return (unsigned)(world_chance(w) * n);
}

static void one_change(struct world *w)
{
	static const unsigned heights[] = { 90, 180, 360, 720 }, rates[] = { 5, 7, 15, 30 };
	unsigned site = pick(w, SITES), other = pick(w, SITES);
	struct world_site *s = &w->sites[site];
	switch (pick(w, 16)) {
	case 0: world_stage(w, pick(w, SITES + 1)); break;
	case 1:
	case 2:
	case 3:
		world_view(w, site, pick(w, 3), (enum view_source[]){ VIEW_STAGE, VIEW_AUTO, VIEW_SITE }[pick(w, 3)],
			   other, heights[pick(w, 4)], rates[pick(w, 4)]);
		break;
	case 4: s->level = (uint8_t)pick(w, 128); break;
	case 5: s->loss_up = world_chance(w) * 0.1; break;
	case 6: s->loss_down = world_chance(w) * 0.1; break;
	case 7: s->reorder = world_chance(w) * 0.2; break;
	case 8: s->delay = (usec)pick(w, 200) * USEC_MS; break;
	case 9: s->want_keyframe = true; break;
	case 10: sender_pad(w, s, pick(w, 3), pick(w, 2)); break;
	case 11: s->h264 = s->want_keyframe = pick(w, 2); break;
	case 12: world_set(w, site, true, pick(w, 4), pick(w, 4)); break;
	case 13:
		if (s->layers[other % 3].history) /* SRTP lets only those jump who sent */
			s->layers[other % 3].seq += pick(w, 8) ? pick(w, 5) : pick(w, 4000);
		break;
	case 14:
		if (pick(w, 4) == 0)
			world_reload(w, site, (usec)pick(w, 1000) * USEC_MS);
		break;
	default: /* a layer may have four SSRCs */
		other = pick(w, 3);
		if (s->layers[other].ssrc % 100 < 80)
			sender_restart(w, s, other, pick(w, 2));
	}
}

static void expect_order(struct world *w, uint64_t seed)
{
	for (unsigned i = 0; i < SITES; i++) {
		struct world_site *s = &w->sites[i];
		for (unsigned j = 0; j < s->n_slots; j++) {
			struct world_slot *v = &s->slots[j];
			const char *fault = v->video ? world_fault(v) : NULL; /* lost voice is not asked for again */
			if (fault)
				fail_msg("seed %llu, site %u, slot %u: %s", (unsigned long long)seed, i, j, fault);
			if (v->sr_off_line)
				fail_msg("seed %llu, site %u, slot %u: %u reports off the line",
					 (unsigned long long)seed, i, j, (unsigned)v->sr_off_line);
		}
		assert_int_equal(s->unopened, 0); /* an index sealed twice would not open */
	}
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
	assert_int_equal(world_drops(w, DROP_AUTH), 0);
	assert_int_equal(world_drops(w, DROP_CODEC_FORMAT), 0);
}

static void a_history(uint64_t seed, unsigned changes)
{
	struct world *w = &world;
	world_init(w, seed);
	for (unsigned i = 0; i < SITES; i++)
		w->sites[world_join_as(
			     w, &(struct world_profile){ .audio = 2, .video = 3, .h264 = i < 3, .bare = i == 3 })]
		    .asks_nack = true;
	for (unsigned i = 0; i < changes; i++) {
		one_change(w);
		world_run(w, (usec)pick(w, 400) * USEC_MS);
	}
	for (unsigned i = 0; i < SITES; i++) {
		w->sites[i].loss_up = w->sites[i].loss_down = w->sites[i].reorder = 0;
		w->sites[i].delay = 20 * USEC_MS;
		w->sites[i].h264 = false;
		w->sites[i].want_keyframe = true;
		world_set(w, i, true, true, true);
	}
	world_run(w, 5 * USEC_S);
	expect_order(w, seed);
	world_stage(w, 1);
	for (unsigned i = 0; i < SITES; i++)
		world_view(w, i, 0, VIEW_STAGE, 0, 720, 30);
	world_run(w, 2 * USEC_S);
	world_reset(w);
	world_run(w, 2 * USEC_S);
	for (unsigned i = 0; i < SITES; i++) /* and everybody sees the stage, at full rate */
		if (world_video(w, i, 0)->frames < 55)
			fail_msg("seed %llu: site %u gets %u frames in 2 s", (unsigned long long)seed, i,
				 (unsigned)world_video(w, i, 0)->frames);
	expect_order(w, seed);
	world_fini(w);
}

static void histories(void **unused)
{
	const char *one = getenv("SEED"), *many = getenv("SEEDS");
	uint64_t n = many ? strtoull(many, NULL, 10) : 12;
	if (one)
		a_history(strtoull(one, NULL, 10), 60);
	for (uint64_t seed = 1; !one && seed <= n; seed++)
		a_history(seed, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(histories) };
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
