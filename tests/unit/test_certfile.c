#include "secure/certfile.h"
#include "secure/openssl.h"
#include "test.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1795000000
#define DAY 86400LL

static char folder[] = "/tmp/diemcau-certfile-XXXXXX";
static char cert[200], key[200], error[CERTFILE_ERROR];
static const char *const dns[] = { "hoi.tinh.gov.vn", "localhost", "not a name", "" };
static const char *const ips[] = { "10.1.2.3", "fd00::17", "127.0.0.1", "10.1.2", "x" };
static const struct certfile_names names = { dns, 4, ips, 5 };

static int setup(void **unused)
{
	(void)unlink(cert);
	(void)unlink(key);
	return 0;
}

static void overwrite(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static size_t read_all(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t n = fread(to, 1, size - 1, file);
	to[n] = 0;
	assert_int_equal(fclose(file), 0);
	return n;
}

static enum certfile_kept keep(int64_t now)
{
	enum certfile_kept kept;
	enum err err = certfile_keep(cert, key, &names, now, &kept, error);
	if (err != ERR_OK)
		fail_msg("%s: %s", err_name(err), error);
	assert_string_equal(error, "");
	return kept;
}

static void is_made_once_and_kept(void **unused)
{
	char before[4096], after[4096];
	struct stat stat_key;
	assert_int_equal(keep(NOW), CERTFILE_MADE);
	assert_int_equal(stat(key, &stat_key), 0);
	assert_int_equal(stat_key.st_mode & 0777, 0600);
	read_all(cert, before, sizeof before);
	assert_int_equal(keep(NOW + 100 * DAY), CERTFILE_KEPT);
	read_all(cert, after, sizeof after);
	assert_string_equal(before, after);
	assert_int_equal(certfile_check(cert, key, NOW, error), ERR_OK);
}

static void names_all_that_lead_here(void **unused)
{
	assert_int_equal(keep(NOW), CERTFILE_MADE);
	FILE *file = fopen(cert, "r");
	X509 *x = PEM_read_X509(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	assert_non_null(x);
	static const char *const hosts[] = { "localhost", "hoi.tinh.gov.vn" };
	static const char *const addresses[] = { "127.0.0.1", "::1", "10.1.2.3", "fd00::17" };
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(X509_check_host(x, hosts[i], 0, 0, NULL), 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(X509_check_ip_asc(x, addresses[i], 0), 1);
	assert_int_equal(X509_check_host(x, "tinh.gov.vn", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(x, "10.1.2.4", 0), 0);
	GENERAL_NAMES *list = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	assert_int_equal(sk_GENERAL_NAME_num(list), 6); /* none twice, nothing of what is no name */
	GENERAL_NAMES_free(list);
	assert_true(X509_get_extension_flags(x) & EXFLAG_SS);
	assert_true(X509_get_extended_key_usage(x) & XKU_SSL_SERVER);
	X509_free(x);
}

static void is_renewed_when_of_no_use(void **unused)
{
	char saved[4096], kept_cert[4096];
	assert_int_equal(keep(NOW), CERTFILE_MADE);
	assert_int_equal(keep(NOW + (CERTFILE_DAYS - CERTFILE_MARGIN_DAYS) * DAY - 1), CERTFILE_KEPT);
	assert_int_equal(keep(NOW + (CERTFILE_DAYS - CERTFILE_MARGIN_DAYS) * DAY), CERTFILE_RENEWED);
	assert_int_equal(keep(NOW), CERTFILE_RENEWED); /* of the future: the clock was put right */
	read_all(key, saved, sizeof saved);
	overwrite(cert, "no certificate\n");
	assert_int_equal(keep(NOW), CERTFILE_RENEWED);
	overwrite(key, saved); /* belongs to the one before */
	assert_int_equal(keep(NOW), CERTFILE_RENEWED);
	overwrite(key, "");
	assert_int_equal(keep(NOW), CERTFILE_RENEWED);
	assert_int_equal(unlink(key), 0);
	assert_int_equal(keep(NOW), CERTFILE_RENEWED);
	assert_int_equal(unlink(cert), 0);
	assert_int_equal(keep(NOW), CERTFILE_RENEWED);
	size_t n = read_all(cert, kept_cert, sizeof kept_cert);
	for (size_t cut = 0; cut < n - 30; cut += 37) {
		char text[4096];
		memcpy(text, kept_cert, cut);
		text[cut] = 0;
		overwrite(cert, text);
		assert_int_equal(keep(NOW), CERTFILE_RENEWED);
		assert_int_equal(certfile_check(cert, key, NOW, error), ERR_OK);
	}
}

static void says_what_is_wrong(void **unused)
{
	char want[CERTFILE_ERROR], other_key[200];
	enum certfile_kept kept;
	(void)snprintf(want, sizeof want, "unreadable certificate: %s: No such file or directory", cert);
	assert_int_equal(certfile_check(cert, key, NOW, error), ERR_SYS);
	assert_string_equal(error, want);
	assert_int_equal(keep(NOW), CERTFILE_MADE);
	assert_int_equal(certfile_check(cert, key, NOW + CERTFILE_DAYS * DAY, error), ERR_RANGE);
	assert_non_null(strstr(error, "it has expired"));
	assert_int_equal(certfile_check(cert, key, NOW - 2 * DAY, error), ERR_RANGE);
	assert_non_null(strstr(error, "not valid yet"));
	assert_int_equal(certfile_check(cert, cert, NOW, error), ERR_FORMAT);
	assert_non_null(strstr(error, "no unencrypted private key"));
	assert_int_equal(certfile_check(key, key, NOW, error), ERR_FORMAT);
	assert_non_null(strstr(error, "no certificate in PEM"));
	assert_int_equal(certfile_check(folder, key, NOW, error), ERR_SYS);
	assert_non_null(strstr(error, "Is a directory"));
	/* another's key */
	EVP_PKEY *other = EVP_EC_gen("P-256");
	(void)snprintf(other_key, sizeof other_key, "%s/other.pem", folder);
	FILE *file = fopen(other_key, "w");
	assert_int_equal(PEM_write_PrivateKey(file, other, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(certfile_check(cert, other_key, NOW, error), ERR_AUTH);
	assert_non_null(strstr(error, "does not belong"));
	/* an encrypted key is refused and not asked about on the terminal */
	file = fopen(other_key, "w");
	assert_int_equal(PEM_write_PrivateKey(file, other, EVP_aes_128_cbc(), (unsigned char *)"pass", 4, NULL, NULL),
			 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(certfile_check(cert, other_key, NOW, error), ERR_FORMAT);
	EVP_PKEY_free(other);
	(void)unlink(other_key);
	/* nowhere to write */
	assert_int_equal(certfile_keep("/nowhere/c.pem", "/nowhere/k.pem", &names, NOW, &kept, error), ERR_SYS);
	assert_string_equal(error, "cannot write certificate: /nowhere/k.pem: No such file or directory");
	/* there, but not to be read: left alone */
	assert_int_equal(certfile_keep(folder, key, &names, NOW, &kept, error), ERR_SYS);
	assert_non_null(strstr(error, "unreadable certificate"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(is_made_once_and_kept, setup),
		cmocka_unit_test_setup(names_all_that_lead_here, setup),
		cmocka_unit_test_setup(is_renewed_when_of_no_use, setup),
		cmocka_unit_test_setup(says_what_is_wrong, setup),
	};
	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(cert, sizeof cert, "%s/cert.pem", folder);
	(void)snprintf(key, sizeof key, "%s/key.pem", folder);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(cert);
	(void)unlink(key);
	(void)rmdir(folder);
	return failed;
}
