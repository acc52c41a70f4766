/* secure/libsrtp as the oracle of secure/crypt: histories of chance, packet by packet the same decision and the same
 * bytes, by each backend that is here. */
#include "base/limits.h"
#include "secure/crypt.h"
#include "secure/libsrtp.h"
#include "secure/seal.h"
#include "secure/sealer.h"
#include "test.h"

#define STREAMS 5
#define KEPT 1200 /* sealed packets that may come (again) */
#define SIZE 700

static struct sealer *sealer, *oracle;

struct kept {
	uint8_t bytes[SIZE];
	size_t n;
	uint64_t index;
	unsigned stream;
};

struct history {
	struct kept kept[KEPT];
	unsigned made, opened, replays, refused, late;
	unsigned seed;
};

static struct history h;

static void fill(void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)rand();
}

static unsigned below(unsigned n)
{
	return (unsigned)rand() % n;
}

/* Damage of chance: a bit, some bytes, cut, or longer. */
static size_t damage(uint8_t *packet, size_t n)
{
	unsigned kind = below(6);
	if (kind == 0)
		return below((unsigned)n + 1);
	if (kind == 1) {
		fill(packet + n, 20);
		return n + below(20);
	}
	if (kind == 2)
		packet[below((unsigned)n)] = (uint8_t)rand();
	else if (kind == 3) /* header: version, CSRCs, extension, sequence number */
		packet[below(4)] = (uint8_t)rand();
	else if (kind == 4) /* the end: tag, E flag and index */
		packet[n - 1 - below(14)] ^= (uint8_t)(1 << below(8));
	else
		packet[below((unsigned)n)] ^= (uint8_t)(1 << below(8));
	return n;
}

typedef enum err opens(struct crypt *c, uint8_t *packet, size_t *length);

/* The same packet to both. */
static void deliver(struct crypt *ours, struct crypt *theirs, opens *open, const struct kept *k, bool damaged,
		    bool late_is_ours)
{
	uint8_t copy[SIZE + 40];
	size_t n = k->n;
	memcpy(copy, k->bytes, k->n);
	if (damaged)
		n = damage(copy, n);
	uint8_t *a = malloc(n + !n), *b = malloc(n + 16);
	size_t n_a = n, n_b = n;
	memcpy(a, copy, n);
	memcpy(b, copy, n);
	enum err err_a = open(ours, a, &n_a), err_b = open(theirs, b, &n_b);
	if (damaged) { /* which of two reasons holds is a matter of order */
		err_a = err_a == ERR_FORMAT || err_a == ERR_SHORT ? ERR_AUTH : err_a;
		err_b = err_b == ERR_FORMAT || err_b == ERR_SHORT ? ERR_AUTH : err_b;
	}
	if (late_is_ours && err_b == ERR_REPLAY && (err_a == ERR_OK || err_a == ERR_AUTH))
		h.late++; /* beyond libsrtp's window of 128 */
	else if (err_a != err_b || n_a != n_b || (err_a == ERR_OK && memcmp(a, b, n_a) != 0))
		fail_msg("seed %u, index %llu of stream %u, %s: %s, %zu bytes, where libsrtp says %s, %zu bytes",
			 h.seed, (unsigned long long)k->index, k->stream, damaged ? "damaged" : "whole",
			 err_name(err_a), n_a, err_name(err_b), n_b);
	if (err_a == ERR_OK && !damaged && n_a >= k->n)
		fail_msg("seed %u: opened, and no shorter", h.seed);
	*(err_a == ERR_OK ? &h.opened : err_a == ERR_REPLAY ? &h.replays : &h.refused) += 1;
	free(a);
	free(b);
}

static void deliver_some(struct crypt *ours, struct crypt *theirs, opens *open, unsigned newest, bool late_is_ours)
{
	if (below(8)) /* one in eight comes later or never */
		deliver(ours, theirs, open, &h.kept[newest % KEPT], false, late_is_ours);
	for (unsigned i = below(3); i > 0; i--) {
		unsigned reach = below(2) ? 20 : KEPT - 1;
		unsigned back = below(newest < reach ? newest + 1 : reach);
		deliver(ours, theirs, open, &h.kept[(newest - back) % KEPT], below(3) == 0, late_is_ours);
	}
}

