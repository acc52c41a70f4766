#include "media/twccrecv.h"
#include "test.h"

static usec memory[TWCCRECV_WINDOW];
#include "wire/rtcp.h"
#include "wire/twcc.h"

#define MS USEC_MS

static struct twccrecv t;
static usec arrivals[TWCCRECV_WINDOW];
static uint16_t base;

static size_t pending(void)
{
	return twccrecv_pending(&t, &base, arrivals, TWCCRECV_WINDOW);
}

static void tells_what_came(void **unused)
{
	usec next = USEC_NEVER;
	twccrecv_init(&t);
	twccrecv_lend(&t, memory);
	assert_false(twccrecv_is_due(&t, 100000 * MS));
	assert_int_equal(pending(), 0);
	twccrecv_on_packet(&t, 65534, 1000, 100 * MS);
	twccrecv_on_packet(&t, 1, 1000, 110 * MS);
	twccrecv_on_packet(&t, 65535, 1000, 120 * MS);
	twccrecv_on_packet(&t, 65535, 1000, 130 * MS); /* once more: the first arrival stands */
	twccrecv_deadline(&t, &next);
	assert_int_equal(next, 150 * MS);
	assert_false(twccrecv_is_due(&t, 149 * MS));
	assert_true(twccrecv_is_due(&t, 150 * MS));
	assert_int_equal(pending(), 4);
	assert_int_equal(base, 65534);
	static const usec expected[] = { 100 * MS, 120 * MS, USEC_NEVER, 110 * MS };
	assert_memory_equal(arrivals, expected, sizeof expected);
	twccrecv_on_told(&t, 3, 150 * MS); /* no room for the last one: again at once */
	assert_true(twccrecv_is_due(&t, 150 * MS));
	assert_int_equal(pending(), 1);
	assert_int_equal(base, 1);
	twccrecv_on_told(&t, 1, 150 * MS);
	assert_false(twccrecv_is_due(&t, 100000 * MS));
	assert_int_equal(t.number, 2);
}

static void tells_a_late_one_again(void **unused)
{
	twccrecv_init(&t);
	twccrecv_lend(&t, memory);
	twccrecv_on_packet(&t, 10, 100, 0);
	twccrecv_on_packet(&t, 13, 100, 1 * MS);
	twccrecv_on_told(&t, pending(), 50 * MS);
	twccrecv_on_packet(&t, 12, 100, 51 * MS);
	twccrecv_on_packet(&t, 14, 100, 52 * MS);
	assert_int_equal(pending(), 3);
	assert_int_equal(base, 12);
	assert_int_equal(arrivals[0], 51 * MS);
	assert_int_equal(arrivals[1], 1 * MS);
	twccrecv_on_packet(&t, 10, 100, 53 * MS); /* told already */
	assert_int_equal(pending(), 3);
}

static void survives_jumps(void **unused)
{
	twccrecv_init(&t);
	twccrecv_lend(&t, memory);
	twccrecv_on_packet(&t, 0, 100, 0);
	twccrecv_on_packet(&t, TWCCRECV_WINDOW - 1, 100, 1); /* the widest gap told */
	assert_int_equal(pending(), TWCCRECV_WINDOW);
	twccrecv_on_packet(&t, TWCCRECV_WINDOW, 100, 2); /* number 0 falls out untold */
	assert_int_equal(pending(), TWCCRECV_WINDOW);
	assert_int_equal(base, 1);
	assert_int_equal(arrivals[0], USEC_NEVER);
	twccrecv_on_packet(&t, 0, 100, 3);
	assert_int_equal(t.ignored, 1);
	twccrecv_on_packet(&t, 20000, 100, 4); /* it was long away */
	assert_int_equal(pending(), 1);
	assert_int_equal(base, 20000);
	twccrecv_on_packet(&t, 10000, 100, 5);
	assert_int_equal(t.ignored, 2);
	twccrecv_on_told(&t, 0, 6); /* nothing could be written */
	assert_int_equal(pending(), 0);
	assert_false(twccrecv_is_due(&t, USEC_NEVER - 1));
}

