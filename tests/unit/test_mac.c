/* secure/mac against RFC 2202, RFC 5769 (STUN), FIPS 180 and RFC 4231. */
#include "secure/mac.h"
#include "secure/openssl.h"
#include "test.h"
#include "unhex.h"

static size_t allocations;
static void *counting_malloc(size_t n, const char *file, int line)
{
	allocations++;
	return malloc(n);
}
static void *counting_realloc(void *p, size_t n, const char *file, int line)
{
	allocations++;
	return realloc(p, n);
}
static void counting_free(void *p, const char *file, int line)
{
	free(p);
}

static void sha1_is(const uint8_t *key, size_t n_key, const char *data, const char *want_hex)
{
	struct mac_sha1_key k;
	uint8_t mac[MAC_SHA1], want[MAC_SHA1];
	struct bytes part = bytes_of(data, strlen(data));
	unhex(want, want_hex);
	mac_sha1_key_init(&k, bytes_of(key, n_key));
	mac_sha1(&k, &part, 1, mac);
	assert_memory_equal(mac, want, MAC_SHA1);
}

static void digests_as_rfc_2202(void **unused)
{
	uint8_t key[80];
	memset(key, 0x0b, sizeof key);
	sha1_is(key, 20, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00");
	sha1_is((const uint8_t *)"Jefe", 4, "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	memset(key, 0xaa, sizeof key);
	sha1_is(key, 80, "Test Using Larger Than Block-Size Key - Hash Key First",
		"aa4ae5e15272d00e95705637ce8a3b55ed402112");
	sha1_is(key, 0, "", "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

/* RFC 5769 2.1: the request up to MESSAGE-INTEGRITY, its length counting that attribute but not FINGERPRINT, given in
 * parts without touching the message. */
static void digests_a_stun_message(void **unused)
{
	uint8_t message[108], mac[MAC_SHA1];
	size_t n = unhex(message, "000100582112a442b7e7a701bc34d686fa87dfae"
				  "802200105354554e207465737420636c69656e74"
				  "002400046e0001ff80290008932ff9b151263b36"
				  "000600096576746a3a68367659202020"
				  "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
				  "80280004e57a3bcf");
	assert_int_equal(n, sizeof message);
	static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";
	static const uint8_t length[2] = { 0, 0x50 };
	struct bytes parts[] = { { message, 2 }, { length, 2 }, { message + 4, 72 } };
	struct mac_sha1_key k;
	mac_sha1_key_init(&k, bytes_of(password, strlen(password)));
	allocations = 0;
	for (int i = 0; i < 100; i++)
		mac_sha1(&k, parts, 3, mac);
	assert_int_equal(allocations, 0);
	assert_true(mac_equal(mac, message + 80, MAC_SHA1));
	for (size_t i = 0; i < MAC_SHA1; i++) {
		mac[i] ^= 1;
		assert_false(mac_equal(mac, message + 80, MAC_SHA1));
		mac[i] ^= 1;
	}
}

/* Cut in any two places, on every length across the blocks of the hash, it is the same as OpenSSL's in one go. */
static void digests_parts_as_one(void **unused)
{
	srand(1);
	for (size_t n = 0; n < 300; n++) {
		uint8_t *data = malloc(n + !n), key[100], mac[MAC_SHA1], want[MAC_SHA1];
		size_t n_key = (size_t)rand() % sizeof key;
		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)rand();
		for (size_t i = 0; i < n_key; i++)
			key[i] = (uint8_t)rand();
		size_t a = (size_t)rand() % (n + 1), b = a + (size_t)rand() % (n - a + 1);
		struct bytes parts[] = { { data, a }, { data + a, b - a }, { data + b, n - b } };
		struct mac_sha1_key k;
		mac_sha1_key_init(&k, bytes_of(key, n_key));
		mac_sha1(&k, parts, 3, mac);
		assert_non_null(HMAC(EVP_sha1(), key, (int)n_key, data, n, want, NULL));
		assert_memory_equal(mac, want, MAC_SHA1);
		free(data);
	}
}

static void digests_sha256(void **unused)
{
	uint8_t digest[MAC_SHA256], want[MAC_SHA256], key[20];
	char hex[MAC_SHA256_HEX];
	unhex(want, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(mac_sha256(bytes_of("abc", 3), digest), ERR_OK);
	assert_memory_equal(digest, want, MAC_SHA256);
	assert_int_equal(mac_secret("abc", hex), ERR_OK);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	memset(key, 0x0b, sizeof key);
	unhex(want, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_int_equal(mac_hmac_sha256(bytes_of(key, 20), bytes_of("Hi There", 8), digest), ERR_OK);
	assert_memory_equal(digest, want, MAC_SHA256);
	unhex(want, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	assert_int_equal(mac_hmac_sha256(bytes_of(NULL, 0), bytes_of(NULL, 0), digest), ERR_OK);
	assert_memory_equal(digest, want, MAC_SHA256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_as_rfc_2202),
		cmocka_unit_test(digests_a_stun_message),
		cmocka_unit_test(digests_parts_as_one),
		cmocka_unit_test(digests_sha256),
	};
	if (!CRYPTO_set_mem_functions(counting_malloc, counting_realloc, counting_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
