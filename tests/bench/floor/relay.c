#include "bench/floor/relay.h"
#include "io/clock.h"
#include "wire/demux.h"
#include "wire/stun.h"
#include <time.h>

#define BURSTS_A_TURN 4 /* as the daemon's worker: bursts, and buffers made ready for the first */
#define BURST_FIRST 8
#define SOCKET_BYTES (4U << 20)
#define CLOCK_ROUNDS 1000
#define RTCP_SSRC_AT 4

double relay_cpu_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double clock_cost(void)
{
	double begin = relay_cpu_ns();
	for (unsigned i = 0; i < CLOCK_ROUNDS; i++)
		(void)relay_cpu_ns();
	return (relay_cpu_ns() - begin) / CLOCK_ROUNDS;
}

enum err relay_init(struct relay *r, uint16_t port, enum srtp_backend backend, char why[UDP_WHY])
{
	static const char pwd[] = FLOOR_PWD;
	static const char missing[] = "this build or this processor has not that backend";
	*r = (struct relay){ .clock_ns = clock_cost() };
	memcpy(why, missing, sizeof missing);
	enum err err = sealer_new(backend, &r->sealer);
	struct udp_config udp = {
		.port = port, .receive_bytes = SOCKET_BYTES, .send_bytes = SOCKET_BYTES, .reports_apart = true
	};
	if (!err)
		err = udp_open(&udp, &r->udp, why);
	if (!err)
		err = loop_init(&r->loop);
	for (unsigned i = 0; !err && i < UDP_INPUTS; i++)
		err = loop_add(&r->loop, udp_fd(r->udp, i), &r->input[i]);
	if (err) {
		loop_fini(&r->loop);
		udp_close(r->udp);
		sealer_free(r->sealer);
		return err;
	}
	lull_init(&r->lull);
	sites_init(&r->sites, r->sealer);
	fan_init(&r->fan, r->sealer, r->udp);
	company_init(&r->company, clock_now());
	mac_sha1_key_init(&r->stun_key, bytes_of(pwd, sizeof pwd - 1));
	return ERR_OK;
}

void relay_fini(struct relay *r)
{
	fan_flush(&r->fan);
	sites_fini(&r->sites);
	fan_fini(&r->fan);
	loop_fini(&r->loop);
	udp_close(r->udp);
	sealer_free(r->sealer);
}

/* ---- what came -------------------------------------------------------------------------------------------------- */

static void on_hello(struct relay *r, const struct floor_hello *hello, const struct netaddr *from)
{
	r->counts.hellos++;
	fan_flush(&r->fan); /* nothing waits in a stream whose takers change */
	(void)sites_on_hello(&r->sites, hello, from);
	struct writer w = writer_of(fan_room(&r->fan), FLOOR_HELLO_BYTES);
	floor_hello_write(&w, hello);
	fan_send_alone(&r->fan, from, writer_len(&w));
}

static bool is_authentic(const struct relay *r, const struct stun *check)
{
	uint8_t scratch[FAN_DATAGRAM_MAX], mac[MAC_SHA1];
	struct bytes input, tag;
	if (stun_integrity_input(check, scratch, sizeof scratch, &input, &tag) != ERR_OK)
		return false;
	mac_sha1(&r->stun_key, &input, 1, mac);
	return mac_equal(mac, tag.p, MAC_SHA1);
}

static bool on_check(struct relay *r, struct bytes datagram, const struct netaddr *from)
{
	struct stun check;
	uint8_t *tag;
	if (stun_parse(datagram, &check) != ERR_OK || check.class != STUN_REQUEST || !is_authentic(r, &check))
		return false;
	r->counts.checks++;
	struct writer w = writer_of(fan_room(&r->fan), FAN_DATAGRAM_MAX);
	stun_write_success(&w, check.transaction, from);
	struct bytes input = stun_write_integrity(&w, &tag);
	if (tag)
		mac_sha1(&r->stun_key, &input, 1, tag);
	stun_write_fingerprint(&w);
	fan_send_alone(&r->fan, from, writer_len(&w));
	return true;
}

/* True: the buffer is the fan's now. */
static bool on_rtp(struct relay *r, struct incoming *in)
{
	struct rtp rtp;
	if (rtp_parse(bytes_of(in->data, in->length), &rtp) != ERR_OK)
		return false;
	struct site *s = sites_get(&r->sites, floor_index(rtp.ssrc));
	enum floor_stream kind = floor_stream(rtp.ssrc);
	if (!s || (unsigned)kind >= SITES_STREAMS || crypt_open_rtp(s->crypt, in->data, &in->length) != ERR_OK ||
	    rtp_parse(bytes_of(in->data, in->length), &rtp) != ERR_OK)
		return false;
	sites_make(&r->sites);
	r->counts.rtp++;
	fan_gather(&r->fan, &s->streams[kind], in, &rtp);
	return true;
}

