/* What sealing and opening cost: CPU nanoseconds a packet, by profile, backend and size, for packets of RECEIVERS
 * transports in turn. All are measured once a round, and ROUNDS rounds one after the other, or as many as the one
 * argument says; a line of JSON for each, with the median of the rounds and its quartiles.
 *
 *   seal        64 packets, then sealer_finish: a wake-up of the forwarding core
 *   seal_alone  sealer_finish after each packet
 *   open        inbound RTP
 *   seal_rtcp, open_rtcp */
#include "secure/crypt.h"
#include "secure/seal.h"
#include "secure/sealer.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RECEIVERS 218
#define EACH 8 /* packets of each receiver a measurement */
#define ROUNDS 9
#define HEADER 20
#define HEAD 6 /* of VP8's descriptor */
#define CELL 1536
#define TOGETHER 64

static const unsigned sizes[] = { 100, 200, 1200 };
#define SIZES (sizeof sizes / sizeof *sizes)
static const char *const profiles[PROFILES] = { "AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80" };

enum op { SEAL, SEAL_ALONE, OPEN, SEAL_RTCP, OPEN_RTCP, OPS };
static const char *const ops[OPS] = { "seal", "seal_alone", "open", "seal_rtcp", "open_rtcp" };

/* The transports of one measurement, the far ends for what is opened, and the packets' places. */
struct bench {
	struct sealer *sealer;
	struct seal_keys seal[RECEIVERS];
	struct seal_stream streams[RECEIVERS];
	struct crypt *near[RECEIVERS], *far[RECEIVERS];
	uint64_t seq;
	unsigned size;
	uint8_t body[1500];
	uint8_t cells[RECEIVERS * EACH][CELL];
	size_t lengths[RECEIVERS * EACH];
};

static struct bench b;
static unsigned rounds = ROUNDS;

static void must(enum err err)
{
	if (err == ERR_OK)
		return;
	(void)fprintf(stderr, "micro_seal: %s\n", err_name(err));
	exit(1);
}

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static void setup(enum srtp_profile profile)
{
	b.seq = 1;
	for (unsigned i = 0; i < RECEIVERS; i++) {
		struct srtp_keys near = { .profile = profile }, far;
		near.local.key[0] = near.remote.salt[0] = (uint8_t)i;
		far = (struct srtp_keys){ profile, near.remote, near.local };
		must(seal_init(&b.seal[i], b.sealer, profile, &near.local));
		must(crypt_new(&b.near[i], b.sealer, &near));
		must(crypt_new(&b.far[i], b.sealer, &far));
		seal_stream_init(&b.streams[i], 1000 + i);
	}
}

static void teardown(void)
{
	for (unsigned i = 0; i < RECEIVERS; i++) {
		seal_fini(&b.seal[i]);
		crypt_free(b.near[i]);
		crypt_free(b.far[i]);
	}
}

/* Into `cells` places in turn: few and warm as the outbox, or one for each packet. */
static void seal_all(unsigned together, unsigned cells)
{
	for (unsigned i = 0; i < RECEIVERS * EACH; i++) {
		unsigned r = i % RECEIVERS, at = i % cells;
		uint64_t seq = b.seq + i / RECEIVERS;
		uint8_t header[HEADER] = { 0x90, 96, (uint8_t)(seq >> 8), (uint8_t)seq };
		struct writer w = writer_of(header + 8, 12);
		writer_u32(&w, 1000 + r);
		writer_u32(&w, 0xbede0001);
		writer_u32(&w, 0x10000000 | i);
		must(seal_packet(&b.seal[r], &b.streams[r], bytes_of(header, HEADER), bytes_of(b.body, HEAD),
				 bytes_of(b.body + HEAD, b.size - HEAD), seq, b.cells[at], CELL, &b.lengths[at]));
		if (i % together == together - 1)
			sealer_finish(b.sealer);
	}
	sealer_finish(b.sealer);
	b.seq += EACH;
}

static void rtcp_all(void)
{
	for (unsigned i = 0; i < RECEIVERS * EACH; i++) {
		b.lengths[i] = b.size;
		must(crypt_seal_rtcp(b.near[i % RECEIVERS], b.cells[i], &b.lengths[i], CELL));
	}
}

