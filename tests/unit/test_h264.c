#include "exact.h"
#include "test.h"
#include "wire/h264.h"

#define B(a) bytes_of(a, sizeof(a))
#define PARSE(h, ...)                                                                                                  \
	h264_parse(bytes_of(((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })), h)

/* Parameter sets as encoders make them, sizes known. */
static const uint8_t sps_720[] = { 0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x6c, 0x80,
				   0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x1e, 0x07, 0x8c, 0x18, 0xcb };
static const uint8_t sps_1080[] = { 0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00,
				    0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20 };
static const uint8_t sps_cif[] = { 0x67, 0x64, 0x00, 0x0c, 0xac, 0x3b, 0x50, 0xb0, 0x4b, 0x42, 0x00,
				   0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x3d, 0x08 };

static void sizes(void **unused)
{
	(void)unused;
	static const struct {
		struct bytes sps;
		uint16_t width, height;
	} rows[] = { { { sps_720, sizeof sps_720 }, 1280, 720 },
		     { { sps_1080, sizeof sps_1080 }, 1920, 1080 },
		     { { sps_cif, sizeof sps_cif }, 352, 288 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct h264 h;
		assert_int_equal(h264_parse(rows[i].sps, &h), ERR_OK);
		if (h.width != rows[i].width || h.height != rows[i].height)
			fail_msg("row %zu: %u x %u", i, h.width, h.height);
		assert_true(h.sps && h.keyframe && !h.idr && h.frame_start && h.nal == 7);
	}
}

static void single_units(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t head, body;
		bool keyframe, idr, start;
	} rows[] = {
		{ 0x41, 0x9a, false, false, true },  /* first slice of a frame: first_mb_in_slice 0 */
		{ 0x41, 0x4a, false, false, false }, /* a later slice */
		{ 0x65, 0x88, true, true, true },    { 0x65, 0x48, true, true, false },
		{ 0x42, 0x9a, false, false, true },  /* partition A */
		{ 0x43, 0x9a, false, false, false }, /* partition B says nothing about a frame's start */
		{ 0x06, 0x05, false, false, true },  { 0x09, 0xf0, false, false, true },
		{ 0x68, 0xce, false, false, true },  { 0x0c, 0xff, false, false, false }, /* filler */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct h264 h;
		assert_int_equal(PARSE(&h, rows[i].head, rows[i].body), ERR_OK);
		if (h.keyframe != rows[i].keyframe || h.idr != rows[i].idr || h.frame_start != rows[i].start ||
		    h.nal != (rows[i].head & 31))
			fail_msg("row %zu", i);
	}
}

static void aggregates(void **unused)
{
	(void)unused;
	uint8_t p[100];
	struct writer w = writer_of(p, sizeof p);
	struct h264 h;
	writer_u8(&w, 0x78);
	writer_u16(&w, sizeof sps_720);
	writer_bytes(&w, B(sps_720));
	writer_u16(&w, 2);
	writer_u16(&w, 0x68ce);
	writer_u16(&w, 2);
	writer_u16(&w, 0x6588);
	assert_int_equal(h264_parse(writer_done(&w), &h), ERR_OK);
	assert_true(h.keyframe && h.idr && h.frame_start && h.nal == 7 && h.width == 1280 && h.height == 720);

	/* what a unit says is not unsaid by the next */
	assert_int_equal(PARSE(&h, 0x78, 0, 2, 0x65, 0x88, 0, 2, 0x41, 0x4a, 0, 2, 0x0c, 0xff), ERR_OK);
	assert_true(!h.sps && h.keyframe && h.idr && h.frame_start && h.nal == 5);
	assert_int_equal(PARSE(&h, 0x78, 0, 2, 0x06, 0x05, 0, 2, 0x41, 0x4a), ERR_OK);
	assert_true(!h.keyframe && h.frame_start && h.nal == 6);
	assert_int_equal(PARSE(&h, 0x57, 1), ERR_OK); /* the last type of single units */
	assert_int_equal(h.nal, 23);
	assert_int_equal(PARSE(&h, 0x78, 0, 2, 0x41, 0x9a), ERR_OK);
	assert_true(!h.keyframe && h.frame_start && h.nal == 1);
	assert_int_equal(PARSE(&h, 0x78), ERR_SHORT);
	assert_int_equal(PARSE(&h, 0x78, 0, 0), ERR_SHORT);
	assert_int_equal(PARSE(&h, 0x78, 0, 3, 0x41, 0x9a), ERR_SHORT);
	assert_int_equal(PARSE(&h, 0x78, 0, 2, 0x41, 0x9a, 0), ERR_SHORT);
	assert_int_equal(PARSE(&h, 0x78, 0, 2, 0x78, 0x9a), ERR_FORMAT);
	assert_int_equal(PARSE(&h, 0x78, 0, 2, 0xc1, 0x9a), ERR_FORMAT);
	assert_int_equal(h.nal, 0);
}

