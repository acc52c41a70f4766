#include "bench/load/taker.h"
#include "base/seq.h"
#include "bench/floor.h"
#include "bench/load/camera.h"
#include "bench/load/feedback.h"
#include "bench/load/load.h"
#include "bench/load/sender.h"
#include "wire/rtpext.h"
#include "wire/vp8.h"
#include <stdlib.h>

/* Slots that somebody is there to fill. */
static unsigned slots_of(const struct plan *p, uint32_t site, uint32_t slots)
{
	unsigned n = 0;
	for (uint32_t source; n < slots && plan_source(p, site, n, &source);)
		n++;
	return n;
}

struct taker *taker_new(struct site *site)
{
	struct taker *t = calloc(1, sizeof *t);
	const struct plan *p = &site->load->plan;
	if (!t)
		return NULL;
	*t = (struct taker){ .site = site,
			     .opens_all = site->index % p->decrypt == p->decrypt - 1,
			     .until_sample = load_chance(site->load, p->sample),
			     .ssrc = floor_ssrc((uint16_t)site->index, FLOOR_RTCP),
			     .next_twcc = USEC_NEVER,
			     .next_nack = USEC_NEVER,
			     .arrivals = malloc(TAKER_ARRIVALS * sizeof *t->arrivals) };
	t->waiting = slots_of(p, site->index, p->audio_slots) + slots_of(p, site->index, p->video_slots);
	if (!t->arrivals) {
		free(t);
		return NULL;
	}
	return t;
}

void taker_free(struct taker *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < t->n_slots; i++)
		free(t->slots[i].nack);
	free(t->arrivals);
	free(t);
}

void taker_slot(struct taker *t, bool video, uint32_t ssrc, uint32_t rtx_ssrc)
{
	struct nack *nack = t->n_slots < TAKER_SLOTS ? malloc(sizeof *nack) : NULL;
	if (!nack)
		return;
	nack_init(nack);
	t->slots[t->n_slots++] = (struct taker_slot){
		.ssrc = ssrc, .rtx_ssrc = rtx_ssrc, .video = video, .next_report = USEC_NEVER, .nack = nack
	};
}

static struct taker_slot *slot_of(struct taker *t, uint32_t ssrc)
{
	if (t->last < t->n_slots && t->slots[t->last].ssrc == ssrc)
		return &t->slots[t->last];
	for (unsigned i = 0; i < t->n_slots; i++) {
		if (t->slots[i].ssrc != ssrc && (t->slots[i].rtx_ssrc != ssrc || !ssrc))
			continue;
		t->last = i;
		return &t->slots[i];
	}
	return NULL;
}

/* ---- one packet -------------------------------------------------------------------------------------------------- */

/* Something came for every slot that it is meant to have. */
static void on_first(struct taker *t, struct taker_slot *slot, uint64_t seq, usec now)
{
	struct load *l = t->site->load;
	slot->any = true;
	slot->highest = slot->first = seq;
	slot->next_report = now + load_chance(l, TAKER_VIDEO_REPORT_USEC);
	if (t->waiting == 0 || --t->waiting)
		return;
	l->receiving++;
	l->last_joined = now;
}

enum number {
	NUMBER_KNOWN, /* it was there already, or given up */
	NUMBER_LATE,  /* it was missing */
	NUMBER_NEW,
};

static enum number count_number(struct taker *t, struct taker_slot *slot, const struct rtp *rtp, usec now)
{
	struct counts *c = &t->site->seen->counts;
	uint64_t seq = seq_extend(slot->any ? slot->highest : (uint64_t)rtp->seq + 65536, rtp->seq, 16);
	if (!slot->any) {
		on_first(t, slot, seq, now);
	} else if (seq <= slot->highest) {
		bool missing = nack_waits(slot->nack, seq);
		c->repaired += missing;
		c->twice += !missing && rtp->ssrc == slot->ssrc; /* what was asked for may come twice */
		(void)nack_on_repaired(slot->nack, seq);
		return missing ? NUMBER_LATE : NUMBER_KNOWN;
	} else if (seq == slot->highest + 1) {
		c->backwards += seq32_diff(rtp->timestamp, slot->timestamp) < 0;
		c->torn += slot->video && rtp->timestamp != slot->timestamp && !slot->marker;
	}
	(void)nack_on_packet(slot->nack, seq, now);
	slot->has_picture &= seq == slot->highest + 1;
	slot->highest = seq;
	slot->timestamp = rtp->timestamp;
	slot->marker = rtp->marker;
	usec_lower(&t->next_nack, slot->nack->deadline);
	return NUMBER_NEW;
}

