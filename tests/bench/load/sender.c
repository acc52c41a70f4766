#include "bench/load/sender.h"
#include "bench/floor.h"
#include "bench/load/load.h"
#include "io/clock.h"
#include "wire/opus.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/vp8.h"
#include <stdlib.h>

#define OUT_BYTES 1500
#define OUT_BURST 48
#define LEVEL_LOUDEST 20
#define RTX_HEAD 2
#define VIDEO_RATE 90000
#define VOICE_TICKS ((uint32_t)(SENDER_VOICE_USEC * OPUS_RATE / USEC_S))

/* A burst on its way: sealed, not yet sent. Bodies are noise that all packets share but for their first bytes. */
static uint8_t out[OUT_BURST][OUT_BYTES], noise[CAMERA_BODY_MAX];
static size_t lengths[OUT_BURST];
static unsigned n_out;

static const char *const rids[] = { "l", "m", "h" };

struct sender *sender_new(struct site *site)
{
	static const unsigned parts[] = { 10, 3, 1 }; /* of the highest layer's rate */
	const struct plan *p = &site->load->plan;
	struct sender *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	uint16_t index = (uint16_t)site->index;
	s->site = site;
	timer_init(&s->timer, TIMER_SENDER);
	for (unsigned i = 0; i < SENDER_LAYERS; i++) {
		camera_init(&s->layers[i], floor_ssrc(index, FLOOR_LAYER_L + i), floor_ssrc(index, FLOOR_RTX_L + i),
			    (uint16_t)(180U << i), p->kbps_h / parts[i], p->fps,
			    (uint64_t)p->seed << 20 | index << 2 | i);
		s->layers[i].told = p->relay == RELAY_FLOOR;
		s->on[i] = true;
	}
	seal_stream_init(&s->voice_seal, floor_ssrc(index, FLOOR_AUDIO));
	s->voice_seq = 1000 + index;
	s->voice_base = index * 7919U;
	s->voice_told = p->relay == RELAY_FLOOR;
	unsigned place = plan_place(p, index);
	s->level = (uint8_t)(LEVEL_LOUDEST + (place < 60 ? place : 60));
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t)(i * 167 + 13);
	memcpy(s->mid_voice, "0", 2);
	memcpy(s->mid_camera, "1", 2);
	return s;
}

