#include "media/ice.h"
#include "test.h"
#include "wire/stun.h"

#define MS USEC_MS
enum event { CHECK, NOMINATE, CONTROLLED, PACKET, TICK, DTLS, TAKEN };
enum { NOWHERE = -1 };

static struct netaddr address(int i)
{
	return (struct netaddr){ .family = 4, .ip = { 10, 0, 0, (uint8_t)i }, .port = (uint16_t)(40000 + i) };
}

/* The event table of the header, as runs read from the top. `to`: where media may go afterwards. */
struct step {
	int ms;
	enum event event;
	int from;
	uint32_t priority;
	enum ice_state state;
	int to;
	bool first, moved, resumed; /* of a check */
};

static struct ice_result happen(struct ice *ice, const struct step *s, bool *changed)
{
	struct stun check = { .role = s->event == CONTROLLED ? STUN_CONTROLLED : STUN_CONTROLLING,
			      .use_candidate = s->event == NOMINATE,
			      .has_priority = s->priority > 0,
			      .priority = s->priority };
	struct netaddr from = address(s->from);
	usec now = s->ms * MS;
	struct ice_result none = { .answer = ICE_NOTHING };
	*changed = false;
	switch (s->event) {
	case CHECK:
	case NOMINATE:
	case CONTROLLED: return ice_on_check(ice, &check, &from, now);
	case PACKET: ice_on_packet(ice, &from, now); break;
	case TICK: *changed = ice_on_deadline(ice, now); break;
	case DTLS: ice_on_dtls_done(ice); break;
	case TAKEN: *changed = ice_on_taken(ice, &from); break;
	}
	return none;
}

static void run(const char *name, const struct step *steps, size_t n)
{
	struct ice ice;
	ice_init(&ice, 0);
	enum ice_state before = ice.state;
	for (size_t i = 0; i < n; i++) {
		const struct step *s = &steps[i];
		bool changed;
		struct ice_result r = happen(&ice, s, &changed);
		const struct netaddr *to = ice_address(&ice);
		struct netaddr expected = address(s->to);
		bool is_there = s->to == NOWHERE ? !to : to && netaddr_equal(to, &expected);
		if (ice.state != s->state || !is_there || r.first != s->first || r.moved != s->moved ||
		    r.resumed != s->resumed || (s->event == TICK && changed != (ice.state != before)))
			fail_msg("%s, step %zu (%d ms): state %d, first %d moved %d resumed %d", name, i, s->ms,
				 ice.state, r.first, r.moved, r.resumed);
		before = ice.state;
	}
}

static const struct step chromium[] = {
	{ 0, TICK, 0, 0, ICE_NEW, NOWHERE, 0, 0, 0 },
	{ 1, PACKET, 1, 0, ICE_NEW, NOWHERE, 0, 0, 0 },
	{ 2, CONTROLLED, 1, 9, ICE_NEW, NOWHERE, 0, 0, 0 },
	{ 10, CHECK, 1, 9, ICE_CHECKED, 1, true, true, 0 },
	{ 12, CHECK, 2, 5, ICE_CHECKED, 1, 0, 0, 0 }, /* a second interface */
	{ 25, NOMINATE, 1, 9, ICE_SELECTED, 1, 0, 0, 0 },
	{ 50, DTLS, 0, 0, ICE_SELECTED, 1, 0, 0, 0 },
	{ 8000, CHECK, 2, 5, ICE_SELECTED, 1, 0, 0, 0 },
	{ 9000, NOMINATE, 2, 5, ICE_SELECTED, 2, 0, true, 0 },	/* it chose the other way */
	{ 11500, NOMINATE, 3, 5, ICE_SELECTED, 3, 0, true, 0 }, /* a new mapping of its NAT */
	{ 12000, PACKET, 2, 0, ICE_SELECTED, 3, 0, 0, 0 },	/* from an address not in use: no consent for 3 */
	{ 20000, PACKET, 3, 0, ICE_SELECTED, 3, 0, 0, 0 },
	{ 34999, TICK, 0, 0, ICE_SELECTED, 3, 0, 0, 0 },
	{ 35000, TICK, 0, 0, ICE_SILENT, NOWHERE, 0, 0, 0 },
	{ 35001, PACKET, 3, 0, ICE_SILENT, NOWHERE, 0, 0, 0 }, /* packets do not resume */
	{ 35002, CHECK, 4, 7, ICE_SILENT, NOWHERE, 0, 0, 0 },  /* nor another address unless nominated */
	{ 90000, TICK, 0, 0, ICE_SILENT, NOWHERE, 0, 0, 0 },
	{ 99000, NOMINATE, 4, 7, ICE_SELECTED, 4, 0, true, true },
	{ 100000, NOMINATE, 4, 7, ICE_SELECTED, 4, 0, 0, 0 },
	{ 115000, TICK, 0, 0, ICE_SILENT, NOWHERE, 0, 0, 0 },
	{ 116000, CHECK, 4, 7, ICE_SELECTED, 4, 0, 0, true }, /* nominated before: its own check resumes */
	{ 117000, TAKEN, 4, 0, ICE_SILENT, NOWHERE, 0, 0, 0 },
	{ 118000, TICK, 0, 0, ICE_SILENT, NOWHERE, 0, 0, 0 },
	{ 119000, CHECK, 5, 7, ICE_CHECKED, 5, 0, true, true },
};

