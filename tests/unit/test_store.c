#include "base/str.h"
#include "store/schema.h"
#include "store/store.h"
#include "test.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct folder {
	char path[64], file[96];
};

static int with_folder(void **state)
{
	struct folder *f = calloc(1, sizeof *f);
	(void)snprintf(f->path, sizeof f->path, "/tmp/test_store.XXXXXX");
	if (!f || !mkdtemp(f->path))
		return -1;
	(void)snprintf(f->file, sizeof f->file, "%s/diemcau.db", f->path);
	*state = f;
	return 0;
}

static int without_folder(void **state)
{
	static const char *const files[] = { "diemcau.db", "diemcau.db-wal", "diemcau.db-shm" };
	struct folder *f = *state;
	char path[128];
	(void)chmod(f->path, 0700);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", f->path, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->path);
	free(f);
	return 0;
}

static struct store *open_store(const struct folder *f)
{
	struct store *s = NULL;
	char why[STORE_WHY];
	if (store_open(f->path, &s, why))
		fail_msg("%s", why);
	return s;
}

static const struct record_room room = { .id = "giao-ban",
					 .name = "Giao ban tháng 11",
					 .pin = { 1, 2, 3 },
					 .has_pin = true,
					 .needs_token = true,
					 .kept = true,
					 .locked = true,
					 .seat_s = 3600,
					 .stage = "s1",
					 .chair = "s2",
					 .since = 1764000000 };
static const struct record_seat seat = { .room = "giao-ban",
					 .id = "s1",
					 .secret = { 9, 8, 7 },
					 .csrc = 0xfffffffe,
					 .name = "UBND xã Sủng Là; DROP TABLE seats",
					 .unit = "Đồng Văn",
					 .token_site = "sung-la",
					 .role = ROLE_CHAIR,
					 .role_by_token = true,
					 .hand = 7,
					 .muted_audio = true,
					 .muted_video = true,
					 .slots_audio = 10,
					 .slots_video = 24,
					 .since = 1764000001,
					 .lost = 1764000002 };

/* What came of an `each`. */
struct seen {
	int n;
	struct record_room rooms[8];
	struct record_seat seats[8];
	struct record_ban bans[8];
	struct record_login logins[8];
};

static void see_room(void *ctx, const struct record_room *r)
{
	struct seen *seen = ctx;
	seen->rooms[seen->n++] = *r;
}
static void see_seat(void *ctx, const struct record_seat *r)
{
	struct seen *seen = ctx;
	seen->seats[seen->n++] = *r;
}
static void see_ban(void *ctx, const struct record_ban *r)
{
	struct seen *seen = ctx;
	seen->bans[seen->n++] = *r;
}
static void see_login(void *ctx, const struct record_login *r)
{
	struct seen *seen = ctx;
	seen->logins[seen->n++] = *r;
}

static struct seen rooms_of(struct store *s)
{
	struct seen seen = { 0 };
	assert_int_equal(store_rooms(s, see_room, &seen), ERR_OK);
	return seen;
}

static struct seen seats_of(struct store *s)
{
	struct seen seen = { 0 };
	assert_int_equal(store_seats(s, see_seat, &seen), ERR_OK);
	return seen;
}

/* Byte for byte over a close and an open. */
static void keeps_every_field(void **state)
{
	struct store *s = open_store(*state);
	struct record_seat second = seat;
	second.csrc = 5;
	second.lost = 0;
	(void)str_copy(second.id, sizeof second.id, "s2");
	assert_int_equal(store_room_put(s, &room), ERR_OK);
	assert_int_equal(store_seat_put(s, &seat), ERR_OK);
	assert_int_equal(store_seat_put(s, &second), ERR_OK);
	assert_int_equal(store_seat_put(s, &seat), ERR_OK); /* again: the order stays */
	store_close(s);
	s = open_store(*state);
	struct seen seen = rooms_of(s);
	assert_int_equal(seen.n, 1);
	assert_memory_equal(&seen.rooms[0], &room, sizeof room);
	seen = seats_of(s);
	assert_int_equal(seen.n, 2);
	assert_memory_equal(&seen.seats[0], &seat, sizeof seat);
	assert_memory_equal(&seen.seats[1], &second, sizeof second);
	store_close(s);
}

