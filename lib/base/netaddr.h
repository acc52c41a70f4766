/* A transport address as plain data, so that engine and simulations need no socket headers. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct netaddr {
	uint8_t family; /* 4, 6; 0: none */
	uint8_t ip[16]; /* network order; an IPv4 address in the first four bytes, the rest zero */
	uint8_t
	    via;       /* which of our own addresses it talks to, as io/udp counts them; 0: the kernel's choice. Copied
			  along with an address so that answers leave from where the client knocked; no part of equality */
	uint16_t port; /* host order */
};
#define NETADDR_TEXT 54 /* "[…]:65535" and NUL */

static inline bool netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
	return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* "10.0.0.1:40000", "[fe80::1]:40000"; "-" for none. */
void netaddr_text(const struct netaddr *a, char text[NETADDR_TEXT]);
/* The address alone, without port; as it stands in an SDP candidate. */
void netaddr_ip_text(const struct netaddr *a, char text[NETADDR_TEXT]);
