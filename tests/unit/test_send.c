#include "media/send.h"
#include "test.h"

static struct send_repeat memory[SEND_REPEATS];

#define MS USEC_MS

static void reports_lie_on_the_line(void **unused)
{
	(void)unused;
	struct send s;
	struct slotclock c;
	struct send_report a, b;
	slotclock_init(&c, SLOTCLOCK_VIDEO_HZ, 0xfffff000, 3000, 5 * USEC_S);
	send_init(&s, 7);
	send_lend(&s, memory);
	assert_false(send_report(&s, &c, 6 * USEC_S, 1, &a));
	send_on_sent(&s, 1000, 6 * USEC_S);
	send_on_sent(&s, 200, 6 * USEC_S);
	uint64_t zero = UINT64_C(0xe000000000000000);
	assert_true(send_report(&s, &c, 6 * USEC_S, send_ntp(zero, 6 * USEC_S), &a));
	assert_int_equal(a.packets, 2);
	assert_int_equal(a.octets, 1200);
	assert_true(a.ntp == zero + (UINT64_C(6) << 32));
	assert_int_equal(a.timestamp, 0xfffff000 + 90000); /* wraps */
	assert_true(send_report(&s, &c, 9500 * MS, send_ntp(zero, 9500 * MS), &b));
	assert_true(b.ntp - a.ntp == (UINT64_C(7) << 31));
	assert_int_equal(b.timestamp - a.timestamp, 90000 * 7 / 2);
	s.packets = UINT64_C(0x100000001); /* counters are modulo 2^32 on the wire */
	assert_true(send_report(&s, &c, 9500 * MS, 0, &b));
	assert_int_equal(b.packets, 1);
	assert_int_equal(send_on_rtx(&s, 500), 7);
	assert_int_equal(send_on_rtx(&s, 500), 8);
	assert_int_equal(s.rtx_octets, 1000);
}

#define SECOND 65536u /* of LSR and DLSR */
/* A report that comes at NTP time 100.5 s. */
static const struct receipt {
	uint32_t lsr, dlsr;
	usec rtt; /* 0: none taken */
} receipts[] = {
	{ 0, 0, 0 },			      /* no report of ours had arrived there */
	{ 100 * SECOND, 0, 500000 },	      /* */
	{ 100 * SECOND, SECOND / 4, 250000 }, /* it waited there */
	{ 100 * SECOND, SECOND / 2, 1 },      /* nothing left: as small as can be, but known */
	{ 100 * SECOND, SECOND / 2 + 1, 0 },  /* it waited longer than it can have */
	{ 101 * SECOND, 0, 0 },		      /* names a time to come */
	{ 101 * SECOND, UINT32_MAX, 0 },
	{ 90 * SECOND + SECOND / 2, 0, 10000000 },
	{ 90 * SECOND, 0, 0 }, /* longer than any link takes */
	{ 40 * SECOND, 60 * SECOND, 500000 },
};

static void round_trips_are_bounded(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof receipts / sizeof *receipts; i++) {
		struct send s;
		struct send_receipt r = { .lsr = receipts[i].lsr, .dlsr = receipts[i].dlsr, .fraction = 9 };
		uint64_t ntp = (UINT64_C(100) << 32) + (UINT64_C(1) << 31);
		send_init(&s, 0);
		send_lend(&s, memory);
		send_on_receipt(&s, &r, 0, ntp);
		assert_int_equal(s.rtt, 0); /* nothing was sent, so it means nothing */
		send_on_sent(&s, 1, 0);
		send_on_receipt(&s, &r, 77, ntp);
		if (s.rtt != receipts[i].rtt || s.rtt_last != receipts[i].rtt)
			fail_msg("row %zu: rtt %lld", i, (long long)s.rtt);
		assert_int_equal(s.receipt.fraction, 9);
		assert_int_equal(s.reported, 77);
	}
}

static void round_trips_are_smoothed(void **unused)
{
	(void)unused;
	struct send s;
	struct send_receipt r = { .lsr = 100 * SECOND };
	send_init(&s, 0);
	send_lend(&s, memory);
	send_on_sent(&s, 1, 0);
	send_on_receipt(&s, &r, 0, UINT64_C(101) << 32);
	send_on_receipt(&s, &r, 0, UINT64_C(102) << 32);
	assert_int_equal(s.rtt_last, 2000000);
	assert_int_equal(s.rtt, 1125000);
}