static void deletes(void **state)
{
	struct store *s = open_store(*state);
	struct record_room open_room = { .id = "o", .name = "o" };
	struct record_seat other = seat;
	(void)str_copy(other.id, sizeof other.id, "s2");
	other.csrc = 1;
	assert_int_equal(store_seat_put(s, &seat), ERR_SYS); /* its room is not there */
	assert_int_equal(store_room_put(s, &room), ERR_OK);
	assert_int_equal(store_room_put(s, &open_room), ERR_OK);
	assert_false(rooms_of(s).rooms[1].has_pin);
	assert_int_equal(store_seat_put(s, &seat), ERR_OK);
	assert_int_equal(store_seat_put(s, &other), ERR_OK);
	assert_int_equal(store_seat_delete(s, "giao-ban", "s1"), ERR_OK);
	assert_int_equal(store_seat_delete(s, "giao-ban", "s1"), ERR_OK);
	struct seen seen = seats_of(s);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.seats[0].id, "s2");
	assert_int_equal(store_room_delete(s, "giao-ban"), ERR_OK);
	assert_int_equal(seats_of(s).n, 0);
	assert_int_equal(rooms_of(s).n, 1);
	store_close(s);
}

static void bans_and_logins_expire(void **state)
{
	struct store *s = open_store(*state);
	struct record_ban ban = { .room = "r", .kind = BAN_NAME, .what = "Binh", .reason = "ồn", .until = 100 },
			  longer = ban;
	struct record_login login = { .secret = { 1 }, .until = 100 }, other = { .secret = { 2 }, .until = 200 };
	struct seen seen = { 0 };
	longer.until = 300;
	assert_int_equal(store_ban_put(s, &ban), ERR_OK);
	assert_int_equal(store_ban_put(s, &longer), ERR_OK); /* the same ban, longer */
	ban.kind = BAN_TOKEN_SITE;
	assert_int_equal(store_ban_put(s, &ban), ERR_OK);
	assert_int_equal(store_bans_expire(s, 100), ERR_OK);
	assert_int_equal(store_bans(s, see_ban, &seen), ERR_OK);
	assert_int_equal(seen.n, 1);
	assert_memory_equal(&seen.bans[0], &longer, sizeof longer);
	assert_int_equal(store_login_put(s, &login), ERR_OK);
	assert_int_equal(store_login_put(s, &other), ERR_OK);
	assert_int_equal(store_logins_expire(s, 150), ERR_OK);
	seen.n = 0;
	assert_int_equal(store_logins(s, see_login, &seen), ERR_OK);
	assert_int_equal(seen.n, 1);
	assert_memory_equal(&seen.logins[0], &other, sizeof other);
	assert_int_equal(store_login_delete(s, other.secret), ERR_OK);
	seen.n = 0;
	assert_int_equal(store_logins(s, see_login, &seen), ERR_OK);
	assert_int_equal(seen.n, 0);
	store_close(s);
}

