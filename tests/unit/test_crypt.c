/* secure/crypt, by each backend that is here: what one side seals the other opens, and nothing else opens; the vectors
 * of RFC 7714. */
#include "base/limits.h"
#include "secure/crypt.h"
#include "secure/seal.h"
#include "secure/sealer.h"
#include "test.h"
#include "unhex.h"

static struct sealer *sealer;

struct pair {
	struct crypt *here, *there;
	struct seal_keys seal; /* here's outbound RTP */
	enum srtp_profile profile;
};

static void pair_init(struct pair *x, enum srtp_profile profile)
{
	struct srtp_keys here = { .profile = profile }, there;
	for (size_t i = 0; i < sizeof here.local; i++) {
		((uint8_t *)&here.local)[i] = (uint8_t)rand();
		((uint8_t *)&here.remote)[i] = (uint8_t)rand();
	}
	there = (struct srtp_keys){ profile, here.remote, here.local };
	x->profile = profile;
	assert_int_equal(crypt_new(&x->here, sealer, &here), ERR_OK);
	assert_int_equal(crypt_new(&x->there, sealer, &there), ERR_OK);
	assert_int_equal(seal_init(&x->seal, sealer, profile, &here.local), ERR_OK);
}

static void pair_fini(struct pair *x)
{
	crypt_free(x->here);
	crypt_free(x->there);
	seal_fini(&x->seal);
}

static const char payload[] = "một gói tiếng nói";

static size_t rtp(struct pair *x, struct seal_stream *s, uint64_t index, uint8_t *out, size_t size)
{
	uint8_t header[12];
	size_t length;
	struct writer w = writer_of(header, sizeof header);
	writer_u16(&w, 0x806f);
	writer_u16(&w, (uint16_t)index);
	writer_u32(&w, 1);
	writer_u32(&w, s->ssrc);
	assert_int_equal(seal_packet(&x->seal, s, bytes_of(header, 12), bytes_of("", 0),
				     bytes_of(payload, sizeof payload), index, out, size, &length),
			 ERR_OK);
	sealer_finish(sealer);
	return length;
}

static void opens_what_seal_sealed(void **unused)
{
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct pair x;
		struct seal_stream s;
		uint8_t packet[100], again[100];
		srand((unsigned)p + 1);
		pair_init(&x, p);
		seal_stream_init(&s, 4711);
		for (uint64_t i = 65500; i < 65536 + 100; i++) { /* across a rollover */
			size_t n = rtp(&x, &s, i, packet, sizeof packet), m = n;
			memcpy(again, packet, n);
			assert_int_equal(crypt_open_rtp(x.there, packet, &n), ERR_OK);
			assert_int_equal(n, 12 + sizeof payload);
			assert_memory_equal(packet + 12, payload, sizeof payload);
			assert_int_equal(crypt_open_rtp(x.there, again, &m), ERR_REPLAY);
		}
		pair_fini(&x);
	}
}

/* 1000 late is still opened, 1024 late is too old. */
static void keeps_a_window(void **unused)
{
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct pair x;
		struct seal_stream s;
		uint8_t late[100], old[100], packet[100];
		pair_init(&x, p);
		seal_stream_init(&s, 4711);
		size_t n = rtp(&x, &s, 999, packet, sizeof packet), n_old = rtp(&x, &s, 1000, old, sizeof old),
		       n_late = rtp(&x, &s, 1024, late, sizeof late);
		assert_int_equal(crypt_open_rtp(x.there, packet, &n), ERR_OK);
		n = rtp(&x, &s, 2024, packet, sizeof packet);
		assert_int_equal(crypt_open_rtp(x.there, packet, &n), ERR_OK);
		assert_int_equal(crypt_open_rtp(x.there, late, &n_late), ERR_OK);
		assert_int_equal(crypt_open_rtp(x.there, old, &n_old), ERR_REPLAY);
		pair_fini(&x);
	}
}

static size_t rtcp(struct pair *x, uint8_t *out, size_t size)
{
	static const uint8_t report[20] = {
		0x80, 201, 0, 1, 0, 0, 0x12, 0x67, 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2
	};
	size_t n = sizeof report;
	memcpy(out, report, n);
	assert_int_equal(crypt_seal_rtcp(x->here, out, &n, size), ERR_OK);
	return n;
}

