#include "io/udp_socket.h"
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static bool set(int fd, int level, int option, int value)
{
	return !setsockopt(fd, level, option, &value, sizeof value);
}

static bool bind_any(int fd, uint16_t port, bool ipv6)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	return ipv6 ? set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) && set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
			  !bind(fd, (struct sockaddr *)&any6, sizeof any6)
		    : set(fd, IPPROTO_IP, IP_PKTINFO, 1) && !bind(fd, (struct sockaddr *)&any4, sizeof any4);
}

static int open_bound(uint16_t port, bool ipv6, bool shared)
{
	int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if ((!shared || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) && bind_any(fd, port, ipv6))
		return fd;
	int error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

int udp_socket_open(uint16_t port, bool ipv6)
{
	return open_bound(port, ipv6, false);
}

uint16_t udp_socket_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} name = { .v6 = { 0 } };
	socklen_t length = sizeof name;
	if (getsockname(fd, &name.any, &length))
		return 0;
	return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}

/* The sockets of a port are numbered as they were bound; what is too short to tell is for the first one. */
static bool lead_rtcp_to_second(int fd)
{
	enum { FIRST, SECOND };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xc0e0), /* 10...... 110.....: 128 … 191 and 192 … 223 */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x80c0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECOND),
		BPF_STMT(BPF_RET | BPF_K, FIRST),
	};
	struct sock_fprog program = { .len = sizeof code / sizeof code[0], .filter = code };
	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

/* The first socket was bound alone, so a port of another program is refused; only then it is shared. */
int udp_socket_reports(int fd, bool ipv6)
{
	if (!set(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		return -1;
	int second = open_bound(udp_socket_port(fd), ipv6, true);
	if (second >= 0 && lead_rtcp_to_second(fd))
		return second;
	if (second >= 0)
		(void)close(second);
	(void)set(fd, SOL_SOCKET, SO_REUSEPORT, 0);
	return -1;
}

/* The kernel doubles what is asked and tells the double. */
uint32_t udp_socket_buffer(int fd, bool out, uint32_t bytes)
{
	int wanted = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes, got = 0;
	socklen_t length = sizeof got;
	if (bytes && !set(fd, SOL_SOCKET, out ? SO_SNDBUFFORCE : SO_RCVBUFFORCE, wanted))
		(void)set(fd, SOL_SOCKET, out ? SO_SNDBUF : SO_RCVBUF, wanted);
	(void)getsockopt(fd, SOL_SOCKET, out ? SO_SNDBUF : SO_RCVBUF, &got, &length);
	return (uint32_t)got / 2;
}
