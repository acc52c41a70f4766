#include "engine/outbox.h"
#include "test.h"

#define LOG 4096

/* What was given to `send`, datagram by datagram: receiver (by port), first byte (the sender) and second (its number).
 */
static struct sent {
	uint16_t to;
	uint8_t sender, number;
	size_t n;
} sent[LOG];
static unsigned n_sent, n_messages;
static struct outbox box;

static void on_send(void *ctx, const struct outbox *o)
{
	for (uint32_t i = 0; i < o->n; i++) {
		const struct outbox_message *m = &o->items[i];
		size_t bytes = 0, pieces = 0;
		n_messages++;
		assert_in_range(m->datagrams, 1, OUTBOX_RUN);
		for (unsigned k = 0; k < m->datagrams; k++) {
			struct bytes d = outbox_datagram(o, m, k);
			assert_true(k + 1 == m->datagrams ? d.n <= m->segment : d.n == m->segment);
			assert_true(n_sent < LOG);
			sent[n_sent++] = (struct sent){ m->to.port, d.p[0], d.p[1], d.n };
			for (size_t j = 2; j < d.n; j++)
				assert_int_equal(d.p[j], d.p[1]);
			bytes += d.n;
		}
		assert_int_equal(outbox_datagram(o, m, m->datagrams).n, 0);
		for (unsigned k = 0; k < m->n_pieces; k++)
			pieces += outbox_piece(o, m, k).n;
		assert_int_equal(pieces, bytes);
	}
}

static int set_up(void **unused)
{
	n_sent = n_messages = 0;
	return outbox_init(&box, on_send, NULL) == ERR_OK ? 0 : 1;
}

static int tear_down(void **unused)
{
	outbox_fini(&box);
	return 0;
}

struct receiver {
	struct netaddr to;
	struct outbox_last last;
};

static struct receiver receiver(uint16_t port)
{
	return (struct receiver){ .to = { .family = 4, .ip = { 127, 0, 0, 1 }, .port = port } };
}

static const char senders[] = "abcdefghij";

/* `datagrams` of `n` bytes, the last one of `last`. */
static void give_run(struct receiver *r, unsigned sender, uint8_t number, unsigned datagrams, size_t n, size_t last,
		     enum outbox_rank rank)
{
	uint8_t *to = outbox_room(&box, datagrams * n);
	size_t length = (datagrams - 1) * n + last;
	memset(to, 0, length);
	for (unsigned i = 0; i < datagrams; i++) {
		memset(to + i * n, number + (int)i, i + 1 < datagrams ? n : last);
		to[i * n] = (uint8_t)sender;
	}
	outbox_commit_run(&box, &r->to,
			  &(struct outbox_run){ .length = length,
						.segment = datagrams > 1 ? n : last,
						.datagrams = datagrams,
						.rank = rank,
						.sender = &senders[sender] },
			  &r->last);
}

static void give(struct receiver *r, unsigned sender, uint8_t number, size_t n)
{
	give_run(r, sender, number, 1, n, n, OUTBOX_VOICE);
}

static void is(unsigned i, uint16_t to, unsigned sender, unsigned number, size_t n)
{
	assert_true(i < n_sent);
	assert_int_equal(sent[i].to, to);
	assert_int_equal(sent[i].sender, sender);
	assert_int_equal(sent[i].number, number);
	assert_int_equal(sent[i].n, n);
}

/* Two voices to each of 100: one message each, though they were sealed source after source. */
static void voices_to_one_receiver_join(void **unused)
{
	static struct receiver r[100];
	for (unsigned i = 0; i < 100; i++)
		r[i] = receiver((uint16_t)(1000 + i));
	for (unsigned sender = 0; sender < 2; sender++)
		for (unsigned i = 0; i < 100; i++)
			give(&r[i], sender, 7, 120);
	outbox_flush(&box);
	assert_int_equal(n_messages, 100);
	for (unsigned i = 0; i < 100; i++) {
		is(2 * i, (uint16_t)(1000 + i), 0, 7, 120);
		is(2 * i + 1, (uint16_t)(1000 + i), 1, 7, 120);
	}
	give(&r[0], 0, 8, 120); /* what was flushed is gone: nothing joins it */
	give(&r[1], 0, 8, 120);
	outbox_flush(&box);
	assert_int_equal(n_messages, 102);
}

