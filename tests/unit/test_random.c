#include "secure/random.h"
#include "test.h"

static void texts_have_their_letters(void **unused)
{
	static const char ice[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned seen[2][256] = { { 0 } };
	for (int i = 0; i < 300; i++) {
		char *a = malloc(65), *b = malloc(65);
		assert_int_equal(random_ice(a, 64), ERR_OK);
		assert_int_equal(random_url(b, 64), ERR_OK);
		assert_int_equal(strlen(a), 64);
		assert_int_equal(strlen(b), 64);
		assert_int_equal(strspn(a, ice), 64);
		assert_int_equal(strspn(b, url), 64);
		for (size_t j = 0; j < 64; j++) {
			seen[0][(unsigned char)a[j]]++;
			seen[1][(unsigned char)b[j]]++;
		}
		free(a);
		free(b);
	}
	for (size_t i = 0; i < 64; i++) { /* 300 of each expected; a letter left out or doubled shows */
		assert_in_range(seen[0][(unsigned char)ice[i]], 150, 500);
		assert_in_range(seen[1][(unsigned char)url[i]], 150, 500);
	}
	char none[1];
	assert_int_equal(random_ice(none, 0), ERR_OK);
	assert_int_equal(none[0], 0);
}

static void numbers_differ(void **unused)
{
	uint32_t a = 0, b = 0, any = 0;
	uint64_t c, d;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(random_u32(&a), ERR_OK);
		assert_int_not_equal(a, 0);
		assert_int_not_equal(a, b); /* 1 of 4 million runs may fail */
		any |= a;
		b = a;
	}
	assert_int_equal(any, UINT32_MAX);
	assert_int_equal(random_u64(&c), ERR_OK);
	assert_int_equal(random_u64(&d), ERR_OK);
	assert_true(c != d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_have_their_letters),
		cmocka_unit_test(numbers_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
