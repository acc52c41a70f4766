#include "store/store.h"
#include "base/log.h"
#include "base/str.h"
#include "store/query.h"
#include "store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MAX_BYTES 4096

static enum err fail(char why[STORE_WHY], enum err err, const char *folder, const char *what, const char *detail)
{
	(void)str_print(why, STORE_WHY,
			"The state folder %s cannot be used: %s (%s). Give the daemon a folder it may write to: --set "
			"state.dir=FOLDER.",
			folder, what, detail);
	return err;
}

/* The file is made here, so that nobody but the daemon's user may read it; SQLite gives its journals the same mode. */
static enum err make_file(const char *folder, const char *path, char why[STORE_WHY])
{
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return fail(why, ERR_SYS, folder, "it is not there and cannot be made", strerror(errno));
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(why, ERR_SYS, folder, "no file can be written in it", strerror(errno));
	(void)close(fd);
	return ERR_OK;
}

enum err store_open(const char *folder, struct store **store, char why[STORE_WHY])
{
	char path[PATH_MAX_BYTES];
	*store = NULL;
	why[0] = '\0';
	if (str_print(path, sizeof path, "%s/diemcau.db", folder))
		return fail(why, ERR_SYS, folder, "its path is too long", "ENAMETOOLONG");
	enum err err = make_file(folder, path, why);
	if (err)
		return err;
	struct store *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_NOMEM;
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		err = fail(why, ERR_SYS, folder, "its database cannot be opened",
			   s->db ? sqlite3_errmsg(s->db) : "no memory");
	if (!err) {
		(void)sqlite3_busy_timeout(s->db, 2000);
		const char *detail = "";
		err = schema_open(s->db, &detail);
		if (err)
			err = fail(why, err, folder,
				   err == ERR_RANGE ? "its database is of a newer version"
						    : "its database is broken or locked",
				   detail);
	}
	if (err) {
		store_close(s);
		return err;
	}
	*store = s;
	return ERR_OK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (int i = 0; i < QUERIES; i++)
		(void)sqlite3_finalize(s->prepared[i]);
	(void)sqlite3_close(s->db);
	free(s);
}

enum err store_room_put(struct store *s, const struct record_room *room)
{
	struct query q = query_begin(s, QUERY_ROOM_PUT);
	query_text(&q, room->id);
	query_text(&q, room->name);
	query_blob(&q, bytes_of(room->pin, room->has_pin ? sizeof room->pin : 0));
	query_int(&q, room->needs_token);
	query_int(&q, room->kept);
	query_int(&q, room->locked);
	query_int(&q, room->seat_s);
	query_text(&q, room->stage);
	query_text(&q, room->chair);
	query_int(&q, room->since);
	return query_run(&q);
}

/* Its seats go by their foreign key. */
enum err store_room_delete(struct store *s, const char *room)
{
	struct query q = query_begin(s, QUERY_ROOM_DELETE);
	query_text(&q, room);
	return query_run(&q);
}

enum err store_rooms(struct store *s, void (*each)(void *ctx, const struct record_room *), void *ctx)
{
	struct query q = query_begin(s, QUERY_ROOMS);
	while (query_row(&q)) {
		struct record_room room = { 0 };
		query_get_text(&q, room.id, sizeof room.id);
		query_get_text(&q, room.name, sizeof room.name);
		room.has_pin = query_get_blob(&q, room.pin, sizeof room.pin) == sizeof room.pin;
		room.needs_token = query_get_int(&q);
		room.kept = query_get_int(&q);
		room.locked = query_get_int(&q);
		room.seat_s = (uint32_t)query_get_int(&q);
		query_get_text(&q, room.stage, sizeof room.stage);
		query_get_text(&q, room.chair, sizeof room.chair);
		room.since = query_get_int(&q);
		each(ctx, &room);
	}
	return query_end(&q);
}

enum err store_seat_put(struct store *s, const struct record_seat *seat)
{
	struct query q = query_begin(s, QUERY_SEAT_PUT);
	query_text(&q, seat->room);
	query_text(&q, seat->id);
	query_blob(&q, bytes_of(seat->secret, sizeof seat->secret));
	query_int(&q, seat->csrc);
	query_text(&q, seat->name);
	query_text(&q, seat->unit);
	query_text(&q, seat->token_site);
	query_int(&q, seat->role);
	query_int(&q, seat->role_by_token);
	query_int(&q, seat->hand);
	query_int(&q, seat->muted_audio);
	query_int(&q, seat->muted_video);
	query_int(&q, seat->slots_audio);
	query_int(&q, seat->slots_video);
	query_int(&q, seat->since);
	query_int(&q, seat->lost);
	return query_run(&q);
}

enum err store_seat_delete(struct store *s, const char *room, const char *id)
{
	struct query q = query_begin(s, QUERY_SEAT_DELETE);
	query_text(&q, room);
	query_text(&q, id);
	return query_run(&q);
}

