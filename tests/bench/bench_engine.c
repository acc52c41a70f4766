/* What the engine costs: one site speaks and films on three layers, N viewers take the highest. CPU time of the engine
 * alone, from the sealed datagram in to the sealed datagrams out: opening, reading, deciding, mapping, stamping,
 * sealing; timers too. No sockets, no feedback of viewers. Reports, claims nothing: use a Release build.
 *
 * Told apart: a voice's packet, a frame whose packets came in one wake-up, and one whose packets came one by one, as
 * over a thin uplink. With `megabytes`, so much other memory is touched before each turn, as by a kernel that sends:
 * what a viewer needs has left the processor's caches when its turn comes.
 *
 *   bench_engine [viewers [seconds [megabytes]]]        without arguments: 3 and 100 viewers, 20 s each */
#include "sim/sender.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct world world;

static double cpu_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

enum turn { VOICE, FRAME, ONE_BY_ONE, TURNS };

static const char *const names[TURNS] = { "a voice", "a frame in one wake-up", "a frame packet by packet" };

struct result {
	double ns;
	uint64_t in, out, flushes;
};

static uint8_t *other;
static size_t other_bytes;

static void touch_other(void)
{
	for (size_t i = 0; i < other_bytes; i += 64)
		other[i]++;
}

static void feed(struct world *w, const struct world_flight *f, struct result *r)
{
	struct packet *p = engine_buffer(w->e);
	if (!p)
		return;
	memcpy(p->data + p->start, f->bytes, f->n);
	p->length = f->n;
	double begin = cpu_ns();
	engine_on_datagram(w->e, p, &f->addr, w->now);
	r->ns += cpu_ns() - begin;
	r->in++;
}

static void flush(struct world *w, struct result *r)
{
	uint64_t sent = w->sent;
	touch_other();
	w->deaf = true;
	double begin = cpu_ns();
	engine_flush(w->e, w->now);
	r->ns += cpu_ns() - begin;
	w->deaf = false;
	r->out += w->sent - sent;
	r->flushes++;
}

/* What the speaker sends at a time; it is sealed outside the measured time. */
static void send(struct world *w, enum turn turn, struct result *r)
{
	uint32_t before = w->n_flights;
	if (turn == VOICE)
		sender_audio(w, &w->sites[0]);
	else
		sender_video(w, &w->sites[0]);
	for (uint32_t i = before; i < w->n_flights; i++) {
		feed(w, &w->flights[w->heap[i]], &r[turn]);
		if (turn == ONE_BY_ONE)
			flush(w, &r[turn]);
	}
	w->n_flights = before;
	flush(w, &r[turn]);
}

static void timers(struct world *w)
{
	w->deaf = true;
	if (engine_deadline(w->e) <= w->now)
		engine_on_deadline(w->e, w->now);
	engine_flush(w->e, w->now);
	w->deaf = false;
}

static void revive(struct world *w)
{
	for (unsigned i = 0; i < w->n_sites; i++)
		sender_check(w, &w->sites[i], WORLD_PWD);
	struct result ignored = { 0 };
	for (uint32_t i = 0; i < w->n_flights; i++)
		feed(w, &w->flights[w->heap[i]], &ignored);
	w->n_flights = 0;
	w->deaf = true;
	engine_flush(w->e, w->now);
	w->deaf = false;
}

static double clock_cost(void)
{
	double begin = cpu_ns();
	for (unsigned i = 0; i < 100000; i++)
		(void)cpu_ns();
	return (cpu_ns() - begin) / 100000;
}

/* Sealing alone, of packets of the same size, each viewer with keys of its own. */
static double seal_ns(unsigned viewers)
{
	struct seal_keys *keys = calloc(viewers, sizeof *keys);
	struct seal_stream *streams = calloc(viewers, sizeof *streams);
	struct sealer *sealer;
	struct srtp_half half = { .key = { 1 } };
	static uint8_t header[20] = { 0x80 }, body[900], out[1200];
	size_t length;
	unsigned rounds = 200000 / viewers + 1;
	if (sealer_new(BACKEND_AUTO, &sealer) != ERR_OK)
		exit(1);
	for (unsigned i = 0; i < viewers; i++)
		if (seal_init(&keys[i], sealer, PROFILE_AEAD_AES_128_GCM, &half) != ERR_OK)
			exit(1);
	double begin = cpu_ns();
	for (unsigned n = 0; n < rounds; n++)
		for (unsigned i = 0; i < viewers; i++) {
			header[2] = (uint8_t)(n >> 8);
			header[3] = (uint8_t)n;
			if (seal_packet(&keys[i], &streams[i], bytes_of(header, sizeof header), bytes_of(body, 6),
					bytes_of(body, sizeof body), n, out, sizeof out, &length) != ERR_OK)
				exit(1);
		}
	sealer_finish(sealer);
	double ns = (cpu_ns() - begin) / rounds / viewers;
	for (unsigned i = 0; i < viewers; i++)
		seal_fini(&keys[i]);
	sealer_free(sealer);
	free(keys);
	free(streams);
	return ns;
}

static void measure(unsigned viewers, unsigned seconds)
{
	struct world *w = &world;
	struct result r[TURNS] = { 0 };
	world_init(w, 1);
	(void)world_join(w, 0, 0);
	for (unsigned i = 0; i < viewers; i++) {
		struct world_profile shape = { .audio = 3, .video = 9, .no_source = true };
		world_view(w, world_join_as(w, &shape), 0, VIEW_STAGE, 0, 720, 30);
	}
	world_stage(w, 1);
	world_run(w, 2 * USEC_S);
	w->n_flights = 0;
	usec end = w->now + seconds * USEC_S;
	for (unsigned ms = 0; w->now < end; ms++, w->now += USEC_MS) {
		if (ms % 2500 == 0)
			revive(w);
		if (ms % 20 == 0)
			send(w, VOICE, r);
		if (ms % 33 == 0)
			send(w, ms / 1000 % 2 ? ONE_BY_ONE : FRAME, r);
		timers(w);
	}
	double clock = clock_cost();
	printf("%u viewers, %u s; sealing alone, 900 bytes: %.0f ns\n", viewers, seconds, seal_ns(viewers));
	for (unsigned i = 0; i < TURNS; i++)
		printf("  %-25s %6llu packets in, %8llu out: CPU %5.0f ns a packet out\n", names[i],
		       (unsigned long long)r[i].in, (unsigned long long)r[i].out,
		       (r[i].ns - clock * (double)(r[i].in + r[i].flushes)) / (double)r[i].out);
	world_fini(w);
}

int main(int argc, char **argv)
{
	if (crypt_global_init() != ERR_OK)
		return 1;
	unsigned seconds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20;
	other_bytes = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) << 20 : 0;
	other = calloc(1, other_bytes + 1);
	if (!other)
		return 1;
	unsigned viewers = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	if (viewers) {
		measure(viewers, seconds);
	} else {
		measure(3, seconds);
		measure(100, seconds);
	}
	free(other);
	crypt_global_fini();
	return 0;
}
