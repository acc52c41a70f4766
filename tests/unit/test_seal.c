/* secure/seal against the vectors of RFC 3711 and RFC 7714, and byte for byte against libsrtp,
 * by each backend that is here. */
#include "secure/openssl.h"
#include "secure/seal.h"
#include "secure/sealer.h"
#include "test.h"
#include "unhex.h"
#include <srtp2/srtp.h>

#define SSRC 0x5501a0b2

static struct sealer *sealer;
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

static void derives_the_keys_of_rfc_3711_b3(void **unused)
{
	struct srtp_half half = { { 0 }, { 0 } };
	struct keys_session s;
	uint8_t want[20];
	unhex(half.key, "E1F97A0D3E018BE0D64FA32C06DE4139");
	unhex(half.salt, "0EC675AD498AFEEBB6960B3AABE6");
	assert_int_equal(keys_derive(&s, PROFILE_AES128_CM_SHA1_80, &half, KEYS_RTP), ERR_OK);
	unhex(want, "C61E7A93744F39EE10734AFE3FF7A087");
	assert_memory_equal(s.key, want, 16);
	unhex(want, "30CBBC08863D8C85D49DB34A9AE1");
	assert_memory_equal(s.salt, want, 14);
	unhex(want, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
	assert_memory_equal(s.auth, want, 20);
	assert_int_equal(keys_derive(&s, PROFILES, &half, KEYS_RTP), ERR_RANGE);
}

/* The keystream segment of B.2: blocks 0, 1, 2 and, where packets longer than any datagram are sealed, the last three
 * before the counter's 16 bits are used up. */
static void counts_as_rfc_3711_b2(void **unused)
{
	bool whole = sealer_backend(sealer) == BACKEND_EVP;
	const size_t segment = whole ? 1044512 : 2000;
	struct keys_session session = { { 0 }, { 0 }, { 0 } };
	struct seal_keys k;
	struct seal_stream s;
	size_t length, size = 12 + segment + 10;
	uint8_t header[12] = { 0x80 }, want[48];
	uint8_t *zeros = calloc(1, segment), *out = malloc(size);
	unhex(session.key, "2B7E151628AED2A6ABF7158809CF4F3C");
	unhex(session.salt, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD");
	assert_int_equal(seal_init_session(&k, sealer, PROFILE_AES128_CM_SHA1_80, &session), ERR_OK);
	seal_stream_init(&s, 0);
	assert_int_equal(seal_packet(&k, &s, bytes_of(header, 12), bytes_of(NULL, 0), bytes_of(zeros, segment), 0, out,
				     size, &length),
			 ERR_OK);
	sealer_finish(sealer);
	unhex(want, "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0");
	assert_memory_equal(out + 12, want, 48);
	unhex(want, "EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44");
	if (whole)
		assert_memory_equal(out + 12 + segment - 48, want, 48);
	seal_fini(&k);
	free(zeros);
	free(out);
}

static const struct rfc7714 {
	enum srtp_profile profile;
	const char *key, *sealed;
} rfc7714[] = {
	{ PROFILE_AEAD_AES_128_GCM, "000102030405060708090a0b0c0d0e0f",
	  "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
	  "899d7f27beb16a9152cf765ee4390cce" },
	{ PROFILE_AEAD_AES_256_GCM, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
	  "7aa3db36dfffd6b0f9bb7878d7a76c13" },
};

/* Section 16, cut into head and body at every place, into a block of the exact size. */
static void seals_the_packets_of_rfc_7714(void **unused)
{
	static const char plain[] =
	    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e20706172746573"
	    "2074726573";
	uint8_t packet[50], want[66];
	assert_int_equal(unhex(packet, plain), 50);
	for (size_t i = 0; i < sizeof rfc7714 / sizeof *rfc7714; i++) {
		struct keys_session session = { { 0 }, "Quid pro quo", { 0 } };
		struct seal_keys k;
		unhex(session.key, rfc7714[i].key);
		assert_int_equal(unhex(want, rfc7714[i].sealed), 66);
		assert_int_equal(seal_init_session(&k, sealer, rfc7714[i].profile, &session), ERR_OK);
		for (size_t cut = 0; cut <= 38; cut++) {
			struct seal_stream s;
			uint8_t *out = malloc(66);
			size_t length;
			seal_stream_init(&s, SSRC);
			assert_int_equal(seal_packet(&k, &s, bytes_of(packet, 12), bytes_of(packet + 12, cut),
						     bytes_of(packet + 12 + cut, 38 - cut), 0xf17b, out, 66, &length),
					 ERR_OK);
			sealer_finish(sealer);
			assert_int_equal(length, 66);
			assert_memory_equal(out, want, 66);
			free(out);
		}
		seal_fini(&k);
	}
}

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)rand();
}

