#include "media/recv.h"
#include "test.h"
#include "wire/rtcp.h"

#define MS USEC_MS
enum how { SENT, RTX };

/* One history after another; each begins with its first packet. */
static const struct step {
	enum how how;
	uint16_t seq;
	enum recv_verdict verdict;
	uint64_t ext;
} steps[] = {
	{ RTX, 7, RECV_OLD, 0 }, /* before any media there is nothing to repair */
	{ SENT, 65534, RECV_NEW, 65534 + 65536 },
	{ SENT, 65535, RECV_NEW, 65535 + 65536 },
	{ SENT, 0, RECV_NEW, 131072 }, /* wraps */
	{ SENT, 3, RECV_NEW, 131075 },
	{ SENT, 2, RECV_LATE, 131074 }, /* overtaken */
	{ SENT, 2, RECV_DUPLICATE, 0 },
	{ RTX, 1, RECV_LATE, 131073 }, /* repairs */
	{ RTX, 1, RECV_DUPLICATE, 0 }, /* probes */
	{ SENT, 1, RECV_DUPLICATE, 0 },
	{ RTX, 5, RECV_NEW, 131077 }, /* a lost tail */
	{ SENT, 4, RECV_LATE, 131076 },
	{ SENT, 65533, RECV_LATE, 131069 }, /* overtaken by the first */
	{ RTX, 65500, RECV_OLD, 0 },	    /* before the first: nobody has a hole there */
	{ SENT, 2060, RECV_NEW, 133132 },   /* jump within RECV_JUMP */
	{ SENT, 11, RECV_OLD, 0 },
	{ RTX, 12, RECV_OLD, 0 },
	{ SENT, 12, RECV_RESTART, 65536 * 3 + 12 }, /* two in a row 2048 behind: it began anew */
	{ SENT, 13, RECV_NEW, 65536 * 3 + 13 },
	{ RTX, 11, RECV_OLD, 0 },
	{ SENT, 3014, RECV_RESTART, 65536 * 3 + 3014 }, /* 3001 ahead */
	{ RTX, 6015, RECV_OLD, 0 },			/* RTX never makes that jump */
	{ SENT, 6014, RECV_NEW, 65536 * 3 + 6014 },	/* 3000 ahead */
	{ SENT, 100, RECV_OLD, 0 },			/* two far behind, */
	{ SENT, 6015, RECV_NEW, 65536 * 3 + 6015 },	/* not in a row */
	{ SENT, 101, RECV_OLD, 0 },
};

static void follows_the_table(void **unused)
{
	struct recv r;
	recv_init(&r, 90000);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *s = &steps[i];
		uint64_t ext;
		enum recv_verdict v =
		    s->how == SENT ? recv_accept(&r, s->seq, 0, 0, &ext) : recv_repair(&r, s->seq, &ext);
		if (v != s->verdict || (recv_accepted(v) && ext != s->ext))
			fail_msg("step %zu (%u): verdict %d, ext %llu", i, s->seq, v, (unsigned long long)ext);
	}
	assert_int_equal(r.repaired, 2);
	assert_int_equal(r.unasked, 6);
}

static void reports_loss_and_reports_again(void **unused)
{
	struct recv r;
	struct rtcp_report b;
	uint64_t ext;
	recv_init(&r, 48000);
	assert_false(recv_report(&r, 1, 0, &b));
	for (uint16_t i = 0; i < 100; i++) {
		if (i % 4 != 1)
			(void)recv_accept(&r, (uint16_t)(65500 + i), i * 960u, (usec)i * 20 * MS, &ext);
	}
	(void)recv_repair(&r, 65501, &ext); /* RTX does not mend the report */
	assert_true(recv_report(&r, 0x1234, 2000 * MS, &b));
	assert_int_equal(b.ssrc, 0x1234);
	assert_int_equal(b.fraction, 64);
	assert_int_equal(b.lost, 25);
	assert_int_equal(b.highest, 65536 + (uint16_t)(65500 + 99));
	assert_int_equal(b.lsr, 0);
	assert_int_equal(b.dlsr, 0);
	for (uint16_t i = 100; i < 200; i++)
		(void)recv_accept(&r, (uint16_t)(65500 + i), i * 960u, (usec)i * 20 * MS, &ext);
	recv_on_sr(&r, UINT64_C(0x0123456789abcdef), 5, 4000 * MS);
	assert_true(recv_report(&r, 1, 5500 * MS, &b));
	assert_int_equal(b.fraction, 0);
	assert_int_equal(b.lost, 25);
	assert_int_equal(b.lsr, 0x456789ab);
	assert_int_equal(b.dlsr, 65536 + 32768);
	(void)recv_accept(&r, 0, 0, 6000 * MS, &ext);
	(void)recv_accept(&r, 30000, 0, 6000 * MS,
			  &ext); /* the sender began anew: the count stands, no loss is made up */
	assert_true(recv_report(&r, 1, 6000 * MS, &b));
	assert_int_equal(b.lost, 24); /* (the 0 above was a duplicate and counts as RFC 3550 has it) */
	assert_int_equal(b.fraction, 0);
}

