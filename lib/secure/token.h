/* Tokens that let a site in: JWT (RFC 7519) signed with the daemon's own key (HS256) or, verified only, by another
 * system's public key (RS256, ES256).
 *
 * Guarantee: the key decides the algorithm, never the token; a token signed otherwise, or not at all, is ERR_AUTH.
 * Time is unix seconds, passed in. Claims: room, role, name, site?, unit?, iat, exp. Keys are plain data without
 * pointers; any thread. */
#pragma once
#include "base/err.h"
#include "base/limits.h"
#include <stddef.h>
#include <stdint.h>

#define TOKEN_MAX 2048	   /* characters of a token, without NUL */
#define TOKEN_KEY_BYTES 32 /* of an HS256 key of ours */
#define TOKEN_PEM_MAX 4096 /* bytes of a public key in PEM, with NUL */
#define TOKEN_LEEWAY_S 60  /* a clock that made the token may be this much ahead of ours */

enum token_role { TOKEN_GUEST, TOKEN_CHAIR, TOKEN_OPERATOR, TOKEN_ROLES };
extern const char *const token_role_names[TOKEN_ROLES]; /* as claims say them: guest, chair, operator */

struct token_claims {
	char room[ID_MAX + 1]; /* empty only for an operator: every room */
	enum token_role role;
	char name[NAME_MAX_BYTES + 1]; /* of the site; empty: the site says it itself */
	char site[ID_MAX + 1];	       /* a site's own link; empty: anybody's */
	char unit[NAME_MAX_BYTES + 1]; /* the district or office it belongs to; empty: none */
	int64_t iat, exp;	       /* unix seconds; valid while now < exp */
};

enum token_algorithm { TOKEN_HS256, TOKEN_RS256, TOKEN_ES256 };

struct token_key {
	enum token_algorithm algorithm;
	uint16_t n;			   /* bytes of data */
	unsigned char data[TOKEN_PEM_MAX]; /* HS256: the secret; else the public key in PEM with its NUL, not counted */
};

/* ERR_SYS. */
must_check enum err token_key_random(struct token_key *k);
/* A kept HS256 secret, 32 to 512 bytes: ERR_RANGE. */
must_check enum err token_key_secret(struct token_key *k, const void *secret, size_t n);
/* A public key in PEM: RSA of at least 2048 bits is RS256, P-256 is ES256, all else ERR_FORMAT; ERR_RANGE: too long. */
must_check enum err token_key_public(struct token_key *k, const char *pem);

/* Writes the token into text[TOKEN_MAX + 1]. ERR_STATE: a public key cannot sign; ERR_RANGE: claims break their
 * limits (no room for another than an operator, exp not after iat), or the token grows too long; ERR_NOMEM. */
must_check enum err token_issue(const struct token_key *k, const struct token_claims *claims, char text[TOKEN_MAX + 1]);
/* ERR_FORMAT: not a token, or claims that break their types and limits; ERR_AUTH: another key, or another algorithm;
 * ERR_RANGE: expired, without exp, or of the future. *claims is cleared first and filled only with ERR_OK. */
must_check enum err token_verify(const struct token_key *k, const char *text, int64_t now_s,
				 struct token_claims *claims);
