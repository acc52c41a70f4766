#include "media/rewrite.h"
#include "test.h"
#include <stdio.h>

static struct rewrite r;
static struct rewrite_pictures memory;

static struct rewrite_in packet(uint32_t generation, uint64_t seq, uint16_t picture, uint8_t tl0, uint8_t temporal,
				bool last)
{
	return (struct rewrite_in){ .generation = generation,
				    .seq = seq,
				    .picture_id = picture,
				    .tl0picidx = tl0,
				    .temporal = temporal,
				    .has_picture_id = true,
				    .has_tl0picidx = true,
				    .last = last };
}

enum act { SWITCH, MAP, DROP, GIVE_UP, INSERT, FILL };

/* Two layers, read from the top. Layer 1's packets have pictures from 32766 and TL0PICIDX from 254, layer 2's from 10
 * and 20. `out` is the number mapped, inserted or to be filled; picture and tl0 those of a mapped one. */
static const struct step {
	enum act act;
	uint32_t generation;
	uint64_t seq;
	uint16_t picture;
	uint8_t tl0, temporal;
	bool last;
	int verdict; /* of map; whether to fill, of drop, give_up, fill */
	uint64_t out;
	uint16_t out_picture;
	uint8_t out_tl0;
} steps[] = {
	{ MAP, 1, 1000, 32766, 254, 0, true, REWRITE_UNKNOWN, 0, 0, 0 },
	{ SWITCH, 1, 1000, 32766, 254, 0, false, REWRITE_OK, 100, 32767, 255 }, /* keyframe, two packets */
	{ MAP, 1, 999, 32765, 253, 0, true, REWRITE_OLD, 0, 0, 0 },		/* before the switch point */
	{ MAP, 1, 1001, 32766, 254, 0, true, REWRITE_OK, 101, 32767, 255 },
	{ MAP, 1, 1001, 32766, 254, 0, true, REWRITE_DUPLICATE, 0, 0, 0 },
	{ DROP, 1, 1003, 32767, 254, 2, true, false, 0, 0, 0 }, /* a frame of two packets, dropped in any order */
	{ DROP, 1, 1002, 32767, 254, 2, false, false, 0, 0, 0 },
	{ MAP, 1, 1004, 0, 254, 1, true, REWRITE_OK, 102, 0, 255 },  /* wraps, no gap */
	{ MAP, 1, 1008, 3, 255, 1, false, REWRITE_OK, 106, 3, 0 },   /* 1005–1007 (pictures 1, 2) not yet seen */
	{ MAP, 1, 1006, 2, 255, 0, true, REWRITE_OK, 104, 2, 0 },    /* late: its hole */
	{ DROP, 1, 1005, 1, 254, 2, true, true, 103, 0, 0 },	     /* late drop: to be filled */
	{ DROP, 1, 1005, 1, 254, 2, true, false, 103, 0, 0 },	     /* once */
	{ MAP, 1, 1005, 1, 254, 2, true, REWRITE_DROPPED, 0, 0, 0 }, /* its number is gone */
	{ MAP, 1, 1007, 1, 254, 2, true, REWRITE_DROPPED, 0, 0, 0 }, /* of the picture dropped late */
	{ GIVE_UP, 1, 1007, 0, 0, 0, false, true, 105, 0, 0 },	     /* lost for good */
	{ GIVE_UP, 1, 1009, 0, 0, 0, false, false, 0, 0, 0 },	     /* nothing later was mapped: closes */
	{ MAP, 1, 1011, 4, 0, 0, false, REWRITE_OK, 108, 4, 1 },     /* 1010 keeps 107 */
	{ SWITCH, 2, 7, 10, 20, 0, true, REWRITE_OK, 110, 5, 2 },    /* 108 had not ended its frame: 109 left free */
	{ MAP, 1, 1012, 4, 0, 0, true, REWRITE_OLD, 0, 0, 0 },	     /* no new numbers for the layer left */
	{ MAP, 1, 1010, 4, 0, 0, false, REWRITE_OK, 107, 4, 1 },     /* but its hole */
	{ DROP, 1, 1013, 5, 0, 0, true, false, 0, 0, 0 },
	{ MAP, 2, 8, 11, 21, 0, true, REWRITE_OK, 111, 6, 3 },
	{ FILL, 0, 109, 0, 0, 0, false, true, 109, 0, 0 },
	{ FILL, 0, 109, 0, 0, 0, false, false, 109, 0, 0 },
	{ FILL, 0, 111, 0, 0, 0, false, false, 111, 0, 0 },
	{ INSERT, 0, 0, 0, 0, 0, false, 0, 112, 0, 0 },
	{ MAP, 2, 9, 12, 22, 0, true, REWRITE_OLD, 0, 0, 0 }, /* the insertion ended the epoch */
	{ SWITCH, 2, 9, 12, 22, 0, true, REWRITE_OK, 113, 7, 4 },
};