static void opens_rtcp_once(void **unused)
{
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct pair x;
		pair_init(&x, p);
		for (int i = 0; i < 50; i++) {
			uint8_t *packet = malloc(20 + CRYPT_RTCP_EXTRA), again[40];
			size_t n = rtcp(&x, packet, 20 + CRYPT_RTCP_EXTRA), m = n;
			memcpy(again, packet, n);
			assert_int_equal(n, 20 + 4 + seal_tag_size(p));
			assert_int_equal(crypt_open_rtcp(x.there, packet, &n), ERR_OK);
			assert_int_equal(n, 20);
			assert_int_equal(packet[9], 206);
			assert_int_equal(crypt_open_rtcp(x.there, again, &m), ERR_REPLAY);
			free(packet);
		}
		uint8_t packet[40] = { 0x80, 201 };
		size_t n = 20;
		assert_int_equal(crypt_seal_rtcp(x.here, packet, &n, 39), ERR_FULL);
		n = 7;
		assert_int_equal(crypt_seal_rtcp(x.here, packet, &n, 39), ERR_SHORT);
		packet[0] = 0;
		n = 20;
		assert_int_equal(crypt_seal_rtcp(x.here, packet, &n, 40), ERR_FORMAT);
		pair_fini(&x);
	}
}

/* Every bit of a packet is covered by the tag; every shorter packet is refused, without a byte read past its end. */
static void opens_nothing_else(void **unused)
{
	for (enum srtp_profile p = 0; p < PROFILES; p++) {
		struct pair x;
		struct seal_stream s;
		uint8_t sealed[100], report[100];
		pair_init(&x, p);
		seal_stream_init(&s, 4711);
		size_t n = rtp(&x, &s, 5, sealed, sizeof sealed), n_report = rtcp(&x, report, sizeof report);
		for (size_t bit = 0; bit < n * 8; bit++) {
			uint8_t *packet = malloc(n);
			size_t m = n;
			memcpy(packet, sealed, n);
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(crypt_open_rtp(x.there, packet, &m), ERR_OK);
			free(packet);
		}
		for (size_t bit = 0; bit < n_report * 8; bit++) {
			uint8_t *packet = malloc(n_report);
			size_t m = n_report;
			memcpy(packet, report, n_report);
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(crypt_open_rtcp(x.there, packet, &m), ERR_OK);
			free(packet);
		}
		for (size_t cut = 0; cut < n; cut++) {
			uint8_t *packet = malloc(cut + !cut);
			size_t m = cut;
			memcpy(packet, sealed, cut);
			assert_int_not_equal(crypt_open_rtp(x.there, packet, &m), ERR_OK);
			m = cut < n_report ? cut : 0;
			memcpy(packet, report, m);
			assert_int_not_equal(crypt_open_rtcp(x.there, packet, &m), ERR_OK);
			free(packet);
		}
		size_t m = n;
		assert_int_equal(crypt_open_rtp(x.there, sealed, &m), ERR_OK); /* none of all that did harm */
		pair_fini(&x);
	}
}

/* Who holds the keys can make us keep so many streams and not more; what is known goes on. */
static void bounds_the_streams(void **unused)
{
	struct pair x;
	uint8_t packet[100];
	struct seal_stream first;
	pair_init(&x, PROFILE_AEAD_AES_128_GCM);
	seal_stream_init(&first, 100);
	size_t n = rtcp(&x, packet, sizeof packet);
	assert_int_equal(crypt_open_rtcp(x.there, packet, &n), ERR_OK); /* a stream too */
	for (uint32_t i = 1; i < CRYPT_STREAMS + 20; i++) {
		struct seal_stream s;
		seal_stream_init(&s, 99 + i);
		n = rtp(&x, i > 1 ? &s : &first, 1, packet, sizeof packet);
		assert_int_equal(crypt_open_rtp(x.there, packet, &n), i < CRYPT_STREAMS ? ERR_OK : ERR_LIMIT);
	}
	n = rtp(&x, &first, 2, packet, sizeof packet);
	assert_int_equal(crypt_open_rtp(x.there, packet, &n), ERR_OK);
	n = rtcp(&x, packet, sizeof packet);
	assert_int_equal(crypt_open_rtcp(x.there, packet, &n), ERR_OK);
	pair_fini(&x);
}

#define RTP_PLAIN "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"
#define RTCP_PLAIN                                                                                                     \
	"81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
#define RTCP_VECTOR 0x5d4 /* index */

