#include "io/addrs.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>

static bool usable4(const struct in_addr *in)
{
	uint32_t ip = ntohl(in->s_addr);
	return ip != 0 && !IN_MULTICAST(ip) && ip >> 16 != 0xa9fe; /* 169.254/16 */
}

static bool usable6(const struct in6_addr *in)
{
	return !IN6_IS_ADDR_UNSPECIFIED(in) && !IN6_IS_ADDR_MULTICAST(in) && !IN6_IS_ADDR_LINKLOCAL(in) &&
	       !IN6_IS_ADDR_V4MAPPED(in);
}

static bool read_addr(const struct ifaddrs *item, struct netaddr *addr)
{
	*addr = (struct netaddr){ 0 };
	if (!item->ifa_addr || !(item->ifa_flags & IFF_UP))
		return false;
	if (item->ifa_addr->sa_family == AF_INET) {
		const struct in_addr *in = &((const struct sockaddr_in *)(const void *)item->ifa_addr)->sin_addr;
		addr->family = 4;
		memcpy(addr->ip, in, 4);
		return usable4(in);
	}
	if (item->ifa_addr->sa_family == AF_INET6) {
		const struct in6_addr *in = &((const struct sockaddr_in6 *)(const void *)item->ifa_addr)->sin6_addr;
		addr->family = 6;
		memcpy(addr->ip, in, 16);
		return usable6(in);
	}
	return false;
}

enum err addrs_host(struct netaddr *addrs, size_t size, size_t *n)
{
	*n = 0;
	struct ifaddrs *list;
	if (getifaddrs(&list))
		return ERR_SYS;
	/* What is preferred goes first: IPv4, IPv6, loopback of either. */
	for (unsigned pass = 0; pass < 4; pass++) {
		for (const struct ifaddrs *item = list; item && *n < size; item = item->ifa_next) {
			struct netaddr addr;
			if (!read_addr(item, &addr))
				continue;
			unsigned rank = (item->ifa_flags & IFF_LOOPBACK ? 2U : 0U) + (addr.family == 6 ? 1U : 0U);
			if (rank == pass)
				addrs[(*n)++] = addr;
		}
	}
	freeifaddrs(list);
	return ERR_OK;
}

enum err addrs_parse_ip(const char *text, struct netaddr *addr)
{
	*addr = (struct netaddr){ 0 };
	if (inet_pton(AF_INET, text, addr->ip) == 1)
		addr->family = 4;
	else if (inet_pton(AF_INET6, text, addr->ip) == 1)
		addr->family = 6;
	else
		*addr = (struct netaddr){ 0 };
	return addr->family ? ERR_OK : ERR_FORMAT;
}

static enum err parse_port(const char *text, uint16_t *port)
{
	unsigned value = 0;
	size_t i = 0;
	for (; text[i] >= '0' && text[i] <= '9' && i < 5; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	if (i == 0 || text[i] || value > 65535)
		return ERR_FORMAT;
	*port = (uint16_t)value;
	return ERR_OK;
}

enum err addrs_parse(const char *text, struct netaddr *addr)
{
	char ip[INET6_ADDRSTRLEN + 1] = "0.0.0.0";
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	size_t n = colon ? (size_t)(colon - text) : 0;
	bool brackets = n >= 2 && text[0] == '[' && text[n - 1] == ']';
	uint16_t value;
	*addr = (struct netaddr){ 0 };
	if (n && str_copy_n(ip, sizeof ip, text + brackets, brackets ? n - 2 : n))
		return ERR_FORMAT;
	if (parse_port(port, &value) || addrs_parse_ip(ip, addr) || addr->family != (brackets ? 6 : 4)) {
		*addr = (struct netaddr){ 0 };
		return ERR_FORMAT;
	}
	addr->port = value;
	return ERR_OK;
}
