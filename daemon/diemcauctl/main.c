#include "base/str.h"
#include "commands.h"
#include "show.h"
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum letter {
	L_JSON = 1,
	L_SOCKET,
	L_SERVER,
	L_TOKEN_FILE,
	L_CA,
	L_REASON,
	L_BAN,
	L_ALL,
	L_ROLE,
	L_NAME,
	L_SITE,
	L_EXPIRES,
	L_SECONDS,
	L_HELP,
	L_VERSION
};

static const struct option known[] = {
	{ "json", no_argument, NULL, L_JSON },
	{ "socket", required_argument, NULL, L_SOCKET },
	{ "server", required_argument, NULL, L_SERVER },
	{ "token-file", required_argument, NULL, L_TOKEN_FILE },
	{ "ca", required_argument, NULL, L_CA },
	{ "reason", required_argument, NULL, L_REASON },
	{ "ban", required_argument, NULL, L_BAN },
	{ "all", no_argument, NULL, L_ALL },
	{ "role", required_argument, NULL, L_ROLE },
	{ "name", required_argument, NULL, L_NAME },
	{ "site", required_argument, NULL, L_SITE },
	{ "expires", required_argument, NULL, L_EXPIRES },
	{ "seconds", required_argument, NULL, L_SECONDS },
	{ "help", no_argument, NULL, L_HELP },
	{ "version", no_argument, NULL, L_VERSION },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	struct call call;
	const struct command *command;
	const char *socket, *server, *token_file, *ca;
	bool help, version;
};

static void usage(FILE *out)
{
	(void)fputs("diemcauctl " DIEMCAU_VERSION " - điều hành diemcaud / the operator's tool of diemcaud\n\n"
		    "diemcauctl [--json] [--socket PATH | --server URL --token-file FILE [--ca FILE]] COMMAND …\n\n",
		    out);
	for (size_t i = 0; i < n_commands; i++) {
		char head[120];
		(void)str_print(head, sizeof head, "%s %s", commands[i].name, commands[i].arguments);
		(void)fprintf(out, "  %s\n      %s / %s\n", head, commands[i].vi, commands[i].en);
	}
	(void)fputs(
	    "\n  ROOM: mã phòng / the room's id. SITE: mã hoặc tên đúng của điểm cầu / the site's id or exact name.\n"
	    "  --json in đối tượng REST / prints the REST object.\n"
	    "  Không có --socket: tìm control.sock trong / looks for control.sock in "
	    "$STATE_DIRECTORY, ./var, /var/lib/diemcau.\n"
	    "  Kết quả / exit status: 0 xong / done, 1 bị từ chối / refused, 2 sai cú pháp / usage, 3 không có "
	    "diemcaud / "
	    "no daemon.\n",
	    out);
}

static enum status complain(const char *vi, const char *en, const char *about)
{
	(void)fprintf(stderr, "diemcauctl: %s: %s\n%s\n", about, show_words(vi, en),
		      show_words("Xem diemcauctl --help.", "See diemcauctl --help."));
	return STATUS_USAGE;
}

static bool number(const char *text, unsigned *value)
{
	size_t n = strlen(text);
	if (n == 0 || n > 9 || strspn(text, "0123456789") != n)
		return false;
	*value = (unsigned)strtoul(text, NULL, 10);
	return true;
}

/* Where an option's value goes: one row an option. */
static enum status take(struct arguments *a, int letter, const char *value)
{
	struct call *call = &a->call;
	static const unsigned bits[] = {
		[L_REASON] = OPTION_REASON,   [L_BAN] = OPTION_BAN,	    [L_ALL] = OPTION_ALL,
		[L_ROLE] = OPTION_ROLE,	      [L_NAME] = OPTION_NAME,	    [L_SITE] = OPTION_SITE,
		[L_EXPIRES] = OPTION_EXPIRES, [L_SECONDS] = OPTION_SECONDS, [L_VERSION] = 0,
	};
	const char **texts[] = { [L_SOCKET] = &a->socket, [L_SERVER] = &a->server,    [L_TOKEN_FILE] = &a->token_file,
				 [L_CA] = &a->ca,	  [L_REASON] = &call->reason, [L_ROLE] = &call->role,
				 [L_NAME] = &call->name,  [L_SITE] = &call->site,     [L_VERSION] = NULL };
	unsigned *numbers[] = {
		[L_BAN] = &call->ban, [L_EXPIRES] = &call->expires, [L_SECONDS] = &call->seconds, [L_VERSION] = NULL
	};
	bool *flags[] = { [L_JSON] = &call->json, [L_HELP] = &a->help, [L_VERSION] = &a->version };
	call->given |= bits[letter];
	if (texts[letter])
		*texts[letter] = value;
	if (flags[letter])
		*flags[letter] = true;
	if (numbers[letter] && !number(value, numbers[letter]))
		return complain("cần một số nguyên", "a whole number is needed", value);
	return STATUS_DONE;
}

