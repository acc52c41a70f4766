#include "show.h"
#include "base/str.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CELL 256
#define COLUMNS_MAX 16

const char *show_words(const char *vi, const char *en)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strncmp(value, "en", 2) == 0 ? en : vi;
	}
	return vi;
}

/* The letter at p and its bytes; what is no UTF-8 is one byte '?'. */
static uint32_t letter(const char *p, size_t *bytes)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = u[0] < 0x80 ? 1 : u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : u[0] >= 0xc2 ? 2 : 0;
	uint32_t code = n == 1 ? u[0] : n == 2 ? u[0] & 0x1f : n == 3 ? u[0] & 0x0f : u[0] & 0x07;
	*bytes = 1;
	if (n == 0)
		return '?';
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return '?';
		code = code << 6 | (u[i] & 0x3f);
	}
	*bytes = n;
	return code;
}

static size_t columns_of(uint32_t c)
{
	bool combining = (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x20d0 && c <= 0x20ff) ||
			 (c >= 0xfe00 && c <= 0xfe0f) || c == 0x200b || c == 0x200d;
	bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
		    (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
		    (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
	return combining ? 0 : wide ? 2 : 1;
}

size_t show_width(const char *text)
{
	size_t width = 0, bytes;
	for (const char *p = text; *p; p += bytes)
		width += columns_of(letter(p, &bytes));
	return width;
}

/* Control characters, and those that turn the direction of writing, become '?'. */
static void clean(const char *from, char to[CELL])
{
	size_t at = 0, bytes;
	for (const char *p = from; *p; p += bytes) {
		uint32_t c = letter(p, &bytes);
		bool bad = c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
			   (c >= 0x2066 && c <= 0x2069) || (c == '?' && *p != '?');
		if (at + bytes >= CELL)
			break;
		if (bad) {
			to[at++] = '?';
		} else {
			memcpy(to + at, p, bytes);
			at += bytes;
		}
	}
	to[at] = '\0';
}

void show_text(const char *text)
{
	char cell[CELL];
	clean(text, cell);
	(void)fputs(cell, stdout);
}

/* 2140 bit/s … as kbit/s with one digit below ten. */
static void rate(double bps, char to[CELL])
{
	(void)str_print(to, CELL, bps < 10000 && bps > 0 ? "%.1f" : "%.0f", bps / 1000);
}

static void since(double unix_ms, char to[CELL])
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;
	if (t <= 0 || !localtime_r(&t, &tm) || !strftime(to, CELL, "%d/%m/%Y %H:%M", &tm))
		(void)str_copy(to, CELL, "-");
}

static void list(const json_t *array, char to[CELL])
{
	size_t i, at = 0;
	const json_t *item;
	to[0] = '\0';
	json_array_foreach(array, i, item)
	{
		const char *text = json_string_value(item);
		if (text && !str_print(to + at, CELL - at, "%s%s", i ? " " : "", text))
			at += strlen(to + at);
	}
}

static void cell_text(const struct show_column *column, const json_t *value, char to[CELL])
{
	char text[CELL] = "-";
	if (json_is_string(value))
		(void)str_print(text, sizeof text, "%s", json_string_value(value));
	else if (json_is_number(value) && column->as == SHOW_RATE)
		rate(json_number_value(value), text);
	else if (json_is_number(value) && column->as == SHOW_SINCE)
		since(json_number_value(value), text);
	else if (json_is_number(value) && column->as == SHOW_PART)
		(void)str_print(text, sizeof text, "%.1f %%", json_number_value(value) * 100);
	else if (json_is_integer(value))
		(void)str_print(text, sizeof text, "%lld", (long long)json_integer_value(value));
	else if (json_is_number(value))
		(void)str_print(text, sizeof text, "%g", json_number_value(value));
	else if (json_is_boolean(value))
		(void)str_copy(text, sizeof text, json_is_true(value) ? show_words("có", "yes") : "-");
	else if (json_is_array(value))
		list(value, text);
	clean(text, to);
}

static bool right(const struct show_column *column)
{
	return column->as == SHOW_COUNT || column->as == SHOW_RATE || column->as == SHOW_PART;
}

static void put_cell(const char *text, size_t width, bool to_the_right, bool last)
{
	size_t pad = width - show_width(text);
	if (to_the_right)
		(void)printf("%*s%s", (int)pad, "", text);
	else
		(void)printf("%s%*s", text, last ? 0 : (int)pad, "");
	(void)fputs(last ? "\n" : "  ", stdout);
}

void show_table(const struct show_column *columns, size_t n, const json_t *items, const char *none)
{
	size_t widths[COLUMNS_MAX], i, k;
	char text[CELL];
	const json_t *row;
	if (json_array_size(items) == 0) {
		(void)puts(none);
		return;
	}
	for (k = 0; k < n; k++)
		widths[k] = show_width(show_words(columns[k].vi, columns[k].en));
	json_array_foreach(items, i, row)
	{
		for (k = 0; k < n; k++) {
			cell_text(&columns[k], json_object_get(row, columns[k].key), text);
			if (show_width(text) > widths[k])
				widths[k] = show_width(text);
		}
	}
	for (k = 0; k < n; k++)
		put_cell(show_words(columns[k].vi, columns[k].en), widths[k], right(&columns[k]), k + 1 == n);
	json_array_foreach(items, i, row)
	{
		for (k = 0; k < n; k++) {
			cell_text(&columns[k], json_object_get(row, columns[k].key), text);
			put_cell(text, widths[k], right(&columns[k]), k + 1 == n);
		}
	}
}

static void show_member(const char *prefix, const char *key, json_t *value)
{
	char name[CELL], text[CELL];
	static const struct show_column plain = { .as = SHOW_TEXT };
	(void)str_print(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key);
	if (json_is_object(value)) {
		const char *inner;
		json_t *member;
		json_object_foreach(value, inner, member) show_member(name, inner, member);
		return;
	}
	if (json_is_object(json_array_get(value, 0))) {
		size_t i;
		json_t *item;
		json_array_foreach(value, i, item)
		{
			(void)str_print(text, sizeof text, "%zu", i);
			show_member(name, text, item);
		}
		return;
	}
	cell_text(&plain, value, text);
	put_cell(name, 32 > show_width(name) ? 32 : show_width(name), false, false);
	(void)puts(text);
}

void show_object(json_t *object)
{
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value) show_member("", key, value);
}
