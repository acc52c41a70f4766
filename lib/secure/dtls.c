#include "secure/dtls.h"
#include "base/limits.h"
#include "secure/openssl.h"
#include <stdlib.h>

#define FIRST_REPEAT_US 500000U /* of our flight, when no answer came; then doubled, */
#define LAST_REPEAT_US 4000000U /* up to this: a burst of loss must not cost a minute */
#define PEER_CERT_MAX 8192	/* bytes of the other side's certificate list */
#define RECORD_HEADER 13	/* bytes, RFC 6347 4.1 */
#define RECORD_MAX (16384 + 2048)

struct dtls_ctx {
	SSL_CTX *ssl;
	BIO_METHOD *method;
};

struct dtls {
	SSL *ssl;
	enum dtls_state state;
	const char *why;
	uint8_t peer_sha256[CERT_SHA256];
	dtls_send *send;
	void *send_ctx;
	struct bytes in;    /* the datagram being fed; empty once read */
	usec deadline;	    /* OpenSSL's timer */
	usec limit;	    /* of the whole handshake */
	uint16_t datagrams; /* taken in the handshake */
	uint8_t early;	    /* records of epoch 1 taken in the handshake */
	struct srtp_keys keys;
};

static const struct profile {
	unsigned long id; /* OpenSSL's, which is the registry's */
	enum srtp_profile profile;
	uint8_t key, salt; /* bytes */
} profiles[PROFILES] = {
	{ SRTP_AEAD_AES_128_GCM, PROFILE_AEAD_AES_128_GCM, 16, 12 },
	{ SRTP_AEAD_AES_256_GCM, PROFILE_AEAD_AES_256_GCM, 32, 12 },
	{ SRTP_AES128_CM_SHA1_80, PROFILE_AES128_CM_SHA1_80, 16, 14 },
};

/* As a server OpenSSL takes the first of this list that the client offers, in whatever order. */
static const char profile_names[] = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

static const char ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384";

/* --- the BIO: datagrams --- */

static int bio_write(BIO *bio, const char *p, int n)
{
	struct dtls *d = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (n > 0)
		d->send(d->send_ctx, bytes_of(p, (size_t)n));
	return n;
}

