#include "signal/text.h"
#include "base/limits.h"
#include <string.h>

bool text_next(const char **p, uint32_t *character)
{
	const unsigned char *s = (const unsigned char *)*p;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	*character = 0;
	if (n == 0 || s[0] == 0)
		return false;
	uint32_t c = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) /* a NUL ends it too */
			return false;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return false;
	*p += n;
	*character = c;
	return true;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_unseen(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xfffe ||
	       c == 0xffff;
}

enum err text_clean(char *to, size_t size, const char *from, bool lines)
{
	size_t n = 0;
	char blank = '\0'; /* waits until something follows it */
	uint32_t c;
	const char *at = from;
	for (;; from = at) {
		if (!text_next(&at, &c))
			break;
		if (is_blank(c)) {
			bool line = lines && (c == '\n' || c == 0x2028 || c == 0x2029);
			if (n)
				blank = line || blank == '\n' ? '\n' : ' ';
			continue;
		}
		if (is_unseen(c))
			continue;
		size_t length = (size_t)(at - from);
		if (n + (blank != '\0') + length >= size) {
			to[0] = '\0';
			return ERR_RANGE;
		}
		if (blank)
			to[n++] = blank;
		blank = '\0';
		memcpy(to + n, from, length);
		n += length;
	}
	to[*at ? 0 : n] = '\0';
	return *at ? ERR_FORMAT : ERR_OK;
}

static bool is_id_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool text_is_id(const char *id)
{
	size_t n = strnlen(id, ID_MAX + 1);
	if (n == 0 || n > ID_MAX || id[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_id_character(id[i]))
			return false;
	return true;
}

/* The letter under its marks, for Latin letters that Vietnamese names are written with; 0: none. */
static char bare_letter(uint32_t c)
{
	static const struct {
		uint16_t first, last;
		char letter;
	} letters[] = {
		{ 0xc0, 0xc5, 'a' },	 { 0xc7, 0xc7, 'c' },	  { 0xc8, 0xcb, 'e' },	   { 0xcc, 0xcf, 'i' },
		{ 0xd0, 0xd0, 'd' },	 { 0xd1, 0xd1, 'n' },	  { 0xd2, 0xd6, 'o' },	   { 0xd8, 0xd8, 'o' },
		{ 0xd9, 0xdc, 'u' },	 { 0xdd, 0xdd, 'y' },	  { 0xe0, 0xe5, 'a' },	   { 0xe7, 0xe7, 'c' },
		{ 0xe8, 0xeb, 'e' },	 { 0xec, 0xef, 'i' },	  { 0xf0, 0xf0, 'd' },	   { 0xf1, 0xf1, 'n' },
		{ 0xf2, 0xf6, 'o' },	 { 0xf8, 0xf8, 'o' },	  { 0xf9, 0xfc, 'u' },	   { 0xfd, 0xfd, 'y' },
		{ 0x102, 0x103, 'a' },	 { 0x110, 0x111, 'd' },	  { 0x128, 0x129, 'i' },   { 0x168, 0x169, 'u' },
		{ 0x1a0, 0x1a1, 'o' },	 { 0x1af, 0x1b0, 'u' },	  { 0x1ea0, 0x1eb7, 'a' }, { 0x1eb8, 0x1ec7, 'e' },
		{ 0x1ec8, 0x1ecb, 'i' }, { 0x1ecc, 0x1ee3, 'o' }, { 0x1ee4, 0x1ef1, 'u' }, { 0x1ef2, 0x1ef9, 'y' },
	};
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return (char)c;
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (c >= letters[i].first && c <= letters[i].last)
			return letters[i].letter;
	return '\0';
}

void text_slug(char *to, size_t size, const char *name)
{
	size_t n = 0;
	bool gap = false;
	uint32_t c;
	while (text_next(&name, &c) && n + 2 < size) {
		if (c >= 0x300 && c <= 0x36f) /* a mark of its own: its letter stands already */
			continue;
		char letter = bare_letter(c);
		if (!letter) {
			gap = n > 0;
			continue;
		}
		if (gap)
			to[n++] = '-';
		gap = false;
		to[n++] = letter;
	}
	to[n] = '\0';
}
