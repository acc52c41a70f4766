#include "sim/world.h"
#include "base/seq.h"
#include "secure/mac.h"
#include "test.h"
#include "wire/demux.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/stun.h"
#include "wire/vp8.h"
#include <stdio.h>

#define PT_OPUS 111
#define PT_VP8 96
#define PT_RTX 97
#define EXT_MID 4
#define EXT_RID 10
#define EXT_RRID 11
#define EXT_TWCC 3
#define EXT_LEVEL 1
#define PWD "0123456789012345678901"
#define VIDEO_PACKET 900

static const char *const rids[] = { "l", "m", "h" };

static double chance(struct world *w)
{
	w->chance ^= w->chance << 13;
	w->chance ^= w->chance >> 7;
	w->chance ^= w->chance << 17;
	return (double)(w->chance >> 11) / 9007199254740992.0;
}

static struct world_site *by_csrc(struct world *w, uint32_t csrc)
{
	for (unsigned i = 0; i < w->n_sites; i++)
		if (w->sites[i].csrc == csrc)
			return &w->sites[i];
	return NULL;
}

/* ---- the host -------------------------------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct event *event)
{
	struct world *w = ctx;
	struct world_site *s;
	switch (event->type) {
	case EVENT_SLOTS:
		s = by_csrc(w, event->slots.csrc);
		for (unsigned i = 0; s && i < event->slots.n; i++) {
			const struct slot_change *c = &event->slots.changes[i];
			*(c->kind == SLOT_AUDIO ? &s->map_audio[c->slot] : &s->map_video[c->slot]) = *c;
			s->told++;
		}
		break;
	case EVENT_ENCODINGS:
		s = by_csrc(w, event->encodings.csrc);
		if (s && event->encodings.kind == ENCODING_CAMERA) {
			s->camera = event->encodings;
			for (unsigned i = 0; i < event->encodings.n && i < 3; i++) {
				if (event->encodings.encodings[i].active && !s->layers[i].on)
					s->want_keyframe = true;
				s->layers[i].on = event->encodings.encodings[i].active;
			}
		}
		break;
	case EVENT_SPEAKING: w->speaking = event->speaking; break;
	case EVENT_TRANSPORT:
		s = by_csrc(w, event->transport.csrc);
		if (s)
			s->state = event->transport.state;
		break;
	case EVENT_SITE:
		s = by_csrc(w, event->site.csrc);
		if (s)
			s->report = event->site;
		break;
	case EVENT_ENGINE: w->counters = event->engine; break;
	}
}

static void on_dtls_open(void *ctx, uint32_t csrc, uint32_t generation, enum dtls_role role,
			 const struct fingerprint *f)
{
}
static void on_dtls_datagram(void *ctx, uint32_t csrc, uint32_t generation, struct bytes datagram)
{
}
static void on_dtls_close(void *ctx, uint32_t csrc, uint32_t generation)
{
}

void world_init(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof *w);
	w->chance = seed * 2654435761U + 1;
	w->now = 1000 * USEC_S;
	w->next_audio = w->next_video = w->next_check = w->now;
	w->flights = calloc(WORLD_PEND, sizeof *w->flights);
	struct engine_config config = {
		.buffers = 8192, .sites = 16, .seed = seed + 1, .ntp_base = (uint64_t)3900000000U << 32
	};
	struct engine_host host = { w, on_event, on_dtls_open, on_dtls_datagram, on_dtls_close };

	w->e = engine_new(&config, &host);
	assert_non_null(w->e);
}

void world_fini(struct world *w)
{
	engine_free(w->e);
	for (unsigned i = 0; i < w->n_sites; i++) {
		crypt_free(w->sites[i].crypt);
		seal_fini(&w->sites[i].seal);
	}
	free(w->flights);
}

/* ---- the wire -------------------------------------------------------------------------------------------------- */

static void fly(struct world *w, const struct world_site *s, bool to_engine, const struct netaddr *addr, struct bytes b)
{
	if (chance(w) < (to_engine ? s->loss_up : s->loss_down))
		return;
	if (w->n_flights == WORLD_PEND)
		fail_msg("the virtual wire is full");
	struct world_flight *f = &w->flights[w->n_flights++];
	f->at = w->now + s->delay;
	f->to_engine = to_engine;
	f->addr = *addr;
	f->n = (uint16_t)b.n;
	memcpy(f->bytes, b.p, b.n);
}

