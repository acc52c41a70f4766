#include "secure/password.h"
#include "test.h"
#include <stdio.h>

static void knows_its_password(void **unused)
{
	char text[PASSWORD_TEXT], again[PASSWORD_TEXT];
	assert_int_equal(password_hash("mật khẩu của tỉnh", text), ERR_OK);
	assert_int_equal(password_hash("mật khẩu của tỉnh", again), ERR_OK);
	assert_string_not_equal(text, again); /* salted */
	assert_int_equal(password_verify("mật khẩu của tỉnh", text), ERR_OK);
	assert_int_equal(password_verify("mật khẩu của huyện", text), ERR_AUTH);
	assert_int_equal(password_verify("", text), ERR_RANGE);
	assert_true(strncmp(text, "scrypt$14$8$1$", 14) == 0);
	assert_int_equal(strlen(text), 14 + 32 + 1 + 64);
}

/* RFC 7914 12 has no vector with N <= 2^14, r = 8, p = 1 and a salt of 16 bytes; this text was made by Python's
 * hashlib.scrypt(b"secret", salt=bytes(range(16)), n=1024, r=8, p=1, dklen=32). */
static const char by_python[] = "scrypt$10$8$1$000102030405060708090a0b0c0d0e0f$"
				"31d73f8d308fcbeb94f1a48b6ccf85181402fc05d2cdf582b0052417f5580a09";

static void agrees_with_another_scrypt(void **unused)
{
	assert_int_equal(password_verify("secret", by_python), ERR_OK);
	assert_int_equal(password_verify("secreT", by_python), ERR_AUTH);
}

static void refuses_broken_texts(void **unused)
{
	static const char *const salt_hash = by_python + 14;
	static const char *const starts[] = { "scrypt$15$8$1$",	    "scrypt$99$8$1$", "scrypt$09$8$1$",
					      "scrypt$10$9$1$",	    "scrypt$10$0$1$", "scrypt$10$8$2$",
					      "scrypt$-1$8$1$",	    "argon2$10$8$1$", "scrypt$10$8$",
					      "scrypt$1048576$8$1$" };
	char text[PASSWORD_TEXT];
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		(void)snprintf(text, sizeof text, "%s%s", starts[i], salt_hash);
		if (password_verify("secret", text) != ERR_FORMAT)
			fail_msg("taken: %s", text);
	}
	for (size_t n = 0; n < sizeof by_python - 1; n++) {
		char *cut = calloc(1, n + 1);
		memcpy(cut, by_python, n);
		assert_int_equal(password_verify("secret", cut), ERR_FORMAT);
		free(cut);
	}
	(void)snprintf(text, sizeof text, "%s0", by_python);
	assert_int_equal(password_verify("secret", text), ERR_FORMAT);
	(void)snprintf(text, sizeof text, "%s", by_python);
	text[20] = 'g';
	assert_int_equal(password_verify("secret", text), ERR_FORMAT);
	char *lengthy = malloc(PASSWORD_MAX_BYTES + 2);
	memset(lengthy, 'x', PASSWORD_MAX_BYTES + 1);
	lengthy[PASSWORD_MAX_BYTES + 1] = 0;
	assert_int_equal(password_hash(lengthy, text), ERR_RANGE);
	assert_string_equal(text, "");
	assert_int_equal(password_hash("", text), ERR_RANGE);
	lengthy[PASSWORD_MAX_BYTES] = 0;
	assert_int_equal(password_hash(lengthy, text), ERR_OK);
	free(lengthy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_password),
		cmocka_unit_test(agrees_with_another_scrypt),
		cmocka_unit_test(refuses_broken_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
