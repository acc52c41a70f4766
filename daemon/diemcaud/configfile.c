#include "base/str.h"
#include "settings.h"
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 8
#define LIST_MAX CONFIG_ADDRESSES

/* The reader's schema, made from the table of settings: groups of plain values, and one list. */
struct schema {
	cyaml_schema_field_t groups[GROUPS_MAX + 1], fields[GROUPS_MAX][SETTINGS + 1];
	cyaml_schema_value_t root;
};

/* What the reader says, line by line: its first error, then the way from the place to the root. */
struct trouble {
	char message[200];
	char keys[3][64]; /* innermost first */
	unsigned n_keys, line;
};

static const cyaml_schema_value_t list_entry = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 64) };

static cyaml_schema_field_t field_of(size_t i)
{
	const struct setting *s = &settings[i];
	if (s->kind == SETTING_ADDRESSES)
		return (cyaml_schema_field_t)CYAML_FIELD_SEQUENCE_COUNT(
		    s->name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config_source, list, n_list, &list_entry,
		    0, LIST_MAX);
	cyaml_schema_field_t field = CYAML_FIELD_STRING_PTR(s->name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
							    struct config_source, text[0], 0, 4096);
	field.data_offset += (uint32_t)(i * sizeof(char *));
	return field;
}

static void make(struct schema *schema)
{
	unsigned groups = 0, fields = 0;
	*schema = (struct schema){ 0 };
	for (size_t i = 0; i < SETTINGS; i++) {
		if (i && strcmp(settings[i].group, settings[i - 1].group) != 0) {
			groups++;
			fields = 0;
		}
		schema->fields[groups][fields++] = field_of(i);
		/* a group's values lie in the root's own struct, at offset 0 */
		schema->groups[groups] = (cyaml_schema_field_t){
			.key = settings[i].group,
			.value = { .type = CYAML_MAPPING,
				   .flags = CYAML_FLAG_OPTIONAL,
				   .data_size = sizeof(struct config_source),
				   .mapping = { .fields = schema->fields[groups] } },
		};
	}
	schema->root = (cyaml_schema_value_t){ .type = CYAML_MAPPING,
					       .flags = CYAML_FLAG_POINTER,
					       .data_size = sizeof(struct config_source),
					       .mapping = { .fields = schema->groups } };
}

static void hear(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
	struct trouble *t = ctx;
	char text[300];
	if (level != CYAML_LOG_ERROR)
		return;
	(void)vsnprintf(text, sizeof text, format, args);
	text[strcspn(text, "\n")] = '\0';
	const char *line = strstr(text, "(line: ");
	if (line) {
		if (!t->line)
			t->line = (unsigned)strtoul(line + 7, NULL, 10);
		const char *key = strstr(text, "mapping field '");
		if (key && t->n_keys < 3) {
			key += strlen("mapping field '");
			(void)str_copy_n(t->keys[t->n_keys++], sizeof t->keys[0], key, strcspn(key, "'"));
		}
	} else if (!t->message[0] && !strncmp(text, "Load: ", 6) && strcmp(text, "Load: Backtrace:") != 0) {
		(void)str_copy_n(t->message, sizeof t->message, text + 6, strnlen(text + 6, sizeof t->message - 1));
	}
}

static const char *plainly(const char *event)
{
	return strstr(event, "SCALAR") ? "a plain value" : strstr(event, "SEQUENCE") ? "a list" : "keys below it";
}