static struct world_site *by_address(struct world *w, const struct netaddr *a)
{
	for (unsigned i = 0; i < w->n_sites; i++)
		if (w->sites[i].open && netaddr_equal(&w->sites[i].address, a))
			return &w->sites[i];
	return NULL;
}

static void collect(struct world *w)
{
	struct outbox *o = engine_outbox(w->e);
	for (uint32_t i = 0; i < o->n; i++) {
		struct world_site *s = by_address(w, &o->items[i].to);
		if (s)
			fly(w, s, false, &o->items[i].to, outbox_bytes(o, i));
	}
	outbox_clear(o);
}

static void check(struct world *w, struct world_site *s)
{
	uint8_t out[256], *tag;
	char user[64];
	struct mac_sha1_key key;
	struct writer b = writer_of(out, sizeof out);
	int n = snprintf(user, sizeof user, "uf%u:peer", s->csrc);
	uint8_t transaction[STUN_TRANSACTION_BYTES] = { 1, 2, 3 };
	stun_write_begin(&b, STUN_REQUEST, transaction);
	stun_write_username(&b, bytes_of(user, (size_t)n));
	stun_write_priority(&b, 1);
	stun_write_use_candidate(&b);
	stun_write_role(&b, STUN_CONTROLLING, 7);
	struct bytes input = stun_write_integrity(&b, &tag);
	mac_sha1_key_init(&key, bytes_of(PWD, strlen(PWD)));
	mac_sha1(&key, &input, 1, tag);
	stun_write_fingerprint(&b);
	fly(w, s, true, &s->address, writer_done(&b));
}

static void send_rtp(struct world *w, struct world_site *s, struct seal_stream *seal, uint8_t pt, bool marker,
		     uint64_t seq, uint32_t timestamp, const char *mid, const char *rid, bool repaired,
		     struct bytes head, struct bytes body)
{
	uint8_t header[128], ext[64], out[1500];
	size_t length;
	struct writer x = writer_of(ext, sizeof ext), h = writer_of(header, sizeof header);
	rtpext_write_twcc(&x, RTPEXT_ONE_BYTE, EXT_TWCC, s->twcc++);
	rtpext_write_mid(&x, RTPEXT_ONE_BYTE, EXT_MID, mid);
	if (rid)
		rtpext_write_mid(&x, RTPEXT_ONE_BYTE, repaired ? EXT_RRID : EXT_RID, rid);
	else
		rtpext_write_audio_level(&x, RTPEXT_ONE_BYTE, EXT_LEVEL, s->level, s->level < 60);
	rtp_write(&h, &(struct rtp_head){ .marker = marker,
					  .pt = pt,
					  .seq = (uint16_t)seq,
					  .timestamp = timestamp,
					  .ssrc = seal->ssrc,
					  .ext_profile = RTPEXT_ONE_BYTE,
					  .ext = writer_done(&x) });
	assert_false(h.failed);
	assert_int_equal(seal_packet(&s->seal, seal, writer_done(&h), head, body, seq, out, sizeof out, &length),
			 ERR_OK);
	fly(w, s, true, &s->address, bytes_of(out, length));
}

static uint32_t audio_timestamp(const struct world *w, const struct world_site *s)
{
	return (uint32_t)((uint64_t)(w->now - 1000 * USEC_S) * 48 / 1000) + s->csrc;
}

static uint32_t video_timestamp(const struct world_layer *l, usec captured)
{
	return l->timestamp_base + (uint32_t)((uint64_t)(captured - 999 * USEC_S) * 9 / 100);
}

static void send_audio(struct world *w, struct world_site *s)
{
	uint8_t opus[80] = { 0x78 }; /* SILK-free 20 ms, mono */
	uint64_t n = s->audio_seq++;
	memcpy(opus + 8, &w->now, sizeof w->now);
	send_rtp(w, s, &s->audio_seal, PT_OPUS, false, n, audio_timestamp(w, s), "0", NULL, false, bytes_of(NULL, 0),
		 bytes_of(opus, sizeof opus));
}

