#include "base/seq.h"
#include "media/select.h"
#include "test.h"

#define MS USEC_MS

enum event { START, STOP, WISH, PACKET, BROKEN, TICK };
enum { KEY = 1, BEGIN = 2, SYNC = 4, AGAIN = 8 }; /* of a packet; AGAIN: of the layer's frame before, else a new one */

/* Three layers of 180, 360 and 720 lines at 30 frames/s, timestamps by the time; read from the top. */
static const struct step {
	int ms;
	enum event event;
	int a, b, flags; /* WISH: height, fps; PACKET: layer, temporal */
	enum select_verdict verdict;
	enum select_state state;
	int target, needs; /* target and the layer of which a keyframe is needed; -1: none */
} steps[] = {
	{ 0, PACKET, 0, 0, KEY | BEGIN, SELECT_DROP_LAYER, SELECT_IDLE, -1, -1 },
	{ 2000, START, 0, 0, 0, 0, SELECT_WAITING, -1, -1 },		       /* all dead: nobody to ask */
	{ 2000, PACKET, 0, 0, 0, SELECT_WAIT_KEYFRAME, SELECT_WAITING, 0, 0 }, /* the one that lives is the target */
	{ 2010, PACKET, 1, 0, 0, SELECT_WAIT_KEYFRAME, SELECT_WAITING, 1, 1 }, /* a better one */
	{ 2020, PACKET, 2, 0, KEY | BEGIN, SELECT_WAIT_KEYFRAME, SELECT_WAITING, 1, 1 }, /* too large: 360 wanted */
	{ 2030, PACKET, 1, 0, KEY, SELECT_WAIT_KEYFRAME, SELECT_WAITING, 1, 1 },	 /* its first packet was lost */
	{ 2040, PACKET, 1, 0, KEY | BEGIN, SELECT_SWITCH, SELECT_LOCKED, 1, -1 },
	{ 2040, PACKET, 1, 0, KEY | AGAIN, SELECT_FORWARD, SELECT_LOCKED, 1, -1 },
	{ 2040, PACKET, 0, 0, KEY | BEGIN, SELECT_DROP_LAYER, SELECT_LOCKED, 1, -1 },
	{ 2070, PACKET, 1, 2, BEGIN, SELECT_FORWARD, SELECT_LOCKED, 1, -1 },
	{ 2080, PACKET, 1, 0, KEY | BEGIN, SELECT_FORWARD, SELECT_LOCKED, 1, -1 }, /* nothing changes */
	{ 2100, WISH, 720, 30, 0, 0, SELECT_SWITCHING, 2, 2 },
	{ 2110, PACKET, 1, 0, BEGIN, SELECT_FORWARD, SELECT_SWITCHING, 2, 2 }, /* goes on meanwhile */
	{ 2120, PACKET, 2, 0, BEGIN, SELECT_DROP_LAYER, SELECT_SWITCHING, 2, 2 },
	{ 2130, WISH, 400, 30, 0, 0, SELECT_LOCKED, 1, -1 }, /* 360 is 0.9 x 400: enough */
	{ 2140, WISH, 401, 30, 0, 0, SELECT_SWITCHING, 2, 2 },
	{ 2150, PACKET, 2, 0, KEY | BEGIN, SELECT_SWITCH, SELECT_LOCKED, 2, -1 },
	{ 2151, PACKET, 1, 0, 0, SELECT_DROP_LAYER, SELECT_LOCKED, 2, -1 },
	{ 2900, PACKET, 1, 0, BEGIN, SELECT_DROP_LAYER, SELECT_LOCKED, 2, -1 },
	{ 3149, TICK, 0, 0, 0, 0, SELECT_LOCKED, 2, -1 },
	{ 3150, TICK, 0, 0, 0, 0, SELECT_SWITCHING, 1, 1 }, /* the top layer died: back to what lives */
	{ 3160, PACKET, 0, 0, KEY | BEGIN, SELECT_DROP_LAYER, SELECT_SWITCHING, 1, 1 },
	{ 3170, PACKET, 1, 0, KEY | BEGIN, SELECT_SWITCH, SELECT_LOCKED, 1, -1 },
	{ 3200, PACKET, 2, 0, BEGIN, SELECT_DROP_LAYER, SELECT_SWITCHING, 2, 2 }, /* it came back */
	{ 3210, BROKEN, 0, 0, 0, 0, SELECT_WAITING, 2, 2 },
	{ 3210, PACKET, 1, 0, BEGIN, SELECT_WAIT_KEYFRAME, SELECT_WAITING, 2, 2 },
	{ 4500, TICK, 0, 0, 0, 0, SELECT_WAITING, -1, -1 },			  /* an outage */
	{ 4600, PACKET, 0, 0, KEY | BEGIN, SELECT_SWITCH, SELECT_LOCKED, 0, -1 }, /* starts with what comes first */
	{ 4601, PACKET, 1, 0, KEY | BEGIN, SELECT_SWITCH, SELECT_LOCKED, 1, -1 }, /* and climbs in one burst */
	{ 4602, PACKET, 2, 0, KEY | BEGIN, SELECT_SWITCH, SELECT_LOCKED, 2, -1 },
	{ 4700, WISH, 0, 0, 0, 0, SELECT_IDLE, -1, -1 },
	{ 4710, PACKET, 2, 0, KEY | BEGIN, SELECT_DROP_LAYER, SELECT_IDLE, -1, -1 },
	{ 4720, BROKEN, 0, 0, 0, 0, SELECT_IDLE, -1, -1 },
	{ 4730, WISH, 180, 30, 0, 0, SELECT_WAITING, 0, 0 },
	{ 4740, PACKET, 0, 0, KEY | BEGIN, SELECT_SWITCH, SELECT_LOCKED, 0, -1 },
	{ 4750, PACKET, 3, 0, KEY | BEGIN, SELECT_DROP_LAYER, SELECT_LOCKED, 0, -1 }, /* no such layer */
	{ 4800, STOP, 0, 0, 0, 0, SELECT_IDLE, -1, -1 },
	{ 4810, START, 0, 0, 0, 0, SELECT_WAITING, 0, 0 },
};

