/* What sending costs, by the way it is asked for: CPU time a datagram of 1200 bytes over loopback, to receivers in turn
 * that nobody reads (what does not fit their sockets is dropped by the kernel). Reports JSON lines, claims nothing.
 *
 *   micro_send [receivers [milliseconds a way]] */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAM 1200
#define RUN_MAX 16
#define BURST 64

struct receiver {
	int fd, connected; /* its own socket; ours that is connected to it */
	struct sockaddr_in6 name;
};

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

static struct receiver *receivers;
static unsigned n_receivers;
static int shared_fd;
static uint8_t payload[DATAGRAM * RUN_MAX];

static double cpu_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int socket_on(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any };
	int on = 1, off = 0;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) || bind(fd, (struct sockaddr *)&any, sizeof any))
		fail("socket");
	return fd;
}

static struct sockaddr_in6 name_of(int fd)
{
	struct sockaddr_in6 name;
	socklen_t length = sizeof name;
	if (getsockname(fd, (struct sockaddr *)&name, &length))
		fail("getsockname");
	name.sin6_addr = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } };
	return name;
}

static void open_all(void)
{
	struct rlimit files;
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	shared_fd = socket_on(0);
	uint16_t port = ntohs(name_of(shared_fd).sin6_port);
	for (unsigned i = 0; i < n_receivers; i++) {
		struct receiver *r = &receivers[i];
		r->fd = socket_on(0);
		r->name = name_of(r->fd);
		r->connected = socket_on(port);
		if (connect(r->connected, (struct sockaddr *)&r->name, sizeof r->name))
			fail("connect");
	}
}

static struct msghdr message(struct receiver *to, struct iovec *data, union control *control, unsigned k, bool named)
{
	*data = (struct iovec){ payload, (size_t)DATAGRAM * k };
	struct msghdr m = { .msg_iov = data, .msg_iovlen = 1 };
	if (named) {
		m.msg_name = &to->name;
		m.msg_namelen = sizeof to->name;
	}
	if (k > 1) {
		m.msg_control = control;
		m.msg_controllen = sizeof control->bytes;
		control->header = (struct cmsghdr){ CMSG_LEN(sizeof(uint16_t)), SOL_UDP, UDP_SEGMENT };
		memcpy(CMSG_DATA(&control->header), &(uint16_t){ DATAGRAM }, sizeof(uint16_t));
	}
	return m;
}

/* One socket for all, a burst of named messages a call. */
static uint64_t by_bursts(unsigned from, unsigned k)
{
	static struct mmsghdr messages[BURST];
	static struct iovec data[BURST];
	static union control controls[BURST];
	for (unsigned i = 0; i < BURST; i++)
		messages[i].msg_hdr = message(&receivers[(from + i) % n_receivers], &data[i], &controls[i], k, true);
	int sent = sendmmsg(shared_fd, messages, BURST, 0);
	return sent > 0 ? (uint64_t)sent * k : 0;
}

/* A call a message, by the one socket or by one that is connected to the receiver. */
static uint64_t by_calls(unsigned from, unsigned k, bool connected)
{
	uint64_t sent = 0;
	for (unsigned i = 0; i < BURST; i++) {
		struct receiver *to = &receivers[(from + i) % n_receivers];
		struct iovec data;
		union control control;
		struct msghdr m = message(to, &data, &control, k, !connected);
		if (sendmsg(connected ? to->connected : shared_fd, &m, 0) > 0)
			sent += k;
	}
	return sent;
}

static uint64_t by_connected(unsigned from, unsigned k)
{
	return by_calls(from, k, true);
}

/* Tells the connection's part from the burst's. */
static uint64_t by_shared(unsigned from, unsigned k)
{
	return by_calls(from, k, false);
}

static const struct {
	const char *name;
	uint64_t (*send)(unsigned from, unsigned k);
} ways[] = { { "sendmmsg", by_bursts }, { "sendmsg", by_shared }, { "connected", by_connected } };

#define WAYS (sizeof ways / sizeof ways[0])
#define ROUNDS 7

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double measure(unsigned way, unsigned k, unsigned ms)
{
	uint64_t sent = 0;
	double begin = cpu_ns(), spent = 0;
	for (unsigned from = 0; spent < ms * 1e6; from += BURST) {
		sent += ways[way].send(from, k);
		spent = cpu_ns() - begin;
	}
	return sent ? spent / (double)sent : 0;
}

int main(int argc, char **argv)
{
	static const unsigned runs[] = { 1, 4, 8 };
	n_receivers = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 218;
	unsigned ms = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
	if (!n_receivers || n_receivers > 10000 || !(receivers = calloc(n_receivers, sizeof *receivers)))
		return 2;
	open_all();
	for (unsigned r = 0; r < sizeof runs / sizeof runs[0]; r++) {
		double ns[WAYS][ROUNDS];
		for (unsigned round = 0; round < ROUNDS; round++)
			for (unsigned way = 0; way < WAYS; way++)
				ns[way][round] = measure(way, runs[r], ms);
		for (unsigned way = 0; way < WAYS; way++) {
			qsort(ns[way], ROUNDS, sizeof ns[way][0], by_size);
			printf("{\"bench\":\"send\",\"way\":\"%s\",\"receivers\":%u,\"k\":%u,\"ns_per_packet\":%.0f}\n",
			       ways[way].name, n_receivers, runs[r], ns[way][ROUNDS / 2]);
		}
	}
	for (unsigned i = 0; i < n_receivers; i++) {
		(void)close(receivers[i].fd);
		(void)close(receivers[i].connected);
	}
	(void)close(shared_fd);
	free(receivers);
	return 0;
}
