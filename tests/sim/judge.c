#include "sim/judge.h"
#include "base/seq.h"
#include "sim/sender.h"
#include "test.h"
#include "wire/h264.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/twcc.h"
#include "wire/vp8.h"
#include <stdio.h>

#define ONE_ROUND 65536 /* extended numbers begin above it */

static struct world_slot *slot_by_ssrc(struct world_site *s, uint32_t ssrc, bool *rtx)
{
	for (unsigned i = 0; i < s->n_slots; i++) {
		*rtx = s->slots[i].rtx_ssrc && s->slots[i].rtx_ssrc == ssrc;
		if (*rtx || s->slots[i].ssrc == ssrc)
			return &s->slots[i];
	}
	return NULL;
}

static struct world_got *got_of(const struct world_slot *v, uint64_t ext)
{
	return &v->got[ext % WORLD_RING];
}

/* ---- packets --------------------------------------------------------------------------------------------------- */

static void count_video(struct world *w, struct world_slot *v, const struct world_got *g, bool newest)
{
	if (!newest || !g->start)
		return;
	if (v->began && g->vp8) {
		v->picture_gaps += ((g->picture - v->last_picture) & 0x7fff) != 1;
		v->tl0_gaps += (int8_t)(uint8_t)(g->tl0 - v->last_tl0) != (g->temporal == 0);
	}
	if (v->began && w->now - v->last_at > v->longest_gap)
		v->longest_gap = w->now - v->last_at;
	v->frames++;
	v->frames_base += g->temporal == 0;
	v->last_picture = g->picture;
	v->last_tl0 = g->tl0;
	v->last_at = w->now;
	v->began = true;
	if (g->temporal > v->max_temporal)
		v->max_temporal = g->temporal;
}

static void count_keyframe(struct world_slot *v, uint16_t height)
{
	v->keyframes++;
	v->switches += v->height != height;
	v->height = height;
}

static struct bytes read_vp8(struct world_slot *v, struct bytes payload, struct world_got *g)
{
	struct vp8 d;
	assert_int_equal(vp8_parse(payload, &d), ERR_OK);
	g->vp8 = true;
	g->start = d.frame_start;
	g->keyframe = d.keyframe;
	g->picture = d.picture_id;
	g->tl0 = d.tl0picidx;
	g->temporal = d.tid;
	if (d.keyframe)
		count_keyframe(v, d.height);
	return d.payload;
}

static void read_h264(struct world_slot *v, struct bytes payload, struct world_got *g)
{
	struct h264 h;
	assert_int_equal(h264_parse(payload, &h), ERR_OK);
	g->start = h.frame_start && !(h.idr && !h.height); /* an IDR slice follows its parameter set */
	g->keyframe = h.height > 0;
	if (h.height)
		count_keyframe(v, h.height);
}

/* When a receiver would say this was captured, by the slot's last sender report, against when it was. */
static void judge_skew(struct world_site *s, struct world_slot *v, uint32_t timestamp, const uint8_t *captured)
{
	usec at;
	memcpy(&at, captured, sizeof at);
	if (!v->reports)
		return;
	v->skew = v->sr_at + (int64_t)(int32_t)(timestamp - v->sr_timestamp) * 1000 / (v->video ? 90 : 48) - at;
	struct world_slot *a = NULL, *p = NULL; /* the stage pair */
	for (unsigned i = 0; i < s->n_slots; i++) {
		if (!s->slots[i].video && !a)
			a = &s->slots[i];
		if (s->slots[i].video && !p)
			p = &s->slots[i];
	}
	if (!a || !p || !a->skew || !p->skew || a->csrc != p->csrc)
		return;
	usec off = p->skew - a->skew;
	if ((off < 0 ? -off : off) > (p->worst_pair < 0 ? -p->worst_pair : p->worst_pair))
		p->worst_pair = off;
}

static void read_payload(struct world *w, struct world_site *s, struct world_slot *v, const struct rtp *rtp,
			 struct bytes payload, struct world_got *g, bool newest)
{
	if (!v->video) {
		if (w->now - v->last_at > v->longest_gap && v->packets > 1)
			v->longest_gap = w->now - v->last_at;
		v->last_at = w->now;
		v->empty_opus += payload.n == 1;
		v->toc = payload.p[0];
		if (payload.n > 16)
			judge_skew(s, v, rtp->timestamp, payload.p + 8);
		return;
	}
	if (v->pt_h264 && (rtp->pt == v->pt_h264 || rtp->pt == v->pt_h264 + 1)) {
		read_h264(v, payload, g);
	} else {
		payload = read_vp8(v, payload, g);
		if (g->start)
			judge_skew(s, v, rtp->timestamp, payload.p + 16);
	}
	count_video(w, v, g, newest);
}

