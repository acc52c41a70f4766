#include "media/seqmap.h"
#include "test.h"
#include <stdio.h>

#define BLOCKS 2 /* the smallest window: 128 inputs */
#define INPUTS 5
#define FIRST 62 /* so that five inputs cross a block's border */

enum act { TAKE, DROP };

/* Read from the top; inputs are counted from FIRST, numbers from 100. */
static const struct step {
	enum act act;
	unsigned in;
	enum seqmap_state was;
	uint64_t out;
} steps[] = {
	{ TAKE, 0, SEQMAP_AHEAD, 100 },	 { TAKE, 0, SEQMAP_TAKEN, 100 }, /* once more: the same answer */
	{ DROP, 2, SEQMAP_AHEAD, 0 },					 /* told before its neighbours */
	{ TAKE, 3, SEQMAP_AHEAD, 102 }, /* 1 is not yet seen and keeps 101; 2 has no number */
	{ TAKE, 2, SEQMAP_DROPPED, 0 },	 { TAKE, 1, SEQMAP_HOLE, 101 }, /* repaired */
	{ TAKE, 6, SEQMAP_AHEAD, 105 },					/* holes 103 and 104 */
	{ DROP, 5, SEQMAP_HOLE, 104 },					/* too late to close */
	{ TAKE, 5, SEQMAP_FILLED, 104 }, { DROP, 5, SEQMAP_FILLED, 0 },	 { DROP, 7, SEQMAP_AHEAD, 0 },
	{ DROP, 8, SEQMAP_AHEAD, 0 },	 { DROP, 7, SEQMAP_DROPPED, 0 }, { TAKE, 9, SEQMAP_AHEAD, 106 },
	{ DROP, 9, SEQMAP_TAKEN, 0 },	 { TAKE, 4, SEQMAP_HOLE, 103 },	 { TAKE, 9 + 64, SEQMAP_AHEAD, 106 + 64 },
	{ TAKE, 1, SEQMAP_OLD, 0 }, /* behind the window now */
};

static void follows_the_table(void **unused)
{
	(void)unused;
	struct seqmap m;
	struct seqmap_block blocks[BLOCKS];
	seqmap_init(&m, blocks, BLOCKS, FIRST, 100);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct step *s = &steps[i];
		uint64_t out;
		enum seqmap_state was =
		    s->act == TAKE ? seqmap_take(&m, FIRST + s->in, &out) : seqmap_drop(&m, FIRST + s->in, &out);
		if (was != s->was || out != s->out)
			fail_msg("step %zu: state %d, out %llu", i, was, (unsigned long long)out);
	}
	assert_int_equal(seqmap_state(&m, FIRST - 1), SEQMAP_OLD);
}

/* Plain arrays that do what the header says, without a window. */
struct model {
	enum seqmap_state state[4096];
	uint64_t out[4096], settled, next;
};

static void model_init(struct model *o, uint64_t next)
{
	memset(o, 0, sizeof *o);
	for (size_t i = 0; i < 4096; i++)
		o->state[i] = SEQMAP_AHEAD;
	o->next = next;
}

static enum seqmap_state model_do(struct model *o, enum act act, unsigned in, uint64_t *out)
{
	enum seqmap_state was = o->state[in];
	*out = 0;
	if (was == SEQMAP_AHEAD && act == DROP)
		o->state[in] = SEQMAP_DROPPED;
	if (was == SEQMAP_AHEAD && act == TAKE) {
		for (uint64_t i = o->settled; i <= in; i++)
			if (o->state[i] != SEQMAP_DROPPED) {
				o->state[i] = SEQMAP_HOLE;
				o->out[i] = o->next++;
			}
		o->settled = in + 1;
	}
	if (o->state[in] == SEQMAP_HOLE)
		o->state[in] = act == TAKE ? SEQMAP_TAKEN : SEQMAP_FILLED;
	if (act == TAKE ? was != SEQMAP_DROPPED : was == SEQMAP_HOLE)
		*out = o->out[in];
	return was;
}

/* What leaves a window of n blocks unseen, when `in` comes into it, never gets a number. */
static void model_open(struct model *o, unsigned n, unsigned in)
{
	for (uint64_t i = o->settled; ((FIRST + i) >> 6) + n <= (FIRST + in) >> 6; i++) {
		o->state[i] = SEQMAP_DROPPED;
		o->settled = i + 1;
	}
}

static void agree(const struct seqmap *m, const struct model *o, unsigned in, const char *what, unsigned seed)
{
	enum seqmap_state state = seqmap_state(m, FIRST + in);
	uint64_t out, back;
	if (state == SEQMAP_OLD)
		return;
	if (state != o->state[in])
		fail_msg("%s %u: input %u is %d, not %d", what, seed, in, state, o->state[in]);
	if (state < SEQMAP_HOLE || state == SEQMAP_DROPPED)
		return;
	if (!seqmap_out(m, FIRST + in, &out) || out != o->out[in])
		fail_msg("%s %u: input %u has another number", what, seed, in);
	if (!seqmap_in(m, out, &back) || back != FIRST + in)
		fail_msg("%s %u: number of input %u does not lead back", what, seed, in);
}

