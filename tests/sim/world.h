/* A virtual meeting: one engine (or several, its sites spread over them) on a virtual clock, sites whose keys are
 * already agreed, and links that lose, delay and reorder by seed. Nothing reads a clock; a seed repeats a run exactly.
 *
 *   world.c    the wire, the clock, who is there, what the engine is commanded and what it tells
 *   sender.c   what a site sends: Opus, RED, VP8 with temporal layers or H264 on one to three layers, RTX, reports
 *   judge.c    what a site's slots got: order, holes, picture ids, TL0PICIDX, timestamps, reports */
#pragma once
#include "engine/engine.h"
#include "engine/link.h"
#include "secure/crypt.h"
#include "secure/seal.h"

#define WORLD_SITES 224
#define WORLD_WORKERS 4
#define WORLD_LINKS 4096 /* messages under way from one engine to another, most */
#define WORLD_RING 4096	 /* numbers of a slot that are remembered */
#define WORLD_HISTORY 512
#define WORLD_VOICES 64 /* of a site, that it can send again */
#define WORLD_FLIGHTS 16384
#define WORLD_PWD "0123456789012345678901"

/* What a site's browser negotiates; zeros for what a test does not care about. */
struct world_profile {
	unsigned audio, video; /* slots */
	bool no_vp8, h264;     /* of its video slots */
	bool no_twcc;
	bool audio_nack; /* negotiated for its audio slots */
	uint8_t ids;	 /* added to all its extension ids: 20 makes the two-byte form */
	uint8_t pts;	 /* added to the payload types of its slots */
	bool no_rids;	 /* one camera layer, on a line with a=ssrc */
	bool no_source;	 /* a viewer alone */
	bool mic_nack;	 /* negotiated for its microphone */
	bool bare;	 /* VP8 with a picture id alone, as without temporal layers */
};

struct world_sent { /* what a sender can send again */
	uint16_t seq, length;
	uint32_t timestamp;
	bool used, marker;
	uint8_t pt;
	uint8_t bytes[1300];
};

struct world_voice { /* as sealed: a voice comes again on its own SSRC */
	uint16_t seq, length;
	uint8_t bytes[256];
};

struct world_layer {
	uint32_t ssrc, rtx_ssrc, timestamp_base;
	uint64_t seq, rtx_seq;
	uint16_t picture_id;
	uint8_t tl0;
	bool on;
	struct seal_stream seal, rtx_seal;
	struct world_sent *history; /* [WORLD_HISTORY] */
};

/* One number a viewer got. */
struct world_got {
	enum { GOT_NOT, GOT_PACKET, GOT_PADDING } kind;
	bool start, marker, keyframe, vp8;
	uint8_t temporal, tl0;
	uint16_t picture;
	uint32_t timestamp, csrc;
};

/* What a viewer saw on one slot. Counters are since world_reset. */
struct world_slot {
	uint32_t ssrc, rtx_ssrc;
	bool video;
	uint8_t pt_opus, pt_vp8, pt_h264; /* 0: not negotiated */
	struct world_got *got;		  /* [WORLD_RING], by extended number */
	uint64_t first, highest;	  /* extended; 0: nothing yet */
	uint64_t packets, rtx, padding, duplicates, frames, frames_base, keyframes, empty_opus;
	uint64_t switches; /* keyframes of another height than the one before */
	uint64_t backward; /* timestamps that went back on a newer number */
	uint64_t picture_gaps, tl0_gaps;
	uint64_t sr_off_line; /* sender reports that did not lie on one line */
	uint64_t reports;
	uint32_t csrc;	 /* of the last packet */
	uint8_t pt, toc; /* of the last packet; toc: an Opus packet's first byte */
	uint16_t height; /* of the last keyframe */
	uint32_t last_timestamp;
	uint16_t last_picture;
	uint8_t last_tl0, max_temporal;
	bool began;
	usec last_at, longest_gap;
	uint32_t sr_timestamp;
	usec sr_at;
	usec skew;	 /* newest: sender-report time of the last packet minus its capture */
	usec worst_pair; /* stage pair: greatest |video skew - audio skew|, kept in the video slot */
};

