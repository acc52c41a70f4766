#include "config.h"
#include "base/limits.h"
#include "base/str.h"
#include "io/addrs.h"
#include "io/cores.h"
#include "settings.h"
#include <stdlib.h>
#include <string.h>

#define FIELD(member) offsetof(struct config, member)

const struct setting settings[SETTINGS] = {
	{ "http", "listen", SETTING_LISTEN, FIELD(http_listen), 0, 0, "0.0.0.0:8443",
	  "address:port of pages, WebSocket and REST; port 0: any, [::]:8443 for IPv6 too" },
	{ "http", "cert", SETTING_TEXT, FIELD(http_cert), 0, 0, "",
	  "PEM file of the certificate; empty: self-signed, made once" },
	{ "http", "key", SETTING_TEXT, FIELD(http_key), 0, 0, "", "PEM file of its key" },
	{ "http", "connections", SETTING_NUMBER, FIELD(http_connections), 8, 60000, "2048",
	  "open connections at once" },
	{ "media", "port", SETTING_NUMBER, FIELD(media_port), 0, 65535, "40000",
	  "UDP port of the first worker; 0: any" },
	{ "media", "addresses", SETTING_ADDRESSES, FIELD(media_addresses), 0, 0, "",
	  "addresses told to browsers, first the best; empty: all of the host" },
	{ "media", "workers", SETTING_NUMBER, FIELD(media_workers), 0, CONFIG_WORKERS, "0",
	  "threads that forward media, each with a UDP port; 0: one for each core" },
	{ "media", "affinity", SETTING_CORES, FIELD(media_cores), 0, 0, "off",
	  "cores the workers run on, in turn, as 0,2-5; auto: all; off: wherever the system wants" },
	{ "media", "receive_buffer", SETTING_NUMBER, FIELD(media_receive_buffer), 0, 1 << 30, "4194304",
	  "bytes the kernel may queue in; 0: its default" },
	{ "media", "send_buffer", SETTING_NUMBER, FIELD(media_send_buffer), 0, 1 << 30, "4194304",
	  "bytes the kernel may queue out; 0: its default" },
	{ "media", "packets", SETTING_NUMBER, FIELD(media_packets), 256, 1 << 20, "16384",
	  "packet buffers of a worker (2 KiB each)" },
	{ "media", "sites", SETTING_NUMBER, FIELD(media_sites), 1, 16384, "1024",
	  "most sites at once, of all workers together" },
	{ "media", "slots_audio", SETTING_NUMBER, FIELD(media_slots_audio), 0, 16384 * SLOTS_AUDIO_MAX, "0",
	  "audio slots all sites of a worker are granted together; 0: 10 a site" },
	{ "media", "slots_video", SETTING_NUMBER, FIELD(media_slots_video), 0, 16384 * SLOTS_VIDEO_MAX, "0",
	  "video slots likewise, 12 KiB each once in use; 0: 24 a site" },
	{ "media", "history", SETTING_NUMBER, FIELD(media_history), 0, 1 << 20, "0",
	  "packet buffers of a worker that may wait for those who ask again; 0: half of media.packets" },
	{ "media", "history_ms", SETTING_NUMBER, FIELD(media_history_ms), 500, 10000, "3000",
	  "milliseconds they wait, five round trips of the slowest site" },
	{ "media", "padding", SETTING_BOOL, FIELD(media_padding), 0, 0, "true",
	  "packets of almost one size leave together, by a byte of padding; false: for measuring" },
	{ "secure", "backend", SETTING_BACKEND, FIELD(secure_backend), 0, 0, "auto",
	  "who seals and opens media: auto (the fastest here), ipsec-mb, evp (OpenSSL) or libsrtp" },
	{ "state", "dir", SETTING_TEXT, FIELD(state_dir), 0, 0, "",
	  "folder of data and certificate; empty: $STATE_DIRECTORY, else ./var" },
	{ "control", "socket", SETTING_TEXT, FIELD(control_socket), 0, 0, "",
	  "Unix socket of diemcauctl; empty: STATE/control.sock" },
	{ "control", "group", SETTING_TEXT, FIELD(control_group), 0, 0, "diemcau",
	  "group that may use it, where it exists" },
	{ "rooms", "open", SETTING_BOOL, FIELD(rooms_open), 0, 0, "true", "whoever joins an unknown room makes it" },
	{ "rooms", "seat_s", SETTING_NUMBER, FIELD(rooms_seat_s), 0, 604800, "0",
	  "seconds a lost site's seat is kept; 0: 3600, without tokens 120" },
	{ "log", "level", SETTING_LEVEL, FIELD(log_level), 0, 0, "info", "error, warn, info or debug" },
	{ "test", "drop_in", SETTING_PART, FIELD(test_drop_in), 0, 0, "0",
	  "tests: part of media datagrams lost on the way in, 0 to 1" },
	{ "test", "drop_out", SETTING_PART, FIELD(test_drop_out), 0, 0, "0", "tests: the same on the way out" },
	{ "test", "seed", SETTING_NUMBER, FIELD(test_seed), 0, UINT32_MAX, "1", "tests: of the dice that choose them" },
};

