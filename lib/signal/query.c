#include "signal/query.h"
#include <string.h>

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? (char)(c + 32) : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

enum err query_decode(const char *from, size_t n, bool plus, char *to, size_t size)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		char c = from[i];
		if (plus && c == '+')
			c = ' ';
		if (c == '%') {
			int high = i + 2 < n ? hex(from[i + 1]) : -1;
			int low = i + 2 < n ? hex(from[i + 2]) : -1;
			c = '\0';
			if (high >= 0 && low >= 0)
				c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0' || out + 1 >= size) {
			to[0] = '\0';
			return c == '\0' ? ERR_FORMAT : ERR_RANGE;
		}
		to[out++] = c;
	}
	to[out] = '\0';
	return ERR_OK;
}

enum err query_get(const char *query, const char *key, char *to, size_t size)
{
	size_t key_n = strlen(key);
	for (const char *p = query ? query : ""; *p;) {
		size_t n = strcspn(p, "&");
		if (n > key_n && strncmp(p, key, key_n) == 0 && p[key_n] == '=')
			return query_decode(p + key_n + 1, n - key_n - 1, true, to, size);
		p += n + (p[n] == '&');
	}
	return ERR_MISSING;
}