struct both {
	struct srtp_keys far, near; /* the same keys seen from either side */
	struct crypt *ours, *theirs;
};

static void both_init(struct both *x, unsigned seed)
{
	srand(seed);
	memset(&h, 0, sizeof h);
	h.seed = seed;
	fill(&x->far.local, sizeof x->far.local);
	fill(&x->far.remote, sizeof x->far.remote);
	x->far.profile = (enum srtp_profile)(seed % PROFILES);
	x->near = (struct srtp_keys){ x->far.profile, x->far.remote, x->far.local };
	assert_int_equal(crypt_new(&x->ours, sealer, &x->near), ERR_OK);
	assert_int_equal(crypt_new(&x->theirs, oracle, &x->near), ERR_OK);
}

static void both_fini(struct both *x)
{
	crypt_free(x->ours);
	crypt_free(x->theirs);
	if (h.late > 400 || h.opened < 300 || h.replays < 50 || h.refused < 50)
		fail_msg("seed %u: history too tame: %u opened, %u replays, %u refused, %u late", h.seed, h.opened,
			 h.replays, h.refused, h.late);
}

static size_t random_header(uint8_t *header, uint16_t seq, uint32_t ssrc)
{
	uint8_t csrcs = (uint8_t)(below(3) ? 0 : below(16)), extension = (uint8_t)below(3), words = (uint8_t)below(6);
	struct writer w = writer_of(header, 128);
	writer_u8(&w, (uint8_t)(0x80 | below(2) << 5 | (extension > 0) << 4 | csrcs));
	writer_u8(&w, (uint8_t)rand());
	writer_u16(&w, seq);
	writer_u32(&w, (uint32_t)rand());
	writer_u32(&w, ssrc);
	for (uint8_t i = 0; i < csrcs; i++)
		writer_u32(&w, (uint32_t)rand());
	if (extension) {
		writer_u16(&w, extension == 1 ? 0xbede : 0x1000);
		writer_u16(&w, words);
		fill(writer_room(&w, 4 * words), 4 * words);
	}
	assert_false(w.failed);
	return writer_len(&w);
}

/* How a sender goes on: mostly the next, at times a gap, seldom one that leads the guess astray. */
static uint64_t step(void)
{
	unsigned dice = below(200);
	return dice == 0 ? below(40000) : dice < 4 ? below(3000) : dice < 20 ? below(5) : 1;
}

static void rtp_alike(void **unused)
{
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct both x;
		struct seal_keys seal;
		struct seal_stream streams[STREAMS];
		uint64_t fronts[STREAMS];
		both_init(&x, seed);
		assert_int_equal(seal_init(&seal, sealer, x.far.profile, &x.far.local), ERR_OK);
		for (unsigned i = 0; i < STREAMS; i++) {
			seal_stream_init(&streams[i], 1000 + i);
			fronts[i] = i == 0 ? 0 : i == 1 ? 65500 : i == 2 ? 32760 : below(65536);
		}
		for (unsigned i = 0; i < 1500; i++) {
			struct kept *k = &h.kept[i % KEPT];
			uint8_t header[128], payload[400];
			k->stream = below(below(2) ? 1 : STREAMS);
			k->index = fronts[k->stream];
			fronts[k->stream] += step();
			size_t n = random_header(header, (uint16_t)k->index, 1000 + k->stream);
			size_t body = below(4) ? below(sizeof payload) : 0;
			fill(payload, body);
			enum err err = seal_packet(&seal, &streams[k->stream], bytes_of(header, n), bytes_of(NULL, 0),
						   bytes_of(payload, body), k->index, k->bytes, SIZE, &k->n);
			sealer_finish(sealer);
			if (err == ERR_REPLAY) /* no step */
				*k = h.kept[(i - 1) % KEPT];
			else
				assert_int_equal(err, ERR_OK);
			deliver_some(x.ours, x.theirs, crypt_open_rtp, i, false);
		}
		seal_fini(&seal);
		both_fini(&x);
	}
}