struct config_source *config_source_new(void)
{
	return calloc(1, sizeof(struct config_source));
}

void config_source_free(struct config_source *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SETTINGS; i++)
		free(s->text[i]);
	for (unsigned i = 0; i < s->n_list; i++)
		free(s->list[i]);
	free((void *)s->list);
	free(s->path);
	free(s);
}

static const struct setting *find(const char *key, size_t n)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		size_t group = strlen(settings[i].group), name = strlen(settings[i].name);
		if (n == group + 1 + name && !memcmp(key, settings[i].group, group) && key[group] == '.' &&
		    !memcmp(key + group + 1, settings[i].name, name))
			return &settings[i];
	}
	return NULL;
}

enum err config_source_set(struct config_source *s, const char *assignment, char why[CONFIG_WHY])
{
	const char *equals = strchr(assignment, '=');
	const struct setting *setting = equals ? find(assignment, (size_t)(equals - assignment)) : NULL;
	if (!setting) {
		(void)str_print(why, CONFIG_WHY,
				equals ? "--set %.200s: unknown key; see --help" : "--set %.200s: write key=value",
				assignment);
		return ERR_FORMAT;
	}
	size_t i = (size_t)(setting - settings);
	char *text = strdup(equals + 1);
	if (!text)
		return ERR_NOMEM;
	free(s->text[i]);
	s->text[i] = text;
	s->from_file[i] = false;
	if (setting->kind == SETTING_ADDRESSES) { /* takes the place of the file's list */
		for (unsigned k = 0; k < s->n_list; k++)
			free(s->list[k]);
		free((void *)s->list);
		s->list = NULL;
		s->n_list = 0;
	}
	return ERR_OK;
}

static enum err read_number(const struct setting *s, const char *text, void *to)
{
	uint64_t value = 0;
	size_t n = strlen(text);
	if (n == 0 || n > 10 || strspn(text, "0123456789") != n)
		return ERR_FORMAT;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	if (value < s->min || value > s->max)
		return ERR_RANGE;
	*(uint32_t *)to = (uint32_t)value;
	return ERR_OK;
}

/* "0.05" as 50000 of a million. */
static enum err read_part(const struct setting *s, const char *text, void *to)
{
	char *end;
	double part = strtod(text, &end);
	if (end == text || *end || strspn(text, "0123456789.") != strlen(text))
		return ERR_FORMAT;
	if (part > 1)
		return ERR_RANGE;
	*(uint32_t *)to = (uint32_t)(part * 1e6);
	return ERR_OK;
}

static enum err read_bool(const struct setting *s, const char *text, void *to)
{
	*(bool *)to = !strcmp(text, "true");
	return *(bool *)to || !strcmp(text, "false") ? ERR_OK : ERR_FORMAT;
}

static enum err read_level(const struct setting *s, const char *text, void *to)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(text, names[i]) == 0) {
			*(enum log_level *)to = (enum log_level)i;
			return ERR_OK;
		}
	}
	return ERR_FORMAT;
}

static enum err read_backend(const struct setting *s, const char *text, void *to)
{
	return sealer_named(text, to) == ERR_OK ? ERR_OK : ERR_FORMAT;
}

