/* What goes wrong around the engine: bits that flip, viewers that fall silent, sockets that are full, a pool run dry, a
 * neighbour with ten times the load. Nothing is lost that need not be, all of it is counted, others are unharmed. */
#include "media/packet.h"
#include "sim/sender.h"
#include "test.h"

static struct world world;

/* The first one speaks, the others are heard too quietly to be voices. Steady voices end as noise after half a minute
 * (media/speaker), each at its own millisecond where several workers hear them: of equal ones, who spoke last would be
 * chance then, and with it whom the stage sees. */
static void meet(struct world *w, uint64_t seed, unsigned sites)
{
	world_init(w, seed);
	for (unsigned i = 0; i < sites; i++) {
		struct world_site *s = &w->sites[world_join(w, 2, 3)];
		s->asks_nack = true;
		s->level = i ? 90 : 30;
	}
	world_stage(w, 1);
	world_run(w, 2 * USEC_S);
}

/* Site `i` sees and hears without a fault for the next 2 s. */
static void all_is_well(struct world *w, unsigned from, unsigned to)
{
	world_reset(w);
	world_run(w, 2 * USEC_S);
	for (unsigned i = from; i < to; i++) {
		assert_true(world_video(w, i, 0)->frames > 55);
		assert_true(world_audio(w, i, 0)->packets > 95);
		assert_null(world_fault(world_video(w, i, 0)));
		assert_int_equal(w->sites[i].state, TRANSPORT_CONNECTED);
	}
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
}

/* What a flipped bit is counted as. */
static uint64_t dropped_as_damaged(const struct world *w)
{
	static const enum drop reasons[] = { DROP_AUTH,	      DROP_REPLAY,    DROP_DEMUX,	DROP_STUN_FORMAT,
					     DROP_STUN_USER,  DROP_STUN_AUTH, DROP_RTP_FORMAT,	DROP_RTCP_FORMAT,
					     DROP_SSRC_LIMIT, DROP_NO_KEYS,   DROP_SSRC_UNBOUND };
	uint64_t n = 0;
	for (unsigned i = 0; i < sizeof reasons / sizeof *reasons; i++)
		n += world_drops(w, reasons[i]);
	return n;
}

/* One datagram of a hundred, either way: each is refused and counted, by the engine or by the viewer, asked for again,
 * and no picture or voice is worse for it. */
static void bits_that_flip(void **unused)
{
	struct world *w = &world;
	meet(w, 1, 4);
	assert_int_equal(dropped_as_damaged(w), 0);
	world_reset(w);
	w->damage = 0.01;
	world_run(w, 40 * USEC_S);
	w->damage = 0;
	uint64_t unopened = 0;
	for (unsigned i = 0; i < 4; i++) {
		assert_true(world_video(w, i, 0)->frames > 1150); /* at once: those repaired are not among them */
		assert_true(world_video(w, i, 0)->longest_gap < 200 * USEC_MS);
		assert_true(world_audio(w, i, 0)->packets > 1900);
		assert_int_equal(w->sites[i].plis, 0);
		unopened += w->sites[i].unopened;
	}
	world_run(w, 1500 * USEC_MS);
	for (unsigned i = 0; i < 4; i++)
		assert_null(world_fault(world_video(w, i, 0)));
	assert_true(w->damaged_up > 100 && w->damaged_down > 100);
	assert_int_equal(dropped_as_damaged(w) + w->to_dtls, w->damaged_up);
	assert_int_equal(world_drops(w, DROP_SSRC_LIMIT), 0);
	assert_true(unopened <= w->damaged_down && unopened > w->damaged_down * 9 / 10);
	all_is_well(w, 0, 4);
	world_fini(w);
}

/* It neither reports nor answers; it gets what it was given until its consent has run out, then nothing. The speaker
 * is asked nothing for its sake, and when it goes nothing of it stays. */
static void a_viewer_that_falls_silent(void **unused)
{
	struct world *w = &world;
	meet(w, 2, 4);
	world_reset(w);
	w->sites[3].loss_up = 1;
	world_run(w, 60 * USEC_S);
	assert_true(world_drops(w, DROP_SILENT) > 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(w->sites[i].plis, 0);
		assert_int_equal(w->sites[i].unopened, 0);
		assert_true(world_video(w, i, 0)->longest_gap < 100 * USEC_MS);
	}
	all_is_well(w, 0, 3);
	assert_int_equal(world_video(w, 3, 0)->packets + world_audio(w, 3, 0)->packets, 0);
	world_leave(w, 3);
	all_is_well(w, 0, 3);
	assert_int_equal(w->counters.sites, 3);
	assert_int_equal(w->counters.transports, 3);
	world_fini(w);
}

