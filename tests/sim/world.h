/* A virtual meeting: one engine on a virtual clock, sites whose keys are already agreed, and links that lose by seed.
 *
 * Each site checks its address, sends what it is told to send (Opus of 20 ms; VP8 with temporal layers as a browser
 * makes it, on one to three layers), answers keyframe requests and NACKs, and judges what its slots get: order, holes,
 * picture ids, TL0PICIDX, timestamps, decodability. Nothing reads a clock; a seed repeats a run exactly. */
#pragma once
#include "engine/engine.h"
#include "secure/crypt.h"
#include "secure/seal.h"

#define WORLD_SITES 8
#define WORLD_SLOTS 8
#define WORLD_RING 4096
#define WORLD_PEND 8192

struct world_packet { /* what a sender can send again */
	uint16_t seq;
	uint32_t timestamp;
	uint16_t length;
	bool used, marker;
	uint8_t bytes[1300];
};

struct world_layer {
	uint32_t ssrc, rtx_ssrc, timestamp_base;
	uint64_t seq, rtx_seq;
	uint16_t picture_id;
	uint8_t tl0;
	bool on;
	struct seal_stream seal, rtx_seal;
	struct world_packet ring[512];
};

/* What a viewer saw on one slot. */
struct world_slot {
	uint32_t ssrc, rtx_ssrc;
	bool video;
	uint64_t packets, rtx, padding, holes_open, duplicates;
	uint64_t highest;
	uint8_t got[WORLD_RING]; /* by extended number: 0 no, 1 packet, 2 padding, of the last WORLD_RING */
	uint32_t csrc;		 /* of the last packet */
	uint16_t height;	 /* of the last keyframe */
	uint64_t switches, keyframes, frames, frames_base;
	uint32_t last_timestamp;
	uint64_t backward; /* timestamps that went back on a newer number */
	uint16_t last_picture;
	uint8_t last_tl0;
	bool began;
	uint64_t picture_gaps, tl0_gaps;
	usec last_at, longest_gap;
	uint8_t max_temporal; /* since reset */
	uint64_t empty_opus;
	uint32_t sr_timestamp;
	usec sr_at;
	usec skew;	      /* newest: sender-report time of the last packet minus its capture */
	usec worst_pair;      /* stage pair: greatest |video skew - audio skew| since reset, kept in the video slot */
	uint64_t sr_off_line; /* sender reports that did not lie on one line */
	uint64_t reports;
};

struct world_site {
	uint32_t csrc;
	bool open;
	struct netaddr address;
	struct crypt *crypt; /* opens what the engine sends */
	struct seal_keys seal;
	struct seal_stream audio_seal;
	uint32_t audio_ssrc;
	uint64_t audio_seq;
	uint16_t twcc;
	bool speaks, films;
	uint8_t level;
	unsigned n_layers, height; /* of the highest layer */
	struct world_layer layers[3];
	bool want_keyframe;
	unsigned frame;
	unsigned plis, nacks, feedbacks;
	struct world_slot slots[WORLD_SLOTS];
	unsigned n_slots;
	double loss_up, loss_down; /* 0–1 */
	usec delay;		   /* each way */
	usec video_delay;	   /* a picture is sent so long after its capture */
	usec clock_offset;	   /* of its NTP clock against the world's */
	usec next_report;
	bool answers_nack, asks_nack;
	struct event_slots last_slots;
	struct slot_change map_audio[SLOTS_AUDIO_MAX], map_video[SLOTS_VIDEO_MAX]; /* as told */
	uint64_t told;
	struct event_encodings camera;
	enum transport_state state;
	struct event_site report;
};

struct world_flight {
	usec at;
	bool to_engine;
	struct netaddr addr; /* from, or to */
	uint16_t n;
	uint8_t bytes[1500];
};

struct world {
	struct engine *e;
	usec now, next_audio, next_video, next_check;
	struct world_site sites[WORLD_SITES];
	unsigned n_sites;
	uint64_t chance;
	struct world_flight *flights; /* [WORLD_PEND], unordered */
	unsigned n_flights;
	struct event_engine counters;
	struct event_speaking speaking;
};

void world_init(struct world *w, uint64_t seed);
void world_fini(struct world *w);
/* A site joins room 1 with `audio` and `video` slots and a transport; checks and keys are done. Returns its index. */
unsigned world_join(struct world *w, unsigned audio, unsigned video);
void world_leave(struct world *w, unsigned site);
void world_set(struct world *w, unsigned site, bool live, bool audio, bool video);
void world_view(struct world *w, unsigned site, unsigned slot, enum view_source source, unsigned of, unsigned height,
		unsigned fps);
void world_stage(struct world *w, unsigned site_plus_1);
/* Runs the clock on. */
void world_run(struct world *w, usec time);
/* Forgets what the slots' counters say, keeps where they are. */
void world_reset(struct world *w);
struct world_slot *world_audio(struct world *w, unsigned site, unsigned slot);
struct world_slot *world_video(struct world *w, unsigned site, unsigned slot);
/* Numbers missing among the last ones, up to `spare` before the highest. */
unsigned world_holes(const struct world_slot *s, unsigned spare);
uint64_t world_drops(const struct world *w, enum drop drop);
