#include "signal/query.h"
#include "test.h"

static void decodes(void **unused)
{
	static const struct {
		const char *from, *to;
		bool plus;
		enum err err;
	} cases[] = {
		{ "abc", "abc", false, ERR_OK },
		{ "", "", false, ERR_OK },
		{ "%C4%90%e1%bb%93ng", "Đồng", false, ERR_OK },
		{ "a+b", "a+b", false, ERR_OK },
		{ "a+b", "a b", true, ERR_OK },
		{ "%2B%2f%25", "+/%", true, ERR_OK },
		{ "%", "", false, ERR_FORMAT },
		{ "a%4", "", false, ERR_FORMAT },
		{ "%g0", "", false, ERR_FORMAT },
		{ "%00", "", false, ERR_FORMAT },
		{ "1234567890", "", false, ERR_RANGE },
		{ "%31%32%33%34%35%36%37%38%39", "123456789", false, ERR_OK },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = strlen(cases[i].from);
		char *to = malloc(10), *from = malloc(n ? n : 1);
		memcpy(from, cases[i].from, n);
		enum err err = query_decode(from, n, cases[i].plus, to, 10);
		if (err != cases[i].err || strcmp(to, cases[i].to) != 0)
			fail_msg("case %zu: %s \"%s\"", i, err_name(err), to);
		free(to);
		free(from);
	}
}

static void finds(void **unused)
{
	char to[16] = "before";
	assert_int_equal(query_get("a=1&bb=2&b=3%20x&b=4&c", "b", to, sizeof to), ERR_OK);
	assert_string_equal(to, "3 x");
	assert_int_equal(query_get("a=1&bb=2", "b", to, sizeof to), ERR_MISSING);
	assert_string_equal(to, "3 x");
	assert_int_equal(query_get("c&b", "b", to, sizeof to), ERR_MISSING);
	assert_int_equal(query_get("&&b=&", "b", to, sizeof to), ERR_OK);
	assert_string_equal(to, "");
	assert_int_equal(query_get("", "b", to, sizeof to), ERR_MISSING);
	assert_int_equal(query_get(NULL, "b", to, sizeof to), ERR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(finds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
