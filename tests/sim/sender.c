#include "sim/sender.h"
#include "secure/mac.h"
#include "test.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/stun.h"
#include "wire/vp8.h"
#include <stdio.h>

#define EPOCH (1000 * USEC_S) /* where the world's clock begins */
#define VIDEO_PACKET 900

static const char *const rids[] = { "l", "m", "h" };

/* ---- what it negotiated ---------------------------------------------------------------------------------------- */

static uint8_t ext(const struct world_site *s, uint8_t id)
{
	return (uint8_t)(id + s->profile.ids);
}

void sender_lines(const struct world_site *s, struct negotiated *m)
{
	struct line_exts exts = { ext(s, EXT_MID), ext(s, EXT_RID), ext(s, EXT_RRID), 0, ext(s, EXT_LEVEL), 0, 0 };
	if (!s->profile.no_twcc)
		exts.twcc = ext(s, EXT_TWCC);
	if (s->profile.no_source)
		return;
	m->lines[m->n_lines++] = (struct line){
		.role = LINE_MIC,
		.mid = "0",
		.codecs = { { .codec = CODEC_OPUS, .pt = PT_OPUS }, { .codec = CODEC_RED, .pt = PT_RED } },
		.n_codecs = 2,
		.exts = exts,
	};
	struct line *camera = &m->lines[m->n_lines++];
	m->lines[m->n_lines - 2].codecs[0].nack = s->profile.mic_nack;
	*camera = (struct line){
		.role = LINE_CAMERA,
		.mid = "2",
		.codecs = { { CODEC_VP8, PT_VP8, PT_VP8_RTX, true, true, true, true },
			    { CODEC_H264, PT_H264, PT_H264_RTX, true, true, true, true } },
		.n_codecs = 2,
		.exts = exts,
	};
	if (s->profile.no_rids) {
		camera->n_ssrcs = 1;
		camera->ssrcs[0] = s->layers[0].ssrc;
		camera->rtx_ssrcs[0] = s->layers[0].rtx_ssrc;
		return;
	}
	camera->n_rids = 3;
	for (unsigned i = 0; i < 3; i++)
		memcpy(camera->rids[i], rids[i], 2);
}

static void layer_init(struct world *w, struct world_site *s, unsigned i, uint32_t ssrc, uint64_t seq)
{
	struct world_layer *l = &s->layers[i];
	l->ssrc = ssrc;
	l->rtx_ssrc = ssrc + 10;
	l->seq = seq;
	l->rtx_seq = 100;
	l->timestamp_base = (uint32_t)(world_chance(w) * 4294967295.0);
	seal_stream_init(&l->seal, l->ssrc);
	seal_stream_init(&l->rtx_seal, l->rtx_ssrc);
	for (unsigned n = 0; l->history && n < WORLD_HISTORY; n++)
		l->history[n].used = false;
}

void sender_init(struct world *w, struct world_site *s)
{
	uint32_t base = s->csrc * 10000 + s->generation * 100;
	s->audio_ssrc = base + 1;
	s->audio_seq = 65000;
	seal_stream_init(&s->audio_seal, s->audio_ssrc);
	for (unsigned i = 0; i < 3; i++) {
		layer_init(w, s, i, base + 10 + i, 65400 - i * 7); /* wraps early in every run */
		s->layers[i].picture_id = (uint16_t)(32700 + i);
		s->layers[i].tl0 = (uint8_t)(250 + i);
		s->layers[i].on = true;
	}
	s->frame = 0;
	if (s->profile.mic_nack && !s->voices)
		s->voices = calloc(WORLD_VOICES, sizeof *s->voices);
}

void sender_restart(struct world *w, struct world_site *s, unsigned layer, bool keyframe)
{
	struct world_layer *l = &s->layers[layer];
	layer_init(w, s, layer, l->ssrc + 30, (uint64_t)(world_chance(w) * 30000));
	l->picture_id = (uint16_t)(world_chance(w) * 32767);
	l->tl0 = (uint8_t)(world_chance(w) * 255);
	s->want_keyframe |= keyframe;
}

