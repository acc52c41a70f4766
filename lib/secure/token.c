#include "secure/token.h"
#include "base/str.h"
#include "secure/openssl.h"
#include "secure/random.h"
#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MIN 32 /* bytes of an HS256 key: as many as the digest has (RFC 7518 3.2) */
#define SECRET_MAX 512
#define RSA_BITS_MIN 2048
#define SECONDS_MAX (1LL << 53) /* beyond it JSON numbers are not exact */

const char *const token_role_names[TOKEN_ROLES] = { "guest", "chair", "operator" };

static const jwt_alg_t algorithms[] = {
	[TOKEN_HS256] = JWT_ALG_HS256,
	[TOKEN_RS256] = JWT_ALG_RS256,
	[TOKEN_ES256] = JWT_ALG_ES256,
};

enum err token_key_random(struct token_key *k)
{
	memset(k, 0, sizeof *k);
	k->algorithm = TOKEN_HS256;
	k->n = TOKEN_KEY_BYTES;
	return random_bytes(k->data, TOKEN_KEY_BYTES);
}

enum err token_key_secret(struct token_key *k, const void *secret, size_t n)
{
	memset(k, 0, sizeof *k);
	if (n < SECRET_MIN || n > SECRET_MAX)
		return ERR_RANGE;
	k->algorithm = TOKEN_HS256;
	k->n = (uint16_t)n;
	memcpy(k->data, secret, n);
	return ERR_OK;
}

static enum err algorithm_of(enum token_algorithm *algorithm, const EVP_PKEY *key)
{
	char group[32];
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN) {
		*algorithm = TOKEN_RS256;
		return ERR_OK;
	}
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
	    strcmp(group, SN_X9_62_prime256v1) == 0) {
		*algorithm = TOKEN_ES256;
		return ERR_OK;
	}
	return ERR_FORMAT;
}

enum err token_key_public(struct token_key *k, const char *pem)
{
	memset(k, 0, sizeof *k);
	size_t n = strnlen(pem, TOKEN_PEM_MAX);
	if (n >= TOKEN_PEM_MAX)
		return ERR_RANGE;
	BIO *bio = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	enum err err = key ? algorithm_of(&k->algorithm, key) : ERR_FORMAT;
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	if (err == ERR_OK) {
		memcpy(k->data, pem, n);
		k->n = (uint16_t)n;
	}
	return err;
}

static enum err check(const struct token_claims *c)
{
	bool ok = (unsigned)c->role < TOKEN_ROLES && (c->room[0] || c->role == TOKEN_OPERATOR) && c->exp > c->iat;
	return ok ? ERR_OK : ERR_RANGE;
}

static bool add_text(jwt_t *jwt, const char *claim, const char *text)
{
	return !text[0] || jwt_add_grant(jwt, claim, text) == 0;
}

enum err token_issue(const struct token_key *k, const struct token_claims *claims, char text[TOKEN_MAX + 1])
{
	text[0] = 0;
	if (k->algorithm != TOKEN_HS256)
		return ERR_STATE;
	enum err err = check(claims);
	jwt_t *jwt = NULL;
	if (err != ERR_OK)
		return err;
	if (jwt_new(&jwt) != 0)
		return ERR_NOMEM;
	bool ok =
	    add_text(jwt, "room", claims->room) && jwt_add_grant(jwt, "role", token_role_names[claims->role]) == 0 &&
	    add_text(jwt, "name", claims->name) && add_text(jwt, "site", claims->site) &&
	    add_text(jwt, "unit", claims->unit) && jwt_add_grant_int(jwt, "iat", claims->iat) == 0 &&
	    jwt_add_grant_int(jwt, "exp", claims->exp) == 0 && jwt_set_alg(jwt, JWT_ALG_HS256, k->data, k->n) == 0;
	char *encoded = ok ? jwt_encode_str(jwt) : NULL;
	/* What stops it but memory is a text that is not UTF-8. */
	err = encoded ? str_copy(text, TOKEN_MAX + 1, encoded) : ERR_RANGE;
	free(encoded);
	jwt_free(jwt);
	return err;
}

