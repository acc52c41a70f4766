#include "commands.h"
#include "base/str.h"
#include "show.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_MAX_BYTES 3000
#define TOP_S 2

static enum status wrong(const char *vi, const char *en)
{
	(void)fprintf(stderr, "diemcauctl: %s\n", show_words(vi, en));
	return STATUS_USAGE;
}

/* Asks, prints why not; *answer (may be NULL) is the caller's to free. */
static enum status ask(struct call *call, const char *method, const char *path, const json_t *body, json_t **answer)
{
	static const enum status statuses[] = {
		[REST_DONE] = STATUS_DONE, [REST_REFUSED] = STATUS_REFUSED, [REST_NO_DAEMON] = STATUS_NO_DAEMON
	};
	enum rest_result result = rest_ask(call->rest, method, path, body, answer);
	if (result == REST_NO_DAEMON)
		(void)fprintf(stderr, "diemcauctl: %s: %s\n",
			      show_words("không liên lạc được với diemcaud", "diemcaud cannot be reached"),
			      call->rest->why);
	else if (result == REST_REFUSED)
		(void)fprintf(stderr, "diemcauctl: %s\n", call->rest->why);
	return statuses[result];
}

static void print_json(const json_t *answer)
{
	if (answer && !json_dumpf(answer, stdout, JSON_INDENT(2)))
		(void)putchar('\n');
}

/* A path of escaped words: '{}' in the pattern stands for the next one. */
static enum status path_of(struct call *call, char path[PATH_MAX_BYTES], const char *pattern, const char *a,
			   const char *b)
{
	const char *words[] = { a, b };
	size_t at = 0, word = 0;
	for (const char *p = pattern; *p; p++) {
		char *escaped = NULL;
		if (p[0] == '{')
			escaped = rest_escape(call->rest, words[word++]);
		if (at + 4 + (escaped ? strlen(escaped) : 0) >= PATH_MAX_BYTES || (p[0] == '{' && !escaped)) {
			curl_free(escaped);
			return wrong("tên quá dài", "the name is too long");
		}
		at += (size_t)sprintf(path + at, "%.*s", escaped ? (int)strlen(escaped) : 1, escaped ? escaped : p);
		if (escaped)
			p++;
		curl_free(escaped);
	}
	path[at] = '\0';
	return STATUS_DONE;
}

/* A deed: asks, then says in one line what was done, or prints the object. */
static enum status deed(struct call *call, const char *method, const char *path, json_t *body, const char *vi,
			const char *en)
{
	json_t *answer;
	enum status status = ask(call, method, path, body, &answer);
	if (!status && call->json)
		print_json(answer);
	else if (!status)
		(void)puts(show_words(vi, en));
	json_decref(answer);
	json_decref(body);
	return status;
}

static const struct show_column room_columns[] = {
	{ "phòng", "room", "id", SHOW_TEXT },
	{ "tên", "name", "name", SHOW_TEXT },
	{ "điểm cầu", "sites", "count", SHOW_COUNT },
	{ "vào kbit/s", "in kbit/s", "bps_in", SHOW_RATE },
	{ "ra kbit/s", "out kbit/s", "bps_out", SHOW_RATE },
	{ "khóa", "locked", "locked", SHOW_YES },
	{ "chủ trì", "chair", "chair", SHOW_TEXT },
	{ "màn hình chính", "stage", "stage", SHOW_TEXT },
	{ "bắt đầu", "since", "since", SHOW_SINCE },
};

static const struct show_column site_columns[] = {
	{ "điểm cầu", "site", "id", SHOW_TEXT },
	{ "tên", "name", "name", SHOW_TEXT },
	{ "vai trò", "role", "role", SHOW_TEXT },
	{ "trạng thái", "state", "state", SHOW_TEXT },
	{ "tiếng", "audio", "audio", SHOW_YES },
	{ "hình", "video", "video", SHOW_YES },
	{ "lớp", "layers", "layers", SHOW_LIST },
	{ "lên kbit/s", "up kbit/s", "up_bps", SHOW_RATE },
	{ "xuống kbit/s", "down kbit/s", "down_bps", SHOW_RATE },
	{ "mất lên", "loss up", "loss_up", SHOW_PART },
	{ "mất xuống", "loss down", "loss_down", SHOW_PART },
	{ "trễ ms", "rtt ms", "rtt_ms", SHOW_COUNT },
	{ "địa chỉ", "address", "address", SHOW_TEXT },
};
#define COLUMNS(list) (list), sizeof(list) / sizeof *(list)

