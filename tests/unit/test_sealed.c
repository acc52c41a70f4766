#include "engine/sealed.h"
#include "test.h"

static void same_bytes_for_a_while(void **unused)
{
	static struct sealed s;
	uint8_t bytes[SEALED_BYTES + 1];
	sealed_init(&s);
	assert_int_equal(sealed_get(&s, 0, 0).n, 0);
	for (unsigned i = 0; i < 100; i++) {
		memset(bytes, (int)i, sizeof bytes);
		sealed_put(&s, (uint16_t)(65500 + i), bytes_of(bytes, 50 + i), i * 20 * USEC_MS);
	}
	usec now = 99 * 20 * USEC_MS;
	for (unsigned i = 0; i < 100; i++) {
		bool kept = i >= 100 - SEALED_PACKETS && now - (usec)i * 20 * USEC_MS <= SEALED_KEEP;
		struct bytes got = sealed_get(&s, (uint16_t)(65500 + i), now);
		assert_int_equal(got.n, kept ? 50 + i : 0);
		for (size_t j = 0; j < got.n; j++)
			assert_int_equal(got.p[j], i);
	}
	assert_int_equal(sealed_get(&s, (uint16_t)(65500 + 99), now).n, 149); /* the second time */
	assert_int_equal(sealed_get(&s, (uint16_t)(65500 + 99), now).n, 0);
	sealed_put(&s, 7, bytes_of(bytes, sizeof bytes), now); /* too long */
	assert_int_equal(sealed_get(&s, 7, now).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(same_bytes_for_a_while) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