static void follows_the_table(void **unused)
{
	struct layers l;
	struct select s;
	uint32_t frame[4] = { 0 };
	layers_init(&l, 3, true, LAYERS_CAMERA);
	for (uint8_t i = 0; i < 3; i++)
		layers_on_size(&l, i, 0, (uint16_t)(180 << i));
	select_init(&s, 360, 30);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *t = &steps[i];
		usec now = t->ms * MS;
		enum select_verdict verdict = 0;
		uint8_t needs;
		switch (t->event) {
		case START: select_start(&s, &l, now); break;
		case STOP: select_stop(&s); break;
		case WISH: select_on_wish(&s, (uint16_t)t->a, (uint16_t)t->b, &l, now); break;
		case BROKEN: select_on_broken(&s); break;
		case TICK: select_on_deadline(&s, &l, now); break;
		case PACKET:
			if (!(t->flags & AGAIN))
				frame[t->a] = (uint32_t)t->ms * 90;
			struct recv_meta meta = { .layer = (uint8_t)t->a,
						  .temporal = (uint8_t)t->b,
						  .timestamp = frame[t->a],
						  .keyframe = t->flags & KEY,
						  .frame_start = t->flags & BEGIN,
						  .layer_sync = t->flags & SYNC };
			layers_on_packet(&l, &meta, 100, now);
			verdict = select_decide(&s, &l, &meta, now);
		}
		int target = s.target == SELECT_NONE ? -1 : s.target;
		int asked = select_needs_keyframe(&s, &l, now, &needs) ? needs : -1;
		if (verdict != t->verdict || s.state != t->state || target != t->target || asked != t->needs)
			fail_msg("step %zu: verdict %d, state %d, target %d, needs %d", i, verdict, s.state, target,
				 asked);
	}
}

