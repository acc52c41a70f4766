/* The floor: no signalling; a hello each 200 ms until it comes back, everything else is agreed in floor.h. */
#include "bench/floor.h"
#include "bench/load/join.h"
#include "bench/load/load.h"
#include "bench/load/site.h"
#include "bench/load/taker.h"
#include "io/addrs.h"
#include <stdio.h>
#include <stdlib.h>

#define HELLO_USEC (200 * USEC_MS)

static enum err init(struct load *l)
{
	struct netaddr *a = calloc(1, sizeof *a);
	l->signalling = a;
	if (a && addrs_parse(l->plan.address, a) == ERR_OK && a->family == 4 && a->port)
		return ERR_OK;
	(void)fprintf(stderr, "load: --address %s: IP:PORT is wanted, as 127.0.0.1:42000\n", l->plan.address);
	return ERR_FORMAT;
}

static void hello_write(const struct site *s, uint8_t hello[FLOOR_HELLO_BYTES])
{
	const struct plan *p = &s->load->plan;
	struct writer w = writer_of(hello, FLOOR_HELLO_BYTES);
	uint8_t role = (uint8_t)((s->sender ? FLOOR_SENDS : 0) | (s->taker ? FLOOR_TAKES : 0));
	floor_hello_write(&w, &(struct floor_hello){ .role = role,
						     .profile = p->profile,
						     .index = (uint16_t)s->index,
						     .room = (uint16_t)plan_room(p, s->index),
						     .audio = (uint8_t)p->audio_slots,
						     .video = (uint8_t)p->video_slots,
						     .layer = (uint8_t)p->layer });
}

static usec on_deadline(struct site *s, usec now)
{
	uint8_t hello[FLOOR_HELLO_BYTES];
	hello_write(s, hello);
	site_send(s, bytes_of(hello, sizeof hello));
	return now + HELLO_USEC;
}

static void start(struct site *s, usec now)
{
	const struct netaddr *a = s->load->signalling;
	const struct plan *p = &s->load->plan;
	uint32_t source;
	if (site_connect(s, a) != ERR_OK || site_credentials(s, FLOOR_UFRAG, FLOOR_PWD) != ERR_OK) {
		site_fail(s, "the floor's address is of no use; see --address");
		return;
	}
	for (uint32_t i = 0; s->taker && i < p->audio_slots && plan_source(p, s->index, i, &source); i++)
		taker_slot(s->taker, false, floor_ssrc((uint16_t)source, FLOOR_AUDIO), 0);
	for (uint32_t i = 0; s->taker && i < p->video_slots && plan_source(p, s->index, i, &source); i++)
		taker_slot(s->taker, true, floor_ssrc((uint16_t)source, (enum floor_stream)(FLOOR_LAYER_L + p->layer)),
			   0);
	s->next_check = now;
	site_wake(s);
}

static void on_datagram(struct site *s, struct bytes datagram, usec now)
{
	uint8_t hello[FLOOR_HELLO_BYTES];
	struct srtp_keys keys;
	hello_write(s, hello);
	if (s->state != SITE_JOINING || !bytes_equal(datagram, bytes_of(hello, sizeof hello)))
		return;
	floor_keys(&keys, (uint16_t)s->index, s->load->plan.profile, false);
	site_keys(s, &keys, now);
}

/* It forgets us: another run may follow. */
static void stop(struct load *l)
{
	uint8_t hello[FLOOR_HELLO_BYTES];
	for (uint32_t i = 0; i < plan_sites(&l->plan); i++) {
		const struct site *s = &l->sites[i];
		if (!s->load || s->state != SITE_READY)
			continue;
		hello_write(s, hello);
		hello[4] |= FLOOR_BYE_ROLE;
		site_send(&l->sites[i], bytes_of(hello, sizeof hello));
	}
	free(l->signalling);
}

const struct join_kind join_floor = {
	.init = init, .start = start, .on_deadline = on_deadline, .on_datagram = on_datagram, .stop = stop
};
