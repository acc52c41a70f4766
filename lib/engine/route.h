/* Who a datagram is from: transports by source address, by our own ufrag, by site. RFC 7983, RFC 8445 7.3.
 *
 * An address points to a transport only after a valid connectivity check came from it, so nothing a stranger sends
 * finds one; a later valid check for another transport moves the address there (a reload keeps address and port).
 * Fixed size: three tables made at init. One owner thread. */
#pragma once
#include "base/err.h"
#include "base/map.h"
#include "base/netaddr.h"
#include <stddef.h>
#include <stdint.h>

struct transport;

struct route_cell {
	struct netaddr addr;
	struct transport *transport; /* NULL: free */
};

struct route {
	struct route_cell *cells; /* open addressing by address */
	uint32_t mask, count, limit;
	struct map ufrags; /* hash of our ufrag -> transport; the ufrag itself is compared by the caller */
};

/* Room for `transports` transports with ROUTE_ADDRS addresses each. ERR_NOMEM. */
#define ROUTE_ADDRS 8
must_check enum err route_init(struct route *r, uint32_t transports);
void route_fini(struct route *r);

/* The transport `addr` belongs to, or NULL. */
struct transport *route_from(const struct route *r, const struct netaddr *addr);
/* `addr` is this transport's from now on. ERR_FULL. */
must_check enum err route_put(struct route *r, const struct netaddr *addr, struct transport *t);
/* Forgets `addr`, if it is this transport's. */
void route_drop(struct route *r, const struct netaddr *addr, const struct transport *t);
/* Forgets every address of this transport. */
void route_drop_all(struct route *r, const struct transport *t);

uint32_t route_ufrag_hash(const char *ufrag, size_t n);