/* Heights of the layers, the wish, the layer taken. */
static const struct choice {
	uint8_t n;
	uint16_t heights[3], wish;
	uint8_t layer;
} choices[] = {
	{ 3, { 180, 360, 720 }, 1, 0 },	    { 3, { 180, 360, 720 }, 200, 0 },
	{ 3, { 180, 360, 720 }, 201, 1 },   { 3, { 180, 360, 720 }, 400, 1 },
	{ 3, { 180, 360, 720 }, 800, 2 },   { 3, { 180, 360, 720 }, 2160, 2 },
	{ 2, { 160, 360 }, 180, 1 },	    { 1, { 90 }, 720, 0 },
	{ 3, { 720, 360, 180 }, 180, 2 },   { 3, { 360, 360, 360 }, 360, 0 },
	{ 3, { 0, 0, 0 }, 360, 1 },	    { 3, { 0, 0, 360 }, 360, 2 },
	{ 3, { 180, 360, 720 }, 65535, 2 },
};

static void the_smallest_that_is_enough(void **unused)
{
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
		struct layers l;
		layers_init(&l, choices[i].n, true, LAYERS_CAMERA);
		for (uint8_t k = 0; k < choices[i].n; k++)
			layers_on_size(&l, k, 0, choices[i].heights[k]);
		if (select_wish(&l, choices[i].wish) != choices[i].layer)
			fail_msg("row %zu: layer %u", i, select_wish(&l, choices[i].wish));
	}
}

/* Frame rates x 10 up to temporal 0, 1, 2; the wish; the one in use; the one taken. */
static const struct rate {
	uint16_t fps_x10[3], fps;
	uint8_t used, temporal;
} rates[] = {
	{ { 75, 150, 300 }, 30, 3, 2 }, { { 75, 150, 300 }, 15, 3, 1 }, { { 75, 150, 300 }, 8, 3, 0 },
	{ { 75, 150, 300 }, 1, 3, 0 },	{ { 75, 150, 300 }, 60, 3, 3 }, { { 50, 100, 200 }, 15, 3, 2 },
	{ { 50, 100, 200 }, 11, 3, 1 }, { { 70, 134, 270 }, 15, 3, 2 }, /* not quite 0.9 x 15 */
	{ { 70, 134, 270 }, 15, 1, 1 },					/* but kept where it was enough */
	{ { 70, 119, 270 }, 15, 1, 2 },
};

static void enough_frames(void **unused)
{
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct layers l;
		layers_init(&l, 1, true, LAYERS_CAMERA);
		for (uint8_t t = 0; t < LAYERS_TEMPORAL; t++)
			l.layer[0].fps_x10[t] = rates[i].fps_x10[t < 2 ? t : 2];
		uint8_t temporal = select_temporal(&l, 0, rates[i].fps, rates[i].used);
		if (temporal != rates[i].temporal)
			fail_msg("row %zu: temporal %u", i, temporal);
	}
}

static uint8_t target_after(struct select *s, struct layers *l, uint8_t layer, usec now)
{
	struct recv_meta meta = { .layer = layer, .timestamp = (uint32_t)(now / 10) };
	layers_on_packet(l, &meta, 100, now);
	(void)select_decide(s, l, &meta, now);
	return s->target;
}

/* The choice is not made anew for each packet, but for the next one after anything it was made by has changed. */
static void each_change_is_seen_at_the_next_packet(void **unused)
{
	struct layers l;
	struct select s;
	layers_init(&l, 3, true, LAYERS_CAMERA);
	select_init(&s, 360, 30);
	select_start(&s, &l, 0);
	assert_int_equal(target_after(&s, &l, 0, 0), 0);
	assert_int_equal(target_after(&s, &l, 2, 0), 2); /* heights by guess: 180, 720 */
	assert_int_equal(target_after(&s, &l, 1, 10 * MS), 1);
	layers_on_size(&l, 0, 640, 360); /* all twice as high as was guessed */
	assert_int_equal(target_after(&s, &l, 1, 20 * MS), 0);
	layers_on_stopped(&l, 0);
	assert_int_equal(target_after(&s, &l, 1, 30 * MS), 1);
	assert_int_equal(target_after(&s, &l, 2, 900 * MS), 1);
	assert_int_equal(target_after(&s, &l, 2, 1029 * MS), 1);
	assert_int_equal(target_after(&s, &l, 2, 1030 * MS), 2); /* silent for a second: dead, though nobody says so */
	assert_int_equal(target_after(&s, &l, 1, 1040 * MS), 1); /* and back */
}

