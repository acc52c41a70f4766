#include "bench/load/feedback.h"
#include "base/seq.h"
#include "bench/load/load.h"
#include "wire/twcc.h"

#define NACK_ONCE 100

/* ---- transport-wide ---------------------------------------------------------------------------------------------- */

void feedback_on_arrival(struct taker *t, uint16_t number, usec now)
{
	uint64_t seq = seq_extend(t->twcc_any ? t->twcc_highest : (uint64_t)number + 65536, number, 16);
	if (!t->twcc_any) {
		t->twcc_any = true;
		t->twcc_from = t->twcc_highest = seq;
	} else if (seq < t->twcc_from) {
		return; /* it was told as missing */
	}
	if (seq >= t->twcc_from + TAKER_ARRIVALS) { /* a jump: what is between is not told */
		t->twcc_from = t->twcc_highest = seq;
	}
	for (; t->twcc_highest < seq; t->twcc_highest++)
		t->arrivals[(t->twcc_highest + 1) % TAKER_ARRIVALS] = USEC_NEVER;
	t->arrivals[seq % TAKER_ARRIVALS] = now;
}

void feedback_twcc(struct taker *t, usec now)
{
	usec arrivals[TAKER_ARRIVALS];
	size_t n = 0;
	while (t->twcc_any && t->twcc_from + n <= t->twcc_highest && n < TAKER_ARRIVALS) {
		arrivals[n] = t->arrivals[(t->twcc_from + n) % TAKER_ARRIVALS];
		n++;
	}
	for (size_t told = 0, one; told < n; told += one) {
		uint8_t compound[MTU_BYTES - 100];
		struct writer w = writer_of(compound, sizeof compound);
		one = twcc_write(&w, t->ssrc, t->slots[0].ssrc, t->twcc_number, (uint16_t)t->twcc_from, arrivals + told,
				 n - told);
		if (!one)
			break;
		t->twcc_number++;
		t->twcc_from += one;
		site_send_rtcp(t->site, writer_done(&w));
	}
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

void feedback_on_transit(struct taker_slot *slot, uint32_t timestamp, usec now)
{
	int64_t transit = now * (slot->video ? 90 : 48) / 1000 - timestamp;
	int64_t change = (int32_t)(uint32_t)(transit - slot->transit);
	if (slot->transit)
		slot->jitter += (uint32_t)((change < 0 ? -change : change) - ((slot->jitter + 8) >> 4));
	slot->transit = transit;
}

void feedback_report(struct taker *t, struct taker_slot *slot, usec now)
{
	uint8_t compound[64];
	struct writer w = writer_of(compound, sizeof compound);
	uint64_t expected = slot->highest - slot->first + 1;
	int64_t of_late = (int64_t)(expected - slot->reported_expected);
	int64_t lost = of_late - (int64_t)(slot->received - slot->reported_received);
	int64_t all = (int64_t)expected - (int64_t)slot->received;
	slot->next_report = now + (slot->video ? TAKER_VIDEO_REPORT_USEC : TAKER_VOICE_REPORT_USEC);
	slot->reported_expected = expected;
	slot->reported_received = slot->received;
	struct rtcp_report block = { .ssrc = slot->ssrc,
				     .fraction = (uint8_t)(of_late > 0 && lost > 0 ? lost * 255 / of_late : 0),
				     .lost = (int32_t)all,
				     .highest = (uint32_t)slot->highest - 65536,
				     .jitter = slot->jitter >> 4,
				     .lsr = slot->lsr,
				     .dlsr = slot->lsr ? (uint32_t)((now - slot->lsr_at) * 65536 / USEC_S) : 0 };
	rtcp_write_rr(&w, t->ssrc, &block, 1);
	site_send_rtcp(t->site, writer_done(&w));
}

/* ---- what is missing --------------------------------------------------------------------------------------------- */

void feedback_nack(struct taker *t, struct taker_slot *slot, usec now)
{
	uint16_t seqs[NACK_ONCE];
	uint64_t gone[NACK_ONCE];
	uint8_t compound[MTU_BYTES - 100];
	struct writer w = writer_of(compound, sizeof compound);
	size_t n = nack_due(slot->nack, now, seqs, NACK_ONCE);
	if (n && (slot->rtx_ssrc || !slot->video)) {
		rtcp_write_nack(&w, t->ssrc, slot->ssrc, seqs, n);
		site_send_rtcp(t->site, writer_done(&w));
	}
	t->site->seen->counts.lost += nack_gone(slot->nack, now, gone, NACK_ONCE);
}