struct world_site {
	uint32_t csrc, generation, worker, room;
	struct world_profile profile;
	bool open;
	struct netaddr address;
	/* its transport */
	struct crypt *crypt; /* opens what the engine sends */
	struct seal_keys seal;
	char ufrag[33];
	struct world_slot *slots;
	unsigned n_slots;
	bool twcc_began;
	uint16_t twcc_last;
	/* what it sends */
	struct seal_stream audio_seal;
	uint32_t audio_ssrc;
	uint64_t audio_seq;
	struct world_voice *voices; /* [WORLD_VOICES]; NULL: none is sent again */
	unsigned voices_lost;	    /* the next ones do not arrive */
	uint16_t twcc;
	bool speaks, films, red, h264;
	bool uneven;		   /* the later packets of a frame are one byte longer, as browsers split it */
	uint8_t level;		   /* 0 loudest – 127 */
	unsigned n_layers, height; /* of the highest layer */
	struct world_layer layers[3];
	bool want_keyframe, no_keyframes; /* no_keyframes: deaf to requests */
	unsigned frame;
	bool answers_nack, asks_nack, asks_always; /* asks_always: the same numbers, again and again */
	usec video_delay;			   /* a picture is sent so long after its capture */
	usec clock_offset;			   /* of its NTP clock against the world's */
	usec next_report;
	/* its link */
	double loss_up, loss_down, reorder; /* 0–1 */
	usec delay;			    /* each way */
	usec spacing, free_at; /* up: what one datagram takes of a thin uplink; when it is through with all */
	/* what it heard */
	unsigned plis, nacks, feedbacks, twcc_gaps, unopened;
	unsigned acknowledged, lost_reported; /* by transport-wide feedback */
	uint64_t told;
	uint32_t reference, reference_ssrc; /* the engine's time heard last, and whose it was; 0: none */
	usec reference_at;
	struct slot_change map_audio[SLOTS_AUDIO_MAX], map_video[SLOTS_VIDEO_MAX]; /* as told */
	unsigned told_reason[SLOT_REASON_STOPPED + 1], told_empty;
	struct event_encodings camera;
	enum transport_state state;
	struct event_site report;
};

struct world_flight {
	usec at;
	uint64_t order;
	bool to_engine;
	struct netaddr addr; /* from, or to */
	uint16_t n;
	uint8_t bytes[1500];
};

/* What the host's socket refuses. */
enum world_full { FULL_NOT, FULL_PICTURES, FULL_ALL };

/* A message under way from one engine to another. */
struct world_link {
	usec at;
	uint64_t order;
	struct link_message message;
};
struct world_ring {
	struct world_link *links; /* [WORLD_LINKS] in order of posting */
	uint32_t head, tail;
};

