/* secure/dtls: both sides in memory, on a clock of the test's own, over a wire that loses, repeats and cuts anew. */
#include "base/limits.h"
#include "secure/dtls.h"
#include "secure/openssl.h"
#include "test.h"
#include <stdio.h>
#include <sys/time.h>

/* OpenSSL 3.0 reads its DTLS timer from gettimeofday: the test's clock stands in its place. */
static usec clock_now = 1000 * USEC_S;
__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	*tv = (struct timeval){ .tv_sec = clock_now / USEC_S, .tv_usec = clock_now % USEC_S };
	return 0;
}

/* What OpenSSL holds, for the limits on memory. */
static size_t held, held_most;
union block {
	size_t n;
	max_align_t align;
};
static void *counting_malloc(size_t n, const char *file, int line)
{
	union block *b = malloc(sizeof *b + n);
	if (!b)
		return NULL;
	b->n = n;
	held += n;
	held_most = held > held_most ? held : held_most;
	return b + 1;
}
static void counting_free(void *p, const char *file, int line)
{
	union block *b = p;
	if (!b)
		return;
	held -= b[-1].n;
	free(b - 1);
}
static void *counting_realloc(void *p, size_t n, const char *file, int line)
{
	void *q = counting_malloc(n, file, line);
	if (q && p) {
		size_t before = ((union block *)p)[-1].n;
		memcpy(q, p, before < n ? before : n);
		counting_free(p, file, line);
	}
	return q;
}

#define RECORD_HEADER 13

/* --- a wire --- */

#define QUEUE 512
struct datagram {
	uint8_t data[DATAGRAM_MAX];
	size_t n;
};
struct wire {
	struct datagram queue[QUEUE];
	size_t n, most, total;
	unsigned loss_percent, twice_percent;
	bool cut;		 /* handshake messages in the clear leave in new pieces each time */
	uint64_t record;	 /* number of the next record of epoch 0, once we cut */
	struct datagram log[64]; /* the first ones that left */
	size_t n_log;
};

static struct wire to_server, to_client;

static void put(struct wire *w, struct bytes b)
{
	if (w->loss_percent && (unsigned)rand() % 100 < w->loss_percent)
		return;
	unsigned copies = 1 + (w->twice_percent && (unsigned)rand() % 100 < w->twice_percent);
	while (copies--) {
		assert_true(w->n < QUEUE);
		struct datagram *d = &w->queue[w->n++];
		memcpy(d->data, b.p, b.n);
		d->n = b.n;
	}
}

/* One piece of a handshake message as a record in a datagram of its own. */
static void put_piece(struct wire *w, const uint8_t *message_header, struct bytes body, size_t from, size_t n)
{
	uint8_t out[DATAGRAM_MAX];
	struct writer o = writer_of(out, sizeof out);
	writer_u8(&o, 22);
	writer_u16(&o, 0xfefd);
	writer_u16(&o, 0);
	writer_be(&o, w->record++, 6);
	writer_u16(&o, (uint16_t)(12 + n));
	writer_bytes(&o, bytes_of(message_header, 6));
	writer_u24(&o, (uint32_t)from);
	writer_u24(&o, (uint32_t)n);
	writer_bytes(&o, bytes_of(body.p + from, n));
	assert_false(o.failed);
	put(w, writer_done(&o));
}

