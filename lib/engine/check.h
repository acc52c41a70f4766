/* Connectivity checks: the way of a STUN datagram. RFC 8445 7.3 (lite), RFC 8489 9.1. */
#pragma once
#include "base/bytes.h"
#include "base/netaddr.h"
#include "base/usec.h"

struct engine;

void check_on_datagram(struct engine *e, struct bytes datagram, const struct netaddr *from, usec now);
