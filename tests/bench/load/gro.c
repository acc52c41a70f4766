#include "bench/load/gro.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES 8
#define MESSAGE_BYTES 65536
#define QUEUE_BYTES (2 << 20)

enum err gro_open(int *fd)
{
	int on = 1, queue = QUEUE_BYTES;
	const struct sockaddr_in any = { .sin_family = AF_INET };
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return ERR_SYS;
	if (setsockopt(*fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) ||
	    bind(*fd, (const struct sockaddr *)(const void *)&any, sizeof any))
		return ERR_SYS;
	if (setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue,
		       sizeof queue)) /* only root may have more than the limit */
		(void)setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
	return ERR_OK;
}

enum err gro_connect(int fd, const char *ip, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	if (inet_pton(AF_INET, ip, &to.sin_addr) != 1)
		return ERR_FORMAT;
	return connect(fd, (const struct sockaddr *)(const void *)&to, sizeof to) ? ERR_SYS : ERR_OK;
}

static bool own_name(int fd, struct sockaddr_in *own)
{
	socklen_t size = sizeof *own;
	*own = (struct sockaddr_in){ 0 };
	return getsockname(fd, (struct sockaddr *)(void *)own, &size) == 0;
}

uint16_t gro_port(int fd)
{
	struct sockaddr_in own;
	return own_name(fd, &own) ? ntohs(own.sin_port) : 0;
}

/* A socket that is connected far away has the address it would be sent from; nothing leaves. */
void gro_own_ip(char ip[GRO_IP])
{
	struct sockaddr_in own;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(ip, "127.0.0.1", 10);
	if (fd < 0)
		return;
	if (gro_connect(fd, "198.51.100.1", 9) == ERR_OK && own_name(fd, &own))
		(void)inet_ntop(AF_INET, &own.sin_addr, ip, GRO_IP);
	(void)close(fd);
}

/* The size of a run's datagrams; of one alone its own. */
static size_t segment_of(struct msghdr *m, size_t bytes)
{
	int size;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
			continue;
		memcpy(&size, CMSG_DATA(c), sizeof size);
		return size > 0 ? (size_t)size : bytes;
	}
	return bytes;
}

bool gro_receive(int fd, gro_take *take, void *ctx)
{
	static uint8_t data[MESSAGES][MESSAGE_BYTES];
	static union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(int))];
	} control[MESSAGES];
	struct iovec at[MESSAGES];
	struct mmsghdr messages[MESSAGES];
	for (unsigned i = 0; i < MESSAGES; i++) {
		at[i] = (struct iovec){ data[i], MESSAGE_BYTES };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &at[i],
							     .msg_iovlen = 1,
							     .msg_control = &control[i],
							     .msg_controllen = sizeof control[i] } };
	}
	int n = recvmmsg(fd, messages, MESSAGES, 0, NULL);
	for (int i = 0; i < n; i++)
		if (messages[i].msg_len)
			take(ctx, data[i], messages[i].msg_len, segment_of(&messages[i].msg_hdr, messages[i].msg_len));
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

unsigned gro_send(int fd, const struct bytes *datagrams, unsigned n)
{
	struct iovec at[GRO_BURST];
	struct mmsghdr messages[GRO_BURST];
	unsigned sent = 0;
	for (unsigned i = 0; i < n; i++) {
		at[i] = (struct iovec){ (void *)datagrams[i].p, datagrams[i].n };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &at[i], .msg_iovlen = 1 } };
	}
	while (sent < n) {
		int done = sendmmsg(fd, messages + sent, n - sent, 0);
		if (done <= 0 && errno != EINTR)
			break;
		sent += done > 0 ? (unsigned)done : 0;
	}
	return sent;
}

uint64_t gro_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof info;
	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) ? 0 : info[SK_MEMINFO_DROPS];
}
