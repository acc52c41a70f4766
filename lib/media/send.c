#include "media/send.h"

void send_init(struct send *s, uint16_t rtx_seq)
{
	*s = (struct send){ .rtx_next = rtx_seq, .credit = SEND_BURST, .sent = USEC_NEVER, .reported = USEC_NEVER };
}

void send_lend(struct send *s, struct send_repeat *repeats)
{
	s->repeats = repeats;
	for (unsigned i = 0; repeats && i < SEND_REPEATS; i++)
		repeats[i] = (struct send_repeat){ 0 };
}

void send_on_sent(struct send *s, size_t payload_bytes, usec now)
{
	s->packets++;
	s->octets += payload_bytes;
	if (s->credit < SEND_BURST)
		s->credit++;
	s->sent = now;
}

uint64_t send_on_rtx(struct send *s, size_t payload_bytes)
{
	s->rtx_packets++;
	s->rtx_octets += payload_bytes;
	return s->rtx_next++;
}

bool send_report(const struct send *s, const struct slotclock *clock, usec now, uint64_t ntp, struct send_report *out)
{
	*out = (struct send_report){ 0 };
	if (s->packets == 0)
		return false;
	*out = (struct send_report){ .ntp = ntp,
				     .timestamp = slotclock_at(clock, now),
				     .packets = (uint32_t)s->packets,
				     .octets = (uint32_t)s->octets };
	return true;
}

/* 1/65536 s to microseconds. */
static usec span(uint32_t compact)
{
	return (usec)(((uint64_t)compact * (uint64_t)USEC_S) >> 16);
}

bool send_round_trip(uint64_t ntp, uint32_t then, uint32_t held, usec *rtt)
{
	/* wraps to something huge when the named time is to come, or it claims to have waited longer than it can have
	 */
	usec sample = span((uint32_t)(ntp >> 16) - then - held);
	*rtt = sample ? sample : 1; /* below the resolution of 15 us: known all the same */
	return then && sample <= SEND_RTT_MAX;
}

void send_on_receipt(struct send *s, const struct send_receipt *r, usec now, uint64_t ntp)
{
	s->receipt = *r;
	s->reported = now;
	usec sample;
	if (s->packets == 0 || !send_round_trip(ntp, r->lsr, r->dlsr, &sample))
		return;
	s->rtt_last = sample;
	s->rtt = s->rtt ? s->rtt + (s->rtt_last - s->rtt) / 8 : s->rtt_last;
}

static usec repeat_after(const struct send *s)
{
	usec rtt = s->rtt > s->rtt_last ? s->rtt : s->rtt_last;
	usec after = (rtt ? rtt : SEND_RTT_UNKNOWN) * 5 / 4;
	return after > SEND_REPEAT_MIN ? after : SEND_REPEAT_MIN;
}

bool send_on_nack(struct send *s, uint16_t seq, usec now)
{
	uint32_t now_ms = (uint32_t)(now / USEC_MS);
	s->nacks++;
	if (!s->repeats) {
		s->suppressed++;
		return false;
	}
	struct send_repeat *p = &s->repeats[seq % SEND_REPEATS];
	bool again = p->count && p->seq == seq && now_ms - p->at_ms < SEND_FORGET_MS;
	bool too_soon = again && (usec)(now_ms - p->at_ms) * USEC_MS < repeat_after(s);
	if (too_soon || (again && p->count >= SEND_REPEATS_MAX) || s->credit == 0) {
		s->suppressed++;
		return false;
	}
	s->credit--;
	*p = (struct send_repeat){ .seq = seq, .count = (uint16_t)(again ? p->count + 1 : 1), .at_ms = now_ms };
	s->repeated++;
	return true;
}

uint64_t send_ntp(uint64_t ntp_at_zero, usec now)
{
	uint64_t seconds = (uint64_t)(now / USEC_S), rest = (uint64_t)(now % USEC_S);
	return ntp_at_zero + (seconds << 32) + (rest << 32) / (uint64_t)USEC_S;
}