static srtp_t oracle(enum srtp_profile profile, const struct srtp_half *half)
{
	static const srtp_profile_t names[PROFILES] = { srtp_profile_aead_aes_128_gcm, srtp_profile_aead_aes_256_gcm,
							srtp_profile_aes128_cm_sha1_80 };
	uint8_t key[46];
	size_t n = profile == PROFILE_AEAD_AES_256_GCM ? 32 : 16;
	memcpy(key, half->key, n);
	memcpy(key + n, half->salt, 14);
	srtp_policy_t policy = { .ssrc = { ssrc_any_outbound, 0 }, .key = key, .window_size = SEAL_WINDOW };
	srtp_t session;
	assert_int_equal(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, names[profile]), 0);
	assert_int_equal(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, names[profile]), 0);
	assert_int_equal(srtp_create(&session, &policy), 0);
	return session;
}

/* A header of chance: up to 15 CSRCs, no extension or one of one-byte or two-byte elements, padding bit, marker. */
static size_t random_header(uint8_t *header, uint16_t seq)
{
	uint8_t csrcs = (uint8_t)(rand() % 16), extension = (uint8_t)(rand() % 3), words = (uint8_t)(rand() % 6);
	struct writer w = writer_of(header, 128);
	writer_u8(&w, (uint8_t)(0x80 | (rand() % 2) << 5 | (extension > 0) << 4 | csrcs));
	writer_u8(&w, (uint8_t)rand());
	writer_u16(&w, seq);
	writer_u32(&w, (uint32_t)rand());
	writer_u32(&w, SSRC);
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

/* Packets in flight: what was sealed, and what libsrtp made of the same. */
enum { FLYING = 300 };
struct flight {
	uint8_t *out[FLYING];
	uint8_t want[FLYING][1400];
	size_t length[FLYING];
	unsigned n;
};

static void land(struct flight *f, unsigned seed)
{
	sealer_finish(sealer);
	for (unsigned i = 0; i < f->n; i++) {
		if (memcmp(f->out[i], f->want[i], f->length[i]) != 0)
			fail_msg("seed %u: packet %u of %u in flight, %zu bytes, is not libsrtp's", seed, i, f->n,
				 f->length[i]);
		free(f->out[i]);
	}
	f->n = 0;
}

/* Packets in an order of chance around a moving front that crosses two rollovers: late, repeated, too old; up to FLYING
 * in flight at once, their sources overwritten meanwhile. What libsrtp seals we seal, to the same bytes; what it
 * refuses we refuse. */
static void equals_libsrtp(void **unused)
{
	static struct flight flight;
	for (unsigned seed = 1; seed <= 60; seed++) {
		srand(seed);
		enum srtp_profile profile = (enum srtp_profile)(seed % PROFILES);
		struct srtp_half half;
		struct seal_keys k;
		struct seal_stream s;
		uint64_t front = 65530 - (unsigned)rand() % 40;
		unsigned sealed = 0, refused = 0, together = 1 + (unsigned)rand() % (seed % 2 ? FLYING : 20);
		fill(half.key, sizeof half.key);
		fill(half.salt, sizeof half.salt);
		srtp_t session = oracle(profile, &half);
		assert_int_equal(seal_init(&k, sealer, profile, &half), ERR_OK);
		seal_stream_init(&s, SSRC);
		for (unsigned i = 0; i < 400; i++) {
			uint64_t back = rand() % 4 ? 0 : (unsigned)rand() % (rand() % 2 ? 20 : 1030);
			uint64_t index = i > 0 && back <= front ? front - back : front;
			uint8_t *plain = flight.want[flight.n], payload[1100], front_part[128];
			size_t header = random_header(plain, (uint16_t)index);
			size_t head = (size_t)rand() % 9,
			       body = rand() % 5 ? (size_t)rand() % 1000 : (size_t)(rand() % 2) * 16;
			if (rand() % 5 == 0)
				head = 0;
			fill(payload, head + body);
			memcpy(plain + header, payload, head + body);
			int n = (int)(header + head + body);
			srtp_err_status_t status = srtp_protect(session, plain, &n);
			size_t size = header + head + body + seal_tag_size(profile), length;
			uint8_t *out = malloc(size);
			memcpy(front_part, plain, header); /* libsrtp leaves the header as it was */
			enum err err = seal_packet(&k, &s, bytes_of(front_part, header), bytes_of(payload, head),
						   bytes_of(payload + head, body), index, out, size, &length);
			if (err != (status == srtp_err_status_ok ? ERR_OK : ERR_REPLAY) ||
			    length != (err == ERR_OK ? (size_t)n : 0))
				fail_msg("seed %u packet %u: %s, %zu bytes, where libsrtp says %d, %d bytes", seed, i,
					 err_name(err), length, status, n);
			if (err == ERR_OK) {
				flight.out[flight.n] = out;
				flight.length[flight.n++] = length;
				sealed++;
			} else {
				free(out);
				refused++;
			}
			if (flight.n == together)
				land(&flight, seed);
			uint64_t step = rand() % 3 ? 1 : (unsigned)rand() % (rand() % 8 ? 3 : 2000);
			front += step;
		}
		if (sealed < 150 || refused < 5)
			fail_msg("seed %u: history too tame: %u sealed, %u refused", seed, sealed, refused);
		if (seed % 4 == 0)
			seal_fini(&k); /* finishes what is in flight */
		land(&flight, seed);
		seal_fini(&k);
		srtp_dealloc(session);
	}
}

/* A long packet that many short ones overtake, more than any library keeps in flight: all end as they should. */
static void short_packets_overtake_a_long_one(void **unused)
{
	static struct flight flight;
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct srtp_half half;
		struct seal_keys k;
		struct seal_stream s;
		fill((uint8_t *)&half, sizeof half);
		srtp_t session = oracle(p, &half);
		assert_int_equal(seal_init(&k, sealer, p, &half), ERR_OK);
		seal_stream_init(&s, SSRC);
		for (unsigned i = 0; i < FLYING; i++) {
			uint8_t *want = flight.want[i], payload[1300];
			size_t body = i % 150 ? 0 : sizeof payload, size = 12 + body + seal_tag_size(p);
			int n = (int)(12 + body);
			fill(payload, body);
			struct writer w = writer_of(want, (size_t)n);
			writer_u16(&w, 0x8060);
			writer_u16(&w, (uint16_t)i);
			writer_u32(&w, 0);
			writer_u32(&w, SSRC);
			writer_bytes(&w, bytes_of(payload, body));
			flight.out[i] = malloc(size);
			assert_int_equal(seal_packet(&k, &s, bytes_of(want, 12), bytes_of(NULL, 0),
						     bytes_of(payload, body), i, flight.out[i], size,
						     &flight.length[i]),
					 ERR_OK);
			assert_int_equal(srtp_protect(session, want, &n), 0);
			flight.n++;
		}
		land(&flight, 0);
		seal_fini(&k);
		srtp_dealloc(session);
	}
}

