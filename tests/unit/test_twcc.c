#include "exact.h"
#include "test.h"
#include "wire/twcc.h"

#define B(a) bytes_of(a, sizeof(a))
#define LIST 3000

static enum err open_packet(struct bytes b, struct twcc *t)
{
	struct rtcp_iter it;
	struct rtcp_item item;
	*t = (struct twcc){ 0 };
	if (rtcp_parse(b, &it) || !rtcp_next(&it, &item))
		return ERR_FORMAT;
	return twcc_parse(&item, t);
}

/* The draft's figures: a run of 2 small; a one-bit vector 1,0,1 + 11; a two-bit vector 2,0,1,0,0,0,0. */
static const uint8_t sample[] = { 0x8f, 205,  0, 8,  0,	   0,	 0,    1,    0,	   0,	 0,    2,
				  0xff, 0xfe, 0, 23, 0xff, 0xff, 0xff, 5,    0x20, 0x02, 0xa8, 0x00,
				  0xe1, 0x00, 4, 8,  0,	   1,	 0xff, 0xfc, 255,  0,	 0,    0 };

static void reads_the_figures(void **unused)
{
	(void)unused;
	struct twcc t;
	struct twcc_status s;
	assert_int_equal(open_packet(B(sample), &t), ERR_OK);
	assert_true(t.sender == 1 && t.media == 2 && t.base == 65534 && t.count == 23 && t.reference == -1 &&
		    t.number == 5);
	struct twcc_iter it = twcc_iter_of(&t);
	/* seq, delta in ticks; the rest is lost */
	static const struct {
		uint16_t seq;
		int ticks;
	} arrived[] = { { 65534, 4 }, { 65535, 8 }, { 0, 0 }, { 2, 1 }, { 14, -4 }, { 16, 255 } };
	usec at = -64000;
	for (size_t i = 0, k = 0; i < 23; i++) {
		assert_true(twcc_next(&it, &s));
		assert_int_equal(s.seq, (uint16_t)(65534 + i));
		bool want = k < 6 && s.seq == arrived[k].seq;
		if (s.arrived != want)
			fail_msg("status %zu", i);
		if (!want)
			continue;
		at += arrived[k].ticks * (usec)250;
		assert_true(s.delta == arrived[k++].ticks * (usec)250 && s.at == at);
	}
	assert_false(twcc_next(&it, &s));
	assert_true(s.seq == 0 && !s.arrived);
}

static void walk(struct bytes b, void *unused)
{
	struct twcc t;
	struct twcc_status s;
	size_t n = 0;
	if (open_packet(b, &t)) {
		assert_true(t.count == 0 && !t.chunks.p);
		return;
	}
	struct twcc_iter it = twcc_iter_of(&t);
	while (twcc_next(&it, &s))
		n++;
	assert_int_equal(n, t.count);
	assert_false(it.deltas.failed || it.chunks.failed);
	assert_int_equal(reader_left(&it.deltas), 0);
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	struct twcc t;
	exact_each_prefix(B(sample), walk, NULL);
	for (size_t cut = 12; cut < sizeof sample - 4; cut += 4) { /* a right length, the inside cut */
		uint8_t p[sizeof sample];
		memcpy(p, sample, sizeof p);
		p[3] = (uint8_t)(cut / 4 - 1);
		struct bytes b = exact_copy(bytes_of(p, cut));
		assert_int_equal(open_packet(b, &t), ERR_SHORT);
		exact_free(b);
	}
	srand(7);
	exact_each_damage(B(sample), 50000, walk, NULL);
}

static enum err with_count(uint16_t count, uint16_t chunk)
{
	uint8_t p[4096] = { 0 };
	struct writer w = writer_of(p, sizeof p);
	struct twcc t;
	size_t begin = rtcp_write_begin(&w, 205, 15);
	writer_u64(&w, 1);
	writer_u16(&w, 0);
	writer_u16(&w, count);
	writer_u32(&w, 0);
	for (int i = 0; i < 600; i++)
		writer_u16(&w, chunk);
	rtcp_write_end(&w, begin);
	walk(writer_done(&w), NULL);
	return open_packet(writer_done(&w), &t);
}

