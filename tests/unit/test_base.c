#include "base/bytes.h"
#include "base/log.h"
#include "base/map.h"
#include "base/netaddr.h"
#include "base/pool.h"
#include "base/seq.h"
#include "base/str.h"
#include "test.h"

static void reads_stick(void **unused)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5 };
	struct reader r = reader_of(bytes_of(data, sizeof data));
	assert_int_equal(reader_u8(&r), 1);
	assert_int_equal(reader_u32(&r), 0x02030405);
	assert_false(r.failed);
	assert_int_equal(reader_u8(&r), 0);
	assert_true(r.failed);
	r = reader_of(bytes_of(data, sizeof data));
	assert_int_equal(reader_u64(&r), 0);
	assert_true(r.failed);
	assert_int_equal(reader_u8(&r), 0); /* stays failed, moves nothing */
	r = reader_of(bytes_of(NULL, 0));
	assert_null(reader_take(&r, 1));
}

static void writes_stick(void **unused)
{
	uint8_t out[4];
	struct writer w = writer_of(out, sizeof out);
	writer_u24(&w, 0x010203);
	writer_u16(&w, 0xffff);
	assert_true(w.failed);
	writer_u8(&w, 9);
	assert_int_equal(writer_len(&w), 3);
	assert_int_equal(writer_done(&w).n, 0);
	assert_memory_equal(out, "\1\2\3", 3);
}

static void counters_extend(void **unused)
{
	/* all of 3 bits: every last, every value lands within half the modulus */
	for (uint64_t last = 8; last < 32; last++)
		for (uint64_t v = 0; v < 8; v++) {
			uint64_t x = seq_extend(last, v, 3);
			assert_int_equal(x & 7, v);
			assert_true(x + 4 >= last && x < last + 4);
		}
	assert_int_equal(seq_extend(65535 + 65536, 0, 16), 2 * 65536);
	assert_true(seq16_newer(0, 65535));
	assert_false(seq16_newer(65535, 0));
}

static void against_an_array(struct map *m, uint32_t limit)
{
	static int values[64];
	bool in[64] = { false };
	uint32_t count = 0;
	srand(1);
	for (int step = 0; step < 100000; step++) {
		uint32_t key = (uint32_t)rand() % 64;
		if (rand() % 2) {
			enum err err = map_put(m, key, &values[key]);
			assert_int_equal(err, !in[key] && count == limit ? ERR_FULL : ERR_OK);
			if (err == ERR_OK && !in[key]) {
				in[key] = true;
				count++;
			}
		} else {
			map_remove(m, key);
			count -= in[key];
			in[key] = false;
		}
		uint32_t look = (uint32_t)rand() % 64;
		assert_ptr_equal(map_get(m, look), in[look] ? &values[look] : NULL);
		assert_int_equal(m->count, count);
	}
	uint32_t seen = 0, at = 0;
	while (map_next(m, &at))
		seen++;
	assert_int_equal(seen, count);
}

static void map_against_an_array(void **unused)
{
	struct map m;
	struct map_cell cells[64];
	assert_int_equal(map_init(&m, 40), ERR_OK);
	against_an_array(&m, 40);
	map_fini(&m);
	memset(cells, 0x55, sizeof cells);
	map_init_in(&m, cells, 64);
	against_an_array(&m, 32);
}

static void pool_is_exact(void **unused)
{
	struct pool p;
	void *cells[5];
	assert_int_equal(pool_init(&p, 100, 5), ERR_OK);
	for (int i = 0; i < 5; i++) {
		cells[i] = pool_get(&p);
		assert_non_null(cells[i]);
		memset(cells[i], i, 100);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(cells[i], cells[j]);
	}
	assert_null(pool_get(&p));
	for (int i = 0; i < 5; i++)
		pool_put(&p, cells[i]);
	assert_int_equal(p.free, 5);
	assert_int_equal(p.low, 0);
	pool_fini(&p);
}

static void texts(void **unused)
{
	char to[4];
	assert_int_equal(str_copy(to, sizeof to, "abc"), ERR_OK);
	assert_int_equal(str_copy(to, sizeof to, "abcd"), ERR_RANGE);
	assert_string_equal(to, "");
	assert_int_equal(str_copy_n(to, sizeof to, "a\0b", 3), ERR_FORMAT);
	assert_int_equal(str_print(to, sizeof to, "%d", 12345), ERR_RANGE);
	assert_string_equal(to, "123");
	struct writer w = writer_of(to, sizeof to);
	str_write(&w, "%d", 1);
	str_write(&w, "%s", "bc");
	assert_int_equal(writer_len(&w), 3);
	assert_memory_equal(to, "1bc", 3);
	str_write(&w, "d"); /* no room for the NUL besides */
	assert_true(w.failed);
	assert_int_equal(writer_len(&w), 3);
	str_write(&w, "%s", "");
	assert_true(w.failed);
	assert_string_equal(err_name(ERR_AUTH), "auth");
	assert_string_equal(err_name((enum err)999), "?");
	assert_string_equal(LOG_TEXT("a\n\"b\""), "\"a\\x0a\\\"b\\\"\"");
	char text[NETADDR_TEXT];
	struct netaddr a = { .family = 4, .ip = { 10, 0, 0, 1 }, .port = 40000 };
	netaddr_text(&a, text);
	assert_string_equal(text, "10.0.0.1:40000");
	struct netaddr b = { .family = 6, .ip = { [15] = 1 }, .port = 7 };
	netaddr_text(&b, text);
	assert_string_equal(text, "[::1]:7");
	netaddr_ip_text(&b, text);
	assert_string_equal(text, "::1");
	assert_false(netaddr_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_stick),	   cmocka_unit_test(writes_stick),
		cmocka_unit_test(counters_extend), cmocka_unit_test(map_against_an_array),
		cmocka_unit_test(pool_is_exact),   cmocka_unit_test(texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
