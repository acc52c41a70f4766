/* The benchmark's null relay over loopback: hello, packets in, and what comes out opens with the taker's key alone. */
#include "bench/floor/relay.h"
#include "io/addrs.h"
#include "io/clock.h"
#include "test.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/stun.h"
#include <poll.h>

#define PICTURE (FLOOR_LAYER_H)
#define FIRST_SEQ 65534 /* the rollover counter goes on within three packets */

struct end {
	struct udp *udp;
	struct floor_hello hello;
	struct crypt *crypt;
	struct seal_keys seal;
	struct seal_stream stream;
};

static struct relay relay;
static struct sealer *sealer;

static struct netaddr relay_address(void)
{
	struct netaddr a;
	assert_int_equal(addrs_parse_ip("127.0.0.1", &a), ERR_OK);
	a.port = udp_port(relay.udp);
	return a;
}

static void turn(void)
{
	relay_turn(&relay, clock_now() + 2 * USEC_S);
}

static void send_bytes(struct end *end, const void *p, size_t n)
{
	udp_push(end->udp, &(struct udp_message){ .to = relay_address(), .bytes = bytes_of(p, n) });
	udp_flush(end->udp);
}

/* The next datagram; 0: none comes. */
static size_t receive(struct end *end, uint8_t *to, size_t size, int wait_ms)
{
	struct udp_buffer buffer = { .data = to, .size = size };
	(void)poll(&(struct pollfd){ udp_fd(end->udp, UDP_PROMPT), POLLIN, 0 }, 1, wait_ms);
	return udp_receive(end->udp, UDP_PROMPT, &buffer, 1) ? buffer.length : 0;
}

static void say_hello(struct end *end)
{
	uint8_t out[FLOOR_HELLO_BYTES], in[100];
	struct writer w = writer_of(out, sizeof out);
	floor_hello_write(&w, &end->hello);
	send_bytes(end, out, sizeof out);
	turn();
	assert_int_equal(receive(end, in, sizeof in, 2000), sizeof out);
	assert_memory_equal(in, out, sizeof out);
}

static void begin(struct end *end, struct floor_hello hello)
{
	char why[UDP_WHY];
	struct srtp_keys keys;
	*end = (struct end){ .hello = hello };
	assert_int_equal(udp_open(&(struct udp_config){ 0 }, &end->udp, why), ERR_OK);
	floor_keys(&keys, hello.index, hello.profile, false);
	assert_int_equal(crypt_new(&end->crypt, sealer, &keys), ERR_OK);
	assert_int_equal(seal_init(&end->seal, sealer, hello.profile, &keys.local), ERR_OK);
	seal_stream_init(&end->stream, floor_ssrc(hello.index, PICTURE));
	say_hello(end);
}

static void finish(struct end *end)
{
	end->hello.role |= FLOOR_BYE_ROLE;
	say_hello(end);
	crypt_free(end->crypt);
	seal_fini(&end->seal);
	udp_close(end->udp);
}

static uint8_t body_byte(unsigned seq, size_t i)
{
	return (uint8_t)(seq * 31 + i);
}

static void send_picture(struct end *end, uint32_t seq, size_t n)
{
	uint8_t header[RTP_FIXED_BYTES], body[1200], out[1300];
	struct writer w = writer_of(header, sizeof header);
	size_t length;
	for (size_t i = 0; i < n; i++)
		body[i] = body_byte(seq, i);
	rtp_write(&w, &(struct rtp_head){ .marker = true,
					  .pt = FLOOR_PT_VP8,
					  .seq = (uint16_t)seq,
					  .timestamp = 90000,
					  .ssrc = end->stream.ssrc });
	assert_int_equal(seal_packet(&end->seal, &end->stream, writer_done(&w), bytes_of(NULL, 0), bytes_of(body, n),
				     seq, out, sizeof out, &length),
			 ERR_OK);
	sealer_finish(sealer);
	send_bytes(end, out, length);
}

static void expect_picture(struct end *end, uint32_t seq, size_t n, uint16_t twcc, uint8_t padding, size_t *length)
{
	uint8_t in[1500];
	struct rtp rtp;
	uint16_t number;
	size_t opened = *length = receive(end, in, sizeof in, 2000);
	assert_int_equal(crypt_open_rtp(end->crypt, in, &opened), ERR_OK);
	assert_int_equal(rtp_parse(bytes_of(in, opened), &rtp), ERR_OK);
	assert_int_equal(rtp.header, FAN_HEADER);
	assert_int_equal(rtp.seq, (uint16_t)seq);
	assert_int_equal(rtp.pt, FLOOR_PT_VP8);
	assert_true(rtp.marker);
	assert_int_equal(rtp.timestamp, 90000);
	assert_int_equal(rtp.ssrc, floor_ssrc(1, PICTURE));
	assert_int_equal(rtp.n_csrcs, 1);
	assert_int_equal(rtp.csrcs[0], 1);
	assert_true(rtpext_twcc(&rtp, FLOOR_EXT_TWCC, &number));
	assert_int_equal(number, twcc);
	assert_int_equal(rtp.padding, padding);
	assert_int_equal(rtp.payload.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rtp.payload.p[i], body_byte(seq, i));
}

static void start(struct end *sender, struct end *taker, struct end *stranger, enum srtp_profile profile)
{
	char why[UDP_WHY];
	assert_int_equal(relay_init(&relay, 0, BACKEND_AUTO, why), ERR_OK);
	begin(sender, (struct floor_hello){ FLOOR_SENDS | FLOOR_TAKES, profile, 1, 5, 1, 1, 2 });
	begin(taker, (struct floor_hello){ FLOOR_TAKES, profile, 300, 5, 3, 9, 2 });
	begin(stranger, (struct floor_hello){ FLOOR_TAKES, profile, 301, 6, 3, 9, 2 });
}

