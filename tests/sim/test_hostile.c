/* What strangers and broken or hostile sites send: counted, dropped, and nobody else notices. */
#include "sim/sender.h"
#include "test.h"
#include "wire/rtcp.h"
#include "wire/stun.h"

static struct world world;

static const struct netaddr stranger = { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 4000 };

static uint64_t all_drops(const struct world *w)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < DROP_COUNT; i++)
		n += world_drops(w, (enum drop)i);
	return n;
}

/* Two sites that see each other; whatever was done, they still do. */
static void meet(struct world *w, uint64_t seed)
{
	world_init(w, seed);
	(void)world_join(w, 1, 1);
	(void)world_join(w, 1, 1);
	world_run(w, USEC_S);
}

static void still_meets(struct world *w)
{
	world_reset(w);
	world_run(w, 2 * USEC_S);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(world_video(w, i, 0)->frames > 55);
		assert_true(world_audio(w, i, 0)->packets > 95);
		assert_null(world_fault(world_video(w, i, 0)));
		assert_null(world_fault(world_audio(w, i, 0)));
		assert_int_equal(w->sites[i].unopened, 0);
		assert_int_equal(w->sites[i].state, TRANSPORT_CONNECTED);
	}
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
}

/* Datagrams of chance, from a stranger and from a site's own address: each is counted by a reason, none is answered. */
static void chance_datagrams(void **unused)
{
	struct world *w = &world;
	meet(w, 1);
	w->sites[0].speaks = w->sites[0].films = w->sites[1].speaks = w->sites[1].films = false;
	world_run(w, 2 * USEC_S);
	uint64_t before = all_drops(w), sent = w->sent;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[1600];
		size_t n = (size_t)(world_chance(w) * (i % 7 ? 80 : 1500));
		for (size_t j = 0; j < n; j++)
			bytes[j] = (uint8_t)(world_chance(w) * 256);
		if (n && i % 2)
			bytes[0] = (uint8_t)(i % 4 == 1 ? 0x80 | (bytes[0] & 0x3f) : bytes[0] & 3);
		world_datagram(w, i % 3 ? &w->sites[0].address : &stranger, bytes_of(bytes, n));
	}
	assert_int_equal(w->sent, sent);
	world_run(w, 1100 * USEC_MS);
	assert_true(all_drops(w) - before > 15000); /* DTLS from a site's address goes to the host */
	assert_true(world_drops(w, DROP_SIZE) > 0);
	assert_true(world_drops(w, DROP_DEMUX) > 0);
	assert_true(world_drops(w, DROP_NO_TRANSPORT) > 0);
	assert_true(world_drops(w, DROP_STUN_FORMAT) > 0);
	assert_true(world_drops(w, DROP_AUTH) > 0);
	w->sites[0].speaks = w->sites[0].films = w->sites[1].speaks = w->sites[1].films = true;
	world_run(w, USEC_S);
	still_meets(w);
	world_fini(w);
}

/* A check with a wrong password, or for a ufrag nobody has: counted, not answered, and the address stays unknown. */
static void wrong_checks(void **unused)
{
	struct world *w = &world;
	meet(w, 2);
	struct netaddr own = w->sites[0].address;
	w->sites[0].address = stranger;
	sender_check(w, &w->sites[0], "another password of 22");
	w->sites[0].address = own;
	char ufrag[33];
	memcpy(ufrag, w->sites[0].ufrag, sizeof ufrag);
	memcpy(w->sites[0].ufrag, "nobody", 7);
	sender_check(w, &w->sites[0], WORLD_PWD);
	memcpy(w->sites[0].ufrag, ufrag, sizeof ufrag);
	world_run(w, 1100 * USEC_MS);
	assert_int_equal(world_drops(w, DROP_STUN_AUTH), 1);
	assert_int_equal(world_drops(w, DROP_STUN_USER), 1);
	assert_int_equal(world_drops(w, DROP_NO_TRANSPORT), 0);
	uint8_t rtp[40] = { 0x80, 111 };
	world_datagram(w, &stranger, bytes_of(rtp, sizeof rtp));
	world_run(w, 1100 * USEC_MS);
	assert_int_equal(world_drops(w, DROP_NO_TRANSPORT), 1);
	still_meets(w);
	world_fini(w);
}