/* Records go out one by one; whole handshake messages of epoch 0 in two or three pieces of chance that may overlap. */
static void cut(struct wire *w, struct bytes datagram)
{
	struct reader r = reader_of(datagram);
	while (reader_left(&r)) {
		const uint8_t *start = r.p;
		uint8_t type = reader_u8(&r);
		reader_skip(&r, 2);
		uint16_t epoch = reader_u16(&r);
		reader_skip(&r, 6);
		struct bytes body = reader_bytes(&r, reader_u16(&r));
		assert_false(r.failed);
		struct reader m = reader_of(body);
		const uint8_t *header = m.p;
		reader_skip(&m, 1);
		uint32_t length = reader_u24(&m);
		reader_skip(&m, 2);
		uint32_t from = reader_u24(&m), n = reader_u24(&m);
		if (type != 22 || epoch != 0 || m.failed || from != 0 || n != length || reader_left(&m) != n || n < 4) {
			uint8_t same[DATAGRAM_MAX];
			memcpy(same, start, (size_t)(r.p - start));
			struct writer number = writer_of(same + 5, 6);
			if (epoch == 0)
				writer_be(&number, w->record++, 6);
			put(w, bytes_of(same, (size_t)(r.p - start)));
			continue;
		}
		size_t a = 1 + (size_t)rand() % (n - 1), overlap = (size_t)rand() % a;
		struct bytes whole = bytes_of(m.p, n);
		if (rand() % 2) {
			put_piece(w, header, whole, 0, a);
			put_piece(w, header, whole, a - overlap, n - a + overlap);
		} else {
			put_piece(w, header, whole, a, n - a);
			put_piece(w, header, whole, 0, a / 2 + 1);
			put_piece(w, header, whole, a / 2, a - a / 2);
		}
	}
}

static void carry(void *ctx, struct bytes datagram)
{
	struct wire *w = ctx;
	w->most = datagram.n > w->most ? datagram.n : w->most;
	w->total += datagram.n;
	assert_in_range(datagram.n, 1, DATAGRAM_MAX);
	if (w->n_log < sizeof w->log / sizeof *w->log) {
		memcpy(w->log[w->n_log].data, datagram.p, datagram.n);
		w->log[w->n_log++].n = datagram.n;
	}
	if (w->cut)
		cut(w, datagram);
	else
		put(w, datagram);
}

/* Gives an exact-size copy, so that ASan sees a byte read past its end. */
static enum dtls_state feed(struct dtls *d, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n + !n);
	if (n)
		memcpy(copy, p, n);
	enum dtls_state state = dtls_on_datagram(d, bytes_of(copy, n), clock_now);
	free(copy);
	return state;
}

static void deliver(struct wire *w, struct dtls *d)
{
	for (size_t i = 0; i < w->n; i++)
		feed(d, w->queue[i].data, w->queue[i].n);
	w->n = 0;
}

/* --- two sides --- */

static struct cert *cert_a, *cert_b;
static struct dtls_ctx *ctx_a, *ctx_b;

static void wires_clear(void)
{
	memset(&to_server, 0, sizeof to_server);
	memset(&to_client, 0, sizeof to_client);
}

static struct dtls *new_server(const struct cert *expected)
{
	struct dtls *d;
	assert_int_equal(dtls_new(&d, ctx_a, false, cert_sha256(expected), carry, &to_client, clock_now), ERR_OK);
	return d;
}

static struct dtls *new_client(const struct cert *expected)
{
	struct dtls *d;
	assert_int_equal(dtls_new(&d, ctx_b, true, cert_sha256(expected), carry, &to_server, clock_now), ERR_OK);
	return d;
}

/* Moves datagrams, and time when there are none, until both are done or `limit` is over. */
static void run(struct dtls *server, struct dtls *client, usec limit)
{
	usec end = clock_now + limit;
	while (clock_now < end && (dtls_state(server) == DTLS_HANDSHAKING || dtls_state(client) == DTLS_HANDSHAKING)) {
		if (to_server.n || to_client.n) {
			deliver(&to_server, server);
			deliver(&to_client, client);
			continue;
		}
		usec next = end;
		usec_lower(&next, dtls_deadline(server));
		usec_lower(&next, dtls_deadline(client));
		assert_true(next >= clock_now);
		clock_now = next;
		dtls_on_deadline(server, clock_now);
		dtls_on_deadline(client, clock_now);
	}
}

static void same_keys(const struct dtls *one, const struct dtls *other)
{
	const struct srtp_keys *a = dtls_keys(one), *b = dtls_keys(other);
	static const struct srtp_half none;
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->profile, b->profile);
	assert_memory_equal(&a->local, &b->remote, sizeof a->local);
	assert_memory_equal(&a->remote, &b->local, sizeof a->local);
	assert_memory_not_equal(&a->local, &a->remote, sizeof a->local);
	assert_memory_not_equal(&a->local, &none, sizeof none);
}

