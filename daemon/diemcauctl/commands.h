/* The one table of commands. */
#pragma once
#include "rest.h"
#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of the contract. */
enum status { STATUS_DONE = 0, STATUS_REFUSED = 1, STATUS_USAGE = 2, STATUS_NO_DAEMON = 3 };

/* Options a command may take beside the general ones. */
enum option_bit {
	OPTION_REASON = 1,
	OPTION_BAN = 2,
	OPTION_ALL = 4,
	OPTION_ROLE = 8,
	OPTION_NAME = 16,
	OPTION_SITE = 32,
	OPTION_EXPIRES = 64,
	OPTION_SECONDS = 128,
};

struct call {
	struct rest *rest;
	bool json;
	char **words; /* after the command's name */
	int n_words;
	unsigned given; /* enum option_bit */
	const char *reason, *role, *name, *site;
	unsigned ban, expires, seconds;
};

struct command {
	const char *name, *arguments; /* as the help writes them */
	const char *vi, *en;
	int min_words, max_words;
	unsigned options;
	enum status (*run)(struct call *call);
};

extern const struct command commands[];
extern const size_t n_commands;

/* NULL: no such command. */
const struct command *command_find(const char *name);