/* Without layer_sync a missing frame rate comes by a keyframe, asked for after a while. */
static void a_missing_rate_asks(void **unused)
{
	struct layers l;
	struct select s;
	uint8_t needs;
	usec now = 0, asked = USEC_NEVER;
	layers_init(&l, 1, true, LAYERS_CAMERA);
	select_init(&s, 360, 7);
	select_start(&s, &l, 0);
	static const uint8_t pattern[4] = { 0, 2, 1, 2 };
	for (int i = 0; i < 30 * 6; i++, now += USEC_S / 30) {
		struct recv_meta meta = { .temporal = pattern[i % 4],
					  .timestamp = (uint32_t)i * 3000,
					  .keyframe = i == 0,
					  .frame_start = true };
		if (i == 30)
			select_on_wish(&s, 360, 30, &l, now);
		layers_on_packet(&l, &meta, 100, now);
		enum select_verdict v = select_decide(&s, &l, &meta, now);
		assert_int_equal(v, i == 0 ? SELECT_SWITCH : meta.temporal ? SELECT_DROP_TEMPORAL : SELECT_FORWARD);
		if (select_needs_keyframe(&s, &l, now, &needs) && asked == USEC_NEVER)
			asked = now;
	}
	assert_in_range(asked, 3 * USEC_S, 3 * USEC_S + 100 * MS);
	struct recv_meta key = { .timestamp = 30 * 6 * 3000, .keyframe = true, .frame_start = true };
	layers_on_packet(&l, &key, 100, now);
	assert_int_equal(select_decide(&s, &l, &key, now), SELECT_FORWARD);
	assert_false(select_needs_keyframe(&s, &l, now, &needs));
	key = (struct recv_meta){ .temporal = 2, .timestamp = 30 * 6 * 3000 + 3000, .frame_start = true };
	layers_on_packet(&l, &key, 100, now);
	assert_int_equal(select_decide(&s, &l, &key, now), SELECT_FORWARD);
}

static void h264_has_no_temporal_layers(void **unused)
{
	struct layers l;
	struct select s;
	layers_init(&l, 1, false, LAYERS_CAMERA);
	select_init(&s, 360, 1);
	select_start(&s, &l, 0);
	for (int i = 0; i < 10; i++) {
		struct recv_meta meta = { .timestamp = (uint32_t)i * 3000, .keyframe = i == 0, .frame_start = true };
		layers_on_packet(&l, &meta, 100, i * 33 * MS);
		assert_int_equal(select_decide(&s, &l, &meta, i * 33 * MS), i ? SELECT_FORWARD : SELECT_SWITCH);
	}
}

static enum select_verdict one(struct select *s, struct layers *l, uint32_t frame, uint8_t temporal, bool key,
			       bool sync)
{
	struct recv_meta meta = { .timestamp = frame * 3000,
				  .temporal = temporal,
				  .keyframe = key,
				  .frame_start = true,
				  .layer_sync = sync };
	layers_on_packet(l, &meta, 100, 0);
	return select_decide(s, l, &meta, 0);
}

/* A late packet is judged by what held when its frame was due, and changes nothing. */
static void late_packets_keep_their_limit(void **unused)
{
	struct layers l;
	struct select s;
	layers_init(&l, 1, true, LAYERS_CAMERA);
	select_init(&s, 360, 30);
	select_start(&s, &l, 0);
	assert_int_equal(one(&s, &l, 0, 0, true, false), SELECT_SWITCH);
	assert_int_equal(one(&s, &l, 1, 2, false, false), SELECT_FORWARD);
	select_on_wish(&s, 360, 7, &l, 0);
	assert_int_equal(one(&s, &l, 1, 2, false, false), SELECT_FORWARD); /* its frame goes on */
	assert_int_equal(one(&s, &l, 5, 2, false, false), SELECT_DROP_TEMPORAL);
	assert_int_equal(one(&s, &l, 3, 2, false, false), SELECT_FORWARD); /* older than the change */
	assert_int_equal(one(&s, &l, 7, 2, false, false), SELECT_DROP_TEMPORAL);
	select_on_wish(&s, 360, 15, &l, 0);
	assert_int_equal(one(&s, &l, 6, 1, false, true), SELECT_DROP_TEMPORAL); /* a late sync opens nothing */
	assert_int_equal(one(&s, &l, 10, 1, false, false), SELECT_DROP_TEMPORAL);
	assert_int_equal(one(&s, &l, 14, 1, false, true), SELECT_FORWARD);
	assert_int_equal(one(&s, &l, 13, 1, false, false), SELECT_DROP_TEMPORAL);
	assert_int_equal(one(&s, &l, 18, 1, false, false), SELECT_FORWARD);
	assert_int_equal(one(&s, &l, 19, 2, false, true), SELECT_DROP_TEMPORAL);
}

