/* The null relay: the least a forwarding daemon can do with the same crypto and the same calls to send and receive.
 * One turn is one wake-up: what waits is read in bursts, checks and hellos are answered, RTP is opened and gathered,
 * RTCP, which may lie a while (io/lull), is opened and dropped, and what was gathered leaves, on a busy relay after up
 * to a millisecond (io/company).
 *
 * No slots, rewriting, history, bandwidth estimate, timers. What RTCP costs is measured on one burst of
 * RELAY_SAMPLE, so that measuring is nothing of the cost. Nothing allocates at a media packet (the crypto library's
 * own first packet of an SSRC apart). One thread. */
#pragma once
#include "base/err.h"
#include "bench/floor/fan.h"
#include "bench/floor/sites.h"
#include "io/company.h"
#include "io/loop.h"
#include "io/lull.h"
#include "io/udp.h"
#include "secure/mac.h"
#include "secure/sealer.h"

#define RELAY_SAMPLE 16 /* one burst of so many is timed */

struct relay_counts {
	uint64_t rtp, rtcp, checks, hellos;
	uint64_t dropped; /* not opened, of no site, no buffer free */
};

/* Sums over the timed bursts, CPU nanoseconds of the thread. */
struct relay_sample {
	double receive_ns, open_ns;
	uint64_t datagrams, rtcp;
};

struct relay {
	struct sealer *sealer;
	struct udp *udp;
	struct loop loop;
	unsigned input[UDP_INPUTS]; /* their bits in the loop */
	struct lull lull;
	struct sites sites;
	struct fan fan;
	struct company company;
	struct mac_sha1_key stun_key;
	struct relay_counts counts;
	struct relay_sample sample;
	double clock_ns; /* what reading the clock costs */
	unsigned bursts;
	struct incoming *waiting[UDP_BURST]; /* buffers to be filled */
};

/* `port` 0: any. ERR_MISSING: this machine has not the backend; ERR_SYS: the socket; `why` says it. */
must_check enum err relay_init(struct relay *r, uint16_t port, enum srtp_backend backend, char why[UDP_WHY]);
void relay_fini(struct relay *r);
/* Sleeps until something is to be done or somebody wakes r->loop, `until` at the latest; then reads what waits and
 * sends what is due. */
void relay_turn(struct relay *r, usec until);
/* CPU seconds of receiving and opening all RTCP, by the sample. */
double relay_rtcp_seconds(const struct relay *r);
/* CPU nanoseconds of the calling thread so far. */
double relay_cpu_ns(void);
