/* What the CLI prints for people: tables aligned by the width of what stands in them, in the language of the terminal.
 *
 * Names come from strangers: nothing of them reaches the terminal as a control character. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Vietnamese, unless the terminal's language (LC_ALL, LC_MESSAGES, LANG) is English. */
const char *show_words(const char *vi, const char *en);
/* Columns a UTF-8 text takes: combining marks none, wide letters two. */
size_t show_width(const char *text);

struct show_column {
	const char *vi, *en; /* heading */
	const char *key;     /* of the row's object */
	enum { SHOW_TEXT, SHOW_COUNT, SHOW_RATE, SHOW_SINCE, SHOW_YES, SHOW_LIST, SHOW_PART } as;
};

/* One line an object of `items`; `none` when there is none. */
void show_table(const struct show_column *columns, size_t n, const json_t *items, const char *none);
/* Every member of an object, one a line. */
void show_object(json_t *object);
/* A text, without control characters. */
void show_text(const char *text);
