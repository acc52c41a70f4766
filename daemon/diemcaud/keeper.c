#include "keeper.h"
#include "base/log.h"
#include "base/str.h"
#include "io/clock.h"
#include "secure/mac.h"
#include "secure/password.h"
#include "secure/random.h"
#include <stdlib.h>

#define TOKEN_KEY_NAME "token"

_Static_assert(SIGNAL_TOKEN_MAX >= TOKEN_MAX, "a token of ours fits");
_Static_assert(PASSWORD_HASH_MAX + 1 >= PASSWORD_TEXT, "a password's hash fits");
_Static_assert((int)ROLE_GUEST == (int)TOKEN_GUEST && (int)ROLE_CHAIR == (int)TOKEN_CHAIR &&
		   (int)ROLE_OPERATOR == (int)TOKEN_OPERATOR,
	       "roles are one list");

static enum err take_key(struct keeper *k)
{
	uint8_t secret[512];
	size_t n;
	enum err err = store_key_get(k->store, TOKEN_KEY_NAME, secret, sizeof secret, &n);
	if (!err)
		return token_key_secret(&k->key, secret, n);
	if (err != ERR_MISSING)
		return err;
	err = token_key_random(&k->key);
	return err ? err : store_key_put(k->store, TOKEN_KEY_NAME, bytes_of(k->key.data, k->key.n));
}

enum err keeper_open(struct keeper *k, const char *folder, char why[KEEPER_WHY])
{
	*k = (struct keeper){ 0 };
	enum err err = store_open(folder, &k->store, why);
	if (err)
		return err;
	err = take_key(k);
	if (!err)
		err = store_logins_expire(k->store, clock_unix_ms() / 1000);
	if (err) {
		(void)str_print(why, KEEPER_WHY, "the token key in %s cannot be kept (%s); is the disk full?", folder,
				err_name(err));
		keeper_close(k);
	}
	return err;
}

void keeper_close(struct keeper *k)
{
	store_close(k->store);
	*k = (struct keeper){ 0 };
}

static struct keeper *of(void *ctx)
{
	return ((struct keeper_ctx *)ctx)->keeper;
}

static int64_t unix_ms(void *ctx)
{
	return clock_unix_ms();
}

/* Identifiers and secrets stand on this: without it nothing may go on. */
static void chance(void *ctx, void *to, size_t n)
{
	if (random_bytes(to, n)) {
		log_error("keeper", "event=no-chance");
		abort();
	}
}

static void sha256(void *ctx, struct bytes text, uint8_t hash[SHA256_BYTES])
{
	if (mac_sha256(text, hash)) {
		log_error("keeper", "event=no-sha256");
		abort();
	}
}

static enum err hash_password(void *ctx, const char *password, char hash[PASSWORD_HASH_MAX + 1])
{
	char text[PASSWORD_TEXT];
	enum err err = password_hash(password, text);
	return err ? err : str_copy(hash, PASSWORD_HASH_MAX + 1, text);
}

static bool verify_password(void *ctx, const char *password, const char *hash)
{
	return password_verify(password, hash) == ERR_OK;
}

static enum err verify_token(void *ctx, const char *token, int64_t unix_s, struct signal_claims *claims)
{
	struct token_claims read;
	*claims = (struct signal_claims){ 0 };
	if (token_verify(&of(ctx)->key, token, unix_s, &read))
		return ERR_AUTH;
	claims->role = (enum role)read.role;
	claims->expires = read.exp;
	return str_copy(claims->room, sizeof claims->room, read.room) ||
		       str_copy(claims->name, sizeof claims->name, read.name) ||
		       str_copy(claims->site, sizeof claims->site, read.site) ||
		       str_copy(claims->unit, sizeof claims->unit, read.unit)
		   ? ERR_AUTH
		   : ERR_OK;
}

#define NEVER_S (INT64_C(10) * 365 * 86400) /* a token must end at some time */

static enum err issue_token(void *ctx, const struct signal_claims *claims, char token[SIGNAL_TOKEN_MAX + 1])
{
	int64_t now_s = clock_unix_ms() / 1000;
	struct token_claims made = { .role = (enum token_role)claims->role,
				     .iat = now_s,
				     .exp = claims->expires ? claims->expires : now_s + NEVER_S };
	char text[TOKEN_MAX + 1];
	if (str_copy(made.room, sizeof made.room, claims->room) ||
	    str_copy(made.name, sizeof made.name, claims->name) ||
	    str_copy(made.site, sizeof made.site, claims->site) || str_copy(made.unit, sizeof made.unit, claims->unit))
		return ERR_RANGE;
	enum err err = token_issue(&of(ctx)->key, &made, text);
	return err ? err : str_copy(token, SIGNAL_TOKEN_MAX + 1, text);
}

static enum err room_put(void *ctx, const struct record_room *room)
{
	return store_room_put(of(ctx)->store, room);
}

static enum err room_delete(void *ctx, const char *room)
{
	return store_room_delete(of(ctx)->store, room);
}

static enum err rooms(void *ctx, void (*each)(void *arg, const struct record_room *), void *arg)
{
	return store_rooms(of(ctx)->store, each, arg);
}

static enum err seat_put(void *ctx, const struct record_seat *seat)
{
	return store_seat_put(of(ctx)->store, seat);
}

static enum err seat_delete(void *ctx, const char *room, const char *id)
{
	return store_seat_delete(of(ctx)->store, room, id);
}

static enum err seats(void *ctx, void (*each)(void *arg, const struct record_seat *), void *arg)
{
	return store_seats(of(ctx)->store, each, arg);
}

static enum err ban_put(void *ctx, const struct record_ban *ban)
{
	return store_ban_put(of(ctx)->store, ban);
}

static enum err bans_expire(void *ctx, int64_t unix_s)
{
	return store_bans_expire(of(ctx)->store, unix_s);
}

static enum err bans(void *ctx, void (*each)(void *arg, const struct record_ban *), void *arg)
{
	return store_bans(of(ctx)->store, each, arg);
}

static enum err admin_get(void *ctx, struct record_admin *admin)
{
	return store_admin_get(of(ctx)->store, admin);
}

static enum err admin_put(void *ctx, const struct record_admin *admin)
{
	return store_admin_put(of(ctx)->store, admin);
}

static enum err login_put(void *ctx, const struct record_login *login)
{
	return store_login_put(of(ctx)->store, login);
}

static enum err login_delete(void *ctx, const uint8_t secret[SHA256_BYTES])
{
	return store_login_delete(of(ctx)->store, secret);
}

static enum err logins(void *ctx, void (*each)(void *arg, const struct record_login *), void *arg)
{
	return store_logins(of(ctx)->store, each, arg);
}

void keeper_serve(struct signal_host *host)
{
	host->unix_ms = unix_ms;
	host->random = chance;
	host->sha256 = sha256;
	host->password_hash = hash_password;
	host->password_verify = verify_password;
	host->token_verify = verify_token;
	host->token_issue = issue_token;
	host->room_put = room_put;
	host->room_delete = room_delete;
	host->rooms = rooms;
	host->seat_put = seat_put;
	host->seat_delete = seat_delete;
	host->seats = seats;
	host->ban_put = ban_put;
	host->bans_expire = bans_expire;
	host->bans = bans;
	host->admin_get = admin_get;
	host->admin_put = admin_put;
	host->login_put = login_put;
	host->login_delete = login_delete;
	host->logins = logins;
}
