#include "io/udp.h"
#include "base/log.h"
#include "base/str.h"
#include "io/udp_socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
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
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo)) +
		   CMSG_SPACE(sizeof(uint16_t))];
};

struct way {
	struct mmsghdr messages[UDP_BURST];
	struct sockaddr_storage names[UDP_BURST];
	union control controls[UDP_BURST];
};

/* What a pushed message is to us. */
struct pushed {
	uint16_t segment, datagrams;
	bool first;
};

struct udp {
	int fd[UDP_INPUTS]; /* sends by the first */
	bool ipv6;
	uint16_t port;
	unsigned n_locals, n;
	struct pushed pushed[UDP_BURST];
	struct local locals[UDP_LOCALS]; /* via = index + 1 */
	struct udp_counts counts;
	struct way in, out;
	struct iovec into[UDP_BURST], from[UDP_BURST][UDP_PIECES];
	bool waited;	    /* in this flush: the socket was full */
	struct pushed last; /* the message pushed last … */
	bool refused;	    /* … had nowhere to go, nor has what more comes of it */
};

/* What is missing of a wished socket buffer is told with the command that allows it. */
static void want_buffer(const struct udp *u, bool out, uint32_t bytes)
{
	uint32_t wanted = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : bytes;
	uint32_t got = udp_socket_buffer(u->fd[UDP_PROMPT], out, wanted);
	if (got < wanted)
		log_warn("udp", "setting=media.%s_buffer wanted=%u got=%u advice=\"sysctl -w net.core.%s_max=%u\"",
			 out ? "send" : "receive", wanted, got, out ? "wmem" : "rmem", wanted);
	if (u->fd[UDP_REPORTS] >= 0 && !out)
		(void)udp_socket_buffer(u->fd[UDP_REPORTS], out, wanted);
}

enum err udp_open(const struct udp_config *config, struct udp **udp, char why[UDP_WHY])
{
	why[0] = '\0';
	*udp = NULL;
	bool ipv6 = true;
	int fd = udp_socket_open(config->port, true);
	if (fd < 0 && errno != EADDRINUSE && errno != EACCES) {
		ipv6 = false;
		fd = udp_socket_open(config->port, false);
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
	u->fd[UDP_PROMPT] = fd;
	u->fd[UDP_REPORTS] = config->reports_apart ? udp_socket_reports(fd, ipv6) : -1;
	u->ipv6 = ipv6;
	u->port = udp_socket_port(fd);
	want_buffer(u, false, config->receive_bytes);
	want_buffer(u, true, config->send_bytes);
	*udp = u;
	return ERR_OK;
}

void udp_close(struct udp *u)
{
	if (!u)
		return;
	for (unsigned i = 0; i < UDP_INPUTS; i++)
		if (u->fd[i] >= 0)
			(void)close(u->fd[i]);
	free(u);
}

int udp_fd(const struct udp *u, enum udp_input input)
{
	return u->fd[input];
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

static void append_control(struct msghdr *m, int level, int type, const void *data, size_t n)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)m->msg_control + m->msg_controllen);
	*c = (struct cmsghdr){ CMSG_LEN(n), level, type };
	memcpy(CMSG_DATA(c), data, n);
	m->msg_controllen += CMSG_SPACE(n);
}

static void write_segment(const struct pushed *p, struct msghdr *m)
{
	append_control(m, SOL_UDP, UDP_SEGMENT, &p->segment, sizeof p->segment);
}

