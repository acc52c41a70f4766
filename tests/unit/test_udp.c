#include "io/addrs.h"
#include "io/udp.h"
#include "test.h"
#include "wire/demux.h"
#include <arpa/inet.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct udp *open_one(uint16_t port)
{
	struct udp *u;
	char why[UDP_WHY];
	assert_int_equal(udp_open(&(struct udp_config){ .port = port }, &u, why), ERR_OK);
	return u;
}

static struct netaddr at(const char *ip, uint16_t port)
{
	struct netaddr a;
	assert_int_equal(addrs_parse_ip(ip, &a), ERR_OK);
	a.port = port;
	return a;
}

static unsigned receive(struct udp *u, struct udp_buffer *buffers, unsigned n)
{
	assert_int_equal(poll(&(struct pollfd){ udp_fd(u, UDP_PROMPT), POLLIN, 0 }, 1, 2000), 1);
	return udp_receive(u, UDP_PROMPT, buffers, n);
}

/* More than one burst goes out and comes in whole, in order, each into the buffer given for it. */
static void push(struct udp *u, const struct netaddr *to, struct bytes datagram)
{
	udp_push(u, &(struct udp_message){ .to = *to, .bytes = datagram });
}

static void bursts_arrive_whole_and_in_order(void **state)
{
	struct udp *a = open_one(0), *b = open_one(0);
	struct netaddr to = at("127.0.0.1", udp_port(b));
	static uint8_t out[100][1200], in[UDP_BURST][1500];
	for (unsigned i = 0; i < 100; i++) {
		memset(out[i], (int)i, sizeof out[i]);
		push(a, &to, bytes_of(out[i], 100 + i * 11));
	}
	udp_flush(a);
	assert_int_equal(udp_counts(a)->sent, 100);
	assert_int_equal(udp_counts(a)->send_calls, 2);
	unsigned total = 0;
	while (total < 100) {
		struct udp_buffer buffers[UDP_BURST];
		for (unsigned i = 0; i < UDP_BURST; i++)
			buffers[i] = (struct udp_buffer){ .data = in[i], .size = sizeof in[i] };
		unsigned n = receive(b, buffers, UDP_BURST);
		for (unsigned i = 0; i < n; i++, total++) {
			assert_int_equal(buffers[i].length, 100 + total * 11);
			assert_memory_equal(in[i], out[total], buffers[i].length);
			assert_false(buffers[i].cut);
			assert_int_equal(buffers[i].from.port, udp_port(a));
			assert_int_equal(buffers[i].from.family, 4);
		}
	}
	assert_int_equal(udp_counts(b)->received, 100);
	assert_int_equal(udp_receive(b, UDP_PROMPT, &(struct udp_buffer){ .data = in[0], .size = 1500 }, 1), 0);
	udp_close(a);
	udp_close(b);
}

/* A message of pieces that lie apart arrives as its datagrams; more than one burst of such. */
static void pieces_arrive_as_datagrams(void **state)
{
	struct udp *a = open_one(0), *b = open_one(0);
	struct netaddr to = at("127.0.0.1", udp_port(b)), none = { 0 };
	static uint8_t out[3][300], in[UDP_BURST][400];
	for (unsigned i = 0; i < 3; i++)
		memset(out[i], (int)i + 1, sizeof out[i]);
	for (unsigned i = 0; i < 66; i++) {
		udp_push(a, &(struct udp_message){ .to = to, .bytes = bytes_of(out[0], 100), .segment = 100 });
		udp_push_more(a, bytes_of(out[1], 100));
		udp_push_more(a, bytes_of(out[2], 50));
	}
	udp_push(a, &(struct udp_message){ .to = none, .bytes = bytes_of(out[0], 100), .segment = 100 });
	udp_push_more(a, bytes_of(out[1], 200));
	udp_flush(a);
	assert_int_equal(udp_counts(a)->sent, 198);
	assert_int_equal(udp_counts(a)->refused, 3);
	assert_int_equal(udp_counts(a)->send_calls, 2);
	for (unsigned total = 0; total < 198;) {
		struct udp_buffer buffers[UDP_BURST];
		for (unsigned i = 0; i < UDP_BURST; i++)
			buffers[i] = (struct udp_buffer){ .data = in[i], .size = sizeof in[i] };
		unsigned n = receive(b, buffers, UDP_BURST);
		for (unsigned i = 0; i < n; i++, total++) {
			assert_int_equal(buffers[i].length, total % 3 == 2 ? 50 : 100);
			assert_int_equal(in[i][0], total % 3 + 1);
		}
	}
	udp_close(a);
	udp_close(b);
}

