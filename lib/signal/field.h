/* Fields of a JSON object read with their limits, for WebSocket requests and REST bodies alike.
 *
 * A field that is absent or null leaves *out as it is. On a wrong type or a broken limit the function returns false and
 * writes one English sentence that names the field to `why`. */
#pragma once
#include "signal/code.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Absent means: not there, or null. */
bool field_present(const json_t *object, const char *key);
/* A text of at most max bytes; *out points into the object. */
bool field_text(const json_t *object, const char *key, size_t max, const char **out, char why[CODE_WHY]);
/* The same, cleaned (text_clean) into out[size]. */
bool field_name(const json_t *object, const char *key, char *out, size_t size, bool lines, char why[CODE_WHY]);
bool field_bool(const json_t *object, const char *key, bool *out, char why[CODE_WHY]);
bool field_int(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *out, char why[CODE_WHY]);
/* False, with the sentence, when the field is absent. */
bool field_required(const json_t *object, const char *key, char why[CODE_WHY]);
