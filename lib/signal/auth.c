#include "signal/auth.h"
#include "base/str.h"
#include "signal/hub.h"
#include <jansson.h>
#include <string.h>
#include <strings.h>

static enum code refuse(char why[CODE_WHY], enum code code, const char *text)
{
	(void)str_copy(why, CODE_WHY, text);
	return code;
}

/* The value of our cookie, or false. */
static bool cookie_value(const char *cookies, char *to, size_t size)
{
	const size_t n = sizeof LOGIN_COOKIE - 1;
	for (const char *p = cookies; p && *p; p = strchr(p, ';')) {
		p += strspn(p, "; ");
		if (strncmp(p, LOGIN_COOKIE, n) == 0 && p[n] == '=')
			return str_copy_n(to, size, p + n + 1, strcspn(p + n + 1, "; ")) == ERR_OK;
		if (!*p)
			break;
	}
	return false;
}

static bool same_origin(const struct signal_request *request)
{
	if (!request->origin || request->method == HTTP_GET)
		return true;
	const char *host = strstr(request->origin, "://");
	return host && request->host && strcasecmp(host + 3, request->host) == 0;
}

static enum code check_token(struct signal *hub, const char *token, struct auth *auth, char why[CODE_WHY])
{
	struct signal_claims claims;
	if (strlen(token) > SIGNAL_TOKEN_MAX || hub->host.token_verify(hub->host.ctx, token, hub_unix_s(hub), &claims))
		return refuse(why, CODE_BAD_TOKEN, "the token is broken, expired or not ours");
	if (claims.role != ROLE_OPERATOR)
		return refuse(why, CODE_FORBIDDEN, "the token is not an operator's");
	(void)str_copy(auth->room, sizeof auth->room, claims.room);
	return CODE_OK;
}

static enum code check_bearer(struct signal *hub, const char *bearer, struct auth *auth, char why[CODE_WHY])
{
	if (strchr(bearer, '.'))
		return check_token(hub, bearer, auth, why);
	if (str_copy(auth->secret, sizeof auth->secret, bearer) || !login_known(hub, auth->secret))
		return refuse(why, CODE_BAD_TOKEN, "the session is over");
	return CODE_OK;
}

enum code auth_check(struct signal *hub, const struct signal_request *request, struct auth *auth, char why[CODE_WHY])
{
	const char *bearer = request->authorization;
	const char *remote = request->remote ? request->remote : "";
	memset(auth, 0, sizeof *auth);
	if (request->local)
		return CODE_OK;
	if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0) {
		if (attempts_blocked(&hub->attempts, remote, hub->now))
			return refuse(why, CODE_TOO_FAST, "too many wrong tokens from this address; wait a minute");
		enum code code = check_bearer(hub, bearer + 7 + strspn(bearer + 7, " "), auth, why);
		if (code == CODE_BAD_TOKEN)
			attempts_failed(&hub->attempts, remote, hub->now);
		return code;
	}
	if (!request->cookie || !cookie_value(request->cookie, auth->secret, sizeof auth->secret) ||
	    !login_known(hub, auth->secret))
		return refuse(why, CODE_BAD_TOKEN, "sign in first");
	if (!same_origin(request))
		return refuse(why, CODE_FORBIDDEN, "asked by a page of another site");
	return CODE_OK;
}

void auth_problem(struct signal_response *response, enum code code, const char *why)
{
	if (!response->status)
		response->status = code_status(code);
	json_t *problem =
	    json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", code_title(code), "status",
		      response->status, "detail", why[0] ? why : code_name(code), "code", code_name(code));
	response->type = "application/problem+json";
	response->body = json_dumps(problem, JSON_COMPACT);
	response->n = response->body ? strlen(response->body) : 0;
	if (code == CODE_TOO_FAST)
		response->retry_after_s = 60;
	json_decref(problem);
}