/* A site's own sealed packet cut off at each byte, changed at each byte, and sent again. */
static void broken_packets(void **unused)
{
	struct world *w = &world;
	meet(w, 3);
	struct world_site *s = &w->sites[0];
	for (unsigned kind = 0; kind < 2; kind++) {
		unsigned first = w->n_flights;
		if (kind)
			sender_report(w, s);
		else
			sender_audio(w, s);
		assert_int_equal(w->n_flights, first + 1);
		struct world_flight f = { 0 };
		for (unsigned i = 0; i < w->n_flights; i++)
			if (w->flights[w->heap[i]].order == w->order - 1)
				f = w->flights[w->heap[i]];
		for (uint16_t n = 0; n < f.n; n++)
			world_datagram(w, &s->address, bytes_of(f.bytes, n));
		for (uint16_t n = 0; n < f.n; n++) {
			f.bytes[n] ^= 0x11;
			world_datagram(w, &s->address, bytes_of(f.bytes, f.n));
			f.bytes[n] ^= 0x11;
		}
		world_run(w, 100 * USEC_MS); /* the packet itself arrives */
		world_datagram(w, &s->address, bytes_of(f.bytes, f.n));
	}
	world_run(w, 1100 * USEC_MS);
	assert_true(world_drops(w, DROP_REPLAY) >= 2);
	assert_true(world_drops(w, DROP_AUTH) > 100);
	still_meets(w);
	world_fini(w);
}

/* What a site with the right keys can do by RTCP: garbage, reports about others, requests for what it was never sent.
 */
static void authenticated_rtcp(void **unused)
{
	struct world *w = &world;
	meet(w, 4);
	struct world_site *s = &w->sites[0];
	for (unsigned i = 0; i < 3000; i++) {
		uint8_t bytes[600];
		size_t n = 8 + (size_t)(world_chance(w) * 100) * 4;
		for (size_t j = 0; j < n; j++)
			bytes[j] = (uint8_t)(world_chance(w) * 256);
		bytes[0] = 0x80 | (bytes[0] & 0x1f);
		bytes[1] = (uint8_t)(200 + i % 8);
		size_t words = i % 3 ? n / 4 - 1 : (size_t)bytes[3];
		bytes[2] = (uint8_t)(words >> 8);
		bytes[3] = (uint8_t)words;
		const uint32_t ssrcs[] = { 1, s->slots[i % 2].ssrc, s->slots[1].rtx_ssrc, s->audio_ssrc };
		struct writer sender = writer_of(bytes + 4, 4), media = writer_of(bytes + 8, 4);
		writer_u32(&sender, ssrcs[i % 4]); /* few senders: the keys' owner may have 64 SSRCs */
		if (n >= 12)
			writer_u32(&media, ssrcs[i / 4 % 4]);
		sender_rtcp(w, s, bytes_of(bytes, n));
		world_run(w, USEC_MS);
	}
	world_run(w, 1100 * USEC_MS);
	assert_true(world_drops(w, DROP_RTCP_FORMAT) > 100);
	assert_int_equal(world_drops(w, DROP_AUTH), 0);
	still_meets(w);
	world_fini(w);
}