static bool on_rtcp(struct relay *r, struct incoming *in)
{
	struct reader reader = reader_of(bytes_of(in->data, in->length));
	reader_skip(&reader, RTCP_SSRC_AT);
	struct site *s = sites_get(&r->sites, floor_index(reader_u32(&reader)));
	if (!s || crypt_open_rtcp(s->crypt, in->data, &in->length) != ERR_OK)
		return false;
	r->counts.rtcp++;
	return true;
}

/* True: the buffer is not ours any more. */
static bool on_datagram(struct relay *r, struct incoming *in, enum demux kind, const struct netaddr *from)
{
	struct bytes datagram = bytes_of(in->data, in->length);
	struct floor_hello hello;
	if (kind == DEMUX_RTP && on_rtp(r, in))
		return true;
	if (kind == DEMUX_STUN && on_check(r, datagram, from))
		return false;
	if (kind == DEMUX_NONE && floor_hello_parse(datagram, &hello)) {
		on_hello(r, &hello, from);
		return false;
	}
	r->counts.dropped++;
	return false;
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

/* RTCP of a burst by itself, so that its cost can be told. */
static void open_rtcp(struct relay *r, const unsigned *which, unsigned n, bool timed)
{
	double begin = timed ? relay_cpu_ns() : 0;
	for (unsigned i = 0; i < n; i++)
		if (!on_rtcp(r, r->waiting[which[i]]))
			r->counts.dropped++;
	if (timed) {
		r->sample.open_ns += relay_cpu_ns() - begin - r->clock_ns;
		r->sample.rtcp += n;
	}
}

static unsigned receive(struct relay *r, enum udp_input input, struct udp_buffer *buffers, unsigned n, bool timed)
{
	double begin = timed ? relay_cpu_ns() : 0;
	unsigned got = udp_receive(r->udp, input, buffers, n);
	if (timed && got) {
		r->sample.receive_ns += relay_cpu_ns() - begin - r->clock_ns;
		r->sample.datagrams += got;
	}
	return got;
}

/* One burst of at most `most` in; returns how many came. */
static unsigned take_burst(struct relay *r, enum udp_input input, unsigned most)
{
	struct udp_buffer buffers[UDP_BURST];
	unsigned rtcp[UDP_BURST], n_rtcp = 0, n = 0;
	bool timed = r->bursts++ % RELAY_SAMPLE == 0;
	if (r->fan.n_free < UDP_BURST)
		fan_flush(&r->fan);
	for (; n < most; n++) {
		if (!r->waiting[n])
			r->waiting[n] = fan_buffer(&r->fan);
		buffers[n] = (struct udp_buffer){ .data = r->waiting[n]->data, .size = FAN_DATAGRAM_MAX };
	}
	unsigned got = receive(r, input, buffers, n, timed);
	if (got && input == UDP_PROMPT)
		company_on_arrival(&r->company, clock_now());
	for (unsigned i = 0; i < got; i++) {
		struct incoming *in = r->waiting[i];
		in->length = buffers[i].length;
		enum demux kind = demux_kind(bytes_of(in->data, in->length));
		if (kind == DEMUX_RTCP)
			rtcp[n_rtcp++] = i;
		else if (on_datagram(r, in, kind, &buffers[i].from))
			r->waiting[i] = NULL;
	}
	if (n_rtcp)
		open_rtcp(r, rtcp, n_rtcp, timed);
	return got;
}

static bool take(struct relay *r, enum udp_input input)
{
	unsigned got = 0, most = BURST_FIRST;
	for (unsigned i = 0; i < BURSTS_A_TURN; i++, most = UDP_BURST) {
		unsigned burst = take_burst(r, input, most);
		got += burst;
		if (burst < most)
			break;
	}
	return got;
}

void relay_turn(struct relay *r, usec until)
{
	usec_lower(&until, r->company.until);
	usec_lower(&until, r->lull.until);
	loop_watch(&r->loop, r->input[UDP_REPORTS], r->lull.state == LULL_WATCHED);
	uint32_t readable = loop_wait(&r->loop, clock_now(), until);
	if (readable >> r->input[UDP_PROMPT] & 1)
		(void)take(r, UDP_PROMPT);
	usec now = clock_now();
	if (lull_looks(&r->lull, readable >> r->input[UDP_REPORTS] & 1, now))
		lull_on_look(&r->lull, take(r, UDP_REPORTS), now);
	now = clock_now();
	if (!company_leaves(&r->company, now))
		return;
	fan_flush(&r->fan);
	company_on_left(&r->company, udp_counts(r->udp)->sent, now);
}

double relay_rtcp_seconds(const struct relay *r)
{
	const struct relay_sample *s = &r->sample;
	double receive = s->datagrams ? s->receive_ns / (double)s->datagrams : 0;
	double open = s->rtcp ? s->open_ns / (double)s->rtcp : 0;
	return (receive + open) * (double)r->counts.rtcp / 1e9;
}