/* For 20 ms of each 207 the socket takes no pictures: each is counted, asked for, sent again; no voice is lost. */
static void sockets_full_of_pictures(void **unused)
{
	struct world *w = &world;
	meet(w, 3, 4);
	world_reset(w);
	for (unsigned i = 0; i < 25; i++) {
		w->full = FULL_PICTURES;
		world_run(w, 20 * USEC_MS);
		w->full = FULL_NOT;
		world_run(w, 187 * USEC_MS); /* not in step with the frames */
	}
	world_run(w, 1500 * USEC_MS);
	assert_true(w->refused > 100);
	assert_int_equal(world_drops(w, DROP_SOCKET_FULL), w->refused);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(world_video(w, i, 0)->frames > 160);
		assert_true(world_video(w, i, 0)->rtx > 0);
		assert_null(world_fault(world_video(w, i, 0)));
		assert_int_equal(world_holes(world_audio(w, i, 0), 0), 0);
		assert_int_equal(world_holes(world_audio(w, i, 1), 0), 0);
		assert_int_equal(w->sites[i].plis, 0);
	}
	all_is_well(w, 0, 4);
	world_fini(w);
}

/* For half a second it takes nothing at all. */
static void sockets_full(void **unused)
{
	struct world *w = &world;
	meet(w, 4, 4);
	w->full = FULL_ALL;
	world_run(w, 500 * USEC_MS);
	w->full = FULL_NOT;
	world_run(w, 2 * USEC_S);
	assert_true(w->refused > 300);
	assert_int_equal(world_drops(w, DROP_SOCKET_FULL) + world_drops(w, DROP_SOCKET_VOICE), w->refused);
	all_is_well(w, 0, 4);
	world_fini(w);
}

/* Something takes all buffers for a while: what finds none is counted and asked for once there are some again. When all
 * have left, every buffer is back. */
static void a_pool_run_dry(void **unused)
{
	enum { BUFFERS = 1024 };
	struct world *w = &world;
	struct packet *held[BUFFERS];
	unsigned n = 0;
	world_init_workers(w, 5, BUFFERS, 1);
	for (unsigned i = 0; i < 4; i++)
		w->sites[world_join(w, 2, 3)].asks_nack = true;
	world_run(w, 3 * USEC_S);
	assert_int_equal(w->no_buffer, 0);
	while (n < BUFFERS && (held[n] = engine_buffer(w->e)))
		n++;
	world_run(w, 300 * USEC_MS);
	assert_true(w->no_buffer > 100);
	while (n)
		packet_put(held[--n]);
	world_run(w, 3 * USEC_S);
	assert_int_equal(world_drops(w, DROP_POOL), w->no_buffer);
	uint64_t lost = w->no_buffer;
	all_is_well(w, 0, 4);
	assert_int_equal(w->no_buffer, lost);
	for (unsigned i = 0; i < 4; i++)
		world_leave(w, i);
	world_run(w, 1500 * USEC_MS);
	assert_int_equal(w->counters.buffers_free, BUFFERS);
	world_fini(w);
}

/* A room where twenty film, see nine others each, lose much and ask for all of it, and one of two that lose a little:
 * the calm one sees every picture, and its losses are still repaired. */
static void a_loud_neighbour(void **unused)
{
	enum { CALM = 2, SITES = CALM + 20 };
	struct world *w = &world;
	world_init(w, 6);
	for (unsigned i = 0; i < CALM; i++)
		w->sites[world_join(w, 1, 1)].asks_nack = true;
	w->room = 2;
	for (unsigned i = CALM; i < SITES; i++) {
		struct world_site *s = &w->sites[world_join(w, 3, 9)];
		s->asks_nack = true;
		s->loss_up = s->loss_down = 0.1;
	}
	world_run(w, 2 * USEC_S);
	w->sites[0].loss_up = w->sites[1].loss_down = 0.02;
	world_reset(w);
	uint64_t calm = 0, loud = 0;
	for (unsigned t = 0; t < 10; t++) {
		world_reload(w, CALM + t, 10 * USEC_MS);
		world_run(w, 500 * USEC_MS);
	}
	for (unsigned i = 0; i < SITES; i++)
		for (unsigned k = 0; k < w->sites[i].n_slots; k++)
			*(i < CALM ? &calm : &loud) += w->sites[i].slots[k].packets;
	assert_true(loud > 10 * calm);
	assert_int_equal(w->no_buffer, 0);
	for (unsigned i = 0; i < CALM; i++) {
		struct world_slot *v = world_video(w, i, 0);
		assert_true(v->frames > 148);
		assert_true(v->longest_gap < 200 * USEC_MS);
		assert_int_equal(v->csrc, world_csrc(w, 1 - i));
		assert_int_equal(w->sites[i].plis, 0);
	}
	assert_true(world_video(w, 1, 0)->rtx > 0);
	assert_true(w->sites[0].nacks > 0);
	w->sites[0].loss_up = w->sites[1].loss_down = 0;
	world_run(w, 500 * USEC_MS);
	all_is_well(w, 0, CALM);
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_that_flip),	    cmocka_unit_test(a_viewer_that_falls_silent),
		cmocka_unit_test(sockets_full_of_pictures), cmocka_unit_test(sockets_full),
		cmocka_unit_test(a_pool_run_dry),	    cmocka_unit_test(a_loud_neighbour),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
