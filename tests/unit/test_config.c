#include "config.h"
#include "io/cores.h"
#include "test.h"
#include <stdio.h>
#include <unistd.h>

static char path[] = "/tmp/diemcau-config-XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

/* A whole run: file (NULL: none), one --set (NULL: none). */
static enum err load(const char *text, const char *set, struct config *config, char why[CONFIG_WHY])
{
	struct config_source *source = config_source_new();
	enum err err = ERR_OK;
	assert_non_null(source);
	why[0] = '\0';
	if (text) {
		write_file(text);
		err = config_source_file(source, path, why);
	}
	if (!err && set)
		err = config_source_set(source, set, why);
	if (!err)
		err = config_read(source, NULL, true, config, why);
	config_source_free(source);
	return err;
}

static void defaults(void **state)
{
	struct config c;
	char why[CONFIG_WHY], text[NETADDR_TEXT];
	assert_int_equal(load(NULL, NULL, &c, why), ERR_OK);
	netaddr_text(&c.http_listen, text);
	assert_string_equal(text, "0.0.0.0:8443");
	assert_int_equal(c.media_port, 40000);
	unsigned cores[CONFIG_WORKERS];
	assert_int_equal(c.media_workers, cores_allowed(cores, CONFIG_WORKERS)); /* one for each core */
	assert_int_equal(c.media_history_ms, 3000);
	assert_int_equal(c.n_media_cores, 0);
	assert_int_equal(c.n_media_addresses, 0);
	assert_string_equal(c.state_dir, "var");
	assert_string_equal(c.control_socket, "var/control.sock");
	assert_true(c.rooms_open);
	assert_int_equal(c.log_level, LOG_INFO);
	struct config_source *source = config_source_new();
	assert_int_equal(config_read(source, "/srv/diemcau", false, &c, why), ERR_OK);
	assert_string_equal(c.state_dir, "/srv/diemcau");
	assert_string_equal(c.control_socket, "/srv/diemcau/control.sock");
	config_source_free(source);
	assert_int_equal(load("", NULL, &c, why), ERR_OK);
	assert_int_equal(load("# nothing but words\n", NULL, &c, why), ERR_OK);
}

static void a_file_says_everything(void **state)
{
	struct config c;
	char why[CONFIG_WHY], text[NETADDR_TEXT];
	const char *file = "# of the province\nhttp:\n  listen: '[::]:443'\n  cert: /etc/a.pem\n  key: /etc/a.key\n"
			   "media:\n  port: 0\n  addresses:\n    - 203.0.113.7\n    - 2001:db8::7\n  workers: 4\n"
			   "  history_ms: 1500\n"
			   "state: {dir: /srv/x}\nrooms:\n  open: false\n  seat_s: 600\nlog:\n  level: debug\n"
			   "test:\n  drop_in: 0.05\n";
	assert_int_equal(load(file, NULL, &c, why), ERR_OK);
	netaddr_text(&c.http_listen, text);
	assert_string_equal(text, "[::]:443");
	assert_string_equal(c.http_cert, "/etc/a.pem");
	assert_int_equal(c.media_port, 0);
	assert_int_equal(c.media_workers, 4);
	assert_int_equal(c.media_history_ms, 1500);
	assert_int_equal(c.n_media_addresses, 2);
	netaddr_ip_text(&c.media_addresses[1], text);
	assert_string_equal(text, "2001:db8::7");
	assert_string_equal(c.control_socket, "/srv/x/control.sock");
	assert_false(c.rooms_open);
	assert_int_equal(c.rooms_seat_s, 600);
	assert_int_equal(c.log_level, LOG_DEBUG);
	assert_int_equal(c.test_drop_in, 50000);
	/* --set wins */
	assert_int_equal(load(file, "media.addresses=10.0.0.1", &c, why), ERR_OK);
	assert_int_equal(c.n_media_addresses, 1);
	assert_int_equal(load(file, "rooms.open=true", &c, why), ERR_OK);
	assert_true(c.rooms_open);
}