static void hostile_values(void **unused)
{
	(void)unused;
	assert_int_equal(with_count(0, 0x0001), ERR_FORMAT);
	assert_int_equal(with_count(1, 0x6001), ERR_FORMAT);		 /* a run of the reserved symbol */
	assert_int_equal(with_count(1, 0xf000), ERR_FORMAT);		 /* a vector with it */
	assert_int_equal(with_count(1, 0x0000), ERR_SHORT);		 /* runs of nothing, for ever */
	assert_int_equal(with_count(TWCC_STATUSES_MAX, 0x1fff), ERR_OK); /* a run longer than what is left */
	assert_int_equal(with_count(TWCC_STATUSES_MAX + 1, 0x1fff), ERR_RANGE);
	assert_int_equal(with_count(65535, 0x1fff), ERR_RANGE);
	assert_int_equal(with_count(2000, 0x5fff), ERR_SHORT); /* deltas that are not there */
	struct rtcp_item other = { .kind = RTCP_NACK, .body = bytes_of(sample + 4, sizeof sample - 4) };
	struct twcc t;
	assert_int_equal(twcc_parse(&other, &t), ERR_STATE);
}

/* Writes the whole list in as many packets as it takes, reads them all, compares. Returns the packets. */
static int there_and_back(const usec *arrivals, size_t n, uint16_t base, size_t room, unsigned seed)
{
	uint8_t out[1500];
	size_t done = 0;
	int packets = 0;
	for (;;) {
		struct twcc t = { 0 };
		struct twcc_status s;
		struct bytes exact = exact_copy(bytes_of(out, room));
		struct writer w = writer_of((void *)exact.p, room);
		size_t told =
		    twcc_write(&w, 1, 2, (uint8_t)packets, (uint16_t)(base + done), arrivals + done, n - done);
		if (told == 0) {
			assert_int_equal(writer_len(&w), 0);
			exact_free(exact);
			break;
		}
		if (w.failed || told > n - done || open_packet(writer_done(&w), &t))
			fail_msg("seed %u: packet %d unreadable", seed, packets);
		assert_int_not_equal(t.count, 0);
		if (t.count != told || t.base != (uint16_t)(base + done) || t.number != (uint8_t)packets)
			fail_msg("seed %u: packet %d: count %u, told %zu", seed, packets, t.count, told);
		struct twcc_iter it = twcc_iter_of(&t);
		for (size_t i = done; twcc_next(&it, &s); i++) {
			bool arrived = arrivals[i] != USEC_NEVER;
			/* the reference time wraps at 24 bits of 64 ms; histories here stay below */
			if (s.arrived != arrived || s.seq != (uint16_t)(base + i) ||
			    (arrived && s.at != arrivals[i] / 250 * 250))
				fail_msg("seed %u: packet %d, entry %zu of %zu", seed, packets, i, n);
		}
		exact_free(exact);
		done += told;
		packets++;
	}
	for (size_t i = done; i < n; i++)
		if (arrivals[i] != USEC_NEVER)
			fail_msg("seed %u: entry %zu of %zu was never told", seed, i, n);
	return packets;
}

static void writes_what_it_reads(void **unused)
{
	(void)unused;
	static usec arrivals[LIST];
	for (unsigned seed = 1; seed <= 3000; seed++) {
		srand(seed);
		size_t n = 1 + (size_t)rand() % (seed % 10 ? 200 : LIST);
		int loss = rand() % 4 ? rand() % 100 : 0, burst = 0, far = rand() % 3 ? 0 : 1 + rand() % 50;
		usec at = (usec)rand() * 1000 % (6 * (usec)86400 * USEC_S);
		int spread = rand() % 2 ? 5000 : 200000;
		for (size_t i = 0; i < n; i++) {
			at += rand() % spread;
			if (far && rand() % far == 0)
				at += rand() % (20 * USEC_S);
			if (burst == 0 && rand() % 100 < loss)
				burst = 1 + rand() % 30;
			usec swapped = rand() % 20 ? 0 : rand() % 50000;
			arrivals[i] = burst ? USEC_NEVER : at > swapped ? at - swapped : 0;
			burst -= burst > 0;
		}
		size_t room = 32 + (size_t)rand() % (seed % 2 ? 100 : 1200);
		(void)there_and_back(arrivals, n, (uint16_t)rand(), room, seed);
	}
}

