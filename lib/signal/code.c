#include "signal/code.h"

static const struct {
	const char *name;
	int status;
	const char *title;
} codes[] = {
#define X(name, text, status, title) { text, status, title },
	CODE_LIST(X)
#undef X
};

const char *code_name(enum code code)
{
	return codes[code].name;
}

int code_status(enum code code)
{
	return codes[code].status;
}

const char *code_title(enum code code)
{
	return codes[code].title;
}