/* The interval by rate: at most 5 % of what comes in, within its bounds. */
static void paces_itself(void **unused)
{
	static const struct {
		size_t bytes; /* each 10 ms */
		usec interval;
	} cases[] = {
		{ 40, TWCCRECV_MOST },	  /* 32 kbit/s */
		{ 68, 200 * MS },	  /* 54.4 kbit/s */
		{ 136, 100 * MS },	  /* 108.8 kbit/s */
		{ 1200, TWCCRECV_LEAST }, /* 960 kbit/s */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		usec last = 0;
		twccrecv_init(&t);
		twccrecv_lend(&t, memory);
		for (usec now = 0; now < 10000 * MS; now += MS) {
			if (now % (10 * MS) == 0)
				twccrecv_on_packet(&t, (uint16_t)(now / (10 * MS)), cases[i].bytes, now);
			if (!twccrecv_is_due(&t, now))
				continue;
			if (now > 2000 * MS &&
			    (now - last < cases[i].interval - 5 * MS || now - last > cases[i].interval + 20 * MS))
				fail_msg("case %zu: after %lld us", i, (long long)(now - last));
			twccrecv_on_told(&t, pending(), now);
			last = now;
		}
	}
}

/* Random loss, overtaking, bursts, silences, jumps, through the real writer and reader: what arrived is told, nothing
 * else is, and no report comes too soon or too late. */
static void keeps_its_guarantee(void **unused)
{
	enum { NUMBERS = 1 << 16, ROOM = 400 };
	static usec arrived[NUMBERS];
	static bool told[NUMBERS];
	for (unsigned seed = 1; seed <= 50; seed++) {
		srand(seed);
		for (size_t i = 0; i < NUMBERS; i++) {
			arrived[i] = USEC_NEVER;
			told[i] = false;
		}
		twccrecv_init(&t);
		twccrecv_lend(&t, memory);
		size_t sent = 0;
		size_t top = 0;
		size_t floor = 0; /* the least number that must be told */
		usec last = USEC_NEVER;
		usec waiting = USEC_NEVER;
		size_t mean = 50 + (size_t)(rand() % 1200);
		uint16_t first = (uint16_t)rand();
		for (usec now = 70000 * MS; now < 90000 * MS;
		     now += (rand() % 2000 ? rand() % 8 : rand() % 4000) * MS) {
			sent += rand() % 20 ? 1 : (size_t)(rand() % (rand() % 10 ? 10 : 3000));
			size_t i = sent - (rand() % 8 ? 0 : (size_t)(rand() % 20));
			if (i < NUMBERS / 2 && (top == 0 || i + 20 > top)) {
				if (top && i >= top + TWCCRECV_WINDOW)
					floor = i; /* what is before a leap need not be told */
				else if (i >= floor + TWCCRECV_WINDOW)
					floor = i - TWCCRECV_WINDOW + 1;
				bool is_new = arrived[i] == USEC_NEVER && (top == 0 || i + TWCCRECV_WINDOW > top);
				top = i > top ? i : top;
				if (is_new)
					arrived[i] = now;
				if (is_new && waiting == USEC_NEVER)
					waiting = now;
				twccrecv_on_packet(&t, (uint16_t)(first + i), mean, now);
			}
			bool due = twccrecv_is_due(&t, now);
			if (due && last != USEC_NEVER && now - last < TWCCRECV_LEAST)
				fail_msg("seed %u: too soon at %lld us", seed, (long long)now);
			if (!due && waiting != USEC_NEVER && now - waiting > TWCCRECV_MOST)
				fail_msg("seed %u: too late at %lld us", seed, (long long)now);
			if (!due)
				continue;
			while (twccrecv_is_due(&t, now)) {
				uint8_t room[ROOM];
				struct writer w = writer_of(room, (size_t)(60 + rand() % (ROOM - 60)));
				size_t n = pending();
				size_t k = twcc_write(&w, 1, 2, t.number, base, arrivals, n);
				assert_false(w.failed);
				assert_true(k > 0 && k <= n);
				struct rtcp_iter it;
				struct rtcp_item item;
				struct twcc twcc;
				assert_int_equal(rtcp_parse(writer_done(&w), &it), ERR_OK);
				assert_true(rtcp_next(&it, &item));
				assert_int_equal(twcc_parse(&item, &twcc), ERR_OK);
				assert_int_equal(twcc.number, t.number);
				struct twcc_status status;
				struct twcc_iter s = twcc_iter_of(&twcc);
				while (twcc_next(&s, &status)) {
					size_t number = (uint16_t)(status.seq - first);
					if (status.arrived != (arrived[number] != USEC_NEVER))
						fail_msg("seed %u: %zu told wrongly", seed, number);
					told[number] = told[number] || status.arrived;
				}
				twccrecv_on_told(&t, k, now);
			}
			last = now;
			waiting = USEC_NEVER;
			for (size_t k = floor; k <= top; k++) {
				if (arrived[k] != USEC_NEVER && !told[k])
					fail_msg("seed %u: %zu not told at %lld us", seed, k, (long long)now);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_came),     cmocka_unit_test(tells_a_late_one_again),
		cmocka_unit_test(survives_jumps),      cmocka_unit_test(paces_itself),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