/* One frame of one layer: temporal pattern 0 2 1 2 as a browser's L1T3. */
static void send_frame(struct world *w, struct world_site *s, unsigned i, bool keyframe)
{
	static const uint8_t pattern[] = { 0, 2, 1, 2 };
	struct world_layer *l = &s->layers[i];
	uint8_t temporal = keyframe ? 0 : pattern[s->frame % 4];
	unsigned packets = keyframe ? 4 + 3 * i : 1 + i;
	unsigned height = s->height >> (s->n_layers - 1 - i), width = height * 16 / 9;
	usec captured = w->now - s->video_delay;
	uint32_t timestamp = video_timestamp(l, captured);
	l->picture_id = (l->picture_id + 1) & 0x7fff;
	if (temporal == 0)
		l->tl0++;
	for (unsigned p = 0; p < packets; p++) {
		struct world_packet *out = &l->ring[l->seq % 512];
		struct writer b = writer_of(out->bytes, sizeof out->bytes);
		vp8_write(&b, &(struct vp8){ .start = p == 0,
					     .picture_id = l->picture_id,
					     .tl0picidx = l->tl0,
					     .tid = temporal,
					     .layer_sync = temporal > 0 && s->frame % 4 < 3,
					     .has_keyidx = true,
					     .keyidx = 1 });
		uint8_t *body = writer_room(&b, VIDEO_PACKET);
		memset(body, (int)(p + i), VIDEO_PACKET);
		if (p == 0) {
			memcpy(body + 16, &captured, sizeof captured);
			body[0] = keyframe ? 0x10 : 0x11; /* P bit; show_frame */
			if (keyframe) {
				memcpy(body + 3, "\x9d\x01\x2a", 3);
				body[6] = (uint8_t)width;
				body[7] = (uint8_t)(width >> 8);
				body[8] = (uint8_t)height;
				body[9] = (uint8_t)(height >> 8);
			}
		}
		out->used = true;
		out->seq = (uint16_t)l->seq;
		out->timestamp = timestamp;
		out->marker = p == packets - 1;
		out->length = (uint16_t)writer_len(&b);
		send_rtp(w, s, &l->seal, PT_VP8, out->marker, l->seq, timestamp, "2", rids[i], false, bytes_of(NULL, 0),
			 writer_done(&b));
		l->seq++;
	}
}

static void send_video(struct world *w, struct world_site *s)
{
	bool keyframe = s->want_keyframe || s->frame == 0;
	s->want_keyframe = false;
	if (keyframe)
		s->frame = 0;
	for (unsigned i = 0; i < s->n_layers; i++)
		if (s->layers[i].on)
			send_frame(w, s, i, keyframe);
	s->frame++;
}

/* Sender reports of everything it sends, on the site's own clock. */
static void report(struct world *w, struct world_site *s)
{
	uint8_t out[512];
	struct writer b = writer_of(out, sizeof out - CRYPT_RTCP_EXTRA);
	uint64_t ntp = rtcp_ntp_of(w->now + s->clock_offset);
	rtcp_write_sr(&b, s->audio_ssrc, &(struct rtcp_info){ .ntp = ntp, .timestamp = audio_timestamp(w, s) }, NULL,
		      0);
	for (unsigned i = 0; i < s->n_layers; i++)
		rtcp_write_sr(&b, s->layers[i].ssrc,
			      &(struct rtcp_info){ .ntp = ntp, .timestamp = video_timestamp(&s->layers[i], w->now) },
			      NULL, 0);
	size_t length = writer_len(&b);
	assert_false(b.failed);
	assert_int_equal(crypt_seal_rtcp(s->crypt, out, &length, sizeof out), ERR_OK);
	fly(w, s, true, &s->address, bytes_of(out, length));
}

static void resend(struct world *w, struct world_site *s, uint32_t ssrc, uint16_t seq)
{
	for (unsigned i = 0; i < s->n_layers; i++) {
		struct world_layer *l = &s->layers[i];
		const struct world_packet *p = &l->ring[seq % 512];
		if (l->ssrc != ssrc || !p->used || p->seq != seq)
			continue;
		uint8_t number[2] = { (uint8_t)(seq >> 8), (uint8_t)seq };
		send_rtp(w, s, &l->rtx_seal, PT_RTX, p->marker, l->rtx_seq++, p->timestamp, "2", rids[i], true,
			 bytes_of(number, 2), bytes_of(p->bytes, p->length));
	}
}

/* ---- the judge ------------------------------------------------------------------------------------------------- */