/* Sections 16.1.1, 16.2.1, and 17.1 to 17.4: RTCP encrypted, and in the clear with a tag. */
static const struct vector {
	enum srtp_profile profile;
	const char *rtp, *rtcp, *rtcp_tagged;
} rfc7714[] = {
	{ PROFILE_AEAD_AES_128_GCM,
	  "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
	  "899d7f27beb16a9152cf765ee4390cce",
	  "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
	  "c84aa45896cf4d2fc5abf87245d9eade800005d4",
	  RTCP_PLAIN "841dd9683dd78ec92ae58790125f62b3000005d4" },
	{ PROFILE_AEAD_AES_256_GCM,
	  "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
	  "7aa3db36dfffd6b0f9bb7878d7a76c13",
	  "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
	  "1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
	  RTCP_PLAIN "91db4afbfeee5a978fab4393ed2615fe000005d4" },
};

static void opens_the_packets_of_rfc_7714(void **unused)
{
	if (sealer_backend(sealer) == BACKEND_LIBSRTP)
		skip(); /* it takes master keys alone */
	uint8_t plain_rtp[50], plain_rtcp[52], packet[100], sealed[100];
	assert_int_equal(unhex(plain_rtp, RTP_PLAIN), sizeof plain_rtp);
	assert_int_equal(unhex(plain_rtcp, RTCP_PLAIN), sizeof plain_rtcp);
	for (size_t i = 0; i < sizeof rfc7714 / sizeof *rfc7714; i++) {
		const struct vector *v = &rfc7714[i];
		struct keys_session session = { .salt = "Quid pro quo" };
		struct crypt *c;
		for (uint8_t k = 0; k < 32; k++)
			session.key[k] = k;
		assert_int_equal(
		    crypt_new_sessions(&c, sealer, v->profile, &(struct crypt_sessions){ session, session, session }),
		    ERR_OK);
		size_t n = unhex(packet, v->rtp);
		assert_int_equal(crypt_open_rtp(c, packet, &n), ERR_OK);
		assert_int_equal(n, sizeof plain_rtp);
		assert_memory_equal(packet, plain_rtp, n);
		n = unhex(packet, v->rtcp);
		assert_int_equal(crypt_open_rtcp(c, packet, &n), ERR_OK);
		assert_int_equal(n, sizeof plain_rtcp);
		assert_memory_equal(packet, plain_rtcp, n);
		n = unhex(packet, v->rtcp_tagged);
		assert_int_equal(crypt_open_rtcp(c, packet, &n), ERR_REPLAY);
		crypt_free(c);

		assert_int_equal(
		    crypt_new_sessions(&c, sealer, v->profile, &(struct crypt_sessions){ session, session, session }),
		    ERR_OK);
		n = unhex(packet, v->rtcp_tagged);
		packet[20] ^= 1;
		assert_int_equal(crypt_open_rtcp(c, packet, &n), ERR_AUTH);
		n = unhex(packet, v->rtcp_tagged);
		assert_int_equal(crypt_open_rtcp(c, packet, &n), ERR_OK);
		assert_int_equal(n, sizeof plain_rtcp);
		assert_memory_equal(packet, plain_rtcp, n);
		for (unsigned index = 1; index <= RTCP_VECTOR; index++) {
			memcpy(packet, plain_rtcp, sizeof plain_rtcp);
			n = sizeof plain_rtcp;
			assert_int_equal(crypt_seal_rtcp(c, packet, &n, sizeof packet), ERR_OK);
		}
		assert_int_equal(n, unhex(sealed, v->rtcp));
		assert_memory_equal(packet, sealed, n);
		crypt_free(c);
	}
}

static void takes_known_profiles_only(void **unused)
{
	struct crypt *c;
	assert_int_equal(crypt_new(&c, sealer, &(struct srtp_keys){ .profile = PROFILES }), ERR_RANGE);
	assert_null(c);
	crypt_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_seal_sealed),
		cmocka_unit_test(keeps_a_window),
		cmocka_unit_test(opens_rtcp_once),
		cmocka_unit_test(opens_nothing_else),
		cmocka_unit_test(bounds_the_streams),
		cmocka_unit_test(takes_known_profiles_only),
		cmocka_unit_test(opens_the_packets_of_rfc_7714),
	};
	int failed = 0;
	if (crypt_global_init() != ERR_OK)
		return 1;
	for (enum srtp_backend backend = BACKEND_IPSEC_MB; backend < BACKENDS; backend++) {
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
	crypt_global_fini();
	return failed;
}