static void tells_what_was_cut_and_takes_no_more_than_asked(void **state)
{
	struct udp *a = open_one(0), *b = open_one(0);
	struct netaddr to = at("127.0.0.1", udp_port(b));
	uint8_t long_one[200] = { 7 }, in[2][100];
	push(a, &to, bytes_of(long_one, 200));
	push(a, &to, bytes_of(long_one, 0));
	push(a, &to, bytes_of(long_one, 1));
	udp_flush(a);
	struct udp_buffer buffers[3] = { { .data = in[0], .size = 100 }, { .data = in[1], .size = 100 } };
	assert_int_equal(receive(b, buffers, 3), 2); /* the third has no memory */
	assert_true(buffers[0].cut);
	assert_int_equal(buffers[0].length, 100);
	assert_false(buffers[1].cut);
	assert_int_equal(buffers[1].length, 0);
	assert_int_equal(udp_receive(b, UDP_PROMPT, buffers, 2), 1);
	udp_close(a);
	udp_close(b);
}

/* An answer leaves from the address the client asked: 127.0.0.2 is as local as 127.0.0.1, which the kernel would
 * choose. The client is a plain socket, so that what it sees is what the network sees. */
static void answers_from_the_address_that_was_asked(void **state)
{
	struct udp *u = open_one(0);
	static const char *const asked[] = { "127.0.0.2", "127.0.0.3", "127.0.0.2" };
	uint8_t vias[3];
	for (unsigned i = 0; i < 3; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);
		struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(udp_port(u)) };
		char byte[1], text[INET_ADDRSTRLEN];
		socklen_t length = sizeof name;
		assert_int_equal(inet_pton(AF_INET, asked[i], &name.sin_addr), 1);
		assert_int_equal(sendto(fd, "?", 1, 0, (struct sockaddr *)&name, sizeof name), 1);
		struct udp_buffer buffer = { .data = byte, .size = 1 };
		assert_int_equal(receive(u, &buffer, 1), 1);
		vias[i] = buffer.from.via;
		assert_int_not_equal(buffer.from.via, 0);
		push(u, &buffer.from, bytes_of("!", 1));
		udp_flush(u);
		assert_int_equal(udp_counts(u)->refused, 0);
		assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 2000), 1);
		assert_int_equal(recvfrom(fd, byte, 1, 0, (struct sockaddr *)&name, &length), 1);
		assert_string_equal(inet_ntop(AF_INET, &name.sin_addr, text, sizeof text), asked[i]);
		close(fd);
	}
	assert_int_not_equal(vias[0], vias[1]);
	assert_int_equal(vias[0], vias[2]);
	udp_close(u);
}

static void takes_ipv6(void **state)
{
	struct udp *u = open_one(0);
	struct sockaddr_in6 name = { .sin6_family = AF_INET6,
				     .sin6_port = htons(udp_port(u)),
				     .sin6_addr = in6addr_loopback };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (!udp_has_ipv6(u) || fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) ||
	    send(fd, "?", 1, 0) != 1) {
		if (fd >= 0)
			close(fd);
		udp_close(u);
		print_message("SKIP: no IPv6 on this host\n");
		skip();
	}
	char byte[1];
	struct udp_buffer buffer = { .data = byte, .size = 1 };
	assert_int_equal(receive(u, &buffer, 1), 1);
	assert_int_equal(buffer.from.family, 6);
	push(u, &buffer.from, bytes_of("!", 1));
	udp_flush(u);
	assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 2000), 1);
	assert_int_equal(recv(fd, byte, 1, 0), 1);
	assert_int_equal(byte[0], '!');
	close(fd);
	udp_close(u);
}