/* A layer wanted that never comes: those below are wanted too, down to the one that is given. */
static void the_uplink_carries_what_is_wanted(void **unused)
{
	struct layers l;
	struct select s;
	layers_init(&l, 3, true, LAYERS_CAMERA);
	select_init(&s, 0, 30);
	select_start(&s, &l, 0);
	assert_int_equal(select_wanted(&s, &l), 0);
	select_on_wish(&s, 720, 30, &l, 0);
	assert_int_equal(select_wanted(&s, &l), 7);
	select_on_wish(&s, 360, 30, &l, 0);
	assert_int_equal(select_wanted(&s, &l), 3);
	assert_int_equal(one(&s, &l, 0, 0, true, false), SELECT_SWITCH); /* of the lowest */
	assert_int_equal(select_wanted(&s, &l), 3);
	select_on_wish(&s, 720, 30, &l, 0);
	assert_int_equal(select_wanted(&s, &l), 7); /* a link that does not carry the highest may carry the next */
	struct recv_meta middle = { .layer = 1, .timestamp = 3000, .keyframe = true, .frame_start = true };
	layers_on_packet(&l, &middle, 100, 0);
	assert_int_equal(select_decide(&s, &l, &middle, 0), SELECT_SWITCH);
	assert_int_equal(select_wanted(&s, &l), 6);
	select_on_wish(&s, 180, 30, &l, 0);
	assert_int_equal(select_wanted(&s, &l), 3);
	select_stop(&s);
	assert_int_equal(select_wanted(&s, &l), 0);
}

/* A late keyframe, out of RTX, is no place to switch at. */
static void an_old_keyframe_is_passed_over(void **unused)
{
	struct layers l;
	struct select s;
	layers_init(&l, 1, true, LAYERS_CAMERA);
	select_init(&s, 360, 30);
	select_start(&s, &l, 0);
	struct recv_meta meta = { .timestamp = 900000, .frame_start = true };
	layers_on_packet(&l, &meta, 100, 0);
	assert_int_equal(select_decide(&s, &l, &meta, 0), SELECT_WAIT_KEYFRAME);
	struct recv_meta key = { .timestamp = 800000, .keyframe = true, .frame_start = true, .repaired = true };
	layers_on_packet(&l, &key, 100, 0);
	assert_int_equal(select_decide(&s, &l, &key, 0), SELECT_WAIT_KEYFRAME);
	key.timestamp = 890000;
	assert_int_equal(select_decide(&s, &l, &key, 0), SELECT_SWITCH);
}

/* A VP8 source in the pattern 0 2 1 2, where 1 and 2 lean on the newest frame of each temporal layer up to their own,
 * on the base alone when they carry layer_sync. */

struct source {
	uint32_t base;
	unsigned frame;
	bool alive, key_asked;
	uint32_t newest[3]; /* by temporal id: newest frame sent */
};

