#include "exact.h"
#include "test.h"
#include "wire/depdesc.h"

#define B(a) bytes_of(a, sizeof(a))
#define PARSE(d, l, ...)                                                                                               \
	depdesc_parse(bytes_of(((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })), d, l)

/* Three temporal layers: start, template 62, frame 258; structure: offset 61, 3 targets; layers by idc
 * 0 (S0T0 twice), 1 (T1), 1 (T2), 3. Bits behind the layers are not read.
 * 1 0 111110 | 00000001 | 00000010 | 1 0000 111|101 00010| 00 01 01 11 | 0…  */
static const uint8_t structure[] = { 0xbe, 0x01, 0x02, 0x87, 0xa2, 0x17, 0x00 };

static void reads_the_mandatory_fields(void **unused)
{
	(void)unused;
	struct depdesc_layers l = { 0 };
	struct depdesc d;
	uint8_t spatial, temporal;
	assert_int_equal(PARSE(&d, &l, 0x45, 0xff, 0xfe), ERR_OK);
	assert_true(!d.start && d.end && d.template_id == 5 && d.frame == 0xfffe && !d.has_structure);
	assert_int_equal(depdesc_layer(&l, &d, &spatial, &temporal), ERR_MISSING);
	assert_int_equal(PARSE(&d, &l, 0x80, 0, 1, 0x7f), ERR_OK); /* extended fields without a structure */
	assert_true(d.start && !d.end && d.template_id == 0 && d.frame == 1 && !d.has_structure);
	assert_int_equal(l.count, 0);
}

static void follows_the_layers(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t id, temporal;
		enum err err;
	} rows[] = { { 61, 0, ERR_OK }, { 62, 0, ERR_OK },     { 63, 1, ERR_OK },
		     { 0, 2, ERR_OK },	{ 1, 0, ERR_MISSING }, { 60, 0, ERR_MISSING } };
	struct depdesc_layers l = { 0 };
	struct depdesc d;
	assert_int_equal(depdesc_parse(B(structure), &d, &l), ERR_OK);
	assert_true(d.start && !d.end && d.template_id == 62 && d.frame == 258 && d.has_structure);
	assert_true(l.offset == 61 && l.count == 4);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t spatial, temporal;
		assert_int_equal(PARSE(&d, &l, rows[i].id, 0, 0), ERR_OK);
		if (depdesc_layer(&l, &d, &spatial, &temporal) != rows[i].err || spatial != 0 ||
		    temporal != rows[i].temporal)
			fail_msg("template %u", rows[i].id);
	}
	/* L2T2: S0T0 S0T1 S1T0 S1T1: idc 1, 2, 1, 3 = 01 10 01 11; offset 0, one target */
	assert_int_equal(PARSE(&d, &l, 0, 0, 0, 0x80, 0x00, 0x67), ERR_OK);
	static const uint8_t spatials[] = { 0, 0, 1, 1 }, temporals[] = { 0, 1, 0, 1 };
	assert_int_equal(l.count, 4);
	assert_memory_equal(l.spatial, spatials, 4);
	assert_memory_equal(l.temporal, temporals, 4);
}

static void parse(struct bytes b, void *unused)
{
	struct depdesc_layers l = { .count = 77 };
	struct depdesc d;
	if (depdesc_parse(b, &d, &l) || !d.has_structure)
		assert_int_equal(l.count, 77);
	else
		assert_true(l.count >= 1 && l.count <= 64);
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	struct depdesc_layers l = { 0 };
	struct depdesc d;
	exact_each_prefix(B(structure), parse, NULL);
	for (size_t n = 0; n < 6; n++) /* 3 bytes are a descriptor of their own */
		assert_int_equal(depdesc_parse(bytes_of(structure, n), &d, &l), n == 3 ? ERR_OK : ERR_SHORT);
	srand(10);
	exact_each_damage(B(structure), 20000, parse, NULL);
	/* 65 templates; 64 */
	uint8_t many[5 + 16 + 1] = { 0, 0, 0, 0x80, 0 };
	assert_int_equal(depdesc_parse(B(many), &d, &l), ERR_LIMIT);
	assert_int_equal(l.count, 0);
	many[20] = 3;
	assert_int_equal(depdesc_parse(B(many), &d, &l), ERR_OK);
	assert_int_equal(l.count, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_mandatory_fields),
		cmocka_unit_test(follows_the_layers),
		cmocka_unit_test(truncated_at_each_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
