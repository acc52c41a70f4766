#include "media/nack.h"
#include "test.h"

#define MS USEC_MS

static struct nack n;
static uint16_t asked[NACK_MAX];
static uint64_t gone[NACK_MAX];

static size_t due(usec now)
{
	return nack_due(&n, now, asked, NACK_MAX);
}

static void asks_repeats_and_gives_up(void **unused)
{
	nack_init(&n);
	nack_on_rtt(&n, 40 * MS);
	usec next = USEC_NEVER;
	nack_on_packet(&n, 70000, 0);
	nack_deadline(&n, &next);
	assert_int_equal(next, USEC_NEVER);
	nack_on_packet(&n, 70004, 1 * MS);
	assert_int_equal(nack_floor(&n), 70001);
	nack_deadline(&n, &next);
	assert_int_equal(next, 15 * MS); /* 11 ms, on the grid */
	assert_int_equal(due(14 * MS), 0);
	nack_on_packet(&n, 70002, 14 * MS); /* only overtaken */
	assert_int_equal(due(15 * MS), 2);
	assert_int_equal(asked[0], (uint16_t)70001);
	assert_int_equal(asked[1], (uint16_t)70003);
	assert_true(nack_on_repaired(&n, 70001));
	assert_false(nack_on_repaired(&n, 70001));
	assert_int_equal(nack_floor(&n), 70003);
	assert_true(nack_waits(&n, 70003));
	size_t tries = 1;
	usec last = 15 * MS;
	for (usec now = 15 * MS; now < 4000 * MS; now += MS) {
		size_t k = due(now);
		if (k && now - last < 60 * MS)
			fail_msg("again after %lld us", (long long)(now - last));
		if (k)
			last = now;
		tries += k;
		if (nack_gone(&n, now, gone, NACK_MAX) == 0)
			continue;
		assert_int_equal(gone[0], 70003);
		assert_int_equal(now, last + 60 * MS); /* 1.5 RTT after the last try */
		break;
	}
	assert_int_equal(tries, NACK_TRIES);
	assert_int_equal(nack_floor(&n), 70005);
}

static void gives_up_after_its_life(void **unused)
{
	nack_init(&n);
	nack_on_rtt(&n, 1000 * MS);
	nack_on_packet(&n, 1, 0);
	nack_on_packet(&n, 4, 0);
	assert_int_equal(due(10 * MS), 2);
	assert_int_equal(due(1255 * MS), 0);
	assert_int_equal(due(1260 * MS), 2);
	assert_int_equal(due(2510 * MS), 2);
	assert_int_equal(nack_gone(&n, 2999 * MS, gone, NACK_MAX), 0);
	assert_int_equal(nack_gone(&n, 3000 * MS, gone, 1), 1);
	assert_int_equal(gone[0], 2);
	assert_int_equal(due(3760 * MS), 0);
	assert_int_equal(nack_gone(&n, 3760 * MS, gone, NACK_MAX), 1);
	assert_int_equal(gone[0], 3);
}

static void a_keyframe_ends_what_is_before_it(void **unused)
{
	nack_init(&n);
	nack_on_packet(&n, 10, 0);
	nack_on_packet(&n, 13, 0);
	nack_on_packet(&n, 20, 0);
	nack_on_packet(&n, 22, 0);
	nack_on_keyframe(&n, 20);
	assert_false(nack_waits(&n, 12));
	nack_on_packet(&n, 12, MS); /* comes all the same, before it was told gone */
	usec next = USEC_NEVER;
	nack_deadline(&n, &next);
	assert_true(next <= MS);
	assert_int_equal(nack_gone(&n, MS, gone, 2), 2); /* a small array: in parts */
	assert_int_equal(gone[0], 11);
	assert_int_equal(gone[1], 14);
	assert_int_equal(nack_gone(&n, MS, gone, NACK_MAX), 5);
	assert_int_equal(gone[4], 19);
	assert_int_equal(due(10 * MS), 1);
	assert_int_equal(asked[0], 21);
}

static void asks_in_parts(void **unused)
{
	nack_init(&n);
	nack_on_packet(&n, 100, 0);
	nack_on_packet(&n, 131, 0);
	assert_int_equal(nack_due(&n, 10 * MS, asked, 20), 20);
	assert_int_equal(nack_due(&n, 10 * MS, asked, 20), 10);
	assert_int_equal(asked[0], 121);
	assert_int_equal(nack_due(&n, 10 * MS, asked, 20), 0);
}