enum err store_seats(struct store *s, void (*each)(void *ctx, const struct record_seat *), void *ctx)
{
	struct query q = query_begin(s, QUERY_SEATS);
	while (query_row(&q)) {
		struct record_seat seat = { 0 };
		query_get_text(&q, seat.room, sizeof seat.room);
		query_get_text(&q, seat.id, sizeof seat.id);
		(void)query_get_blob(&q, seat.secret, sizeof seat.secret);
		seat.csrc = (uint32_t)query_get_int(&q);
		query_get_text(&q, seat.name, sizeof seat.name);
		query_get_text(&q, seat.unit, sizeof seat.unit);
		query_get_text(&q, seat.token_site, sizeof seat.token_site);
		int64_t role = query_get_int(&q);
		seat.role = role == ROLE_CHAIR || role == ROLE_OPERATOR ? (enum role)role : ROLE_GUEST;
		seat.role_by_token = query_get_int(&q);
		seat.hand = (uint32_t)query_get_int(&q);
		seat.muted_audio = query_get_int(&q);
		seat.muted_video = query_get_int(&q);
		seat.slots_audio = (uint8_t)query_get_int(&q);
		seat.slots_video = (uint8_t)query_get_int(&q);
		seat.since = query_get_int(&q);
		seat.lost = query_get_int(&q);
		each(ctx, &seat);
	}
	return query_end(&q);
}

enum err store_ban_put(struct store *s, const struct record_ban *ban)
{
	struct query q = query_begin(s, QUERY_BAN_PUT);
	query_text(&q, ban->room);
	query_int(&q, ban->kind);
	query_text(&q, ban->what);
	query_text(&q, ban->reason);
	query_int(&q, ban->until);
	return query_run(&q);
}

enum err store_bans_expire(struct store *s, int64_t now)
{
	struct query q = query_begin(s, QUERY_BANS_EXPIRE);
	query_int(&q, now);
	return query_run(&q);
}

enum err store_bans(struct store *s, void (*each)(void *ctx, const struct record_ban *), void *ctx)
{
	struct query q = query_begin(s, QUERY_BANS);
	while (query_row(&q)) {
		struct record_ban ban = { 0 };
		query_get_text(&q, ban.room, sizeof ban.room);
		int64_t kind = query_get_int(&q);
		ban.kind = kind == BAN_TOKEN_SITE || kind == BAN_NAME ? (enum ban_kind)kind : BAN_SEAT;
		query_get_text(&q, ban.what, sizeof ban.what);
		query_get_text(&q, ban.reason, sizeof ban.reason);
		ban.until = query_get_int(&q);
		each(ctx, &ban);
	}
	return query_end(&q);
}

enum err store_admin_get(struct store *s, struct record_admin *admin)
{
	struct query q = query_begin(s, QUERY_ADMIN_GET);
	*admin = (struct record_admin){ .password = "" };
	if (query_row(&q))
		query_get_text(&q, admin->password, sizeof admin->password);
	return query_end(&q);
}

enum err store_admin_put(struct store *s, const struct record_admin *admin)
{
	struct query q = query_begin(s, QUERY_ADMIN_PUT);
	query_text(&q, admin->password);
	return query_run(&q);
}

enum err store_login_put(struct store *s, const struct record_login *login)
{
	struct query q = query_begin(s, QUERY_LOGIN_PUT);
	query_blob(&q, bytes_of(login->secret, sizeof login->secret));
	query_int(&q, login->until);
	return query_run(&q);
}

enum err store_login_delete(struct store *s, const uint8_t secret[SHA256_BYTES])
{
	struct query q = query_begin(s, QUERY_LOGIN_DELETE);
	query_blob(&q, bytes_of(secret, SHA256_BYTES));
	return query_run(&q);
}

enum err store_logins_expire(struct store *s, int64_t now)
{
	struct query q = query_begin(s, QUERY_LOGINS_EXPIRE);
	query_int(&q, now);
	return query_run(&q);
}

enum err store_logins(struct store *s, void (*each)(void *ctx, const struct record_login *), void *ctx)
{
	struct query q = query_begin(s, QUERY_LOGINS);
	while (query_row(&q)) {
		struct record_login login = { 0 };
		(void)query_get_blob(&q, login.secret, sizeof login.secret);
		login.until = query_get_int(&q);
		each(ctx, &login);
	}
	return query_end(&q);
}

enum err store_key_get(struct store *s, const char *name, void *to, size_t size, size_t *n)
{
	struct query q = query_begin(s, QUERY_KEY_GET);
	query_text(&q, name);
	*n = 0;
	bool found = query_row(&q);
	if (found)
		*n = query_get_blob(&q, to, size);
	enum err err = query_end(&q);
	if (err)
		return err;
	if (!found)
		return ERR_MISSING;
	return *n ? ERR_OK : ERR_RANGE;
}

enum err store_key_put(struct store *s, const char *name, struct bytes key)
{
	if (key.n == 0 || key.n > STORE_KEY_MAX)
		return ERR_RANGE;
	struct query q = query_begin(s, QUERY_KEY_PUT);
	query_text(&q, name);
	query_blob(&q, key);
	return query_run(&q);
}
