/* What one site takes: its slots, checked packet by packet, and the feedback a browser would send for them.
 *
 * Of every packet sequence number, timestamp and marker are looked at; one taker in `plan.decrypt` opens all of them,
 * the others one in `plan.sample`: these tell the delay since the send stamp and, opened all, whether picture ids go
 * up by one. Sent: transport-wide feedback each 100 ms, a receiver report a second for each picture's slot (five
 * seconds for a voice's), NACK for what is missing. One owner thread. */
#pragma once
#include "bench/load/site.h"
#include "media/nack.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"

#define TAKER_SLOTS 40
#define TAKER_TWCC_USEC (100 * USEC_MS)
#define TAKER_VIDEO_REPORT_USEC USEC_S
#define TAKER_VOICE_REPORT_USEC (5 * USEC_S)
#define TAKER_ARRIVALS 4096 /* a power of two: packets of one feedback interval */

struct taker_slot {
	uint32_t ssrc, rtx_ssrc; /* rtx_ssrc 0: none */
	bool video;
	bool any, marker; /* something came; of the packet before */
	uint64_t highest; /* extended */
	uint64_t first;
	uint64_t received;
	uint32_t timestamp;
	uint16_t picture_id;
	bool has_picture;
	/* of the receiver reports */
	usec next_report;
	uint64_t reported_expected, reported_received;
	int64_t transit;
	uint32_t jitter; /* times 16 */
	uint32_t lsr;
	usec lsr_at;
	struct nack *nack;
};

struct taker {
	struct site *site;
	struct taker_slot slots[TAKER_SLOTS];
	unsigned n_slots, last; /* the one the packet before was for */
	unsigned waiting;	/* slots that have had nothing yet */
	bool opens_all;
	uint32_t until_sample;
	uint32_t ssrc; /* ours, of feedback */
	usec next_twcc, next_nack;
	uint8_t twcc_number;
	bool twcc_any;
	uint64_t twcc_from, twcc_highest; /* extended: what the next feedback begins with */
	usec *arrivals;			  /* [TAKER_ARRIVALS] */
};

/* NULL: no memory. */
struct taker *taker_new(struct site *site);
void taker_free(struct taker *t); /* NULL is allowed */
/* A slot it will be given. More than TAKER_SLOTS are ignored. */
void taker_slot(struct taker *t, bool video, uint32_t ssrc, uint32_t rtx_ssrc);
void taker_on_ready(struct taker *t, usec now);
/* Datagrams of RTP, `segment` bytes each, the last maybe shorter. They are written to. */
void taker_on_run(struct taker *t, uint8_t *first, size_t bytes, size_t segment, usec now);
void taker_on_rtcp(struct taker *t, struct rtcp_item *item, usec now);
void taker_on_deadline(struct taker *t, usec now);
usec taker_deadline(const struct taker *t);
/* For the end of a run: numbers still missing are lost. */
uint64_t taker_missing(const struct taker *t);