static void stays_bounded(void **unused)
{
	nack_init(&n);
	assert_false(nack_on_packet(&n, 1, 0));
	assert_false(nack_on_packet(&n, 702, 0));
	assert_true(nack_on_packet(&n, 1203, 0)); /* 1200 missing: the oldest are forgotten */
	assert_int_equal(n.n, NACK_MAX);
	assert_int_equal(nack_floor(&n), 202);
	assert_int_equal(n.forgotten, 200);
	assert_true(nack_on_packet(&n, 3000, 0)); /* one gap too wide */
	assert_int_equal(n.n, 0);
	assert_int_equal(nack_floor(&n), 3001);
	assert_int_equal(due(10 * MS), 0);
	nack_on_packet(&n, 3002, 0);
	nack_on_gone(&n);
	assert_int_equal(due(10 * MS), 0);
	nack_on_packet(&n, 3004, 0);
	nack_reset(&n);
	nack_on_packet(&n, 65536, 0);
	assert_int_equal(n.n, 0);
}

/* A lossy link with a sender that answers: every guarantee of the header, counted number by number. */
static void keeps_its_guarantee(void **unused)
{
	enum { PACKETS = 1000 };
	enum fate { UNSENT, CAME, MISSING, GONE };
	static enum fate fate[PACKETS];
	static usec seen[PACKETS];
	static usec last_ask[PACKETS];
	static usec repair_at[PACKETS];
	static int tries[PACKETS];
	for (unsigned seed = 1; seed <= 60; seed++) {
		srand(seed);
		memset(fate, 0, sizeof fate);
		memset(tries, 0, sizeof tries);
		usec rtt = (5 + rand() % 700) * MS;
		int loss = rand() % 30;
		usec repeat = rtt + rtt / 4 < NACK_REPEAT ? NACK_REPEAT : rtt + rtt / 4;
		size_t highest = 0;
		nack_init(&n);
		nack_on_rtt(&n, rtt);
		nack_on_packet(&n, 65536, 0);
		fate[0] = CAME;
		for (size_t i = 0; i < PACKETS; i++)
			repair_at[i] = USEC_NEVER;
		size_t next = 1;
		for (usec now = MS; now < 8000 * MS; now += MS) {
			if (next < PACKETS && rand() % 4 == 0) { /* one sent; perhaps lost, perhaps in a burst */
				if (rand() % 100 >= loss) {
					for (size_t i = highest + 1; i < next; i++) {
						fate[i] = MISSING;
						seen[i] = now;
					}
					highest = next;
					fate[next] = CAME;
					nack_on_packet(&n, 65536 + next, now);
					if (rand() % 200 == 0) {
						nack_on_keyframe(&n, 65536 + next);
						for (size_t i = 0; i < next; i++)
							seen[i] = fate[i] == MISSING ? -2 * NACK_LIFE : seen[i];
					}
				}
				next++;
			}
			for (size_t i = 0; i < PACKETS; i++) {
				if (repair_at[i] > now)
					continue;
				repair_at[i] = USEC_NEVER;
				if (fate[i] == MISSING) {
					fate[i] = CAME;
					if (!nack_on_repaired(&n, 65536 + i))
						fail_msg("seed %u: repair of %zu unknown", seed, i);
				}
			}
			size_t k = nack_due(&n, now, asked, 7);
			for (size_t j = 0; j < k; j++) {
				size_t i = asked[j];
				usec from = tries[i] ? last_ask[i] + repeat : seen[i] + NACK_REORDER;
				if (fate[i] != MISSING || now < from || ++tries[i] > NACK_TRIES)
					fail_msg("seed %u: %zu asked at %lld us", seed, i, (long long)now);
				last_ask[i] = now;
				if (rand() % 100 >= loss)
					repair_at[i] = now + rtt;
			}
			k = nack_gone(&n, now, gone, 7);
			for (size_t j = 0; j < k; j++) {
				size_t i = (size_t)(gone[j] - 65536);
				bool tried = tries[i] == NACK_TRIES && now >= last_ask[i] + rtt + rtt / 2;
				if (fate[i] != MISSING || (now < seen[i] + NACK_LIFE && !tried))
					fail_msg("seed %u: %zu gone at %lld us", seed, i, (long long)now);
				fate[i] = GONE;
			}
			for (size_t i = 0; now % (50 * MS) == 0 && i < PACKETS; i++) {
				bool waits = fate[i] == MISSING;
				if (waits && seen[i] > 0 && now - seen[i] > NACK_LIFE + 200 * MS)
					fail_msg("seed %u: %zu hangs at %lld us", seed, i, (long long)now);
				if (waits && 65536 + i < nack_floor(&n))
					fail_msg("seed %u: %zu below the floor", seed, i);
			}
		}
		if (n.forgotten)
			fail_msg("seed %u: %llu forgotten", seed, (unsigned long long)n.forgotten);
		for (size_t i = 0; i < highest; i++) {
			if (fate[i] == MISSING)
				fail_msg("seed %u: %zu without an end", seed, i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_repeats_and_gives_up),
		cmocka_unit_test(gives_up_after_its_life),
		cmocka_unit_test(a_keyframe_ends_what_is_before_it),
		cmocka_unit_test(asks_in_parts),
		cmocka_unit_test(stays_bounded),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
