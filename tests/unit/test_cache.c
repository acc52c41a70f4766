#include "media/cache.h"
#include "test.h"

#define MS USEC_MS
#define FIRST UINT64_C(65530)

static struct pool pool;
static struct cache c;

static bool put(uint64_t seq, uint16_t length, usec now)
{
	struct packet *p = packet_new(&pool);
	assert_non_null(p);
	p->length = length;
	p->meta.seq = seq;
	bool kept = cache_put(&c, seq, p, now);
	packet_put(p);
	return kept;
}

static void gives_what_was_put(void **unused)
{
	cache_init(&c, CACHE_KEEP, CACHE_BYTES);
	assert_null(cache_get(&c, 0));
	for (uint64_t i = 0; i < 100; i++)
		assert_true(i == 50 || put(FIRST + i, 1000, (usec)i * MS));
	assert_null(cache_get(&c, FIRST - 1));
	assert_null(cache_get(&c, FIRST + 50));
	assert_null(cache_get(&c, FIRST + 100));
	assert_null(cache_get(&c, FIRST + CACHE_PACKETS));
	assert_true(put(FIRST + 50, 1000, 100 * MS));
	assert_false(put(FIRST + 50, 1000, 100 * MS));
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(cache_get(&c, FIRST + i)->meta.seq, FIRST + i);
	assert_int_equal(c.bytes, 100000);
	cache_clear(&c);
	assert_int_equal(pool.free, pool.count);
	assert_null(cache_get(&c, FIRST));
}

static void lets_go_by_age(void **unused)
{
	usec next = USEC_NEVER;
	cache_init(&c, CACHE_KEEP, CACHE_BYTES);
	cache_deadline(&c, &next);
	assert_int_equal(next, USEC_NEVER);
	put(10, 100, 0);
	put(12, 100, 1000 * MS);
	put(11, 100, 2900 * MS); /* repaired late: no younger than the one behind it */
	cache_deadline(&c, &next);
	assert_int_equal(next, 3000 * MS + CACHE_SLACK);
	cache_expire(&c, 3000 * MS);
	assert_non_null(cache_get(&c, 10));
	cache_expire(&c, 3000 * MS + 1);
	assert_null(cache_get(&c, 10));
	assert_non_null(cache_get(&c, 11));
	cache_expire(&c, 4000 * MS + 1);
	assert_int_equal(c.count, 0);
	assert_int_equal(c.out_age, 3);
	assert_int_equal(pool.free, pool.count);
	assert_true(put(9, 100, 5000 * MS)); /* empty: any number begins it */
	cache_clear(&c);
}

static void lets_go_by_bytes_and_ring(void **unused)
{
	cache_init(&c, CACHE_KEEP, 5000);
	for (uint64_t i = 0; i < 8; i++)
		put(FIRST + i, 1000, 0);
	assert_int_equal(c.count, 5);
	assert_int_equal(c.out_bytes, 3);
	assert_null(cache_get(&c, FIRST + 2));
	assert_non_null(cache_get(&c, FIRST + 3));
	put(FIRST + 3 + CACHE_PACKETS, 1000, 0); /* the ring is one too short for FIRST + 3 */
	assert_null(cache_get(&c, FIRST + 3));
	assert_non_null(cache_get(&c, FIRST + 4));
	assert_int_equal(c.out_count, 1);
	assert_false(put(FIRST + 3, 1000, 0));
	put(FIRST + UINT64_C(10000000), 1000, 0);
	assert_int_equal(c.count, 1);
	cache_clear(&c);
	assert_int_equal(pool.free, pool.count);
}

/* Against a plain list of what should be held: references, bytes and order agree in every random history. */
static void keeps_its_guarantee(void **unused)
{
	static uint16_t length[1 << 16];
	for (unsigned seed = 1; seed <= 60; seed++) {
		usec now = 0;
		uint64_t at = FIRST;
		srand(seed);
		memset(length, 0, sizeof length);
		cache_init(&c, (usec)(200 + rand() % 3000) * MS, (size_t)(20000 + rand() % 1000000));
		for (int i = 0; i < 8000; i++) {
			now += rand() % 3 * MS;
			int kind = rand() % 200;
			if (kind < 150)
				at++;
			else if (kind < 152)
				at += (uint64_t)(rand() % 3000 + 1);
			uint64_t seq = kind < 152 ? at : at - (uint64_t)(rand() % (kind < 190 ? 30 : 2500));
			if (kind == 199) {
				cache_clear(&c);
			} else {
				length[seq & 0xffff] = (uint16_t)(40 + rand() % 1200);
				bool had = cache_get(&c, seq);
				uint16_t before = had ? cache_get(&c, seq)->length : 0;
				bool kept = put(seq, length[seq & 0xffff], now);
				if (had)
					length[seq & 0xffff] = before;
				if (kept == had && had)
					fail_msg("seed %u: %llu put twice", seed, (unsigned long long)seq);
			}
			if (c.bytes > c.most_bytes || c.count > CACHE_PACKETS || pool.free + c.count != pool.count)
				fail_msg("seed %u: over its limits at %lld us", seed, (long long)now);
			if (i % 100)
				continue;
			cache_expire(&c, now);
			size_t bytes = 0;
			uint32_t count = 0;
			for (uint64_t s = c.tail; s < c.head; s++) {
				const struct packet *p = cache_get(&c, s);
				if (!p)
					continue;
				if (p->meta.seq != s || p->length != length[s & 0xffff] || p->refs != 1)
					fail_msg("seed %u: wrong packet %llu", seed, (unsigned long long)s);
				if (now - c.cells[s % CACHE_PACKETS].at > c.keep)
					fail_msg("seed %u: %llu is too old", seed, (unsigned long long)s);
				bytes += p->length;
				count++;
			}
			if (bytes != c.bytes || count != c.count)
				fail_msg("seed %u: sums at %lld us", seed, (long long)now);
		}
		cache_clear(&c);
		assert_int_equal(pool.free, pool.count);
	}
}

static int begin(void **unused)
{
	return pool_init(&pool, sizeof(struct packet), CACHE_PACKETS + 2);
}

static int end(void **unused)
{
	pool_fini(&pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_was_put),
		cmocka_unit_test(lets_go_by_age),
		cmocka_unit_test(lets_go_by_bytes_and_ring),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
