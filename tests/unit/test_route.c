#include "engine/route.h"
#include "test.h"

#define ADDRS 40

static struct netaddr address(unsigned i)
{
	struct netaddr a = { .family = i % 2 ? 4 : 6,
			     .ip = { 10, 0, 0, (uint8_t)(i / 4) },
			     .port = (uint16_t)(40000 + i % 4) };
	return a;
}

/* Against an array, over random histories: moves, drops of one, drops of a whole transport, the limit. */
static void agrees_with_an_array(void **unused)
{
	struct route r;
	struct transport *owner[ADDRS] = { NULL };
	struct transport *t[4];
	char marks[4]; /* route only compares the pointers */
	unsigned count = 0;
	for (int i = 0; i < 4; i++)
		t[i] = (struct transport *)(void *)&marks[i];
	assert_int_equal(route_init(&r, 4), ERR_OK); /* 32 addresses */
	srand(7);
	for (int step = 0; step < 50000; step++) {
		unsigned i = (unsigned)rand() % ADDRS;
		struct netaddr a = address(i);
		struct transport *who = t[rand() % 4];
		switch (rand() % 16) {
		case 0:
			route_drop_all(&r, who);
			for (int j = 0; j < ADDRS; j++)
				if (owner[j] == who) {
					owner[j] = NULL;
					count--;
				}
			break;
		case 1:
		case 2:
			route_drop(&r, &a, who);
			if (owner[i] == who) {
				owner[i] = NULL;
				count--;
			}
			break;
		default: {
			enum err err = route_put(&r, &a, who);
			assert_int_equal(err, !owner[i] && count == 32 ? ERR_FULL : ERR_OK);
			if (err == ERR_OK) {
				count += !owner[i];
				owner[i] = who;
			}
		}
		}
		unsigned look = (unsigned)rand() % ADDRS;
		struct netaddr b = address(look);
		if (route_from(&r, &b) != owner[look])
			fail_msg("step %d: address %u is lost", step, look);
	}
	route_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_with_an_array) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