/* Nominates every pair at once: during the first second the better priority stands. */
static const struct step firefox[] = {
	{ 0, NOMINATE, 1, 50, ICE_SELECTED, 1, true, true, 0 },
	{ 20, NOMINATE, 2, 30, ICE_SELECTED, 1, 0, 0, 0 },
	{ 40, NOMINATE, 3, 90, ICE_SELECTED, 3, 0, true, 0 },
	{ 60, NOMINATE, 1, 50, ICE_SELECTED, 3, 0, 0, 0 },
	{ 1000, NOMINATE, 1, 50, ICE_SELECTED, 1, 0, true, 0 }, /* later it means it */
	{ 29999, TICK, 0, 0, ICE_SILENT, NOWHERE, 0, 0, 0 },
	{ 30000, TICK, 0, 0, ICE_DEAD, NOWHERE, 0, 0, 0 }, /* no DTLS in 30 s */
	{ 30001, NOMINATE, 1, 50, ICE_DEAD, NOWHERE, 0, 0, 0 },
	{ 30002, PACKET, 1, 0, ICE_DEAD, NOWHERE, 0, 0, 0 },
	{ 90000, TICK, 0, 0, ICE_DEAD, NOWHERE, 0, 0, 0 },
};

/* Tells neither role nor priority, never nominates. */
static const struct step simple[] = {
	{ 0, CHECK, 1, 0, ICE_CHECKED, 1, true, true, 0 },
	{ 1, DTLS, 0, 0, ICE_CHECKED, 1, 0, 0, 0 },
	{ 14999, PACKET, 1, 0, ICE_CHECKED, 1, 0, 0, 0 },
	{ 15001, TICK, 0, 0, ICE_CHECKED, 1, 0, 0, 0 },
	{ 29999, TICK, 0, 0, ICE_SILENT, NOWHERE, 0, 0, 0 },
	{ 40000, CHECK, 2, 0, ICE_CHECKED, 2, 0, true, true }, /* never nominated: the next check from anywhere */
	{ 40001, TAKEN, 1, 0, ICE_CHECKED, 2, 0, 0, 0 },
	{ 40002, NOMINATE, 2, 0, ICE_SELECTED, 2, 0, 0, 0 },
};

#define RUN(steps) run(#steps, steps, sizeof(steps) / sizeof *(steps))

static void follows_the_table(void **unused)
{
	RUN(chromium);
	RUN(firefox);
	RUN(simple);
}

static void answers_by_role(void **unused)
{
	struct ice ice;
	struct netaddr from = address(1);
	ice_init(&ice, 0);
	struct stun check = { .role = STUN_CONTROLLED, .tie_breaker = UINT64_MAX };
	assert_int_equal(ice_on_check(&ice, &check, &from, 0).answer, ICE_CONFLICT);
	assert_false(ice_knows(&ice, &from));
	check.role = STUN_ROLE_NONE;
	assert_int_equal(ice_on_check(&ice, &check, &from, 0).answer, ICE_SUCCESS);
	assert_true(ice_knows(&ice, &from));
	(void)ice_on_deadline(&ice, ICE_DTLS);
	assert_int_equal(ice_on_check(&ice, &check, &from, ICE_DTLS).answer, ICE_NOTHING);
}