static enum status show_list(struct call *call, const char *path, const struct show_column *columns, size_t n,
			     const char *none)
{
	json_t *answer;
	enum status status = ask(call, "GET", path, NULL, &answer);
	if (!status && call->json)
		print_json(answer);
	else if (!status)
		show_table(columns, n, json_object_get(answer, "items"), none);
	json_decref(answer);
	return status;
}

static enum status run_rooms(struct call *call)
{
	return show_list(call, "rooms", COLUMNS(room_columns), show_words("Chưa có phòng họp nào.", "No rooms yet."));
}

static enum status run_sites(struct call *call)
{
	char path[PATH_MAX_BYTES];
	enum status status = path_of(call, path, "rooms/{}/sites", call->words[0], NULL);
	return status ? status
		      : show_list(call, path, COLUMNS(site_columns),
				  show_words("Chưa có điểm cầu nào trong phòng.", "No sites in the room."));
}

static enum status run_kick(struct call *call)
{
	char path[PATH_MAX_BYTES];
	enum status status = path_of(call, path, "rooms/{}/sites/{}", call->words[0], call->words[1]);
	char *reason = rest_escape(call->rest, call->reason ? call->reason : "");
	size_t at = strlen(path);
	if (!status && call->reason && str_print(path + at, sizeof path - at, "?reason=%s", reason ? reason : ""))
		status = wrong("lý do quá dài", "the reason is too long");
	at = strlen(path);
	if (!status && (call->given & OPTION_BAN))
		(void)str_print(path + at, sizeof path - at, "%cban=%u", call->reason ? '&' : '?', call->ban);
	curl_free(reason);
	return status ? status
		      : deed(call, "DELETE", path, NULL, "Đã mời điểm cầu ra khỏi phòng.", "The site was removed.");
}

static enum status run_mute(struct call *call)
{
	char path[PATH_MAX_BYTES];
	bool all = call->given & OPTION_ALL;
	if (all != (call->n_words == 1))
		return wrong("mute cần ROOM SITE, hoặc ROOM --all", "mute takes ROOM SITE, or ROOM --all");
	enum status status = path_of(call, path, all ? "rooms/{}/mute" : "rooms/{}/sites/{}/mute", call->words[0],
				     all ? NULL : call->words[1]);
	return status ? status
		      : deed(call, "POST", path, json_object(),
			     all ? "Đã tắt micro mọi điểm cầu." : "Đã tắt micro điểm cầu.",
			     all ? "All sites are muted." : "The site is muted.");
}

static enum status run_stage(struct call *call)
{
	char path[PATH_MAX_BYTES];
	const char *site = call->words[1];
	json_t *body = strcmp(site, "-") == 0 ? json_pack("{s:n}", "site") : json_pack("{s:s}", "site", site);
	enum status status = path_of(call, path, "rooms/{}/stage", call->words[0], NULL);
	if (!status && !body)
		status = wrong("tên điểm cầu không phải UTF-8", "the site's name is not UTF-8");
	if (status) {
		json_decref(body);
		return status;
	}
	return deed(call, "PUT", path, body, "Đã đổi màn hình chính.", "The stage was changed.");
}

static enum status run_lock(struct call *call)
{
	char path[PATH_MAX_BYTES];
	bool on = strcmp(call->words[1], "on") == 0;
	if (!on && strcmp(call->words[1], "off") != 0)
		return wrong("lock cần on hoặc off", "lock takes on or off");
	enum status status = path_of(call, path, "rooms/{}", call->words[0], NULL);
	return status ? status
		      : deed(call, "PATCH", path, json_pack("{s:b}", "locked", on),
			     on ? "Đã khóa phòng." : "Đã mở khóa phòng.",
			     on ? "The room is locked." : "The room is open.");
}

static enum status run_end(struct call *call)
{
	char path[PATH_MAX_BYTES];
	enum status status = path_of(call, path, "rooms/{}/end", call->words[0], NULL);
	return status ? status
		      : deed(call, "POST", path, json_object(), "Cuộc họp đã kết thúc.", "The meeting was ended.");
}

