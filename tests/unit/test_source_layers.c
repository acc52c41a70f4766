#include "media/layers.h"
#include "test.h"

#define MS USEC_MS

static void packet(struct layers *l, uint8_t layer, uint32_t timestamp, uint8_t temporal, size_t bytes, usec now)
{
	struct recv_meta meta = { .layer = layer, .timestamp = timestamp, .temporal = temporal };
	layers_on_packet(l, &meta, bytes, now);
}

static void alive_while_young(void **unused)
{
	struct layers l;
	usec next = USEC_NEVER;
	layers_init(&l, 2, true, LAYERS_CAMERA);
	assert_false(layers_alive(&l, 0, 0));
	layers_deadline(&l, 0, &next);
	assert_true(next == USEC_NEVER);
	packet(&l, 0, 0, 0, 10, 100 * MS);
	packet(&l, 1, 0, 0, 10, 200 * MS);
	packet(&l, 2, 0, 0, 10, 200 * MS); /* there is none: ignored */
	assert_true(layers_alive(&l, 0, 1099 * MS));
	assert_false(layers_alive(&l, 0, 1100 * MS));
	assert_true(layers_alive(&l, 1, 1100 * MS));
	assert_false(layers_alive(&l, 2, 200 * MS));
	layers_deadline(&l, 300 * MS, &next);
	assert_true(next == 1100 * MS);
	next = USEC_NEVER;
	layers_deadline(&l, 1100 * MS, &next);
	assert_true(next == 1200 * MS);
	layers_on_stopped(&l, 1);
	assert_false(layers_alive(&l, 1, 300 * MS));
	packet(&l, 1, 0, 0, 10, 1300 * MS);
	assert_true(layers_alive(&l, 1, 1300 * MS));
}

/* Known heights and what follows for all three layers. */
static const struct heights {
	uint16_t known[3];
	unsigned expect[3];
} heights[] = {
	{ { 0, 0, 0 }, { 180, 360, 720 } },   { { 0, 0, 1080 }, { 270, 540, 1080 } },
	{ { 0, 300, 0 }, { 150, 300, 600 } }, { { 160, 320, 700 }, { 160, 320, 700 } },
	{ { 90, 0, 0 }, { 90, 180, 360 } },
};

static void heights_are_guessed(void **unused)
{
	for (size_t i = 0; i < sizeof heights / sizeof *heights; i++) {
		struct layers l;
		layers_init(&l, 3, true, LAYERS_CAMERA);
		for (uint8_t k = 0; k < 3; k++)
			layers_on_size(&l, k, 1, heights[i].known[k]);
		for (uint8_t k = 0; k < 3; k++)
			assert_int_equal(layers_height(&l, k), heights[i].expect[k]);
	}
}

/* A source of `fps` frames/s in the pattern 0 2 1 2, three packets of 500 bytes a frame, for `seconds`. */
static void run(struct layers *l, int fps, int seconds, usec *now, uint32_t *timestamp)
{
	static const uint8_t pattern[4] = { 0, 2, 1, 2 };
	for (int i = 0; i < fps * seconds; i++) {
		for (int p = 0; p < 3; p++)
			packet(l, 0, *timestamp, pattern[i % 4], 500, *now);
		*timestamp += 90000 / (uint32_t)fps;
		*now += USEC_S / fps;
	}
}

static void rates_are_measured(void **unused)
{
	struct layers l;
	usec now = 0;
	uint32_t timestamp = 0xfffff000;
	layers_init(&l, 1, true, LAYERS_CAMERA);
	assert_int_equal(layers_fps_x10(&l, 0, 0), 75);
	assert_int_equal(layers_fps_x10(&l, 0, 1), 150);
	assert_int_equal(layers_fps_x10(&l, 0, 2), 300);
	assert_int_equal(layers_fps_x10(&l, 0, 200), 300);
	run(&l, 20, 3, &now, &timestamp);
	assert_in_range(layers_fps_x10(&l, 0, 0), 48, 52);
	assert_in_range(layers_fps_x10(&l, 0, 1), 96, 104);
	assert_in_range(layers_fps_x10(&l, 0, 2), 195, 205);
	assert_in_range(l.layer[0].rate, 235000, 245000);
	assert_int_equal(l.layer[0].temporal_max, 2);
	/* a pause is no slow second */
	now += 5 * USEC_S;
	run(&l, 20, 1, &now, &timestamp);
	assert_in_range(layers_fps_x10(&l, 0, 2), 195, 205);
	run(&l, 20, 1, &now, &timestamp);
	assert_in_range(layers_fps_x10(&l, 0, 2), 195, 205);
	/* late packets are no frames */
	for (int i = 0; i < 100; i++)
		packet(&l, 0, timestamp - 9000, 2, 0, now);
	run(&l, 20, 2, &now, &timestamp);
	assert_in_range(layers_fps_x10(&l, 0, 2), 195, 205);

	layers_init(&l, 1, false, LAYERS_SCREEN); /* no temporal layers: any limit has all */
	assert_int_equal(layers_fps_x10(&l, 0, 0), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alive_while_young),
		cmocka_unit_test(heights_are_guessed),
		cmocka_unit_test(rates_are_measured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
