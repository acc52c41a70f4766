/* What a site of the virtual meeting sends. */
#pragma once
#include "sim/world.h"

#define PT_OPUS 111
#define PT_RED 63
#define PT_VP8 96
#define PT_VP8_RTX 97
#define PT_H264 102
#define PT_H264_RTX 103
#define EXT_LEVEL 1
#define EXT_TWCC 3
#define EXT_MID 4
#define EXT_RID 10
#define EXT_RRID 11

/* An RTP packet before it is sealed. */
struct sender_packet {
	struct seal_stream *seal; /* with the SSRC */
	uint8_t pt;
	bool marker;
	uint64_t seq;
	uint32_t timestamp;
	const char *mid, *rid, *repaired_rid; /* NULL: absent */
	int level;			      /* -1: absent */
	uint8_t padding;
	struct bytes head, body;
};

void sender_init(struct world *w, struct world_site *s);
void sender_fini(struct world_site *s);
/* The lines it sends on. */
void sender_lines(const struct world_site *s, struct negotiated *media);

void sender_send(struct world *w, struct world_site *s, const struct sender_packet *p);
void sender_audio(struct world *w, struct world_site *s);
void sender_video(struct world *w, struct world_site *s);
/* Sender reports of everything it sends, on the site's own clock, and the answer to the engine's. */
void sender_report(struct world *w, struct world_site *s);
/* One of its packets again, by RTX; false: it is not known (any more). */
bool sender_resend(struct world *w, struct world_site *s, uint32_t ssrc, uint16_t seq);
/* The same of its voice, on its own SSRC. */
bool sender_resend_voice(struct world *w, struct world_site *s, uint32_t ssrc, uint16_t seq);
/* A packet that is padding alone: on the layer's own SSRC, or on its RTX one. */
void sender_pad(struct world *w, struct world_site *s, unsigned layer, bool rtx);
/* The layer goes on with another SSRC and other numbers. */
void sender_restart(struct world *w, struct world_site *s, unsigned layer, bool keyframe);
void sender_rtcp(struct world *w, struct world_site *s, struct bytes rtcp);
/* A connectivity check, with this password. */
void sender_check(struct world *w, struct world_site *s, const char *password);