void sender_fini(struct world_site *s)
{
	for (unsigned i = 0; i < 3; i++)
		free(s->layers[i].history);
	free(s->voices);
}

/* ---- RTP ------------------------------------------------------------------------------------------------------- */

void sender_send(struct world *w, struct world_site *s, const struct sender_packet *p)
{
	uint8_t header[128], block[64], padding[255], body[1500], out[1500];
	size_t length;
	struct writer x = writer_of(block, sizeof block), h = writer_of(header, sizeof header);
	struct writer b = writer_of(body, sizeof body), pad = writer_of(padding, sizeof padding);
	uint16_t form = rtpext_form(ext(s, EXT_RRID));
	if (!s->profile.no_twcc)
		rtpext_write_twcc(&x, form, ext(s, EXT_TWCC), s->twcc++);
	if (p->mid)
		rtpext_write_mid(&x, form, ext(s, EXT_MID), p->mid);
	if (p->rid)
		rtpext_write_mid(&x, form, ext(s, EXT_RID), p->rid);
	if (p->repaired_rid)
		rtpext_write_mid(&x, form, ext(s, EXT_RRID), p->repaired_rid);
	if (p->level >= 0)
		rtpext_write_audio_level(&x, form, ext(s, EXT_LEVEL), (uint8_t)p->level, p->level < 60);
	rtp_write(&h, &(struct rtp_head){ .marker = p->marker,
					  .padding = p->padding > 0,
					  .pt = p->pt,
					  .seq = (uint16_t)p->seq,
					  .timestamp = p->timestamp,
					  .ssrc = p->seal->ssrc,
					  .ext_profile = form,
					  .ext = writer_done(&x) });
	writer_bytes(&b, p->body);
	if (p->padding) {
		rtp_write_padding(&pad, p->padding);
		writer_bytes(&b, writer_done(&pad));
	}
	assert_false(h.failed || b.failed);
	assert_int_equal(
	    seal_packet(&s->seal, p->seal, writer_done(&h), p->head, writer_done(&b), p->seq, out, sizeof out, &length),
	    ERR_OK);
	sealer_finish(w->sealer);
	if (s->voices && p->seal == &s->audio_seal) {
		struct world_voice *v = &s->voices[p->seq % WORLD_VOICES];
		assert_true(length <= sizeof v->bytes);
		*v = (struct world_voice){ (uint16_t)p->seq, (uint16_t)length, { 0 } };
		memcpy(v->bytes, out, length);
		if (s->voices_lost) {
			s->voices_lost--;
			return;
		}
	}
	world_fly(w, s, bytes_of(out, length));
}

static uint32_t audio_timestamp(const struct world *w, const struct world_site *s)
{
	return (uint32_t)((uint64_t)(w->now - EPOCH) * 48 / 1000) + s->csrc;
}

static uint32_t video_timestamp(const struct world_layer *l, usec captured)
{
	return l->timestamp_base + (uint32_t)((uint64_t)(captured - EPOCH + USEC_S) * 9 / 100);
}

/* Opus of 20 ms with its capture time inside; as RED the packet before stands before it. */
void sender_audio(struct world *w, struct world_site *s)
{
	uint8_t opus[80] = { 0x78 }, red[200];
	memcpy(opus + 8, &w->now, sizeof w->now);
	struct bytes payload = bytes_of(opus, sizeof opus);
	if (s->red) {
		struct writer r = writer_of(red, sizeof red);
		writer_u8(&r, 0x80 | PT_OPUS);
		writer_u24(&r, 960 << 10 | sizeof opus);
		writer_u8(&r, PT_OPUS);
		memset(writer_room(&r, sizeof opus), 0x7c, sizeof opus); /* stereo: is not to be forwarded */
		writer_bytes(&r, payload);
		payload = writer_done(&r);
	}
	sender_send(w, s,
		    &(struct sender_packet){ .seal = &s->audio_seal,
					     .pt = s->red ? PT_RED : PT_OPUS,
					     .seq = s->audio_seq++,
					     .timestamp = audio_timestamp(w, s),
					     .mid = "0",
					     .level = s->level,
					     .body = payload });
}