/* And by RTP: payloads of chance on every payload type, extension blocks that lie, all on its own SSRCs. */
static void authenticated_rtp(void **unused)
{
	struct world *w = &world;
	meet(w, 5);
	struct world_site *s = &w->sites[0];
	s->speaks = s->films = false;
	uint64_t in = w->sites[1].slots[1].packets;
	for (unsigned i = 0; i < 4000; i++) {
		static const uint8_t pts[] = { PT_OPUS, PT_RED, PT_VP8, PT_VP8_RTX, PT_H264, PT_H264_RTX, 5 };
		uint8_t bytes[300];
		size_t n = (size_t)(world_chance(w) * (i % 4 ? 12 : 300));
		for (size_t j = 0; j < n; j++)
			bytes[j] = (uint8_t)(world_chance(w) * 256);
		struct world_layer *l = &s->layers[i % 3];
		bool rtx = i % 5 == 0;
		sender_send(w, s,
			    &(struct sender_packet){ .seal = i % 4 ? (rtx ? &l->rtx_seal : &l->seal) : &s->audio_seal,
						     .pt = pts[(size_t)(world_chance(w) * sizeof pts)],
						     .seq = i % 4 ? (rtx ? l->rtx_seq++ : l->seq++) : s->audio_seq++,
						     .timestamp = (uint32_t)(world_chance(w) * 4294967295.0),
						     .level = -1,
						     .padding = (uint8_t)(i % 6 ? 0 : 1 + i % 200),
						     .body = bytes_of(bytes, n) });
		world_run(w, USEC_MS);
	}
	world_run(w, 1100 * USEC_MS);
	assert_true(world_drops(w, DROP_CODEC_FORMAT) > 0);
	assert_true(world_drops(w, DROP_PAYLOAD_TYPE) > 0);
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
	assert_true(w->sites[1].slots[1].packets >= in);
	world_leave(w, 0); /* the viewer goes on with another site */
	unsigned third = world_join(w, 1, 1);
	world_run(w, 3 * USEC_S);
	world_reset(w);
	world_run(w, 2 * USEC_S);
	assert_int_equal(world_video(w, 1, 0)->csrc, world_csrc(w, third));
	assert_true(world_video(w, 1, 0)->frames > 55);
	world_fini(w);
}

static void fail_dtls(struct world *w, uint32_t csrc, uint32_t generation)
{
	engine_on_dtls_failed(world_engine(w, csrc), csrc, generation, "refused at once", w->now);
}

/* The host cannot make an association and says so from within: the transport is gone, and the engine knows it. */
static void dtls_fails_at_once(void **unused)
{
	struct world *w = &world;
	meet(w, 6);
	w->on_dtls_open = fail_dtls;
	unsigned third = world_join(w, 1, 1);
	assert_int_equal(w->sites[third].state, TRANSPORT_CLOSED);
	w->on_dtls_open = NULL;
	world_leave(w, third);
	still_meets(w);
	world_fini(w);
}

/* So few buffers that they run out: what finds none is counted, nothing breaks, and when less comes all is well. The
 * history of pictures gives way before what arrives: voices do not suffer. */
static void few_buffers(void **unused)
{
	struct world *w = &world;
	world_init_workers(w, 7, 256, 1);
	for (unsigned i = 0; i < 4; i++) {
		(void)world_join(w, 2, 4);
		for (unsigned j = 0; j < 4; j++)
			world_view(w, i, j, j ? VIEW_AUTO : VIEW_STAGE, 0, 720, 30);
	}
	world_run(w, 6 * USEC_S);
	assert_true(world_drops(w, DROP_HISTORY) > 0);
	assert_int_equal(w->no_buffer, 0);
	for (unsigned i = 0; i < 4; i++)
		assert_null(world_fault(world_audio(w, i, 0)));
	struct packet *held[256]; /* something else takes all of them */
	unsigned n = 0;
	while (n < 256 && (held[n] = engine_buffer(w->e)))
		n++;
	world_run(w, 500 * USEC_MS);
	assert_true(w->no_buffer > 0);
	while (n)
		packet_put(held[--n]);
	world_run(w, 4 * USEC_S);
	uint64_t lost = w->no_buffer;
	world_reset(w);
	world_run(w, 2 * USEC_S);
	assert_int_equal(w->no_buffer, lost);
	assert_int_equal(world_drops(w, DROP_SEAL), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(world_video(w, i, 0)->frames > 55);
		assert_true(world_audio(w, i, 0)->packets > 95);
	}
	world_fini(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_datagrams),  cmocka_unit_test(wrong_checks),
		cmocka_unit_test(broken_packets),    cmocka_unit_test(authenticated_rtcp),
		cmocka_unit_test(authenticated_rtp), cmocka_unit_test(dtls_fails_at_once),
		cmocka_unit_test(few_buffers),
	};
	assert_int_equal(crypt_global_init(), ERR_OK);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypt_global_fini();
	return failed;
}
