#include "base/seq.h"
#include "media/slotclock.h"
#include "test.h"

#define MS USEC_MS

enum act { SWITCH, MAP, SENT, AGAIN };

/* A video slot that began at time 0 with base 0 and step 3000, read from the top. */
static const struct step {
	enum act act;
	uint32_t generation, in;
	usec capture, arrival;
	bool ok, restarted;
	uint32_t out;
} steps[] = {
	{ MAP, 1, 5, 0, 0, false, false, 0 }, /* nothing was switched to */
	{ SWITCH, 1, 777777, 1000 * MS, 1040 * MS, true, false, 90000 },
	{ MAP, 1, 777777 + 3000, 0, 1080 * MS, true, false, 93000 },
	{ MAP, 1, 777777 + 3003, 0, 1180 * MS, true, false, 93003 }, /* the source's, not the arrival's */
	/* no sender report yet: arrival */
	{ SWITCH, 2, 0xfffffff0, USEC_NEVER, 2000 * MS, true, false, 180000 },
	{ MAP, 2, 0xfffffff0 + 3000, 0, 2030 * MS, true, false, 183000 }, /* wraps */
	{ MAP, 1, 777777 + 1500, 0, 1100 * MS, true, false, 91500 },	  /* late, of the layer left */
	/* captured long ago: raised to exceed the last by a frame, the constant follows */
	{ SWITCH, 3, 50, 1500 * MS, 2040 * MS, true, false, 186000 },
	{ MAP, 3, 50 + 3000, 0, 2070 * MS, true, false, 189000 },
	/* a capture time no clock can have: arrival counts */
	{ SWITCH, 4, 9, 3001 * MS, 3000 * MS, true, false, 270000 },
	{ SWITCH, 5, 9, -9000 * MS, 4000 * MS, true, false, 360000 },
	/* the source restarts its timestamps, forwards and backwards */
	{ MAP, 5, 9 + 90000 * 60, 0, 5000 * MS, true, true, 450000 },
	{ MAP, 5, 9 + 90000 * 60 + 3000, 0, 5033 * MS, true, false, 453000 },
	{ MAP, 5, 0x80000000, 0, 6000 * MS, true, true, 540000 },
	{ AGAIN, 5, 9 + 90000 * 60, 0, 5000 * MS, true, false, 450000 },
	{ AGAIN, 5, 0x80000000, 0, 6000 * MS, true, false, 540000 },
	{ AGAIN, 1, 777777, 0, 1040 * MS, true, false, 90000 },
	{ AGAIN, 6, 777777, 0, 1040 * MS, false, false, 0 },
	/* something of our own went out */
	{ SENT, 0, 590000, 0, 0, true, false, 590000 },
	{ SWITCH, 6, 0, 6400 * MS, 6400 * MS, true, false, 593000 },
	{ SENT, 0, 1000, 0, 0, true, false, 1000 }, /* older: no matter */
	{ SWITCH, 7, 0, 6410 * MS, 6410 * MS, true, false, 596000 },
	/* the same layer is switched to again: what came before keeps its constant */
	{ MAP, 7, 3000, 0, 6443 * MS, true, false, 599000 },
	{ SWITCH, 7, 9000, 6500 * MS, 6500 * MS, true, false, 602000 },
	{ AGAIN, 7, 3000, 0, 6443 * MS, true, false, 599000 },
	{ MAP, 7, 4500, 0, 6510 * MS, true, false, 600500 },
	{ MAP, 7, 12000, 0, 6533 * MS, true, false, 605000 },
};

static void follows_the_table(void **unused)
{
	(void)unused;
	struct slotclock c;
	slotclock_init(&c, SLOTCLOCK_VIDEO_HZ, 0, 3000, 0);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *s = &steps[i];
		bool ok = true, restarted = false;
		uint32_t out = 0;
		switch (s->act) {
		case SWITCH: out = slotclock_switch(&c, s->generation, s->in, s->capture, s->arrival); break;
		case MAP: ok = slotclock_map(&c, s->generation, s->in, s->arrival, &out, &restarted); break;
		case AGAIN: ok = slotclock_again(&c, s->generation, s->in, s->arrival, &out); break;
		case SENT: slotclock_on_sent(&c, out = s->in); break;
		}
		if (ok != s->ok || restarted != s->restarted || out != s->out)
			fail_msg("step %zu: ok %d, restarted %d, timestamp %u", i, ok, restarted, out);
	}
}