static void is_small(void **unused)
{
	(void)unused;
	static usec arrivals[LIST];
	uint8_t out[1500];
	for (size_t i = 0; i < 100; i++)
		arrivals[i] = 1000000 + (usec)i * 10000;
	struct writer w = writer_of(out, sizeof out);
	/* no loss, steady: one run of 100 small deltas: 20 + 2 + 100, and up to a word */
	assert_int_equal(twcc_write(&w, 1, 2, 0, 0, arrivals, 100), 100);
	assert_int_equal(writer_len(&w), 124);
	/* one lost in the middle: a run before, a vector, a run behind at most */
	arrivals[50] = USEC_NEVER;
	w = writer_of(out, sizeof out);
	assert_int_equal(twcc_write(&w, 1, 2, 0, 0, arrivals, 100), 100);
	assert_int_equal(writer_len(&w), (20 + 3 * 2 + 99 + 3) / 4 * 4);
	/* every second one: 14 statuses a chunk; the shortest and the longest small delta */
	for (size_t i = 0; i < 28; i++)
		arrivals[i] = i % 2 ? USEC_NEVER : USEC_S + (usec)(i / 4) * 255 * 250;
	w = writer_of(out, sizeof out);
	assert_int_equal(twcc_write(&w, 1, 2, 0, 0, arrivals, 28), 27);
	assert_int_equal(writer_len(&w), (20 + 2 * 2 + 14 + 3) / 4 * 4);
	/* a long outage costs bytes, not kilobytes */
	for (size_t i = 1; i < LIST - 1; i++)
		arrivals[i] = USEC_NEVER;
	arrivals[LIST - 1] = 5 * USEC_S;
	w = writer_of(out, sizeof out);
	assert_int_equal(twcc_write(&w, 1, 2, 0, 0, arrivals, LIST), LIST);
	assert_true(writer_len(&w) <= 32);
}

static void splits_where_it_must(void **unused)
{
	(void)unused;
	usec arrivals[8] = { USEC_NEVER,   100 * USEC_S, USEC_NEVER,   100 * USEC_S + 32767 * (usec)250,
			     110 * USEC_S, USEC_NEVER,	 200 * USEC_S, USEC_NEVER };
	uint8_t out[1500];
	struct writer w = writer_of(out, sizeof out);
	assert_int_equal(twcc_write(&w, 1, 2, 0, 7, arrivals, 8), 5); /* the 7th came 90 s later */
	w = writer_of(out, sizeof out);
	assert_int_equal(twcc_write(&w, 1, 2, 1, 12, arrivals + 5, 3), 2); /* what may still come is left */
	w = writer_of(out, sizeof out);
	assert_int_equal(twcc_write(&w, 1, 2, 2, 14, arrivals + 7, 1), 0);
	assert_int_equal(writer_len(&w), 0);
	assert_int_equal(there_and_back(arrivals, 8, 7, 1200, 0), 2);
	arrivals[3]++;
	arrivals[3] += 250; /* one tick more than a delta holds, counted from the rounded one before */
	assert_int_equal(there_and_back(arrivals, 8, 7, 1200, 0), 3);
	/* no room at all, or a writer that failed before */
	w = writer_of(out, 31);
	assert_int_equal(twcc_write(&w, 1, 2, 0, 7, arrivals, 8), 0);
	w = writer_of(out, sizeof out);
	w.failed = true;
	assert_int_equal(twcc_write(&w, 1, 2, 0, 7, arrivals, 8), 0);
	assert_int_equal(twcc_write(&w, 1, 2, 0, 7, arrivals, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_figures), cmocka_unit_test(truncated_at_each_byte),
		cmocka_unit_test(hostile_values),    cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(is_small),	     cmocka_unit_test(splits_where_it_must),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
