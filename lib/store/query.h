/* The store's prepared statements: bound and read field by field in order, stepped, reset.
 *
 * Sticky: after the first failure everything else is a no-op and query_run or query_end tells it, logged once with
 * SQLite's text. One statement of a kind at a time. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum query_kind {
	QUERY_ROOM_PUT,
	QUERY_ROOM_DELETE,
	QUERY_ROOMS,
	QUERY_SEAT_PUT,
	QUERY_SEAT_DELETE,
	QUERY_SEATS,
	QUERY_BAN_PUT,
	QUERY_BANS_EXPIRE,
	QUERY_BANS,
	QUERY_ADMIN_GET,
	QUERY_ADMIN_PUT,
	QUERY_LOGIN_PUT,
	QUERY_LOGIN_DELETE,
	QUERY_LOGINS_EXPIRE,
	QUERY_LOGINS,
	QUERY_KEY_GET,
	QUERY_KEY_PUT,
	QUERIES
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *prepared[QUERIES]; /* each made at its first use */
};

struct query {
	struct store *store;
	sqlite3_stmt *statement;
	int field; /* the next one bound, or read */
	bool failed;
};

struct query query_begin(struct store *s, enum query_kind kind);
void query_text(struct query *q, const char *text);
/* n 0: NULL in the table. */
void query_blob(struct query *q, struct bytes blob);
void query_int(struct query *q, int64_t value);

/* Runs a statement without rows. */
must_check enum err query_run(struct query *q);
/* The next row; false at the end and after a failure. */
bool query_row(struct query *q);
must_check enum err query_end(struct query *q);
/* Fields of the row in order. A text too long for its place reads as empty; a blob as 0 bytes. */
void query_get_text(struct query *q, char *to, size_t size);
size_t query_get_blob(struct query *q, void *to, size_t size);
int64_t query_get_int(struct query *q);