static void follows_the_table(void **unused)
{
	(void)unused;
	rewrite_init(&r, 100, 32767, 255);
	rewrite_lend_pictures(&r, &memory);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *s = &steps[i];
		struct rewrite_in in = packet(s->generation, s->seq, s->picture, s->tl0, s->temporal, s->last);
		struct rewrite_out out = { 0 };
		int verdict = 0;
		switch (s->act) {
		case SWITCH: rewrite_switch(&r, &in, &out); break;
		case MAP: verdict = rewrite_map(&r, &in, &out); break;
		case DROP: verdict = rewrite_drop(&r, &in, &out.seq); break;
		case GIVE_UP: verdict = rewrite_give_up(&r, s->generation, s->seq, &out.seq); break;
		case INSERT: out.seq = rewrite_insert(&r); break;
		case FILL:
			out.seq = s->seq;
			verdict = rewrite_fill(&r, s->seq);
			break;
		}
		if (!verdict && s->act == DROP)
			out.seq = s->out;
		if (verdict != s->verdict || out.seq != s->out || out.picture_id != s->out_picture ||
		    out.tl0picidx != s->out_tl0)
			fail_msg("step %zu: verdict %d, %llu, picture %u, tl0 %u", i, verdict,
				 (unsigned long long)out.seq, out.picture_id, out.tl0picidx);
	}
	static const struct {
		uint16_t out;
		enum rewrite_kind kind;
		bool current;
		uint32_t generation;
		uint64_t in;
	} finds[] = {
		{ 99, REWRITE_NEVER, false, 0, 0 },	 { 100, REWRITE_PACKET, false, 1, 1000 },
		{ 102, REWRITE_PACKET, false, 1, 1004 }, { 103, REWRITE_PADDING, false, 1, 1005 },
		{ 107, REWRITE_PACKET, false, 1, 1010 }, { 108, REWRITE_PACKET, false, 1, 1011 },
		{ 109, REWRITE_PADDING, false, 0, 0 },	 { 110, REWRITE_PACKET, false, 2, 7 },
		{ 112, REWRITE_PADDING, false, 0, 0 },	 { 113, REWRITE_PACKET, true, 2, 9 },
		{ 114, REWRITE_NEVER, false, 0, 0 },	 { 40000, REWRITE_NEVER, false, 0, 0 },
	};
	for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
		struct rewrite_found f;
		rewrite_find(&r, finds[i].out, &f);
		if (f.kind != finds[i].kind || f.current != finds[i].current || f.generation != finds[i].generation ||
		    f.in != finds[i].in)
			fail_msg("number %u: kind %d, current %d, generation %u, input %llu", finds[i].out, f.kind,
				 f.current, f.generation, (unsigned long long)f.in);
	}
}

/* A source whose numbers jump beyond the window has restarted them; its old holes are still known. */
static void a_jump_is_an_epoch(void **unused)
{
	(void)unused;
	struct rewrite_out out;
	struct rewrite_found f;
	rewrite_init(&r, 10, 0, 0);
	rewrite_lend_pictures(&r, &memory);
	struct rewrite_in in = packet(3, 70000, 5, 5, 0, true);
	rewrite_switch(&r, &in, &out);
	in.seq = 70002;
	assert_int_equal(rewrite_map(&r, &in, &out), REWRITE_OK);
	in.seq = 70002 + 2 * REWRITE_WINDOW;
	in.picture_id = 9000;
	assert_int_equal(rewrite_map(&r, &in, &out), REWRITE_OK);
	assert_int_equal(out.seq, 14); /* 13 left free */
	assert_int_equal(out.picture_id, 1);
	in.seq = 70001;
	in.picture_id = 5;
	assert_int_equal(rewrite_map(&r, &in, &out), REWRITE_OK);
	assert_int_equal(out.seq, 11);
	rewrite_find(&r, 13, &f);
	assert_int_equal(f.kind, REWRITE_HOLE);
	assert_false(f.current);
}