static void rtcp_plain(void)
{
	for (unsigned i = 0; i < RECEIVERS * EACH; i++) {
		struct writer w = writer_of(b.cells[i], 8);
		writer_u32(&w, 0x80c90000 | (b.size / 4 - 1));
		writer_u32(&w, 1000 + i % RECEIVERS);
	}
}

static void open_all(enum err (*open)(struct crypt *c, uint8_t *packet, size_t *length))
{
	for (unsigned i = 0; i < RECEIVERS * EACH; i++)
		must(open(b.far[i % RECEIVERS], b.cells[i], &b.lengths[i]));
}

static double once(enum op op)
{
	double from;
	if (op == OPEN)
		seal_all(TOGETHER, RECEIVERS * EACH);
	if (op == SEAL_RTCP || op == OPEN_RTCP)
		rtcp_plain();
	if (op == OPEN_RTCP)
		rtcp_all();
	from = cpu_ns();
	switch (op) {
	case SEAL: seal_all(TOGETHER, TOGETHER); break;
	case SEAL_ALONE: seal_all(1, TOGETHER); break;
	case OPEN: open_all(crypt_open_rtp); break;
	case SEAL_RTCP: rtcp_all(); break;
	default: open_all(crypt_open_rtcp); break;
	}
	return (cpu_ns() - from) / (RECEIVERS * EACH);
}

static int by_value(const void *a, const void *z)
{
	double x = *(const double *)a, y = *(const double *)z;
	return (x > y) - (x < y);
}

static double results[BACKENDS][PROFILES][SIZES][OPS][ROUNDS];

static void report(enum srtp_backend backend, enum srtp_profile profile, unsigned size, enum op op)
{
	double *r = results[backend][profile][size][op];
	qsort(r, rounds, sizeof *r, by_value);
	(void)printf("{\"bench\":\"micro_seal\",\"op\":\"%s\",\"profile\":\"%s\",\"backend\":\"%s\",\"bytes\":%u,"
		     "\"receivers\":%u,\"ns\":%.0f,\"q1\":%.0f,\"q3\":%.0f}\n",
		     ops[op], profiles[profile], sealer_name(backend), sizes[size], RECEIVERS, r[rounds / 2],
		     r[rounds / 4], r[rounds * 3 / 4]);
}

/* The first run of each is not counted: streams are made, caches filled. */
static void measure(enum srtp_backend backend, unsigned round)
{
	for (enum srtp_profile profile = 0; profile < PROFILES; profile++) {
		setup(profile);
		for (unsigned size = 0; size < SIZES; size++) {
			b.size = sizes[size];
			for (enum op op = 0; op < OPS; op++) {
				(void)once(op);
				results[backend][profile][size][op][round] = once(op);
			}
		}
		teardown();
	}
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;
	if (!wanted || wanted > ROUNDS)
		return 2;
	rounds = (unsigned)wanted;
	struct sealer *sealers[BACKENDS] = { NULL };
	must(crypt_global_init());
	for (enum srtp_backend backend = BACKEND_IPSEC_MB; backend < BACKENDS; backend++) {
		enum err err = sealer_new(backend, &sealers[backend]);
		if (err != ERR_MISSING)
			must(err);
		else
			(void)fprintf(stderr, "micro_seal: %s is not here\n", sealer_name(backend));
	}
	for (unsigned round = 0; round < rounds; round++)
		for (enum srtp_backend backend = BACKEND_IPSEC_MB; backend < BACKENDS; backend++) {
			b.sealer = sealers[backend];
			if (b.sealer)
				measure(backend, round);
		}
	for (enum op op = 0; op < OPS; op++)
		for (enum srtp_profile profile = 0; profile < PROFILES; profile++)
			for (unsigned size = 0; size < SIZES; size++)
				for (enum srtp_backend backend = BACKEND_IPSEC_MB; backend < BACKENDS; backend++)
					if (sealers[backend])
						report(backend, profile, size, op);
	for (enum srtp_backend backend = BACKEND_IPSEC_MB; backend < BACKENDS; backend++)
		sealer_free(sealers[backend]);
	crypt_global_fini();
	return 0;
}