static void agrees_on_keys(void **unused)
{
	wires_clear();
	size_t before = held;
	struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
	assert_int_equal(dtls_deadline(client), clock_now + 500 * USEC_MS);
	assert_int_equal(dtls_deadline(server), clock_now + DTLS_LIMIT);
	assert_null(dtls_keys(server));
	usec start = clock_now;
	run(server, client, DTLS_LIMIT);
	assert_int_equal(clock_now, start); /* nothing had to be repeated */
	assert_int_equal(dtls_state(server), DTLS_READY);
	assert_int_equal(dtls_state(client), DTLS_READY);
	same_keys(server, client);
	assert_int_equal(dtls_keys(server)->profile, PROFILE_AEAD_AES_128_GCM);
	assert_true(to_server.most <= MTU_BYTES && to_client.most <= MTU_BYTES);
	assert_true(held - before < 256 * 1024);
	assert_int_equal(to_client.n_log, 2); /* ServerHello … ServerHelloDone in one datagram, then the Finished */
	assert_int_equal(dtls_deadline(server), USEC_NEVER);
	assert_int_equal(dtls_deadline(client), USEC_NEVER);
	dtls_close(client);
	assert_null(dtls_keys(client));
	deliver(&to_server, server);
	assert_int_equal(dtls_state(server), DTLS_CLOSED);
	assert_null(dtls_keys(server));
	dtls_free(server);
	dtls_free(client);
}

/* The client's Finished arrived, the server's did not: the client repeats its flight into a READY server. */
static void answers_the_last_flight_again(void **unused)
{
	wires_clear();
	struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
	deliver(&to_server, server);
	deliver(&to_client, client);
	deliver(&to_server, server);
	assert_int_equal(dtls_state(server), DTLS_READY);
	assert_int_equal(dtls_state(client), DTLS_HANDSHAKING);
	for (int lost = 0; lost < 4; lost++) {
		assert_true(to_client.n > 0);
		to_client.n = 0;
		clock_now = dtls_deadline(client);
		assert_int_equal(dtls_on_deadline(client, clock_now), DTLS_HANDSHAKING);
		assert_true(to_server.n > 0);
		deliver(&to_server, server);
		assert_int_equal(dtls_state(server), DTLS_READY);
	}
	deliver(&to_client, client);
	assert_int_equal(dtls_state(client), DTLS_READY);
	same_keys(server, client);
	dtls_free(server);
	dtls_free(client);
}

/* The same from a client that sends its flight again as it left, in one datagram: the Finished, numbered anew, behind
 * what is in the clear. */
static void answers_a_packed_flight_again(void **unused)
{
	wires_clear();
	struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
	deliver(&to_server, server);
	deliver(&to_client, client);
	struct datagram flight = to_server.queue[0];
	assert_int_equal(to_server.n, 1);
	deliver(&to_server, server);
	assert_int_equal(dtls_state(server), DTLS_READY);
	to_client.n = 0;
	clock_now = dtls_deadline(client);
	assert_int_equal(dtls_on_deadline(client, clock_now), DTLS_HANDSHAKING);
	struct datagram finished = to_server.queue[to_server.n - 1];
	assert_int_equal(finished.data[4], 1);
	/* the flight's own Finished is its last record and as long as this one */
	memcpy(flight.data + flight.n - finished.n, finished.data, finished.n);
	to_server.n = 0;
	assert_int_equal(feed(server, flight.data, flight.n), DTLS_READY);
	assert_true(to_client.n > 0);
	deliver(&to_client, client);
	assert_int_equal(dtls_state(client), DTLS_READY);
	same_keys(server, client);
	dtls_free(server);
	dtls_free(client);
}

