#include "secure/certfile.h"
#include "base/str.h"
#include "secure/cert.h"
#include "secure/openssl.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S 86400
#define PATH_BYTES 4096
#define HOST_NAME_MAX_BYTES 253 /* RFC 1035 2.3.4 */

struct pair {
	X509 *x509;
	EVP_PKEY *key;
};

static void pair_fini(struct pair *p)
{
	X509_free(p->x509);
	EVP_PKEY_free(p->key);
	*p = (struct pair){ NULL, NULL };
}

static enum err complain(char error[CERTFILE_ERROR], enum err err, const char *what, const char *path, const char *why)
{
	if (str_print(error, CERTFILE_ERROR, "%s certificate: %s: %s", what, path, why) != ERR_OK)
		error[CERTFILE_ERROR - 1] = 0; /* cut is good enough for a message */
	return err;
}

static enum err complain_errno(char error[CERTFILE_ERROR], const char *what, const char *path)
{
	char why[128];
	return complain(error, errno == ENOENT ? ERR_MISSING : ERR_SYS, what, path, strerror_r(errno, why, sizeof why));
}

/* An encrypted key is refused: nobody is there to type its passphrase, and OpenSSL would ask on the terminal. */
static int no_passphrase(char *to, int size, int writing, void *ctx)
{
	return -1;
}

static enum err read_pem(struct pair *p, const char *path, bool key, char error[CERTFILE_ERROR])
{
	FILE *file = fopen(path, "rbe");
	if (!file)
		return complain_errno(error, "unreadable", path);
	errno = 0;
	if (key)
		p->key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
	else
		p->x509 = PEM_read_X509(file, NULL, no_passphrase, NULL);
	enum err err = ERR_OK;
	if (ferror(file))
		err = complain_errno(error, "unreadable", path);
	else if (key && !p->key)
		err = complain(error, ERR_FORMAT, "unreadable", path, "no unencrypted private key in PEM");
	else if (!key && !p->x509)
		err = complain(error, ERR_FORMAT, "unreadable", path, "no certificate in PEM");
	(void)fclose(file);
	ERR_clear_error();
	return err;
}

static enum err look(const char *cert_path, const char *key_path, int64_t now_s, int64_t until_s,
		     char error[CERTFILE_ERROR])
{
	struct pair p = { NULL, NULL };
	time_t now = (time_t)now_s, until = (time_t)until_s;
	enum err err = read_pem(&p, cert_path, false, error);
	if (err == ERR_OK)
		err = read_pem(&p, key_path, true, error);
	if (err == ERR_OK && X509_check_private_key(p.x509, p.key) != 1)
		err = complain(error, ERR_AUTH, "unreadable", cert_path, "it does not belong to the private key");
	if (err == ERR_OK && X509_cmp_time(X509_get0_notBefore(p.x509), &now) >= 0)
		err = complain(error, ERR_RANGE, "unreadable", cert_path, "it is not valid yet");
	if (err == ERR_OK && X509_cmp_time(X509_get0_notAfter(p.x509), &until) <= 0)
		err = complain(error, ERR_RANGE, "unreadable", cert_path, "it has expired");
	ERR_clear_error();
	pair_fini(&p);
	return err;
}

enum err certfile_check(const char *cert_path, const char *key_path, int64_t now_s, char error[CERTFILE_ERROR])
{
	error[0] = 0;
	enum err err = look(cert_path, key_path, now_s, now_s, error);
	return err == ERR_MISSING ? ERR_SYS : err;
}

static bool host_name(const char *name)
{
	size_t n = strlen(name);
	return n > 0 && n <= HOST_NAME_MAX_BYTES &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == n;
}