/* A frame above the base layer that names a dropped base frame names the one before. */
static void a_dropped_base_frame_is_not_named(void **unused)
{
	(void)unused;
	struct rewrite_out out;
	uint64_t fill;
	rewrite_init(&r, 0, 0, 0);
	rewrite_lend_pictures(&r, &memory);
	struct rewrite_in key = packet(1, 100, 1, 1, 0, true), base = packet(1, 101, 2, 2, 0, true),
			  above = packet(1, 102, 3, 2, 1, true), next = packet(1, 103, 4, 3, 0, true);
	rewrite_switch(&r, &key, &out);
	assert_int_equal(out.tl0picidx, 0);
	assert_false(rewrite_drop(&r, &base, &fill));
	assert_int_equal(rewrite_map(&r, &above, &out), REWRITE_OK);
	assert_int_equal(out.tl0picidx, 0);
	assert_int_equal(rewrite_map(&r, &next, &out), REWRITE_OK);
	assert_int_equal(out.tl0picidx, 1);
}

/* A source without picture ids, one that begins to have them, one that starts them anew. */
static void odd_sources_pass(void **unused)
{
	(void)unused;
	struct rewrite_out out;
	rewrite_init(&r, 0, 500, 7);
	rewrite_lend_pictures(&r, &memory);
	struct rewrite_in in = { .generation = 1, .seq = 1000, .last = true };
	rewrite_switch(&r, &in, &out);
	assert_int_equal(out.picture_id, 0);
	in = packet(1, 1001, 77, 7, 0, true);
	assert_int_equal(rewrite_map(&r, &in, &out), REWRITE_OK);
	assert_int_equal(out.picture_id, 500);
	in = packet(1, 1002, 78, 7, 1, true);
	assert_int_equal(rewrite_map(&r, &in, &out), REWRITE_OK);
	assert_int_equal(out.picture_id, 501);
	in = packet(1, 1003, 3, 100, 0, true); /* pictures restart below the first: the next follows */
	assert_int_equal(rewrite_map(&r, &in, &out), REWRITE_OK);
	assert_int_equal(out.picture_id, 502);
	assert_int_equal(out.seq, 3);
}

/* One packet of a source that sends VP8 with three temporal layers. */
struct sent {
	struct rewrite_in in;
	bool drop; /* above the viewer's frame rate */
	bool lost; /* comes late or never */
	bool mapped;
	struct rewrite_out out;
};
#define SENT_MAX 6000

static struct sent sent[2][SENT_MAX];

static void make_source(struct sent *s, uint32_t generation)
{
	static const uint8_t temporal[4] = { 0, 2, 1, 2 };
	uint64_t seq = 65536 + (uint64_t)(rand() % 65536);
	uint16_t picture = (uint16_t)(rand() % 32768);
	uint8_t tl0 = (uint8_t)rand();
	for (unsigned i = 0, frame = 0; i < SENT_MAX; frame++) {
		unsigned tid = temporal[frame % 4], packets = 1 + (unsigned)rand() % (tid ? 2 : 5);
		tl0 = (uint8_t)(tl0 + (tid == 0));
		for (unsigned p = 0; p < packets && i < SENT_MAX; p++, i++)
			s[i] = (struct sent){ .in = packet(generation, seq++, (uint16_t)((picture + frame) & 0x7fff),
							   tl0, (uint8_t)tid, p + 1 == packets) };
	}
}

static uint8_t used[1 << 20]; /* by output number: 1 packet, 2 padding */

static void use(unsigned seed, uint64_t out, uint8_t as)
{
	if (out >= sizeof used || used[out])
		fail_msg("seed %u: number %llu handed out twice", seed, (unsigned long long)out);
	used[out] = as;
}

static void deliver(unsigned seed, struct sent *s)
{
	uint64_t fill;
	if (s->drop) {
		if (rewrite_drop(&r, &s->in, &fill))
			use(seed, fill, 2);
		return;
	}
	if (rewrite_map(&r, &s->in, &s->out) == REWRITE_OK) {
		use(seed, s->out.seq, 1);
		s->mapped = true;
	}
}

static unsigned bases_since(const struct sent *s, unsigned i, unsigned to)
{
	unsigned bases = 0;
	for (; i < to; i++)
		bases += s[i].in.temporal == 0 && s[i].in.last;
	return bases;
}