static void put_bits(uint8_t *to, unsigned *at, uint32_t value, unsigned n)
{
	for (unsigned i = n; i-- > 0; ++*at)
		to[*at / 8] |= (uint8_t)((value >> i & 1) << (7 - *at % 8));
}

static void put_ue(uint8_t *to, unsigned *at, uint32_t value)
{
	unsigned bits = 0;
	while ((value + 1) >> (bits + 1))
		bits++;
	put_bits(to, at, value + 1, 2 * bits + 1);
}

/* A sequence parameter set of that height, of a picture of 16:9 without VUI. */
static void write_sps(struct writer *b, unsigned height)
{
	uint8_t sps[32] = { 0x67, 66, 0xe0, 31 };
	unsigned at = 32, width = (height * 16 / 9 + 15) / 16 * 16, rows = (height + 15) / 16;
	put_ue(sps, &at, 0);
	put_ue(sps, &at, 0);
	put_ue(sps, &at, 2); /* picture order */
	put_ue(sps, &at, 1);
	put_bits(sps, &at, 0, 1);
	put_ue(sps, &at, width / 16 - 1);
	put_ue(sps, &at, rows - 1);
	put_bits(sps, &at, 3, 2); /* frames alone; direct 8x8 */
	put_bits(sps, &at, rows * 16 != height, 1);
	if (rows * 16 != height) {
		put_ue(sps, &at, 0);
		put_ue(sps, &at, 0);
		put_ue(sps, &at, 0);
		put_ue(sps, &at, (rows * 16 - height) / 2);
	}
	put_bits(sps, &at, 1, 2); /* no VUI; the stop bit */
	size_t n = (at + 7) / 8;
	writer_u8(b, 24); /* STAP-A, with a picture parameter set */
	writer_u16(b, (uint16_t)n);
	writer_bytes(b, bytes_of(sps, n));
	writer_u16(b, 4);
	writer_bytes(b, bytes_of("\x68\xce\x3c\x80", 4));
}

static void write_h264(struct writer *b, unsigned packet, unsigned packets, bool keyframe, unsigned height)
{
	uint8_t type = keyframe ? 5 : 1, first = keyframe ? 1 : 0;
	if (packet < first) {
		write_sps(b, height);
		return;
	}
	if (packets - first == 1) {
		writer_u8(b, 0x60 | type);
	} else {
		writer_u8(b, 0x60 | 28); /* FU-A */
		writer_u8(b, (uint8_t)((packet == first) << 7 | (packet == packets - 1) << 6 | type));
	}
	memset(writer_room(b, VIDEO_PACKET), 0x88, VIDEO_PACKET);
}

static void write_vp8(const struct world *w, const struct world_site *s, struct writer *b, const struct world_layer *l,
		      uint8_t temporal, unsigned packet, unsigned packets, bool keyframe, unsigned height)
{
	size_t n = VIDEO_PACKET + (s->uneven && packet > packets / 2);
	usec captured = w->now - s->video_delay;
	unsigned width = height * 16 / 9;
	if (s->profile.bare) {
		writer_u8(b, (uint8_t)(0x80 | (packet == 0) << 4));
		writer_u8(b, 0x80);
		writer_u16(b, 0x8000 | l->picture_id);
	} else {
		vp8_write(b, &(struct vp8){ .start = packet == 0,
					    .picture_id = l->picture_id,
					    .tl0picidx = l->tl0,
					    .tid = temporal,
					    .layer_sync = temporal > 0 && s->frame % 4 < 3,
					    .has_keyidx = true,
					    .keyidx = 1 });
	}
	uint8_t *body = writer_room(b, n);
	memset(body, (int)packet, n);
	if (packet > 0)
		return;
	memcpy(body + 16, &captured, sizeof captured);
	body[0] = keyframe ? 0x10 : 0x11; /* P bit; show_frame */
	if (keyframe) {
		const uint8_t start[] = {
			0x9d, 0x01, 0x2a, (uint8_t)width, (uint8_t)(width >> 8), (uint8_t)height, (uint8_t)(height >> 8)
		};
		memcpy(body + 3, start, sizeof start);
	}
}

