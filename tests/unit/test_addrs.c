#include "io/addrs.h"
#include "test.h"

static void parses(void **state)
{
	static const struct {
		const char *text, *read; /* NULL: refused */
	} cases[] = {
		{ "0.0.0.0:8443", "0.0.0.0:8443" },
		{ ":8443", "0.0.0.0:8443" },
		{ "8443", "0.0.0.0:8443" },
		{ "127.0.0.1:0", "127.0.0.1:0" },
		{ "[::]:8443", "[::]:8443" },
		{ "[2001:db8::1]:65535", "[2001:db8::1]:65535" },
		{ "10.0.0.1:65536", NULL },
		{ "10.0.0.1:", NULL },
		{ "10.0.0.1:-1", NULL },
		{ "10.0.0.1:80x", NULL },
		{ "10.0.0.256:80", NULL },
		{ "::1:80", NULL },
		{ "localhost:80", NULL },
		{ "[]:80", NULL },
		{ "[1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19]:80", NULL },
		{ "", NULL },
		{ "000000080", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct netaddr a;
		char text[NETADDR_TEXT];
		enum err err = addrs_parse(cases[i].text, &a);
		netaddr_text(&a, text);
		if (cases[i].read)
			assert_string_equal(text, cases[i].read);
		else
			assert_int_equal(a.family, 0);
		assert_int_equal(err, cases[i].read ? ERR_OK : ERR_FORMAT);
	}
}

static void lists_the_host(void **state)
{
	struct netaddr addrs[64];
	size_t n;
	unsigned rank = 0;
	assert_int_equal(addrs_host(addrs, 64, &n), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		char text[NETADDR_TEXT];
		netaddr_ip_text(&addrs[i], text);
		bool loopback = !strncmp(text, "127.", 4) || !strcmp(text, "::1");
		unsigned now = (loopback ? 2U : 0U) + (addrs[i].family == 6 ? 1U : 0U);
		assert_true(now >= rank); /* IPv4, IPv6, then loopback */
		rank = now;
		assert_int_not_equal(strncmp(text, "fe80:", 5), 0);
		assert_int_not_equal(strncmp(text, "169.254.", 8), 0);
		assert_int_equal(addrs[i].port, 0);
	}
	size_t all = n;
	assert_int_equal(addrs_host(addrs, 1, &n), ERR_OK);
	assert_int_equal(n, all ? 1 : 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(lists_the_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