static struct world_slot *slot_by_ssrc(struct world_site *s, uint32_t ssrc, bool *rtx)
{
	for (unsigned i = 0; i < s->n_slots; i++) {
		*rtx = s->slots[i].rtx_ssrc && s->slots[i].rtx_ssrc == ssrc;
		if (*rtx || s->slots[i].ssrc == ssrc)
			return &s->slots[i];
	}
	return NULL;
}

static void judge_video(struct world *w, struct world_slot *v, const struct vp8 *d, bool newest)
{
	if (!newest)
		return;
	if (d->frame_start && v->began) {
		unsigned step = (unsigned)(d->picture_id - v->last_picture) & 0x7fff;
		if (step != 1)
			v->picture_gaps++;
		int tl0 = (int8_t)(uint8_t)(d->tl0picidx - v->last_tl0);
		if (tl0 != (d->tid == 0))
			v->tl0_gaps++;
		if (w->now - v->last_at > v->longest_gap)
			v->longest_gap = w->now - v->last_at;
	}
	if (d->frame_start) {
		v->frames++;
		v->frames_base += d->tid == 0;
		v->last_picture = d->picture_id;
		v->last_tl0 = d->tl0picidx;
		v->last_at = w->now;
		v->began = true;
	}
	if (d->keyframe) {
		v->keyframes++;
		if (v->height != d->height)
			v->switches++;
		v->height = d->height;
	}
	if (d->tid > v->max_temporal)
		v->max_temporal = d->tid;
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

static void judge(struct world *w, struct world_site *s, struct bytes packet)
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
	uint64_t ext = v->highest ? seq_extend(v->highest, number, 16) : (uint64_t)number + 65536;
	bool newest = ext > v->highest;
	if (!v->highest)
		v->highest = ext - 1;
	for (uint64_t i = v->highest + 1; newest && i <= ext; i++)
		v->got[i % WORLD_RING] = 0;
	v->highest = newest ? ext : v->highest;
	if (v->got[ext % WORLD_RING] && !rtx)
		v->duplicates++;
	v->got[ext % WORLD_RING] = payload.n ? 1 : 2;
	if (!payload.n) {
		v->padding++;
		return;
	}
	v->packets++;
	v->csrc = rtp.n_csrcs ? rtp.csrcs[0] : 0;
	if (newest && v->packets > 1 && (int32_t)(rtp.timestamp - v->last_timestamp) < 0)
		v->backward++;
	if (newest)
		v->last_timestamp = rtp.timestamp;
	struct vp8 d;
	if (v->video) {
		assert_int_equal(vp8_parse(payload, &d), ERR_OK);
		judge_video(w, v, &d, newest);
		if (d.frame_start)
			judge_skew(s, v, rtp.timestamp, d.payload.p + 16);
	} else {
		if (w->now - v->last_at > v->longest_gap && v->packets > 1)
			v->longest_gap = w->now - v->last_at;
		v->last_at = w->now;
		v->empty_opus += payload.n == 1;
		if (payload.n > 16)
			judge_skew(s, v, rtp.timestamp, payload.p + 8);
	}
}

static void hear_rtcp(struct world *w, struct world_site *s, struct bytes packet)
{
	struct rtcp_iter it;
	struct rtcp_item item;
	uint16_t seq;
	bool rtx;
	assert_int_equal(rtcp_parse(packet, &it), ERR_OK);
	while (rtcp_next(&it, &item)) {
		assert_int_not_equal(item.kind, RTCP_BROKEN);
		struct world_slot *v;
		switch (item.kind) {
		case RTCP_PLI:
			s->plis++;
			s->want_keyframe = true;
			break;
		case RTCP_NACK:
			while (rtcp_nack_next(&item, &seq)) {
				s->nacks++;
				if (s->answers_nack)
					resend(w, s, item.media, seq);
			}
			break;
		case RTCP_TWCC: s->feedbacks++; break;
		case RTCP_SR:
			v = slot_by_ssrc(s, item.sender, &rtx);
			if (v) {
				usec at = rtcp_usec_of(item.info.ntp);
				int64_t expected = (at - v->sr_at) * (v->video ? 90 : 48) / 1000;
				int64_t got = (int32_t)(item.info.timestamp - v->sr_timestamp);
				if (v->reports++ && (got - expected > 2 || expected - got > 2))
					v->sr_off_line++;
				v->sr_at = at;
				v->sr_timestamp = item.info.timestamp;
			}
			break;
		default: break;
		}
	}
}

