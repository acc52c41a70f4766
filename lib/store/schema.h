/* The database's tables and the way from each older version to the present one. */
#pragma once
#include "base/err.h"
#include <sqlite3.h>
#include <stdbool.h>

/* Of this program; PRAGMA user_version of the file. */
int schema_version(void);
/* Settings of the connection (WAL, foreign keys), then all steps between the file's version and ours in one
 * transaction. ERR_RANGE: the file is newer; ERR_SYS: SQLite refuses; *detail is then text valid until the next call on
 * `db`. */
must_check enum err schema_open(sqlite3 *db, const char **detail);