static void stop(struct end *sender, struct end *taker, struct end *stranger)
{
	finish(sender);
	finish(taker);
	finish(stranger);
	assert_int_equal(relay.sites.n, 0);
	relay_fini(&relay);
}

static void a_frame_goes_to_its_taker_as_one_message(void **state)
{
	struct end sender, taker, stranger;
	for (unsigned profile = 0; profile < PROFILES; profile++) {
		size_t first, second, third;
		start(&sender, &taker, &stranger, (enum srtp_profile)profile);
		send_picture(&sender, FIRST_SEQ, 900);
		send_picture(&sender, FIRST_SEQ + 1, 901);
		send_picture(&sender, FIRST_SEQ + 2, 700);
		turn();
		expect_picture(&taker, FIRST_SEQ, 900, 0, 1, &first);
		expect_picture(&taker, FIRST_SEQ + 1, 901, 1, 0, &second);
		expect_picture(&taker, FIRST_SEQ + 2, 700, 2, 0, &third);
		assert_int_equal(first, FAN_HEADER + 901 + seal_tag_size((enum srtp_profile)profile));
		assert_int_equal(first, second);
		assert_int_equal(third, second - 201);
		assert_int_equal(relay.counts.rtp, 3);
		assert_int_equal(relay.fan.messages, 1);
		assert_int_equal(relay.fan.packets, 3);
		uint8_t nothing[1500];
		assert_int_equal(receive(&stranger, nothing, sizeof nothing, 0), 0);
		assert_int_equal(receive(&sender, nothing, sizeof nothing, 0), 0);
		stop(&sender, &taker, &stranger);
	}
}

/* Buffers made ready for what comes next. */
static unsigned waiting(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < UDP_BURST; i++)
		n += relay.waiting[i] != NULL;
	return n;
}

static void what_is_damaged_or_of_no_site_is_dropped(void **state)
{
	struct end sender, taker, stranger;
	uint8_t noise[100] = { 0x80, FLOOR_PT_VP8 }, nothing[1500];
	start(&sender, &taker, &stranger, PROFILE_AEAD_AES_128_GCM);
	send_bytes(&sender, noise, sizeof noise); /* the SSRC of no site */
	noise[8] = 0x10;
	noise[10] = 1; /* the sender's, with a wrong tag */
	send_bytes(&sender, noise, sizeof noise);
	turn();
	assert_int_equal(relay.counts.dropped, 2);
	assert_int_equal(relay.counts.rtp, 0);
	assert_int_equal(receive(&taker, nothing, sizeof nothing, 0), 0);
	assert_int_equal(relay.fan.n_free + waiting(), FAN_BUFFERS); /* none is lost */
	stop(&sender, &taker, &stranger);
}

static void checks_are_answered_and_rtcp_is_opened(void **state)
{
	static const uint8_t transaction[STUN_TRANSACTION_BYTES] = { 9, 8, 7 };
	struct end sender, taker, stranger;
	struct mac_sha1_key key;
	uint8_t out[300], in[300], *tag;
	struct stun answer;
	start(&sender, &taker, &stranger, PROFILE_AEAD_AES_128_GCM);
	mac_sha1_key_init(&key, bytes_of(FLOOR_PWD, strlen(FLOOR_PWD)));
	struct writer w = writer_of(out, sizeof out);
	stun_write_begin(&w, STUN_REQUEST, transaction);
	stun_write_username(&w, bytes_of(FLOOR_UFRAG ":them", strlen(FLOOR_UFRAG) + 5));
	struct bytes input = stun_write_integrity(&w, &tag);
	mac_sha1(&key, &input, 1, tag);
	stun_write_fingerprint(&w);
	send_bytes(&taker, out, writer_len(&w));
	size_t n = 8; /* an empty receiver report */
	memset(out, 0, sizeof out);
	w = writer_of(out, sizeof out);
	writer_u32(&w, 0x80c90001);
	writer_u32(&w, floor_ssrc(300, FLOOR_RTCP));
	assert_int_equal(crypt_seal_rtcp(taker.crypt, out, &n, sizeof out), ERR_OK);
	send_bytes(&taker, out, n);
	send_bytes(&taker, out, n); /* twice the same: the second is none */
	turn();
	n = receive(&taker, in, sizeof in, 2000);
	assert_int_equal(stun_parse(bytes_of(in, n), &answer), ERR_OK);
	assert_int_equal(answer.class, STUN_SUCCESS);
	assert_memory_equal(answer.transaction, transaction, sizeof transaction);
	assert_int_equal(answer.mapped.port, udp_port(taker.udp));
	assert_int_not_equal(answer.integrity_at, 0);
	assert_int_equal(relay.counts.checks, 1);
	assert_int_equal(relay.counts.rtcp, 1);
	assert_int_equal(relay.counts.dropped, 1);
	stop(&sender, &taker, &stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_goes_to_its_taker_as_one_message),
		cmocka_unit_test(what_is_damaged_or_of_no_site_is_dropped),
		cmocka_unit_test(checks_are_answered_and_rtcp_is_opened),
	};
	if (crypt_global_init() != ERR_OK || sealer_new(BACKEND_AUTO, &sealer) != ERR_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	sealer_free(sealer);
	crypt_global_fini();
	return failed;
}