/* An absent claim is an empty text. */
static enum err get_text(jwt_t *jwt, const char *claim, char *to, size_t size)
{
	to[0] = 0;
	errno = 0;
	const char *text = jwt_get_grant(jwt, claim);
	if (!text)
		return errno == ENOENT ? ERR_OK : ERR_FORMAT;
	return str_copy(to, size, text) == ERR_OK ? ERR_OK : ERR_FORMAT;
}

/* libjwt reads a text or a fraction as the number 0: what stands there is looked at as JSON. */
static enum err get_seconds(jwt_t *jwt, const char *claim, int64_t absent, int64_t *to)
{
	*to = absent;
	char *json = jwt_get_grants_json(jwt, claim), *end;
	if (!json)
		return ERR_OK;
	errno = 0;
	long long seconds = strtoll(json, &end, 10);
	bool ok = end != json && !*end && errno == 0 && seconds >= 0 && seconds < SECONDS_MAX;
	free(json);
	if (ok)
		*to = seconds;
	return ok ? ERR_OK : ERR_FORMAT;
}

static enum err get_role(jwt_t *jwt, enum token_role *role)
{
	char name[16];
	enum err err = get_text(jwt, "role", name, sizeof name);
	for (unsigned i = 0; err == ERR_OK && i < TOKEN_ROLES; i++)
		if (strcmp(name, token_role_names[i]) == 0) {
			*role = (enum token_role)i;
			return ERR_OK;
		}
	return ERR_FORMAT;
}

static enum err read_claims(jwt_t *jwt, int64_t now_s, struct token_claims *c)
{
	int64_t not_before = 0;
	enum err err = get_role(jwt, &c->role);
	if (err == ERR_OK)
		err = get_text(jwt, "room", c->room, sizeof c->room);
	if (err == ERR_OK)
		err = get_text(jwt, "name", c->name, sizeof c->name);
	if (err == ERR_OK)
		err = get_text(jwt, "site", c->site, sizeof c->site);
	if (err == ERR_OK)
		err = get_text(jwt, "unit", c->unit, sizeof c->unit);
	if (err == ERR_OK)
		err = get_seconds(jwt, "iat", 0, &c->iat);
	if (err == ERR_OK)
		err = get_seconds(jwt, "nbf", 0, &not_before);
	if (err == ERR_OK)
		err = get_seconds(jwt, "exp", 0, &c->exp);
	if (err == ERR_OK && !c->room[0] && c->role != TOKEN_OPERATOR)
		err = ERR_FORMAT;
	if (err == ERR_OK &&
	    (now_s >= c->exp || c->iat > now_s + TOKEN_LEEWAY_S || not_before > now_s + TOKEN_LEEWAY_S))
		err = ERR_RANGE;
	return err;
}

/* Three parts of base64url, none empty, before any of it is given to a parser. */
static bool token_shaped(const char *text)
{
	size_t n = strnlen(text, TOKEN_MAX + 1), dots = 0;
	if (n == 0 || n > TOKEN_MAX || text[0] == '.' || text[n - 1] == '.' ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != n)
		return false;
	for (size_t i = 0; i < n; i++)
		dots += text[i] == '.';
	return dots == 2 && !strstr(text, "..");
}

enum err token_verify(const struct token_key *k, const char *text, int64_t now_s, struct token_claims *claims)
{
	memset(claims, 0, sizeof *claims);
	if (!token_shaped(text))
		return ERR_FORMAT;
	jwt_t *jwt = NULL;
	enum err err = ERR_OK;
	if (jwt_decode(&jwt, text, k->data, k->n) != 0) {
		/* Signed by another, or no token at all? */
		err = jwt_decode(&jwt, text, NULL, 0) == 0 ? ERR_AUTH : ERR_FORMAT;
	} else if (jwt_get_alg(jwt) != algorithms[k->algorithm]) {
		err = ERR_AUTH;
	}
	if (err == ERR_OK)
		err = read_claims(jwt, now_s, claims);
	if (jwt)
		jwt_free(jwt);
	ERR_clear_error();
	if (err != ERR_OK)
		memset(claims, 0, sizeof *claims);
	return err;
}