static enum status read_arguments(int argc, char **argv, struct arguments *a)
{
	int letter;
	enum status status = STATUS_DONE;
	while (!status && (letter = getopt_long(argc, argv, "", known, NULL)) != -1)
		status = letter > L_VERSION ? STATUS_USAGE : take(a, letter, optarg);
	if (status || a->help || a->version)
		return status;
	if (optind == argc)
		return complain("thiếu lệnh", "no command", "diemcauctl");
	a->command = command_find(argv[optind]);
	if (!a->command)
		return complain("không có lệnh này", "no such command", argv[optind]);
	a->call.words = argv + optind + 1;
	a->call.n_words = argc - optind - 1;
	if (a->call.n_words < a->command->min_words || a->call.n_words > a->command->max_words)
		return complain("sai số tham số", "wrong number of arguments", a->command->name);
	if (a->call.given & ~a->command->options)
		return complain("lệnh này không có tùy chọn ấy", "an option of another command", a->command->name);
	for (int i = 0; i < a->call.n_words; i++)
		if (!a->call.words[i][0])
			return complain("tham số rỗng", "an empty argument", a->command->name);
	if (!a->server != !a->token_file || (a->server && a->socket))
		return complain("dùng --socket, hoặc --server cùng --token-file",
				"give --socket, or --server with --token-file", "diemcauctl");
	return STATUS_DONE;
}

static bool try_socket(struct rest *rest, const char *folder)
{
	return folder && *folder && !str_print(rest->socket, sizeof rest->socket, "%s/control.sock", folder) &&
	       access(rest->socket, F_OK) == 0;
}

/* Finds the daemon: what was said, else the places where its state is kept. */
static enum status find_daemon(const struct arguments *a, struct rest *rest)
{
	if (a->socket)
		return str_copy(rest->socket, sizeof rest->socket, a->socket)
			   ? complain("đường dẫn quá dài", "too long", "--socket")
			   : STATUS_DONE;
	if (try_socket(rest, getenv("STATE_DIRECTORY")) || try_socket(rest, "./var") ||
	    try_socket(rest, "/var/lib/diemcau"))
		return STATUS_DONE;
	(void)fprintf(
	    stderr, "diemcauctl: %s\n",
	    show_words(
		"không thấy diemcaud: không có control.sock trong $STATE_DIRECTORY, ./var, /var/lib/diemcau; "
		"dùng --socket PATH",
		"no diemcaud found: no control.sock in $STATE_DIRECTORY, ./var, /var/lib/diemcau; use --socket PATH"));
	return STATUS_NO_DAEMON;
}

static enum status read_token(const struct arguments *a, struct rest *rest)
{
	FILE *file = fopen(a->token_file, "r");
	size_t n = file ? fread(rest->token, 1, sizeof rest->token - 1, file) : 0;
	if (file)
		(void)fclose(file);
	while (n && isspace((unsigned char)rest->token[n - 1]))
		n--;
	rest->token[n] = '\0';
	if (n == 0 || strpbrk(rest->token, "\r\n"))
		return complain("không đọc được mã trong tệp", "no token can be read from this file", a->token_file);
	if (strncmp(a->server, "https://", 8) != 0 || str_copy(rest->server, sizeof rest->server, a->server))
		return complain("cần địa chỉ https://máy:cổng", "an address https://host:port is needed", a->server);
	while (rest->server[0] && rest->server[strlen(rest->server) - 1] == '/')
		rest->server[strlen(rest->server) - 1] = '\0';
	rest->ca = a->ca;
	return STATUS_DONE;
}

int main(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct rest rest;
	enum status status = read_arguments(argc, argv, &a);
	if (!status && a.help)
		usage(stdout);
	if (!status && a.version)
		(void)puts("diemcauctl " DIEMCAU_VERSION);
	if (status || a.help || a.version)
		return status;
	if (!rest_init(&rest))
		return STATUS_REFUSED;
	status = a.server ? read_token(&a, &rest) : find_daemon(&a, &rest);
	a.call.rest = &rest;
	if (!status)
		status = a.command->run(&a.call);
	rest_fini(&rest);
	return status;
}