/* The reader's message in words of the file: `config.yaml:4: media.prt: unknown key`. */
static void explain(const struct trouble *t, const char *path, const char *fallback, char why[CONFIG_WHY])
{
	char key[200] = "", where[32] = "", what[300];
	const char *unknown = strncmp(t->message, "Unexpected key: ", 16) == 0 ? t->message + 16 : NULL;
	const char *wrong = strncmp(t->message, "Expecting ", 10) == 0 ? strstr(t->message, "got event: ") : NULL;
	for (unsigned i = t->n_keys; i-- > 0;)
		(void)str_print(key + strlen(key), sizeof key - strlen(key), "%s%s", key[0] ? "." : "", t->keys[i]);
	if (unknown)
		(void)str_print(key + strlen(key), sizeof key - strlen(key), "%s%.60s", key[0] ? "." : "", unknown);
	if (unknown)
		(void)str_copy(what, sizeof what, "unknown key");
	else if (wrong)
		(void)str_print(what, sizeof what, "%s expected, not %s",
				strstr(t->message, "MAPPING, got")    ? "keys below it"
				: strstr(t->message, "SEQUENCE, got") ? "a list"
								      : "one value",
				plainly(wrong));
	else if (strstr(t->message, "already seen"))
		(void)str_copy(what, sizeof what, "given twice");
	else
		(void)str_print(what, sizeof what, "%s", t->message[0] ? t->message : fallback);
	if (t->line)
		(void)str_print(where, sizeof where, ":%u", t->line);
	(void)str_print(why, CONFIG_WHY, "%.200s%s: %s%s%s", path, where, key, key[0] ? ": " : "", what);
}

static char *read_all(const char *path, size_t *n)
{
	FILE *file = fopen(path, "r");
	char *text = file ? malloc(65536) : NULL;
	*n = text ? fread(text, 1, 65535, file) : 0;
	if (file && ferror(file)) {
		free(text);
		text = NULL;
	}
	if (text)
		text[*n] = '\0';
	if (file)
		(void)fclose(file);
	return text;
}

/* The line a value stands in, for what is found wrong with it later: blocks by indentation, as people write them. What
 * is written otherwise (in braces) has its group's line. */
static unsigned line_of(const char *text, const struct setting *s)
{
	unsigned number = 0, group_line = 0;
	bool inside = false;
	size_t group = strlen(s->group), name = strlen(s->name);
	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		number++;
		size_t indent = strspn(line, " ");
		const char *word = line + indent;
		if (indent == 0 && *word && !strchr("#\r\n", *word)) {
			inside = !strncmp(word, s->group, group) && word[group] == ':';
			if (inside)
				group_line = number;
		} else if (inside && !strncmp(word, s->name, name) && word[name] == ':') {
			return number;
		}
	}
	return group_line;
}

enum err config_source_file(struct config_source *s, const char *path, char why[CONFIG_WHY])
{
	struct schema schema;
	struct trouble trouble = { 0 };
	struct config_source *read = NULL;
	size_t n;
	char *text = read_all(path, &n);
	if (!text) {
		(void)str_print(why, CONFIG_WHY, "cannot read the configuration %.200s: %s", path, strerror(errno));
		return ERR_SYS;
	}
	make(&schema);
	cyaml_config_t options = { .log_fn = hear,
				   .log_ctx = &trouble,
				   .mem_fn = cyaml_mem,
				   .log_level = CYAML_LOG_ERROR,
				   .flags = CYAML_CFG_NO_ALIAS };
	cyaml_err_t failed =
	    cyaml_load_data((const uint8_t *)text, n, &options, &schema.root, (cyaml_data_t **)&read, NULL);
	if (failed != CYAML_OK) {
		explain(&trouble, path, cyaml_strerror(failed), why);
		free(text);
		return ERR_FORMAT;
	}
	for (size_t i = 0; read && i < SETTINGS; i++) {
		s->text[i] = read->text[i];
		s->from_file[i] = read->text[i] || (settings[i].kind == SETTING_ADDRESSES && read->n_list);
		s->line[i] = s->from_file[i] ? line_of(text, &settings[i]) : 0;
	}
	if (read) {
		s->list = read->list;
		s->n_list = read->n_list;
		free(read);
	}
	free(text);
	s->path = strdup(path);
	return s->path ? ERR_OK : ERR_NOMEM;
}