static enum err read_text(const struct setting *s, const char *text, void *to)
{
	return str_copy(to, CONFIG_TEXT, text);
}

static enum err read_listen(const struct setting *s, const char *text, void *to)
{
	return addrs_parse(text, to);
}

static enum err add_address(struct config *config, const char *text)
{
	if (config->n_media_addresses == CONFIG_ADDRESSES)
		return ERR_RANGE;
	return addrs_parse_ip(text, &config->media_addresses[config->n_media_addresses++]);
}

/* "10.0.0.1,2001:db8::1" */
static enum err read_addresses(const struct setting *s, const char *text, void *to)
{
	struct config *config = (struct config *)(void *)((char *)to - s->offset);
	char one[64];
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, ",");
		if (str_copy_n(one, sizeof one, p, n) || add_address(config, one))
			return ERR_FORMAT;
		p += n + (p[n] == ',');
	}
	return ERR_OK;
}

/* "0,2-5", "auto", "off" */
static enum err read_cores(const struct setting *s, const char *text, void *to)
{
	struct config *config = (struct config *)(void *)((char *)to - s->offset);
	if (strcmp(text, "off") == 0)
		return ERR_OK;
	if (strcmp(text, "auto") == 0) {
		config->n_media_cores = cores_allowed(config->media_cores, CONFIG_CORES);
		return ERR_OK;
	}
	for (const char *p = text;; p++) {
		char *end;
		if (*p < '0' || *p > '9')
			return ERR_FORMAT;
		unsigned long first = strtoul(p, &end, 10), last = first;
		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last > UINT16_MAX)
			return ERR_FORMAT;
		for (; first <= last; first++) {
			if (config->n_media_cores == CONFIG_CORES)
				return ERR_RANGE;
			config->media_cores[config->n_media_cores++] = (unsigned)first;
		}
		if (!*end)
			return ERR_OK;
		if (*end != ',')
			return ERR_FORMAT;
		p = end;
	}
}

static const struct {
	enum err (*read)(const struct setting *s, const char *text, void *to);
	const char *wanted;
} kinds[] = {
	[SETTING_TEXT] = { read_text, "text of at most 255 bytes" },
	[SETTING_LISTEN] = { read_listen, "ADDRESS:PORT, as 0.0.0.0:8443 or [::]:8443" },
	[SETTING_ADDRESSES] = { read_addresses, "IP addresses, at most 32" },
	[SETTING_CORES] = { read_cores, "auto, off, or at most 64 cores as 0,2-5" },
	[SETTING_NUMBER] = { read_number, "a whole number" },
	[SETTING_BOOL] = { read_bool, "true or false" },
	[SETTING_LEVEL] = { read_level, "error, warn, info or debug" },
	[SETTING_BACKEND] = { read_backend, "auto, ipsec-mb, evp or libsrtp" },
	[SETTING_PART] = { read_part, "a number from 0 to 1" },
};

static enum err complain(const struct config_source *s, size_t i, const char *text, enum err err, char why[CONFIG_WHY])
{
	const struct setting *setting = &settings[i];
	char where[CONFIG_TEXT + 32] = "", range[64] = "";
	if (s->from_file[i] && s->line[i])
		(void)str_print(where, sizeof where, "%.200s:%u: ", s->path, s->line[i]);
	else if (s->from_file[i])
		(void)str_print(where, sizeof where, "%.200s: ", s->path);
	if (setting->kind == SETTING_NUMBER)
		(void)str_print(range, sizeof range, " from %u to %u", setting->min, setting->max);
	(void)str_print(why, CONFIG_WHY, "%s%s.%s: \"%.80s\" is not %s%s", where, setting->group, setting->name, text,
			kinds[setting->kind].wanted, range);
	return err;
}

static enum err read_list(const struct config_source *s, size_t i, struct config *config, char why[CONFIG_WHY])
{
	for (unsigned k = 0; k < s->n_list; k++)
		if (add_address(config, s->list[k]))
			return complain(s, i, s->list[k], ERR_FORMAT, why);
	return ERR_OK;
}

