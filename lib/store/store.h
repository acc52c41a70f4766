/* What must survive a restart, in one SQLite file: rooms, seats, bans, keys, the administrator and who is signed in.
 *
 * Guarantee: what a put returned ERR_OK for is there after the process was killed (WAL, synchronous=NORMAL; the last
 * moments before a power cut may be missing, the file stays whole). The schema has a version (PRAGMA user_version);
 * an older file is brought forward at open in one transaction, a newer one is refused.
 *
 * One owner thread; calls block for the disk. Texts and structs are copied. Errors: ERR_SYS when SQLite refuses (logged
 * with SQLite's text), ERR_MISSING where said. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/record.h"
#include <stddef.h>

#define STORE_WHY 600
#define STORE_KEY_MAX 8192 /* bytes of one key */

struct store;

/* Opens, or makes on first start, `<folder>/diemcau.db` (mode 0600); the folder itself is made too when its parent is
 * there. On failure `why` is one sentence for the operator that says what to do. ERR_SYS, ERR_NOMEM; ERR_RANGE for a
 * file of a newer version. */
must_check enum err store_open(const char *folder, struct store **store, char why[STORE_WHY]);
void store_close(struct store *s);

/* Insert or replace by id. Deleting a room deletes its seats, not its bans; deleting what is not there is ERR_OK. */
must_check enum err store_room_put(struct store *s, const struct record_room *room);
must_check enum err store_room_delete(struct store *s, const char *room);
must_check enum err store_rooms(struct store *s, void (*each)(void *ctx, const struct record_room *), void *ctx);

/* Insert or replace by (room, id). */
must_check enum err store_seat_put(struct store *s, const struct record_seat *seat);
must_check enum err store_seat_delete(struct store *s, const char *room, const char *id);
/* In order of joining. */
must_check enum err store_seats(struct store *s, void (*each)(void *ctx, const struct record_seat *), void *ctx);

/* Insert or replace by (room, kind, what). */
must_check enum err store_ban_put(struct store *s, const struct record_ban *ban);
must_check enum err store_bans_expire(struct store *s, int64_t now);
must_check enum err store_bans(struct store *s, void (*each)(void *ctx, const struct record_ban *), void *ctx);

/* An empty record when none was put. */
must_check enum err store_admin_get(struct store *s, struct record_admin *admin);
must_check enum err store_admin_put(struct store *s, const struct record_admin *admin);

must_check enum err store_login_put(struct store *s, const struct record_login *login);
must_check enum err store_login_delete(struct store *s, const uint8_t secret[SHA256_BYTES]);
must_check enum err store_logins_expire(struct store *s, int64_t now);
must_check enum err store_logins(struct store *s, void (*each)(void *ctx, const struct record_login *), void *ctx);

/* Named secrets of the daemon (the token key, the certificate's private key): get copies into to[size] and sets *n;
 * ERR_MISSING, ERR_RANGE when it does not fit. */
must_check enum err store_key_get(struct store *s, const char *name, void *to, size_t size, size_t *n);
must_check enum err store_key_put(struct store *s, const char *name, struct bytes key);