/* NACKs of one viewer, read from the top; `rtt_ms` is measured before the step when not 0. */
static const struct nack {
	int ms, rtt_ms;
	uint16_t seq;
	bool repeat;
} nacks[] = {
	{ 0, 0, 10, true },	     { 1, 0, 10, false },    { 1, 0, 11, true },
	{ 124, 0, 10, false },	     { 125, 0, 10, true },			    /* RTT not known: 1.25 x 100 ms */
	{ 200, 8, 10, true },	     { 259, 0, 10, false },  { 260, 0, 10, true },  /* never under 60 ms */
	{ 300, 600, 12, true },	     { 1049, 0, 12, false }, { 1050, 0, 12, true }, /* 1.25 x 600 */
	{ 1051, 0, 12 + 256, true }, { 1052, 0, 12, true }, /* same cell: forgets, sends one too many */
	{ 65000, 0, 12, true },
};

static void repeats_are_spaced(void **unused)
{
	(void)unused;
	struct send s;
	send_init(&s, 0);
	send_lend(&s, memory);
	for (size_t i = 0; i < sizeof nacks / sizeof *nacks; i++) {
		if (nacks[i].rtt_ms)
			s.rtt = s.rtt_last = nacks[i].rtt_ms * MS;
		if (send_on_nack(&s, nacks[i].seq, nacks[i].ms * MS) != nacks[i].repeat)
			fail_msg("step %zu", i);
	}
	assert_int_equal(s.nacks, sizeof nacks / sizeof *nacks);
	assert_int_equal(s.nacks, s.repeated + s.suppressed);
}

static void one_number_is_not_sent_for_ever(void **unused)
{
	(void)unused;
	struct send s;
	send_init(&s, 0);
	send_lend(&s, memory);
	int repeats = 0;
	for (usec now = 0; now < 20 * USEC_S; now += 10 * MS)
		repeats += send_on_nack(&s, 500, now);
	assert_int_equal(repeats, SEND_REPEATS_MAX);
}

static void re_sends_follow_what_was_sent(void **unused)
{
	(void)unused;
	struct send s;
	send_init(&s, 0);
	send_lend(&s, memory);
	unsigned repeats = 0;
	for (unsigned i = 0; i < 5000; i++) /* numbers that make each other forgotten */
		repeats += send_on_nack(&s, (uint16_t)(i % 8 * SEND_REPEATS), 0);
	assert_int_equal(repeats, SEND_BURST);
	for (unsigned i = 0; i < 10; i++)
		send_on_sent(&s, 100, 0);
	for (unsigned i = 0; i < 5000; i++)
		repeats += send_on_nack(&s, (uint16_t)(i % 8 * SEND_REPEATS), 0);
	assert_int_equal(repeats, SEND_BURST + 10);
}

static void random_histories(void **unused)
{
	(void)unused;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct send s;
		usec last[200];
		unsigned count[200] = { 0 };
		srand(seed);
		send_init(&s, 0);
		send_lend(&s, memory);
		s.rtt = s.rtt_last = (rand() % 800) * MS;
		usec least = s.rtt == 0 ? 125 * MS : s.rtt * 5 / 4 > 60 * MS ? s.rtt * 5 / 4 : 60 * MS;
		uint16_t base = (uint16_t)rand();
		for (usec now = 0; now < 20 * USEC_S; now += (rand() % 20) * MS) {
			unsigned k = (unsigned)rand() % 200;
			send_on_sent(&s, 100, now);
			bool sent = send_on_nack(&s, (uint16_t)(base + k), now);
			bool may = count[k] == 0 || (now - last[k] >= least && count[k] < SEND_REPEATS_MAX);
			if (sent != may)
				fail_msg("seed %u: number %u at %lld: %d", seed, k, (long long)now, sent);
			if (sent) {
				last[k] = now;
				count[k]++;
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_lie_on_the_line),	   cmocka_unit_test(round_trips_are_bounded),
		cmocka_unit_test(round_trips_are_smoothed),	   cmocka_unit_test(repeats_are_spaced),
		cmocka_unit_test(one_number_is_not_sent_for_ever), cmocka_unit_test(random_histories),
		cmocka_unit_test(re_sends_follow_what_was_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