/* Two transports' packets in flight together; one goes, its packets are whole all the same, the other goes on. */
static void finishes_before_its_keys_go(void **unused)
{
	static const uint8_t body[700];
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct srtp_half halves[2];
		struct seal_keys k[2];
		struct seal_stream s[2];
		uint8_t out[2][40][800], want[800];
		size_t length;
		fill((uint8_t *)halves, sizeof halves);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(seal_init(&k[i], sealer, p, &halves[i]), ERR_OK);
			seal_stream_init(&s[i], SSRC);
		}
		for (unsigned i = 0; i < 40; i++)
			for (unsigned j = 0; j < 2; j++) {
				const uint8_t header[12] = { 0x80, 96, 0, (uint8_t)i, 0, 0, 0, 0, 0x55, 1, 0xa0, 0xb2 };
				if (j == 0 && i >= 20)
					continue;
				assert_int_equal(seal_packet(&k[j], &s[j], bytes_of(header, 12), bytes_of(body, 3),
							     bytes_of(body, 690), i, out[j][i], 800, &length),
						 ERR_OK);
				if (j == 0 && i == 19)
					seal_fini(&k[0]);
			}
		sealer_finish(sealer);
		for (unsigned j = 0; j < 2; j++) {
			srtp_t session = oracle(p, &halves[j]);
			for (unsigned i = 0; i < (j ? 40U : 20U); i++) {
				const uint8_t header[12] = { 0x80, 96, 0, (uint8_t)i, 0, 0, 0, 0, 0x55, 1, 0xa0, 0xb2 };
				int n = 12 + 693;
				memset(want, 0, sizeof want);
				memcpy(want, header, 12);
				assert_int_equal(srtp_protect(session, want, &n), 0);
				assert_memory_equal(out[j][i], want, (size_t)n);
			}
			srtp_dealloc(session);
		}
		seal_fini(&k[1]);
	}
}

