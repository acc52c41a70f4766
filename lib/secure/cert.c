#include "secure/cert.h"
#include "secure/openssl.h"
#include <stdlib.h>

#define DAY_S 86400

struct cert {
	EVP_PKEY *key;
	X509 *x509;
	uint8_t sha256[CERT_SHA256];
};

static bool set_serial(X509 *x)
{
	uint8_t serial[16];
	if (RAND_bytes(serial, sizeof serial) != 1)
		return false;
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and of one length */
	BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
	bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
	BN_free(number);
	return ok;
}

static bool set_name(X509 *x)
{
	X509_NAME *name = X509_get_subject_name(x);
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"diemcau", -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1;
}

static bool set_dates(X509 *x, int64_t now_s, int64_t days)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now_s - DAY_S)) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(now_s + days * DAY_S));
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = extension && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

static bool add_alternative_names(X509 *x, GENERAL_NAMES *names)
{
	return X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
	       add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "serverAuth");
}

enum err cert_make(EVP_PKEY **key, X509 **x509, GENERAL_NAMES *names, int64_t now_s, int64_t days)
{
	*x509 = NULL;
	*key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool ok = *key && x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_name(x) &&
		  set_dates(x, now_s, days) && X509_set_pubkey(x, *key) == 1 &&
		  (!names || add_alternative_names(x, names)) && X509_sign(x, *key, EVP_sha256()) > 0;
	if (!ok) {
		X509_free(x);
		EVP_PKEY_free(*key);
		*key = NULL;
		ERR_clear_error();
		return ERR_SYS;
	}
	*x509 = x;
	return ERR_OK;
}

enum err cert_new(struct cert **out, int64_t now_s)
{
	*out = NULL;
	struct cert *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	enum err err = cert_make(&c->key, &c->x509, NULL, now_s, 365);
	if (err == ERR_OK && X509_digest(c->x509, EVP_sha256(), c->sha256, NULL) != 1)
		err = ERR_SYS;
	if (err != ERR_OK) {
		cert_free(c);
		return err;
	}
	*out = c;
	return ERR_OK;
}

void cert_free(struct cert *c)
{
	if (!c)
		return;
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
	free(c);
}

const uint8_t *cert_sha256(const struct cert *c)
{
	return c->sha256;
}

void cert_sha256_text(const uint8_t sha256[CERT_SHA256], char text[CERT_SHA256_TEXT])
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < CERT_SHA256; i++) {
		text[3 * i] = hex[sha256[i] >> 4];
		text[3 * i + 1] = hex[sha256[i] & 15];
		text[3 * i + 2] = ':';
	}
	text[CERT_SHA256_TEXT - 1] = 0;
}

EVP_PKEY *cert_key(const struct cert *c)
{
	return c->key;
}

X509 *cert_x509(const struct cert *c)
{
	return c->x509;
}
