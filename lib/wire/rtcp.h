/* RTCP: the one iterator over a compound packet, and writers of what we send. RFC 3550 6, RFC 4585 6 (NACK, PLI),
 * RFC 5104 4.3.1 (FIR), RFC 5506 (reduced size), RFC 3611 4.4, 4.5 (a receiver's round trip), REMB of
 * draft-alvestrand-rmcat-remb-03.
 *
 * Guarantee: rtcp_parse accepts only a datagram that is exactly a run of framed packets; then rtcp_next gives each of
 * them once, and the lists inside (rtcp_*_next) end. A packet whose frame is right but whose inside is not comes out as
 * RTCP_BROKEN: count it, go on. What is not known here comes out as RTCP_OTHER. Order and kind of packets are free
 * (reduced size).
 *
 * Reading:  rtcp_parse(datagram, &it);  while (rtcp_next(&it, &item)) switch (item.kind) ... rtcp_report_next(&item,
 * &r) Views point into the datagram. Pure, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/usec.h"
#include <stdbool.h>
#include <stdint.h>

enum rtcp_kind {
	RTCP_OTHER,  /* APP, unknown types and feedback formats: nothing but type, count and body */
	RTCP_BROKEN, /* of a known type, but its inside breaks the format */
	RTCP_SR,     /* sender, info; list: rtcp_report_next */
	RTCP_RR,     /* sender; list: rtcp_report_next */
	RTCP_SDES,   /* list: rtcp_cname_next */
	RTCP_BYE,    /* list: rtcp_bye_next */
	RTCP_NACK,   /* sender, media; list: rtcp_nack_next */
	RTCP_PLI,    /* sender, media */
	RTCP_FIR,    /* sender; list: rtcp_fir_next */
	RTCP_REMB,   /* sender, remb; list: rtcp_remb_next */
	RTCP_TWCC,   /* sender, media; body for twcc_parse */
	RTCP_XR	     /* sender; list: rtcp_dlrr_next */
};

/* Sender info of an SR. */
struct rtcp_info {
	uint64_t ntp;	    /* 32.32 fixed point seconds of the sender's clock */
	uint32_t timestamp; /* RTP timestamp of the same instant */
	uint32_t packets, octets;
};

/* A report block. */
struct rtcp_report {
	uint32_t ssrc;	  /* whom it is about */
	uint8_t fraction; /* lost since the last report, in 1/256 */
	int32_t lost;	  /* since the beginning; 24 bits, signed: duplicates count against losses */
	uint32_t highest; /* cycles << 16 | highest sequence number */
	uint32_t jitter;  /* timestamp units */
	uint32_t lsr;	  /* middle 32 bits of the last SR's ntp; 0: none yet */
	uint32_t dlsr;	  /* 1/65536 s since that SR */
};

/* The answer to a receiver's reference time, by one who sends. */
struct rtcp_dlrr {
	uint32_t ssrc; /* of the receiver */
	uint32_t lrr;  /* middle 32 bits of the reference time heard last; 0: none yet */
	uint32_t dlrr; /* 1/65536 s since then */
};

struct rtcp_fir {
	uint32_t ssrc;
	uint8_t seq; /* a repeated request repeats it */
};

struct rtcp_item {
	enum rtcp_kind kind;
	uint8_t type, count;	/* as on the wire; count: RC, SC or FMT, 0–31 */
	uint32_t sender, media; /* 0 where the kind has none */
	struct rtcp_info info;	/* RTCP_SR */
	uint64_t remb_bps;	/* RTCP_REMB */
	struct bytes body;	/* behind the header of 4 bytes, padding taken off */
	struct reader list;	/* what the list of this kind still holds */
	/* a NACK's bit mask on its way */
	uint16_t nack_seq, nack_mask;
	uint16_t dlrrs; /* left of a block of them */
};

struct rtcp_iter {
	struct reader r;
};

/* Checks the frame of the whole. ERR_SHORT: under 4 bytes, or a length past the end; ERR_FORMAT: version is not 2, or
 * a padding count that is 0 or larger than its packet. */
must_check enum err rtcp_parse(struct bytes datagram, struct rtcp_iter *it);
/* The next packet; false at the end (*item is then cleared). */
bool rtcp_next(struct rtcp_iter *it, struct rtcp_item *item);

/* The lists; false at their end, and for an item of another kind. */
bool rtcp_report_next(struct rtcp_item *item, struct rtcp_report *report);
/* One sequence number after another. At most 17 times the item's NACK entries. */
bool rtcp_nack_next(struct rtcp_item *item, uint16_t *seq);
bool rtcp_fir_next(struct rtcp_item *item, struct rtcp_fir *fir);
bool rtcp_remb_next(struct rtcp_item *item, uint32_t *ssrc);
/* Blocks of other kinds are skipped. */
bool rtcp_dlrr_next(struct rtcp_item *item, struct rtcp_dlrr *dlrr);
bool rtcp_bye_next(struct rtcp_item *item, uint32_t *ssrc);
/* Chunks of a CNAME; other SDES items are skipped. */
bool rtcp_cname_next(struct rtcp_item *item, uint32_t *ssrc, struct bytes *cname);

/* Writing: each appends one packet; several make a compound. A list too long for one packet fails the writer. */
#define RTCP_REPORTS_MAX 31 /* of one SR or RR */
#define RTCP_REPORT_BYTES 24
void rtcp_write_sr(struct writer *w, uint32_t sender, const struct rtcp_info *info, const struct rtcp_report *reports,
		   size_t n);
void rtcp_write_rr(struct writer *w, uint32_t sender, const struct rtcp_report *reports, size_t n);
void rtcp_write_cname(struct writer *w, uint32_t ssrc, struct bytes cname); /* at most 255 bytes */
void rtcp_write_bye(struct writer *w, const uint32_t *ssrcs, size_t n);	    /* at most 31 */
/* seqs in ascending order (modulo 2^16), at least one: neighbours share an entry. */
void rtcp_write_nack(struct writer *w, uint32_t sender, uint32_t media, const uint16_t *seqs, size_t n);
void rtcp_write_pli(struct writer *w, uint32_t sender, uint32_t media);
/* At least one. */
void rtcp_write_fir(struct writer *w, uint32_t sender, const struct rtcp_fir *firs, size_t n);
/* Rounded down to 18 bits of mantissa. At most 255 ssrcs. */
void rtcp_write_remb(struct writer *w, uint32_t sender, uint64_t rate_bps, const uint32_t *ssrcs, size_t n);

/* Extended reports of one block: "what time is it with me", and the answers to it. */
void rtcp_write_rrtr(struct writer *w, uint32_t sender, uint64_t ntp);
void rtcp_write_dlrr(struct writer *w, uint32_t sender, const struct rtcp_dlrr *dlrrs, size_t n);

/* For other modules' feedback packets: the header with a length still 0, and its repair once the rest is written (and
 * fills a multiple of 4). type 200–207, count 0–31. */
size_t rtcp_write_begin(struct writer *w, uint8_t type, uint8_t count);
void rtcp_write_end(struct writer *w, size_t begin);

#define RTCP_TYPE_RTPFB 205
#define RTCP_FMT_TWCC 15

/* Times: 32.32 seconds <-> a clock of ours; the middle 32 bits, in which LSR and DLSR count. */
uint64_t rtcp_ntp_of(usec at);
usec rtcp_usec_of(uint64_t ntp);
static inline uint32_t rtcp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}