/* Every missing number is asked for. */
static void ask(struct world *w, struct world_site *s)
{
	for (unsigned i = 0; i < s->n_slots; i++) {
		struct world_slot *v = &s->slots[i];
		uint16_t seqs[64];
		size_t n = 0;
		for (uint64_t x = v->highest > 200 ? v->highest - 200 : 0; v->highest && x < v->highest && n < 64; x++)
			if (x > 65536 && !v->got[x % WORLD_RING])
				seqs[n++] = (uint16_t)x;
		if (!n || !v->video)
			continue;
		uint8_t out[512];
		struct writer b = writer_of(out, sizeof out - CRYPT_RTCP_EXTRA);
		rtcp_write_nack(&b, 1, v->ssrc, seqs, n);
		size_t length = writer_len(&b);
		if (!b.failed && crypt_seal_rtcp(s->crypt, out, &length, sizeof out) == ERR_OK)
			fly(w, s, true, &s->address, bytes_of(out, length));
	}
}

static void arrive(struct world *w, struct world_flight *f)
{
	if (f->to_engine) {
		struct packet *p = engine_buffer(w->e);
		assert_non_null(p);
		memcpy(p->data + p->start, f->bytes, f->n);
		p->length = f->n;
		engine_on_datagram(w->e, p, &f->addr, w->now);
		return;
	}
	struct world_site *s = by_address(w, &f->addr);
	size_t n = f->n;
	if (!s)
		return;
	switch (demux_kind(bytes_of(f->bytes, f->n))) {
	case DEMUX_RTP:
		assert_int_equal(crypt_open_rtp(s->crypt, f->bytes, &n), ERR_OK);
		judge(w, s, bytes_of(f->bytes, n));
		break;
	case DEMUX_RTCP:
		assert_int_equal(crypt_open_rtcp(s->crypt, f->bytes, &n), ERR_OK);
		hear_rtcp(w, s, bytes_of(f->bytes, n));
		break;
	default: break;
	}
}

/* ---- the clock ------------------------------------------------------------------------------------------------- */

static void deliver(struct world *w)
{
	for (bool again = true; again;) {
		again = false;
		unsigned first = w->n_flights;
		for (unsigned i = 0; i < w->n_flights; i++)
			if (w->flights[i].at <= w->now &&
			    (first == w->n_flights || w->flights[i].at < w->flights[first].at))
				first = i;
		if (first == w->n_flights)
			break;
		static struct world_flight f;
		f = w->flights[first];
		memmove(&w->flights[first], &w->flights[first + 1], (w->n_flights - first - 1) * sizeof f);
		w->n_flights--;
		arrive(w, &f);
		collect(w);
		again = true;
	}
}

static void work(struct world *w)
{
	bool audio = w->now >= w->next_audio, video = w->now >= w->next_video, checks = w->now >= w->next_check;
	for (unsigned i = 0; i < w->n_sites; i++) {
		struct world_site *s = &w->sites[i];
		if (!s->open)
			continue;
		if (audio && s->speaks && s->crypt)
			send_audio(w, s);
		if (video && s->films && s->crypt)
			send_video(w, s);
		if (video && s->asks_nack && s->crypt)
			ask(w, s);
		if (checks)
			check(w, s);
		if (s->crypt && w->now >= s->next_report) {
			report(w, s);
			s->next_report = w->now + 5 * USEC_S;
		}
	}
	w->next_audio += audio ? 20 * USEC_MS : 0;
	w->next_video += video ? 33333 : 0;
	w->next_check += checks ? 2500 * USEC_MS : 0;
}

void world_run(struct world *w, usec time)
{
	for (usec end = w->now + time; w->now < end; w->now += USEC_MS) {
		work(w);
		deliver(w);
		if (engine_deadline(w->e) <= w->now)
			engine_on_deadline(w->e, w->now);
		collect(w);
	}
}

/* ---- who is there ---------------------------------------------------------------------------------------------- */