/* The shorter one goes last, whichever came first, where they are of two senders. */
static void sizes_decide(void **unused)
{
	struct receiver r = receiver(1);
	give(&r, 0, 1, 100);
	give(&r, 1, 2, 120);
	outbox_flush(&box);
	assert_int_equal(n_messages, 1);
	is(0, 1, 1, 2, 120);
	is(1, 1, 0, 1, 100);
	give(&r, 0, 3, 100);
	give(&r, 0, 4, 120); /* its own order stays */
	outbox_flush(&box);
	assert_int_equal(n_messages, 3);
	is(2, 1, 0, 3, 100);
	is(3, 1, 0, 4, 120);
	give(&r, 0, 5, 120);
	give(&r, 1, 6, 100);
	give(&r, 2, 7, 100); /* behind a shorter one nothing follows */
	outbox_flush(&box);
	assert_int_equal(n_messages, 5);
}

/* Its address changed between two sources of one wake-up: what comes now goes there. */
static void who_moved_is_sent_apart(void **unused)
{
	struct receiver a = receiver(1);
	give(&a, 0, 0, 100);
	a.to.port = 2;
	give(&a, 1, 0, 100);
	a.to.via = 1;
	give(&a, 2, 0, 100);
	give(&a, 3, 0, 100);
	outbox_flush(&box);
	assert_int_equal(n_messages, 3);
	is(0, 1, 0, 0, 100);
	is(1, 2, 1, 0, 100);
	is(2, 2, 2, 0, 100);
	is(3, 2, 3, 0, 100);
}

static void ranks_are_not_mixed(void **unused)
{
	struct receiver r = receiver(1);
	give(&r, 0, 1, 120);
	give_run(&r, 1, 2, 3, 1000, 1000, OUTBOX_VIDEO);
	give(&r, 2, 9, 120);
	outbox_flush(&box);
	assert_int_equal(n_messages, 3);
}

static void runs_join_runs(void **unused)
{
	struct receiver r = receiver(1);
	give_run(&r, 0, 1, 3, 1000, 1000, OUTBOX_VIDEO);
	give_run(&r, 1, 4, 4, 1000, 500, OUTBOX_VIDEO);	 /* as long, its last shorter */
	give_run(&r, 2, 9, 2, 1000, 1000, OUTBOX_VIDEO); /* not behind that */
	give_run(&r, 2, 11, 2, 900, 900, OUTBOX_VIDEO);	 /* two shorter ones neither */
	outbox_flush(&box);
	assert_int_equal(n_messages, 3);
	for (unsigned i = 0; i < 7; i++)
		is(i, 1, i < 3 ? 0 : 1, i + 1, i < 6 ? 1000 : 500);
	for (unsigned i = 0; i < 40; i++) /* no message longer than OUTBOX_RUN, nor of more pieces than may be */
		give(&r, i % 10, (uint8_t)i, 100);
	outbox_flush(&box);
	assert_int_equal(n_messages, 8);
	assert_int_equal(n_sent, 51);
}

/* Whatever comes: everything is sent once, and each sender's datagrams in order. */
static void all_of_it_in_order(void **unused)
{
	static struct receiver r[20];
	uint8_t numbers[20][10] = { { 0 } }, seen[20][10] = { { 0 } };
	uint32_t chance = 1;
	for (unsigned i = 0; i < 20; i++)
		r[i] = receiver((uint16_t)i);
	for (unsigned i = 0; i < 1500; i++) {
		chance = chance * 1664525 + 1013904223;
		unsigned who = chance >> 8 & 15, sender = (chance >> 13) % 10, datagrams = 1 + (chance >> 20) % 3;
		size_t n = 60 + (chance >> 24) % 4;
		if (n_sent + 100 > LOG)
			break;
		give_run(&r[who], sender, numbers[who][sender], datagrams, n, n - (chance >> 28) % 2, OUTBOX_VOICE);
		numbers[who][sender] = (uint8_t)(numbers[who][sender] + datagrams);
	}
	outbox_flush(&box);
	for (unsigned i = 0; i < n_sent; i++)
		assert_int_equal(sent[i].number, seen[sent[i].to][sent[i].sender]++);
	assert_memory_equal(seen, numbers, sizeof seen);
	assert_true(n_messages < n_sent / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(voices_to_one_receiver_join, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sizes_decide, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_moved_is_sent_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ranks_are_not_mixed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(runs_join_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_of_it_in_order, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
