/* One inbound media SSRC: order, duplicates, loss, jitter, the sender's reports, and the block we report about it.
 * RFC 3550 6.4.1, A.1, A.3, A.8.
 *
 * Guarantee: the same sequence number is never accepted twice, by itself or by RTX, within RECV_WINDOW of the highest;
 * what is older is refused. Extended numbers only grow: over wrap-around, and over a restart of the sender (the next
 * number that fits). Loss and jitter speak of the packets as sent, repairs by RTX left out (RFC 4588 6.3).
 * Packets are authenticated, so there is no probation; a jump forward of more than RECV_JUMP is believed at once, one
 * backward beyond the window when two packets in a row agree.
 *
 * Pure: time is an argument, no allocation. One owner thread. */
#pragma once
#include "base/usec.h"
#include <stdbool.h>
#include <stdint.h>

struct rtcp_report;

#define RECV_WINDOW 2048 /* packets; power of two */
#define RECV_JUMP 3000	 /* RFC 3550 MAX_DROPOUT */

enum recv_verdict {
	RECV_NEW,     /* the highest so far, in order or after a gap */
	RECV_LATE,    /* older than the highest, not seen before; from RTX: it repairs a hole */
	RECV_RESTART, /* the sender began anew: whoever keeps numbers of this SSRC (nack, cache) starts over with it */
	RECV_DUPLICATE,
	RECV_OLD, /* older than the window, or RTX of what we cannot place */
};
/* NEW, LATE, RESTART: take the packet; DUPLICATE, OLD: it goes no further. */
static inline bool recv_accepted(enum recv_verdict v)
{
	return v <= RECV_RESTART;
}

struct recv {
	uint32_t rate_hz; /* of its timestamps */
	bool began;
	uint64_t highest;	/* extended (base/seq.h); the first packet's is its number + 65536 */
	uint64_t base;		/* extended number of the first packet since the last restart */
	uint64_t received;	/* packets since then, as RFC 3550 counts: duplicates too, RTX not */
	uint64_t repaired;	/* holes filled by RTX since init */
	uint64_t unasked;	/* RTX that filled none, since init */
	uint64_t lost_restarts; /* lost before the last restart, kept for the cumulative count */
	uint64_t bad;		/* the number a second packet after a jump backward must have */
	uint64_t seen[RECV_WINDOW / 64];
	/* jitter, in 1/16 timestamp units */
	uint32_t transit, jitter16;
	bool has_transit;
	/* at the last report */
	uint64_t prior_expected, prior_received;
	/* the last sender report */
	uint64_t sr_ntp;
	uint32_t sr_timestamp;
	usec sr_at; /* USEC_NEVER: none yet */
};

void recv_init(struct recv *r, uint32_t rate_hz);
/* An authenticated packet of this SSRC. *ext: its extended number, valid when accepted. */
enum recv_verdict recv_accept(struct recv *r, uint16_t seq, uint32_t timestamp, usec now, uint64_t *ext);
/* An original packet out of RTX, by its original number. Never RESTART; NEW when it is beyond the highest (a lost
 * tail). Not accepted: it repairs nothing, most likely a probe. */
enum recv_verdict recv_repair(struct recv *r, uint16_t seq, uint64_t *ext);
/* The number a viewer's or sender's 16-bit value means, nearest to the highest. 0 before the first packet. */
uint64_t recv_extend(const struct recv *r, uint16_t seq);

void recv_on_sr(struct recv *r, uint64_t ntp, uint32_t timestamp, usec now);
/* Fills a report block (ssrc too) and begins the next interval. False, and nothing filled: no packet yet. */
bool recv_report(struct recv *r, uint32_t ssrc, usec now, struct rtcp_report *out);
