/* secure/token: what it issues it takes, and of all else nothing. Foreign tokens are made with libjwt and OpenSSL. */
#include "secure/openssl.h"
#include "secure/token.h"
#include "test.h"
#include <jwt.h>
#include <stdio.h>

#define NOW 1795000000

static const struct token_claims chair = { .room = "giao-ban",
					   .role = TOKEN_CHAIR,
					   .name = "Điểm cầu xã Lũng Cú",
					   .site = "lung-cu",
					   .unit = "Huyện Đồng Văn",
					   .iat = NOW,
					   .exp = NOW + 3600 };

static void round_trip(void **unused)
{
	struct token_key key, other;
	struct token_claims got;
	char text[TOKEN_MAX + 1];
	assert_int_equal(token_key_random(&key), ERR_OK);
	assert_int_equal(token_key_random(&other), ERR_OK);
	assert_int_equal(token_issue(&key, &chair, text), ERR_OK);
	assert_int_equal(token_verify(&key, text, NOW, &got), ERR_OK);
	assert_string_equal(got.room, chair.room);
	assert_string_equal(got.name, chair.name);
	assert_string_equal(got.site, chair.site);
	assert_string_equal(got.unit, chair.unit);
	assert_int_equal(got.role, TOKEN_CHAIR);
	assert_int_equal(got.iat, NOW);
	assert_int_equal(got.exp, NOW + 3600);
	assert_int_equal(token_verify(&key, text, NOW + 3599, &got), ERR_OK);
	assert_int_equal(token_verify(&key, text, NOW + 3600, &got), ERR_RANGE);
	assert_string_equal(got.room, "");
	assert_int_equal(token_verify(&key, text, NOW - TOKEN_LEEWAY_S, &got), ERR_OK);
	assert_int_equal(token_verify(&key, text, NOW - TOKEN_LEEWAY_S - 1, &got), ERR_RANGE);
	assert_int_equal(token_verify(&other, text, NOW, &got), ERR_AUTH);
	/* a kept key is the same key */
	assert_int_equal(token_key_secret(&other, key.data, key.n), ERR_OK);
	assert_int_equal(token_verify(&other, text, NOW, &got), ERR_OK);
	assert_int_equal(token_key_secret(&other, key.data, 31), ERR_RANGE);
	assert_int_equal(token_key_secret(&other, key.data, 513), ERR_RANGE);
}

static void issues_within_limits(void **unused)
{
	struct token_key key;
	struct token_claims c = chair, got;
	char text[TOKEN_MAX + 1];
	assert_int_equal(token_key_random(&key), ERR_OK);
	c.exp = c.iat;
	assert_int_equal(token_issue(&key, &c, text), ERR_RANGE);
	assert_string_equal(text, "");
	c = chair;
	c.room[0] = 0;
	assert_int_equal(token_issue(&key, &c, text), ERR_RANGE);
	c.role = TOKEN_OPERATOR;
	c.name[0] = c.site[0] = c.unit[0] = 0;
	assert_int_equal(token_issue(&key, &c, text), ERR_OK);
	assert_int_equal(token_verify(&key, text, NOW, &got), ERR_OK);
	assert_int_equal(got.role, TOKEN_OPERATOR);
	assert_string_equal(got.room, "");
	c.role = TOKEN_ROLES;
	assert_int_equal(token_issue(&key, &c, text), ERR_RANGE);
	c = chair;
	memcpy(c.name, "\xff\xfe", 3);
	assert_int_equal(token_issue(&key, &c, text), ERR_RANGE);
	c = chair; /* all fields full still make a token */
	memset(c.room, 'r', ID_MAX);
	memset(c.site, 's', ID_MAX);
	memset(c.name, 'n', NAME_MAX_BYTES);
	memset(c.unit, 'u', NAME_MAX_BYTES);
	assert_int_equal(token_issue(&key, &c, text), ERR_OK);
	assert_int_equal(token_verify(&key, text, NOW, &got), ERR_OK);
	assert_int_equal(strlen(got.unit), NAME_MAX_BYTES);
}

/* A token of any header and claims, signed with HMAC-SHA256 of a key. */
static void base64url(char *to, const uint8_t *p, size_t n)
{
	size_t m = (size_t)EVP_EncodeBlock((unsigned char *)to, p, (int)n);
	while (m && to[m - 1] == '=')
		m--;
	to[m] = 0;
	for (size_t i = 0; i < m; i++)
		to[i] = to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i];
}

