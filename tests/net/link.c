/* Link emulator: a TUN device in each of two network namespaces and this process as the wire between them.
 *
 *   link NS_A ADDR_A/LEN NS_B ADDR_B/LEN CONTROL_SOCKET
 *   link CONTROL_SOCKET "a>b delay=50 …"     tells a running one, prints its answer
 *
 * The namespaces exist already. Each direction has its own delay, jitter (order kept), rate, queue, loss and mean burst
 * of loss, changed at run time by a line on the Unix datagram socket:
 *   a>b delay=50 rate=300000 queue=300 loss=5 burst=3 jitter=10 down=0 seed=7 b>a delay=20
 * (without a direction: both). The answer is the counters of both directions. `rate` counts IP bytes in bit/s (0:
 * unlimited), times are ms, loss is per cent, `down=1` loses all. Chance comes from the seed, so that a run repeats.
 * Ends with SIGTERM or with its parent. Exit status 77: no /dev/net/tun here, or not root. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PACKETS 8192
#define BYTES 2048

struct held {
	int64_t due; /* us */
	uint16_t n;
	uint8_t data[BYTES];
};

struct direction {
	const char *name;
	int in, out;
	/* settings */
	double delay_ms, jitter_ms, queue_ms, loss, burst;
	int64_t rate;
	bool down;
	/* state */
	struct held *ring;
	unsigned head, count;
	int64_t free_at, last_due; /* us: when the wire is free; the last departure, for order */
	bool losing;
	uint64_t rng;
	uint64_t packets, bytes, lost, overflow, max_queue;
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	stop = 1;
}

static int64_t now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double chance(struct direction *d)
{
	d->rng ^= d->rng << 13;
	d->rng ^= d->rng >> 7;
	d->rng ^= d->rng << 17;
	return (double)(d->rng >> 11) / 9007199254740992.0;
}

/* Gilbert-Elliott by packets: mean run of losses `burst`, mean share `loss`. */
static bool lose(struct direction *d)
{
	if (d->down)
		return true;
	if (d->loss <= 0)
		return false;
	double share = d->loss / 100, leave = 1 / (d->burst < 1 ? 1 : d->burst);
	double enter = share >= 1 ? 1 : leave * share / (1 - share);
	d->losing = d->losing ? chance(d) >= leave : chance(d) < enter;
	return d->losing;
}

static void take(struct direction *d)
{
	for (int i = 0; i < 64; i++) {
		struct held *h = &d->ring[(d->head + d->count) % PACKETS];
		uint8_t scrap[BYTES];
		bool room = d->count < PACKETS;
		ssize_t n = read(d->in, room ? h->data : scrap, BYTES);
		if (n <= 0)
			return;
		int64_t now = now_us(), start = d->free_at > now ? d->free_at : now;
		if (lose(d)) {
			d->lost++;
			continue;
		}
		if (!room || (d->rate > 0 && (double)(start - now) > d->queue_ms * 1000)) {
			d->overflow++;
			continue;
		}
		if (start - now > (int64_t)d->max_queue)
			d->max_queue = (uint64_t)(start - now);
		d->free_at = d->rate > 0 ? start + n * 8 * 1000000 / d->rate : now;
		int64_t due = d->free_at + (int64_t)(d->delay_ms * 1000);
		if (d->jitter_ms > 0)
			due += (int64_t)((chance(d) * 2 - 1) * d->jitter_ms * 1000);
		if (due < d->last_due)
			due = d->last_due;
		d->last_due = due;
		h->due = due;
		h->n = (uint16_t)n;
		d->count++;
	}
}

static int64_t give(struct direction *d, int64_t now)
{
	while (d->count && d->ring[d->head].due <= now) {
		struct held *h = &d->ring[d->head];
		if (write(d->out, h->data, h->n) == h->n) {
			d->packets++;
			d->bytes += h->n;
		}
		d->head = (d->head + 1) % PACKETS;
		d->count--;
	}
	return d->count ? d->ring[d->head].due : INT64_MAX;
}

static int open_tun(const char *ns, const char *address, const char *device)
{
	char command[512], path[256];
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof path, "/run/netns/%s", ns);
	int there = open(path, O_RDONLY | O_CLOEXEC);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0) {
		(void)fprintf(stderr, "link: cannot enter the namespace %s: %s\n", ns, strerror(errno));
		exit(errno == EPERM ? 77 : 1);
	}
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
		(void)fprintf(stderr, "link: no TUN device here: %s\n", strerror(errno));
		exit(77);
	}
	(void)snprintf(command, sizeof command, "ip addr add %s dev %s && ip link set %s mtu 1500 txqueuelen 2000 up",
		       address, device, device);
	if (system(command) != 0) {
		(void)fprintf(stderr, "link: cannot set %s\n", device);
		exit(1);
	}
	if (setns(here, CLONE_NEWNET) < 0)
		exit(1);
	(void)close(here);
	(void)close(there);
	return fd;
}