static void check_header(struct world_site *s, const struct world_slot *v, const struct rtp *rtp, bool rtx,
			 bool padding)
{
	uint16_t number;
	uint8_t more = rtx ? 1 : 0; /* RTX types are the next ones */
	bool known = (v->pt_opus && rtp->pt == v->pt_opus) || (v->pt_vp8 && rtp->pt == v->pt_vp8 + more) ||
		     (v->pt_h264 && rtp->pt == v->pt_h264 + more);
	if (!known)
		fail_msg("payload type %u was not negotiated", rtp->pt);
	if (rtp->n_csrcs > 1 || (padding && rtp->n_csrcs))
		fail_msg("%u CSRCs", rtp->n_csrcs);
	if (s->profile.no_twcc) {
		assert_false(rtp->has_ext);
		return;
	}
	assert_int_equal(rtp->ext_profile, s->profile.ids ? RTPEXT_TWO_BYTE : RTPEXT_ONE_BYTE);
	assert_true(rtpext_twcc(rtp, (uint8_t)(EXT_TWCC + s->profile.ids), &number));
	s->twcc_gaps += s->twcc_began && (uint16_t)(number - s->twcc_last) != 1;
	s->twcc_began = true;
	s->twcc_last = number;
}

void judge_rtp(struct world *w, struct world_site *s, struct bytes packet)
{
	struct rtp rtp;
	bool rtx;
	assert_int_equal(rtp_parse(packet, &rtp), ERR_OK);
	struct world_slot *v = slot_by_ssrc(s, rtp.ssrc, &rtx);
	if (!v)
		fail_msg("a packet of an SSRC nobody negotiated");
	uint16_t number = rtp.seq;
	struct bytes payload = rtp.payload;
	if (rtx) {
		v->rtx++;
		assert_int_equal(rtp_rtx(&rtp, &number, &payload), ERR_OK);
	}
	check_header(s, v, &rtp, rtx, payload.n == 0);
	uint64_t ext = v->highest ? seq_extend(v->highest, number, 16) : (uint64_t)number + ONE_ROUND;
	bool newest = ext > v->highest;
	if (!v->highest) {
		v->first = ext;
		v->highest = ext - 1;
	}
	for (uint64_t i = v->highest + 1; newest && i <= ext; i++)
		*got_of(v, i) = (struct world_got){ 0 };
	v->highest = newest ? ext : v->highest;
	struct world_got *g = got_of(v, ext);
	if (g->kind) {
		v->duplicates += !rtx;
		return;
	}
	*g = (struct world_got){ .kind = payload.n ? GOT_PACKET : GOT_PADDING,
				 .marker = rtp.marker,
				 .timestamp = rtp.timestamp,
				 .csrc = rtp.n_csrcs ? rtp.csrcs[0] : 0 };
	if (!payload.n) {
		v->padding++;
		return;
	}
	v->packets++;
	v->csrc = g->csrc;
	v->pt = (uint8_t)(rtp.pt - rtx);
	v->backward += newest && v->packets > 1 && (int32_t)(rtp.timestamp - v->last_timestamp) < 0;
	if (newest)
		v->last_timestamp = rtp.timestamp;
	read_payload(w, s, v, &rtp, payload, g, newest);
}

/* ---- reports --------------------------------------------------------------------------------------------------- */

static void on_sender_report(struct world_site *s, const struct rtcp_item *item)
{
	bool rtx;
	struct world_slot *v = slot_by_ssrc(s, item->sender, &rtx);
	if (!v)
		return;
	usec at = rtcp_usec_of(item->info.ntp);
	int64_t expected = (at - v->sr_at) * (v->video ? 90 : 48) / 1000;
	int64_t got = (int32_t)(item->info.timestamp - v->sr_timestamp);
	v->sr_off_line += v->reports && (got - expected > 2 || expected - got > 2);
	v->reports++;
	v->sr_at = at;
	v->sr_timestamp = item->info.timestamp;
}

static void on_transport_feedback(struct world_site *s, const struct rtcp_item *item)
{
	struct twcc feedback;
	struct twcc_status status;
	s->feedbacks++;
	assert_int_equal(twcc_parse(item, &feedback), ERR_OK);
	for (struct twcc_iter it = twcc_iter_of(&feedback); twcc_next(&it, &status);) {
		s->acknowledged += status.arrived;
		s->lost_reported += !status.arrived;
	}
}

/* RFC 3611 4.4: the block the engine writes stands alone. */
static void on_reference_time(struct world *w, struct world_site *s, const struct rtcp_item *item)
{
	struct reader r = reader_of(item->body);
	s->reference_ssrc = reader_u32(&r);
	assert_int_equal(reader_u8(&r), 4);
	reader_skip(&r, 3);
	s->reference = rtcp_middle(reader_u64(&r));
	s->reference_at = w->now;
	assert_false(r.failed);
}