static void survives_a_bad_wire(void **unused)
{
	unsigned ready = 0;
	for (unsigned seed = 1; seed <= 150; seed++) {
		srand(seed);
		wires_clear();
		to_server.loss_percent = to_client.loss_percent = seed % 3 * 15;
		to_server.twice_percent = to_client.twice_percent = seed % 2 * 30;
		to_server.cut = to_client.cut = seed % 5 != 0;
		struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
		run(server, client, DTLS_LIMIT);
		if (dtls_state(server) == DTLS_READY && dtls_state(client) == DTLS_READY) {
			same_keys(server, client);
			ready++;
		} else if (!to_server.loss_percent) {
			fail_msg("seed %u: server %s, client %s", seed, dtls_why(server), dtls_why(client));
		}
		dtls_free(server);
		dtls_free(client);
	}
	if (ready < 140)
		fail_msg("only %u of 150 handshakes came through", ready);
}

static void gives_up(void **unused)
{
	wires_clear();
	struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
	to_server.loss_percent = 100;
	to_server.n = 0;
	usec start = clock_now;
	unsigned before = (unsigned)to_server.n_log;
	run(server, client, 2 * DTLS_LIMIT);
	assert_int_equal(clock_now - start, DTLS_LIMIT);
	assert_int_equal(dtls_state(server), DTLS_FAILED);
	assert_int_equal(dtls_state(client), DTLS_FAILED);
	assert_string_equal(dtls_why(client), "no answer");
	assert_in_range(to_server.n_log - before, 8, 12);
	dtls_free(server);
	dtls_free(client);
}

static void refuses_another_certificate(void **unused)
{
	for (int server_wrong = 0; server_wrong < 2; server_wrong++) {
		wires_clear();
		struct dtls *server = new_server(server_wrong ? cert_a : cert_b);
		struct dtls *client = new_client(server_wrong ? cert_a : cert_b);
		run(server, client, USEC_S);
		struct dtls *refusing = server_wrong ? server : client, *refused = server_wrong ? client : server;
		assert_int_equal(dtls_state(refusing), DTLS_FAILED);
		assert_null(dtls_keys(refusing));
		assert_non_null(strstr(dtls_why(refusing), "fingerprint"));
		assert_int_equal(dtls_state(refused), DTLS_FAILED);
		assert_string_equal(dtls_why(refused), "the other side sent an alert");
		/* and stays so */
		size_t sent = to_client.n_log + to_server.n_log;
		feed(refusing, to_server.log[0].data, to_server.log[0].n);
		assert_int_equal(dtls_on_deadline(refusing, clock_now + 100 * USEC_S), DTLS_FAILED);
		assert_int_equal(to_client.n_log + to_server.n_log, sent);
		dtls_free(server);
		dtls_free(client);
	}
}

/* --- a client that is not ours --- */

static int raw_write(BIO *bio, const char *p, int n)
{
	carry(BIO_get_data(bio), bytes_of(p, (size_t)n));
	return n;
}
static int raw_read(BIO *bio, char *p, int size)
{
	BIO_clear_retry_flags(bio);
	if (!to_client.n) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t n = to_client.queue[0].n;
	memcpy(p, to_client.queue[0].data, n);
	memmove(to_client.queue, to_client.queue + 1, --to_client.n * sizeof *to_client.queue);
	return (int)n;
}
static long raw_ctrl(BIO *bio, int command, long n, void *p)
{
	return command == BIO_CTRL_FLUSH;
}
static int raw_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static uint8_t share[1216]; /* as long as X25519MLKEM768's */
static int add_share(SSL *ssl, unsigned type, const unsigned char **out, size_t *n, int *alert, void *unused)
{
	*out = share;
	*n = sizeof share;
	return 1;
}

struct raw {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO_METHOD *method;
};

