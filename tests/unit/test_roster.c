/* Rosters of large rooms: a model of every page is kept from the frames it was sent, and compared with the room. */
#include "rig.h"
#include "signal/roster.h"
#include "test.h"
#include <stdio.h>
// NOLINTBEGIN(bugprone-suspicious-missing-comma): long lines of a script are joined on purpose

#define SITES 22

static int with_rig(void **state)
{
	*state = rig_new();
	return 0;
}

static int without_rig(void **state)
{
	rig_free(*state);
	return 0;
}

/* What one page knows. */
struct page {
	json_t *rows; /* by id */
	json_int_t total;
	unsigned frames; /* roster frames since last asked */
	char id[40];
	json_int_t csrc;
};

static void put_row(struct page *page, json_t *row)
{
	const char *id = json_string_value(json_object_get(row, "id"));
	if (id) /* else a count by unit */
		json_object_set(page->rows, id, row);
}

static void change_row(struct page *page, const json_t *change)
{
	const char *id = json_string_value(json_object_get(change, "site")), *key;
	json_t *row = json_object_get(page->rows, id), *value;
	if (!row)
		fail_msg("%s was told a change of %s, which it was not given", page->id, id);
	json_object_foreach((json_t *)change, key, value) if (strcmp(key, "site") != 0 && strcmp(key, "type") != 0)
	    json_object_set(row, key, value);
}

static void drop_row(struct page *page, const json_t *left)
{
	const char *id = json_string_value(json_object_get(left, "site"));
	if (json_object_del(page->rows, id))
		fail_msg("%s was told that %s left, which it was not given", page->id, id);
}

static void read_frame(struct page *page, const char *text)
{
	json_t *frame = json_loads(text, 0, NULL), *one;
	const char *type = json_string_value(json_object_get(frame, "type"));
	size_t i;
	assert_non_null(type);
	bool roster = strncmp(type, "site", 4) == 0;
	page->frames += roster;
	if (roster && json_object_get(frame, "total"))
		page->total = json_integer_value(json_object_get(frame, "total"));
	if (strcmp(type, "ok") == 0 && json_object_get(frame, "session")) {
		const json_t *session = json_object_get(frame, "session");
		(void)snprintf(page->id, sizeof page->id, "%s", json_string_value(json_object_get(session, "id")));
		page->csrc = json_integer_value(json_object_get(session, "csrc"));
		page->total = json_integer_value(json_object_get(frame, "total"));
		json_array_foreach(json_object_get(frame, "sites"), i, one) put_row(page, one);
	} else if (strcmp(type, "site-joined") == 0) {
		put_row(page, json_object_get(frame, "site"));
	} else if (strcmp(type, "site-left") == 0) {
		drop_row(page, frame);
	} else if (strcmp(type, "site-changed") == 0) {
		change_row(page, frame);
	} else if (strcmp(type, "sites-changed") == 0) {
		json_array_foreach(json_object_get(frame, "joined"), i, one) put_row(page, one);
		json_array_foreach(json_object_get(frame, "left"), i, one) drop_row(page, one);
		json_array_foreach(json_object_get(frame, "changed"), i, one) change_row(page, one);
	}
	json_decref(frame);
}

static void read_all(struct rig *rig, struct page *pages)
{
	for (const struct rig_out *o = rig->outs; o; o = o->next)
		if (o->who >= 'A' && o->who < 'A' + SITES && !o->close)
			read_frame(&pages[o->who - 'A'], o->text);
	(void)rig_drain(rig, '*');
}

static void send_text(struct rig *rig, int i, const char *format, const char *argument)
{
	char text[512];
	int n = snprintf(text, sizeof text, format, argument);
	rig_text(rig, (char)('A' + i), text, (size_t)n);
}

static void join(struct rig *rig, struct page *page, int i)
{
	char name[64];
	(void)snprintf(name, sizeof name, "Site %d\",\"token\":\"r.g.S%d..U%d", i, i, i % 3);
	page->rows = json_object();
	rig_open(rig, (char)('A' + i));
	send_text(rig, i, "{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"%s\"}", name);
}

static void leave(struct rig *rig, struct page *page, int i)
{
	send_text(rig, i, "{\"type\":\"leave\",\"id\":1}%s", "");
	signal_on_closed(rig->signal, rig->sessions[i], rig->now);
	rig->sessions[i] = NULL;
	json_decref(page->rows);
	page->rows = NULL;
}

