#include "signal/field.h"
#include "base/str.h"
#include "signal/text.h"

bool field_present(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return value && !json_is_null(value);
}

bool field_required(const json_t *object, const char *key, char why[CODE_WHY])
{
	if (field_present(object, key))
		return true;
	(void)str_print(why, CODE_WHY, "\"%s\" is missing", key);
	return false;
}

bool field_text(const json_t *object, const char *key, size_t max, const char **out, char why[CODE_WHY])
{
	if (!field_present(object, key))
		return true;
	const json_t *value = json_object_get(object, key);
	if (!json_is_string(value)) {
		(void)str_print(why, CODE_WHY, "\"%s\" is not a text", key);
		return false;
	}
	if (json_string_length(value) > max) {
		(void)str_print(why, CODE_WHY, "\"%s\" is longer than %zu bytes", key, max);
		return false;
	}
	*out = json_string_value(value);
	return true;
}

bool field_name(const json_t *object, const char *key, char *out, size_t size, bool lines, char why[CODE_WHY])
{
	const char *text = NULL;
	if (!field_text(object, key, SIZE_MAX, &text, why))
		return false;
	if (!text)
		return true;
	enum err err = text_clean(out, size, text, lines);
	if (err)
		(void)str_print(why, CODE_WHY,
				err == ERR_RANGE ? "\"%s\" is longer than %zu bytes" : "\"%s\" is not UTF-8", key,
				size - 1);
	return !err;
}

bool field_bool(const json_t *object, const char *key, bool *out, char why[CODE_WHY])
{
	if (!field_present(object, key))
		return true;
	const json_t *value = json_object_get(object, key);
	if (!json_is_boolean(value)) {
		(void)str_print(why, CODE_WHY, "\"%s\" is neither true nor false", key);
		return false;
	}
	*out = json_is_true(value);
	return true;
}

bool field_int(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *out, char why[CODE_WHY])
{
	if (!field_present(object, key))
		return true;
	const json_t *value = json_object_get(object, key);
	/* 720.0 is a whole number too: some clients know no other kind */
	double real = json_number_value(value);
	bool whole = json_is_number(value) && real > -9e15 && real < 9e15;
	if (!whole || (json_is_real(value) && real != (double)(int64_t)real)) {
		(void)str_print(why, CODE_WHY, "\"%s\" is not a whole number", key);
		return false;
	}
	int64_t n = json_is_integer(value) ? json_integer_value(value) : (int64_t)real;
	if (n < min || n > max) {
		(void)str_print(why, CODE_WHY, "\"%s\" is not between %lld and %lld", key, (long long)min,
				(long long)max);
		return false;
	}
	*out = n;
	return true;
}
