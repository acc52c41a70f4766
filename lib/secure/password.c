#include "secure/password.h"
#include "base/str.h"
#include "secure/mac.h"
#include "secure/openssl.h"
#include "secure/random.h"
#include <stdio.h>

#define COST_LOG2 14 /* N = 2^14: 16 MiB with r = 8 */
#define BLOCK 8
#define PARALLEL 1
#define MEMORY_MAX (64ULL * 1024 * 1024)
#define SALT ((size_t)16) /* bytes */
#define HASH ((size_t)32)

struct parameters {
	unsigned cost_log2, block, parallel;
	uint8_t salt[SALT], hash[HASH];
};

static enum err derive(const char *password, const struct parameters *p, uint8_t hash[HASH])
{
	size_t n = strnlen(password, PASSWORD_MAX_BYTES + 1);
	if (n == 0 || n > PASSWORD_MAX_BYTES)
		return ERR_RANGE;
	int done = EVP_PBE_scrypt(password, n, p->salt, SALT, 1ULL << p->cost_log2, p->block, p->parallel, MEMORY_MAX,
				  hash, HASH);
	ERR_clear_error();
	return done == 1 ? ERR_OK : ERR_SYS;
}

static void hex(char *to, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		to[2 * i] = "0123456789abcdef"[from[i] >> 4];
		to[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
	}
	to[2 * n] = 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unhex(uint8_t *to, const char *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = digit(from[2 * i]), low = high < 0 ? -1 : digit(from[2 * i + 1]);
		if (low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

enum err password_hash(const char *password, char text[PASSWORD_TEXT])
{
	struct parameters p = { .cost_log2 = COST_LOG2, .block = BLOCK, .parallel = PARALLEL };
	char salt[2 * SALT + 1], hash[2 * HASH + 1];
	text[0] = 0;
	enum err err = random_bytes(p.salt, SALT);
	if (err == ERR_OK)
		err = derive(password, &p, p.hash);
	if (err != ERR_OK)
		return err;
	hex(salt, p.salt, SALT);
	hex(hash, p.hash, HASH);
	return str_print(text, PASSWORD_TEXT, "scrypt$%d$%d$%d$%s$%s", COST_LOG2, BLOCK, PARALLEL, salt, hash);
}

static enum err parse(struct parameters *p, const char *text)
{
	int at = 0;
	memset(p, 0, sizeof *p);
	/* NOLINTNEXTLINE(cert-err34-c): two digits at most cannot overflow */
	if (sscanf(text, "scrypt$%2u$%1u$%1u$%n", &p->cost_log2, &p->block, &p->parallel, &at) != 3 || at == 0)
		return ERR_FORMAT;
	const char *salt = text + at, *hash = salt + 2 * SALT + 1;
	if (strlen(salt) != 2 * SALT + 1 + 2 * HASH || salt[2 * SALT] != '$' || !unhex(p->salt, salt, SALT) ||
	    !unhex(p->hash, hash, HASH))
		return ERR_FORMAT;
	bool bounded = p->cost_log2 >= 10 && p->cost_log2 <= COST_LOG2 && p->block >= 1 && p->block <= BLOCK &&
		       p->parallel == PARALLEL;
	return bounded ? ERR_OK : ERR_FORMAT;
}

enum err password_verify(const char *password, const char *text)
{
	struct parameters p;
	uint8_t hash[HASH];
	enum err err = parse(&p, text);
	if (err == ERR_OK)
		err = derive(password, &p, hash);
	if (err == ERR_OK && !mac_equal(hash, p.hash, HASH))
		err = ERR_AUTH;
	return err;
}
