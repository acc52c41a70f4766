/* Names and ids as people type them: UTF-8 checked and cleaned, ids that can stand in a URL. RFC 3629.
 *
 * Unicode composition (NFC) is the page's work, which has String.normalize; here marks stay as they come. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The next character of a NUL-ended text; moves *p. False at the end and at what is not UTF-8 (then **p is not NUL). */
bool text_next(const char **p, uint32_t *character);

/* Copies to[size] without control characters, marks of writing direction and zero-width spaces; runs of blanks become
 * one, none at the ends. With `lines` line ends stay. ERR_FORMAT: not UTF-8; ERR_RANGE: longer than fits; `to` is then
 * empty. An empty result is ERR_OK. */
must_check enum err text_clean(char *to, size_t size, const char *from, bool lines);

/* 1 … ID_MAX of a-z A-Z 0-9 '-' '_', the first not '-'. */
bool text_is_id(const char *id);
/* An id made of a name: marks taken off ("Đồng Văn" gives "dong-van"), other characters become '-'. Empty when nothing
 * of it can stand in an id. */
void text_slug(char *to, size_t size, const char *name);