/* The guarantee alone, against a plain set of indices. */
static void never_seals_an_index_twice(void **unused)
{
	enum { INDICES = 20000 };
	static const struct srtp_half half = { "0123456789abcdef", "salt" };
	uint8_t *seen = malloc(INDICES);
	for (unsigned seed = 1; seed <= 30; seed++) {
		srand(seed);
		struct seal_keys k;
		struct seal_stream s;
		uint64_t highest = 0, base = 65536ULL * (seed % 3) + 60000;
		bool any = false;
		memset(seen, 0, INDICES);
		assert_int_equal(seal_init(&k, sealer, PROFILE_AEAD_AES_128_GCM, &half), ERR_OK);
		seal_stream_init(&s, SSRC);
		for (unsigned i = 0; i < 3000; i++) {
			uint64_t i_at = any ? highest + (unsigned)rand() % 40 : 2000;
			if (rand() % 200 == 0)
				i_at += (unsigned)rand() % 1500;
			uint64_t back = (unsigned)rand() % 4 ? (unsigned)rand() % 80 : (unsigned)rand() % 1100;
			i_at = i_at > back ? i_at - back : 0;
			if (i_at >= INDICES)
				break;
			uint8_t header[12] = { 0x80 }, out[12 + 16];
			struct writer w = writer_of(header + 2, 10);
			size_t length;
			writer_u16(&w, (uint16_t)(base + i_at));
			writer_u32(&w, 0);
			writer_u32(&w, SSRC);
			enum err want = any && highest >= i_at + SEAL_WINDOW ? ERR_REPLAY
					: seen[i_at]			     ? ERR_REPLAY
									     : ERR_OK;
			enum err err = seal_packet(&k, &s, bytes_of(header, 12), bytes_of(NULL, 0), bytes_of(NULL, 0),
						   base + i_at, out, sizeof out, &length);
			if (err != want)
				fail_msg("seed %u step %u: index %llu (highest %llu) gave %s", seed, i,
					 (unsigned long long)i_at, (unsigned long long)highest, err_name(err));
			if (err == ERR_OK) {
				seen[i_at] = 1;
				if (!any || i_at > highest)
					highest = i_at;
				any = true;
			}
		}
		seal_fini(&k);
	}
	free(seen);
}

static void refuses_what_breaks_the_contract(void **unused)
{
	static const struct srtp_half half = { "0123456789abcdef0123456789abcdef", "salt" };
	static const uint8_t body[5] = "hello";
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct seal_keys k;
		struct seal_stream s;
		uint8_t header[12] = { 0x80, 111, 0, 7, 0, 0, 0, 0, 0x55, 0x01, 0xa0, 0xb2 };
		size_t length, size = 17 + seal_tag_size(p);
		uint8_t *out = malloc(size);
		struct bytes h = bytes_of(header, 12), none = bytes_of(NULL, 0), b = bytes_of(body, 5);
		assert_int_equal(seal_init(&k, sealer, p, &half), ERR_OK);
		seal_stream_init(&s, SSRC);
		for (size_t less = 0; less < size; less++)
			assert_int_equal(seal_packet(&k, &s, h, none, b, 7, out, less, &length), ERR_FULL);
		for (size_t cut = 0; cut < 12; cut++)
			assert_int_equal(seal_packet(&k, &s, bytes_of(header, cut), none, b, 7, out, size, &length),
					 ERR_FORMAT);
		assert_int_equal(seal_packet(&k, &s, h, none, b, 8, out, size, &length), ERR_FORMAT);
		s.ssrc++;
		assert_int_equal(seal_packet(&k, &s, h, none, b, 7, out, size, &length), ERR_FORMAT);
		s.ssrc--;
		assert_int_equal(seal_packet(&k, &s, h, none, b, (1ULL << 48) + 7, out, size, &length), ERR_RANGE);
		assert_int_equal(length, 0);
		assert_false(s.sealed.any); /* all that left the index free */
		assert_int_equal(seal_packet(&k, &s, h, none, b, 7, out, size, &length), ERR_OK);
		assert_int_equal(length, size);
		sealer_finish(sealer);
		assert_int_equal(seal_packet(&k, &s, h, none, b, 7, out, size, &length), ERR_REPLAY);
		assert_int_equal(length, 0);
		assert_int_equal(seal_packet(&k, &s, h, none, b, (1ULL << 48) - 65536 + 7, out, size, &length), ERR_OK);
		seal_fini(&k);
		seal_fini(&k);
		free(out);
	}
	struct seal_keys k;
	assert_int_equal(seal_init(&k, sealer, PROFILES, &half), ERR_RANGE);
	seal_fini(&k);
	assert_int_equal(seal_tag_size(PROFILES), 0);
}

