#include "base/log.h"
#include "base/str.h"
#include "config.h"
#include "gateway.h"
#include "io/clock.h"
#include "keeper.h"
#include "secure/crypt.h"
#include "state.h"
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define FILES_SPARE 512 /* beside connections: what workers, store and pages open */

struct options {
	const char *file;
	bool check, version, help;
};

static void usage(FILE *out)
{
	(void)fputs("diemcaud " DIEMCAU_VERSION " - máy chủ họp trực tuyến / conference server\n\n"
		    "diemcaud [--config FILE] [--set KEY=VALUE]... [--cert FILE --key FILE]\n"
		    "  --config FILE    tệp cấu hình YAML / settings from a YAML file\n"
		    "  --set KEY=VALUE  đặt một mục cấu hình / one setting; stands above the file\n"
		    "  --cert, --key    chứng chỉ HTTPS (PEM) / the HTTPS certificate, as http.cert and http.key\n"
		    "  --check-config   chỉ kiểm tra cấu hình / look at the settings and end\n"
		    "  --version        phiên bản / version\n"
		    "  --help           trang này / this page\n\n"
		    "Mục cấu hình / settings:\n",
		    out);
	config_help(out);
}

static int fail(const char *why)
{
	(void)fprintf(stderr, "diemcaud: %s\n", why);
	return EXIT_FAILURE;
}

/* A short form of --set. */
static enum err set_path(struct config_source *source, const char *key, const char *path, char why[CONFIG_WHY])
{
	char text[CONFIG_TEXT + 32];
	if (str_print(text, sizeof text, "%s=%s", key, path)) {
		(void)str_print(why, CONFIG_WHY, "--%s: the path is too long", key + 5);
		return ERR_RANGE;
	}
	return config_source_set(source, text, why);
}

/* The file is read before what stands above it. Returns ERR_FORMAT with an empty `why` for wrong usage. */
static enum err read_arguments(int argc, char **argv, struct options *options, struct config_source *source,
			       char why[CONFIG_WHY])
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' }, { "set", required_argument, NULL, 's' },
		{ "cert", required_argument, NULL, 'C' },   { "key", required_argument, NULL, 'K' },
		{ "check-config", no_argument, NULL, 'n' }, { "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },	    { NULL, 0, NULL, 0 },
	};
	enum err err = ERR_OK;
	int c;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c': options->file = optarg; break;
		case 'n': options->check = true; break;
		case 'v': options->version = true; break;
		case 'h': options->help = true; break;
		case 's':
		case 'C':
		case 'K': break;
		default: return ERR_FORMAT;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "diemcaud: %s: unknown argument\n", argv[optind]);
		return ERR_FORMAT;
	}
	if (options->file)
		err = config_source_file(source, options->file, why);
	optind = 1;
	while (!err && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			err = config_source_set(source, optarg, why);
		else if (c == 'C' || c == 'K')
			err = set_path(source, c == 'C' ? "http.cert" : "http.key", optarg, why);
	}
	return err;
}

/* As many open files as the connections that are configured need, where the system lets us. */
static void raise_files(uint32_t connections)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)connections + FILES_SPARE;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < wanted)
		log_warn("main",
			 "limit=open-files wanted=%llu got=%llu advice=\"LimitNOFILE=%llu in the systemd unit, or "
			 "ulimit -n %llu before the start\"",
			 (unsigned long long)wanted, (unsigned long long)limit.rlim_cur, (unsigned long long)wanted,
			 (unsigned long long)wanted);
}

static void greet(const struct gateway *g, const struct state *state)
{
	const char *code = gateway_setup_code(g), *host = state->host;
	unsigned port = gateway_port(g);
	(void)printf("Trang vào họp / join page:   https://%s:%u/\n", host, port);
	(void)printf("Trang quản trị / admin page: https://%s:%u/admin\n", host, port);
	if (code)
		(void)printf("Thiết lập lần đầu / set-up:  https://%s:%u/admin#setup=%s\n", host, port, code);
	if (state->own_cert)
		(void)printf(
		    "Chứng chỉ tự ký: trình duyệt sẽ cảnh báo một lần. / Self-signed certificate: browsers warn "
		    "once.\n");
	(void)fflush(stdout);
	log_info("main", "ready=1 version=%s http_port=%u media_port=%u", DIEMCAU_VERSION, port,
		 gateway_media_port(g, 0));
}

static int serve(const struct config *config, bool test)
{
	char why[STATE_WHY];
	struct state state;
	struct keeper keeper = { 0 };
	struct cert *dtls = NULL;
	struct gateway *g = NULL;
	if (state_prepare(config, &state, why))
		return fail(why);
	if (keeper_open(&keeper, config->state_dir, why))
		return fail(why);
	enum err err = crypt_global_init();
	if (!err)
		err = cert_new(&dtls, clock_unix_ms() / 1000);
	if (err) {
		(void)str_print(why, sizeof why, "the cryptographic libraries do not start (%s)", err_name(err));
	} else {
		struct gateway_config gateway = {
			.config = config,
			.keeper = &keeper,
			.dtls = dtls,
			.cert = state.cert,
			.key = state.key,
			.host = state.host,
			.test = test,
		};
		err = gateway_new(&gateway, &g, why);
	}
	if (!err) {
		greet(g, &state);
		gateway_run(g);
		log_info("main", "event=bye");
	}
	gateway_free(g);
	cert_free(dtls);
	crypt_global_fini();
	keeper_close(&keeper);
	return err ? fail(why) : EXIT_SUCCESS;
}

/* Signals are taken by the gateway from a descriptor; blocked before the first thread, so in all of them. */
static void block_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct config config;
	char why[CONFIG_WHY] = "";
	const char *testing = getenv("DIEMCAU_TEST");
	bool test = testing && !strcmp(testing, "1");
	struct config_source *source = config_source_new();
	enum err err = source ? read_arguments(argc, argv, &options, source, why) : ERR_NOMEM;
	if (!err && !options.version && !options.help)
		err = config_read(source, getenv("STATE_DIRECTORY"), test, &config, why);
	config_source_free(source);
	if (err && !why[0]) {
		usage(stderr);
		return EXIT_FAILURE;
	}
	if (err)
		return fail(why);
	if (options.help) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (options.version) {
		(void)puts("diemcaud " DIEMCAU_VERSION);
		return EXIT_SUCCESS;
	}
	if (options.check) {
		(void)puts("Cấu hình đúng. / The settings are good.");
		return EXIT_SUCCESS;
	}
	log_set_level(config.log_level);
	block_signals();
	raise_files(config.http_connections);
	return serve(&config, test);
}
