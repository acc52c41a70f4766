#include "engine/core.h"
#include "engine/history.h"
#include "engine/source.h"
#include "test.h"

#define LAYERS 4

static struct engine e;
static struct source sources[2];

static void begin_for(uint32_t buffers, uint32_t packets, usec time)
{
	memset(&e, 0, sizeof e);
	memset(sources, 0, sizeof sources);
	assert_int_equal(pool_init(&e.packets, sizeof(struct packet), buffers), ERR_OK);
	assert_int_equal(history_init(&e.history, packets, LAYERS, time), ERR_OK);
	sources[0].layers.n = sources[1].layers.n = 3;
}

static void begin(uint32_t buffers, uint32_t packets)
{
	begin_for(buffers, packets, CACHE_KEEP);
}

static void end(void)
{
	for (unsigned i = 0; i < 6; i++)
		history_close(&e, &sources[i / 3].layer[i % 3]);
	assert_int_equal(e.packets.free, e.packets.count);
	assert_int_equal(e.history.caches.free, LAYERS);
	history_fini(&e.history);
	pool_fini(&e.packets);
}

static void keep(unsigned source, unsigned layer, uint64_t seq, uint16_t bytes, usec now)
{
	struct packet *p = packet_new(&e.packets);
	assert_non_null(p);
	p->meta = (struct recv_meta){ .seq = seq };
	p->length = bytes;
	history_keep(&e, &sources[source], layer, p, now);
	packet_put(p);
}

static bool kept(unsigned source, unsigned layer, uint64_t seq)
{
	const struct cache *cache = sources[source].layer[layer].cache;
	return cache && cache_get(cache, seq);
}

/* A source's three layers share 2 MB; of all of them the oldest packet goes. */
static void a_source_has_its_limit(void **unused)
{
	begin(4096, 4096);
	for (unsigned i = 0; i < 700; i++)
		for (unsigned layer = 0; layer < 3; layer++)
			keep(0, layer, 100 + i, 1200, (usec)i * USEC_MS);
	size_t bytes = 0;
	for (unsigned layer = 0; layer < 3; layer++)
		bytes += sources[0].layer[layer].cache->bytes;
	assert_true(bytes <= CACHE_BYTES && bytes > CACHE_BYTES - 1200);
	assert_int_equal(e.drops[DROP_HISTORY], 2100 - CACHE_BYTES / 1200);
	assert_false(kept(0, 0, 100));
	for (unsigned layer = 0; layer < 3; layer++)
		assert_true(kept(0, layer, 799) && kept(0, layer, 300));
	keep(1, 0, 7, 1200, 700 * USEC_MS);
	assert_true(kept(1, 0, 7) && kept(0, 0, 300)); /* another's limit is its own */
	end();
}

/* All share the worker's limit: the oldest of whichever source goes, each counted once. */
static void all_have_theirs(void **unused)
{
	begin(1000, 100);
	for (unsigned i = 0; i < 60; i++)
		keep(0, 0, i, 100, i);
	for (unsigned i = 0; i < 60; i++)
		keep(1, 2, i, 100, 100 + i);
	assert_int_equal(e.packets.count - e.packets.free, 100);
	assert_int_equal(e.drops[DROP_HISTORY], 20);
	assert_false(kept(0, 0, 19));
	assert_true(kept(0, 0, 20) && kept(1, 2, 0));
	/* what went out by age makes room, and is not counted */
	history_on_deadline(&e, &sources[0], 200 + CACHE_KEEP);
	assert_null(sources[0].layer[0].cache);
	for (unsigned i = 60; i < 100; i++)
		keep(1, 2, i, 100, 200);
	assert_int_equal(e.drops[DROP_HISTORY], 20);
	assert_true(kept(1, 2, 0) && kept(1, 2, 99));
	end();
}

/* Each packet is there for the time that is configured, and not longer. */
static void the_time_is_obeyed(void **unused)
{
	static const usec times[] = { 500 * USEC_MS, 3 * USEC_S, 10 * USEC_S };
	for (unsigned i = 0; i < sizeof times / sizeof *times; i++) {
		usec next = USEC_NEVER;
		begin_for(100, 50, times[i]);
		keep(0, 0, 1, 100, USEC_S);
		keep(0, 0, 2, 100, USEC_S + 1);
		history_deadline(&sources[0], &next);
		assert_true(next > USEC_S + times[i] && next <= USEC_S + times[i] + CACHE_SLACK);
		history_on_deadline(&e, &sources[0], USEC_S + times[i]);
		assert_true(kept(0, 0, 1));
		history_on_deadline(&e, &sources[0], USEC_S + times[i] + 1);
		assert_true(!kept(0, 0, 1) && kept(0, 0, 2));
		end();
	}
}

/* An eighth of the buffers is for what arrives; where others hold the rest, nothing is kept. */
static void buffers_are_spared(void **unused)
{
	struct packet *held[900];
	begin(1000, 1000);
	for (unsigned i = 0; i < 1000; i++)
		keep(0, 0, i, 100, i);
	assert_true(e.packets.free >= 124 && e.packets.free <= 126);
	assert_true(kept(0, 0, 999) && !kept(0, 0, 0));
	history_close(&e, &sources[0].layer[0]);
	for (unsigned i = 0; i < 900; i++)
		held[i] = packet_new(&e.packets);
	uint64_t before = e.drops[DROP_HISTORY];
	keep(0, 0, 5000, 100, 2000);
	assert_false(kept(0, 0, 5000));
	assert_int_equal(e.drops[DROP_HISTORY], before + 1);
	for (unsigned i = 0; i < 900; i++)
		packet_put(held[i]);
	keep(0, 0, 5001, 100, 2000);
	assert_true(kept(0, 0, 5001));
	end();
}

/* The memory of a layer that ceased is another's; what the ring still says of the first touches nothing of it. */
static void layers_come_and_go(void **unused)
{
	begin(400, 64);
	usec now = 0;
	for (unsigned turn = 0; turn < 200; turn++, now += 100 * USEC_MS) {
		unsigned layer = turn % 2, source = turn / 2 % 2;
		for (unsigned i = 0; i < 20; i++)
			keep(source, layer, i, 100, now);
		assert_true(kept(source, layer, 0) && kept(source, layer, 19));
		assert_true(e.packets.count - e.packets.free <= 64);
		history_close(&e, &sources[(turn + 1) / 2 % 2].layer[(turn + 1) % 2]);
	}
	usec due = USEC_NEVER;
	history_deadline(&sources[0], &due);
	history_deadline(&sources[1], &due);
	assert_true(due != USEC_NEVER);
	end();
}

/* More layers than there are histories: the next one is not kept, and counted. */
static void no_history_left(void **unused)
{
	begin(100, 50);
	for (unsigned i = 0; i <= LAYERS; i++)
		keep(i / 3, i % 3, 1, 100, 0);
	assert_int_equal(e.drops[DROP_HISTORY], 1);
	assert_false(kept(1, 1, 1));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_has_its_limit), cmocka_unit_test(all_have_theirs),
		cmocka_unit_test(the_time_is_obeyed),	  cmocka_unit_test(buffers_are_spared),
		cmocka_unit_test(layers_come_and_go),	  cmocka_unit_test(no_history_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