/* Opens it: the delay since its stamp, and what its descriptor says. */
static void look_inside(struct taker *t, struct taker_slot *slot, uint8_t *packet, size_t length, usec now)
{
	struct load *l = t->site->load;
	struct rtp rtp;
	struct vp8 vp8 = { 0 };
	if (crypt_open_rtp(t->site->crypt, packet, &length) != ERR_OK ||
	    rtp_parse(bytes_of(packet, length), &rtp) != ERR_OK ||
	    (slot->video && rtp.payload.n && vp8_parse(rtp.payload, &vp8) != ERR_OK)) {
		t->site->seen->counts.unopened++;
		return;
	}
	struct reader r = reader_of(slot->video ? vp8.payload : rtp.payload);
	reader_skip(&r, slot->video ? CAMERA_STAMP_AT : SENDER_OPUS_STAMP_AT);
	usec stamp = (usec)reader_u64(&r);
	if (r.failed) /* padding alone, or an empty frame of Opus */
		return;
	if (l->measuring) {
		delays_add(&t->site->seen->delays, now - stamp);
		spread_add(&t->site->seen->spread, stamp, now);
	}
	if (!slot->video || !t->opens_all)
		return;
	if (slot->has_picture &&
	    vp8.picture_id != (vp8.frame_start ? (slot->picture_id + 1) & 0x7fff : slot->picture_id))
		t->site->seen->counts.torn++;
	slot->picture_id = vp8.picture_id;
	slot->has_picture = true;
}

static void on_packet(struct taker *t, uint8_t *packet, size_t length, usec now)
{
	struct load *l = t->site->load;
	struct rtp rtp;
	uint16_t number;
	uint8_t flags = packet[0];
	packet[0] &= 0xdf; /* how long padding is stands in the encrypted part */
	struct taker_slot *slot = rtp_parse(bytes_of(packet, length), &rtp) == ERR_OK ? slot_of(t, rtp.ssrc) : NULL;
	packet[0] = flags;
	if (!slot) {
		t->site->seen->counts.strange++;
		return;
	}
	if (rtpext_twcc(&rtp, FLOOR_EXT_TWCC, &number))
		feedback_on_arrival(t, number, now);
	if (rtp.ssrc != slot->ssrc) { /* sent again: the number is inside */
		struct rtp inside;
		if (crypt_open_rtp(t->site->crypt, packet, &length) == ERR_OK &&
		    rtp_parse(bytes_of(packet, length), &inside) == ERR_OK && inside.payload.n >= 2 && slot->any) {
			inside.seq = (uint16_t)(inside.payload.p[0] << 8 | inside.payload.p[1]);
			(void)count_number(t, slot, &inside, now);
		}
		return;
	}
	slot->received++;
	t->site->seen->counts.bytes += length;
	*(slot->video ? &t->site->seen->counts.video : &t->site->seen->counts.voice) += 1;
	t->site->seen->counts.frames += slot->video && rtp.marker;
	feedback_on_transit(slot, rtp.timestamp, now);
	if (count_number(t, slot, &rtp, now) != NUMBER_NEW)
		return;
	if (!t->opens_all && t->until_sample-- > 0)
		return;
	t->until_sample = l->plan.sample - 1;
	look_inside(t, slot, packet, length, now);
}

void taker_on_run(struct taker *t, uint8_t *first, size_t bytes, size_t segment, usec now)
{
	struct load *l = t->site->load;
	unsigned n = 0;
	for (size_t at = 0; at < bytes; at += segment, n++)
		on_packet(t, first + at, bytes - at < segment ? bytes - at : segment, now);
	if (t->last >= t->n_slots || (l->plan.video_slots && !t->slots[t->last].video))
		return;
	t->site->seen->counts.messages++;
	t->site->seen->counts.segments += n;
}

void taker_on_rtcp(struct taker *t, struct rtcp_item *item, usec now)
{
	for (unsigned i = 0; item->kind == RTCP_SR && i < t->n_slots; i++) {
		if (t->slots[i].ssrc != item->sender)
			continue;
		t->slots[i].lsr = rtcp_middle(item->info.ntp);
		t->slots[i].lsr_at = now;
	}
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

void taker_on_ready(struct taker *t, usec now)
{
	struct load *l = t->site->load;
	t->next_twcc = now + load_chance(l, TAKER_TWCC_USEC);
	if (!t->waiting)
		l->receiving++;
}

void taker_on_deadline(struct taker *t, usec now)
{
	if (t->next_twcc <= now) {
		feedback_twcc(t, now);
		/* each at its own moment: what was late together would stay together */
		t->next_twcc += (now - t->next_twcc) / TAKER_TWCC_USEC * TAKER_TWCC_USEC + TAKER_TWCC_USEC;
	}
	for (unsigned i = 0; i < t->n_slots; i++)
		if (t->slots[i].next_report <= now)
			feedback_report(t, &t->slots[i], now);
	if (t->next_nack > now)
		return;
	t->next_nack = USEC_NEVER;
	for (unsigned i = 0; i < t->n_slots; i++) {
		feedback_nack(t, &t->slots[i], now);
		usec_lower(&t->next_nack, t->slots[i].nack->deadline);
	}
}

usec taker_deadline(const struct taker *t)
{
	usec next = t->next_twcc;
	usec_lower(&next, t->next_nack);
	return next; /* reports fall due with the feedback of every 100 ms */
}

uint64_t taker_missing(const struct taker *t)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < t->n_slots; i++)
		n += t->slots[i].nack->n;
	return n;
}
