/* The addresses of this host that a client may be told. */
#pragma once
#include "base/err.h"
#include "base/netaddr.h"
#include <stddef.h>

/* Addresses of interfaces that are up, port 0: IPv4 first, then IPv6, each in the kernel's order, loopback last.
 * Link-local, multicast and unspecified ones are left out, and IPv6 ones that are temporary, tentative or deprecated as
 * far as the kernel's list tells. Fills at most `size`. ERR_SYS. */
must_check enum err addrs_host(struct netaddr *addrs, size_t size, size_t *n);
/* Reads "10.0.0.1" or "2001:db8::1" (no port). ERR_FORMAT. */
must_check enum err addrs_parse_ip(const char *text, struct netaddr *addr);
/* Reads "0.0.0.0:8443", "[::]:8443", ":8443" (any IPv4) and "8443". ERR_FORMAT. */
must_check enum err addrs_parse(const char *text, struct netaddr *addr);