static void forge(char *text, const char *header, const char *claims, const void *key, size_t n_key)
{
	char h[400], c[4000], s[100];
	uint8_t mac[32];
	base64url(h, (const uint8_t *)header, strlen(header));
	base64url(c, (const uint8_t *)claims, strlen(claims));
	int n = sprintf(text, "%s.%s", h, c);
	assert_non_null(HMAC(EVP_sha256(), key, (int)n_key, (uint8_t *)text, (size_t)n, mac, NULL));
	base64url(s, mac, sizeof mac);
	(void)sprintf(text + n, ".%s", s);
}

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define GOOD "{\"role\":\"guest\",\"room\":\"r\",\"exp\":1795000001}"

static const struct forged {
	const char *header, *claims;
	enum err err;
} forgeries[] = {
	{ HEADER, GOOD, ERR_OK },
	{ "{\"alg\":\"HS256\"}", GOOD, ERR_OK },
	/* another algorithm, however well signed */
	{ "{\"alg\":\"none\",\"typ\":\"JWT\"}", GOOD, ERR_AUTH },
	{ "{\"alg\":\"HS384\",\"typ\":\"JWT\"}", GOOD, ERR_AUTH },
	{ "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", GOOD, ERR_AUTH },
	{ "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", GOOD, ERR_AUTH },
	{ "{\"alg\":\"XX\",\"typ\":\"JWT\"}", GOOD, ERR_FORMAT },
	{ "{\"typ\":\"JWT\"}", GOOD, ERR_FORMAT },
	{ "[]", GOOD, ERR_FORMAT },
	/* claims */
	{ HEADER, "{\"role\":\"guest\",\"room\":\"r\"}", ERR_RANGE },
	{ HEADER, "{\"role\":\"guest\",\"room\":\"r\",\"exp\":\"soon\"}", ERR_FORMAT },
	{ HEADER, "{\"role\":\"guest\",\"room\":\"r\",\"exp\":-1}", ERR_FORMAT },
	{ HEADER, "{\"role\":\"guest\",\"room\":\"r\",\"exp\":1795000001.5}", ERR_FORMAT },
	{ HEADER, "{\"role\":\"guest\",\"room\":\"r\",\"exp\":1795000001,\"iat\":1795000061}", ERR_RANGE },
	{ HEADER, "{\"role\":\"guest\",\"room\":\"r\",\"exp\":1795000001,\"nbf\":1795000061}", ERR_RANGE },
	{ HEADER, "{\"role\":\"guest\",\"exp\":1795000001}", ERR_FORMAT },
	{ HEADER, "{\"role\":\"guest\",\"room\":7,\"exp\":1795000001}", ERR_FORMAT },
	{ HEADER, "{\"role\":\"king\",\"room\":\"r\",\"exp\":1795000001}", ERR_FORMAT },
	{ HEADER, "{\"role\":\"guestguestguestguest\",\"room\":\"r\",\"exp\":1795000001}", ERR_FORMAT },
	{ HEADER, "{\"role\":[],\"room\":\"r\",\"exp\":1795000001}", ERR_FORMAT },
	{ HEADER, "{\"room\":\"r\",\"exp\":1795000001}", ERR_FORMAT },
	{ HEADER, "{\"role\":\"guest\",\"room\":\"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\",\"exp\":1795000001}",
	  ERR_FORMAT },
	{ HEADER, "{\"role\":\"guest\",\"room\":\"r\\u0000s\",\"exp\":1795000001}", ERR_FORMAT },
	{ HEADER, "[1,2]", ERR_FORMAT },
	{ HEADER, "{", ERR_FORMAT },
	{ HEADER, "", ERR_FORMAT },
};

static void takes_no_forgery(void **unused)
{
	static const char secret[] = "0123456789abcdef0123456789abcdef";
	struct token_key key;
	struct token_claims got;
	char text[8000];
	assert_int_equal(token_key_secret(&key, secret, 32), ERR_OK);
	for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
		const struct forged *f = &forgeries[i];
		forge(text, f->header, f->claims, secret, 32);
		enum err err = token_verify(&key, text, NOW, &got);
		/* A token that libjwt cannot read may count as the one or the other; never as good. */
		if (err != f->err &&
		    !(f->err != ERR_OK && (err == ERR_AUTH || err == ERR_FORMAT) && f->err != ERR_RANGE))
			fail_msg("%s %s: %s", f->header, f->claims, err_name(err));
	}
	/* unsigned in the way of RFC 7519 6.1 */
	forge(text, "{\"alg\":\"none\"}", GOOD, secret, 32);
	*(strrchr(text, '.') + 1) = 0;
	assert_int_not_equal(token_verify(&key, text, NOW, &got), ERR_OK);
}

