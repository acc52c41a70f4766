#include "io/udp.h"
#include "base/log.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* One of our own addresses, as the kernel named it with a datagram. */
struct local {
	uint8_t family; /* 4, 6 */
	uint8_t ip[16];
	unsigned interface;
};

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct way {
	struct mmsghdr messages[UDP_BURST];
	struct iovec data[UDP_BURST];
	struct sockaddr_storage names[UDP_BURST];
	union control controls[UDP_BURST];
};

struct udp {
	int fd;
	bool ipv6;
	uint16_t port;
	unsigned n_locals, pushed;
	struct local locals[UDP_LOCALS]; /* via = index + 1 */
	struct udp_counts counts;
	struct way in, out;
};

static int open_socket(const struct udp_config *config, bool ipv6)
{
	int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int on = 1, off = 0;
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(config->port) };
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(config->port) };
	bool ok = ipv6 ? !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) &&
			     !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) &&
			     !bind(fd, (struct sockaddr *)&any6, sizeof any6)
		       : !setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) &&
			     !bind(fd, (struct sockaddr *)&any4, sizeof any4);
	if (ok)
		return fd;
	int error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

/* The kernel doubles what is asked and tells the double. Root may go over the limit. */
static void want_buffer(int fd, int option, int force, const char *setting, const char *sysctl, uint32_t bytes)
{
	int wanted = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes, got = 0;
	socklen_t length = sizeof got;
	if (!bytes)
		return;
	if (setsockopt(fd, SOL_SOCKET, force, &wanted, sizeof wanted))
		(void)setsockopt(fd, SOL_SOCKET, option, &wanted, sizeof wanted);
	if (!getsockopt(fd, SOL_SOCKET, option, &got, &length) && got / 2 < wanted)
		log_warn("udp", "setting=%s wanted=%d got=%d advice=\"sysctl -w %s=%d\"", setting, wanted, got / 2,
			 sysctl, wanted);
}

static uint16_t bound_port(int fd)
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

enum err udp_open(const struct udp_config *config, struct udp **udp, char why[UDP_WHY])
{
	why[0] = '\0';
	*udp = NULL;
	bool ipv6 = true;
	int fd = open_socket(config, true);
	if (fd < 0 && errno != EADDRINUSE && errno != EACCES) {
		ipv6 = false;
		fd = open_socket(config, false);
	}
	if (fd < 0) {
		(void)str_print(why, UDP_WHY, "cannot take UDP port %u: %s", config->port,
				errno == EADDRINUSE
				    ? "another program has it; stop it, or choose another by --set media.port=PORT"
				    : strerror(errno));
		return ERR_SYS;
	}
	struct udp *u = calloc(1, sizeof *u);
	if (!u) {
		(void)close(fd);
		return ERR_NOMEM;
	}
	u->fd = fd;
	u->ipv6 = ipv6;
	u->port = bound_port(fd);
	want_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, "media.receive_buffer", "net.core.rmem_max", config->receive_bytes);
	want_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, "media.send_buffer", "net.core.wmem_max", config->send_bytes);
	*udp = u;
	return ERR_OK;
}

void udp_close(struct udp *u)
{
	if (!u)
		return;
	(void)close(u->fd);
	free(u);
}

int udp_fd(const struct udp *u)
{
	return u->fd;
}

uint16_t udp_port(const struct udp *u)
{
	return u->port;
}

bool udp_has_ipv6(const struct udp *u)
{
	return u->ipv6;
}

const struct udp_counts *udp_counts(const struct udp *u)
{
	return &u->counts;
}

/* An IPv4 address inside an IPv6 one is told as what it is. */
static void read_ip6(const struct in6_addr *in6, uint8_t *family, uint8_t ip[16])
{
	bool mapped = IN6_IS_ADDR_V4MAPPED(in6);
	*family = mapped ? 4 : 6;
	memset(ip, 0, 16);
	memcpy(ip, in6->s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
}

static void write_ip6(uint8_t family, const uint8_t ip[16], struct in6_addr *in6)
{
	if (family == 6) {
		memcpy(in6->s6_addr, ip, 16);
		return;
	}
	*in6 = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
	memcpy(in6->s6_addr + 12, ip, 4);
}

static void read_name(const struct sockaddr_storage *name, struct netaddr *a)
{
	*a = (struct netaddr){ 0 };
	if (name->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)name;
		read_ip6(&in6->sin6_addr, &a->family, a->ip);
		a->port = ntohs(in6->sin6_port);
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)name;
		a->family = 4;
		memcpy(a->ip, &in->sin_addr, 4);
		a->port = ntohs(in->sin_port);
	}
}

static socklen_t write_name(const struct udp *u, const struct netaddr *a, struct sockaddr_storage *name)
{
	if (u->ipv6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;
		*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(a->port) };
		write_ip6(a->family, a->ip, &in6->sin6_addr);
		return sizeof *in6;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)name;
	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(a->port) };
	memcpy(&in->sin_addr, a->ip, 4);
	return sizeof *in;
}

