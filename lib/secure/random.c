#include "secure/random.h"
#include "secure/openssl.h"
#include <string.h>

enum err random_bytes(void *to, size_t n)
{
	if (n <= INT32_MAX && RAND_bytes(to, (int)n) == 1)
		return ERR_OK;
	memset(to, 0, n);
	return ERR_SYS;
}

enum err random_u32(uint32_t *to)
{
	enum err err;
	do
		err = random_bytes(to, sizeof *to);
	while (err == ERR_OK && *to == 0);
	return err;
}

enum err random_u64(uint64_t *to)
{
	return random_bytes(to, sizeof *to);
}

/* 64 characters: each takes 6 bits of a byte, none more often than another. */
static enum err text(char *to, size_t n, const char alphabet[65])
{
	enum err err = random_bytes(to, n);
	for (size_t i = 0; i < n; i++)
		to[i] = alphabet[(unsigned char)to[i] & 63];
	to[err == ERR_OK ? n : 0] = 0;
	return err;
}

enum err random_ice(char *to, size_t n)
{
	return text(to, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

enum err random_url(char *to, size_t n)
{
	return text(to, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}
