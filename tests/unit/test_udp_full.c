/* io/udp where the kernel takes no more, or does not cut: linked with --wrap=sendmmsg and
 * --wrap=sendmsg, which answer by scripts. */
#include "io/udp.h"
#include "test.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#define MESSAGES 30
#define RUN 3 /* datagrams of each picture */

/* The kernel's next answers: a number of messages taken, or below 0 an errno. Behind the last one it takes all. */
static const int *script;
static unsigned n_script, calls;
static unsigned taken[MESSAGES], n_taken; /* the first byte of each message it took, in order */

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	int answer = calls < n_script ? script[calls] : (int)n;
	calls++;
	if (answer < 0) {
		errno = -answer;
		return -1;
	}
	for (int i = 0; i < answer; i++)
		taken[n_taken++] = *(uint8_t *)messages[i].msg_hdr.msg_iov->iov_base;
	return answer;
}

/* So often a single datagram is answered EAGAIN; then it goes. */
static unsigned singles_full;
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	if (!singles_full)
		return __real_sendmsg(fd, m, flags);
	singles_full--;
	errno = EAGAIN;
	return -1;
}

static void begin(const int *answers, unsigned n)
{
	script = answers;
	n_script = n;
	calls = n_taken = singles_full = 0;
}

static struct udp *open_one(void)
{
	struct udp *u;
	char why[UDP_WHY];
	assert_int_equal(udp_open(&(struct udp_config){ 0 }, &u, why), ERR_OK);
	return u;
}

/* MESSAGES of which each fifth is a voice, the others pictures of RUN datagrams, sent against the script. */
static struct udp *send_all(const int *answers, unsigned n)
{
	static uint8_t bytes[MESSAGES][RUN * 100];
	struct udp *u = open_one();
	begin(answers, n);
	for (unsigned i = 0; i < MESSAGES; i++) {
		bool voice = i % 5 == 4;
		bytes[i][0] = (uint8_t)i;
		udp_push(u, &(struct udp_message){ .to = { .family = 4, .ip = { 127, 0, 0, 1 }, .port = 9 },
						   .bytes = bytes_of(bytes[i], voice ? 100 : sizeof bytes[i]),
						   .segment = 100,
						   .first = voice });
	}
	udp_flush(u);
	return u;
}

#define ANSWERS(...) (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int)
#define ALL_DATAGRAMS (MESSAGES / 5 * (4 * RUN + 1))

static void a_part_is_taken_and_then_the_rest(void **state)
{
	const int *const full[] = { (const int[]){ 7, -EAGAIN, 1 }, (const int[]){ 7, -ENOBUFS, -EINTR } };
	for (unsigned i = 0; i < 2; i++) {
		struct udp *u = send_all(full[i], 3);
		assert_int_equal(n_taken, MESSAGES);
		for (unsigned k = 0; k < MESSAGES; k++)
			assert_int_equal(taken[k], k); /* in order, none twice */
		assert_int_equal(udp_counts(u)->sent, ALL_DATAGRAMS);
		assert_int_equal(udp_counts(u)->full, 0);
		assert_int_equal(udp_counts(u)->partial, 1 + (full[i][2] == 1));
		assert_int_equal(udp_counts(u)->send_calls, 4);
		udp_close(u);
	}
}

/* It stays full: pictures are dropped, voices get the room there is. */
static void voices_go_where_pictures_cannot(void **state)
{
	struct udp *u = send_all(ANSWERS(7, -EAGAIN, -EAGAIN));
	static const unsigned left[] = { 0, 1, 2, 3, 4, 5, 6, 9, 14, 19, 24, 29 };
	assert_int_equal(n_taken, sizeof left / sizeof *left);
	for (unsigned i = 0; i < n_taken; i++)
		assert_int_equal(taken[i], left[i]);
	assert_int_equal(udp_counts(u)->full, 18 * RUN); /* 24 pictures less the six that went */
	assert_int_equal(udp_counts(u)->full_first, 0);
	assert_int_equal(udp_counts(u)->sent + udp_counts(u)->full, ALL_DATAGRAMS);
	udp_close(u);
}

static void all_is_lost_and_counted_where_nothing_goes(void **state)
{
	struct udp *u = send_all(ANSWERS(-EAGAIN, -EAGAIN, -EAGAIN));
	assert_int_equal(n_taken, 0);
	assert_int_equal(udp_counts(u)->sent, 0);
	assert_int_equal(udp_counts(u)->full, ALL_DATAGRAMS);
	assert_int_equal(udp_counts(u)->full_first, MESSAGES / 5);
	assert_int_equal(calls, 3); /* not for ever */
	udp_close(u);
}

/* One receiver without a route: its messages are counted, the others' go. */
static void a_refused_message_is_skipped(void **state)
{
	struct udp *u = send_all(ANSWERS(4, -EPERM, -ENETUNREACH));
	assert_int_equal(n_taken, MESSAGES - 2);
	assert_int_equal(taken[4], 6);
	assert_int_equal(udp_counts(u)->refused, 1 + RUN);
	assert_int_equal(udp_counts(u)->sent + udp_counts(u)->refused, ALL_DATAGRAMS);
	udp_close(u);
}

#define CUT 100 /* bytes of each datagram of a run */

