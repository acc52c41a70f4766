#include "base/err.h"

const char *err_name(enum err err)
{
	static const char *const names[] = {
#define X(name, text) [ERR_##name] = (text),
		ERR_LIST(X)
#undef X
	};
	return (unsigned)err < sizeof names / sizeof *names ? names[err] : "?";
}