static enum status create_room(struct call *call, const char *name)
{
	json_t *answer, *body = json_pack("{s:s}", "name", name);
	if (!body)
		return wrong("tên phòng không phải UTF-8", "the room's name is not UTF-8");
	enum status status = ask(call, "POST", "rooms", body, &answer);
	if (!status && call->json) {
		print_json(answer);
	} else if (!status) {
		(void)fputs(show_words("Đã mở phòng ", "Room made: "), stdout);
		show_text(json_string_value(json_object_get(answer, "id"))
			      ? json_string_value(json_object_get(answer, "id"))
			      : "-");
		(void)putchar('\n');
	}
	json_decref(answer);
	json_decref(body);
	return status;
}

/* The id of the room that has this id or, alone, this name. */
static enum status room_named(struct call *call, const char *name, char id[256])
{
	json_t *answer;
	size_t i, found = 0;
	const json_t *room;
	enum status status = ask(call, "GET", "rooms", NULL, &answer);
	(void)str_copy(id, 256, name);
	json_array_foreach(json_object_get(answer, "items"), i, room)
	{
		const char *known = json_string_value(json_object_get(room, "id"));
		const char *title = json_string_value(json_object_get(room, "name"));
		if (known && strcmp(known, name) == 0) {
			found = 1;
			(void)str_copy(id, 256, known);
			break;
		}
		if (known && title && strcmp(title, name) == 0) {
			found++;
			(void)str_copy(id, 256, known);
		}
	}
	json_decref(answer);
	if (!status && found > 1) {
		(void)fprintf(
		    stderr, "diemcauctl: %s\n",
		    show_words("nhiều phòng cùng tên; dùng mã phòng", "several rooms have that name; use the id"));
		status = STATUS_REFUSED;
	}
	return status;
}

static enum status run_room(struct call *call)
{
	char path[PATH_MAX_BYTES], id[256];
	if (strcmp(call->words[0], "create") == 0)
		return create_room(call, call->words[1]);
	if (strcmp(call->words[0], "delete") != 0)
		return wrong("room cần create hoặc delete", "room takes create or delete");
	enum status status = room_named(call, call->words[1], id);
	if (!status)
		status = path_of(call, path, "rooms/{}", id, NULL);
	return status ? status : deed(call, "DELETE", path, NULL, "Đã xóa phòng.", "The room was deleted.");
}

static void add_text(json_t *body, const char *key, const char *text, bool *bad)
{
	if (text && json_object_set_new(body, key, json_string(text)))
		*bad = true;
}

static enum status run_token(struct call *call)
{
	json_t *answer, *body = json_object();
	bool bad = false;
	if (!call->role || !call->name) {
		json_decref(body);
		return wrong("token cần --role và --name", "token needs --role and --name");
	}
	add_text(body, "room", call->words[0], &bad);
	add_text(body, "role", call->role, &bad);
	add_text(body, "name", call->name, &bad);
	add_text(body, "site", call->site, &bad);
	if (call->given & OPTION_EXPIRES)
		(void)json_object_set_new(body, "expires_s", json_integer(call->expires));
	if (bad) {
		json_decref(body);
		return wrong("tên không phải UTF-8", "a name is not UTF-8");
	}
	enum status status = ask(call, "POST", "tokens", body, &answer);
	if (!status && call->json)
		print_json(answer);
	else if (!status)
		(void)puts(json_string_value(json_object_get(answer, "url"))
			       ? json_string_value(json_object_get(answer, "url"))
			       : "-");
	json_decref(answer);
	json_decref(body);
	return status;
}

static enum status run_stats(struct call *call)
{
	char path[PATH_MAX_BYTES] = "stats";
	json_t *answer;
	size_t i;
	json_t *site;
	enum status status = STATUS_DONE;
	if (call->n_words)
		status = path_of(call, path, call->n_words == 2 ? "stats?room={}&site={}" : "stats?room={}",
				 call->words[0], call->n_words == 2 ? call->words[1] : NULL);
	if (!status)
		status = ask(call, "GET", path, NULL, &answer);
	else
		return status;
	json_t *items = json_object_get(answer, "items");
	if (!status && call->json) {
		print_json(answer);
	} else if (!status && items) {
		json_array_foreach(items, i, site)
		{
			if (i)
				(void)putchar('\n');
			show_object(site);
		}
	} else if (!status) {
		show_object(answer);
	}
	json_decref(answer);
	return status;
}

