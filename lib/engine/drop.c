#include "engine/drop.h"

const char *drop_name(enum drop drop)
{
	static const char *const names[] = {
#define X(name, text) [DROP_##name] = (text),
		DROP_LIST(X)
#undef X
	};
	return (unsigned)drop < DROP_COUNT ? names[drop] : "?";
}