static void set(struct direction *d, const char *key, double value)
{
	const struct {
		const char *key;
		double *to;
	} numbers[] = { { "delay", &d->delay_ms },
			{ "jitter", &d->jitter_ms },
			{ "queue", &d->queue_ms },
			{ "loss", &d->loss },
			{ "burst", &d->burst } };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(key, numbers[i].key) == 0)
			*numbers[i].to = value;
	if (strcmp(key, "rate") == 0)
		d->rate = (int64_t)value;
	if (strcmp(key, "down") == 0)
		d->down = value != 0;
	if (strcmp(key, "seed") == 0)
		d->rng = (uint64_t)value * 2654435761U + 1;
}

static void control(int fd, struct direction both[2])
{
	char line[512], answer[1024] = "";
	struct sockaddr_un from;
	socklen_t size = sizeof from;
	ssize_t n = recvfrom(fd, line, sizeof line - 1, 0, (struct sockaddr *)&from, &size);
	if (n <= 0)
		return;
	line[n] = '\0';
	char *save = NULL;
	struct direction *which = NULL;
	for (char *word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		char *equals = strchr(word, '=');
		if (!equals) {
			which = NULL;
			for (int i = 0; i < 2; i++)
				if (strcmp(word, both[i].name) == 0)
					which = &both[i];
			continue;
		}
		*equals = '\0';
		for (int i = 0; i < 2; i++)
			if (!which || which == &both[i])
				set(&both[i], word, strtod(equals + 1, NULL));
	}
	size_t used = 0;
	for (int i = 0; i < 2; i++)
		used += (size_t)snprintf(answer + used, sizeof answer - used,
					 "%s packets=%llu bytes=%llu lost=%llu overflow=%llu max_queue_us=%llu\n",
					 both[i].name, (unsigned long long)both[i].packets,
					 (unsigned long long)both[i].bytes, (unsigned long long)both[i].lost,
					 (unsigned long long)both[i].overflow, (unsigned long long)both[i].max_queue);
	if (size > sizeof(sa_family_t))
		(void)sendto(fd, answer, used, 0, (struct sockaddr *)&from, size);
}

static int tell(const char *socket_path, const char *line)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX }, here = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 2 };
	char answer[1024];
	(void)snprintf(there.sun_path, sizeof there.sun_path, "%s", socket_path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* an address of the kernel's choice, so that there is somewhere to answer to */
	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(sa_family_t)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
	    sendto(fd, line, strlen(line), 0, (struct sockaddr *)&there, sizeof there) < 0) {
		(void)fprintf(stderr, "link: cannot tell %s: %s\n", socket_path, strerror(errno));
		return 1;
	}
	ssize_t n = recv(fd, answer, sizeof answer, 0);
	if (n > 0)
		(void)fwrite(answer, 1, (size_t)n, stdout);
	(void)close(fd);
	return n > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return tell(argv[1], argv[2]);
	if (argc != 6) {
		(void)fprintf(
		    stderr, "usage: link NS_A ADDR_A/LEN NS_B ADDR_B/LEN CONTROL_SOCKET | link CONTROL_SOCKET LINE\n");
		return 2;
	}
	char a[IFNAMSIZ], b[IFNAMSIZ];
	(void)snprintf(a, sizeof a, "lk%da", getpid());
	(void)snprintf(b, sizeof b, "lk%db", getpid());
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	struct sigaction action = { .sa_handler = on_signal };
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	int fa = open_tun(argv[1], argv[2], a), fb = open_tun(argv[3], argv[4], b);
	struct direction both[2] = {
		{ .name = "a>b", .in = fa, .out = fb, .queue_ms = 300, .burst = 1, .rng = 1 },
		{ .name = "b>a", .in = fb, .out = fa, .queue_ms = 300, .burst = 1, .rng = 2 },
	};
	for (int i = 0; i < 2; i++)
		if (!(both[i].ring = calloc(PACKETS, sizeof *both[i].ring)))
			return 1;
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	(void)snprintf(here.sun_path, sizeof here.sun_path, "%s", argv[5]);
	(void)unlink(here.sun_path);
	int fc = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fc < 0 || bind(fc, (struct sockaddr *)&here, sizeof here) < 0) {
		(void)fprintf(stderr, "link: cannot bind %s: %s\n", argv[5], strerror(errno));
		return 1;
	}
	printf("ready\n");
	(void)fflush(stdout);
	while (!stop) {
		int64_t now = now_us(), due = INT64_MAX;
		for (int i = 0; i < 2; i++) {
			int64_t next = give(&both[i], now);
			if (next < due)
				due = next;
		}
		now = now_us();
		int64_t wait = due == INT64_MAX ? 1000000 : due > now ? due - now : 0;
		struct timespec timeout = { wait / 1000000, wait % 1000000 * 1000 };
		struct pollfd fds[3] = { { .fd = fa, .events = POLLIN },
					 { .fd = fb, .events = POLLIN },
					 { .fd = fc, .events = POLLIN } };
		if (ppoll(fds, 3, &timeout, NULL) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (fds[i].revents)
				take(&both[i]);
		if (fds[2].revents)
			control(fc, both);
	}
	(void)unlink(argv[5]);
	for (int i = 0; i < 2; i++)
		free(both[i].ring);
	return 0;
}