static void workers_run_where_it_is_said(void **state)
{
	struct config c;
	char why[CONFIG_WHY], set[64];
	unsigned cores[CONFIG_CORES];
	size_t n = cores_allowed(cores, CONFIG_CORES);
	assert_int_equal(load(NULL, "media.affinity=auto", &c, why), ERR_OK);
	assert_int_equal(c.n_media_cores, n);
	assert_memory_equal(c.media_cores, cores, n * sizeof *cores);
	(void)snprintf(set, sizeof set, "media.affinity=%u,%u-%u", cores[n - 1], cores[0], cores[0]);
	assert_int_equal(load(NULL, set, &c, why), ERR_OK);
	assert_int_equal(c.n_media_cores, 2);
	assert_int_equal(c.media_cores[0], cores[n - 1]);
	assert_int_equal(c.media_cores[1], cores[0]);
	assert_int_equal(load(NULL, "media.workers=3", &c, why), ERR_OK);
	assert_int_equal(c.media_workers, 3);
	assert_int_equal(load(NULL, "media.workers=0", &c, why), ERR_OK);
	assert_int_equal(c.media_workers, cores_allowed(cores, CONFIG_WORKERS)); /* one for each core */
}

/* A backend that is not here is told when the settings are read, not when a meeting begins. */
static void who_seals_is_here(void **state)
{
	struct config c;
	char why[CONFIG_WHY];
	struct sealer *sealer;
	enum err mb = sealer_new(BACKEND_IPSEC_MB, &sealer);
	sealer_free(sealer);
	assert_int_equal(load(NULL, NULL, &c, why), ERR_OK);
	assert_int_equal(c.secure_backend, BACKEND_AUTO);
	assert_int_equal(load("secure:\n  backend: libsrtp\n", NULL, &c, why), ERR_OK);
	assert_int_equal(c.secure_backend, BACKEND_LIBSRTP);
	assert_int_equal(load("secure:\n  backend: libsrtp\n", "secure.backend=evp", &c, why), ERR_OK);
	assert_int_equal(c.secure_backend, BACKEND_EVP);
	assert_int_equal(load(NULL, "secure.backend=ipsec-mb", &c, why), mb == ERR_OK ? ERR_OK : ERR_RANGE);
	if (mb == ERR_MISSING)
		assert_non_null(strstr(why, "secure.backend: ipsec-mb is not here"));
}