static void raw_init(struct raw *c, const char *profiles, const struct cert *cert, bool big)
{
	c->ctx = SSL_CTX_new(DTLS_method());
	if (cert) {
		assert_int_equal(SSL_CTX_use_certificate(c->ctx, cert_x509(cert)), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(c->ctx, cert_key(cert)), 1);
	}
	if (profiles)
		assert_int_equal(SSL_CTX_set_tlsext_use_srtp(c->ctx, profiles), 0);
	if (big)
		assert_int_equal(SSL_CTX_add_client_custom_ext(c->ctx, 0x11ec, add_share, NULL, NULL, NULL, NULL), 1);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_QUERY_MTU);
	c->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "raw");
	BIO_meth_set_write(c->method, raw_write);
	BIO_meth_set_read(c->method, raw_read);
	BIO_meth_set_ctrl(c->method, raw_ctrl);
	BIO_meth_set_create(c->method, raw_create);
	c->ssl = SSL_new(c->ctx);
	BIO *bio = BIO_new(c->method);
	BIO_set_data(bio, &to_server);
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_mtu(c->ssl, 1200);
	SSL_set_connect_state(c->ssl);
}

static void raw_fini(struct raw *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	BIO_meth_free(c->method);
}

/* True: the client is done as well. */
static bool raw_run(struct raw *c, struct dtls *server)
{
	int done = 0;
	for (int i = 0; i < 20 && done != 1; i++) {
		ERR_clear_error();
		done = SSL_do_handshake(c->ssl);
		if (done != 1 && SSL_get_error(c->ssl, done) != SSL_ERROR_WANT_READ)
			break;
		deliver(&to_server, server);
	}
	ERR_clear_error();
	return done == 1;
}

static const struct offer {
	const char *profiles;
	bool certificate, ready;
	enum srtp_profile profile;
	const char *why;
} offers[] = {
	/* Chromium's order, then its reverse: ours decides */
	{ "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM", true, true, PROFILE_AEAD_AES_128_GCM,
	  "" },
	{ "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80", true, true, PROFILE_AEAD_AES_128_GCM,
	  "" },
	{ "SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", true, true, PROFILE_AEAD_AES_256_GCM,
	  "" },
	{ "SRTP_AES128_CM_SHA1_80", true, true, PROFILE_AES128_CM_SHA1_80, "" },
	{ "SRTP_AES128_CM_SHA1_32", true, false, 0, "no SRTP profile in common" },
	{ NULL, true, false, 0, "no SRTP profile in common" },
	{ "SRTP_AEAD_AES_128_GCM", false, false, 0, "no certificate came" },
};

/* The exporter once more, by hand: what the other side would use. */
static void exports_the_same(struct raw *c, const struct srtp_keys *keys)
{
	static const size_t lengths[PROFILES][2] = { { 16, 12 }, { 32, 12 }, { 16, 14 } };
	size_t k = lengths[keys->profile][0], s = lengths[keys->profile][1];
	uint8_t m[92];
	assert_int_equal(SSL_export_keying_material(c->ssl, m, 2 * (k + s), "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0), 1);
	assert_memory_equal(keys->remote.key, m, k);
	assert_memory_equal(keys->local.key, m + k, k);
	assert_memory_equal(keys->remote.salt, m + 2 * k, s);
	assert_memory_equal(keys->local.salt, m + 2 * k + s, s);
}

static void picks_by_its_own_order(void **unused)
{
	for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
		const struct offer *o = &offers[i];
		struct raw client;
		wires_clear();
		struct dtls *server = new_server(cert_b);
		raw_init(&client, o->profiles, o->certificate ? cert_b : NULL, false);
		bool done = raw_run(&client, server);
		if (dtls_state(server) != (o->ready ? DTLS_READY : DTLS_FAILED) ||
		    strcmp(dtls_why(server), o->why) != 0)
			fail_msg("offer %zu: state %d, \"%s\"", i, dtls_state(server), dtls_why(server));
		if (o->ready) {
			assert_true(done);
			assert_int_equal(dtls_keys(server)->profile, o->profile);
			exports_the_same(&client, dtls_keys(server));
		}
		raw_fini(&client);
		dtls_free(server);
	}
}

/* A ClientHello of 1.4 KB, cut as Firefox cuts it: first 1383 + 78 of which one is lost, then 1163 + 298, or in any
 * other way. */
static void joins_a_hello_cut_anew(void **unused)
{
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct raw client;
		srand(seed);
		wires_clear();
		struct dtls *server = new_server(cert_b);
		raw_init(&client, offers[0].profiles, cert_b, true);
		assert_int_equal(SSL_do_handshake(client.ssl), -1);
		assert_true(to_server.n_log >= 2); /* OpenSSL itself had to cut it */
		uint8_t hello[2000];
		size_t n = 0;
		for (size_t i = 0; i < to_server.n_log; i++) {
			memcpy(hello + n, to_server.log[i].data + 25, to_server.log[i].n - 25);
			n += to_server.log[i].n - 25;
		}
		assert_in_range(n, 1350, 1500);
		const uint8_t *header = to_server.log[0].data + 13;
		to_server.n = 0;
		to_server.cut = true; /* from here on we number the records */
		size_t at = seed == 1 ? 1383 : 1 + (size_t)rand() % (n - 1);
		size_t again = seed == 1 ? 1163 : 1 + (size_t)rand() % (n - 1);
		bool first_lost = rand() % 2;
		if (first_lost)
			put_piece(&to_server, header, bytes_of(hello, n), at, n - at);
		else
			put_piece(&to_server, header, bytes_of(hello, n), 0, at);
		deliver(&to_server, server);
		assert_int_equal(to_client.n, 0);
		put_piece(&to_server, header, bytes_of(hello, n), again, n - again);
		put_piece(&to_server, header, bytes_of(hello, n), 0, again);
		deliver(&to_server, server);
		if (!to_client.n)
			fail_msg("seed %u: no answer after cuts at %zu and %zu of %zu", seed, at, again, n);
		assert_true(raw_run(&client, server));
		assert_int_equal(dtls_state(server), DTLS_READY);
		raw_fini(&client);
		dtls_free(server);
	}
}

