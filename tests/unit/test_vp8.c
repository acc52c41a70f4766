#include "exact.h"
#include "test.h"
#include "wire/vp8.h"

#define B(a) bytes_of(a, sizeof(a))

/* RFC 7741 4.2: every field; a keyframe of 640 x 360 with both scales set. */
static const uint8_t full[] = { 0x90, 0xf0, 0x92, 0x34, 0x56, 0xa0 | 17, 0x10, 0x02, 0x00,
				0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68,	 0x81, 'x' };

static void reads_every_field(void **unused)
{
	(void)unused;
	struct vp8 v;
	assert_int_equal(vp8_parse(B(full), &v), ERR_OK);
	assert_int_equal(v.descriptor, 6);
	assert_true(!v.non_reference && v.start && v.partition == 0);
	assert_true(v.has_picture_id && v.long_id && v.picture_id == 0x1234);
	assert_true(v.has_tl0picidx && v.tl0picidx == 0x56);
	assert_true(v.has_tid && v.tid == 2 && v.layer_sync);
	assert_true(v.has_keyidx && v.keyidx == 17);
	assert_true(v.frame_start && v.keyframe && v.width == 640 && v.height == 360);
	assert_ptr_equal(v.payload.p, full + 6);
	assert_int_equal(v.payload.n, sizeof full - 6);
}

/* The shapes of RFC 7741: which byte follows which flag. */
static void every_shape(void **unused)
{
	(void)unused;
	for (unsigned flags = 0; flags < 16; flags++) {
		for (unsigned m = 0; m < 2; m++) {
			uint8_t p[16];
			struct writer w = writer_of(p, sizeof p);
			bool i = flags & 8, l = flags & 4, t = flags & 2, k = flags & 1;
			writer_u8(&w, 0xa5); /* X, N, PID 5 */
			writer_u8(&w, (uint8_t)(flags << 4));
			if (i && m)
				writer_u16(&w, 0xffff);
			else if (i)
				writer_u8(&w, 0x7f);
			if (l)
				writer_u8(&w, 200);
			if (t || k)
				writer_u8(&w, 0x7f); /* TID 1, Y, KEYIDX 31 */
			size_t descriptor = writer_len(&w);
			writer_u8(&w, 'x');
			struct bytes b = exact_copy(writer_done(&w));
			struct vp8 v;
			bool ok = vp8_parse(b, &v) == ERR_OK && v.descriptor == descriptor && v.payload.n == 1 &&
				  v.non_reference && !v.start && v.partition == 5 && !v.frame_start && !v.keyframe &&
				  v.has_picture_id == i && v.picture_id == (i ? m ? 0x7fff : 0x7f : 0) &&
				  v.long_id == (i && m) && v.has_tl0picidx == l && v.tl0picidx == (l ? 200 : 0) &&
				  v.has_tid == t && v.tid == (t ? 1 : 0) && v.layer_sync == t && v.has_keyidx == k &&
				  v.keyidx == (k ? 31 : 0);
			exact_free(b);
			if (!ok)
				fail_msg("flags %x, m %u", flags, m);
		}
	}
	struct vp8 v;
	assert_int_equal(vp8_parse(bytes_of("\x10\x01", 2), &v), ERR_OK); /* the shortest: one byte each */
	assert_true(v.descriptor == 1 && v.frame_start && !v.keyframe);
}

static void parse(struct bytes b, void *unused)
{
	struct vp8 v;
	if (vp8_parse(b, &v)) {
		assert_true(!v.payload.p && !v.descriptor && !v.keyframe);
		return;
	}
	assert_true(v.descriptor + v.payload.n == b.n && v.payload.n >= 1);
	assert_true(v.frame_start || !v.keyframe);
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	struct vp8 v;
	exact_each_prefix(B(full), parse, NULL);
	for (size_t n = 0; n <= 6; n++)
		assert_int_equal(vp8_parse(bytes_of(full, n), &v), ERR_SHORT);
	for (size_t n = 7; n < 16; n++) { /* a keyframe whose head came in pieces: no size */
		assert_int_equal(vp8_parse(bytes_of(full, n), &v), ERR_OK);
		assert_true(v.keyframe && v.width == 0 && v.height == 0);
	}
	srand(8);
	exact_each_damage(B(full), 50000, parse, NULL);
}

static void keyframes(void **unused)
{
	(void)unused;
	struct vp8 v;
	uint8_t p[sizeof full];
	memcpy(p, full, sizeof p);
	p[6] |= 1; /* P: an inter frame */
	assert_int_equal(vp8_parse(B(p), &v), ERR_OK);
	assert_true(v.frame_start && !v.keyframe && v.width == 0);
	memcpy(p, full, sizeof p);
	p[0] = 0x91; /* the start of partition 1 */
	assert_int_equal(vp8_parse(B(p), &v), ERR_OK);
	assert_true(!v.frame_start && !v.keyframe);
	p[0] = 0x80; /* the middle of partition 0 */
	assert_int_equal(vp8_parse(B(p), &v), ERR_OK);
	assert_true(!v.frame_start && !v.keyframe);
	memcpy(p, full, sizeof p);
	p[9] = 0;
	assert_int_equal(vp8_parse(B(p), &v), ERR_FORMAT);
}

static void writes_what_it_reads(void **unused)
{
	(void)unused;
	for (unsigned seed = 1; seed <= 20000; seed++) {
		srand(seed);
		struct vp8 in = { .non_reference = rand() & 1,
				  .start = rand() & 1,
				  .partition = (uint8_t)(rand() & 7),
				  .picture_id = (uint16_t)(rand() & 0x7fff),
				  .tl0picidx = (uint8_t)rand(),
				  .tid = (uint8_t)(rand() & 3),
				  .layer_sync = rand() & 1,
				  .has_keyidx = rand() & 1,
				  .keyidx = (uint8_t)(rand() & 31) };
		struct vp8 out;
		uint8_t p[VP8_DESCRIPTOR_BYTES + 1];
		struct writer w = writer_of(p, sizeof p);
		vp8_write(&w, &in);
		assert_int_equal(writer_len(&w), VP8_DESCRIPTOR_BYTES);
		assert_int_equal(p[1] & 0x0f, 0); /* reserved */
		assert_true(in.has_keyidx || (p[5] & 31) == 0);
		writer_u8(&w, 1);
		bool ok = vp8_parse(writer_done(&w), &out) == ERR_OK && out.descriptor == VP8_DESCRIPTOR_BYTES &&
			  out.non_reference == in.non_reference && out.start == in.start &&
			  out.partition == in.partition && out.has_picture_id && out.long_id &&
			  out.picture_id == in.picture_id && out.has_tl0picidx && out.tl0picidx == in.tl0picidx &&
			  out.has_tid && out.tid == in.tid && out.layer_sync == in.layer_sync &&
			  out.has_keyidx == in.has_keyidx && out.keyidx == (in.has_keyidx ? in.keyidx : 0);
		if (!ok)
			fail_msg("seed %u", seed);
	}
	const struct vp8 bad[] = {
		{ .partition = 8 }, { .picture_id = 0x8000 }, { .tid = 4 }, { .has_keyidx = true, .keyidx = 32 }
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint8_t p[8];
		struct writer w = writer_of(p, sizeof p);
		vp8_write(&w, &bad[i]);
		assert_true(w.failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field),	  cmocka_unit_test(every_shape),
		cmocka_unit_test(truncated_at_each_byte), cmocka_unit_test(keyframes),
		cmocka_unit_test(writes_what_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
