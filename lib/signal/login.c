#include "signal/login.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include <string.h>

/* Equal without telling by time how far. */
static bool same(const void *a, const void *b, size_t n)
{
	unsigned char differ = 0;
	for (size_t i = 0; i < n; i++)
		differ |= ((const unsigned char *)a)[i] ^ ((const unsigned char *)b)[i];
	return differ == 0;
}

static void load_one(void *arg, const struct record_login *login)
{
	struct logins *logins = arg;
	if (logins->n < LOGINS_MAX)
		logins->of[logins->n++] = *login;
}

enum err login_load(struct signal *hub)
{
	struct logins *logins = &hub->logins;
	enum err err = hub->host.admin_get(hub->host.ctx, &logins->admin);
	if (!err)
		err = hub->host.logins(hub->host.ctx, load_one, logins);
	if (!err && !logins->admin.password[0])
		hub_random_text(hub, logins->code, SETUP_CODE_CHARS);
	return err;
}

enum code login_setup(struct signal *hub, const char *code, const char *password, char why[CODE_WHY])
{
	struct logins *logins = &hub->logins;
	size_t n = strlen(password);
	if (!logins->code[0] || strlen(code) != SETUP_CODE_CHARS || !same(code, logins->code, SETUP_CODE_CHARS)) {
		(void)str_copy(why, CODE_WHY, "the set-up code is wrong, or was used");
		return CODE_FORBIDDEN;
	}
	if (n < PASSWORD_MIN || n > PASSWORD_MAX) {
		(void)str_print(why, CODE_WHY, "the password has less than %d or more than %d bytes", PASSWORD_MIN,
				PASSWORD_MAX);
		return CODE_BAD_REQUEST;
	}
	struct record_admin admin = { .password = "" };
	if (hub->host.password_hash(hub->host.ctx, password, admin.password) ||
	    hub->host.admin_put(hub->host.ctx, &admin))
		return CODE_INTERNAL;
	logins->admin = admin;
	memset(logins->code, 0, sizeof logins->code);
	log_info("login", "event=set-up");
	return CODE_OK;
}

enum code login_check(struct signal *hub, const char *password, char why[CODE_WHY])
{
	if (!hub->logins.admin.password[0]) {
		(void)str_copy(why, CODE_WHY, "no password is set yet: open the set-up link");
		return CODE_FORBIDDEN;
	}
	if (strlen(password) <= PASSWORD_MAX &&
	    hub->host.password_verify(hub->host.ctx, password, hub->logins.admin.password))
		return CODE_OK;
	(void)str_copy(why, CODE_WHY, "the password is wrong");
	return CODE_BAD_TOKEN;
}

/* Takes out what is over, and with `room` the oldest if there is no place. */
static void tidy(struct signal *hub, bool room)
{
	struct logins *logins = &hub->logins;
	int64_t now = hub_unix_s(hub);
	size_t kept = 0;
	for (size_t i = 0; i < logins->n; i++) {
		bool oldest = room && logins->n == LOGINS_MAX && i == 0; /* in order of opening */
		if (logins->of[i].until > now && !oldest)
			logins->of[kept++] = logins->of[i];
		else if (hub->host.login_delete(hub->host.ctx, logins->of[i].secret))
			log_warn("login", "event=not-deleted");
	}
	logins->n = kept;
}

enum code login_open(struct signal *hub, char secret[LOGIN_SECRET_CHARS + 1])
{
	struct record_login login = { .until = hub_unix_s(hub) + LOGIN_S };
	tidy(hub, true);
	hub_random_text(hub, secret, LOGIN_SECRET_CHARS);
	hub->host.sha256(hub->host.ctx, bytes_of(secret, LOGIN_SECRET_CHARS), login.secret);
	if (hub->host.login_put(hub->host.ctx, &login))
		return CODE_INTERNAL;
	hub->logins.of[hub->logins.n++] = login;
	log_info("login", "event=signed-in");
	return CODE_OK;
}

static struct record_login *find(const struct signal *hub, const char *secret)
{
	uint8_t hash[SHA256_BYTES];
	hub->host.sha256(hub->host.ctx, bytes_of(secret, strlen(secret)), hash);
	for (size_t i = 0; i < hub->logins.n; i++)
		if (same(hash, hub->logins.of[i].secret, sizeof hash))
			return (struct record_login *)&hub->logins.of[i];
	return NULL;
}

bool login_known(const struct signal *hub, const char *secret)
{
	const struct record_login *login = find(hub, secret);
	return login && login->until > hub_unix_s(hub);
}

void login_close(struct signal *hub, const char *secret)
{
	struct record_login *login = find(hub, secret);
	if (login)
		login->until = 0;
	tidy(hub, false);
}