/* --- hostility --- */

static size_t mutate(uint8_t *p, size_t n)
{
	switch (rand() % 6) {
	case 0: return (size_t)rand() % n;
	case 1: p[(size_t)rand() % n] ^= (uint8_t)(1 << rand() % 8); return n;
	case 2: p[(size_t)rand() % (n < 25 ? n : 25)] = (uint8_t)rand(); return n; /* headers */
	case 3: {
		size_t from = (size_t)rand() % n, length = (size_t)rand() % (n - from) + 1;
		for (size_t i = 0; i < length; i++)
			p[from + i] = (uint8_t)rand();
		return n;
	}
	case 4: {
		size_t more = (size_t)rand() % (DATAGRAM_MAX - n + 1);
		for (size_t i = 0; i < more; i++)
			p[n + i] = (uint8_t)rand();
		return n + more;
	}
	default:
		if (2 * n > DATAGRAM_MAX)
			return n;
		memcpy(p + n, p, n);
		p[n + (size_t)rand() % n] ^= 0xff;
		return 2 * n;
	}
}

/* Between the true datagrams come altered ones. A handshake may break by them, as every DTLS handshake in the clear
 * may; it must not crash, hold memory without end, or end in keys that only one side has. */
static void lives_with_altered_datagrams(void **unused)
{
	unsigned ready = 0, rounds = 600;
	for (unsigned seed = 1; seed <= rounds; seed++) {
		srand(seed);
		wires_clear();
		size_t before = held;
		held_most = 0;
		struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
		for (int step = 0; step < 12; step++) {
			struct wire *w = step % 2 ? &to_client : &to_server;
			struct dtls *d = step % 2 ? client : server;
			for (int i = 0; i < 2; i++) {
				struct wire *from = rand() % 4 ? w : step % 2 ? &to_server : &to_client;
				if (!from->n_log || rand() % 2)
					continue;
				struct datagram bad = from->log[(size_t)rand() % from->n_log];
				feed(d, bad.data, mutate(bad.data, bad.n));
			}
			deliver(w, d);
		}
		if (dtls_state(server) == DTLS_READY && dtls_state(client) == DTLS_READY) {
			same_keys(server, client);
			ready++;
		}
		if (held_most > before + 1024 * 1024)
			fail_msg("seed %u: OpenSSL held %zu bytes", seed, held_most - before);
		dtls_free(server);
		dtls_free(client);
	}
	if (ready < rounds / 4)
		fail_msg("only %u of %u came through: the test is too rough to tell", ready, rounds);
}