/* Each error names where it stands and what it is about. */
static void errors_have_line_and_key(void **state)
{
	static const struct {
		const char *file, *set, *line, *key;
	} cases[] = {
		{ "http:\n  listen: 1\nmedia:\n  prt: 5\n", NULL, ":4:", "media.prt: unknown key" },
		{ "htpp:\n  listen: 1\n", NULL, ":1:", "htpp: unknown key" },
		{ "media:\n  port: abc\n", NULL, ":2:", "media.port: \"abc\" is not a whole number from 0 to 65535" },
		{ "# x\n\nmedia:\n  workers: 2\n  port: 70000\n", NULL, ":5:", "media.port" },
		{ "media:\n  port: 1.5\n", NULL, ":2:", "media.port" },
		{ "media:\n  port: -1\n", NULL, ":2:", "media.port" },
		{ "media:\n  port:\n", NULL, ":2:", "media.port" },
		{ "media: {port: x}\n", NULL, ":1:", "media.port" },
		{ "media:\n  port: [1]\n", NULL, ":2:", "media.port: one value expected, not a list" },
		{ "media:\n  port: {a: 1}\n", NULL, ":2:", "media.port: one value expected, not keys below it" },
		{ "media: 5\n", NULL, ":1:", "media: keys below it expected, not a plain value" },
		{ "media:\n  - 5\n", NULL, ":2:", "media: keys below it expected, not a list" },
		{ "media:\n  addresses: 10.0.0.1\n", NULL,
		  ":2:", "media.addresses: a list expected, not a plain value" },
		{ "media:\n  addresses:\n    - 10.0.0.1\n    - hop.example\n", NULL,
		  ":2:", "media.addresses: \"hop.example\"" },
		{ "media:\n  addresses: [{a: b}]\n", NULL, ":2:", "media.addresses" },
		{ "rooms:\n  open: maybe\n", NULL, ":2:", "rooms.open: \"maybe\" is not true or false" },
		{ "log:\n  level: loud\n", NULL, ":2:", "log.level" },
		{ "http:\n  listen: localhost\n", NULL, ":2:", "http.listen" },
		{ "media:\n  port: 1\n  port: 2\n", NULL, ":2:", "media.port: given twice" },
		{ "http: {listen: x\n", NULL, ":1:", "did not find" },
		{ "a: &x 1\nb: *x\n", NULL, ":1:", "a: unknown key" },
		{ "- a\n", NULL, "", "keys below it expected, not a list" },
		{ "just words\n", NULL, "", "keys below it expected, not a plain value" },
		{ "http:\n  cert: /a\n", NULL, "", "http.cert and http.key belong together" },
		{ "media:\n  port: 65535\n  workers: 2\n", NULL, "", "beyond port 65535" },
		{ NULL, "media.workers=65", "", "media.workers: \"65\" is not a whole number from 0 to 64" },
		{ NULL, "secure.backend=nss", "", "secure.backend: \"nss\" is not auto, ipsec-mb, evp or libsrtp" },
		{ NULL, "media.affinity=yes", "",
		  "media.affinity: \"yes\" is not auto, off, or at most 64 cores as 0,2-5" },
		{ NULL, "media.affinity=0,", "", "media.affinity" },
		{ NULL, "media.affinity=3-1", "", "media.affinity" },
		{ NULL, "media.affinity=0-99", "", "media.affinity" },
		{ NULL, "media.affinity=0;1", "", "media.affinity" },
		{ NULL, "media.affinity=1000", "", "media.affinity: this process may not run on core 1000" },
		{ NULL, "media.history=12289", "", "media.history 12289 is more than three quarters of media.packets" },
		{ NULL, "media.history_ms=499", "",
		  "media.history_ms: \"499\" is not a whole number from 500 to 10000" },
		{ NULL, "media.history_ms=10001", "", "media.history_ms" },
		{ "media:\n  slots_video: 400000\n", NULL, ":2:", "media.slots_video" },
		{ "test:\n  drop_in: 1.5\n", NULL, ":2:", "test.drop_in" },
		{ NULL, "media.prt=5", "--set", "media.prt=5: unknown key" },
		{ NULL, "media=5", "--set", "unknown key" },
		{ NULL, "media.port", "--set", "write key=value" },
		{ NULL, "media.port=-1", "", "media.port: \"-1\"" },
		{ NULL, "media.addresses=10.0.0.1,x", "", "media.addresses" },
		{ "media:\n  port: 5\n", "media.port=x", "", "media.port: \"x\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct config c;
		char why[CONFIG_WHY];
		enum err err = load(cases[i].file, cases[i].set, &c, why);
		if (err == ERR_OK || !strstr(why, cases[i].line) || !strstr(why, cases[i].key) || strchr(why, '\n'))
			fail_msg("case %zu: %s: \"%s\" should say \"%s\" and \"%s\"", i, err_name(err), why,
				 cases[i].line, cases[i].key);
		if (cases[i].line[0] == ':')
			assert_non_null(strstr(why, path));
	}
}

static void what_cannot_be_read_is_told(void **state)
{
	struct config_source *source = config_source_new();
	char why[CONFIG_WHY];
	assert_int_equal(config_source_file(source, "/nowhere/diemcau.yaml", why), ERR_SYS);
	assert_non_null(strstr(why, "/nowhere/diemcau.yaml: No such file"));
	assert_int_equal(config_source_file(source, "/tmp", why), ERR_SYS);
	config_source_free(source);
}

static void settings_of_tests_are_for_tests(void **state)
{
	struct config_source *source = config_source_new();
	struct config c;
	char why[CONFIG_WHY];
	assert_int_equal(config_source_set(source, "test.drop_out=0.5", why), ERR_OK);
	assert_int_equal(config_read(source, NULL, true, &c, why), ERR_OK);
	assert_int_equal(c.test_drop_out, 500000);
	assert_int_equal(config_read(source, NULL, false, &c, why), ERR_FORMAT);
	assert_non_null(strstr(why, "DIEMCAU_TEST=1"));
	config_source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(a_file_says_everything),
		cmocka_unit_test(workers_run_where_it_is_said),
		cmocka_unit_test(who_seals_is_here),
		cmocka_unit_test(errors_have_line_and_key),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(settings_of_tests_are_for_tests),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
