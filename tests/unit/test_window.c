/* secure/window: its edges, and histories of chance against a plain set. */
#include "secure/window.h"
#include "test.h"

static void guesses_the_nearest(void **unused)
{
	static const struct {
		uint64_t highest;
		uint16_t seq;
		uint64_t index;
	} cases[] = {
		{ 0, 65535, 65535 },
		{ 32768, 65535, 65535 }, /* nothing below rollover counter 0 */
		{ 32768, 0, 0 },
		{ 32769, 0, 65536 },
		{ 32769, 1, 1 },
		{ 40000, 7231, 65536 + 7231 },
		{ 40000, 7232, 7232 },
		{ 65535, 0, 65536 },
		{ 65535, 32766, 65536 + 32766 },
		{ 65535, 32767, 32767 },
		{ 65536, 65535, 65535 },
		{ 65536 + 100, 32868, 65536 + 32868 },
		{ 65536 + 100, 32869, 32869 },
		{ (7ULL << 32) + 65530, 3, (7ULL << 32) + 65536 + 3 },
	};
	struct window w = { 0 };
	assert_int_equal(window_guess(&w, 65535), 65535);
	w.any = true;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		w.highest = cases[i].highest;
		if (window_guess(&w, cases[i].seq) != cases[i].index)
			fail_msg("highest %llu, sequence number %u: %llu", (unsigned long long)w.highest, cases[i].seq,
				 (unsigned long long)window_guess(&w, cases[i].seq));
	}
}

static void reaches_back_so_far(void **unused)
{
	struct window w = { 0 };
	assert_int_equal(window_check(&w, 5000), ERR_OK);
	window_add(&w, 5000);
	assert_int_equal(window_check(&w, 5000), ERR_REPLAY);
	assert_int_equal(window_check(&w, 5000 - WINDOW + 1), ERR_OK);
	assert_int_equal(window_check(&w, 5000 - WINDOW), ERR_REPLAY);
}

/* Jumps that turn the ring once, almost, and more. */
static void remembers_over_a_jump(void **unused)
{
	for (uint64_t jump = WINDOW - 3; jump < WINDOW + 4; jump++) {
		struct window w = { 0 };
		for (uint64_t i = 0; i < WINDOW; i++)
			window_add(&w, i);
		window_add(&w, WINDOW - 1 + jump);
		for (uint64_t i = 0; i < WINDOW - 1 + jump; i++) {
			enum err want = i < WINDOW || i < jump ? ERR_REPLAY : ERR_OK;
			if (window_check(&w, i) != want)
				fail_msg("jump %llu, index %llu", (unsigned long long)jump, (unsigned long long)i);
		}
	}
}

static void agrees_with_a_plain_set(void **unused)
{
	enum { INDICES = 30000 };
	static bool used[INDICES];
	for (unsigned seed = 1; seed <= 30; seed++) {
		struct window w = { 0 };
		uint64_t highest = 0;
		srand(seed);
		memset(used, 0, sizeof used);
		for (bool any = false; highest < INDICES - 2000; any = true) {
			uint64_t ahead = (unsigned)rand() % (rand() % 50 ? 20 : 1500), back = (unsigned)rand() % 1100;
			uint64_t index = highest + ahead >= back ? highest + ahead - back : 0;
			bool old = any && highest >= index + WINDOW;
			if ((window_check(&w, index) == ERR_OK) != (!used[index] && !old))
				fail_msg("seed %u, index %llu, highest %llu", seed, (unsigned long long)index,
					 (unsigned long long)highest);
			if (used[index] || old)
				continue;
			window_add(&w, index);
			used[index] = true;
			highest = index > highest ? index : highest;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guesses_the_nearest),
		cmocka_unit_test(reaches_back_so_far),
		cmocka_unit_test(remembers_over_a_jump),
		cmocka_unit_test(agrees_with_a_plain_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