static struct udp_message to(const struct udp *u, const void *bytes, size_t n, bool first)
{
	return (struct udp_message){ .to = { .family = 4, .ip = { 127, 0, 0, 1 }, .port = udp_port(u) },
				     .bytes = bytes_of(bytes, n),
				     .segment = CUT,
				     .first = first };
}

/* The next datagram that came is this one. */
static void comes(struct udp *u, const uint8_t *bytes, size_t n)
{
	uint8_t in[CUT * 2];
	struct udp_buffer buffer = { .data = in, .size = sizeof in };
	assert_int_equal(poll(&(struct pollfd){ udp_fd(u, UDP_PROMPT), POLLIN, 0 }, 1, 2000), 1);
	assert_int_equal(udp_receive(u, UDP_PROMPT, &buffer, 1), 1);
	assert_int_equal(buffer.length, n);
	assert_memory_equal(in, bytes, n);
}

static void nothing_comes(struct udp *u)
{
	assert_int_equal(poll(&(struct pollfd){ udp_fd(u, UDP_PROMPT), POLLIN, 0 }, 1, 50), 0);
}

static void count_up(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)i;
}

/* Where the kernel does not cut, the datagrams of a run go one by one, the last one shorter. */
static void what_is_not_cut_goes_apart(void **state)
{
	struct udp *a = open_one(), *b = open_one();
	uint8_t out[CUT * 5 / 2];
	count_up(out, sizeof out);
	begin((const int[]){ -EIO }, 1);
	struct udp_message message = to(b, out, sizeof out, false);
	udp_push(a, &message);
	udp_flush(a);
	comes(b, out, CUT);
	comes(b, out + CUT, CUT);
	comes(b, out + (size_t)2 * CUT, CUT / 2);
	assert_int_equal(udp_counts(a)->cut, 1);
	assert_int_equal(udp_counts(a)->sent, 3);
	udp_close(a);
	udp_close(b);
}

/* Two voices in one message behind a picture that was dropped: their own bytes go, to their own receiver. */
static void what_is_kept_goes_apart(void **state)
{
	struct udp *a = open_one(), *b = open_one();
	uint8_t picture[CUT * 2], voices[CUT * 2];
	memset(picture, 0xee, sizeof picture);
	count_up(voices, sizeof voices);
	begin((const int[]){ -EAGAIN, -EAGAIN, -EIO }, 3);
	struct udp_message pictures = to(b, picture, sizeof picture, false), voice = to(b, voices, CUT, true);
	udp_push(a, &pictures);
	udp_push(a, &voice);
	udp_push_more(a, bytes_of(voices + CUT, CUT));
	udp_flush(a);
	comes(b, voices, CUT);
	comes(b, voices + CUT, CUT);
	nothing_comes(b);
	assert_int_equal(udp_counts(a)->full, 2);
	assert_int_equal(udp_counts(a)->full_first, 0);
	assert_int_equal(udp_counts(a)->sent, 2);
	udp_close(a);
	udp_close(b);
}

/* A single datagram waits for room as a burst does, once in a flush; what then is lost is counted as what it is. */
static void what_goes_apart_waits_too(void **state)
{
	struct udp *a = open_one(), *b = open_one();
	uint8_t out[CUT * 3];
	count_up(out, sizeof out);
	begin((const int[]){ -EIO }, 1);
	singles_full = 2;
	struct udp_message message = to(b, out, sizeof out, true);
	udp_push(a, &message);
	udp_flush(a);
	comes(b, out + CUT, CUT);
	comes(b, out + (size_t)2 * CUT, CUT);
	assert_int_equal(udp_counts(a)->waits, 1);
	assert_int_equal(udp_counts(a)->full, 1);
	assert_int_equal(udp_counts(a)->full_first, 1);
	begin((const int[]){ -EIO }, 1);
	singles_full = 1;
	udp_push(a, &message);
	udp_flush(a);
	comes(b, out, CUT);
	assert_int_equal(udp_counts(a)->waits, 2);
	assert_int_equal(udp_counts(a)->full, 1);
	udp_close(a);
	udp_close(b);
}

/* What goes on with a refused message is refused as well, also where it is the first of the burst. */
static void a_refused_message_goes_on(void **state)
{
	struct udp *a = open_one();
	uint8_t out[CUT * 3] = { 0 };
	begin(NULL, 0);
	udp_push(a, &(struct udp_message){ .bytes = bytes_of(out, CUT), .segment = CUT });
	udp_push_more(a, bytes_of(out + CUT, CUT * 2));
	udp_flush(a);
	assert_int_equal(udp_counts(a)->refused, 3);
	assert_int_equal(udp_counts(a)->sent, 0);
	assert_int_equal(calls, 0);
	udp_close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_is_taken_and_then_the_rest),
		cmocka_unit_test(voices_go_where_pictures_cannot),
		cmocka_unit_test(all_is_lost_and_counted_where_nothing_goes),
		cmocka_unit_test(a_refused_message_is_skipped),
		cmocka_unit_test(what_is_not_cut_goes_apart),
		cmocka_unit_test(what_is_kept_goes_apart),
		cmocka_unit_test(what_goes_apart_waits_too),
		cmocka_unit_test(a_refused_message_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