static void fragments(void **unused)
{
	(void)unused;
	struct h264 h;
	assert_int_equal(PARSE(&h, 0x7c, 0x85, 0x88), ERR_OK); /* S, IDR */
	assert_true(h.keyframe && h.idr && h.frame_start && h.nal == 5);
	assert_int_equal(PARSE(&h, 0x7c, 0x05, 0x88), ERR_OK); /* the middle of one: a keyframe does not begin here */
	assert_true(!h.keyframe && h.idr && !h.frame_start);
	assert_int_equal(PARSE(&h, 0x7c, 0x45, 0x88), ERR_OK);
	assert_true(!h.keyframe && h.idr);
	assert_int_equal(PARSE(&h, 0x5c, 0x81, 0x4a), ERR_OK); /* S, a slice that is not the first */
	assert_true(!h.keyframe && !h.idr && !h.frame_start && h.nal == 1);
	assert_int_equal(PARSE(&h, 0x7c), ERR_SHORT);
	assert_int_equal(PARSE(&h, 0x7c, 0x85), ERR_SHORT);
	assert_int_equal(PARSE(&h, 0x7c, 0xc5, 1), ERR_FORMAT);
	assert_int_equal(PARSE(&h, 0x7c, 0x9c, 1), ERR_FORMAT);
	assert_int_equal(PARSE(&h, 0x7c, 0x00, 1), ERR_FORMAT);
}

static void what_mode_1_has_not(void **unused)
{
	(void)unused;
	static const uint8_t types[] = { 0, 25, 26, 27, 29, 30, 31 };
	struct h264 h;
	for (size_t i = 0; i < sizeof types; i++)
		assert_int_equal(PARSE(&h, 0x60 | types[i], 0x85, 1, 1), ERR_FORMAT);
	assert_int_equal(PARSE(&h, 0xe5, 0x88), ERR_FORMAT);
	assert_int_equal(h264_parse(bytes_of(NULL, 0), &h), ERR_SHORT);
}

static void parse(struct bytes b, void *unused)
{
	struct h264 h;
	if (h264_parse(b, &h))
		assert_true(!h.nal && !h.keyframe && !h.width);
	else
		assert_true(h.nal >= 1 && h.nal <= 23 && h.width <= 8192 && h.height <= 8192 && !h.width == !h.height);
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	const struct bytes samples[] = { B(sps_720), B(sps_1080), B(sps_cif) };
	srand(9);
	for (size_t i = 0; i < 3; i++) {
		uint8_t p[100];
		struct writer w = writer_of(p, sizeof p);
		writer_u8(&w, 0x78);
		writer_u16(&w, (uint16_t)samples[i].n);
		writer_bytes(&w, samples[i]);
		exact_each_prefix(samples[i], parse, NULL);
		exact_each_prefix(writer_done(&w), parse, NULL);
		exact_each_damage(samples[i], 20000, parse, NULL);
		exact_each_damage(writer_done(&w), 5000, parse, NULL);
	}
	/* sizes and cropping beyond all measure are not believed; a long set is not read to its end */
	struct h264 h;
	assert_int_equal(PARSE(&h, 0x67, 66, 0, 30, 0xfc, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), ERR_OK);
	assert_int_equal(h.width, 0);
	uint8_t zeros[1000] = { 0x67, 66, 0, 30 };
	parse(B(zeros), NULL);
}