/* Order is kept, pictures are told apart and kept together, everything leads back. */
static void check(unsigned seed, const struct sent *s, unsigned from, unsigned to)
{
	const struct sent *before = NULL;
	for (unsigned i = from; i < to; i++) {
		struct rewrite_out again;
		struct rewrite_found f;
		if (!s[i].mapped)
			continue;
		if (before && s[i].out.seq <= before->out.seq)
			fail_msg("seed %u: input %u overtakes", seed, i);
		if (before) {
			unsigned pictures = (s[i].out.picture_id - before->out.picture_id) & 0x7fff;
			unsigned were = (s[i].in.picture_id - before->in.picture_id) & 0x7fff;
			uint8_t tl0s = (uint8_t)(s[i].out.tl0picidx - before->out.tl0picidx);
			if (pictures > were || (were > 0) != (pictures > 0))
				fail_msg("seed %u: input %u: picture moved by %u of %u", seed, i, pictures, were);
			if (tl0s != (uint8_t)(s[i].in.tl0picidx - before->in.tl0picidx))
				fail_msg("seed %u: input %u: TL0PICIDX moved by %u", seed, i, tl0s);
			if (s[i].out.seq - before->out.seq > s[i].in.seq - before->in.seq)
				fail_msg("seed %u: input %u: a gap grew", seed, i);
		}
		before = &s[i];
		if (s[i].out.seq + 1024 < r.next_seq || bases_since(s, i, to) > 100)
			continue;
		if (!rewrite_again(&r, &s[i].in, &again) || again.seq != s[i].out.seq ||
		    again.picture_id != s[i].out.picture_id || again.tl0picidx != s[i].out.tl0picidx)
			fail_msg("seed %u: input %u: sent again as another", seed, i);
		rewrite_find(&r, (uint16_t)s[i].out.seq, &f);
		if (f.kind != REWRITE_PACKET || f.in != s[i].in.seq || f.generation != s[i].in.generation ||
		    f.out != s[i].out.seq)
			fail_msg("seed %u: input %u does not lead back (%d)", seed, i, f.kind);
	}
}

/* Two layers run at once with loss, swaps, repairs; a slot with a frame rate that changes moves between them. */
static void random_histories(void **unused)
{
	(void)unused;
	for (unsigned seed = 1; seed <= 60; seed++) {
		srand(seed);
		memset(used, 0, sizeof used);
		make_source(sent[0], 11);
		make_source(sent[1], 22);
		unsigned loss = (unsigned)rand() % 8, layer = 0, limit = 2, from = 0, i = 0;
		uint64_t first = (uint64_t)(rand() % 32768);
		rewrite_init(&r, (uint16_t)first, (uint16_t)(rand() % 32768), (uint8_t)rand());
		rewrite_lend_pictures(&r, &memory);
		rewrite_switch(&r, &sent[0][0].in, &sent[0][0].out);
		sent[0][0].mapped = true;
		use(seed, sent[0][0].out.seq, 1);
		for (i = 1; i < SENT_MAX; i++) {
			struct sent *s = &sent[layer][i];
			bool border = sent[layer][i - 1].in.last;
			if (border && rand() % 40 == 0)
				limit = (unsigned)rand() % 3;
			if (s->in.temporal == 0 && rand() % 1500 == 0) {
				check(seed, sent[layer], from, i);
				layer = !layer;
				from = i;
				s = &sent[layer][i];
				rewrite_switch(&r, &s->in, &s->out);
				s->mapped = true;
				use(seed, s->out.seq, 1);
				continue;
			}
			s->drop = border
				      ? s->in.temporal > limit
				      : (s[-1].in.picture_id == s->in.picture_id ? s[-1].drop : s->in.temporal > limit);
			s->lost = (unsigned)rand() % 100 < loss;
			if (!s->lost)
				deliver(seed, s);
			unsigned late = i - (unsigned)rand() % (i - from + 1 > 60 ? 60 : i - from + 1);
			struct sent *l = &sent[layer][late];
			if (l->lost && rand() % 2) {
				l->lost = false;
				deliver(seed, l);
			} else if (l->lost && rand() % 20 == 0) {
				uint64_t fill;
				if (rewrite_give_up(&r, l->in.generation, l->in.seq, &fill))
					use(seed, fill, 2);
			}
			if (rand() % 500 == 0)
				check(seed, sent[layer], from, i + 1);
		}
		check(seed, sent[layer], from, i);
		uint64_t known = UINT64_MAX;
		for (unsigned e = 0; e < REWRITE_EPOCHS; e++)
			if (r.epochs[e].used && r.epochs[e].begin < known)
				known = r.epochs[e].begin;
		if (known + 1024 < r.next_seq)
			known = r.next_seq - 1024;
		/* every number of the last 1024 and four epochs is what find says, and each hole can be filled once */
		for (uint64_t out = known; out < r.next_seq; out++) {
			struct rewrite_found f;
			rewrite_find(&r, (uint16_t)out, &f);
			enum rewrite_kind expect = used[out] == 1   ? REWRITE_PACKET
						   : used[out] == 2 ? REWRITE_PADDING
								    : REWRITE_HOLE;
			if (f.kind != expect)
				fail_msg("seed %u: number %llu is %d, not %d", seed, (unsigned long long)out, f.kind,
					 expect);
			if (rewrite_fill(&r, out) != (expect == REWRITE_HOLE) || rewrite_fill(&r, out))
				fail_msg("seed %u: number %llu filled wrongly", seed, (unsigned long long)out);
		}
	}
}

