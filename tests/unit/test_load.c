/* The synthetic sites' parts that need no relay: what a camera's packets are, who takes whom, quantiles. */
#include "bench/load/camera.h"
#include "bench/load/plan.h"
#include "bench/load/spread.h"
#include "test.h"
#include "wire/vp8.h"

static struct camera camera;

static struct vp8 read_packet(const struct camera_packet *p)
{
	static uint8_t payload[CAMERA_BODY_MAX + VP8_DESCRIPTOR_BYTES];
	struct writer head = writer_of(payload, VP8_DESCRIPTOR_BYTES);
	struct vp8 v;
	camera_write(&camera, p, &head, payload + VP8_DESCRIPTOR_BYTES);
	assert_int_equal(writer_len(&head), VP8_DESCRIPTOR_BYTES);
	assert_int_equal(vp8_parse(bytes_of(payload, VP8_DESCRIPTOR_BYTES + p->size), &v), ERR_OK);
	return v;
}

/* Packets of a frame differ by a byte at most, the longer ones last; one start, one marker; 1500 kbit/s on average. */
static void test_frames(void **state)
{
	uint64_t bytes = 0, from;
	uint16_t picture = 0;
	camera_init(&camera, 1, 2, 720, 1500, 25, 7);
	for (unsigned f = 0; f < 400; f++) {
		camera_frame(&camera, f * 3600, (usec)f * 40000, &from);
		for (uint64_t seq = from; seq < camera.seq; seq++) {
			const struct camera_packet *p = camera_packet(&camera, (uint16_t)seq);
			struct vp8 v = read_packet(p);
			assert_int_equal(p->seq, seq);
			assert_int_equal(v.frame_start, seq == from);
			assert_int_equal(p->marker, seq == camera.seq - 1);
			assert_true(p->size + VP8_DESCRIPTOR_BYTES <= PLAN_MTU_PAYLOAD);
			if (seq > from)
				assert_in_range(p->size - camera_packet(&camera, (uint16_t)(seq - 1))->size, 0, 1);
			if (f > 0)
				assert_int_equal(v.picture_id, (picture + (seq == from)) & 0x7fff);
			picture = v.picture_id;
			bytes += f > 0 ? p->size : 0;
		}
	}
	assert_in_range(bytes * 8 / 399 * 25 / 1000, 1450, 1550);
}

static void test_keyframes(void **state)
{
	uint64_t from;
	camera_init(&camera, 1, 2, 720, 1500, 25, 7);
	camera_frame(&camera, 0, 0, &from);
	struct vp8 v = read_packet(camera_packet(&camera, (uint16_t)from));
	assert_true(v.keyframe);
	assert_int_equal(v.width, 1280);
	assert_int_equal(v.height, 720);
	camera.keyframe = true; /* asked for at once: not before its time */
	camera_frame(&camera, 3600, 40 * USEC_MS, &from);
	assert_false(read_packet(camera_packet(&camera, (uint16_t)from)).keyframe);
	camera_frame(&camera, 7200, CAMERA_KEYFRAME_USEC, &from);
	assert_true(read_packet(camera_packet(&camera, (uint16_t)from)).keyframe);
	camera_frame(&camera, 10800, 2 * CAMERA_KEYFRAME_USEC, &from);
	assert_false(read_packet(camera_packet(&camera, (uint16_t)from)).keyframe);
	assert_null(camera_packet(&camera, (uint16_t)camera.seq));
	assert_null(camera_packet(&camera, (uint16_t)(camera.first_seq - 1)));
}

static void test_plan(void **state)
{
	char *words[] = { "load",    "--relay", "floor",      "--address", "127.0.0.1:1", "--rooms", "2",
			  "--sites", "8",	"--speakers", "4",	   "--profile",	  "cm",	     NULL };
	struct plan p;
	uint32_t source;
	assert_int_equal(plan_read(&p, 13, words), ERR_OK);
	assert_int_equal(p.profile, PROFILE_AES128_CM_SHA1_80);
	assert_int_equal(plan_takers(&p), 4);
	assert_true(plan_sends(&p, 3) && plan_takes(&p, 4) && !plan_takes(&p, 3));
	assert_true(plan_source(&p, 5, 1, &source));
	assert_int_equal(source, 3);
	assert_false(plan_source(&p, 5, 2, &source));
	p.groups[0].speakers = 8;
	assert_true(plan_source(&p, 2, 1, &source)); /* itself left out */
	assert_int_equal(source, 4);
}

/* Rooms of another size beside the first: sites 8 to 13, in rooms 2 to 4, of which those of place 0 send. */
static void test_second_group(void **state)
{
	char *words[] = { "load", "--relay",	  "floor", "--address",	      "127.0.0.1:1", "--rooms",
			  "2",	  "--sites",	  "8",	   "--speakers",      "8",	     "--more-rooms",
			  "3",	  "--more-sites", "6",	   "--more-speakers", "3",	     NULL };
	struct plan p;
	uint32_t source;
	assert_int_equal(plan_read(&p, 17, words), ERR_OK);
	assert_int_equal(plan_sites(&p), 14);
	assert_int_equal(plan_rooms(&p), 5);
	assert_int_equal(plan_speakers(&p), 11);
	assert_int_equal(plan_group_takers(&p, 0), 8);
	assert_int_equal(plan_group_takers(&p, 1), 3);
	assert_int_equal(plan_room(&p, 7), 1);
	assert_int_equal(plan_room(&p, 8), 2);
	assert_int_equal(plan_room(&p, 13), 4);
	assert_true(plan_sends(&p, 10) && !plan_takes(&p, 10) && plan_takes(&p, 11) && !plan_sends(&p, 11));
	assert_true(plan_source(&p, 12, 0, &source));
	assert_int_equal(source, 9);
	assert_false(plan_source(&p, 12, 1, &source));
	words[14] = "7"; /* no multiple of the rooms */
	assert_int_equal(plan_read(&p, 17, words), ERR_FORMAT);
	words[14] = "2046"; /* more than there may be */
	assert_int_equal(plan_read(&p, 17, words), ERR_FORMAT);
}

static void test_quantiles(void **state)
{
	static struct delays d, both;
	static struct spread s;
	for (usec v = 1; v <= 10000; v++)
		delays_add(&d, v);
	assert_in_range(delays_quantile(&d, 0.5), 4850, 5000);
	assert_in_range(delays_quantile(&d, 0.99), 9600, 9900);
	delays_merge(&both, &d);
	delays_merge(&both, &d);
	assert_int_equal(both.n, 20000);
	assert_int_equal(delays_quantile(&both, 0.5), delays_quantile(&d, 0.5));
	for (usec v = 0; v < SPREAD_TAKERS; v++)
		spread_add(&s, 77, 1000 + v * 5);
	spread_add(&s, 78, 5000); /* one taker alone: does not count */
	spread_end(&s);
	assert_int_equal(s.delays.n, 1);
	assert_int_equal(delays_quantile(&s.delays, 0.5), (SPREAD_TAKERS - 1) * 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),	     cmocka_unit_test(test_keyframes), cmocka_unit_test(test_plan),
		cmocka_unit_test(test_second_group), cmocka_unit_test(test_quantiles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
