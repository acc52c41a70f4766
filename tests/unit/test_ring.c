#include "io/ring.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>

struct cell {
	uint64_t number, *said; /* said: memory of the putter's */
	uint64_t echo[RING_CELL / 8 - 2];
};
_Static_assert(sizeof(struct cell) == RING_CELL, "a cell");

static struct cell cell_of(uint64_t number)
{
	struct cell c = { .number = number };
	for (unsigned i = 0; i < sizeof c.echo / sizeof *c.echo; i++)
		c.echo[i] = number * 31 + i;
	return c;
}

static void keeps_order_over_its_end(void **state)
{
	struct ring *r = ring_new(5);
	struct cell c;
	assert_non_null(r);
	uint64_t in = 0, out = 0;
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 1 + round % 5; i++) {
			c = cell_of(in++);
			assert_true(ring_put(r, &c));
		}
		assert_int_equal(ring_count(r), in - out);
		while (ring_next(r, &c)) {
			struct cell wanted = cell_of(out++);
			assert_memory_equal(&c, &wanted, sizeof c);
		}
		assert_int_equal(out, in);
	}
	assert_int_equal(ring_count(r), 0);
	ring_free(r);
	ring_free(NULL);
}

static void refuses_when_full(void **state)
{
	struct ring *r = ring_new(7);
	struct cell c;
	unsigned n = 0;
	while (n < 1000 && (c = cell_of(n), ring_put(r, &c)))
		n++;
	assert_in_range(n, 7, 14);
	assert_int_equal(ring_count(r), n);
	for (unsigned i = 0; i < n; i++) {
		assert_true(ring_next(r, &c));
		assert_int_equal(c.number, i);
	}
	assert_false(ring_next(r, &c));
	assert_true(ring_put(r, &c));
	ring_free(r);
}

#define MANY 200000
#define SAID 4096

struct pair {
	struct ring *there, *back;
	uint64_t wrong;
};

/* Reads what the cell points to, and gives it back: as buffers are lent. */
static void *take(void *arg)
{
	struct pair *p = arg;
	struct cell c;
	for (uint64_t next = 0; next < MANY; next++) {
		while (!ring_next(p->there, &c))
			sched_yield();
		struct cell wanted = cell_of(next);
		p->wrong += c.number != next || *c.said != next * 7;
		for (unsigned i = 0; i < sizeof c.echo / sizeof *c.echo; i++)
			p->wrong += c.echo[i] != wanted.echo[i];
		while (!ring_put(p->back, &c))
			sched_yield();
	}
	return NULL;
}

static void two_threads_lend_and_return(void **state)
{
	static uint64_t said[SAID];
	struct pair p = { ring_new(SAID / 4), ring_new(64), 0 };
	struct cell c;
	pthread_t taker;
	uint64_t lent = 0, home = 0;
	assert_int_equal(pthread_create(&taker, NULL, take, &p), 0);
	while (home < MANY) {
		if (lent < MANY && lent - home < SAID) {
			c = cell_of(lent);
			c.said = &said[lent % SAID];
			*c.said = lent * 7;
			lent += ring_put(p.there, &c);
		}
		while (ring_next(p.back, &c)) {
			assert_int_equal(c.number, home);
			*c.said = 0; /* ours again */
			home++;
		}
	}
	assert_int_equal(pthread_join(taker, NULL), 0);
	assert_int_equal(p.wrong, 0);
	ring_free(p.there);
	ring_free(p.back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_over_its_end),
		cmocka_unit_test(refuses_when_full),
		cmocka_unit_test(two_threads_lend_and_return),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