void judge_rtcp(struct world *w, struct world_site *s, struct bytes packet)
{
	struct rtcp_iter it;
	struct rtcp_item item;
	uint16_t seq;
	assert_int_equal(rtcp_parse(packet, &it), ERR_OK);
	while (rtcp_next(&it, &item)) {
		assert_int_not_equal(item.kind, RTCP_BROKEN);
		switch (item.kind) {
		case RTCP_PLI:
			s->plis++;
			s->want_keyframe = true;
			break;
		case RTCP_NACK:
			while (rtcp_nack_next(&item, &seq)) {
				s->nacks++;
				if (s->answers_nack && !sender_resend(w, s, item.media, seq))
					(void)sender_resend_voice(w, s, item.media, seq);
			}
			break;
		case RTCP_TWCC: on_transport_feedback(s, &item); break;
		case RTCP_XR: on_reference_time(w, s, &item); break;
		case RTCP_SR: on_sender_report(s, &item); break;
		default: break;
		}
	}
}

void judge_ask(struct world *w, struct world_site *s)
{
	for (unsigned i = 0; i < s->n_slots; i++) {
		struct world_slot *v = &s->slots[i];
		uint16_t seqs[64];
		size_t n = 0;
		uint64_t from = v->highest > v->first + SEAL_WINDOW ? v->highest - SEAL_WINDOW : v->first;
		for (uint64_t x = from; v->highest && x < v->highest && n < 64; x++)
			if (s->asks_always || got_of(v, x)->kind == GOT_NOT)
				seqs[n++] = (uint16_t)x;
		if (!n || !(v->video || s->profile.audio_nack))
			continue;
		uint8_t out[512];
		struct writer b = writer_of(out, sizeof out);
		rtcp_write_nack(&b, 1, v->ssrc, seqs, n);
		assert_false(b.failed);
		sender_rtcp(w, s, writer_done(&b));
	}
}

/* ---- the whole, in order ---------------------------------------------------------------------------------------- */

unsigned world_holes(const struct world_slot *v, unsigned spare)
{
	unsigned holes = 0;
	uint64_t from = v->highest > v->first + WORLD_RING / 2 ? v->highest - WORLD_RING / 2 : v->first;
	for (uint64_t x = from; v->highest && x + spare < v->highest; x++)
		holes += got_of(v, x)->kind == GOT_NOT;
	return holes;
}

static const char *audio_fault(const struct world_got *g, const struct world_got *before, uint32_t source)
{
	if ((int32_t)(g->timestamp - before->timestamp) <= 0)
		return "an audio timestamp does not grow";
	if (g->csrc && source && g->csrc != source && !g->marker)
		return "another voice without the marker bit";
	return NULL;
}

static const char *video_fault(const struct world_got *g, const struct world_got *before, uint8_t tl0, bool filled)
{
	bool vp8 = g->vp8 && before->vp8;
	if (g->timestamp == before->timestamp) {
		if (g->start || before->marker)
			return "two frames of one timestamp";
		if (vp8 && (g->picture != before->picture || g->temporal != before->temporal || g->tl0 != before->tl0))
			return "one frame of two pictures";
		return NULL;
	}
	if ((int32_t)(g->timestamp - before->timestamp) < 0)
		return "a timestamp goes back";
	if (filled)
		return NULL;
	if (!g->start || !before->marker)
		return "a frame is not whole";
	if (vp8 && ((g->picture - before->picture) & 0x7fff) != 1)
		return "a picture id is missing";
	if (vp8 && !g->keyframe && (uint8_t)(g->tl0 - tl0) != (g->temporal == 0))
		return "TL0PICIDX does not follow";
	return NULL;
}

const char *world_fault(const struct world_slot *v)
{
	static char text[160];
	const struct world_got *before = NULL;
	const char *fault = NULL;
	bool filled = false;
	uint32_t source = 0;
	uint8_t tl0 = 0;
	uint64_t x = v->highest > v->first + SEAL_WINDOW ? v->highest - SEAL_WINDOW + 1 : v->first;
	for (; v->highest && x <= v->highest && !fault; x++) {
		const struct world_got *g = got_of(v, x);
		if (g->kind == GOT_NOT)
			fault = "a number is missing";
		filled |= g->kind == GOT_PADDING;
		if (g->kind != GOT_PACKET)
			continue;
		if (before)
			fault = v->video ? video_fault(g, before, tl0, filled) : audio_fault(g, before, source);
		before = g;
		tl0 = g->tl0;
		source = g->csrc ? g->csrc : source;
		filled = false;
	}
	if (!fault)
		return NULL;
	(void)snprintf(text, sizeof text, "%s, %llu before the last of %llu", fault,
		       (unsigned long long)(v->highest + 1 - x), (unsigned long long)(v->highest + 1 - v->first));
	return text;
}
