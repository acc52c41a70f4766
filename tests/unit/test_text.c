#include "base/limits.h"
#include "signal/text.h"
#include "test.h"
#include <stdio.h>
// NOLINTBEGIN(misc-misleading-bidirectional): marks that names are cleaned of

static void cleans(void **unused)
{
	static const struct {
		const char *from, *to;
		bool lines;
		enum err err;
	} cases[] = {
		{ "UBND xã Sủng Là", "UBND xã Sủng Là", false, ERR_OK },
		{ "  a \t\n b  ", "a b", false, ERR_OK },
		{ "a \t\n b \n\n c", "a\nb\nc", true, ERR_OK },
		{ "\n\n", "", true, ERR_OK },
		{ "", "", false, ERR_OK },
		{ "a\x01"
		  "b\x7f"
		  "c\xc2\x85"
		  "d",
		  "abcd", false, ERR_OK },
		{ "ab\xe2\x80\xae"
		  "cd\xe2\x80\x8b"
		  "e\xef\xbb\xbf",
		  "abcde", false, ERR_OK }, /* RLO, ZWSP, BOM */
		{ "a\xc2\xa0\xe3\x80\x80"
		  "b",
		  "a b", false, ERR_OK },
		{ "e\xcc\x81", "e\xcc\x81", false, ERR_OK }, /* marks stay as they come */
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", false, ERR_OK },
		{ "1234567890123456789", "1234567890123456789", false, ERR_OK },
		{ "12345678901234567890", "", false, ERR_RANGE },
		{ "123456789012345678\xc3\xa9", "", false, ERR_RANGE },
		{ "  1234567890123456789  ", "1234567890123456789", false, ERR_OK },
		{ "a\xff", "", false, ERR_FORMAT },
		{ "a\xc3", "", false, ERR_FORMAT },
		{ "a\xc0\x80", "", false, ERR_FORMAT },	       /* overlong NUL */
		{ "\xe0\x80\xaf", "", false, ERR_FORMAT },     /* overlong */
		{ "\xed\xa0\x80", "", false, ERR_FORMAT },     /* surrogate */
		{ "\xf4\x90\x80\x80", "", false, ERR_FORMAT }, /* above U+10FFFF */
		{ "\xf8\x88\x80\x80\x80", "", false, ERR_FORMAT },
		{ "\x80", "", false, ERR_FORMAT },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* blocks of the exact size: AddressSanitizer sees a step too far */
		char *to = malloc(20), *from = strdup(cases[i].from);
		enum err err = text_clean(to, 20, from, cases[i].lines);
		if (err != cases[i].err || strcmp(to, cases[i].to) != 0)
			fail_msg("case %zu: %s \"%s\"", i, err_name(err), to);
		free(to);
		free(from);
	}
}

/* Whatever comes: what is kept is UTF-8, not too long, without blanks at its ends, and cleaning it again changes
 * nothing. */
static void cleans_anything(void **unused)
{
	static const char *const pieces[] = { "a",	  "\xc3\xa9",	      " ",
					      "\n",	  "\xe2\x80\xae",     "\xff",
					      "\xe1\xba", "\xf0\x9f\x98\x80", "\xe2\x80\xa8",
					      "\x01" };
	for (unsigned seed = 1; seed <= 20000; seed++) {
		char from[64] = "", once[24], twice[24];
		size_t n = 0;
		srand(seed);
		for (int i = rand() % 12; i > 0; i--) {
			const char *piece = pieces[rand() % 10];
			memcpy(from + n, piece, strlen(piece) + 1);
			n += strlen(piece);
		}
		bool lines = rand() % 2;
		if (text_clean(once, sizeof once, from, lines))
			continue;
		n = strlen(once);
		if (n && (strchr(" \n", once[0]) || strchr(" \n", once[n - 1])))
			fail_msg("seed %u: \"%s\"", seed, once);
		if (text_clean(twice, sizeof twice, once, lines) || strcmp(once, twice) != 0)
			fail_msg("seed %u: \"%s\" becomes \"%s\"", seed, once, twice);
	}
}

static void knows_ids(void **unused)
{
	assert_true(text_is_id("giao-ban"));
	assert_true(text_is_id("A_1"));
	assert_true(text_is_id("12345678901234567890123456789012"));
	assert_false(text_is_id("123456789012345678901234567890123"));
	assert_false(text_is_id(""));
	assert_false(text_is_id("-a"));
	assert_false(text_is_id("a b"));
	assert_false(text_is_id("a/b"));
	assert_false(text_is_id("\xc3\xa9"));
}

static void makes_ids_of_names(void **unused)
{
	static const char *const cases[][2] = {
		{ "Hội nghị giao ban tháng 11", "hoi-nghi-giao-ban-thang-11" },
		{ "UBND xã Sủng Là", "ubnd-xa-sung-la" },
		{ "ĐỒNG VĂN", "dong-van" },
		{ "Ưu tiên: Quản Bạ, Mèo Vạc (2)", "uu-tien-quan-ba-meo-vac-2" },
		{ "Nguye\xcc\x82\xcc\x83n", "nguyen" }, /* decomposed */
		{ "  -- a -- ", "a" },
		{ "***", "" },
		{ "会议", "" },
		{ "àáảãạăằắẳẵặâầấẩẫậ", "aaaaaaaaaaaaaaaaa" },
		{ "èéẻẽẹêềếểễệìíỉĩị", "eeeeeeeeeeeiiiii" },
		{ "òóỏõọôồốổỗộơờớởỡợ", "ooooooooooooooooo" },
		{ "ùúủũụưừứửữựỳýỷỹỵđ", "uuuuuuuuuuuyyyyyd" },
		{ "a very long name of a room that does not fit", "a-very-long-name-of-a-room-that" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[ID_MAX + 1];
		text_slug(id, sizeof id, cases[i][0]);
		if (strncmp(id, cases[i][1], ID_MAX) != 0 || (id[0] && !text_is_id(id)))
			fail_msg("case %zu: \"%s\"", i, id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans),
		cmocka_unit_test(cleans_anything),
		cmocka_unit_test(knows_ids),
		cmocka_unit_test(makes_ids_of_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(misc-misleading-bidirectional)
