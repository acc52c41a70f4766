#include "secure/cert.h"
#include "secure/openssl.h"
#include "test.h"

#define NOW 1795000000

static void is_what_browsers_want(void **unused)
{
	for (int i = 0; i < 20; i++) {
		struct cert *c, *other;
		assert_int_equal(cert_new(&c, NOW), ERR_OK);
		assert_int_equal(cert_new(&other, NOW), ERR_OK);
		X509 *x = cert_x509(c);
		time_t now = NOW, day_later = NOW + 86400;
		assert_int_equal(X509_get_version(x), X509_VERSION_3);
		const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
		assert_int_equal(ASN1_STRING_type(serial), V_ASN1_INTEGER); /* not V_ASN1_NEG_INTEGER */
		assert_int_equal(ASN1_STRING_length(serial), 16);
		assert_true(ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(cert_x509(other))) != 0);
		assert_true(X509_NAME_entry_count(X509_get_subject_name(x)) > 0);
		assert_int_equal(X509_cmp_time(X509_get0_notBefore(x), &now), -1);
		assert_int_equal(X509_cmp_time(X509_get0_notAfter(x), &day_later), 1);
		assert_int_equal(X509_get_signature_nid(x), NID_ecdsa_with_SHA256);
		assert_int_equal(X509_verify(x, cert_key(c)), 1);
		assert_int_equal(X509_check_private_key(x, cert_key(c)), 1);
		uint8_t *der = NULL, sha256[32];
		int n = i2d_X509(x, &der);
		assert_in_range(n, 100, 600); /* with the rest of its flight in one datagram */
		SHA256(der, (size_t)n, sha256);
		assert_memory_equal(cert_sha256(c), sha256, 32);
		assert_memory_not_equal(cert_sha256(c), cert_sha256(other), 32);
		OPENSSL_free(der);
		cert_free(c);
		cert_free(other);
	}
	cert_free(NULL);
}

static void fingerprints_are_upper_case(void **unused)
{
	uint8_t sha256[32];
	char text[CERT_SHA256_TEXT];
	for (size_t i = 0; i < 32; i++)
		sha256[i] = (uint8_t)(0xe7 + i * 5);
	cert_sha256_text(sha256, text);
	assert_string_equal(text, "E7:EC:F1:F6:FB:00:05:0A:0F:14:19:1E:23:28:2D:32:37:3C:41:46:4B:50:55:5A:5F:64:69:6E:"
				  "73:78:7D:82");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_browsers_want),
		cmocka_unit_test(fingerprints_are_upper_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