static void random_histories(void **unused)
{
	static const uint8_t pattern[8] = { 0, 2, 1, 2, 0, 2, 1, 2 };
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct layers l;
		struct select s;
		struct source from[3] = { 0 };
		uint32_t decoded[3] = { 0 }; /* of the current layer */
		int current = -1;
		usec waits = USEC_NEVER;
		srand(seed);
		layers_init(&l, 3, true, LAYERS_CAMERA);
		select_init(&s, 360, 30);
		for (int i = 0; i < 3; i++)
			from[i] =
			    (struct source){ .base = (uint32_t)rand() * 2u, .alive = rand() % 2, .key_asked = true };
		select_start(&s, &l, 0);
		for (unsigned tick = 0; tick < 3000; tick++) {
			usec now = tick * 33 * MS;
			if (rand() % 60 == 0)
				select_on_wish(&s, (uint16_t)(90 << rand() % 5), (uint16_t)(rand() % 35), &l, now);
			if (rand() % 100 == 0)
				from[rand() % 3].alive ^= true;
			if (rand() % 500 == 0) {
				select_on_broken(&s);
				current = -1;
			}
			select_on_deadline(&s, &l, now);
			for (int i = 0; i < 3; i++) {
				struct source *f = &from[i];
				if (!f->alive)
					continue;
				bool key = f->key_asked && rand() % 4 == 0;
				if (key) {
					f->frame = 0;
					f->key_asked = false;
				}
				uint8_t tid = pattern[f->frame % 8];
				bool sync = tid && (f->frame % 8 < 3) && rand() % 2;
				uint32_t ts = f->base + tick * 2970;
				bool forwarded = false;
				unsigned packets = 1 + (unsigned)rand() % 3;
				for (unsigned p = 0; p < packets; p++) {
					struct recv_meta meta = { .layer = (uint8_t)i,
								  .temporal = tid,
								  .timestamp = ts,
								  .keyframe = key,
								  .frame_start = p == 0,
								  .layer_sync = sync };
					layers_on_packet(&l, &meta, 100, now);
					enum select_verdict v = select_decide(&s, &l, &meta, now);
					bool takes = v == SELECT_FORWARD || v == SELECT_SWITCH;
					if (v == SELECT_SWITCH) {
						if (!key || p || i == current || i != s.target)
							fail_msg("seed %u, %u: switched in the wrong place", seed,
								 tick);
						current = i;
					} else if (takes && i != current) {
						fail_msg("seed %u, %u: layer %d without its keyframe", seed, tick, i);
					}
					if (p && takes != forwarded)
						fail_msg("seed %u, %u: half a frame", seed, tick);
					forwarded = takes;
				}
				if (forwarded) {
					bool base_alone = sync || tid == 0;
					for (uint8_t t = 0; t <= tid && !key; t++)
						if ((t == 0 || !base_alone) && decoded[t] != f->newest[t])
							fail_msg("seed %u, %u: temporal %u leans on what was not given",
								 seed, tick, tid);
					for (uint8_t t = 0; t < 3 && key; t++)
						decoded[t] = ts;
					decoded[tid] = ts;
				}
				for (uint8_t t = 0; t < 3 && key; t++)
					f->newest[t] = ts;
				f->newest[tid] = ts;
				f->frame++;
			}
			uint8_t needs;
			if (select_needs_keyframe(&s, &l, now, &needs)) {
				from[needs].key_asked = true;
				if (waits == USEC_NEVER)
					waits = now;
				/* a keyframe comes after 4 frames on average, wishes change each 2 s */
				if (now - waits > 15 * USEC_S)
					fail_msg("seed %u, %u: waits in vain for layer %u", seed, tick, needs);
			} else {
				waits = USEC_NEVER;
			}
			/* never on a dead layer while another lives, unless its keyframe was asked for */
			if (s.state == SELECT_LOCKED && !layers_alive(&l, s.current, now) && s.target != SELECT_NONE)
				fail_msg("seed %u, %u: holds on to a dead layer", seed, tick);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(the_smallest_that_is_enough),
		cmocka_unit_test(enough_frames),
		cmocka_unit_test(each_change_is_seen_at_the_next_packet),
		cmocka_unit_test(a_missing_rate_asks),
		cmocka_unit_test(h264_has_no_temporal_layers),
		cmocka_unit_test(an_old_keyframe_is_passed_over),
		cmocka_unit_test(late_packets_keep_their_limit),
		cmocka_unit_test(the_uplink_carries_what_is_wanted),
		cmocka_unit_test(random_histories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