struct world {
	struct engine *e; /* the first one */
	struct engine *engines[WORLD_WORKERS];
	uint32_t n_workers;
	const uint32_t *places; /* [WORLD_SITES] which engine's each site will be; NULL: one after the other */
	struct world_ring rings[WORLD_WORKERS][WORLD_WORKERS]; /* [from][to] */
	uint32_t link_cells;				       /* of each ring */
	usec link_delay;
	uint32_t stalled;  /* bit i: engine i is busy elsewhere: what comes to it waits */
	bool hold_buffers; /* tests: no buffer comes home */
	bool refuse_gone;  /* and no number that will not come is told */
	uint64_t lent;	   /* packets that crossed */
	struct event_engine told[WORLD_WORKERS];
	struct sealer *sealer; /* of the sites */
	usec now, next_audio, next_video, next_check;
	struct world_site sites[WORLD_SITES];
	unsigned n_sites;
	uint64_t chance, order;
	struct world_flight *flights;		 /* [WORLD_FLIGHTS] */
	uint32_t heap[WORLD_FLIGHTS], n_flights; /* those under way first, soonest on top; then the free ones */
	bool deaf;				 /* what the engine sends is counted and goes nowhere: for measuring */
	double damage;				 /* 0–1: of all datagrams so many come with a wrong bit */
	enum world_full full;
	uint32_t room;					     /* that sites join; 0 is taken as 1 */
	uint64_t damaged_up, damaged_down, to_dtls, refused; /* datagrams */
	uint64_t pictures_sent, picture_messages;	     /* of `sent` and `messages`: what stands behind voices */
	uint64_t sent, messages,
	    no_buffer; /* datagrams the engine sent, in so many messages; received without a buffer */
	struct event_engine counters;
	struct event_speaking speaking;
	uint32_t stage, chair;							   /* csrc, as last commanded */
	void (*on_dtls_open)(struct world *w, uint32_t csrc, uint32_t generation); /* a test's; NULL: nothing */
};

void world_init(struct world *w, uint64_t seed);
void world_init_small(struct world *w, uint64_t seed, uint32_t buffers);
/* $WORLD_PROFILE and $WORLD_BACKEND say who seals the engines' side and how; else GCM by the fastest that is here.
 * Sites are spread over `workers` engines, one after the other; by the others over $WORLD_WORKERS, else 1. */
void world_init_workers(struct world *w, uint64_t seed, uint32_t buffers, uint32_t workers);
/* The same; of the configuration what a world does not set by itself holds. */
void world_init_config(struct world *w, uint64_t seed, const struct engine_config *config, uint32_t workers);
void world_fini(struct world *w);
double world_chance(struct world *w); /* 0–1 */

/* A site joins with a transport; checks and keys are done. Returns its index. */
unsigned world_join(struct world *w, unsigned audio, unsigned video);
unsigned world_join_as(struct world *w, const struct world_profile *profile);
void world_leave(struct world *w, unsigned site);
/* Its page is loaded anew: a new transport from the same address. `keys_after`: how long the handshake takes. */
void world_reload(struct world *w, unsigned site, usec keys_after);
void world_set(struct world *w, unsigned site, bool live, bool audio, bool video);
void world_view(struct world *w, unsigned site, unsigned slot, enum view_source source, unsigned of, unsigned height,
		unsigned fps);
void world_stage(struct world *w, unsigned site_plus_1);
void world_chair(struct world *w, unsigned site_plus_1);
/* Runs the clock on. */
void world_run(struct world *w, usec time);
/* Forgets what the slots' counters say, keeps where they are. */
void world_reset(struct world *w);
struct world_slot *world_audio(struct world *w, unsigned site, unsigned slot);
struct world_slot *world_video(struct world *w, unsigned site, unsigned slot);
/* Numbers missing among the last ones, up to `spare` before the highest. */
unsigned world_holes(const struct world_slot *v, unsigned spare);
/* Reads the numbers the slot got in order, as a decoder does: every number is there, frames are whole and follow each
 * other in picture id, TL0PICIDX and time, except where a number was filled by padding. NULL, or what is wrong. */
const char *world_fault(const struct world_slot *v);
struct engine *world_engine(struct world *w, uint32_t csrc); /* its site's */
/* To every engine. */
void world_command_all(struct world *w, const struct command *c);
/* As the engines told last (each second), of all together. */
uint64_t world_drops(const struct world *w, enum drop drop);
uint32_t world_csrc(const struct world *w, unsigned site);

/* The wire, for sender.c and tests: a datagram of this site to the engine. */
void world_fly(struct world *w, struct world_site *s, struct bytes datagram);
/* The same by a stranger, or at once. */
void world_datagram(struct world *w, const struct netaddr *from, struct bytes datagram);