/* Every order of five inputs, each taken or dropped. */
static void walk(unsigned *order, unsigned n, unsigned left)
{
	if (!left) {
		for (unsigned drops = 0; drops < 1u << n; drops++) {
			struct seqmap m;
			struct seqmap_block blocks[BLOCKS];
			static struct model o;
			seqmap_init(&m, blocks, BLOCKS, FIRST, 7);
			model_init(&o, 7);
			for (unsigned i = 0; i < n; i++) {
				uint64_t out, expect;
				enum act act = drops >> order[i] & 1 ? DROP : TAKE;
				enum seqmap_state state = act == TAKE ? seqmap_take(&m, FIRST + order[i], &out)
								      : seqmap_drop(&m, FIRST + order[i], &out);
				if (state != model_do(&o, act, order[i], &expect) || out != expect)
					fail_msg("drops %x, step %u, input %u", drops, i, order[i]);
				for (unsigned in = 0; in < n; in++)
					agree(&m, &o, in, "drops", drops);
			}
		}
		return;
	}
	for (unsigned in = 0; in < n; in++) {
		bool used = false;
		for (unsigned i = left; i < n; i++)
			used |= order[i] == in;
		if (used)
			continue;
		order[left - 1] = in;
		walk(order, n, left - 1);
	}
}

static void every_order_of_five(void **unused)
{
	(void)unused;
	unsigned order[INPUTS];
	walk(order, INPUTS, INPUTS);
}

/* Long histories over many windows; a failure prints the seed that repeats it. */
static void random_histories(void **unused)
{
	(void)unused;
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct seqmap m;
		struct seqmap_block blocks[8];
		static struct model o;
		srand(seed);
		unsigned n = seed % 2 ? BLOCKS : 8, drop_share = (unsigned)rand() % 100, at = 0;
		seqmap_init(&m, blocks, n, FIRST, 7);
		model_init(&o, 7);
		uint64_t handed[4096] = { 0 };
		while (at < 3900) {
			unsigned reach = 1 + (unsigned)rand() % 40;
			unsigned in = at > reach ? at - (unsigned)rand() % reach : at;
			enum act act = (unsigned)rand() % 100 < drop_share ? DROP : TAKE;
			uint64_t out, expect;
			at += (unsigned)rand() % 3;
			if (seqmap_state(&m, FIRST + in) == SEQMAP_OLD)
				continue;
			model_open(&o, n, in);
			enum seqmap_state was =
			    act == TAKE ? seqmap_take(&m, FIRST + in, &out) : seqmap_drop(&m, FIRST + in, &out);
			if (was != model_do(&o, act, in, &expect) || out != expect)
				fail_msg("seed %u: input %u, %s: was %d, number %llu", seed, in,
					 act == TAKE ? "take" : "drop", was, (unsigned long long)out);
			if (was == SEQMAP_HOLE || (was == SEQMAP_AHEAD && act == TAKE))
				if (handed[out % 4096]++)
					fail_msg("seed %u: number %llu twice", seed, (unsigned long long)out);
			for (unsigned near = in > 70 ? in - 70 : 0; near < in + 10; near += 1 + (unsigned)rand() % 9)
				agree(&m, &o, near, "seed", seed);
		}
	}
}

/* A slot that drops everything for longer than the window, with one input never seen, goes on without a gap. */
static void a_long_run_of_drops_closes(void **unused)
{
	(void)unused;
	struct seqmap m;
	struct seqmap_block blocks[BLOCKS];
	uint64_t out;
	seqmap_init(&m, blocks, BLOCKS, 1000, 0);
	seqmap_take(&m, 1000, &out);
	for (uint64_t in = 1001; in < 3000; in++)
		if (in != 1500)
			seqmap_drop(&m, in, &out);
	assert_true(seqmap_reaches(&m, 3000));
	assert_int_equal(seqmap_take(&m, 3000, &out), SEQMAP_AHEAD);
	assert_int_equal(out, 1);
	assert_int_equal(seqmap_take(&m, 1500, &out), SEQMAP_OLD);
	/* the first number is behind the window, the second is found */
	assert_false(seqmap_in(&m, 0, &out));
	assert_true(seqmap_in(&m, 1, &out));
	assert_int_equal(out, 3000);
	assert_false(seqmap_in(&m, 2, &out));
}

/* Jumps beyond any window stay cheap and sound. */
static void a_jump_forgets(void **unused)
{
	(void)unused;
	struct seqmap m;
	struct seqmap_block blocks[BLOCKS];
	uint64_t out;
	seqmap_init(&m, blocks, BLOCKS, 5, 50);
	seqmap_take(&m, 5, &out);
	assert_true(seqmap_reaches(&m, 127));
	assert_false(seqmap_reaches(&m, 128));
	assert_false(seqmap_reaches(&m, UINT64_C(1) << 60));
	assert_int_equal(seqmap_drop(&m, UINT64_C(1) << 60, &out), SEQMAP_AHEAD);
	assert_int_equal(seqmap_take(&m, (UINT64_C(1) << 60) + 1, &out), SEQMAP_AHEAD);
	uint64_t unseen = (((UINT64_C(1) << 60) >> 6) - 1) << 6; /* where the window begins, up to the drop */
	assert_int_equal(out, 51 + (UINT64_C(1) << 60) - unseen);
	assert_int_equal(seqmap_state(&m, 5), SEQMAP_OLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table), cmocka_unit_test(every_order_of_five),
		cmocka_unit_test(random_histories),  cmocka_unit_test(a_long_run_of_drops_closes),
		cmocka_unit_test(a_jump_forgets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
