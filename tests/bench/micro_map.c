/* What forwarding decides, without ciphers and sockets: CPU nanoseconds of what one slot does with one packet of its
 * source (select, rewrite, slotclock), and of finding the transport a datagram is from. All are measured once a round,
 * and ROUNDS rounds one after the other; a line of JSON for each, with the median of the rounds and its quartiles.
 *
 *   map    each packet of a frame to all slots in turn
 *   route  a lookup by source address, in an order without rule
 *
 * hot: the same again at once, so that what the caches hold stays there; cold: all of it was put out of them before. A
 * frame's packets go to one slot after the other, as the daemon does it: the first one finds it cold, the rest do not.
 */
#include "engine/route.h"
#include "media/layers.h"
#include "media/rewrite.h"
#include "media/select.h"
#include "media/slotclock.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 9
#define WORK 20000 /* of a hot round, at least so many */
#define PACKETS 7  /* of a frame */
#define FRAME_USEC (40 * USEC_MS)
#define FRAME_TICKS 3600
#define TOP 2		   /* the layer that is taken */
#define TRANSPORTS 1100	   /* a worker's, by default */
#define CACHES (64U << 20) /* more than those of one core hold */

struct mapped {
	struct select select;
	struct rewrite rewrite;
	struct slotclock clock;
	struct rewrite_pictures *lent;
};

static const unsigned slots[] = { 1, 218, 1000 }, transports[] = { 218, 1000 };
#define SLOTS_MAX 1000

static struct mapped mapped[SLOTS_MAX];
static struct layers layers;
static struct recv_meta frame[PACKETS];
static uint64_t frames;
static uint8_t *caches;
static double clock_ns; /* what asking for the time costs */

static struct route route;
static struct netaddr addresses[TRANSPORTS];
static char marks[TRANSPORTS]; /* stand for transports */

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "micro_map: %s\n", what);
	exit(1);
}

static double cpu_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static double clock_cost(void)
{
	double begin = cpu_ns();
	for (unsigned i = 0; i < WORK; i++)
		(void)cpu_ns();
	return (cpu_ns() - begin) / WORK;
}

static void put_out_of_caches(void)
{
	for (size_t i = 0; i < CACHES; i += 64)
		caches[i]++;
}

/* ---- slots ------------------------------------------------------------------------------------------------------- */

static void next_frame(void)
{
	static const uint8_t pattern[] = { 0, 2, 1, 2 };
	uint8_t temporal = pattern[frames % 4];
	usec now = USEC_S + (usec)frames * FRAME_USEC;
	static uint8_t tl0picidx;
	tl0picidx += temporal == 0;
	for (unsigned i = 0; i < PACKETS; i++) {
		frame[i] = (struct recv_meta){ .seq = 100000 + frames * PACKETS + i,
					       .timestamp = (uint32_t)(frames * FRAME_TICKS),
					       .arrival = now,
					       .captured = USEC_NEVER,
					       .layer = TOP,
					       .marker = i == PACKETS - 1,
					       .keyframe = frames == 0,
					       .frame_start = i == 0,
					       .temporal = temporal,
					       .layer_sync = temporal > 0,
					       .picture_id = frames & 0x7fff,
					       .tl0picidx = tl0picidx,
					       .has_picture_id = true,
					       .has_tl0picidx = true,
					       .has_temporal = true };
		layers_on_packet(&layers, &frame[i], 1100, now);
	}
	frames++;
}

static void map_one(struct mapped *m, const struct recv_meta *meta)
{
	struct rewrite_in in = rewrite_in_video(1, meta);
	struct rewrite_out out;
	uint32_t timestamp;
	switch (select_decide(&m->select, &layers, meta, meta->arrival)) {
	case SELECT_SWITCH:
		rewrite_switch(&m->rewrite, &in, &out);
		(void)slotclock_switch(&m->clock, 1, meta->timestamp, meta->captured, meta->arrival);
		return;
	case SELECT_FORWARD:
		if (rewrite_map(&m->rewrite, &in, &out) == REWRITE_OK &&
		    slotclock_map(&m->clock, 1, meta->timestamp, meta->arrival, &timestamp, NULL))
			return;
		fail("a packet was not mapped");
	default: fail("a packet was not for the slot");
	}
}

