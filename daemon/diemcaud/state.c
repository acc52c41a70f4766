#include "state.h"
#include "base/log.h"
#include "base/str.h"
#include "io/addrs.h"
#include "io/clock.h"
#include "secure/certfile.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 64

static enum err make_folder(const char *path, char why[STATE_WHY])
{
	char part[CONFIG_TEXT];
	(void)str_copy(part, sizeof part, path);
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(part, 0755);
		*p = '/';
	}
	if (mkdir(part, 0750) && errno != EEXIST) {
		(void)str_print(
		    why, STATE_WHY,
		    "cannot make the state folder %s: %s; make it writable or choose another by --set state.dir=FOLDER",
		    path, strerror(errno));
		return ERR_SYS;
	}
	struct stat st;
	if (stat(part, &st) || !S_ISDIR(st.st_mode) || access(part, R_OK | W_OK | X_OK)) {
		(void)str_print(why, STATE_WHY,
				"the state folder %s %s; make it writable for this user or choose another by --set "
				"state.dir=FOLDER",
				path, S_ISDIR(st.st_mode) ? "cannot be written" : "is no folder");
		return ERR_SYS;
	}
	return ERR_OK;
}

static bool unspecified(const struct netaddr *a)
{
	static const uint8_t zero[16];
	return !memcmp(a->ip, zero, sizeof zero);
}

/* For links: where it listens; else the host's first address, for the clerk's browser knows no name of ours. */
static void choose_host(const struct config *config, const struct netaddr *addrs, size_t n, char host[256])
{
	char text[NETADDR_TEXT];
	const struct netaddr *best = &config->http_listen;
	if (unspecified(best))
		best = n ? &addrs[0] : NULL;
	if (!best) {
		(void)str_copy(host, 256, "localhost");
		return;
	}
	netaddr_ip_text(best, text);
	bool loopback = best->family == 4 ? best->ip[0] == 127 : !strcmp(text, "::1");
	if (loopback)
		(void)str_copy(host, 256, "localhost");
	else
		(void)str_print(host, 256, best->family == 6 ? "[%s]" : "%s", text);
}

static enum err own_certificate(const struct config *config, struct state *state, const struct netaddr *addrs, size_t n,
				char why[STATE_WHY])
{
	static const char *const made[] = {
		[CERTFILE_KEPT] = "kept", [CERTFILE_MADE] = "made", [CERTFILE_RENEWED] = "renewed"
	};
	char name[256] = "", texts[NAMES_MAX][NETADDR_TEXT], error[CERTFILE_ERROR];
	const char *dns[1] = { name }, *ips[NAMES_MAX];
	(void)gethostname(name, sizeof name - 1);
	struct certfile_names names = { .dns = dns, .n_dns = name[0] ? 1 : 0, .ips = ips };
	for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
		netaddr_ip_text(&addrs[i], texts[i]);
		ips[names.n_ips++] = texts[i];
	}
	(void)str_print(state->cert, sizeof state->cert, "%s/https.pem", config->state_dir);
	(void)str_print(state->key, sizeof state->key, "%s/https.key", config->state_dir);
	enum certfile_kept kept;
	enum err err = certfile_keep(state->cert, state->key, &names, clock_unix_ms() / 1000, &kept, error);
	if (err)
		(void)str_print(why, STATE_WHY, "%s; check the rights of %s", error, config->state_dir);
	else
		log_info("state", "certificate=%s %s=1", LOG_TEXT(state->cert), made[kept]);
	state->own_cert = true;
	return err;
}

enum err state_prepare(const struct config *config, struct state *state, char why[STATE_WHY])
{
	struct netaddr addrs[NAMES_MAX];
	char error[CERTFILE_ERROR];
	size_t n = 0;
	*state = (struct state){ 0 };
	enum err err = make_folder(config->state_dir, why);
	if (err)
		return err;
	if (addrs_host(addrs, NAMES_MAX, &n))
		n = 0;
	choose_host(config, addrs, n, state->host);
	if (!config->http_cert[0])
		return own_certificate(config, state, addrs, n, why);
	(void)str_copy(state->cert, sizeof state->cert, config->http_cert);
	(void)str_copy(state->key, sizeof state->key, config->http_key);
	err = certfile_check(state->cert, state->key, clock_unix_ms() / 1000, error);
	if (err)
		(void)str_print(why, STATE_WHY, "%s; http.cert and http.key must be PEM files of one valid pair",
				error);
	return err;
}