/* One frame of one layer: temporal pattern 0 2 1 2 as a browser's L1T3. */
static void send_frame(struct world *w, struct world_site *s, unsigned i, bool keyframe)
{
	static const uint8_t pattern[] = { 0, 2, 1, 2 };
	struct world_layer *l = &s->layers[i];
	uint8_t temporal = keyframe || s->profile.bare ? 0 : pattern[s->frame % 4];
	unsigned packets = keyframe ? 4 + 3 * i : 1 + i;
	unsigned height = s->height >> (s->n_layers - 1 - i);
	uint32_t timestamp = video_timestamp(l, w->now - s->video_delay);
	l->picture_id = (l->picture_id + 1) & 0x7fff;
	l->tl0 += temporal == 0;
	if (!l->history)
		l->history = calloc(WORLD_HISTORY, sizeof *l->history);
	for (unsigned p = 0; p < packets; p++) {
		struct world_sent *out = &l->history[l->seq % WORLD_HISTORY];
		struct writer b = writer_of(out->bytes, sizeof out->bytes);
		if (s->h264)
			write_h264(&b, p, packets, keyframe, height);
		else
			write_vp8(w, s, &b, l, temporal, p, packets, keyframe, height);
		out->used = true;
		out->pt = s->h264 ? PT_H264 : PT_VP8;
		out->seq = (uint16_t)l->seq;
		out->timestamp = timestamp;
		out->marker = p == packets - 1;
		out->length = (uint16_t)writer_len(&b);
		sender_send(w, s,
			    &(struct sender_packet){ .seal = &l->seal,
						     .pt = out->pt,
						     .marker = out->marker,
						     .seq = l->seq++,
						     .timestamp = timestamp,
						     .mid = s->profile.no_rids ? NULL : "2",
						     .rid = s->profile.no_rids ? NULL : rids[i],
						     .level = -1,
						     .body = writer_done(&b) });
	}
}

void sender_video(struct world *w, struct world_site *s)
{
	bool keyframe = (s->want_keyframe && !s->no_keyframes) || s->frame == 0;
	s->want_keyframe = false;
	if (keyframe)
		s->frame = 0;
	for (unsigned i = 0; i < s->n_layers; i++)
		if (s->layers[i].on)
			send_frame(w, s, i, keyframe);
	s->frame++;
}

bool sender_resend(struct world *w, struct world_site *s, uint32_t ssrc, uint16_t seq)
{
	for (unsigned i = 0; i < s->n_layers; i++) {
		struct world_layer *l = &s->layers[i];
		const struct world_sent *p = l->history ? &l->history[seq % WORLD_HISTORY] : NULL;
		if (l->ssrc != ssrc || !p || !p->used || p->seq != seq)
			continue;
		uint8_t number[2] = { (uint8_t)(seq >> 8), (uint8_t)seq };
		sender_send(w, s,
			    &(struct sender_packet){ .seal = &l->rtx_seal,
						     .pt = (uint8_t)(p->pt + 1), /* PT_VP8_RTX, PT_H264_RTX */
						     .marker = p->marker,
						     .seq = l->rtx_seq++,
						     .timestamp = p->timestamp,
						     .mid = s->profile.no_rids ? NULL : "2",
						     .repaired_rid = s->profile.no_rids ? NULL : rids[i],
						     .level = -1,
						     .head = bytes_of(number, 2),
						     .body = bytes_of(p->bytes, p->length) });
		return true;
	}
	return false;
}

