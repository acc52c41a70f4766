/* Listening sockets, with one sentence for the operator when it does not work. */
#pragma once
#include "base/err.h"
#include "base/netaddr.h"

#define LISTEN_WHY 400

/* A TCP socket, nonblocking, listening; port 0: any, *bound tells. ERR_SYS and `why`. */
must_check enum err listen_tcp(const struct netaddr *at, int *fd, struct netaddr *bound, char why[LISTEN_WHY]);
/* A Unix socket at `path`: mode 0660, group `group` where that exists, else only our own. A socket file nobody listens
 * on is taken away; a live one is an error. ERR_SYS, ERR_RANGE (path too long) and `why`. */
must_check enum err listen_unix(const char *path, const char *group, int *fd, char why[LISTEN_WHY]);
