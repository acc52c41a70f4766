/* Hostile frames: what must be refused, and that nothing cut, doubled or flipped does harm. */
#include "base/str.h"
#include "signal/msg.h"
#include "test.h"
#include <stdio.h>
// NOLINTBEGIN(bugprone-suspicious-missing-comma): long lines of a script are joined on purpose

static enum code parse(const char *text, size_t n, struct msg *m, char why[CODE_WHY])
{
	char *exact = malloc(n ? n : 1);
	memcpy(exact, text, n);
	enum code code = msg_parse(bytes_of(exact, n), m, why);
	free(exact);
	return code;
}

static const char *const valid[] = {
	"{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"Đồng "
	"Văn\",\"token\":\"a.b.c\",\"pin\":\"1\",\"resume\":\"x\","
	"\"media\":\"keep\",\"slots\":{\"audio\":3,\"video\":9}}",
	"{\"type\":\"offer\",\"id\":2,\"sdp\":\"v=0\\r\\n\"}",
	"{\"type\":\"offer\",\"id\":3,\"sdpz\":\"K7M14OUqtuXlAgA=\"}",
	"{\"type\":\"view\",\"id\":4,\"slots\":[{\"slot\":\"v0\",\"source\":\"abc\",\"kind\":\"screen\",\"height\":720,"
	"\"fps\":30},"
	"{\"slot\":\"v23\",\"source\":null}]}",
	"{\"type\":\"publish\",\"id\":5,\"audio\":true,\"video\":false,\"screen\":null}",
	"{\"type\":\"hand\",\"id\":6,\"up\":true}",
	"{\"type\":\"chat\",\"id\":7,\"text\":\"xin ch\\u00e0o\",\"to\":\"abc\"}",
	"{\"type\":\"roster\",\"id\":8,\"from\":16,\"count\":50}",
	"{\"type\":\"leave\",\"id\":9}",
	"{\"type\":\"stage\",\"id\":10,\"site\":null}",
	"{\"type\":\"mute\",\"id\":11,\"all\":true,\"kind\":\"audio\"}",
	"{\"type\":\"kick\",\"id\":12,\"site\":\"abc\",\"reason\":\"ồn\",\"ban\":5}",
	"{\"type\":\"lock\",\"id\":13,\"on\":true}",
	"{\"type\":\"admit\",\"id\":14,\"site\":\"abc\"}",
	"{\"type\":\"end\",\"id\":-15}",
};
#define VALID (sizeof valid / sizeof *valid)

static void reads_the_valid_and_nothing_shorter(void **unused)
{
	for (size_t i = 0; i < VALID; i++) {
		struct msg m;
		char why[CODE_WHY];
		size_t n = strlen(valid[i]);
		if (parse(valid[i], n, &m, why))
			fail_msg("%s: %s", valid[i], why);
		msg_fini(&m);
		for (size_t cut = 0; cut < n; cut++) {
			if (parse(valid[i], cut, &m, why) != CODE_BAD_REQUEST || m.has_id)
				fail_msg("%s cut at %zu is taken", valid[i], cut);
			msg_fini(&m);
		}
	}
}

static void reads_the_fields(void **unused)
{
	struct msg m;
	char why[CODE_WHY];
	assert_int_equal(parse(valid[0], strlen(valid[0]), &m, why), CODE_OK);
	assert_string_equal(m.join.name, "Đồng Văn");
	assert_string_equal(m.join.token, "a.b.c");
	assert_true(m.join.keep && m.join.has_slots);
	msg_fini(&m);
	assert_int_equal(parse(valid[3], strlen(valid[3]), &m, why), CODE_OK);
	assert_int_equal(m.view.n, 2);
	assert_int_equal(m.view.slots[1].slot, 23);
	assert_true(m.view.slots[0].screen);
	msg_fini(&m);
	assert_int_equal(parse(valid[14], strlen(valid[14]), &m, why), CODE_OK);
	assert_int_equal(m.id, -15);
	msg_fini(&m);
}

static void refuses(const char *text)
{
	struct msg m;
	char why[CODE_WHY];
	enum code code = parse(text, strlen(text), &m, why);
	if (code != CODE_BAD_REQUEST || !why[0])
		fail_msg("%.80s: %s %s", text, code_name(code), why);
	msg_fini(&m);
}