static void takes_nothing_altered(void **unused)
{
	struct token_key key;
	struct token_claims got;
	char text[TOKEN_MAX + 1];
	assert_int_equal(token_key_random(&key), ERR_OK);
	assert_int_equal(token_issue(&key, &chair, text), ERR_OK);
	size_t n = strlen(text);
	for (size_t cut = 0; cut < n; cut++) {
		char *shorter = calloc(1, cut + 1);
		memcpy(shorter, text, cut);
		assert_int_not_equal(token_verify(&key, shorter, NOW, &got), ERR_OK);
		free(shorter);
	}
	for (size_t i = 0; i < n - 1; i++) { /* the last character has bits that mean nothing */
		char was = text[i];
		text[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(token_verify(&key, text, NOW, &got), ERR_OK);
		text[i] = was;
	}
	static const char *const junk[] = { "",	   ".",	   "..",      "...",	  "a.b.c",
					    "a.b", "a..c", "a.b.c.d", "{}.{}.{}", "a b.c.d" };
	for (size_t i = 0; i < sizeof junk / sizeof *junk; i++)
		assert_int_equal(token_verify(&key, junk[i], NOW, &got), ERR_FORMAT);
	char *huge = malloc(TOKEN_MAX + 2);
	memset(huge, 'a', TOKEN_MAX + 1);
	huge[TOKEN_MAX + 1] = 0;
	huge[10] = huge[20] = '.';
	assert_int_equal(token_verify(&key, huge, NOW, &got), ERR_FORMAT);
	free(huge);
}

static void pem(EVP_PKEY *key, char *private_pem, char *public_pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	int n = BIO_read(bio, private_pem, TOKEN_PEM_MAX - 1);
	private_pem[n] = 0;
	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	n = BIO_read(bio, public_pem, TOKEN_PEM_MAX - 1);
	public_pem[n] = 0;
	BIO_free(bio);
	EVP_PKEY_free(key);
}

static char *signed_with(jwt_alg_t algorithm, const char *key)
{
	jwt_t *jwt;
	assert_int_equal(jwt_new(&jwt), 0);
	assert_int_equal(jwt_add_grants_json(jwt, GOOD), 0);
	assert_int_equal(jwt_set_alg(jwt, algorithm, (const unsigned char *)key, (int)strlen(key)), 0);
	char *text = jwt_encode_str(jwt);
	jwt_free(jwt);
	assert_non_null(text);
	return text;
}

static void takes_a_public_key_and_its_algorithm(void **unused)
{
	for (int ec = 0; ec < 2; ec++) {
		char private_pem[TOKEN_PEM_MAX], public_pem[TOKEN_PEM_MAX], forged[8000];
		struct token_key key;
		struct token_claims got;
		pem(ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048), private_pem, public_pem);
		assert_int_equal(token_key_public(&key, public_pem), ERR_OK);
		assert_int_equal(key.algorithm, ec ? TOKEN_ES256 : TOKEN_RS256);
		char *text = signed_with(ec ? JWT_ALG_ES256 : JWT_ALG_RS256, private_pem);
		assert_int_equal(token_verify(&key, text, NOW, &got), ERR_OK);
		assert_string_equal(got.room, "r");
		text[strlen(text) - 10] ^= 1;
		assert_int_not_equal(token_verify(&key, text, NOW, &got), ERR_OK);
		free(text);
		if (!ec) {
			text = signed_with(JWT_ALG_RS512, private_pem);
			assert_int_equal(token_verify(&key, text, NOW, &got), ERR_AUTH);
			free(text);
		}
		/* the old trick: HMAC with the public key as its secret */
		forge(forged, HEADER, GOOD, public_pem, strlen(public_pem));
		assert_int_equal(token_verify(&key, forged, NOW, &got), ERR_AUTH);
		assert_int_equal(token_issue(&key, &chair, forged), ERR_STATE);
	}
	struct token_key key;
	char private_pem[TOKEN_PEM_MAX], public_pem[TOKEN_PEM_MAX];
	pem(EVP_RSA_gen(1024), private_pem, public_pem);
	assert_int_equal(token_key_public(&key, public_pem), ERR_FORMAT);
	pem(EVP_EC_gen("P-384"), private_pem, public_pem);
	assert_int_equal(token_key_public(&key, public_pem), ERR_FORMAT);
	assert_int_equal(token_key_public(&key, private_pem), ERR_FORMAT);
	assert_int_equal(token_key_public(&key, ""), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(issues_within_limits),
		cmocka_unit_test(takes_no_forgery),
		cmocka_unit_test(takes_nothing_altered),
		cmocka_unit_test(takes_a_public_key_and_its_algorithm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
