#include "store/query.h"
#include "base/log.h"
#include "base/str.h"
#include <string.h>

static const char *const texts[QUERIES] = {
	[QUERY_ROOM_PUT] = "INSERT INTO rooms (id, name, pin, needs_token, kept, locked, seat_s, stage, chair, since)"
			   " VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
			   " pin = excluded.pin, needs_token = excluded.needs_token, kept = excluded.kept,"
			   " locked = excluded.locked, seat_s = excluded.seat_s, stage = excluded.stage,"
			   " chair = excluded.chair, since = excluded.since",
	[QUERY_ROOM_DELETE] = "DELETE FROM rooms WHERE id = ?",
	[QUERY_ROOMS] = "SELECT id, name, pin, needs_token, kept, locked, seat_s, stage, chair, since FROM rooms"
			" ORDER BY rowid",
	[QUERY_SEAT_PUT] =
	    "INSERT INTO seats (room, id, secret, csrc, name, unit, token_site, role, role_by_token, hand, muted_audio,"
	    " muted_video, slots_audio, slots_video, since, lost) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
	    " ON CONFLICT (room, id) DO UPDATE SET secret = excluded.secret, csrc = excluded.csrc,"
	    " name = excluded.name, unit = excluded.unit, token_site = excluded.token_site, role = excluded.role,"
	    " role_by_token = excluded.role_by_token, hand = excluded.hand, muted_audio = excluded.muted_audio,"
	    " muted_video = excluded.muted_video, slots_audio = excluded.slots_audio,"
	    " slots_video = excluded.slots_video, since = excluded.since, lost = excluded.lost",
	[QUERY_SEAT_DELETE] = "DELETE FROM seats WHERE room = ? AND id = ?",
	[QUERY_SEATS] = "SELECT room, id, secret, csrc, name, unit, token_site, role, role_by_token, hand, muted_audio,"
			" muted_video, slots_audio, slots_video, since, lost FROM seats ORDER BY rowid",
	[QUERY_BAN_PUT] = "INSERT OR REPLACE INTO bans (room, kind, what, reason, until) VALUES (?,?,?,?,?)",
	[QUERY_BANS_EXPIRE] = "DELETE FROM bans WHERE until <= ?",
	[QUERY_BANS] = "SELECT room, kind, what, reason, until FROM bans ORDER BY rowid",
	[QUERY_ADMIN_GET] = "SELECT password FROM admin WHERE id = 1",
	[QUERY_ADMIN_PUT] = "INSERT OR REPLACE INTO admin (id, password) VALUES (1, ?)",
	[QUERY_LOGIN_PUT] = "INSERT OR REPLACE INTO logins (secret, until) VALUES (?,?)",
	[QUERY_LOGIN_DELETE] = "DELETE FROM logins WHERE secret = ?",
	[QUERY_LOGINS_EXPIRE] = "DELETE FROM logins WHERE until <= ?",
	[QUERY_LOGINS] = "SELECT secret, until FROM logins ORDER BY rowid",
	[QUERY_KEY_GET] = "SELECT key FROM keys WHERE name = ?",
	[QUERY_KEY_PUT] = "INSERT OR REPLACE INTO keys (name, key) VALUES (?,?)",
};

static void check(struct query *q, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE || q->failed)
		return;
	q->failed = true;
	log_error("store", "event=sqlite code=%d text=%s", rc, LOG_TEXT(sqlite3_errmsg(q->store->db)));
}

struct query query_begin(struct store *s, enum query_kind kind)
{
	struct query q = { .store = s };
	if (!s->prepared[kind])
		check(&q,
		      sqlite3_prepare_v3(s->db, texts[kind], -1, SQLITE_PREPARE_PERSISTENT, &s->prepared[kind], NULL));
	q.statement = s->prepared[kind];
	return q;
}

void query_text(struct query *q, const char *text)
{
	if (!q->failed)
		check(q, sqlite3_bind_text(q->statement, ++q->field, text, -1, SQLITE_TRANSIENT));
}

void query_blob(struct query *q, struct bytes blob)
{
	q->field++;
	if (!q->failed && blob.n)
		check(q, sqlite3_bind_blob64(q->statement, q->field, blob.p, blob.n, SQLITE_TRANSIENT));
}

void query_int(struct query *q, int64_t value)
{
	if (!q->failed)
		check(q, sqlite3_bind_int64(q->statement, ++q->field, value));
}

bool query_row(struct query *q)
{
	if (q->failed)
		return false;
	q->field = 0;
	int rc = sqlite3_step(q->statement);
	check(q, rc);
	return rc == SQLITE_ROW;
}

enum err query_end(struct query *q)
{
	if (q->statement) {
		(void)sqlite3_reset(q->statement);
		(void)sqlite3_clear_bindings(q->statement);
	}
	return q->failed ? ERR_SYS : ERR_OK;
}

enum err query_run(struct query *q)
{
	(void)query_row(q);
	return query_end(q);
}

void query_get_text(struct query *q, char *to, size_t size)
{
	const unsigned char *text = sqlite3_column_text(q->statement, q->field++);
	(void)str_copy(to, size, text ? (const char *)text : "");
}

size_t query_get_blob(struct query *q, void *to, size_t size)
{
	int field = q->field++;
	const void *blob = sqlite3_column_blob(q->statement, field);
	int n = sqlite3_column_bytes(q->statement, field);
	if (!blob || n < 0 || (size_t)n > size)
		return 0;
	memcpy(to, blob, (size_t)n);
	return (size_t)n;
}

int64_t query_get_int(struct query *q)
{
	return sqlite3_column_int64(q->statement, q->field++);
}