static struct line slot_line(bool video, unsigned number, uint32_t csrc)
{
	struct line l = { .role = video ? LINE_SLOT_VIDEO : LINE_SLOT_AUDIO,
			  .slot = (uint8_t)number,
			  .n_codecs = 1,
			  .exts = { .twcc = EXT_TWCC } };
	l.codecs[0] = video ? (struct line_codec){ CODEC_VP8, PT_VP8 + 4, PT_VP8 + 5, true, true, true, true }
			    : (struct line_codec){ .codec = CODEC_OPUS, .pt = PT_OPUS };
	l.slot_ssrc = csrc * 1000 + (video ? 500 : 100) + number;
	l.slot_rtx_ssrc = video ? csrc * 1000 + 700 + number : 0;
	return l;
}

static void make_media(struct negotiated *m, uint32_t csrc, unsigned audio, unsigned video)
{
	*m = (struct negotiated){ .twcc = true };
	struct line_exts exts = { EXT_MID, EXT_RID, EXT_RRID, EXT_TWCC, EXT_LEVEL, 0, 0 };
	m->lines[m->n_lines++] = (struct line){ .role = LINE_MIC,
						.mid = "0",
						.codecs = { { .codec = CODEC_OPUS, .pt = PT_OPUS } },
						.n_codecs = 1,
						.exts = exts };
	m->lines[m->n_lines++] = (struct line){ .role = LINE_CAMERA,
						.mid = "2",
						.codecs = { { CODEC_VP8, PT_VP8, PT_RTX, true, true, true, true } },
						.n_codecs = 1,
						.exts = exts,
						.rids = { "l", "m", "h" },
						.n_rids = 3 };
	for (unsigned i = 0; i < audio; i++)
		m->lines[m->n_lines++] = slot_line(false, i, csrc);
	for (unsigned i = 0; i < video; i++)
		m->lines[m->n_lines++] = slot_line(true, i, csrc);
}

static void give_keys(struct world *w, struct world_site *s)
{
	struct srtp_keys keys = { .profile = PROFILE_AEAD_AES_128_GCM };
	for (unsigned i = 0; i < 32; i++) {
		keys.local.key[i] = (uint8_t)(s->csrc + i);
		keys.remote.key[i] = (uint8_t)(s->csrc * 3 + i);
	}
	for (unsigned i = 0; i < 14; i++) {
		keys.local.salt[i] = (uint8_t)(s->csrc * 5 + i);
		keys.remote.salt[i] = (uint8_t)(s->csrc * 7 + i);
	}
	struct srtp_keys mirrored = { keys.profile, keys.remote, keys.local };
	assert_int_equal(crypt_new(&s->crypt, &mirrored), ERR_OK);
	assert_int_equal(seal_init(&s->seal, keys.profile, &keys.remote), ERR_OK);
	engine_on_keys(w->e, s->csrc, 1, &keys, w->now);
}

void world_set(struct world *w, unsigned site, bool live, bool audio, bool video)
{
	struct command c = { .type = COMMAND_SITE,
			     .site = { .room = 1,
				       .csrc = w->sites[site].csrc,
				       .live = live,
				       .audio = audio,
				       .video = video,
				       .slots_audio = SLOTS_AUDIO_MAX,
				       .slots_video = SLOTS_VIDEO_MAX } };
	engine_on_command(w->e, &c, w->now);
}

