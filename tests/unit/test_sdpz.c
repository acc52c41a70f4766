#include "base/limits.h"
#include "signal/sdpz.h"
#include "test.h"
#include <stdio.h>

static void there_and_back(void **unused)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 100, 65536, SDP_MAX - 1, SDP_MAX };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char *sdp = malloc(sizes[i] + 1), *text, *back;
		size_t n;
		srand((unsigned)i + 1);
		for (size_t k = 0; k < sizes[i]; k++)
			sdp[k] = (char)(' ' + rand() % 90);
		assert_int_equal(sdpz_pack(bytes_of(sdp, sizes[i]), &text), ERR_OK);
		assert_int_equal(sdpz_unpack(text, &back, &n), ERR_OK);
		assert_int_equal(n, sizes[i]);
		assert_memory_equal(back, sdp, n);
		assert_int_equal(back[n], '\0');
		free(sdp);
		free(text);
		free(back);
	}
}

/* Made by another zlib (node's deflateRawSync) and base64 with its padding, as btoa writes it. */
static void reads_what_others_write(void **unused)
{
	char *sdp;
	size_t n;
	assert_int_equal(sdpz_unpack("K7M14OUqtuXlAgA=", &sdp, &n), ERR_OK);
	assert_int_equal(n, 9);
	assert_memory_equal(sdp, "v=0\r\ns=\r\n", 9);
	free(sdp);
	assert_int_equal(sdpz_unpack("K7M14OUqtuXlAgA", &sdp, &n), ERR_OK); /* without padding */
	free(sdp);
}

static void refuses(const char *text, enum err want)
{
	char *sdp = (char *)1, *exact = strdup(text);
	size_t n = 7;
	enum err err = sdpz_unpack(exact, &sdp, &n);
	if (err != want || sdp || n)
		fail_msg("\"%.40s\": %s", text, err_name(err));
	free(exact);
}

static void refuses_what_is_broken(void **unused)
{
	refuses("", ERR_FORMAT);
	refuses("=", ERR_FORMAT);
	refuses("====", ERR_FORMAT);
	refuses("K", ERR_FORMAT);
	refuses("K7M14OUqtuXlAgA=x", ERR_FORMAT);
	refuses("K7M14OUq tuXlAgA=", ERR_FORMAT);
	refuses("K7M14OUqtuXlAgA=K7M1", ERR_FORMAT);
	refuses("////", ERR_FORMAT);
	refuses("K7M14OUqtuXlAgAA", ERR_FORMAT); /* a byte after the end */
}

static void refuses_what_is_cut(void **unused)
{
	char *text, sdp[3000];
	for (size_t i = 0; i < sizeof sdp; i++)
		sdp[i] = (char)('a' + i * i % 23);
	assert_int_equal(sdpz_pack(bytes_of(sdp, sizeof sdp), &text), ERR_OK);
	size_t length = strlen(text);
	while (text[length - 1] == '=')
		length--;
	for (size_t n = 0; n + 2 < length; n++) {
		char *cut = strndup(text, n), *out;
		size_t out_n;
		assert_int_equal(sdpz_unpack(cut, &out, &out_n), ERR_FORMAT);
		free(cut);
	}
	free(text);
}

/* A bomb: 64 MiB of one letter is 64 KiB packed; it is not inflated past the limit. */
static void inflates_no_bomb(void **unused)
{
	size_t n = (size_t)64 << 20;
	char *sdp = malloc(n), *text, *out;
	memset(sdp, 'a', n);
	assert_int_equal(sdpz_pack(bytes_of(sdp, n), &text), ERR_OK);
	assert_true(strlen(text) < SDP_MAX);
	assert_int_equal(sdpz_unpack(text, &out, &n), ERR_LIMIT);
	assert_null(out);
	free(text);
	assert_int_equal(sdpz_pack(bytes_of(sdp, SDP_MAX + 1), &text), ERR_OK);
	assert_int_equal(sdpz_unpack(text, &out, &n), ERR_LIMIT);
	free(text);
	free(sdp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),	  cmocka_unit_test(reads_what_others_write),
		cmocka_unit_test(refuses_what_is_broken), cmocka_unit_test(refuses_what_is_cut),
		cmocka_unit_test(inflates_no_bomb),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