static int bio_read(BIO *bio, char *p, int size)
{
	struct dtls *d = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (!d->in.n || size <= 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t n = d->in.n < (size_t)size ? d->in.n : (size_t)size; /* a datagram's rest is lost, as with a socket */
	memcpy(p, d->in.p, n);
	d->in = bytes_of(NULL, 0);
	return (int)n;
}

static long bio_ctrl(BIO *bio, int command, long n, void *p)
{
	switch (command) {
	case BIO_CTRL_FLUSH: return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return MTU_BYTES;
	default: return 0;
	}
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *method_new(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
	if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) && BIO_meth_set_ctrl(m, bio_ctrl) &&
	    BIO_meth_set_create(m, bio_create))
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* --- the context --- */

/* Replaces OpenSSL's verification: the fingerprint of the signalled certificate decides, and it alone. */
static int verify(X509_STORE_CTX *store, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct dtls *d = SSL_get_app_data(ssl);
	X509 *x509 = X509_STORE_CTX_get0_cert(store);
	uint8_t sha256[CERT_SHA256];
	if (x509 && X509_digest(x509, EVP_sha256(), sha256, NULL) == 1 &&
	    CRYPTO_memcmp(sha256, d->peer_sha256, sizeof sha256) == 0)
		return 1;
	d->why = "certificate is not the one whose fingerprint was signalled";
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

enum err dtls_ctx_new(struct dtls_ctx **out, const struct cert *cert)
{
	*out = NULL;
	struct dtls_ctx *x = calloc(1, sizeof *x);
	if (!x)
		return ERR_NOMEM;
	x->method = method_new();
	x->ssl = SSL_CTX_new(DTLS_method());
	bool ok = x->method && x->ssl && SSL_CTX_set_min_proto_version(x->ssl, DTLS1_2_VERSION) == 1 &&
		  SSL_CTX_set_max_proto_version(x->ssl, DTLS1_2_VERSION) == 1 &&
		  SSL_CTX_use_certificate(x->ssl, cert_x509(cert)) == 1 &&
		  SSL_CTX_use_PrivateKey(x->ssl, cert_key(cert)) == 1 &&
		  SSL_CTX_set_cipher_list(x->ssl, ciphers) == 1 &&
		  SSL_CTX_set1_groups_list(x->ssl, "X25519:P-256:P-384") == 1 &&
		  SSL_CTX_set_tlsext_use_srtp(x->ssl, profile_names) == 0; /* this one says 0 for done */
	if (!ok) {
		ERR_clear_error();
		dtls_ctx_free(x);
		return ERR_SYS;
	}
	SSL_CTX_set_options(x->ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
					SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(x->ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(x->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(x->ssl, verify, NULL);
	SSL_CTX_set_max_cert_list(x->ssl, PEER_CERT_MAX);
	SSL_CTX_set_read_ahead(x->ssl, 1);
	*out = x;
	return ERR_OK;
}

void dtls_ctx_free(struct dtls_ctx *x)
{
	if (!x)
		return;
	SSL_CTX_free(x->ssl);
	BIO_meth_free(x->method);
	free(x);
}

/* --- the association --- */

static void enter(struct dtls *d, enum dtls_state state, const char *why)
{
	if (state != DTLS_READY)
		OPENSSL_cleanse(&d->keys, sizeof d->keys);
	d->state = state;
	d->why = why;
	d->deadline = d->limit = USEC_NEVER;
}

/* RFC 5764 4.2: client's key, server's key, client's salt, server's salt. */
static bool export_keys(struct dtls *d)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const SRTP_PROTECTION_PROFILE *agreed = SSL_get_selected_srtp_profile(d->ssl);
	const struct profile *p = NULL;
	for (size_t i = 0; agreed && i < PROFILES; i++)
		if (profiles[i].id == agreed->id)
			p = &profiles[i];
	uint8_t material[2 * sizeof(struct srtp_half)];
	if (!p || SSL_export_keying_material(d->ssl, material, 2 * ((size_t)p->key + p->salt), label, sizeof label - 1,
					     NULL, 0, 0) != 1)
		return false;
	struct srtp_half *client = SSL_is_server(d->ssl) ? &d->keys.remote : &d->keys.local;
	struct srtp_half *server = SSL_is_server(d->ssl) ? &d->keys.local : &d->keys.remote;
	const uint8_t *keys = material, *salts = material + 2 * (size_t)p->key;
	memset(&d->keys, 0, sizeof d->keys);
	d->keys.profile = p->profile;
	memcpy(client->key, keys, p->key);
	memcpy(server->key, keys + p->key, p->key);
	memcpy(client->salt, salts, p->salt);
	memcpy(server->salt, salts + p->salt, p->salt);
	OPENSSL_cleanse(material, sizeof material);
	return true;
}

/* What OpenSSL's last call on this association left to say, in words an operator can use. */
static const char *reason(const struct dtls *d)
{
	unsigned long error = ERR_peek_last_error();
	switch (ERR_GET_REASON(error)) {
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "no certificate came";
	case SSL_R_NO_SHARED_CIPHER: return "no cipher in common";
	case SSL_R_UNSUPPORTED_PROTOCOL: return "no DTLS 1.2";
	case SSL_R_READ_TIMEOUT_EXPIRED: return "no answer";
	default: break;
	}
	if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET)
		return "the other side sent an alert";
	return d->why[0] ? d->why : "handshake went wrong";
}

static void arm(struct dtls *d, usec now)
{
	struct timeval left;
	d->deadline = d->limit;
	if (d->state == DTLS_HANDSHAKING && DTLSv1_get_timeout(d->ssl, &left) == 1)
		usec_lower(&d->deadline, now + left.tv_sec * USEC_S + left.tv_usec);
}

/* OpenSSL's two record buffers, 35 KB, are there only while a call into it lasts: hundreds of associations stand idle
 * for hours. False: no memory, nothing may be read or written. */
static bool borrow_buffers(struct dtls *d)
{
	return SSL_alloc_buffers(d->ssl) == 1;
}

static void return_buffers(struct dtls *d)
{
	(void)SSL_free_buffers(d->ssl); /* it keeps them where a record is read in part: never with whole datagrams */
}

static void handshake(struct dtls *d)
{
	ERR_clear_error();
	int done = SSL_do_handshake(d->ssl);
	if (done == 1) {
		if (export_keys(d)) {
			enter(d, DTLS_READY, "");
		} else {
			(void)SSL_shutdown(d->ssl);
			enter(d, DTLS_FAILED, "no SRTP profile in common");
		}
	} else if (SSL_get_error(d->ssl, done) != SSL_ERROR_WANT_READ) {
		enter(d, DTLS_FAILED, reason(d));
	}
	ERR_clear_error();
}

/* Reads the datagram to its end: repeats of the other side's last flight are answered in there, application data is
 * thrown away. */
static void drain(struct dtls *d)
{
	uint8_t data[DATAGRAM_MAX];
	int n;
	do {
		ERR_clear_error();
		n = SSL_read(d->ssl, data, sizeof data);
	} while (n > 0);
	int error = SSL_get_error(d->ssl, n);
	if (error == SSL_ERROR_ZERO_RETURN)
		enter(d, DTLS_CLOSED, "the other side closed it");
	else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		enter(d, DTLS_CLOSED, reason(d));
	ERR_clear_error();
}

/* What a sealed record is longer than what it holds: GCM's explicit nonce and tag, ChaCha20-Poly1305's tag. */
static size_t seal_bytes(const struct dtls *d)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(d->ssl);
	return cipher && SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305 ? 16 : 8 + 16;
}

/* Every record of a datagram must be whole, of our version and of an epoch that can be due: 0 and 1 in the
 * handshake, 1 after it. A record of epoch 1 that is too short to hold a byte under its seal is nobody's, and
 * Debian's OpenSSL before 3.0.22-1~deb12u2 ends the association by it (CVE-2026-75806). OpenSSL may keep a buffer of
 * 16 KB for each record of epoch 1 that comes before the keys. After the handshake only the sealed records at the
 * end are left in *datagram: a last flight comes again in one datagram with what went in the clear before it. */
static bool admit(struct dtls *d, struct bytes *datagram)
{
	struct reader r = reader_of(*datagram);
	struct bytes sealed = bytes_of(NULL, 0);
	unsigned early = 0;
	while (reader_left(&r)) {
		struct bytes rest = bytes_of(r.p, reader_left(&r));
		uint8_t type = reader_u8(&r);
		uint16_t version = reader_u16(&r), epoch = reader_u16(&r);
		reader_skip(&r, 6);
		uint16_t length = reader_u16(&r);
		reader_skip(&r, length);
		if (r.failed || length > RECORD_MAX || type < SSL3_RT_CHANGE_CIPHER_SPEC ||
		    type > SSL3_RT_APPLICATION_DATA || version >> 8 != DTLS1_VERSION_MAJOR || epoch > 1)
			return false;
		if (epoch == 1 && length <= seal_bytes(d))
			return false;
		if (epoch == 1 && !sealed.n)
			sealed = rest;
		if (d->state == DTLS_READY && epoch != 1 && sealed.n)
			return false;
		early += epoch;
	}
	if (d->state != DTLS_HANDSHAKING) {
		*datagram = sealed;
		return sealed.n > 0;
	}
	if (d->early + early > DTLS_EARLY_MAX)
		return false;
	d->early = (uint8_t)(d->early + early);
	return true;
}

static unsigned int repeat_after(SSL *ssl, unsigned int before_us)
{
	if (!before_us)
		return FIRST_REPEAT_US;
	return before_us >= LAST_REPEAT_US / 2 ? LAST_REPEAT_US : 2 * before_us;
}

enum err dtls_new(struct dtls **out, struct dtls_ctx *x, bool active, const uint8_t peer_sha256[CERT_SHA256],
		  dtls_send *send, void *send_ctx, usec now)
{
	*out = NULL;
	struct dtls *d = calloc(1, sizeof *d);
	BIO *bio = BIO_new(x->method);
	if (d)
		d->ssl = SSL_new(x->ssl);
	if (!d || !bio || !d->ssl) {
		BIO_free(bio);
		dtls_free(d);
		ERR_clear_error();
		return ERR_NOMEM;
	}
	d->state = DTLS_HANDSHAKING;
	d->why = "";
	memcpy(d->peer_sha256, peer_sha256, sizeof d->peer_sha256);
	d->send = send;
	d->send_ctx = send_ctx;
	d->deadline = d->limit = now + DTLS_LIMIT;
	BIO_set_data(bio, d);
	SSL_set_bio(d->ssl, bio, bio);
	SSL_set_app_data(d->ssl, d);
	SSL_set_mtu(d->ssl, MTU_BYTES);
	DTLS_set_timer_cb(d->ssl, repeat_after);
	if (active) {
		SSL_set_connect_state(d->ssl);
		handshake(d);
	} else {
		SSL_set_accept_state(d->ssl);
	}
	if (d->state != DTLS_HANDSHAKING) {
		dtls_free(d);
		return ERR_SYS;
	}
	arm(d, now);
	*out = d;
	return ERR_OK;
}

void dtls_free(struct dtls *d)
{
	if (!d)
		return;
	SSL_free(d->ssl);
	OPENSSL_cleanse(d, sizeof *d);
	free(d);
}

enum dtls_state dtls_on_datagram(struct dtls *d, struct bytes datagram, usec now)
{
	if (d->state == DTLS_FAILED || d->state == DTLS_CLOSED || datagram.n < RECORD_HEADER ||
	    datagram.n > DATAGRAM_MAX || !admit(d, &datagram))
		return d->state;
	if (!borrow_buffers(d))
		return d->state;
	d->in = datagram;
	if (d->state == DTLS_HANDSHAKING) {
		if (d->datagrams++ == DTLS_DATAGRAMS_MAX)
			enter(d, DTLS_FAILED, "too many datagrams");
		else
			handshake(d);
	}
	if (d->state == DTLS_READY)
		drain(d);
	d->in = bytes_of(NULL, 0);
	if (d->state != DTLS_HANDSHAKING)
		return_buffers(d);
	arm(d, now);
	return d->state;
}

enum dtls_state dtls_on_deadline(struct dtls *d, usec now)
{
	if (d->state != DTLS_HANDSHAKING || now < d->deadline)
		return d->state;
	ERR_clear_error();
	if (now >= d->limit || DTLSv1_handle_timeout(d->ssl) < 0)
		enter(d, DTLS_FAILED, "no answer");
	ERR_clear_error();
	arm(d, now);
	return d->state;
}

usec dtls_deadline(const struct dtls *d)
{
	return d->deadline;
}

enum dtls_state dtls_state(const struct dtls *d)
{
	return d->state;
}

const struct srtp_keys *dtls_keys(const struct dtls *d)
{
	return d->state == DTLS_READY ? &d->keys : NULL;
}

const char *dtls_why(const struct dtls *d)
{
	return d->why;
}

void dtls_close(struct dtls *d)
{
	if (d->state == DTLS_FAILED || d->state == DTLS_CLOSED)
		return;
	ERR_clear_error();
	if (d->state == DTLS_READY && borrow_buffers(d))
		(void)SSL_shutdown(d->ssl);
	ERR_clear_error();
	enter(d, DTLS_CLOSED, "closed by us");
}