static void keeps_a_bounded_table(void **unused)
{
	struct ice ice;
	struct stun check = { .use_candidate = true };
	ice_init(&ice, 0);
	struct netaddr used = address(0);
	assert_true(ice_on_check(&ice, &check, &used, 0).added);
	check.use_candidate = false;
	for (int i = 1; i < 30; i++) {
		struct netaddr from = address(i);
		struct ice_result r = ice_on_check(&ice, &check, &from, i * MS);
		assert_true(r.added);
		assert_int_equal(r.evicted, i >= ICE_ADDRESSES);
		struct netaddr oldest = address(i - ICE_ADDRESSES + 1);
		if (r.evicted)
			assert_true(netaddr_equal(&r.out, &oldest));
		assert_false(ice_on_check(&ice, &check, &from, i * MS).added);
	}
	assert_true(ice_knows(&ice, &used));
	assert_true(netaddr_equal(ice_address(&ice), &used));
}

/* Random histories against what the header promises. */
static void keeps_its_guarantee(void **unused)
{
	for (unsigned seed = 1; seed <= 1000; seed++) {
		struct ice ice;
		usec heard[16];
		bool checked[16] = { false };
		bool dtls = false;
		usec now = 0;
		srand(seed);
		ice_init(&ice, 0);
		int routes = 0;
		for (int i = 0; i < 300; i++) {
			usec next = USEC_NEVER;
			now += rand() % (rand() % 20 ? 1000 : 20000) * MS;
			ice_deadline(&ice, &next);
			if (next <= now && ice_on_deadline(&ice, now) == (ice.state == ICE_NEW))
				fail_msg("seed %u: deadline %lld for nothing", seed, (long long)next);
			const struct step s = { (int)(now / MS),
						(enum event)(rand() % 7),
						rand() % 12,
						(uint32_t)(rand() % 3),
						0,
						0,
						0,
						0,
						0 };
			if (s.event == TAKEN && rand() % 4)
				continue;
			struct netaddr from = address(s.from);
			const struct netaddr *before = ice_address(&ice);
			struct netaddr was = before ? *before : (struct netaddr){ 0 };
			bool silent = ice.state == ICE_SILENT;
			bool known = ice_knows(&ice, &from);
			bool changed;
			struct ice_result r = happen(&ice, &s, &changed);
			bool check = (s.event == CHECK || s.event == NOMINATE) && ice.state != ICE_DEAD;
			dtls = dtls || (s.event == DTLS && ice.state != ICE_DEAD);
			checked[s.from] = checked[s.from] || check;
			if (check || (s.event == PACKET && known))
				heard[s.from] = now;
			routes += r.added - r.evicted - (s.event == TAKEN && known);
			if (routes != ice.n || ice.n > ICE_ADDRESSES)
				fail_msg("seed %u: %d routes at %d", seed, routes, i);
			if (ice.state == ICE_DEAD && (dtls || now < ICE_DTLS))
				fail_msg("seed %u: dead at %lld us", seed, (long long)now);
			const struct netaddr *to = ice_address(&ice);
			if (s.event == NOMINATE && ice.state != ICE_DEAD && now - ice.nominated >= ICE_BURST &&
			    !(to && netaddr_equal(to, &from)))
				fail_msg("seed %u: a nomination was not followed at %lld us", seed, (long long)now);
			if (r.resumed != (silent && to))
				fail_msg("seed %u: resumed %d at %lld us", seed, r.resumed, (long long)now);
			if (!to)
				continue;
			int k = to->port - 40000;
			if (!checked[k] || now - heard[k] >= ICE_CONSENT)
				fail_msg("seed %u: sends without consent at %lld us", seed, (long long)now);
			if (before && r.moved == netaddr_equal(&was, to))
				fail_msg("seed %u: moved %d at %lld us", seed, r.moved, (long long)now);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(answers_by_role),
		cmocka_unit_test(keeps_a_bounded_table),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