/* One worker a core where nothing else is said; and every core named must be one of ours. */
static enum err check_cores(struct config *config, char why[CONFIG_WHY])
{
	unsigned allowed[1024];
	size_t n = cores_allowed(allowed, sizeof allowed / sizeof *allowed);
	if (config->media_workers == 0)
		config->media_workers = n == 0 ? 1 : n > CONFIG_WORKERS ? CONFIG_WORKERS : (uint32_t)n;
	for (size_t i = 0; n && i < config->n_media_cores; i++) {
		size_t k = 0;
		while (k < n && allowed[k] != config->media_cores[i])
			k++;
		if (k < n)
			continue;
		(void)str_print(
		    why, CONFIG_WHY,
		    "media.affinity: this process may not run on core %u; it may on %zu cores, from %u to %u",
		    config->media_cores[i], n, allowed[0], allowed[n - 1]);
		return ERR_RANGE;
	}
	return ERR_OK;
}

static enum err check_backend(const struct config *config, char why[CONFIG_WHY])
{
	struct sealer *sealer;
	enum err err = sealer_new(config->secure_backend, &sealer);
	if (err)
		(void)str_print(why, CONFIG_WHY,
				err == ERR_MISSING ? "secure.backend: %s is not here: this diemcaud was built without "
						     "it, or the processor lacks AES-NI, PCLMULQDQ or AVX2; use auto"
						   : "secure.backend: %s does not start",
				sealer_name(config->secure_backend));
	sealer_free(sealer);
	return err;
}

static enum err fill(struct config *config, const char *state, char why[CONFIG_WHY])
{
	if (!config->state_dir[0] && str_copy(config->state_dir, CONFIG_TEXT, state && *state ? state : "var")) {
		(void)str_print(why, CONFIG_WHY, "$STATE_DIRECTORY is too long; use --set state.dir=FOLDER");
		return ERR_RANGE;
	}
	if (!config->control_socket[0] &&
	    str_print(config->control_socket, CONFIG_TEXT, "%s/control.sock", config->state_dir)) {
		(void)str_print(why, CONFIG_WHY,
				"state.dir is too long for the control socket; use --set control.socket=PATH");
		return ERR_RANGE;
	}
	if (!config->http_cert[0] != !config->http_key[0]) {
		(void)str_print(why, CONFIG_WHY, "http.cert and http.key belong together: set both or neither");
		return ERR_FORMAT;
	}
	if (check_cores(config, why))
		return ERR_RANGE;
	if (check_backend(config, why))
		return ERR_RANGE;
	if (config->media_port && config->media_port + config->media_workers - 1 > 65535) {
		(void)str_print(why, CONFIG_WHY, "media.port %u and %u workers go beyond port 65535",
				config->media_port, config->media_workers);
		return ERR_RANGE;
	}
	if (config->media_history > config->media_packets / 4 * 3) {
		(void)str_print(
		    why, CONFIG_WHY,
		    "media.history %u is more than three quarters of media.packets %u: the rest is for what "
		    "arrives; lower the one or raise the other",
		    config->media_history, config->media_packets);
		return ERR_RANGE;
	}
	return ERR_OK;
}

enum err config_read(const struct config_source *s, const char *state, bool test, struct config *config,
		     char why[CONFIG_WHY])
{
	*config = (struct config){ 0 };
	why[0] = '\0';
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		const char *text = s->text[i] ? s->text[i] : setting->fallback;
		if (s->text[i] && !test && strcmp(setting->group, "test") == 0) {
			(void)str_print(why, CONFIG_WHY,
					"test.%s is for tests alone: it needs DIEMCAU_TEST=1 in the environment",
					setting->name);
			return ERR_FORMAT;
		}
		enum err err = kinds[setting->kind].read(setting, text, (char *)config + setting->offset);
		if (err)
			return complain(s, i, text, err, why);
		if (setting->kind == SETTING_ADDRESSES && read_list(s, i, config, why))
			return ERR_FORMAT;
	}
	return fill(config, state, why);
}

void config_help(FILE *out)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].group, "test") != 0)
			(void)fprintf(out, "  %s.%-*s %s%s%s%s\n", settings[i].group,
				      (int)(22 - strlen(settings[i].group)), settings[i].name, settings[i].help,
				      settings[i].fallback[0] ? " [" : "", settings[i].fallback,
				      settings[i].fallback[0] ? "]" : "");
}