/* Which of our addresses it leaves from, and where the kernel cuts. */
static void write_control(const struct udp *u, uint8_t via, const struct pushed *p, union control *control,
			  struct msghdr *m)
{
	m->msg_control = control;
	m->msg_controllen = 0;
	if (via && via <= u->n_locals) {
		const struct local *local = &u->locals[via - 1];
		if (u->ipv6) {
			struct in6_pktinfo info = { .ipi6_ifindex = local->interface };
			write_ip6(local->family, local->ip, &info.ipi6_addr);
			append_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
		} else {
			struct in_pktinfo info = { 0 };
			memcpy(&info.ipi_spec_dst, local->ip, 4);
			append_control(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
		}
	}
	if (p->datagrams > 1)
		write_segment(p, m);
}

unsigned udp_receive(struct udp *u, enum udp_input input, struct udp_buffer *buffers, unsigned n)
{
	unsigned asked = 0;
	for (; asked < n && asked < UDP_BURST && buffers[asked].data; asked++) {
		u->into[asked] = (struct iovec){ buffers[asked].data, buffers[asked].size };
		u->in.messages[asked].msg_hdr = (struct msghdr){
			.msg_name = &u->in.names[asked],
			.msg_namelen = sizeof u->in.names[asked],
			.msg_iov = &u->into[asked],
			.msg_iovlen = 1,
			.msg_control = &u->in.controls[asked],
			.msg_controllen = sizeof u->in.controls[asked],
		};
	}
	if (!asked || u->fd[input] < 0)
		return 0;
	int got = recvmmsg(u->fd[input], u->in.messages, asked, MSG_DONTWAIT, NULL);
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

static uint16_t datagrams_of(size_t n, size_t segment)
{
	return segment && n ? (uint16_t)((n + segment - 1) / segment) : 1;
}

static void add_piece(struct udp *u, unsigned i, struct bytes piece)
{
	struct msghdr *m = &u->out.messages[i].msg_hdr;
	struct iovec *v = &u->from[i][m->msg_iovlen++];
	memcpy(&v->iov_base, &piece.p, sizeof piece.p); /* sendmmsg writes nothing there */
	v->iov_len = piece.n;
}

void udp_push(struct udp *u, const struct udp_message *message)
{
	const struct netaddr *to = &message->to;
	struct pushed p = { .segment = message->segment,
			    .datagrams = datagrams_of(message->bytes.n, message->segment),
			    .first = message->first };
	if (u->n == UDP_BURST)
		udp_flush(u);
	u->last = p;
	u->refused = to->family == 0 || (to->family == 6 && !u->ipv6);
	if (u->refused) {
		u->counts.refused += p.datagrams;
		return;
	}
	unsigned i = u->n++;
	u->pushed[i] = p;
	struct msghdr *m = &u->out.messages[i].msg_hdr;
	*m = (struct msghdr){ .msg_name = &u->out.names[i], .msg_iov = u->from[i] };
	m->msg_namelen = write_name(u, to, &u->out.names[i]);
	add_piece(u, i, message->bytes);
	write_control(u, to->via, &p, &u->out.controls[i], m);
}

void udp_push_more(struct udp *u, struct bytes piece)
{
	uint16_t datagrams = datagrams_of(piece.n, u->last.segment);
	unsigned i = u->n - 1; /* unless refused: udp_push leaves its message in the burst */
	if (u->refused || u->out.messages[i].msg_hdr.msg_iovlen == UDP_PIECES) {
		u->counts.refused += datagrams;
		return;
	}
	if (u->pushed[i].datagrams == 1)
		write_segment(&u->pushed[i], &u->out.messages[i].msg_hdr);
	u->pushed[i].datagrams = (uint16_t)(u->pushed[i].datagrams + datagrams);
	add_piece(u, i, piece);
}

/* The socket's own buffer drains at line speed: a moment is enough, or nothing is. */
static void wait_for_room(struct udp *u)
{
	u->waited = true;
	u->counts.waits++;
	(void)poll(&(struct pollfd){ .fd = u->fd[UDP_PROMPT], .events = POLLOUT }, 1, UDP_WAIT_MS);
}

static bool is_full(int error)
{
	return error == EAGAIN || error == ENOBUFS;
}

static void lose(struct udp *u, const struct pushed *p, unsigned datagrams)
{
	u->counts.full += datagrams;
	u->counts.full_first += p->first ? datagrams : 0;
}

/* Messages [at, n) but those that are `first` are dropped; whether there were any. */
static bool keep_first(struct udp *u, unsigned at)
{
	unsigned kept = at;
	for (unsigned i = at; i < u->n; i++)
		if (u->pushed[i].first) {
			u->pushed[kept] = u->pushed[i];
			u->out.messages[kept++] = u->out.messages[i];
		} else {
			lose(u, &u->pushed[i], u->pushed[i].datagrams);
		}
	bool dropped = kept < u->n;
	u->n = kept;
	return dropped;
}

static void drop_all(struct udp *u, unsigned at)
{
	for (; at < u->n; at++)
		lose(u, &u->pushed[at], u->pushed[at].datagrams);
}

static void send_one(struct udp *u, const struct pushed *p, const struct msghdr *to, void *bytes, size_t n)
{
	struct iovec one = { .iov_base = bytes, .iov_len = n };
	struct msghdr m = *to;
	m.msg_iov = &one;
	m.msg_iovlen = 1;
	for (;;) {
		u->counts.send_calls++;
		if (sendmsg(u->fd[UDP_PROMPT], &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
			u->counts.sent++;
			return;
		}
		if (!is_full(errno) || u->waited)
			break;
		wait_for_room(u);
	}
	if (is_full(errno))
		lose(u, p, 1);
	else
		u->counts.refused++;
}

/* A run that the kernel or the device does not cut: its datagrams one by one. */
static void send_apart(struct udp *u, unsigned at)
{
	const struct msghdr *whole = &u->out.messages[at].msg_hdr;
	const struct pushed *p = &u->pushed[at];
	struct msghdr m = *whole;
	union control control;
	m.msg_controllen -= CMSG_SPACE(sizeof(uint16_t)); /* the last one: where to cut */
	memcpy(&control, m.msg_control, m.msg_controllen);
	m.msg_control = &control;
	u->counts.cut++;
	for (size_t i = 0; i < whole->msg_iovlen; i++) {
		const struct iovec *piece = &whole->msg_iov[i];
		for (size_t done = 0; done < piece->iov_len; done += p->segment) {
			size_t left = piece->iov_len - done;
			send_one(u, p, &m, (char *)piece->iov_base + done, left < p->segment ? left : p->segment);
		}
	}
}

void udp_flush(struct udp *u)
{
	u->waited = false;
	for (unsigned at = 0; at < u->n;) {
		unsigned given = u->n - at;
		int sent = sendmmsg(u->fd[UDP_PROMPT], u->out.messages + at, given, MSG_DONTWAIT | MSG_NOSIGNAL);
		u->counts.send_calls++;
		if (sent > 0) {
			u->counts.partial += (unsigned)sent < given;
			for (unsigned end = at + (unsigned)sent; at < end; at++)
				u->counts.sent += u->pushed[at].datagrams;
		} else if (is_full(errno)) {
			if (u->waited && !keep_first(u, at)) { /* not even those: the rest is lost */
				drop_all(u, at);
				break;
			}
			wait_for_room(u);
		} else if (u->pushed[at].datagrams > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE)) {
			send_apart(u, at++);
		} else if (errno != EINTR) {
			u->counts.refused += u->pushed[at++].datagrams;
		}
	}
	u->n = 0;
}
