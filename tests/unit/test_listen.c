#include "io/addrs.h"
#include "io/listen.h"
#include "test.h"
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void a_busy_port_is_told(void **state)
{
	struct netaddr any, bound, again;
	int a, b;
	char why[LISTEN_WHY];
	assert_int_equal(addrs_parse("127.0.0.1:0", &any), ERR_OK);
	assert_int_equal(listen_tcp(&any, &a, &bound, why), ERR_OK);
	assert_int_not_equal(bound.port, 0);
	assert_int_equal(listen_tcp(&bound, &b, &again, why), ERR_SYS);
	assert_int_equal(b, -1);
	assert_non_null(strstr(why, "http.listen"));
	assert_int_equal(addrs_parse("203.0.113.77:0", &any), ERR_OK);
	assert_int_equal(listen_tcp(&any, &b, &again, why), ERR_SYS);
	assert_non_null(strstr(why, "no such address"));
	close(a);
}

static void a_control_socket_is_taken_over_only_from_the_dead(void **state)
{
	char folder[] = "/tmp/diemcau-listen-XXXXXX", path[64], why[LISTEN_WHY], long_path[200];
	int a, b;
	struct stat st;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/s", folder);
	assert_int_equal(listen_unix(path, "no-such-group-here", &a, why), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(listen_unix(path, NULL, &b, why), ERR_SYS);
	assert_non_null(strstr(why, "another diemcaud"));
	close(a);
	assert_int_equal(listen_unix(path, "root", &b, why), ERR_OK);
	if (geteuid() == 0) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0660);
	}
	close(b);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(listen_unix(path, NULL, &b, why), ERR_SYS);
	assert_non_null(strstr(why, "in the way"));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(listen_unix(path, NULL, &b, why), ERR_SYS);
	assert_non_null(strstr(why, "cannot make"));
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	assert_int_equal(listen_unix(long_path, NULL, &b, why), ERR_RANGE);
	assert_int_equal(b, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_port_is_told),
		cmocka_unit_test(a_control_socket_is_taken_over_only_from_the_dead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
