/* The one table of settings, and what was said for each as text. Shared by config (values) and configfile (YAML). */
#pragma once
#include "config.h"

enum setting_kind {
	SETTING_TEXT,
	SETTING_LISTEN,
	SETTING_ADDRESSES,
	SETTING_CORES,
	SETTING_NUMBER,
	SETTING_BOOL,
	SETTING_LEVEL,
	SETTING_BACKEND,
	SETTING_PART
};

struct setting {
	const char *group, *name; /* the key is group.name */
	enum setting_kind kind;
	size_t offset;	   /* in struct config */
	uint32_t min, max; /* NUMBER */
	const char *fallback, *help;
};

#define SETTINGS 27
extern const struct setting settings[SETTINGS];

/* A file's values are malloc'ed by the YAML reader, others by us; both by the C library. */
struct config_source {
	char *text[SETTINGS];
	char **list; /* media.addresses as a YAML sequence */
	unsigned n_list;
	char *path; /* of the file, NULL: none */
	bool from_file[SETTINGS];
	unsigned line[SETTINGS]; /* in the file, 0: unknown */
};