/* The memory comes and goes; the numbers go on; of what was mapped before it is known that it is gone. */
static void memory_comes_and_goes(void **unused)
{
	struct rewrite_in in = { .generation = 1, .seq = 70000, .picture_id = 5, .has_picture_id = true, .last = true };
	struct rewrite_out before, after;
	struct rewrite_found found;
	uint64_t fill;
	rewrite_init(&r, 7, 30, 0);
	rewrite_lend_pictures(&r, &memory);
	rewrite_switch(&r, &in, &before);
	rewrite_return(&r);
	memset(&memory, 0xa5, sizeof memory);
	assert_int_equal(rewrite_map(&r, &in, &after), REWRITE_UNKNOWN);
	assert_false(rewrite_drop(&r, &in, &fill));
	rewrite_find(&r, (uint16_t)before.seq, &found);
	assert_int_equal(found.kind, REWRITE_NEVER);
	assert_false(rewrite_fill(&r, before.seq));
	assert_int_equal(rewrite_insert(&r), before.seq + 1);
	rewrite_lend_pictures(&r, &memory);
	rewrite_find(&r, (uint16_t)before.seq, &found); /* nobody shall wait for it */
	assert_int_equal(found.kind, REWRITE_PADDING);
	assert_false(rewrite_fill(&r, before.seq)); /* nor is its number used again */
	rewrite_find(&r, (uint16_t)(before.seq - 1), &found);
	assert_int_equal(found.kind, REWRITE_NEVER); /* never handed out */
	rewrite_switch(&r, &in, &after);
	assert_int_equal(after.seq, before.seq + 2);
	assert_int_equal(after.picture_id, before.picture_id + 1);
	for (unsigned i = 0; i < REWRITE_FORGOTTEN; i++)
		(void)rewrite_insert(&r);
	rewrite_return(&r);
	rewrite_lend_pictures(&r, &memory);
	rewrite_find(&r, (uint16_t)(after.seq + 1), &found);
	assert_int_equal(found.kind, REWRITE_PADDING);
	rewrite_find(&r, (uint16_t)after.seq, &found); /* too long ago */
	assert_int_equal(found.kind, REWRITE_NEVER);
}

/* A voice's map is smaller, and knows the last 512. */
static void a_voice(void **unused)
{
	static struct rewrite_voice voice;
	struct rewrite_out out;
	struct rewrite_found found;
	memset(&voice, 0xa5, sizeof voice);
	rewrite_init(&r, 0, 0, 0);
	rewrite_lend_voice(&r, &voice);
	rewrite_switch(&r, &(struct rewrite_in){ .generation = 1, .seq = 1000, .last = true }, &out);
	for (uint64_t seq = 1001; seq < 3000; seq++)
		if (seq % 10)
			assert_int_equal(
			    rewrite_map(&r, &(struct rewrite_in){ .generation = 1, .seq = seq, .last = true }, &out),
			    REWRITE_OK);
	assert_int_equal(out.seq, 1999);
	rewrite_find(&r, 1990, &found);
	assert_int_equal(found.kind, REWRITE_HOLE);
	rewrite_find(&r, 1600, &found);
	assert_int_equal(found.kind, REWRITE_HOLE);
	rewrite_find(&r, 1601, &found);
	assert_int_equal(found.kind, REWRITE_PACKET);
	assert_int_equal(found.in, 2601);
	rewrite_find(&r, 1301, &found);
	assert_int_equal(found.kind, REWRITE_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_and_goes),
		cmocka_unit_test(a_voice),
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(a_jump_is_an_epoch),
		cmocka_unit_test(a_dropped_base_frame_is_not_named),
		cmocka_unit_test(odd_sources_pass),
		cmocka_unit_test(random_histories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