bool sender_resend_voice(struct world *w, struct world_site *s, uint32_t ssrc, uint16_t seq)
{
	const struct world_voice *v = s->voices ? &s->voices[seq % WORLD_VOICES] : NULL;
	if (!v || ssrc != s->audio_ssrc || !v->length || v->seq != seq)
		return false;
	world_fly(w, s, bytes_of(v->bytes, v->length));
	return true;
}

void sender_pad(struct world *w, struct world_site *s, unsigned layer, bool rtx)
{
	struct world_layer *l = &s->layers[layer];
	sender_send(w, s,
		    &(struct sender_packet){ .seal = rtx ? &l->rtx_seal : &l->seal,
					     .pt = rtx ? PT_VP8_RTX : PT_VP8,
					     .seq = rtx ? l->rtx_seq++ : l->seq++,
					     .timestamp = video_timestamp(l, w->now - s->video_delay),
					     .mid = "2",
					     .rid = rtx ? NULL : rids[layer],
					     .repaired_rid = rtx ? rids[layer] : NULL,
					     .level = -1,
					     .padding = 200 });
}

/* ---- RTCP and checks ------------------------------------------------------------------------------------------- */

void sender_rtcp(struct world *w, struct world_site *s, struct bytes rtcp)
{
	uint8_t out[1500];
	size_t length = rtcp.n;
	assert_true(rtcp.n + CRYPT_RTCP_EXTRA <= sizeof out);
	memcpy(out, rtcp.p, rtcp.n);
	assert_int_equal(crypt_seal_rtcp(s->crypt, out, &length, sizeof out), ERR_OK);
	world_fly(w, s, bytes_of(out, length));
}

void sender_report(struct world *w, struct world_site *s)
{
	uint8_t out[512];
	struct writer b = writer_of(out, sizeof out);
	uint64_t ntp = rtcp_ntp_of(w->now + s->clock_offset);
	rtcp_write_sr(&b, s->audio_ssrc, &(struct rtcp_info){ .ntp = ntp, .timestamp = audio_timestamp(w, s) }, NULL,
		      0);
	for (unsigned i = 0; i < s->n_layers; i++)
		rtcp_write_sr(&b, s->layers[i].ssrc,
			      &(struct rtcp_info){ .ntp = ntp, .timestamp = video_timestamp(&s->layers[i], w->now) },
			      NULL, 0);
	if (s->reference)
		rtcp_write_dlrr(&b, s->audio_ssrc,
				&(struct rtcp_dlrr){ s->reference_ssrc, s->reference,
						     rtcp_middle(rtcp_ntp_of(w->now) - rtcp_ntp_of(s->reference_at)) },
				1);
	assert_false(b.failed);
	sender_rtcp(w, s, writer_done(&b));
}

void sender_check(struct world *w, struct world_site *s, const char *password)
{
	uint8_t out[256], *tag;
	char user[64];
	struct mac_sha1_key key;
	struct writer b = writer_of(out, sizeof out);
	int n = snprintf(user, sizeof user, "%s:peer", s->ufrag);
	uint8_t transaction[STUN_TRANSACTION_BYTES] = { 1, 2, 3 };
	stun_write_begin(&b, STUN_REQUEST, transaction);
	stun_write_username(&b, bytes_of(user, (size_t)n));
	stun_write_priority(&b, 1);
	stun_write_use_candidate(&b);
	stun_write_role(&b, STUN_CONTROLLING, 7);
	struct bytes input = stun_write_integrity(&b, &tag);
	mac_sha1_key_init(&key, bytes_of(password, strlen(password)));
	mac_sha1(&key, &input, 1, tag);
	stun_write_fingerprint(&b);
	world_fly(w, s, writer_done(&b));
}