/* Bits one after another, for sets of our own making. */
static uint8_t set[128];
static size_t set_bits;

static void put(uint32_t value, unsigned n)
{
	while (n-- > 0) {
		set[set_bits / 8] |= (uint8_t)((value >> n & 1) << (7 - set_bits % 8));
		set_bits++;
	}
}

static void put_ue(uint32_t value)
{
	unsigned n = 0;
	while ((value + 1) >> (n + 1))
		n++;
	put(0, n);
	put(value + 1, n + 1);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)rand() % n;
}

/* What stands before the size, at random. Returns chroma_format_idc. */
static uint32_t put_front(void)
{
	static const uint8_t profiles[] = { 66, 77, 88, 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135 };
	uint8_t profile = profiles[below(sizeof profiles)];
	uint32_t chroma = 1, order = below(3), cycle = below(4);
	put(profile, 8);
	put(below(65536), 16);
	put_ue(below(32));
	if (profile != 66 && profile != 77 && profile != 88) {
		chroma = below(4);
		put_ue(chroma);
		if (chroma == 3)
			put(0, 1);
		put_ue(below(7));
		put_ue(below(7));
		put(below(2), 1);
		put(0, 1); /* no scaling matrix */
	}
	put_ue(below(13));
	put_ue(order);
	if (order == 0)
		put_ue(below(13));
	if (order == 1) {
		put(below(2), 1);
		put_ue(below(70000));
		put_ue(below(70000));
		put_ue(cycle);
		for (uint32_t i = 0; i < cycle; i++)
			put_ue(below(70000));
	}
	put_ue(below(17));
	put(below(2), 1);
	return chroma;
}

/* The NAL unit, with the emulation prevention of H.264 7.4.1. */
static size_t escape(uint8_t unit[200])
{
	size_t n = 1, zeros = 0;
	unit[0] = 0x67;
	for (size_t i = 0; i < (set_bits + 7) / 8; i++) {
		if (zeros == 2 && set[i] <= 3) {
			unit[n++] = 3;
			zeros = 0;
		}
		zeros = set[i] ? 0 : zeros + 1;
		unit[n++] = set[i];
	}
	return n;
}

/* H.264 7.3.2.1.1 */
static void sets_of_every_shape(void **unused)
{
	(void)unused;
	static const uint32_t sub_width[] = { 1, 2, 2, 1 }, sub_height[] = { 1, 2, 1, 1 };
	for (unsigned seed = 1; seed <= 20000; seed++) {
		srand(seed);
		memset(set, 0, sizeof set);
		set_bits = 0;
		uint32_t chroma = put_front(), columns = 1 + below(512), rows = 1 + below(256), crop[4] = { 0 };
		bool fields = below(2), cropped = below(2);
		put_ue(columns - 1);
		put_ue(rows - 1);
		put(!fields, 1);
		if (fields)
			put(below(2), 1);
		put(below(2), 1);
		put(cropped, 1);
		for (int i = 0; cropped && i < 4; i++)
			put_ue(crop[i] = below(2));
		put(below(2), 1);
		put(1, 1);

		uint32_t width = columns * 16 - (crop[0] + crop[1]) * sub_width[chroma];
		uint32_t height = (rows * 16 - (crop[2] + crop[3]) * sub_height[chroma]) << fields;
		uint8_t unit[200];
		size_t n = escape(unit);
		struct bytes b = exact_copy(bytes_of(unit, n));
		struct h264 h;
		enum err err = h264_parse(b, &h);
		exact_free(b);
		if (err || h.width != width || h.height != height)
			fail_msg("seed %u: %u x %u, not %u x %u", seed, h.width, h.height, width, height);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(sets_of_every_shape),
		cmocka_unit_test(single_units),
		cmocka_unit_test(aggregates),
		cmocka_unit_test(fragments),
		cmocka_unit_test(what_mode_1_has_not),
		cmocka_unit_test(truncated_at_each_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