static bool add_name(GENERAL_NAMES *names, bool ip, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	if (!name)
		return false;
	ASN1_STRING *value;
	if (ip) {
		value = a2i_IPADDRESS(text);
		if (!value) {
			GENERAL_NAME_free(name);
			ERR_clear_error();
			return true; /* no address: left out */
		}
	} else {
		value = ASN1_IA5STRING_new();
		if (!value || ASN1_STRING_set(value, text, -1) != 1) {
			ASN1_STRING_free(value);
			GENERAL_NAME_free(name);
			return false;
		}
	}
	GENERAL_NAME_set0_value(name, ip ? GEN_IPADD : GEN_DNS, value);
	if (sk_GENERAL_NAME_push(names, name) > 0)
		return true;
	GENERAL_NAME_free(name);
	return false;
}

static GENERAL_NAMES *alternative_names(const struct certfile_names *n)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool ok = names && add_name(names, false, "localhost");
	for (size_t i = 0; ok && i < n->n_dns; i++)
		ok = !host_name(n->dns[i]) || strcmp(n->dns[i], "localhost") == 0 || add_name(names, false, n->dns[i]);
	ok = ok && add_name(names, true, "127.0.0.1") && add_name(names, true, "::1");
	for (size_t i = 0; ok && i < n->n_ips; i++)
		ok = strcmp(n->ips[i], "127.0.0.1") == 0 || strcmp(n->ips[i], "::1") == 0 ||
		     add_name(names, true, n->ips[i]);
	if (ok)
		return names;
	GENERAL_NAMES_free(names);
	return NULL;
}

/* Beside its place under another name first, so that a power cut leaves the old file or the new one. */
static enum err write_pem(const struct pair *p, const char *path, bool key, char error[CERTFILE_ERROR])
{
	char beside[PATH_BYTES];
	if (str_print(beside, sizeof beside, "%s.new", path) != ERR_OK)
		return complain(error, ERR_SYS, "cannot write", path, "its path is too long");
	(void)unlink(beside);
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, key ? 0600 : 0644);
	FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (!file) {
		enum err err = complain_errno(error, "cannot write", path);
		if (fd >= 0)
			(void)close(fd);
		return err == ERR_MISSING ? ERR_SYS : err;
	}
	errno = 0;
	bool ok = key ? PEM_write_PrivateKey(file, p->key, NULL, NULL, 0, NULL, NULL) == 1
		      : PEM_write_X509(file, p->x509) == 1;
	ok = ok && fflush(file) == 0 && fsync(fd) == 0;
	ok = fclose(file) == 0 && ok && rename(beside, path) == 0;
	ERR_clear_error();
	if (ok)
		return ERR_OK;
	(void)complain_errno(error, "cannot write", path);
	(void)unlink(beside);
	return ERR_SYS;
}

static enum err make(const char *cert_path, const char *key_path, const struct certfile_names *n, int64_t now_s,
		     char error[CERTFILE_ERROR])
{
	struct pair p = { NULL, NULL };
	GENERAL_NAMES *names = alternative_names(n);
	if (!names)
		return complain(error, ERR_NOMEM, "cannot make", cert_path, "no memory");
	enum err err = cert_make(&p.key, &p.x509, names, now_s, CERTFILE_DAYS);
	GENERAL_NAMES_free(names);
	if (err != ERR_OK)
		return complain(error, err, "cannot make", cert_path, "OpenSSL refuses");
	err = write_pem(&p, key_path, true, error);
	if (err == ERR_OK)
		err = write_pem(&p, cert_path, false, error);
	pair_fini(&p);
	return err;
}

enum err certfile_keep(const char *cert_path, const char *key_path, const struct certfile_names *names, int64_t now_s,
		       enum certfile_kept *kept, char error[CERTFILE_ERROR])
{
	error[0] = 0;
	*kept = CERTFILE_KEPT;
	enum err err = look(cert_path, key_path, now_s, now_s + (int64_t)CERTFILE_MARGIN_DAYS * DAY_S, error);
	if (err == ERR_OK || err == ERR_SYS)
		return err;
	error[0] = 0;
	bool none = access(cert_path, F_OK) != 0 && access(key_path, F_OK) != 0;
	err = make(cert_path, key_path, names, now_s, error);
	if (err == ERR_OK)
		*kept = none ? CERTFILE_MADE : CERTFILE_RENEWED;
	return err;
}