static void show(struct rig *rig, const struct page *viewer, const struct page *source)
{
	struct event e = { .type = EVENT_SLOTS, .slots = { .csrc = (uint32_t)viewer->csrc, .n = 1 } };
	e.slots.changes[0] =
	    (struct slot_change){ .kind = SLOT_VIDEO, .slot = 1, .csrc = source ? (uint32_t)source->csrc : 0 };
	signal_on_event(rig->signal, 0, &e, rig->now);
}

/* The truth, by REST. */
static json_t *truth(struct rig *rig)
{
	struct signal_request request = { .local = true, .path = "/api/v1/rooms/r/sites", .query = "" };
	struct signal_response response;
	signal_on_request(rig->signal, &request, &response, rig->now);
	json_t *answer = json_loads(response.body ? response.body : "{}", 0, NULL), *rows = json_object(), *row;
	size_t i;
	json_array_foreach(json_object_get(answer, "items"), i, row)
	    json_object_set(rows, json_string_value(json_object_get(row, "id")), row);
	json_decref(answer);
	signal_response_fini(&response);
	return rows;
}

static bool row_true(const json_t *known, const json_t *row)
{
	static const char *const keys[] = { "name", "role", "state", "audio", "video", "screen", "hand" };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!json_equal(json_object_get(known, keys[i]), json_object_get(row, keys[i])))
			return false;
	return true;
}

static void expect_row(const struct page *page, const char *id, json_t *rows, unsigned seed)
{
	const json_t *known = json_object_get(page->rows, id), *row = json_object_get(rows, id);
	if (row && (!known || !row_true(known, row)))
		fail_msg("seed %u: %s does not know the truth of %s", seed, page->id, id);
}

/* Everybody knows what matters to it; small rooms and chairs know all. */
static void compare(struct rig *rig, const struct page *pages, const int shown[SITES], const char *stage, int chair,
		    unsigned seed)
{
	json_t *rows = truth(rig), *row;
	const char *id;
	size_t n = json_object_size(rows);
	for (int i = 0; i < SITES; i++) {
		const struct page *page = &pages[i];
		if (!page->rows)
			continue;
		if (page->total != (json_int_t)n)
			fail_msg("seed %u: %s counts %d of %zu", seed, page->id, (int)page->total, n);
		expect_row(page, page->id, rows, seed);
		expect_row(page, stage, rows, seed);
		if (shown[i] >= 0 && pages[shown[i]].rows)
			expect_row(page, pages[shown[i]].id, rows, seed);
		json_object_foreach(rows, id, row) if (n <= ROSTER_SMALL || i == chair ||
						       !json_is_null(json_object_get(row, "hand")))
		    expect_row(page, id, rows, seed);
	}
	json_decref(rows);
}

static void pages_know_what_matters(void **state)
{
	for (unsigned seed = 1; seed <= 30; seed++) {
		struct rig *rig = rig_new();
		struct page pages[SITES] = { { 0 } };
		int shown[SITES];
		char stage[40] = "";
		srand(seed);
		for (int i = 0; i < SITES; i++)
			shown[i] = -1;
		join(rig, &pages[0], 0); /* stays: the chair */
		for (int step = 0; step < 400; step++) {
			int i = 1 + rand() % (SITES - 1), other = rand() % SITES;
			if (!pages[i].rows && rand() % 2 == 0) {
				join(rig, &pages[i], i);
				shown[i] = -1;
			} else if (pages[i].rows && rand() % (seed % 2 ? 8 : 40) == 0) {
				leave(rig, &pages[i], i);
				for (int k = 0; k < SITES; k++)
					if (shown[k] == i)
						shown[k] = -1;
			} else if (pages[i].rows) {
				switch (rand() % 5) {
				case 0:
					send_text(rig, i, "{\"type\":\"hand\",\"id\":1,\"up\":%s}",
						  rand() % 3 ? "false" : "true");
					break;
				case 1:
					send_text(rig, i, "{\"type\":\"publish\",\"id\":1,\"video\":%s}",
						  rand() % 2 ? "false" : "true");
					break;
				case 2:
					if (other != i && pages[other].rows && pages[other].csrc) {
						show(rig, &pages[i], &pages[other]);
						shown[i] = other;
					}
					break;
				case 3:
					send_text(rig, 0, "{\"type\":\"stage\",\"id\":1,\"site\":\"%s\"}", pages[i].id);
					(void)snprintf(stage, sizeof stage, "%s", pages[i].id);
					break;
				default: show(rig, &pages[i], NULL); shown[i] = -1;
				}
			}
			read_all(rig, pages);
			rig_advance(rig, (usec)(rand() % 300) * USEC_MS);
			read_all(rig, pages);
			if (step % 20 == 0) {
				for (int k = 0; k < SITES; k++) /* nobody is lost for want of a sign of life */
					if (rig->sessions[k])
						signal_on_pong(rig->signal, rig->sessions[k], rig->now);
				rig_advance(rig, ROSTER_EVERY);
				read_all(rig, pages);
				compare(rig, pages, shown, stage, 0, seed);
			}
		}
		for (int i = 0; i < SITES; i++)
			json_decref(pages[i].rows);
		rig_free(rig);
	}
}

