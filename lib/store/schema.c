#include "store/schema.h"
#include "base/str.h"

/* steps[i] brings version i to i + 1. What was released is never changed, only followed. */
static const char *const steps[] = {
	"CREATE TABLE migrations (version INTEGER PRIMARY KEY, at TEXT NOT NULL);"
	"CREATE TABLE rooms (id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, pin BLOB, needs_token INTEGER NOT NULL,"
	" kept INTEGER NOT NULL, locked INTEGER NOT NULL, seat_s INTEGER NOT NULL, stage TEXT NOT NULL,"
	" chair TEXT NOT NULL, since INTEGER NOT NULL);"
	"CREATE TABLE seats (room TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE, id TEXT NOT NULL,"
	" secret BLOB NOT NULL, csrc INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, unit TEXT NOT NULL,"
	" token_site TEXT NOT NULL, role INTEGER NOT NULL, role_by_token INTEGER NOT NULL, hand INTEGER NOT NULL,"
	" muted_audio INTEGER NOT NULL, muted_video INTEGER NOT NULL, slots_audio INTEGER NOT NULL,"
	" slots_video INTEGER NOT NULL, since INTEGER NOT NULL, lost INTEGER NOT NULL, UNIQUE (room, id));"
	"CREATE TABLE bans (room TEXT NOT NULL, kind INTEGER NOT NULL,"
	" what TEXT NOT NULL, reason TEXT NOT NULL, until INTEGER NOT NULL, UNIQUE (room, kind, what));"
	"CREATE INDEX bans_until ON bans (until);"
	"CREATE TABLE keys (name TEXT PRIMARY KEY, key BLOB NOT NULL);"
	"CREATE TABLE admin (id INTEGER PRIMARY KEY CHECK (id = 1), password TEXT NOT NULL);"
	"CREATE TABLE logins (secret BLOB NOT NULL UNIQUE, until INTEGER NOT NULL);",
};
#define VERSION ((int)(sizeof steps / sizeof *steps))

int schema_version(void)
{
	return VERSION;
}

static enum err run(sqlite3 *db, const char *sql, const char **detail)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return ERR_OK;
	*detail = sqlite3_errmsg(db);
	return ERR_SYS;
}

static enum err read_version(sqlite3 *db, int *version, const char **detail)
{
	sqlite3_stmt *statement = NULL;
	bool good = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
		    sqlite3_step(statement) == SQLITE_ROW;
	*version = good ? sqlite3_column_int(statement, 0) : 0;
	(void)sqlite3_finalize(statement);
	if (!good)
		*detail = sqlite3_errmsg(db);
	return good ? ERR_OK : ERR_SYS;
}

static enum err step(sqlite3 *db, int from, const char **detail)
{
	char mark[160];
	(void)str_print(mark, sizeof mark,
			"INSERT INTO migrations VALUES (%d, datetime('now')); PRAGMA user_version = %d;", from + 1,
			from + 1);
	enum err err = run(db, steps[from], detail);
	return err ? err : run(db, mark, detail);
}

enum err schema_open(sqlite3 *db, const char **detail)
{
	int version;
	enum err err =
	    run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;", detail);
	if (!err)
		err = run(db, "BEGIN IMMEDIATE", detail);
	if (!err)
		err = read_version(db, &version, detail);
	if (err)
		return err;
	if (version > VERSION) {
		*detail = "update the daemon, or give it another folder";
		err = ERR_RANGE;
	}
	for (int i = version; !err && i < VERSION; i++)
		err = step(db, i, detail);
	if (!err)
		err = run(db, "COMMIT", detail);
	if (err)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}