/* The number of a local address; 0 when the table is full: then the kernel chooses, as without this. */
static uint8_t via_of(struct udp *u, const struct local *local)
{
	for (unsigned i = 0; i < u->n_locals; i++) {
		const struct local *known = &u->locals[i];
		if (known->family == local->family && known->interface == local->interface &&
		    !memcmp(known->ip, local->ip, sizeof local->ip))
			return (uint8_t)(i + 1);
	}
	if (u->n_locals == UDP_LOCALS)
		return 0;
	u->locals[u->n_locals++] = *local;
	return (uint8_t)u->n_locals;
}

static uint8_t read_via(struct udp *u, struct msghdr *m)
{
	struct local local = { 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
				continue;
			read_ip6(&info.ipi6_addr, &local.family, local.ip);
			/* Only a link-local address needs its interface; elsewhere the routing table knows better. */
			local.interface = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			local.family = 4;
			memcpy(local.ip, &info.ipi_spec_dst, 4);
		}
	}
	return local.family ? via_of(u, &local) : 0;
}

static void write_via(const struct udp *u, uint8_t via, union control *control, struct msghdr *m)
{
	m->msg_control = NULL;
	m->msg_controllen = 0;
	if (via == 0 || via > u->n_locals)
		return;
	const struct local *local = &u->locals[via - 1];
	m->msg_control = control;
	struct cmsghdr *c = &control->header;
	if (u->ipv6) {
		struct in6_pktinfo info = { .ipi6_ifindex = local->interface };
		write_ip6(local->family, local->ip, &info.ipi6_addr);
		*c = (struct cmsghdr){ CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof info);
		m->msg_controllen = CMSG_SPACE(sizeof info);
	} else {
		struct in_pktinfo info = { 0 };
		memcpy(&info.ipi_spec_dst, local->ip, 4);
		*c = (struct cmsghdr){ CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof info);
		m->msg_controllen = CMSG_SPACE(sizeof info);
	}
}

unsigned udp_receive(struct udp *u, struct udp_buffer *buffers, unsigned n)
{
	unsigned asked = 0;
	for (; asked < n && asked < UDP_BURST && buffers[asked].data; asked++) {
		u->in.data[asked] = (struct iovec){ buffers[asked].data, buffers[asked].size };
		u->in.messages[asked].msg_hdr = (struct msghdr){
			.msg_name = &u->in.names[asked],
			.msg_namelen = sizeof u->in.names[asked],
			.msg_iov = &u->in.data[asked],
			.msg_iovlen = 1,
			.msg_control = &u->in.controls[asked],
			.msg_controllen = sizeof u->in.controls[asked],
		};
	}
	if (!asked)
		return 0;
	int got = recvmmsg(u->fd, u->in.messages, asked, MSG_DONTWAIT, NULL);
	if (got <= 0)
		return 0;
	u->counts.receive_calls++;
	u->counts.received += (unsigned)got;
	for (int i = 0; i < got; i++) {
		struct msghdr *m = &u->in.messages[i].msg_hdr;
		buffers[i].length = u->in.messages[i].msg_len;
		buffers[i].cut = m->msg_flags & MSG_TRUNC;
		read_name(&u->in.names[i], &buffers[i].from);
		buffers[i].from.via = read_via(u, m);
	}
	return (unsigned)got;
}

void udp_push(struct udp *u, const struct netaddr *to, struct bytes datagram)
{
	if (to->family == 0 || (to->family == 6 && !u->ipv6)) {
		u->counts.refused++;
		return;
	}
	unsigned i = u->pushed++;
	memcpy(&u->out.data[i].iov_base, &datagram.p, sizeof datagram.p); /* sendmmsg writes nothing there */
	u->out.data[i].iov_len = datagram.n;
	struct msghdr *m = &u->out.messages[i].msg_hdr;
	*m = (struct msghdr){ .msg_name = &u->out.names[i], .msg_iov = &u->out.data[i], .msg_iovlen = 1 };
	m->msg_namelen = write_name(u, to, &u->out.names[i]);
	write_via(u, to->via, &u->out.controls[i], m);
	if (u->pushed == UDP_BURST)
		udp_flush(u);
}

void udp_flush(struct udp *u)
{
	bool waited = false;
	for (unsigned at = 0; at < u->pushed;) {
		int sent = sendmmsg(u->fd, u->out.messages + at, u->pushed - at, MSG_DONTWAIT | MSG_NOSIGNAL);
		u->counts.send_calls++;
		if (sent > 0) {
			u->counts.sent += (unsigned)sent;
			at += (unsigned)sent;
		} else if (errno == EAGAIN && !waited) {
			/* The socket's own buffer: it drains at line speed, a moment is enough or nothing is. */
			waited = true;
			(void)poll(&(struct pollfd){ .fd = u->fd, .events = POLLOUT }, 1, UDP_WAIT_MS);
		} else if (errno == EAGAIN) {
			u->counts.full += u->pushed - at;
			break;
		} else if (errno == ENOBUFS) {
			u->counts.full++;
			at++;
		} else if (errno != EINTR) {
			u->counts.refused++;
			at++;
		}
	}
	u->pushed = 0;
}