/* 20 sites, each publishing 50 times in 5 s: each page gets at most one roster frame a second. */
static void large_rooms_get_one_frame_a_second(void **state)
{
	struct rig *rig = *state;
	struct page pages[SITES] = { { 0 } };
	for (int i = 0; i < 20; i++)
		join(rig, &pages[i], i);
	rig_advance(rig, 2 * ROSTER_EVERY);
	read_all(rig, pages);
	for (int i = 0; i < 20; i++)
		pages[i].frames = 0;
	for (int step = 0; step < 50; step++) {
		for (int i = 0; i < 20; i++)
			send_text(rig, i, "{\"type\":\"publish\",\"id\":1,\"audio\":%s}", step % 2 ? "false" : "true");
		rig_advance(rig, 100 * USEC_MS);
		read_all(rig, pages);
	}
	for (int i = 0; i < 20; i++) {
		if (pages[i].frames > 6)
			fail_msg("site %d got %u roster frames in 5 s", i, pages[i].frames);
		/* a guest: itself and the chair (none here but hands and stage: none either) */
		if (i > 0 && json_object_size(pages[i].rows) > ROSTER_SMALL)
			fail_msg("guest %d was given %zu rows", i, json_object_size(pages[i].rows));
	}
	assert_int_equal(json_object_size(pages[0].rows), 20); /* the first to join is the chair */
	for (int i = 0; i < 20; i++)
		json_decref(pages[i].rows);
}

/* Places are given back: far more come and go than a room holds. */
static void a_room_never_fills_by_coming_and_going(void **state)
{
	struct rig *rig = *state;
	struct page pages[SITES] = { { 0 } };
	for (int i = 0; i < 20; i++)
		join(rig, &pages[i], i);
	for (int round = 0; round < 2 * ROOM_SITES_MAX; round++) {
		join(rig, &pages[20], 20);
		read_all(rig, pages);
		if (!pages[20].id[0])
			fail_msg("round %d: not taken in", round);
		leave(rig, &pages[20], 20);
		pages[20].id[0] = '\0';
		if (round % 2)
			rig_advance(rig, ROSTER_EVERY);
		for (int i = 0; i < 20; i++)
			signal_on_pong(rig->signal, rig->sessions[i], rig->now);
		read_all(rig, pages);
	}
	for (int i = 0; i < 20; i++)
		json_decref(pages[i].rows);
}

/* A guest that joins a large room: counts by unit, and the rows that matter. */
static void guests_get_counts_by_unit(void **state)
{
	struct rig *rig = *state;
	struct page pages[SITES] = { { 0 } };
	for (int i = 0; i < 20; i++)
		join(rig, &pages[i], i);
	rig_advance(rig, 2 * ROSTER_EVERY);
	read_all(rig, pages);
	static const char join_z[] =
	    "{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"Z\",\"token\":\"r.g.Z..U1\"}";
	rig_open(rig, 'Z');
	rig_text(rig, 'Z', join_z, sizeof join_z - 1);
	RIG_PLAY(
	    rig,
	    "Z> {'type':'ok','id':1,'role':'guest','total':21,'sites':[{'role':'chair','...':0},{'name':'Z','...':0},"
	    "{'unit':'U0','count':7},{'unit':'U1','count':8},{'unit':'U2','count':6}],'...':0}");
	rig_advance(rig, ROSTER_EVERY);
	(void)rig_drain(rig, '*');
	RIG_PLAY(rig, "Z< {'type':'roster','id':2,'from':19,'count':5}",
		 "Z> {'type':'ok','id':2,'sites':[{'name':'S19','...':0},{'name':'Z','...':0}],'total':21}");
	for (int i = 0; i < 20; i++)
		json_decref(pages[i].rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_know_what_matters),
		cmocka_unit_test_setup_teardown(large_rooms_get_one_frame_a_second, with_rig, without_rig),
		cmocka_unit_test_setup_teardown(a_room_never_fills_by_coming_and_going, with_rig, without_rig),
		cmocka_unit_test_setup_teardown(guests_get_counts_by_unit, with_rig, without_rig),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-suspicious-missing-comma)