/* An index that libsrtp would take for another one is refused before it seals with the wrong one. */
static void counts_rollovers_itself(void **unused)
{
	static const struct srtp_half half = { "0123456789abcdef0123456789abcdef", "salt" };
	static const struct {
		uint64_t index;
		enum err err;
	} steps[] = { { 65536 + 9, ERR_RANGE }, { 65530, ERR_OK }, { 9, ERR_RANGE },
		      { 65536 + 9, ERR_OK },	{ 65531, ERR_OK }, { 2 * 65536 + 9, ERR_RANGE },
		      { 65536 + 9, ERR_REPLAY } };
	struct seal_keys k;
	struct seal_stream s;
	assert_int_equal(seal_init(&k, sealer, PROFILE_AEAD_AES_128_GCM, &half), ERR_OK);
	seal_stream_init(&s, SSRC);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		uint8_t header[12] = { 0x80, 96, 0, 0, 0, 0, 0, 0, 0x55, 0x01, 0xa0, 0xb2 }, out[28];
		size_t length;
		header[2] = (uint8_t)(steps[i].index >> 8);
		header[3] = (uint8_t)steps[i].index;
		assert_int_equal(seal_packet(&k, &s, bytes_of(header, 12), bytes_of(NULL, 0), bytes_of(NULL, 0),
					     steps[i].index, out, sizeof out, &length),
				 steps[i].err);
	}
	seal_fini(&k);
}

static void allocates_nothing_per_packet(void **unused)
{
	static const struct srtp_half half = { "0123456789abcdef0123456789abcdef", "salt" };
	static uint8_t body[1200], out[1300];
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct seal_keys k;
		struct seal_stream s;
		allocations = 0;
		assert_int_equal(seal_init(&k, sealer, p, &half), ERR_OK);
		assert_true(allocations > 0); /* the counter counts: the keys' derivation is OpenSSL's always */
		allocations = 0;
		seal_stream_init(&s, SSRC);
		for (uint16_t i = 0; i < 1000; i++) {
			uint8_t header[12] = { 0x80, 96,  (uint8_t)(i >> 8), (uint8_t)i, 0, 0, 0, 0, 0x55, 0x01,
					       0xa0, 0xb2 };
			size_t length;
			assert_int_equal(seal_packet(&k, &s, bytes_of(header, 12), bytes_of(body, 8),
						     bytes_of(body, 1192), i, out, sizeof out, &length),
					 ERR_OK);
		}
		assert_int_equal(allocations, 0);
		seal_fini(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives_the_keys_of_rfc_3711_b3),   cmocka_unit_test(counts_as_rfc_3711_b2),
		cmocka_unit_test(seals_the_packets_of_rfc_7714),     cmocka_unit_test(equals_libsrtp),
		cmocka_unit_test(short_packets_overtake_a_long_one), cmocka_unit_test(finishes_before_its_keys_go),
		cmocka_unit_test(never_seals_an_index_twice),	     cmocka_unit_test(refuses_what_breaks_the_contract),
		cmocka_unit_test(allocates_nothing_per_packet),
	};
	const struct CMUnitTest by_libsrtp[] = {
		/* it takes master keys, and the index it guesses */
		cmocka_unit_test(equals_libsrtp),
		cmocka_unit_test(short_packets_overtake_a_long_one),
		cmocka_unit_test(finishes_before_its_keys_go),
		cmocka_unit_test(counts_rollovers_itself),
	};
	int failed = 0;
	if (!CRYPTO_set_mem_functions(counting_malloc, counting_realloc, counting_free) || srtp_init())
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
	if (sealer_new(BACKEND_LIBSRTP, &sealer) != ERR_OK)
		return 1;
	failed += cmocka_run_group_tests_name(sealer_name(BACKEND_LIBSRTP), by_libsrtp, NULL, NULL);
	sealer_free(sealer);
	srtp_shutdown();
	return failed;
}