static void keeps_admin_and_keys(void **state)
{
	struct store *s = open_store(*state);
	struct record_admin admin = { .password = "x" };
	uint8_t key[64], long_key[STORE_KEY_MAX + 1] = { 0 };
	size_t n;
	assert_int_equal(store_admin_get(s, &admin), ERR_OK);
	assert_string_equal(admin.password, "");
	(void)str_copy(admin.password, sizeof admin.password, "scrypt$…");
	assert_int_equal(store_admin_put(s, &admin), ERR_OK);
	assert_int_equal(store_admin_put(s, &admin), ERR_OK);
	assert_int_equal(store_key_get(s, "token", key, sizeof key, &n), ERR_MISSING);
	assert_int_equal(store_key_put(s, "token", bytes_of("\0secret", 7)), ERR_OK);
	assert_int_equal(store_key_put(s, "long", bytes_of(long_key, STORE_KEY_MAX)), ERR_OK);
	assert_int_equal(store_key_put(s, "longer", bytes_of(long_key, sizeof long_key)), ERR_RANGE);
	store_close(s);
	s = open_store(*state);
	admin.password[0] = '\0';
	assert_int_equal(store_admin_get(s, &admin), ERR_OK);
	assert_string_equal(admin.password, "scrypt$…");
	assert_int_equal(store_key_get(s, "token", key, sizeof key, &n), ERR_OK);
	assert_int_equal(n, 7);
	assert_memory_equal(key, "\0secret", 7);
	assert_int_equal(store_key_get(s, "long", key, sizeof key, &n), ERR_RANGE);
	store_close(s);
}

/* The guarantee: a process killed right after a put has lost nothing. */
static void survives_a_kill(void **state)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *s = NULL;
		char why[STORE_WHY];
		if (store_open(((struct folder *)*state)->path, &s, why) || store_room_put(s, &room) ||
		    store_seat_put(s, &seat))
			_exit(1);
		(void)kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	struct store *s = open_store(*state);
	assert_int_equal(seats_of(s).n, 1);
	store_close(s);
}

static void only_its_user_reads_it(void **state)
{
	const struct folder *f = *state;
	struct stat st;
	store_close(open_store(f));
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void execute(const struct folder *f, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(f->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void refuses_a_newer_version(void **state)
{
	const struct folder *f = *state;
	struct store *s;
	char why[STORE_WHY];
	store_close(open_store(f));
	execute(f, "PRAGMA user_version = 999");
	assert_int_equal(store_open(f->path, &s, why), ERR_RANGE);
	assert_null(s);
	assert_non_null(strstr(why, "newer version"));
	execute(f, "PRAGMA user_version = 1");
	store_close(open_store(f));
}

static int count_rows(void *ctx, int n, char **values, char **names)
{
	++*(int *)ctx;
	return 0;
}

static void writes_down_its_migrations(void **state)
{
	const struct folder *f = *state;
	sqlite3 *db;
	int n = 0;
	store_close(open_store(f));
	store_close(open_store(f));
	assert_int_equal(sqlite3_open(f->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "SELECT * FROM migrations", count_rows, &n, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(n, schema_version());
}

/* One line that says what to do: a folder that cannot be, a file that is no database, a file where the folder should
 * be. Root may write anywhere, so permissions alone are not tried. */
static void says_what_is_wrong(void **state)
{
	struct folder *f = *state;
	struct store *s;
	char why[STORE_WHY], path[128];
	assert_int_equal(store_open("/nonexistent/folder", &s, why), ERR_SYS);
	assert_non_null(strstr(why, "/nonexistent/folder"));
	assert_non_null(strstr(why, "state.dir"));
	assert_int_equal(store_open("/proc", &s, why), ERR_SYS);
	FILE *file = fopen(f->file, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		(void)fputs("not a database at all ", file);
	(void)fclose(file);
	assert_int_equal(store_open(f->path, &s, why), ERR_SYS);
	assert_non_null(strstr(why, "database"));
	assert_null(strchr(why, '\n'));
	(void)snprintf(path, sizeof path, "%s/sub", f->file);
	assert_int_equal(store_open(path, &s, why), ERR_SYS);
	assert_null(s);
}

int main(void)
{
#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, with_folder, without_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(keeps_every_field),	    IN_FOLDER(deletes),
		IN_FOLDER(bans_and_logins_expire),  IN_FOLDER(keeps_admin_and_keys),
		IN_FOLDER(survives_a_kill),	    IN_FOLDER(only_its_user_reads_it),
		IN_FOLDER(refuses_a_newer_version), IN_FOLDER(writes_down_its_migrations),
		IN_FOLDER(says_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