/* What the kernel refuses is counted and holds up nothing behind it. */
static void a_refused_datagram_does_not_stop_the_rest(void **state)
{
	struct udp *a = open_one(0), *b = open_one(0);
	struct netaddr good = at("127.0.0.1", udp_port(b)), port0 = at("127.0.0.1", 0), none = { 0 };
	static uint8_t huge[70000];
	push(a, &good, bytes_of("1", 1));
	push(a, &port0, bytes_of("2", 1));
	push(a, &good, bytes_of(huge, sizeof huge));
	push(a, &none, bytes_of("3", 1));
	push(a, &good, bytes_of("4", 1));
	udp_flush(a);
	assert_int_equal(udp_counts(a)->sent, 2);
	assert_int_equal(udp_counts(a)->refused, 3);
	char in[2][1];
	struct udp_buffer buffers[2] = { { .data = in[0], .size = 1 }, { .data = in[1], .size = 1 } };
	unsigned n = receive(b, buffers, 2);
	if (n == 1)
		n += receive(b, buffers + 1, 1);
	assert_int_equal(n, 2);
	assert_int_equal(in[0][0], '1');
	assert_int_equal(in[1][0], '4');
	udp_close(a);
	udp_close(b);
}

/* Whatever the first two bytes: what is RTCP comes to one socket, all else to the other, and nothing to both. */
static void reports_come_apart(void **state)
{
	static const uint8_t firsts[] = { 0, 1, 22, 64, 127, 128, 129, 144, 191, 192, 255 };
	struct udp *a = open_one(0), *b;
	char why[UDP_WHY];
	uint8_t in[64];
	assert_int_equal(udp_open(&(struct udp_config){ .reports_apart = true }, &b, why), ERR_OK);
	if (udp_fd(b, UDP_REPORTS) < 0) {
		print_message("SKIP: this kernel leads nothing to a second socket\n");
		udp_close(a);
		udp_close(b);
		skip();
	}
	struct netaddr to = at("127.0.0.1", udp_port(b));
	for (unsigned i = 0; i < sizeof firsts; i++)
		for (unsigned second = 0; second < 256; second++) {
			uint8_t datagram[12] = { firsts[i], (uint8_t)second };
			bool report = demux_kind(bytes_of(datagram, sizeof datagram)) == DEMUX_RTCP;
			push(a, &to, bytes_of(datagram, sizeof datagram));
			udp_flush(a);
			for (unsigned input = 0; input < UDP_INPUTS; input++) {
				struct udp_buffer buffer = { .data = in, .size = sizeof in };
				assert_int_equal(udp_receive(b, input, &buffer, 1), report == (input == UDP_REPORTS));
				if (report == (input == UDP_REPORTS)) {
					assert_memory_equal(in, datagram, sizeof datagram);
					assert_int_equal(buffer.from.port, udp_port(a));
					assert_int_not_equal(buffer.from.via, 0);
				}
			}
		}
	push(a, &to, bytes_of("\x80", 1)); /* too short to tell */
	udp_flush(a);
	assert_int_equal(udp_receive(b, UDP_REPORTS, &(struct udp_buffer){ .data = in, .size = 64 }, 1), 0);
	assert_int_equal(udp_receive(b, UDP_PROMPT, &(struct udp_buffer){ .data = in, .size = 64 }, 1), 1);
	udp_close(a);
	udp_close(b);
}

/* Sharing its port with itself, it shares it with nobody else, and of a port that is shared it takes no part. */
static void a_shared_port_is_refused(void **state)
{
	struct udp *u, *other;
	char why[UDP_WHY];
	assert_int_equal(udp_open(&(struct udp_config){ .reports_apart = true }, &u, why), ERR_OK);
	struct udp_config same = { .port = udp_port(u), .reports_apart = true };
	assert_int_equal(udp_open(&same, &other, why), ERR_SYS);
	assert_non_null(strstr(why, "another program has it"));
	udp_close(u);
	assert_int_equal(udp_open(&same, &u, why), ERR_OK);
	udp_close(u);
}

