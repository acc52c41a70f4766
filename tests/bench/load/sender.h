/* What one site sends: a voice (Opus, 20 ms), a camera in three layers (VP8, rids l m h), sender reports.
 *
 * The layers' packets of one picture leave at once, lowest layer first, unless the plan gives the site an uplink of so
 * many kbit/s: then one after the other as it carries them, voices first. What is asked for again (NACK) leaves by RTX,
 * PLI and FIR make the next picture a keyframe of that layer. One owner thread. */
#pragma once
#include "base/timers.h"
#include "bench/load/camera.h"
#include "bench/load/site.h"
#include "wire/rtcp.h"

#define SENDER_LAYERS 3
#define SENDER_OPUS_BYTES 80 /* 32 kbit/s */
#define SENDER_OPUS_STAMP_AT 8
#define SENDER_VOICE_USEC (20 * USEC_MS)
#define SENDER_REPORT_USEC USEC_S
#define SENDER_QUEUE 1024 /* packets that wait for the uplink */
#define SENDER_MID 17

struct sender_waiting {
	uint8_t layer;
	uint16_t seq;
};

struct sender {
	struct site *site;
	struct timer timer;
	struct camera layers[SENDER_LAYERS];
	struct seal_stream voice_seal;
	uint64_t voice_seq;
	uint32_t voice_packets, voice_base, voice_timestamp; /* the last one: of the next packet */
	bool voice_told, voice_waits;
	uint8_t level; /* -dBov; the first sender of a room is the loudest */
	bool on[SENDER_LAYERS];
	char mid_voice[SENDER_MID], mid_camera[SENDER_MID];
	uint16_t twcc;
	usec next_frame, next_voice, next_report, uplink_free;
	struct sender_waiting queue[SENDER_QUEUE];
	uint32_t queue_from, queue_to; /* modulo SENDER_QUEUE */
};

/* NULL: no memory. */
struct sender *sender_new(struct site *site);
void sender_free(struct sender *s); /* NULL is allowed */
/* Begins to send, or does nothing when it has begun. */
void sender_start(struct sender *s, usec now);
void sender_on_deadline(struct sender *s, usec now);
void sender_on_rtcp(struct sender *s, struct rtcp_item *item, usec now);
