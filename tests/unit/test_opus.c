#include "exact.h"
#include "test.h"
#include "wire/opus.h"

/* RFC 6716 table 2 written down again: config -> tenths of a millisecond. */
static const int tenths[32] = { 100, 200, 400, 600, 100, 200, 400, 600, 100, 200, 400, 600, 100, 200, 100, 200,
				25,  50,  100, 200, 25,	 50,  100, 200, 25,  50,  100, 200, 25,	 50,  100, 200 };

static void every_toc(void **unused)
{
	(void)unused;
	for (int toc = 0; toc < 256; toc++) {
		for (int count = 0; count < 256; count++) {
			uint8_t packet[3] = { (uint8_t)toc, (uint8_t)count, 0 };
			struct opus o;
			int code = toc & 3, frames = code == 0 ? 1 : code == 3 ? count & 63 : 2;
			int samples = tenths[toc >> 3] * 48 / 10;
			bool bad = frames == 0 || frames * samples > 5760;
			enum err err = opus_parse(bytes_of(packet, 3), &o);
			if (err != (bad ? ERR_FORMAT : ERR_OK))
				fail_msg("toc %d count %d: %s", toc, count, err_name(err));
			if (!err &&
			    (o.frames != frames || o.frame_samples != samples || o.samples != frames * samples ||
			     o.stereo != (toc >> 2 & 1) || o.empty || o.dtx || o.toc != toc))
				fail_msg("toc %d count %d: %d x %d", toc, count, o.frames, o.frame_samples);
		}
	}
}

static void empty_and_dtx(void **unused)
{
	(void)unused;
	struct opus o;
	const uint8_t toc = 0x78; /* 20 ms, one frame */
	assert_int_equal(opus_parse(bytes_of(NULL, 0), &o), ERR_SHORT);
	assert_int_equal(opus_parse(bytes_of("\x78", 1), &o), ERR_OK);
	assert_true(o.empty && o.dtx && o.samples == 960);
	assert_int_equal(opus_parse(bytes_of("\x78x", 2), &o), ERR_OK);
	assert_true(!o.empty && o.dtx);
	assert_int_equal(opus_parse(bytes_of("\x78xy", 3), &o), ERR_OK);
	assert_true(!o.empty && !o.dtx);
	struct bytes b = exact_copy(bytes_of("\x7b", 1)); /* code 3, its count missing */
	assert_int_equal(opus_parse(b, &o), ERR_SHORT);
	exact_free(b);
	for (int code = 0; code < 4; code++)
		assert_int_equal(opus_empty_toc((uint8_t)(toc | code)), toc);
	assert_int_equal(opus_empty_toc(0xff), 0xfc); /* stereo is kept */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_toc),
		cmocka_unit_test(empty_and_dtx),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