static double map_frame(unsigned n)
{
	next_frame();
	double from = cpu_ns();
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < PACKETS; k++)
			map_one(&mapped[i], &frame[k]);
	return (cpu_ns() - from - clock_ns) / (n * PACKETS);
}

static void begin_slots(void)
{
	layers_init(&layers, TOP + 1, true, LAYERS_CAMERA);
	for (uint8_t i = 0; i <= TOP; i++)
		layers_on_size(&layers, i, (uint16_t)(320U << i), (uint16_t)(180U << i));
	for (unsigned i = 0; i < SLOTS_MAX; i++) {
		struct mapped *m = &mapped[i];
		m->lent = aligned_alloc(alignof(struct rewrite_pictures), sizeof *m->lent);
		if (!m->lent)
			fail("out of memory");
		select_init(&m->select, 720, 30);
		rewrite_init(&m->rewrite, (uint16_t)(i + 1), (uint16_t)i, (uint8_t)i);
		rewrite_lend_pictures(&m->rewrite, m->lent);
		slotclock_init(&m->clock, SLOTCLOCK_VIDEO_HZ, i * 7919, 3000, 0);
		select_start(&m->select, &layers, USEC_S);
	}
	frames = 0;
	(void)map_frame(SLOTS_MAX); /* all begin with the first frame, a keyframe */
}

static double map_hot(unsigned n)
{
	double sum = 0;
	unsigned times = WORK / (n * PACKETS) + 1;
	for (unsigned i = 0; i < times; i++)
		sum += map_frame(n);
	return sum / times;
}

static double map_cold(unsigned n)
{
	put_out_of_caches();
	return map_frame(n);
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

static uint32_t chance(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33);
}

static void begin_routes(unsigned n)
{
	if (route_init(&route, TRANSPORTS) != ERR_OK)
		fail("out of memory");
	for (unsigned i = 0; i < n; i++) {
		uint32_t host = chance();
		addresses[i] =
		    (struct netaddr){ .family = 4,
				      .port = (uint16_t)(1024 + chance() % 60000),
				      .ip = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host } };
		if (route_put(&route, &addresses[i], (struct transport *)(void *)&marks[i]) != ERR_OK)
			fail("no room for a route");
	}
}

/* A step that shares no divisor with 218 or 1000 visits all, none beside the one before. */
static double look_up(unsigned n, unsigned times)
{
	unsigned at = 0;
	double from = cpu_ns();
	for (unsigned i = 0; i < times; i++, at = (at + 7919) % n)
		if ((void *)route_from(&route, &addresses[at]) != &marks[at])
			fail("a lookup found another transport");
	return (cpu_ns() - from) / times;
}

static double route_hot(unsigned n)
{
	(void)look_up(n, n);
	return look_up(n, WORK);
}

static double route_cold(unsigned n)
{
	put_out_of_caches();
	return look_up(n, n);
}

/* ---- report ------------------------------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *z)
{
	double x = *(const double *)a, y = *(const double *)z;
	return (x > y) - (x < y);
}

static void report(const char *op, const char *of, unsigned n, const char *state, double (*once)(unsigned n))
{
	double r[ROUNDS];
	for (unsigned i = 0; i < ROUNDS; i++)
		r[i] = once(n);
	qsort(r, ROUNDS, sizeof *r, by_value);
	(void)printf("{\"bench\":\"micro_map\",\"op\":\"%s\",\"%s\":%u,\"caches\":\"%s\",\"ns\":%.1f,\"q1\":%.1f,"
		     "\"q3\":%.1f}\n",
		     op, of, n, state, r[ROUNDS / 2], r[ROUNDS / 4], r[ROUNDS * 3 / 4]);
}

int main(void)
{
	caches = calloc(1, CACHES);
	if (!caches)
		fail("out of memory");
	clock_ns = clock_cost();
	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
		begin_slots();
		report("map", "slots", slots[i], "hot", map_hot);
		report("map", "slots", slots[i], "cold", map_cold);
		for (unsigned k = 0; k < SLOTS_MAX; k++)
			free(mapped[k].lent);
	}
	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
		begin_routes(transports[i]);
		report("route", "transports", transports[i], "hot", route_hot);
		report("route", "transports", transports[i], "cold", route_cold);
		route_fini(&route);
	}
	free(caches);
	return 0;
}
