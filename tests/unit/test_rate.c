#include "media/rate.h"
#include "test.h"

#define MS USEC_MS

static void tells_a_steady_rate(void **unused)
{
	struct rate r;
	rate_init(&r);
	assert_int_equal(rate_bps(&r, 0), 0);
	for (usec now = 0; now < 5000 * MS; now += 20 * MS) {
		rate_add(&r, 1000, now);
		if (now < 1000 * MS)
			continue;
		assert_in_range(rate_bps(&r, now + 19 * MS), 390000, 425000);
		assert_in_range(rate_pps(&r, now + 19 * MS), 48, 53);
	}
}

static void is_quick_at_the_start(void **unused)
{
	struct rate r;
	rate_init(&r);
	for (usec now = 7000 * MS; now < 7200 * MS; now += 10 * MS)
		rate_add(&r, 125, now);
	assert_in_range(rate_bps(&r, 7200 * MS), 99000, 101000);
}

static void is_zero_after_a_second(void **unused)
{
	struct rate r;
	rate_init(&r);
	rate_add(&r, 1200, 50 * MS);
	assert_true(rate_bps(&r, 900 * MS) > 0);
	assert_int_equal(rate_bps(&r, 1050 * MS), 0);
	assert_int_equal(rate_pps(&r, 1050 * MS), 0);
	/* and after the longest silence it begins anew */
	rate_add(&r, 1200, 100000 * MS);
	assert_int_equal(rate_bps(&r, 100000 * MS), 96000);
}

static void never_wraps(void **unused)
{
	struct rate r;
	rate_init(&r);
	rate_add(&r, (size_t)1 << 32, 0);
	assert_int_equal(rate_bps(&r, 0), UINT32_MAX);
}

/* Against a plain list of everything added. */
static void sums_the_window(void **unused)
{
	enum { MOST = 4000 };
	static struct {
		usec at;
		size_t bytes;
	} log[MOST];
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct rate r;
		size_t n = 0;
		srand(seed);
		rate_init(&r);
		for (usec now = rand() % 1000 * MS; n < MOST; now += rand() % (rand() % 50 ? 4 : 1500) * MS / 2) {
			log[n].at = now;
			log[n].bytes = (size_t)(rand() % 1500);
			rate_add(&r, log[n].bytes, now);
			n++;
			usec from = (now / RATE_BUCKET - RATE_BUCKETS + 1) * RATE_BUCKET;
			uint64_t bytes = 0;
			uint64_t packets = 0;
			for (size_t i = n; i-- > 0 && log[i].at >= from; packets++)
				bytes += log[i].bytes;
			uint32_t least = (uint32_t)(bytes * 8); /* were it spread over a whole second */
			if (r.sum_bytes != bytes || r.sum_packets != packets || rate_bps(&r, now) < least)
				fail_msg("seed %u: packet %zu at %lld us", seed, n, (long long)now);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_steady_rate),	  cmocka_unit_test(is_quick_at_the_start),
		cmocka_unit_test(is_zero_after_a_second), cmocka_unit_test(never_wraps),
		cmocka_unit_test(sums_the_window),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