/* SRTCP of several senders, sealed by libsrtp. */
static void rtcp_alike(void **unused)
{
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct both x;
		struct crypt *far;
		both_init(&x, seed);
		assert_int_equal(crypt_new(&far, oracle, &x.far), ERR_OK);
		for (unsigned i = 0; i < 1500; i++) {
			struct kept *k = &h.kept[i % KEPT];
			struct writer w = writer_of(k->bytes, SIZE);
			k->stream = below(STREAMS);
			k->index = i;
			k->n = 8 + 4 * (size_t)below(100);
			writer_u32(&w, 0x80c90000 | (uint32_t)(k->n / 4 - 1));
			writer_u32(&w, 1000 + k->stream);
			fill(writer_room(&w, k->n - 8), k->n - 8);
			assert_int_equal(crypt_seal_rtcp(far, k->bytes, &k->n, SIZE), ERR_OK);
			deliver_some(x.ours, x.theirs, crypt_open_rtcp, i, true);
		}
		crypt_free(far);
		both_fini(&x);
	}
}

/* What we seal of one sender are libsrtp's bytes; of several, libsrtp opens it. */
static void rtcp_sealed_alike(void **unused)
{
	for (unsigned seed = 1; seed <= 12; seed++) {
		struct both x;
		struct crypt *far;
		both_init(&x, seed);
		for (unsigned i = 0; i < 300; i++) {
			uint8_t packet[SIZE], same[SIZE];
			size_t n = 8 + 4 * (size_t)below(100), m = n;
			fill(packet, n);
			packet[0] = 0x81;
			memcpy(packet + 4, "same", 4);
			memcpy(same, packet, n);
			assert_int_equal(crypt_seal_rtcp(x.ours, packet, &n, n + CRYPT_RTCP_EXTRA), ERR_OK);
			assert_int_equal(crypt_seal_rtcp(x.theirs, same, &m, sizeof same), ERR_OK);
			assert_int_equal(n, m);
			assert_memory_equal(packet, same, n);
		}
		assert_int_equal(crypt_new(&far, oracle, &x.far), ERR_OK);
		for (unsigned i = 0; i < 300; i++) {
			uint8_t packet[SIZE], plain[SIZE];
			size_t n = 8 + 4 * (size_t)below(100), m = n;
			fill(plain, n);
			plain[0] = 0x81;
			memcpy(plain + 4, "some", 3);
			plain[7] = (uint8_t)below(STREAMS);
			memcpy(packet, plain, n);
			assert_int_equal(crypt_seal_rtcp(x.ours, packet, &n, sizeof packet), ERR_OK);
			assert_int_equal(crypt_open_rtcp(far, packet, &n), ERR_OK);
			assert_int_equal(n, m);
			assert_memory_equal(packet, plain, n);
		}
		crypt_free(far);
		crypt_free(x.ours);
		crypt_free(x.theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rtp_alike),
		cmocka_unit_test(rtcp_alike),
		cmocka_unit_test(rtcp_sealed_alike),
	};
	int failed = 0;
	if (libsrtp_global_init() != ERR_OK || sealer_new(BACKEND_LIBSRTP, &oracle) != ERR_OK)
		return 1;
	for (enum srtp_backend backend = BACKEND_IPSEC_MB; backend <= BACKEND_EVP; backend++) {
		enum err err = sealer_new(backend, &sealer);
		if (err == ERR_MISSING && backend == BACKEND_IPSEC_MB) {
			print_message("ipsec-mb is not here\n");
			continue;
		}
		if (err != ERR_OK)
			return 1;
		failed += cmocka_run_group_tests_name(sealer_name(backend), tests, NULL, NULL);
		sealer_free(sealer);
	}
	sealer_free(oracle);
	libsrtp_global_fini();
	return failed;
}
