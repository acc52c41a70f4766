#include "media/recv.h"
#include "base/seq.h"
#include "wire/rtcp.h"
#include <string.h>

#define NO_BAD UINT64_MAX
#define CYCLE UINT64_C(65536)
#define LOST_MAX 0x7fffff /* 24 bits, signed */

static bool seen(const struct recv *r, uint64_t ext)
{
	uint64_t bit = ext % RECV_WINDOW;
	return r->seen[bit / 64] >> bit % 64 & 1;
}

static void mark(struct recv *r, uint64_t ext)
{
	uint64_t bit = ext % RECV_WINDOW;
	r->seen[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* Moves the window up to `ext`, which is less than a window or RECV_JUMP ahead; what is new in it was not seen. */
static void advance(struct recv *r, uint64_t ext)
{
	if (ext - r->highest >= RECV_WINDOW)
		memset(r->seen, 0, sizeof r->seen);
	else
		for (uint64_t i = r->highest + 1; i <= ext; i++) {
			uint64_t bit = i % RECV_WINDOW;
			r->seen[bit / 64] &= ~(UINT64_C(1) << bit % 64);
		}
	r->highest = ext;
	mark(r, ext);
}

static uint64_t expected(const struct recv *r)
{
	return r->highest - r->base + 1;
}

static void begin(struct recv *r, uint64_t ext)
{
	r->began = true;
	r->highest = r->base = ext;
	r->received = 1;
	r->prior_expected = r->prior_received = 0;
	r->has_transit = false;
	memset(r->seen, 0, sizeof r->seen);
	mark(r, ext);
}

static void restart(struct recv *r, uint64_t ext)
{
	if (expected(r) > r->received)
		r->lost_restarts += expected(r) - r->received;
	begin(r, ext);
}

void recv_init(struct recv *r, uint32_t rate_hz)
{
	memset(r, 0, sizeof *r);
	r->rate_hz = rate_hz;
	r->bad = NO_BAD;
	r->sr_at = USEC_NEVER;
}

/* The verdict by number alone; counts and marks. */
static enum recv_verdict place(struct recv *r, uint16_t seq, uint64_t *ext)
{
	if (!r->began) {
		*ext = seq + CYCLE;
		begin(r, *ext);
		return RECV_NEW;
	}
	int delta = seq16_diff(seq, (uint16_t)r->highest);
	*ext = r->highest + (uint64_t)(int64_t)delta;
	if (delta > RECV_JUMP) {
		restart(r, *ext);
		return RECV_RESTART;
	}
	if (delta > 0) {
		advance(r, *ext);
		r->received++;
		return RECV_NEW;
	}
	if (delta > -RECV_WINDOW) {
		r->received++;
		if (seen(r, *ext))
			return RECV_DUPLICATE;
		mark(r, *ext);
		if (*ext < r->base)
			r->base = *ext; /* overtaken by the very first */
		return RECV_LATE;
	}
	if (r->bad != seq) {
		r->bad = (uint16_t)(seq + 1);
		return RECV_OLD;
	}
	*ext += CYCLE; /* a second one in a row: the sender began anew */
	restart(r, *ext);
	return RECV_RESTART;
}

/* RFC 3550 A.8. A difference of seconds is a jump of the source's clock, not jitter. */
static void measure_jitter(struct recv *r, uint32_t timestamp, usec now)
{
	uint64_t units = (uint64_t)(now / USEC_S) * r->rate_hz + (uint64_t)(now % USEC_S) * r->rate_hz / USEC_S;
	uint32_t transit = (uint32_t)units - timestamp;
	int64_t d = seq32_diff(transit, r->transit);
	if (d < 0)
		d = -d;
	if (r->has_transit && d < (int64_t)r->rate_hz * 5)
		r->jitter16 += (uint32_t)d - ((r->jitter16 + 8) >> 4);
	r->transit = transit;
	r->has_transit = true;
}

enum recv_verdict recv_accept(struct recv *r, uint16_t seq, uint32_t timestamp, usec now, uint64_t *ext)
{
	enum recv_verdict verdict = place(r, seq, ext);
	if (verdict != RECV_OLD)
		r->bad = NO_BAD;
	if (recv_accepted(verdict))
		measure_jitter(r, timestamp, now);
	return verdict;
}

enum recv_verdict recv_repair(struct recv *r, uint16_t seq, uint64_t *ext)
{
	enum recv_verdict verdict = RECV_OLD;
	int delta = seq16_diff(seq, (uint16_t)r->highest);
	*ext = r->highest + (uint64_t)(int64_t)delta;
	if (r->began && delta > 0 && delta <= RECV_JUMP) {
		advance(r, *ext);
		verdict = RECV_NEW;
	} else if (r->began && delta <= 0 && delta > -RECV_WINDOW && *ext >= r->base) {
		verdict = seen(r, *ext) ? RECV_DUPLICATE : RECV_LATE;
		mark(r, *ext);
	}
	if (recv_accepted(verdict))
		r->repaired++;
	else
		r->unasked++;
	return verdict;
}

uint64_t recv_extend(const struct recv *r, uint16_t seq)
{
	return r->began ? r->highest + (uint64_t)(int64_t)seq16_diff(seq, (uint16_t)r->highest) : 0;
}

void recv_on_sr(struct recv *r, uint64_t ntp, uint32_t timestamp, usec now)
{
	r->sr_ntp = ntp;
	r->sr_timestamp = timestamp;
	r->sr_at = now;
}

static uint8_t fraction_of(uint64_t expect, uint64_t received)
{
	if (received >= expect)
		return 0;
	uint64_t fraction = ((expect - received) << 8) / expect;
	return fraction > UINT8_MAX ? UINT8_MAX : (uint8_t)fraction;
}

static int32_t clamp_lost(int64_t lost)
{
	return (int32_t)(lost > LOST_MAX ? LOST_MAX : lost < -LOST_MAX - 1 ? -LOST_MAX - 1 : lost);
}

/* 1/65536 s since the last sender report. */
static uint32_t dlsr(const struct recv *r, usec now)
{
	uint64_t since = (uint64_t)(now - r->sr_at);
	uint64_t units = since / USEC_S * 65536 + since % USEC_S * 65536 / USEC_S;
	return units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
}

bool recv_report(struct recv *r, uint32_t ssrc, usec now, struct rtcp_report *out)
{
	memset(out, 0, sizeof *out);
	if (!r->began)
		return false;
	uint64_t expect = expected(r);
	out->ssrc = ssrc;
	out->fraction = fraction_of(expect - r->prior_expected, r->received - r->prior_received);
	out->lost = clamp_lost((int64_t)(expect + r->lost_restarts) - (int64_t)r->received);
	out->highest = (uint32_t)(r->highest - CYCLE);
	out->jitter = r->jitter16 >> 4;
	if (r->sr_at != USEC_NEVER) {
		out->lsr = rtcp_middle(r->sr_ntp);
		out->dlsr = dlsr(r, now);
	}
	r->prior_expected = expect;
	r->prior_received = r->received;
	return true;
}
