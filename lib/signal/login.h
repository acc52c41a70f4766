/* The administrator's sign-in: one set-up code at first start, then a password, then sessions by cookie or bearer.
 *
 * A session lasts LOGIN_S; at most LOGINS_MAX at once, then the oldest ends. Only hashes are kept. */
#pragma once
#include "base/err.h"
#include "base/record.h"
#include "signal/code.h"
#include <stdbool.h>
#include <stddef.h>

struct signal;

#define LOGIN_S 43200L /* 12 h */
#define LOGINS_MAX 64
#define LOGIN_SECRET_CHARS 40
#define SETUP_CODE_CHARS 20
#define PASSWORD_MIN 8
#define PASSWORD_MAX 200
#define LOGIN_COOKIE "diemcau"

struct logins {
	struct record_admin admin;
	char code[SETUP_CODE_CHARS + 1]; /* empty: a password is set */
	struct record_login of[LOGINS_MAX];
	size_t n;
};

/* From the store at start; makes a set-up code when there is no password yet. */
must_check enum err login_load(struct signal *hub);
/* Sets the first password. CODE_FORBIDDEN: wrong code, or it was used; CODE_BAD_REQUEST: a password too short or too
 * long; CODE_INTERNAL. */
enum code login_setup(struct signal *hub, const char *code, const char *password, char why[CODE_WHY]);
/* CODE_FORBIDDEN: not set up yet; CODE_BAD_TOKEN: wrong. */
enum code login_check(struct signal *hub, const char *password, char why[CODE_WHY]);
/* A new session's secret. CODE_INTERNAL. */
enum code login_open(struct signal *hub, char secret[LOGIN_SECRET_CHARS + 1]);
bool login_known(const struct signal *hub, const char *secret);
void login_close(struct signal *hub, const char *secret);