/* Every true datagram cut off at each byte is no harm: dropped, and the handshake goes on. */
static void drops_truncated_datagrams(void **unused)
{
	wires_clear();
	struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
	for (int round = 0; round < 4; round++) {
		struct wire *w = round % 2 ? &to_client : &to_server;
		struct dtls *d = round % 2 ? client : server;
		for (size_t i = 0; i < w->n; i++)
			for (size_t n = 0; n < w->queue[i].n; n++) {
				/* cut between two records it is a true, shorter datagram */
				struct reader r = reader_of(bytes_of(w->queue[i].data, n));
				while (!r.failed && reader_left(&r)) {
					reader_skip(&r, 11);
					reader_skip(&r, reader_u16(&r));
				}
				if (r.failed)
					feed(d, w->queue[i].data, n);
			}
		deliver(w, d);
	}
	assert_int_equal(dtls_state(server), DTLS_READY);
	assert_int_equal(dtls_state(client), DTLS_READY);
	same_keys(server, client);
	dtls_free(server);
	dtls_free(client);
}

/* Floods that aim at OpenSSL's buffers: early records of the next epoch, first pieces of large messages. */
static void bounds_its_memory(void **unused)
{
	for (int kind = 0; kind < 3; kind++) {
		wires_clear();
		size_t before = held;
		struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
		held_most = 0;
		if (kind != 2)
			deliver(&to_server, server);
		for (unsigned i = 0; i < 5000; i++) {
			uint8_t p[DATAGRAM_MAX];
			struct writer w = writer_of(p, sizeof p);
			while (writer_len(&w) + 40 <= (kind == 0 ? 40 : sizeof p)) {
				writer_u8(&w, 22);
				writer_u16(&w, 0xfefd);
				writer_u16(&w, kind == 0); /* epoch */
				writer_be(&w, 100 + i * 100 + writer_len(&w), 6);
				writer_u16(&w, 13);
				writer_u8(&w, 11); /* of a certificate of 16000 bytes, one byte */
				writer_u24(&w, 16000);
				writer_u16(&w, (uint16_t)(i % 20));
				writer_u24(&w, (uint32_t)i % 15000);
				writer_u24(&w, 1);
				writer_u8(&w, 0);
			}
			feed(server, p, writer_len(&w));
		}
		if (held_most - before > 1024 * 1024)
			fail_msg("kind %d: OpenSSL held %zu bytes", kind, held_most - before);
		assert_true(to_client.total < 100000);
		/* Early records beyond the limit are not even counted; all else ends the handshake. */
		assert_int_equal(dtls_state(server), kind == 0 ? DTLS_HANDSHAKING : DTLS_FAILED);
		dtls_free(server);
		dtls_free(client);
		assert_true(held <= before + 4096);
	}
}

/* READY and left alone by what is not sealed: a hello from a reloaded page, forged alerts, garbage. */
static void ignores_the_clear_once_ready(void **unused)
{
	static const uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40 };
	static const uint8_t sealed_alert[] = { 21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40 };
	static const uint8_t next_epoch[] = { 22, 0xfe, 0xfd, 0, 2, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40 };
	wires_clear();
	struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
	run(server, client, USEC_S);
	same_keys(server, client);
	size_t sent = to_client.total, before = held;
	for (unsigned i = 0; i < 2000; i++) {
		struct datagram *d = &to_server.log[i % to_server.n_log];
		feed(server, d->data, d->n);
		feed(server, alert, sizeof alert);
		feed(server, sealed_alert, sizeof sealed_alert);
		feed(server, next_epoch, sizeof next_epoch);
	}
	assert_int_equal(dtls_state(server), DTLS_READY);
	assert_int_equal(to_client.total, sent);
	assert_true(held <= before);
	same_keys(server, client);
	dtls_free(server);
	dtls_free(client);
}

