/* One list of what can go wrong, with names for logs and the API.
 *
 * A function that can fail returns enum err (ERR_OK = 0) and must be checked; a drop on the packet's way is not an
 * error (engine/drop.h). Nothing signals failure inside a value. */
#pragma once

#define ERR_LIST(X)                                                                                                    \
	X(OK, "ok")                                                                                                    \
	X(SHORT, "short")     /* input ends before the format does */                                                  \
	X(FORMAT, "format")   /* input breaks its format */                                                            \
	X(RANGE, "range")     /* a value outside its limits */                                                         \
	X(FULL, "full")	      /* a fixed table, pool or output has no room */                                          \
	X(AUTH, "auth")	      /* a tag, a fingerprint, a password, a signature is wrong */                             \
	X(REPLAY, "replay")   /* seen before, or too old to tell */                                                    \
	X(STATE, "state")     /* not now */                                                                            \
	X(LIMIT, "limit")     /* more than one may have */                                                             \
	X(MISSING, "missing") /* no such thing */                                                                      \
	X(NOMEM, "nomem")     /* the system has no memory */                                                           \
	X(SYS, "sys")	      /* the system refused; errno says why */

enum err {
#define X(name, text) ERR_##name,
	ERR_LIST(X)
#undef X
};

#define must_check __attribute__((warn_unused_result))

/* Static text, never NULL. */
const char *err_name(enum err err);