static void counts_from_the_earliest_packet(void **unused)
{
	struct recv r;
	struct rtcp_report b;
	uint64_t ext;
	recv_init(&r, 48000);
	(void)recv_accept(&r, 10, 0, 0, &ext);
	(void)recv_accept(&r, 7, 0, 0, &ext); /* overtaken by 10; 8 and 9 are not here */
	assert_true(recv_report(&r, 1, 0, &b));
	assert_int_equal(b.lost, 2);
	assert_int_equal(b.fraction, 128);
	(void)recv_accept(&r, 14, 0, 0, &ext);
	assert_true(recv_report(&r, 1, 0, &b));
	assert_int_equal(b.lost, 5);
	assert_int_equal(b.fraction, 192);
}

static void counts_duplicates_as_the_rfc_does(void **unused)
{
	struct recv r;
	struct rtcp_report b;
	uint64_t ext;
	recv_init(&r, 48000);
	for (int i = 0; i < 10; i++)
		(void)recv_accept(&r, 5, 0, 0, &ext);
	assert_true(recv_report(&r, 1, 0, &b));
	assert_int_equal(b.lost, -9);
	assert_int_equal(b.fraction, 0);
}

/* Packets 20 ms apart, each second one d late: the mean difference is d, and jitter tends to it. */
static void measures_jitter(void **unused)
{
	struct recv r;
	struct rtcp_report b;
	uint64_t ext;
	recv_init(&r, 48000);
	for (uint32_t i = 0; i < 1000; i++)
		(void)recv_accept(&r, (uint16_t)i, i * 960, (usec)i * 20 * MS + (usec)(i % 2) * 5 * MS, &ext);
	assert_true(recv_report(&r, 1, 0, &b));
	assert_in_range(b.jitter, 235, 245); /* 5 ms = 240 units */
	/* its clock jumps by an hour: no jitter */
	(void)recv_accept(&r, 1000, 1000 * 960 + 48000u * 3600, 20000 * MS, &ext);
	assert_true(recv_report(&r, 1, 0, &b));
	assert_in_range(b.jitter, 220, 245);
}

/* No number is accepted twice within the window, numbers of new packets only grow, and what is lost adds up. */
static void keeps_its_guarantee(void **unused)
{
	enum { SPAN = 1 << 18 };
	static uint8_t taken[SPAN];
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct recv r;
		uint64_t sent = 0;
		uint64_t highest = 0;
		uint64_t arrived = 0;
		srand(seed);
		memset(taken, 0, sizeof taken);
		uint16_t first = (uint16_t)rand();
		recv_init(&r, 90000);
		for (int i = 0; i < 5000; i++) {
			sent += (uint64_t)(rand() % 10	  ? 1
					   : rand() % 300 ? rand() % 20
							  : rand() % RECV_JUMP) +
				(i == 0);
			bool late = i && rand() % 5 == 0;
			bool rtx = late && rand() % 2;
			uint64_t back = late ? (uint64_t)(rand() % (rand() % 4 ? 40 : 2047)) : 0;
			uint64_t number = back < sent ? sent - back : sent;
			uint64_t ext;
			uint16_t seq = (uint16_t)(first + number);
			enum recv_verdict v = rtx ? recv_repair(&r, seq, &ext) : recv_accept(&r, seq, 0, 0, &ext);
			if (v == RECV_RESTART)
				fail_msg("seed %u: restart at %d", seed, i);
			if (!rtx && v != RECV_OLD)
				arrived++;
			if (!recv_accepted(v)) {
				if (!taken[number] && v == RECV_DUPLICATE)
					fail_msg("seed %u: %llu is no duplicate", seed, (unsigned long long)number);
				continue;
			}
			if (taken[number]++)
				fail_msg("seed %u: %llu twice", seed, (unsigned long long)number);
			if ((uint16_t)ext != seq)
				fail_msg("seed %u: extended %llu", seed, (unsigned long long)ext);
			if ((v == RECV_NEW) != (ext > highest))
				fail_msg("seed %u: verdict %d at %llu", seed, v, (unsigned long long)ext);
			if (ext > highest)
				highest = ext;
			if (recv_extend(&r, seq) != ext)
				fail_msg("seed %u: recv_extend", seed);
		}
		struct rtcp_report b;
		assert_true(recv_report(&r, 1, 0, &b));
		int64_t lost = (int64_t)(r.highest - r.base + 1) - (int64_t)arrived;
		if (b.lost != lost)
			fail_msg("seed %u: lost %d, not %lld", seed, b.lost, (long long)lost);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(reports_loss_and_reports_again),
		cmocka_unit_test(counts_from_the_earliest_packet),
		cmocka_unit_test(counts_duplicates_as_the_rfc_does),
		cmocka_unit_test(measures_jitter),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