/* A record that says it is sealed and is not, of `n` bytes. */
static void feed_forged(struct dtls *d, uint8_t type, size_t n)
{
	uint8_t p[RECORD_HEADER + 64] = { type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, (uint8_t)n, 0, (uint8_t)n };
	assert_true(n <= 64);
	feed(d, p, RECORD_HEADER + n);
}

/* Nor does a forged record end anything, of whatever type and length: while the Finished is still to come, and after.
 */
static void ignores_forged_records(void **unused)
{
	wires_clear();
	struct dtls *server = new_server(cert_b), *client = new_client(cert_a);
	deliver(&to_server, server);
	for (uint8_t type = 20; type <= 23; type++)
		for (size_t n = 0; n < 24 + 2; n++)
			feed_forged(server, type, n);
	run(server, client, USEC_S);
	assert_int_equal(dtls_state(server), DTLS_READY);
	same_keys(server, client);
	size_t sent = to_client.total + to_server.total;
	for (uint8_t type = 20; type <= 23; type++)
		for (size_t n = 0; n <= 64; n++) {
			feed_forged(server, type, n);
			feed_forged(client, type, n);
			if (dtls_state(server) != DTLS_READY || dtls_state(client) != DTLS_READY)
				fail_msg("type %u of %zu bytes: %s, %s", type, n, dtls_why(server), dtls_why(client));
		}
	assert_int_equal(to_client.total + to_server.total, sent);
	dtls_free(server);
	dtls_free(client);
}

/* An association under ChaCha20-Poly1305, whose records are the shortest there are, ends as any other. */
static void hears_the_shortest_close(void **unused)
{
	struct raw client;
	wires_clear();
	struct dtls *server = new_server(cert_b);
	raw_init(&client, "SRTP_AEAD_AES_128_GCM", cert_b, false);
	assert_int_equal(SSL_set_cipher_list(client.ssl, "ECDHE-ECDSA-CHACHA20-POLY1305"), 1);
	assert_true(raw_run(&client, server));
	assert_int_equal(dtls_state(server), DTLS_READY);
	for (size_t n = 0; n <= 64; n++)
		feed_forged(server, 21, n);
	assert_int_equal(dtls_state(server), DTLS_READY);
	(void)SSL_shutdown(client.ssl);
	assert_int_equal(to_server.queue[to_server.n - 1].n, RECORD_HEADER + 2 + 16);
	deliver(&to_server, server);
	assert_int_equal(dtls_state(server), DTLS_CLOSED);
	assert_string_equal(dtls_why(server), "the other side closed it");
	raw_fini(&client);
	dtls_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_on_keys),
		cmocka_unit_test(answers_the_last_flight_again),
		cmocka_unit_test(answers_a_packed_flight_again),
		cmocka_unit_test(survives_a_bad_wire),
		cmocka_unit_test(gives_up),
		cmocka_unit_test(refuses_another_certificate),
		cmocka_unit_test(picks_by_its_own_order),
		cmocka_unit_test(joins_a_hello_cut_anew),
		cmocka_unit_test(lives_with_altered_datagrams),
		cmocka_unit_test(drops_truncated_datagrams),
		cmocka_unit_test(bounds_its_memory),
		cmocka_unit_test(ignores_the_clear_once_ready),
		cmocka_unit_test(ignores_forged_records),
		cmocka_unit_test(hears_the_shortest_close),
	};
	int64_t years_ago = 1000000000; /* dates do not matter */
	if (!CRYPTO_set_mem_functions(counting_malloc, counting_realloc, counting_free) ||
	    cert_new(&cert_a, years_ago) || cert_new(&cert_b, years_ago) || dtls_ctx_new(&ctx_a, cert_a) ||
	    dtls_ctx_new(&ctx_b, cert_b))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dtls_ctx_free(ctx_a);
	dtls_ctx_free(ctx_b);
	cert_free(cert_a);
	cert_free(cert_b);
	return failed;
}