static void a_busy_port_is_told_in_one_sentence(void **state)
{
	struct udp *a = open_one(0), *b;
	char why[UDP_WHY];
	assert_int_equal(udp_open(&(struct udp_config){ .port = udp_port(a) }, &b, why), ERR_SYS);
	assert_null(b);
	assert_non_null(strstr(why, "media.port"));
	assert_null(strchr(why, '\n'));
	udp_close(a);
}

/* CAP_NET_ADMIN goes over the kernel's limits. Returns whether this thread had it; it stays permitted. */
static bool set_admin(bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	const uint32_t bit = 1U << CAP_NET_ADMIN;
	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	bool had = data[0].effective & bit;
	data[0].effective = on ? data[0].effective | bit : data[0].effective & ~bit;
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
	return had;
}

/* Opens a socket that wishes so much without that capability; returns what was logged, malloc'ed. */
static char *log_of(struct udp_config config, struct udp **u)
{
	char *text, why[UDP_WHY];
	size_t n;
	FILE *before = stderr;
	bool had = set_admin(false);
	stderr = open_memstream(&text, &n);
	assert_non_null(stderr);
	enum err err = udp_open(&config, u, why);
	assert_int_equal(fclose(stderr), 0);
	stderr = before;
	if (had)
		(void)set_admin(true);
	assert_int_equal(err, ERR_OK);
	return text;
}

static int buffer_of(const struct udp *u, int option)
{
	int bytes;
	socklen_t length = sizeof bytes;
	assert_int_equal(getsockopt(udp_fd(u, UDP_PROMPT), SOL_SOCKET, option, &bytes, &length), 0);
	return bytes / 2; /* the kernel tells the double */
}

/* An operator is told which setting, what was wanted, what there is, and the command that allows it. */
static void less_buffer_than_wished_is_told(void **state)
{
	static const struct {
		const char *setting, *sysctl;
		int option;
	} buffers[] = {
		{ "media.receive_buffer", "net.core.rmem_max", SO_RCVBUF },
		{ "media.send_buffer", "net.core.wmem_max", SO_SNDBUF },
	};
	const int most = INT32_MAX / 2; /* the kernel counts the double in an int */
	struct udp *u;
	char *text = log_of((struct udp_config){ .receive_bytes = 1U << 30, .send_bytes = 1U << 30 }, &u), want[300];
	for (unsigned i = 0; i < 2; i++) {
		int got = buffer_of(u, buffers[i].option);
		if (got >= most) {
			print_message("SKIP: %s lets everybody have all there can be\n", buffers[i].sysctl);
			free(text);
			udp_close(u);
			skip();
		}
		(void)snprintf(want, sizeof want, "warn udp setting=%s wanted=%d got=%d advice=\"sysctl -w %s=%d\"\n",
			       buffers[i].setting, most, got, buffers[i].sysctl, most);
		if (!strstr(text, want))
			fail_msg("logged:\n%snot:\n%s", text, want);
	}
	free(text);
	udp_close(u);
	text = log_of((struct udp_config){ .receive_bytes = 65536, .send_bytes = 65536 }, &u);
	assert_string_equal(text, "");
	assert_true(buffer_of(u, SO_RCVBUF) >= 65536 && buffer_of(u, SO_SNDBUF) >= 65536);
	free(text);
	udp_close(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bursts_arrive_whole_and_in_order),
		cmocka_unit_test(pieces_arrive_as_datagrams),
		cmocka_unit_test(tells_what_was_cut_and_takes_no_more_than_asked),
		cmocka_unit_test(answers_from_the_address_that_was_asked),
		cmocka_unit_test(takes_ipv6),
		cmocka_unit_test(a_refused_datagram_does_not_stop_the_rest),
		cmocka_unit_test(reports_come_apart),
		cmocka_unit_test(a_shared_port_is_refused),
		cmocka_unit_test(a_busy_port_is_told_in_one_sentence),
		cmocka_unit_test(less_buffer_than_wished_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