unsigned world_join(struct world *w, unsigned audio, unsigned video)
{
	unsigned index = w->n_sites++;
	struct world_site *s = &w->sites[index];
	*s = (struct world_site){ .csrc = 11 + index * 2,
				  .open = true,
				  .level = 30,
				  .speaks = true,
				  .films = true,
				  .n_layers = 3,
				  .height = 720,
				  .delay = 20 * USEC_MS,
				  .answers_nack = true };
	s->address = (struct netaddr){ .family = 4, .ip = { 10, 0, 0, (uint8_t)(index + 1) }, .port = 5000 };
	s->audio_ssrc = s->csrc * 100 + 1;
	s->audio_seq = 65000;
	seal_stream_init(&s->audio_seal, s->audio_ssrc);
	for (unsigned i = 0; i < 3; i++) {
		struct world_layer *l = &s->layers[i];
		l->ssrc = s->csrc * 100 + 10 + i;
		l->rtx_ssrc = s->csrc * 100 + 20 + i;
		l->seq = 65400 - i * 7; /* wraps early in every run */
		l->rtx_seq = 100;
		l->timestamp_base = (uint32_t)(chance(w) * 4294967295.0);
		l->picture_id = (uint16_t)(32700 + i);
		l->tl0 = (uint8_t)(250 + i);
		l->on = true;
		seal_stream_init(&l->seal, l->ssrc);
		seal_stream_init(&l->rtx_seal, l->rtx_ssrc);
	}
	world_set(w, index, true, true, true);
	static struct command c;
	memset(&c, 0, sizeof c);
	c.type = COMMAND_TRANSPORT;
	c.transport.csrc = s->csrc;
	c.transport.generation = 1;
	(void)snprintf(c.transport.ufrag, sizeof c.transport.ufrag, "uf%u", s->csrc);
	memcpy(c.transport.pwd, PWD, sizeof PWD);
	make_media(&c.transport.media, s->csrc, audio, video);
	for (unsigned i = 0; i < c.transport.media.n_lines; i++) {
		const struct line *l = &c.transport.media.lines[i];
		if (l->role >= LINE_SLOT_AUDIO)
			s->slots[s->n_slots++] = (struct world_slot){ .ssrc = l->slot_ssrc,
								      .rtx_ssrc = l->slot_rtx_ssrc,
								      .video = l->role == LINE_SLOT_VIDEO };
	}
	engine_on_command(w->e, &c, w->now);
	check(w, s);
	world_run(w, 2 * s->delay + 2 * USEC_MS);
	give_keys(w, s);
	collect(w);
	return index;
}

void world_leave(struct world *w, unsigned site)
{
	struct command c = { .type = COMMAND_SITE_CLOSE, .csrc = w->sites[site].csrc };
	engine_on_command(w->e, &c, w->now);
	w->sites[site].open = false;
}

void world_view(struct world *w, unsigned site, unsigned slot, enum view_source source, unsigned of, unsigned height,
		unsigned fps)
{
	struct command c = { .type = COMMAND_VIEW, .view = { .csrc = w->sites[site].csrc, .n = 1 } };
	c.view.slots[0] = (struct view_slot){ .slot = (uint8_t)slot,
					      .source = source,
					      .csrc = w->sites[of].csrc,
					      .height = (uint16_t)height,
					      .fps = (uint8_t)fps };
	engine_on_command(w->e, &c, w->now);
}

void world_stage(struct world *w, unsigned site_plus_1)
{
	struct command c = { .type = COMMAND_ROOM,
			     .room = { .room = 1, .stage = site_plus_1 ? w->sites[site_plus_1 - 1].csrc : 0 } };
	engine_on_command(w->e, &c, w->now);
}

void world_reset(struct world *w)
{
	for (unsigned i = 0; i < w->n_sites; i++)
		for (unsigned j = 0; j < w->sites[i].n_slots; j++) {
			struct world_slot *v = &w->sites[i].slots[j];
			v->packets = v->rtx = v->padding = v->duplicates = v->switches = v->keyframes = v->frames =
			    v->frames_base = 0;
			v->backward = v->picture_gaps = v->tl0_gaps = v->empty_opus = v->sr_off_line = 0;
			v->longest_gap = 0;
			v->worst_pair = 0;
			v->max_temporal = 0;
		}
}

static struct world_slot *nth(struct world *w, unsigned site, bool video, unsigned slot)
{
	for (unsigned i = 0, n = 0; i < w->sites[site].n_slots; i++)
		if (w->sites[site].slots[i].video == video && n++ == slot)
			return &w->sites[site].slots[i];
	fail_msg("no such slot");
	return NULL;
}

struct world_slot *world_audio(struct world *w, unsigned site, unsigned slot)
{
	return nth(w, site, false, slot);
}

struct world_slot *world_video(struct world *w, unsigned site, unsigned slot)
{
	return nth(w, site, true, slot);
}

unsigned world_holes(const struct world_slot *s, unsigned spare)
{
	unsigned holes = 0;
	uint64_t from = s->highest > 65536 + WORLD_RING / 2 ? s->highest - WORLD_RING / 2 : 65536;
	bool began = false;
	for (uint64_t x = from; x + spare < s->highest; x++) {
		began |= s->got[x % WORLD_RING] != 0;
		holes += began && !s->got[x % WORLD_RING];
	}
	return holes;
}

uint64_t world_drops(const struct world *w, enum drop drop)
{
	return w->counters.drops[drop];
}