static void refuses_the_hostile(void **unused)
{
	refuses("null");
	refuses("7");
	refuses("\"x\"");
	refuses("{}{}");
	refuses("{\"type\":\"leave\",\"id\":1}x");
	refuses("{\"type\":\"leave\",\"id\":1.5}");
	refuses("{\"type\":\"leave\",\"id\":\"1\"}");
	refuses("{\"type\":\"leave\",\"id\":99999999999999999999999999}"); /* over 64 bits */
	refuses("{\"type\":\"leave\",\"id\":1e999}");
	refuses("{\"type\":[\"leave\"],\"id\":1}");
	refuses("{\"type\":\"lea\\u0000ve\",\"id\":1}");
	refuses("{\"type\":\"hand\",\"id\":1,\"up\":1}");
	refuses("{\"type\":\"hand\",\"id\":1,\"up\":true,\"up\":false}");
	refuses("{\"type\":\"chat\",\"id\":1,\"text\":\"\xff\"}");
	refuses("{\"type\":\"chat\",\"id\":1,\"text\":\"\xed\xa0\x80\"}");
	refuses("{\"type\":\"chat\",\"id\":1,\"text\":\"\\ud800\"}");
	refuses("{\"type\":\"chat\",\"id\":1,\"text\":\"a\\u0000b\"}");
	refuses("{\"type\":\"roster\",\"id\":1,\"from\":-1,\"count\":1}");
	refuses("{\"type\":\"roster\",\"id\":1,\"from\":1e300,\"count\":1}");
	refuses("{\"type\":\"roster\",\"id\":1,\"from\":0.5,\"count\":1}");
	refuses("{\"type\":\"view\",\"id\":1,\"slots\":{\"0\":1}}");
	refuses("{\"type\":\"view\",\"id\":1,\"slots\":[[]]}");
	refuses("{\"type\":\"view\",\"id\":1,\"slots\":[{\"slot\":\"v0\",\"source\":\"auto\",\"kind\":\"smell\"}]}");
	refuses("{\"type\":\"kick\",\"id\":1,\"site\":\"a\",\"ban\":-1}");
	refuses("{\"type\":\"kick\",\"id\":1,\"site\":\"a\",\"ban\":999999999}");
	refuses("{\"type\":\"kick\",\"id\":1,\"site\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}");
	refuses("{\"type\":\"stage\",\"id\":1,\"site\":7}");
	refuses("{\"type\":\"mute\",\"id\":1,\"all\":true,\"site\":\"a\",\"kind\":\"audio\"}");
	refuses("{\"type\":\"join\",\"id\":1,\"room\":\"../../etc\",\"name\":\"a\"}");
	refuses("{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"\\u202e \\u200b\"}"); /* nothing left of it */
	refuses("{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"a\",\"media\":\"drop\"}");
	refuses("{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"a\",\"slots\":[3,9]}");
}

/* 'n' times the text as one. malloc'ed. */
static char *repeat(const char *head, const char *text, size_t n, const char *end)
{
	size_t length = strlen(text);
	size_t start = strlen(head), size = start + n * length + strlen(end) + 1;
	char *all = malloc(size);
	assert_non_null(all);
	memcpy(all, head, start);
	for (size_t i = 0; i < n; i++)
		memcpy(all + start + i * length, text, length);
	memcpy(all + start + n * length, end, strlen(end) + 1);
	return all;
}

static void bears_depth_and_length(void **unused)
{
	char *texts[] = {
		repeat("", "[", 200000, ""),
		repeat("", "{\"a\":", 50000, ""),
		repeat("{\"type\":\"leave\",\"id\":1,\"x\":", "[", 100000, ""),
		repeat("{\"type\":\"chat\",\"id\":1,\"text\":\"", "a", 4001, "\"}"),
		repeat("{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"", "ă", 101, "\"}"),
		repeat("{\"type\":\"view\",\"id\":1,\"slots\":[{\"slot\":\"v0\",\"source\":null}",
		       ",{\"slot\":\"v0\",\"source\":null}", 24, "]}"),
		repeat("{\"type\":\"view\",\"id\":1,\"slots\":[{\"slot\":\"v", "9", 200000, "\",\"sourc\":null}]}"),
		repeat("{\"type\":\"lock\",\"id\":", "9", 200000, "}"),
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		refuses(texts[i]);
		free(texts[i]);
	}
	char *type = repeat("{\"id\":1,\"type\":\"", "x", 200000, "\"}");
	struct msg m;
	char why[CODE_WHY];
	assert_int_equal(parse(type, strlen(type), &m, why), CODE_UNSUPPORTED);
	assert_true(m.has_id);
	msg_fini(&m);
	free(type);
}

/* Bytes flipped, put in, taken out: no harm, and what is taken is within the limits. */
static void bears_any_change(void **unused)
{
	for (unsigned seed = 1; seed <= 30000; seed++) {
		char text[600], why[CODE_WHY];
		struct msg m;
		srand(seed);
		size_t n = strlen(valid[seed % VALID]);
		memcpy(text, valid[seed % VALID], n);
		for (int i = rand() % 4; i >= 0 && n > 1; i--) {
			size_t at = (size_t)rand() % n;
			switch (rand() % 3) {
			case 0: text[at] = (char)rand(); break;
			case 1: memmove(text + at, text + at + 1, --n - at); break;
			default:
				memmove(text + at + 1, text + at, n++ - at);
				text[at] = "\"{}[]:,0-eE.\\u"[rand() % 14];
			}
		}
		if (parse(text, n, &m, why) == CODE_OK && m.type == MSG_VIEW)
			for (int i = 0; i < m.view.n; i++)
				if (m.view.slots[i].height < 1 || m.view.slots[i].height > 4320 ||
				    m.view.slots[i].fps < 1 || m.view.slots[i].fps > 60)
					fail_msg("seed %u: a slot out of its limits", seed);
		msg_fini(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_valid_and_nothing_shorter),
		cmocka_unit_test(reads_the_fields),
		cmocka_unit_test(refuses_the_hostile),
		cmocka_unit_test(bears_depth_and_length),
		cmocka_unit_test(bears_any_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-suspicious-missing-comma)
