/* One outbound SSRC: what was sent, what its sender reports say, what its receiver reports tell, what is re-sent.
 *
 * Guarantee: the same number is re-sent at most once within max(1.25 RTT, SEND_REPEAT_MIN) and at most
 * SEND_REPEATS_MAX times, as long as none of the same remainder modulo SEND_REPEATS was re-sent in between (then the
 * worst is one packet too many); never more are re-sent than were sent, and SEND_BURST; an RTT is taken only from a
 * report that names a time not in the future and at most SEND_RTT_MAX back. RFC 3550 6.4, RFC 4585 6.2.1, RFC 4588.
 *
 * NTP here is the 32.32 format; `ntp` arguments are the daemon's clock in it, as of `now`. Pure, no allocation. One
 * owner thread. */
#pragma once
#include "base/usec.h"
#include "media/slotclock.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEND_RTT_UNKNOWN (100 * USEC_MS) /* taken while no report came */
#define SEND_RTT_MAX (10 * USEC_S)
#define SEND_REPEAT_MIN (60 * USEC_MS)
#define SEND_REPEATS_MAX 10
#define SEND_FORGET_MS 30000 /* after this long a number is another one of the same name */
#define SEND_REPEATS 256     /* numbers remembered; a power of two */
#define SEND_BURST 512	     /* re-sent at once, most */

/* What a sender report of this SSRC says. */
struct send_report {
	uint64_t ntp;
	uint32_t timestamp;
	uint32_t packets, octets; /* modulo 2^32 */
};

/* A report block as received, whatever parsed it. */
struct send_receipt {
	uint8_t fraction;   /* lost, of 256 */
	int32_t cumulative; /* 24 bits signed, extended */
	uint32_t highest;   /* extended highest number received */
	uint32_t jitter;    /* RTP units */
	uint32_t lsr, dlsr; /* 1/65536 s */
};

struct send_repeat {
	uint16_t seq;
	uint16_t count; /* 0: free */
	uint32_t at_ms;
};

struct send {
	/* of every packet: first and together (SEND_HOT bytes) */
	uint64_t packets, octets; /* payload octets, without header and padding (RFC 3550 6.4.1) */
	usec sent;		  /* last packet; USEC_NEVER before */
	uint16_t credit;	  /* re-sends allowed now, at most SEND_BURST; one more with each packet */
	uint64_t rtx_packets, rtx_octets;
	uint64_t rtx_next;		      /* extended number of the next RTX packet */
	uint64_t nacks, repeated, suppressed; /* numbers asked for, re-sent, ignored as repeats */
	usec reported;			      /* last receiver report; USEC_NEVER before */
	usec rtt;			      /* smoothed 1/8; 0: unknown */
	usec rtt_last;			      /* newest sample; 0: unknown */
	struct send_receipt receipt;	      /* the newest one */
	struct send_repeat *repeats;	      /* [SEND_REPEATS], lent; NULL: nothing is sent again */
};

#define SEND_HOT offsetof(struct send, rtx_packets)

/* First RTX number by chance, < 2^15. */
void send_init(struct send *s, uint16_t rtx_seq);
/* Memory for what is sent again, [SEND_REPEATS], with whatever in it; NULL: it is the caller's again. */
void send_lend(struct send *s, struct send_repeat *repeats);

void send_on_sent(struct send *s, size_t payload_bytes, usec now);
/* Takes the next RTX number (extended) and counts the packet. */
uint64_t send_on_rtx(struct send *s, size_t payload_bytes);

/* False: nothing was sent yet, no report. */
bool send_report(const struct send *s, const struct slotclock *clock, usec now, uint64_t ntp, struct send_report *out);
/* The round trip that an answer tells: our time then (`ntp` its middle 32 bits), how long it was held (1/65536 s).
 * False: it names none, or one that cannot be. */
bool send_round_trip(uint64_t ntp, uint32_t then, uint32_t held, usec *rtt);
void send_on_receipt(struct send *s, const struct send_receipt *r, usec now, uint64_t ntp);

/* A NACK names the number `seq`. True: send it again now (counted as repeated). */
bool send_on_nack(struct send *s, uint16_t seq, usec now);

/* The NTP time of `now`, given that of time 0: how the engine makes `ntp`. */
uint64_t send_ntp(uint64_t ntp_at_zero, usec now);
