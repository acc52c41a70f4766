#include "rig.h"
#include "base/bytes.h"
#include "base/str.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>

static struct rig_out **tail(struct rig_out **list)
{
	while (*list)
		list = &(*list)->next;
	return list;
}

static void out(struct rig *rig, char who, int close, const char *text, size_t n)
{
	struct rig_out *o = calloc(1, sizeof *o);
	assert_non_null(o);
	o->who = who;
	o->close = close;
	o->text = strndup(text, n);
	*tail(who == 'W' ? &rig->commands : &rig->outs) = o;
}

static char who_of(void *socket)
{
	return *(char *)socket;
}

/* ---- the host */

static char names[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static enum err host_send(void *ctx, void *socket, const char *text, size_t n)
{
	struct rig *rig = ctx;
	if (rig->too_slow[who_of(socket) - 'A'])
		return ERR_LIMIT;
	rig->frames_sent++;
	rig->bytes_sent += n;
	out(rig, who_of(socket), 0, text, n);
	return ERR_OK;
}

static void host_close(void *ctx, void *socket, enum signal_close code, const char *reason)
{
	out(ctx, who_of(socket), (int)code, reason, strlen(reason));
}

static enum err host_event(void *ctx, void *socket, const char *name, const char *data, size_t n)
{
	char *text = NULL;
	assert_true(asprintf(&text, "%s %.*s", name, (int)n, data) > 0);
	out(ctx, 'S', 0, text, strlen(text));
	free(text);
	return ERR_OK;
}

static void host_stream_close(void *ctx, void *socket)
{
	out(ctx, 'S', 1, "", 0);
}

static json_t *command_json(const struct command *c)
{
	static const char *const sources[] = { "none", "stage", "auto", "screen", "site" };
	json_t *list;
	switch (c->type) {
	case COMMAND_ROOM:
		return json_pack("{s:s, s:I, s:I, s:I}", "cmd", "room", "room", (json_int_t)c->room.room, "stage",
				 (json_int_t)c->room.stage, "chair", (json_int_t)c->room.chair);
	case COMMAND_ROOM_CLOSE: return json_pack("{s:s, s:I}", "cmd", "room-close", "room", (json_int_t)c->room_close);
	case COMMAND_SITE:
		return json_pack("{s:s, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:b, s:[i, i]}", "cmd", "site",
				 "worker", (json_int_t)c->site.worker, "room", (json_int_t)c->site.room, "csrc",
				 (json_int_t)c->site.csrc, "live", c->site.live, "audio", c->site.audio, "video",
				 c->site.video, "screen", c->site.screen, "muted_audio", c->site.muted_audio,
				 "muted_video", c->site.muted_video, "slots", c->site.slots_audio, c->site.slots_video);
	case COMMAND_SITE_CLOSE: return json_pack("{s:s, s:I}", "cmd", "site-close", "csrc", (json_int_t)c->csrc);
	case COMMAND_TRANSPORT:
		return json_pack("{s:s, s:I, s:I, s:s, s:s, s:i}", "cmd", "transport", "csrc",
				 (json_int_t)c->transport.csrc, "generation", (json_int_t)c->transport.generation,
				 "ufrag", c->transport.ufrag, "pwd", c->transport.pwd, "lines",
				 (int)c->transport.media.n_lines);
	case COMMAND_TRANSPORT_CLOSE:
		return json_pack("{s:s, s:I}", "cmd", "transport-close", "csrc", (json_int_t)c->csrc);
	case COMMAND_VIEW:
		list = json_array();
		for (int i = 0; i < c->view.n; i++) {
			const struct view_slot *v = &c->view.slots[i];
			json_array_append_new(list, json_pack("[i, s, I, b, i, i]", v->slot, sources[v->source],
							      (json_int_t)v->csrc, v->screen, v->height, v->fps));
		}
		return json_pack("{s:s, s:I, s:o}", "cmd", "view", "csrc", (json_int_t)c->view.csrc, "slots", list);
	case COMMAND_REPEAT: return json_pack("{s:s, s:I}", "cmd", "repeat", "csrc", (json_int_t)c->csrc);
	}
	return NULL;
}

static void host_command(void *ctx, uint32_t worker, const struct command *command)
{
	struct rig *rig = ctx;
	assert_true(worker < rig->config.workers);
	bool to_all = command->type <= COMMAND_SITE_CLOSE;
	if (to_all && worker > 0)
		return; /* the same once more */
	json_t *json = command_json(command);
	char *text = json_dumps(json, JSON_COMPACT);
	out(ctx, 'W', 0, text, strlen(text));
	free(text);
	json_decref(json);
}

static int64_t host_unix_ms(void *ctx)
{
	const struct rig *rig = ctx;
	return 1764000000000 + rig->unix_offset_ms + rig->now / 1000;
}

static void host_random(void *ctx, void *to, size_t n)
{
	struct rig *rig = ctx;
	for (size_t i = 0; i < n; i++) {
		rig->chance = rig->chance * 6364136223846793005U + 1442695040888963407U;
		((uint8_t *)to)[i] = (uint8_t)(rig->chance >> 56);
	}
}

/* Not SHA-256, but as good as that here: differs when the text does. */
static void host_sha256(void *ctx, struct bytes text, uint8_t hash[SHA256_BYTES])
{
	uint64_t h = 1469598103934665603U;
	for (size_t i = 0; i < text.n; i++)
		h = (h ^ text.p[i]) * 1099511628211U;
	for (int i = 0; i < SHA256_BYTES; i++) {
		h = (h ^ (uint64_t)i) * 1099511628211U;
		hash[i] = (uint8_t)(h >> 32);
	}
}

static enum err host_password_hash(void *ctx, const char *password, char hash[PASSWORD_HASH_MAX + 1])
{
	(void)snprintf(hash, PASSWORD_HASH_MAX + 1, "hash of %s", password);
	return ERR_OK;
}

static bool host_password_verify(void *ctx, const char *password, const char *hash)
{
	return strncmp(hash, "hash of ", 8) == 0 && strcmp(hash + 8, password) == 0;
}

/* A token is "ROOM.ROLE.NAME.SITE.UNIT", parts may be empty; ROLE g, c or o; anything else is broken. */
static enum err host_token_verify(void *ctx, const char *token, int64_t unix_s, struct signal_claims *claims)
{
	char parts[5][128] = { "", "", "", "", "" };
	int n = 0;
	for (const char *p = token;; p++) {
		size_t length = strcspn(p, ".");
		if (n == 5 || length >= sizeof parts[0])
			return ERR_AUTH;
		memcpy(parts[n++], p, length);
		p += length;
		if (!*p)
			break;
	}
	memset(claims, 0, sizeof *claims);
	if (n != 5 || strlen(parts[1]) != 1 || !strchr("gco", parts[1][0]))
		return ERR_AUTH;
	claims->role = (enum role)(strchr("gco", parts[1][0]) - "gco");
	(void)str_copy(claims->room, sizeof claims->room, parts[0]);
	(void)str_copy(claims->name, sizeof claims->name, parts[2]);
	(void)str_copy(claims->site, sizeof claims->site, parts[3]);
	(void)str_copy(claims->unit, sizeof claims->unit, parts[4]);
	return ERR_OK;
}

static enum err host_token_issue(void *ctx, const struct signal_claims *claims, char token[SIGNAL_TOKEN_MAX + 1])
{
	(void)snprintf(token, SIGNAL_TOKEN_MAX + 1, "%s.%c.%s.%s.%s", claims->room, "gco"[claims->role], claims -> name,
		       claims -> site, claims -> unit);
	return ERR_OK;
}

static enum err broken(const struct rig *rig)
{
	return rig->store_broken ? ERR_SYS : ERR_OK;
}

/* One kind of record: replaces the one that is the same, else appends; iterates; deletes. */
#define KEEP(type, list, same)                                                                                         \
	static enum err host_##type##_put(void *ctx, const struct record_##type *record)                               \
	{                                                                                                              \
		struct rig *rig = ctx;                                                                                 \
		int at = 0;                                                                                            \
		if (broken(rig))                                                                                       \
			return ERR_SYS;                                                                                \
		while (at < rig->n_##list && !(same(&rig->list[at], record)))                                          \
			at++;                                                                                          \
		assert_true((size_t)at < sizeof rig->list / sizeof *rig->list);                                        \
		rig->list[at] = *record;                                                                               \
		rig->n_##list += at == rig->n_##list;                                                                  \
		return ERR_OK;                                                                                         \
	}                                                                                                              \
	static enum err host_##list(void *ctx, void (*each)(void *, const struct record_##type *), void *arg)          \
	{                                                                                                              \
		const struct rig *rig = ctx;                                                                           \
		for (int i = 0; i < rig->n_##list; i++)                                                                \
			each(arg, &rig->list[i]);                                                                      \
		return broken(rig);                                                                                    \
	}

static bool same_room(const struct record_room *a, const struct record_room *b)
{
	return strcmp(a->id, b->id) == 0;
}
static bool same_seat(const struct record_seat *a, const struct record_seat *b)
{
	return strcmp(a->room, b->room) == 0 && strcmp(a->id, b->id) == 0;
}
static bool same_ban(const struct record_ban *a, const struct record_ban *b)
{
	return a->kind == b->kind && strcmp(a->room, b->room) == 0 && strcmp(a->what, b->what) == 0;
}
static bool same_login(const struct record_login *a, const struct record_login *b)
{
	return memcmp(a->secret, b->secret, sizeof a->secret) == 0;
}
KEEP(room, rooms, same_room)
KEEP(seat, seats, same_seat)
KEEP(ban, bans, same_ban)
KEEP(login, logins, same_login)

static enum err host_seat_delete(void *ctx, const char *room, const char *id)
{
	struct rig *rig = ctx;
	int kept = 0;
	for (int i = 0; i < rig->n_seats; i++)
		if (strcmp(rig->seats[i].room, room) != 0 || (id && strcmp(rig->seats[i].id, id) != 0))
			rig->seats[kept++] = rig->seats[i];
	rig->n_seats = kept;
	return broken(rig);
}

static enum err host_room_delete(void *ctx, const char *room)
{
	struct rig *rig = ctx;
	int kept = 0;
	for (int i = 0; i < rig->n_rooms; i++)
		if (strcmp(rig->rooms[i].id, room) != 0)
			rig->rooms[kept++] = rig->rooms[i];
	rig->n_rooms = kept;
	return host_seat_delete(ctx, room, NULL);
}

static enum err host_bans_expire(void *ctx, int64_t unix_s)
{
	struct rig *rig = ctx;
	int kept = 0;
	for (int i = 0; i < rig->n_bans; i++)
		if (rig->bans[i].until > unix_s)
			rig->bans[kept++] = rig->bans[i];
	rig->n_bans = kept;
	return ERR_OK;
}

static enum err host_login_delete(void *ctx, const uint8_t secret[SHA256_BYTES])
{
	struct rig *rig = ctx;
	int kept = 0;
	for (int i = 0; i < rig->n_logins; i++)
		if (memcmp(rig->logins[i].secret, secret, SHA256_BYTES) != 0)
			rig->logins[kept++] = rig->logins[i];
	rig->n_logins = kept;
	return ERR_OK;
}

static enum err host_admin_get(void *ctx, struct record_admin *admin)
{
	*admin = ((struct rig *)ctx)->admin;
	return ERR_OK;
}

static enum err host_admin_put(void *ctx, const struct record_admin *admin)
{
	((struct rig *)ctx)->admin = *admin;
	return ERR_OK;
}

static void start(struct rig *rig)
{
	struct signal_host host = {
		.ctx = rig,
		.send = host_send,
		.close = host_close,
		.event = host_event,
		.stream_close = host_stream_close,
		.command = host_command,
		.unix_ms = host_unix_ms,
		.random = host_random,
		.sha256 = host_sha256,
		.password_hash = host_password_hash,
		.password_verify = host_password_verify,
		.token_verify = host_token_verify,
		.token_issue = host_token_issue,
		.room_put = host_room_put,
		.room_delete = host_room_delete,
		.rooms = host_rooms,
		.seat_put = host_seat_put,
		.seat_delete = host_seat_delete,
		.seats = host_seats,
		.ban_put = host_ban_put,
		.bans_expire = host_bans_expire,
		.bans = host_bans,
		.admin_get = host_admin_get,
		.admin_put = host_admin_put,
		.login_put = host_login_put,
		.login_delete = host_login_delete,
		.logins = host_logins,
	};
	rig->signal = signal_new(&rig->config, &host);
	assert_non_null(rig->signal);
	assert_int_equal(signal_start(rig->signal, rig->now), ERR_OK);
}

struct rig *rig_new(void)
{
	struct rig *rig = calloc(1, sizeof *rig);
	assert_non_null(rig);
	rig->now = 1000 * USEC_S;
	rig->chance = 20261125;
	rig->bound = json_object();
	rig->config = (struct signal_config){ .version = "0.1.0",
					      .url = "https://localhost:8443",
					      .workers = 2,
					      .worker = rig->workers,
					      .allow = NEGOTIATE_RED | NEGOTIATE_H264,
					      .rooms_open = true };
	for (int i = 0; i < 4; i++) {
		rig->workers[i].n_candidates = 1;
		rig->workers[i].candidates[0] =
		    (struct netaddr){ .family = 4, .ip = { 10, 0, 0, 1 }, .port = (uint16_t)(40000 + i) };
	}
	start(rig);
	return rig;
}

void rig_restart(struct rig *rig)
{
	signal_free(rig->signal);
	memset(rig->sessions, 0, sizeof rig->sessions);
	rig->stream = NULL;
	(void)rig_drain(rig, '*');
	start(rig);
}

void rig_free(struct rig *rig)
{
	signal_free(rig->signal);
	(void)rig_drain(rig, '*');
	signal_response_fini(&rig->response);
	json_decref(rig->bound);
	free(rig);
}

/* ---- steps */

static void free_list(struct rig_out **list)
{
	while (*list) {
		struct rig_out *o = *list;
		*list = o->next;
		free(o->text);
		free(o);
	}
}

unsigned rig_drain(struct rig *rig, char who)
{
	unsigned n = 0;
	for (const struct rig_out *o = rig->outs; o; o = o->next)
		n += !o->close && (who == '*' || o->who == who);
	free_list(&rig->outs);
	free_list(&rig->commands);
	return n;
}

void rig_open(struct rig *rig, char who)
{
	int i = who - 'A';
	assert_null(rig->sessions[i]);
	rig->sessions[i] = signal_on_open(rig->signal, &names[i], "192.0.2.1", rig->now);
}

/* Each frame in a block of its own size, so that AddressSanitizer sees a read past its end. */
void rig_text(struct rig *rig, char who, const char *text, size_t n)
{
	char *exact = malloc(n ? n : 1);
	assert_non_null(exact);
	memcpy(exact, text, n);
	assert_non_null(rig->sessions[who - 'A']);
	signal_on_text(rig->signal, rig->sessions[who - 'A'], bytes_of(exact, n), rig->now);
	free(exact);
}

static void gone(struct rig *rig, char who)
{
	signal_on_closed(rig->signal, rig->sessions[who - 'A'], rig->now);
	rig->sessions[who - 'A'] = NULL;
}

/* As a loop would: woken at each deadline. */
void rig_advance(struct rig *rig, usec by)
{
	usec end = rig->now + by;
	for (int turns = 0; signal_deadline(rig->signal) <= end; turns++) {
		assert_true(turns < 100000);
		if (signal_deadline(rig->signal) > rig->now)
			rig->now = signal_deadline(rig->signal);
		signal_on_deadline(rig->signal, rig->now);
	}
	rig->now = end;
}

const char *rig_bound(const struct rig *rig, const char *name)
{
	return json_string_value(json_object_get(rig->bound, name));
}

bool rig_json_matches(struct rig *rig, const json_t *want, const json_t *got)
{
	if (json_is_string(want) && strcmp(json_string_value(want), "*") == 0)
		return true;
	if (json_is_string(want) && json_string_value(want)[0] == '$') {
		const char *name = json_string_value(want) + 1;
		const json_t *known = json_object_get(rig->bound, name);
		if (known)
			return json_equal((json_t *)known, (json_t *)got);
		json_object_set(rig->bound, name, (json_t *)got);
		return true;
	}
	if (json_is_object(want) && json_is_object(got)) {
		const char *key;
		json_t *value;
		bool open = json_object_get(want, "...") != NULL;
		json_object_foreach((json_t *)want, key,
				    value) if (strcmp(key, "...") != 0 &&
					       (!json_object_get(got, key) ||
						!rig_json_matches(rig, value, json_object_get(got, key)))) return false;
		return open || json_object_size(want) == json_object_size(got);
	}
	if (json_is_array(want) && json_is_array(got)) {
		if (json_array_size(want) != json_array_size(got))
			return false;
		for (size_t i = 0; i < json_array_size(want); i++)
			if (!rig_json_matches(rig, json_array_get(want, i), json_array_get(got, i)))
				return false;
		return true;
	}
	return json_equal((json_t *)want, (json_t *)got);
}

/* Scripts are written with single quotes, to be read without escapes. malloc'ed. */
static char *double_quotes(const char *text)
{
	char *to = strdup(text);
	assert_non_null(to);
	for (char *p = to; *p; p++)
		*p = (char)(*p == '\'' ? '"' : *p);
	return to;
}

/* Replaces "$x" (a whole JSON text) by what x is bound to. malloc'ed. */
static char *substitute(const struct rig *rig, const char *text)
{
	char *to = NULL, name[64];
	size_t size;
	FILE *f = open_memstream(&to, &size);
	assert_non_null(f);
	for (const char *p = text; *p; p++) {
		size_t n = strncmp(p, "'$", 2) == 0 ? strcspn(p + 2, "'") : 0;
		const json_t *value = NULL;
		if (n && n < sizeof name) {
			(void)str_copy_n(name, sizeof name, p + 2, n);
			value = json_object_get(rig->bound, name);
		}
		if (!value) {
			(void)fputc(*p == '\'' ? '"' : *p, f);
			continue;
		}
		char *dumped = json_dumps(value, JSON_ENCODE_ANY);
		(void)fputs(dumped, f);
		free(dumped);
		p += n + 2;
	}
	(void)fclose(f);
	return to;
}

struct reading {
	struct rig *rig;
	size_t line;
	const char *text;
};

static void surprise(const struct reading *r, const char *what, const struct rig_out *o)
{
	if (o)
		fail_msg("line %zu: %s: %s: got %c %d %s", r->line, r->text, what, o->who, o->close, o->text);
	fail_msg("line %zu: %s: %s: got nothing", r->line, r->text, what);
}

/* The first output to `who`, taken out of the list; NULL: none. */
static struct rig_out *take(struct rig_out **list, char who)
{
	for (; *list; list = &(*list)->next)
		if ((*list)->who == who) {
			struct rig_out *o = *list;
			*list = o->next;
			return o;
		}
	return NULL;
}

static void expect_json(const struct reading *r, const char *want_text, const char *got_text, const struct rig_out *o)
{
	json_error_t error;
	json_t *want = json_loads(want_text, JSON_DECODE_ANY, &error);
	json_t *got = json_loads(got_text, JSON_DECODE_ANY, &error);
	if (!want)
		fail_msg("line %zu: %s: not JSON: %s", r->line, r->text, error.text);
	if (!got || !rig_json_matches(r->rig, want, got))
		surprise(r, "expected", o ? o : &(struct rig_out){ .who = 'R', .text = (char *)got_text });
	json_decref(want);
	json_decref(got);
}

static void free_out(struct rig_out *o)
{
	free(o->text);
	free(o);
}

static void expect_out(const struct reading *r, char who, const char *want)
{
	struct rig_out *o = take(&r->rig->outs, who);
	if (!o || o->close)
		surprise(r, "expected", o);
	const char *got = o->text;
	if (who == 'S') {
		size_t n = strcspn(want, " ");
		if (strncmp(got, want, n + 1) != 0)
			surprise(r, "expected", o);
		got += n + 1;
		want += n + 1;
	}
	expect_json(r, want, got, o);
	free_out(o);
}

static void expect_close(const struct reading *r, char who, int code)
{
	struct rig_out *o = take(&r->rig->outs, who);
	if (!o || o->close != code)
		surprise(r, "expected", o);
	free_out(o);
	gone(r->rig, who);
}

static void expect_command(const struct reading *r, const char *want_text)
{
	struct rig_out *o;
	json_t *want = json_loads(want_text, 0, NULL);
	if (!want)
		fail_msg("line %zu: %s: not JSON", r->line, r->text);
	bool found = false;
	while (!found && (o = take(&r->rig->commands, 'W'))) {
		json_t *got = json_loads(o->text, 0, NULL);
		found = rig_json_matches(r->rig, want, got);
		json_decref(got);
		free_out(o);
	}
	if (!found)
		surprise(r, "no such command", NULL);
	json_decref(want);
}

static uint32_t u32(const json_t *json, const char *key)
{
	return (uint32_t)json_integer_value(json_object_get(json, key));
}

static void read_slots(const json_t *json, struct event_slots *slots)
{
	const char *name;
	json_t *slot;
	slots->csrc = u32(json, "csrc");
	json_object_foreach(json_object_get((json_t *)json, "map"), name, slot)
	{
		struct slot_change *c = &slots->changes[slots->n++];
		c->kind = name[0] == 'v' ? SLOT_VIDEO : SLOT_AUDIO;
		c->slot = (uint8_t)strtoul(name + 1, NULL, 10);
		c->csrc = (uint32_t)json_integer_value(json_array_get(slot, 0));
		const char *layer = json_string_value(json_array_get(slot, 1));
		(void)snprintf(c->layer, sizeof c->layer, "%s", layer ? layer : "");
		c->reason = (enum slot_reason)json_integer_value(json_array_get(slot, 2));
		c->screen = json_is_true(json_array_get(slot, 3));
	}
}

static void event_in(struct rig *rig, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	assert_non_null(json);
	const char *type = json_string_value(json_object_get(json, "event"));
	struct event e = { .type = EVENT_SLOTS };
	if (strcmp(type, "slots") == 0) {
		read_slots(json, &e.slots);
	} else if (strcmp(type, "encodings") == 0) {
		e.type = EVENT_ENCODINGS;
		e.encodings.csrc = u32(json, "csrc");
		e.encodings.kind = (enum encoding_kind)u32(json, "kind");
		size_t i;
		json_t *one;
		json_array_foreach(json_object_get(json, "encodings"), i, one)
		{
			struct encoding *to = &e.encodings.encodings[e.encodings.n++];
			(void)snprintf(to->rid, sizeof to->rid, "%s", json_string_value(json_array_get(one, 0)));
			to->active = json_is_true(json_array_get(one, 1));
			to->max_bitrate = (bps)json_integer_value(json_array_get(one, 2));
			to->max_framerate = (uint8_t)json_integer_value(json_array_get(one, 3));
		}
	} else if (strcmp(type, "speaking") == 0) {
		e.type = EVENT_SPEAKING;
		e.speaking.room = u32(json, "room");
		size_t i;
		json_t *one;
		json_array_foreach(json_object_get(json, "csrcs"), i, one) e.speaking.csrcs[e.speaking.n++] =
		    (uint32_t)json_integer_value(one);
	} else if (strcmp(type, "transport") == 0) {
		e.type = EVENT_TRANSPORT;
		e.transport.csrc = u32(json, "csrc");
		e.transport.generation = u32(json, "generation");
		e.transport.state = (enum transport_state)u32(json, "state");
	} else {
		assert_string_equal(type, "site");
		e.type = EVENT_SITE;
		e.site = (struct event_site){ .csrc = u32(json, "csrc"),
					      .generation = u32(json, "generation"),
					      .heard = rig->now - (usec)u32(json, "ago_ms") * USEC_MS,
					      .up = u32(json, "up"),
					      .down = u32(json, "down"),
					      .layers = (uint8_t)u32(json, "layers"),
					      .address = { .family = 4, .ip = { 203, 0, 113, 7 }, .port = 5004 } };
	}
	signal_on_event(rig->signal, 0, &e, rig->now);
	json_decref(json);
}

static void request_in(struct rig *rig, char *line)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", "OTHER" };
	struct signal_request request = { .local = true, .host = "dc.example:8443", .remote = "" };
	char *path = line + strcspn(line, " ");
	*path++ = '\0';
	char *body = path + strcspn(path, " ");
	if (*body)
		*body++ = '\0';
	char *query = path + strcspn(path, "?");
	if (*query)
		*query++ = '\0';
	for (int i = 0; i < 6; i++)
		if (strcmp(line, methods[i]) == 0)
			request.method = (enum http_method)i;
	request.path = path;
	request.query = query;
	request.body = bytes_of(body, strlen(body));
	signal_response_fini(&rig->response);
	signal_on_request(rig->signal, &request, &rig->response, rig->now);
}

static void expect_response(const struct reading *r, const char *want)
{
	char *end;
	long status = strtol(want, &end, 10);
	const struct signal_response *got = &r->rig->response;
	if (got->status != status)
		fail_msg("line %zu: %s: got %d %s", r->line, r->text, got->status, got->body ? got->body : "");
	if (*end)
		expect_json(r, end + 1, got->body ? got->body : "null", NULL);
}

static void open_stream(struct rig *rig)
{
	static char socket = 'S';
	struct signal_request request = { .local = true, .path = "/api/v1/events", .query = "" };
	struct signal_response response;
	rig->stream = signal_on_stream(rig->signal, &socket, &request, &response, rig->now);
	assert_non_null(rig->stream);
	signal_on_stream_ready(rig->signal, rig->stream, rig->now);
}

/* Something goes in: what came out before was all named, and the commands that were not are old. */
static void settle(const struct reading *r)
{
	if (r->rig->outs)
		surprise(r, "before this line something came out that no line names", r->rig->outs);
	free_list(&r->rig->commands);
}

static void tick(const struct reading *r, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);
	rig_advance(r->rig, n * (strcmp(end, "ms") == 0 ? USEC_MS : USEC_S));
}

static void play_line(const struct reading *r)
{
	struct rig *rig = r->rig;
	char who = r->text[0];
	bool expects = strncmp(r->text + 1, "> ", 2) == 0 || strncmp(r->text + 1, " x ", 3) == 0;
	char *line = expects ? double_quotes(r->text) : substitute(rig, r->text);
	if (!expects)
		settle(r);
	if (who == '+')
		tick(r, line + 1);
	else if (who == 'W')
		expect_command(r, line + 3);
	else if (who == 'R' && expects)
		expect_response(r, line + 3);
	else if (who == 'R')
		request_in(rig, line + 2);
	else if (who == 'E')
		event_in(rig, line + 3);
	else if (expects && line[1] == '>')
		expect_out(r, who, line + 3);
	else if (expects)
		expect_close(r, who, (int)strtol(line + 3, NULL, 10));
	else if (strcmp(line, "S open") == 0)
		open_stream(rig);
	else if (strcmp(line + 1, " open") == 0)
		rig_open(rig, who);
	else if (strcmp(line + 1, " gone") == 0)
		gone(rig, who);
	else if (strcmp(line + 1, " pong") == 0)
		signal_on_pong(rig->signal, rig->sessions[who - 'A'], rig->now);
	else if (strcmp(line + 1, " oversize") == 0)
		signal_on_oversize(rig->signal, rig->sessions[who - 'A'], rig->now);
	else if (strncmp(line + 1, "< ", 2) == 0)
		rig_text(rig, who, line + 3, strlen(line + 3));
	else
		fail_msg("line %zu: %s: not a line of a script", r->line, r->text);
	if (!expects && who != '+' && signal_deadline(rig->signal) <= rig->now)
		rig_advance(rig, 0);
	free(line);
}

void rig_play(struct rig *rig, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		play_line(&(struct reading){ .rig = rig, .line = i + 1, .text = lines[i] });
	settle(&(struct reading){ .rig = rig, .line = n + 1, .text = "the end" });
}

char *rig_offer(unsigned audio, unsigned video, char fingerprint, const char *credentials)
{
	char *sdp = NULL;
	size_t n;
	FILE *f = open_memstream(&sdp, &n);
	unsigned mid = 0;
	fprintf(f, "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
	for (unsigned i = 0; i < 2 + audio + video; i++)
		fprintf(f, " %u", i);
	fprintf(f, "\r\n");
	for (unsigned i = 0; i < 2 + audio + video; i++) {
		bool is_video = i == 1 || i >= 2 + audio, sends = i < 2;
		fprintf(f,
			"m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 "
			"0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s0123456789012345678901\r\n",
			is_video ? "video" : "audio", is_video ? "96 97" : "111", credentials, credentials);
		fprintf(f, "a=fingerprint:sha-256 ");
		for (int j = 0; j < 32; j++)
			fprintf(f, "%s%c%c", j ? ":" : "", fingerprint, fingerprint);
		fprintf(f, "\r\na=setup:actpass\r\na=mid:%u\r\na=%s\r\na=rtcp-mux\r\n", mid++,
			sends ? "sendonly" : "recvonly");
		fprintf(f, is_video ? "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
				      "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
				    : "a=rtpmap:111 opus/48000/2\r\n");
		fprintf(f, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
		if (i == 1)
			fprintf(f, "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
				   "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\na=simulcast:send l;m;h\r\n");
	}
	assert_int_equal(fclose(f), 0);
	return sdp;
}