void sender_free(struct sender *s)
{
	if (s)
		timers_set(&s->site->load->timers, &s->timer, USEC_NEVER);
	free(s);
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

static void flush(struct sender *s)
{
	struct bytes datagrams[OUT_BURST];
	sealer_finish(s->site->load->sealer);
	for (unsigned i = 0; i < n_out; i++)
		datagrams[i] = bytes_of(out[i], lengths[i]);
	if (n_out)
		site_send_burst(s->site, datagrams, n_out);
	n_out = 0;
}

/* Seals one; returns its bytes. The stamp is put where the caller says, at the last moment. */
static size_t push(struct sender *s, struct seal_stream *stream, uint64_t seq, struct rtp_head *h, struct writer *ext,
		   struct bytes head, size_t body, size_t stamp_at)
{
	uint8_t header[96];
	struct writer w = writer_of(header, sizeof header), stamp = writer_of(noise + stamp_at, sizeof(uint64_t));
	if (n_out == OUT_BURST)
		flush(s);
	rtpext_write_twcc(ext, RTPEXT_ONE_BYTE, FLOOR_EXT_TWCC, s->twcc++);
	h->seq = (uint16_t)seq;
	h->ssrc = stream->ssrc;
	h->ext_profile = RTPEXT_ONE_BYTE;
	h->ext = writer_done(ext);
	rtp_write(&w, h);
	writer_u64(&stamp, (uint64_t)clock_now());
	if (seal_packet(&s->site->seal, stream, writer_done(&w), head, bytes_of(noise, body), seq, out[n_out],
			OUT_BYTES, &lengths[n_out]) != ERR_OK)
		return 0;
	return lengths[n_out++];
}

static size_t push_picture(struct sender *s, unsigned layer, const struct camera_packet *p, bool again)
{
	struct camera *c = &s->layers[layer];
	uint8_t block[RTPEXT_BLOCK_MAX], head[RTX_HEAD + VP8_DESCRIPTOR_BYTES];
	struct writer ext = writer_of(block, sizeof block), w = writer_of(head, sizeof head);
	if (!c->told) {
		rtpext_write_mid(&ext, RTPEXT_ONE_BYTE, FLOOR_EXT_MID, s->mid_camera);
		rtpext_write_mid(&ext, RTPEXT_ONE_BYTE, again ? FLOOR_EXT_RRID : FLOOR_EXT_RID, rids[layer]);
	}
	if (again)
		writer_u16(&w, (uint16_t)p->seq);
	camera_write(c, p, &w, noise);
	struct rtp_head h = { .marker = p->marker,
			      .pt = again ? FLOOR_PT_RTX : FLOOR_PT_VP8,
			      .timestamp = p->timestamp };
	if (!again) {
		c->packets++;
		c->octets += VP8_DESCRIPTOR_BYTES + p->size;
		s->site->seen->counts.sent++;
	}
	return push(s, again ? &c->rtx_seal : &c->seal, again ? c->rtx_seq++ : p->seq, &h, &ext, writer_done(&w),
		    p->size, CAMERA_STAMP_AT);
}

static uint32_t timestamp_of(uint32_t base, usec now, uint32_t rate)
{
	return base + (uint32_t)((uint64_t)now * rate / USEC_S);
}

static size_t push_voice(struct sender *s)
{
	uint8_t block[RTPEXT_BLOCK_MAX];
	struct writer ext = writer_of(block, sizeof block);
	rtpext_write_audio_level(&ext, RTPEXT_ONE_BYTE, FLOOR_EXT_LEVEL, s->level, true);
	if (!s->voice_told)
		rtpext_write_mid(&ext, RTPEXT_ONE_BYTE, FLOOR_EXT_MID, s->mid_voice);
	noise[0] = 0x78; /* TOC: CELT, full band, 20 ms */
	struct rtp_head h = { .pt = FLOOR_PT_OPUS, .timestamp = s->voice_timestamp };
	s->voice_timestamp += VOICE_TICKS;
	s->voice_packets++;
	s->site->seen->counts.sent++;
	return push(s, &s->voice_seal, s->voice_seq++, &h, &ext, bytes_of(NULL, 0), SENDER_OPUS_BYTES,
		    SENDER_OPUS_STAMP_AT);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void picture(struct sender *s, usec captured)
{
	bool paced = s->site->load->plan.uplink_kbps > 0;
	for (unsigned i = 0; i < SENDER_LAYERS; i++) {
		struct camera *c = &s->layers[i];
		uint64_t from;
		if (!s->on[i])
			continue;
		camera_frame(c, timestamp_of(c->timestamp_base, captured, VIDEO_RATE), captured, &from);
		s->site->seen->counts.keyframes += c->history[from % CAMERA_HISTORY].keyframe;
		for (uint64_t seq = from; seq < c->seq; seq++) {
			if (!paced)
				(void)push_picture(s, i, &c->history[seq % CAMERA_HISTORY], false);
			else if (s->queue_to - s->queue_from <
				 SENDER_QUEUE) /* else it is lost: the uplink is too thin */
				s->queue[s->queue_to++ % SENDER_QUEUE] =
				    (struct sender_waiting){ (uint8_t)i, (uint16_t)seq };
		}
	}
}

/* What the uplink carries now. */
static void carry(struct sender *s, usec now)
{
	uint32_t kbps = s->site->load->plan.uplink_kbps;
	while (kbps && s->uplink_free <= now && (s->voice_waits || s->queue_from != s->queue_to)) {
		size_t bytes = 0;
		if (s->voice_waits) {
			bytes = push_voice(s);
			s->voice_waits = false;
		} else {
			const struct sender_waiting *w = &s->queue[s->queue_from++ % SENDER_QUEUE];
			const struct camera_packet *p = camera_packet(&s->layers[w->layer], w->seq);
			bytes = p ? push_picture(s, w->layer, p, false) : 0;
		}
		usec idle_since = now - 2 * USEC_MS; /* what it could have carried a while ago is gone */
		s->uplink_free = s->uplink_free < idle_since ? idle_since : s->uplink_free;
		s->uplink_free += (usec)(bytes + 28) * 8000 / kbps;
	}
}

static void report(struct sender *s, usec now)
{
	uint8_t compound[512];
	struct writer w = writer_of(compound, sizeof compound);
	uint64_t ntp = rtcp_ntp_of(now);
	struct rtcp_info info = { .ntp = ntp,
				  .timestamp = timestamp_of(s->voice_base, now, OPUS_RATE),
				  .packets = s->voice_packets,
				  .octets = s->voice_packets * SENDER_OPUS_BYTES };
	rtcp_write_sr(&w, s->voice_seal.ssrc, &info, NULL, 0);
	for (unsigned i = 0; i < SENDER_LAYERS; i++) {
		const struct camera *c = &s->layers[i];
		info = (struct rtcp_info){ .ntp = ntp,
					   .timestamp = timestamp_of(c->timestamp_base, now, VIDEO_RATE),
					   .packets = c->packets,
					   .octets = c->octets };
		rtcp_write_sr(&w, c->seal.ssrc, &info, NULL, 0);
	}
	rtcp_write_cname(&w, s->voice_seal.ssrc, bytes_of("load", 4));
	site_send_rtcp(s->site, writer_done(&w));
}

static void wake(struct sender *s)
{
	usec next = s->next_frame;
	usec_lower(&next, s->next_voice);
	usec_lower(&next, s->next_report);
	if (s->voice_waits || s->queue_from != s->queue_to)
		usec_lower(&next, s->uplink_free);
	timers_set(&s->site->load->timers, &s->timer, next);
}

/* The sites of a run do not all send at one instant. */
void sender_start(struct sender *s, usec now)
{
	const struct plan *p = &s->site->load->plan;
	if (timer_at(&s->timer) != USEC_NEVER || p->still)
		return;
	usec frame = USEC_S / p->fps;
	s->next_frame = now + frame * (s->site->index % 25) / 25;
	s->next_voice = now + SENDER_VOICE_USEC * (s->site->index % 20) / 20 + USEC_MS;
	s->voice_timestamp = timestamp_of(s->voice_base, s->next_voice, OPUS_RATE);
	s->next_report = now + 50 * USEC_MS;
	s->uplink_free = now;
	wake(s);
}

void sender_on_deadline(struct sender *s, usec now)
{
	const struct plan *p = &s->site->load->plan;
	while (s->next_voice <= now) {
		s->next_voice += SENDER_VOICE_USEC;
		if (p->uplink_kbps && !s->voice_waits)
			s->voice_waits = true;
		else
			(void)push_voice(s);
	}
	while (s->next_frame <= now) {
		if (p->video_slots)
			picture(s, s->next_frame);
		s->next_frame += USEC_S / p->fps;
	}
	carry(s, now);
	flush(s);
	if (s->next_report <= now) {
		s->next_report = now + SENDER_REPORT_USEC;
		report(s, now);
	}
	wake(s);
}

/* ---- what the relay asks ----------------------------------------------------------------------------------------- */

static struct camera *layer_of(struct sender *s, uint32_t ssrc)
{
	for (unsigned i = 0; i < SENDER_LAYERS; i++)
		if (s->layers[i].seal.ssrc == ssrc)
			return &s->layers[i];
	return NULL;
}

static void keyframe(struct sender *s, uint32_t ssrc)
{
	s->site->seen->counts.keyframe_requests++;
	if (!layer_of(s, ssrc))
		return;
	for (unsigned i = 0; i < SENDER_LAYERS; i++)
		s->layers[i].keyframe = true; /* a browser's encoder makes one on all layers */
}

static void resend(struct sender *s, struct rtcp_item *item)
{
	struct camera *c = layer_of(s, item->media);
	for (uint16_t seq; rtcp_nack_next(item, &seq);) {
		const struct camera_packet *p = c ? camera_packet(c, seq) : NULL;
		s->site->seen->counts.nacks++;
		if (p && push_picture(s, (unsigned)(c - s->layers), p, true))
			s->site->seen->counts.resent++;
	}
	flush(s);
}

static void on_receipt(struct sender *s, uint32_t ssrc)
{
	struct camera *c = layer_of(s, ssrc);
	if (c)
		c->told = true;
	s->voice_told |= ssrc == s->voice_seal.ssrc;
}

void sender_on_rtcp(struct sender *s, struct rtcp_item *item, usec now)
{
	struct rtcp_report block;
	struct rtcp_fir fir;
	switch (item->kind) {
	case RTCP_PLI: keyframe(s, item->media); break;
	case RTCP_FIR:
		while (rtcp_fir_next(item, &fir))
			keyframe(s, fir.ssrc);
		break;
	case RTCP_NACK: resend(s, item); break;
	case RTCP_SR:
	case RTCP_RR:
		while (rtcp_report_next(item, &block))
			on_receipt(s, block.ssrc);
		break;
	default: break;
	}
}
