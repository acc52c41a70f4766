/* A frame's packets leave in few messages: one a viewer where they are equally long, or differ by the byte that padding
 * makes up for. */
#include "sim/world.h"
#include "test.h"

#define VIEWERS 10
#define VIEWER ((struct world_profile){ .video = 1, .no_source = true })

static struct world world;

/* What VIEWERS of one who films get in 2 s: frames, then messages. */
static void watch(struct world *w, bool uneven, bool no_padding, uint64_t *frames, uint64_t *messages)
{
	world_init_config(w, 1, &(struct engine_config){ .buffers = 8192, .no_padding = no_padding }, 1);
	unsigned speaker = world_join(w, 0, 0);
	w->sites[speaker].uneven = uneven;
	for (unsigned i = 0; i < VIEWERS; i++)
		world_view(w, world_join_as(w, &VIEWER), 0, VIEW_STAGE, 0, 720, 30);
	world_stage(w, speaker + 1);
	world_run(w, 2 * USEC_S);
	world_reset(w);
	uint64_t sent = w->pictures_sent, before = w->picture_messages, packets = 0;
	world_run(w, 2 * USEC_S);
	*frames = 0;
	for (unsigned i = 1; i <= VIEWERS; i++) {
		struct world_slot *v = world_video(w, i, 0);
		assert_null(world_fault(v));
		assert_int_equal(v->height, 720);
		*frames += v->frames;
		packets += v->packets;
	}
	*messages = w->picture_messages - before;
	assert_true(*frames > VIEWERS * 58UL);
	assert_true(packets >= 3 * *frames);
	assert_int_equal(w->pictures_sent - sent, packets); /* nothing was sent twice */
	world_fini(w);
}

static void equal_packets_are_one_message(void **unused)
{
	uint64_t frames, messages;
	watch(&world, false, false, &frames, &messages);
	assert_int_equal(messages, frames);
	watch(&world, false, true, &frames, &messages);
	assert_int_equal(messages, frames);
}

static void a_byte_of_padding_joins_what_differs_by_it(void **unused)
{
	uint64_t frames, messages;
	watch(&world, true, false, &frames, &messages);
	assert_int_equal(messages, frames);
	watch(&world, true, true, &frames, &messages);
	assert_int_equal(messages, 2 * frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_packets_are_one_message),
		cmocka_unit_test(a_byte_of_padding_joins_what_differs_by_it),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