static void the_line_is_straight(void **unused)
{
	(void)unused;
	static const uint32_t rates[] = { SLOTCLOCK_AUDIO_HZ, SLOTCLOCK_VIDEO_HZ };
	for (unsigned i = 0; i < 2; i++) {
		struct slotclock c;
		slotclock_init(&c, rates[i], 0xffffff00, 960, 123456);
		assert_int_equal(slotclock_at(&c, 123456), 0xffffff00);
		/* after ten years as in the first second, and before the beginning */
		for (usec s = -3; s < 315360000; s += s < 10 ? 1 : 31536000)
			assert_int_equal(slotclock_at(&c, 123456 + s * USEC_S),
					 (uint32_t)(0xffffff00 + (int64_t)rates[i] * s));
		assert_int_equal(slotclock_at(&c, 123456 + 500 * MS), (uint32_t)(0xffffff00 + rates[i] / 2));
	}
}

static void drift_is_told(void **unused)
{
	(void)unused;
	struct slotclock c;
	slotclock_init(&c, 48000, 100, 960, 0);
	assert_int_equal(slotclock_drift(&c, 5, 5), 0);
	slotclock_switch(&c, 1, 5000, 1 * USEC_S, 1 * USEC_S);
	assert_int_equal(slotclock_drift(&c, 5000 + 48000, 2 * USEC_S), 0);
	assert_int_equal(slotclock_drift(&c, 5000 + 48480, 2 * USEC_S), 10000);
	assert_int_equal(slotclock_drift(&c, 5000 + 47520, 2 * USEC_S), -10000);
}

/* Sources with bases by chance come and go; order within one, growth at a change, nearness to the line always. */
static void random_histories(void **unused)
{
	(void)unused;
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct slotclock c;
		srand(seed);
		uint32_t rate = rand() % 2 ? 48000 : 90000, step = rate / 50, in = 0, last = 0, began = 0;
		uint32_t in_began = 0, generation = 0;
		usec capture = 0, arrival = 0;
		slotclock_init(&c, rate, (uint32_t)rand() * 2u, step, 0);
		for (unsigned i = 0; i < 3000; i++) {
			capture += 20 * MS;
			arrival = capture + (rand() % 300) * MS;
			in += step;
			uint32_t out;
			bool restarted = false;
			if (i == 0 || rand() % 100 == 0) {
				in = (uint32_t)rand() * 2u;
				out =
				    slotclock_switch(&c, ++generation, in, rand() % 2 ? capture : USEC_NEVER, arrival);
				if (i && seq32_diff(out, last) < (int64_t)step)
					fail_msg("seed %u, %u: a change went back", seed, i);
				began = out;
				in_began = in;
			} else {
				if (!slotclock_map(&c, generation, in, arrival, &out, &restarted) || restarted)
					fail_msg("seed %u, %u: not mapped", seed, i);
				if (out - began != in - in_began)
					fail_msg("seed %u, %u: not a constant", seed, i);
			}
			/* each change may raise by what is still ahead: at most the longest delay and steps */
			int64_t off = seq32_diff(out, slotclock_at(&c, capture));
			if (off < 0 || off > (int64_t)rate * 6 / 10)
				fail_msg("seed %u, %u: %lld off the line", seed, i, (long long)off);
			if (seq32_diff(out, last) > 0 || i == 0)
				last = out;
			uint32_t again;
			if (!slotclock_again(&c, generation, in, arrival, &again) || again != out)
				fail_msg("seed %u, %u: another one again", seed, i);
		}
	}
}

/* Whatever a source writes, the slot stays near its line. */
static void a_hostile_source_stays_near_the_line(void **unused)
{
	(void)unused;
	struct slotclock c;
	srand(4711);
	slotclock_init(&c, 90000, 12345, 3000, 0);
	slotclock_switch(&c, 1, 0, USEC_NEVER, 0);
	for (usec now = 0; now < 600 * USEC_S; now += 10 * MS) {
		uint32_t out;
		assert_true(slotclock_map(&c, 1, (uint32_t)rand() * 3u, now, &out, NULL));
		int64_t off = seq32_diff(out, slotclock_at(&c, now));
		assert_true(off >= -90000 * 10 && off <= 90000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(the_line_is_straight),
		cmocka_unit_test(drift_is_told),
		cmocka_unit_test(random_histories),
		cmocka_unit_test(a_hostile_source_stays_near_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
