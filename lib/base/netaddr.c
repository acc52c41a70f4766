#include "base/netaddr.h"
#include <arpa/inet.h>
#include <stdio.h>

void netaddr_ip_text(const struct netaddr *a, char text[NETADDR_TEXT])
{
	if (a->family == 0 || !inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, text, NETADDR_TEXT))
		memcpy(text, "-", 2);
}

void netaddr_text(const struct netaddr *a, char text[NETADDR_TEXT])
{
	char ip[INET6_ADDRSTRLEN + 1];
	if (a->family == 0 || !inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, ip, sizeof ip))
		memcpy(text, "-", 2);
	else
		(void)snprintf(text, NETADDR_TEXT, a->family == 4 ? "%s:%u" : "[%s]:%u", ip, a->port);
}
