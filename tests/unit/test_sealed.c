#include "engine/sealed.h"
#include "test.h"

static struct sealed_log held;

static int set_up(void **unused)
{
	return sealed_log_init(&held, 20) == ERR_OK ? 0 : 1;
}

static int tear_down(void **unused)
{
	sealed_log_fini(&held);
	return 0;
}

static bool put(struct sealed *s, uint16_t seq, unsigned mark, size_t n, usec now)
{
	uint8_t bytes[SEALED_BYTES + 1];
	memset(bytes, (int)mark, sizeof bytes);
	return sealed_put(&held, s, seq, bytes_of(bytes, n), now);
}

static void is(struct sealed *s, uint16_t seq, unsigned mark, size_t n, usec now)
{
	struct bytes got = sealed_get(&held, s, seq, now);
	assert_int_equal(got.n, n);
	for (size_t i = 0; i < got.n; i++)
		assert_int_equal(got.p[i], (uint8_t)mark);
}

static void same_bytes_for_a_while(void **unused)
{
	struct sealed s = { 0 };
	is(&s, 0, 0, 0, 0);
	for (unsigned i = 0; i < 100; i++)
		assert_true(put(&s, (uint16_t)(65500 + i), i, 50 + i, i * 20 * USEC_MS));
	usec now = 99 * 20 * USEC_MS;
	for (unsigned i = 0; i < 100; i++) {
		bool kept = i >= 100 - SEALED_PACKETS && now - (usec)i * 20 * USEC_MS <= SEALED_KEEP;
		is(&s, (uint16_t)(65500 + i), i, kept ? 50 + i : 0, now);
	}
	is(&s, (uint16_t)(65500 + 99), 99, 149, now); /* the second time */
	is(&s, (uint16_t)(65500 + 99), 99, 0, now);
	assert_true(put(&s, 7, 1, SEALED_BYTES + 1, now));
	is(&s, 7, 1, 0, now);
}

/* Slots share the log and know nothing of one another. */
static void slots_are_apart(void **unused)
{
	struct sealed a = { 0 }, b = { 0 };
	put(&a, 5, 1, 100, 0);
	is(&b, 5, 0, 0, 0);
	put(&b, 5, 2, 100, 0);
	put(&b, 5 + SEALED_PACKETS, 3, 100, 0);
	is(&a, 5, 1, 100, 0);
	is(&b, 5, 0, 0, 0);
	is(&b, 5 + SEALED_PACKETS, 3, 100, 0);
}

/* 20 slots, 140 bytes each 20 ms: what the log was made for. It keeps to a few segments, and each packet is there for
 * SEALED_KEEP. */
static void room_for_all(void **unused)
{
	static struct sealed slots[20];
	memset(slots, 0, sizeof slots);
	for (unsigned i = 0; i < 3000; i++) {
		usec now = USEC_S + i * 20 * USEC_MS;
		for (unsigned k = 0; k < 20; k++) {
			assert_true(put(&slots[k], (uint16_t)i, i ^ k, 140, now));
			if (i >= 25)
				is(&slots[k], (uint16_t)(i - 25), (i - 25) ^ k, 140, now);
		}
	}
	assert_true(sealed_log_touched(&held) <= sealed_log_bytes(&held));
}

/* More than it was made for: the oldest goes, it is told, and nothing wrong is ever given. */
static void too_much(void **unused)
{
	static struct sealed slots[200];
	unsigned missing = 0, told = 0;
	memset(slots, 0, sizeof slots);
	for (unsigned i = 0; i < 500; i++) {
		usec now = i * 20 * USEC_MS;
		for (unsigned k = 0; k < 200; k++) {
			told += !put(&slots[k], (uint16_t)i, i + k, 300, now);
			if (i < 25)
				continue;
			struct bytes got = sealed_get(&held, &slots[k], (uint16_t)(i - 25), now);
			missing += got.n == 0;
			for (size_t j = 0; j < got.n; j++)
				assert_int_equal(got.p[j], (uint8_t)(i - 25 + k));
			is(&slots[k], (uint16_t)i, (uint8_t)(i + k), 300, now);
		}
	}
	assert_true(missing > 0);
	assert_true(told > 0);
}

/* One speaks where many did: only the lowest segments are written again. */
static void calm_uses_little(void **unused)
{
	struct sealed s = { 0 };
	for (unsigned i = 0; i < 50000; i++)
		assert_true(put(&s, (uint16_t)i, i, 140, i * 20 * USEC_MS));
	assert_int_equal(sealed_log_touched(&held), SEALED_SEGMENT * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_bytes_for_a_while, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slots_are_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(room_for_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_much, set_up, tear_down),
		cmocka_unit_test_setup_teardown(calm_uses_little, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