static enum status top_once(struct call *call, bool screen)
{
	json_t *stats, *rooms = NULL;
	char line[300], when[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	enum status status = ask(call, "GET", "stats", NULL, &stats);
	if (!status)
		status = ask(call, "GET", "rooms", NULL, &rooms);
	if (!status) {
		if (localtime_r(&now, &tm))
			(void)strftime(when, sizeof when, "%H:%M:%S", &tm);
		if (screen)
			(void)fputs("\x1b[H\x1b[J", stdout);
		(void)str_print(line, sizeof line,
				show_words("%s · %lld phòng họp · %lld điểm cầu · %lld mất tín hiệu\n",
					   "%s · %lld rooms · %lld sites · %lld lost\n"),
				when, (long long)json_integer_value(json_object_get(stats, "rooms")),
				(long long)json_integer_value(json_object_get(stats, "live")),
				(long long)json_integer_value(json_object_get(stats, "lost")));
		(void)puts(line);
		show_table(COLUMNS(room_columns), json_object_get(rooms, "items"),
			   show_words("Chưa có phòng họp nào.", "No rooms yet."));
		(void)fflush(stdout);
	}
	json_decref(stats);
	json_decref(rooms);
	return status;
}

/* On a terminal until Ctrl-C; elsewhere once. */
static enum status run_top(struct call *call)
{
	if (call->json)
		return run_stats(call);
	bool screen = isatty(STDOUT_FILENO);
	enum status status = top_once(call, screen);
	while (!status && screen) {
		(void)sleep(TOP_S);
		status = top_once(call, screen);
	}
	return status;
}

static enum status run_drain(struct call *call)
{
	json_t *body = json_object();
	if (call->given & OPTION_SECONDS)
		(void)json_object_set_new(body, "seconds", json_integer(call->seconds));
	return deed(call, "POST", "drain", body, "Máy chủ ngừng nhận điểm cầu mới và sẽ dừng.",
		    "The server takes no more sites and will stop.");
}

const struct command commands[] = {
	{ "rooms", "", "các phòng họp", "the rooms", 0, 0, 0, run_rooms },
	{ "sites", "ROOM", "các điểm cầu trong phòng", "the sites of a room", 1, 1, 0, run_sites },
	{ "kick", "ROOM SITE [--reason R] [--ban MINUTES]", "mời điểm cầu ra khỏi phòng, có thể chặn vào lại",
	  "remove a site, and ban it", 2, 2, OPTION_REASON | OPTION_BAN, run_kick },
	{ "mute", "ROOM SITE|--all", "tắt micro điểm cầu", "mute a site, or all", 1, 2, OPTION_ALL, run_mute },
	{ "stage", "ROOM SITE", "đưa điểm cầu lên màn hình chính (- : không ai)", "put a site on the stage (-: nobody)",
	  2, 2, 0, run_stage },
	{ "lock", "ROOM on|off", "khóa hoặc mở phòng", "lock or open a room", 2, 2, 0, run_lock },
	{ "end", "ROOM", "kết thúc cuộc họp", "end the meeting", 1, 1, 0, run_end },
	{ "room", "create|delete NAME", "mở hoặc xóa phòng họp", "make or delete a room", 2, 2, 0, run_room },
	{ "token", "ROOM --role R --name N [--site S] [--expires S]", "đường dẫn vào phòng (guest, chair, operator)",
	  "a link into a room (guest, chair, operator)", 1, 1, OPTION_ROLE | OPTION_NAME | OPTION_SITE | OPTION_EXPIRES,
	  run_token },
	{ "top", "", "theo dõi mọi phòng", "watch all rooms", 0, 0, 0, run_top },
	{ "drain", "[--seconds N]", "ngừng nhận điểm cầu, rồi dừng máy chủ", "take no more sites, then stop", 0, 0,
	  OPTION_SECONDS, run_drain },
	{ "stats", "[ROOM [SITE]]", "số liệu", "numbers", 0, 2, 0, run_stats },
};
const size_t n_commands = sizeof commands / sizeof *commands;

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
