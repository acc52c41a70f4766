/* What a site sends: its microphone, its low voice, its camera, its screen; each with its layers, and each layer with
 * the SSRC it comes on, its history, its rate and its clock.
 *
 * A source of another worker's site is here as a replica (engine/remote): its packets come lent, with what was parsed;
 * numbers, histories and takers are our own.
 *
 * A source exists as long as its site; it is `open` while the site's transport negotiated a line for it. Slots that
 * take it stand in `takers`: the fan-out of the packet's way walks this list and nothing else. */
#pragma once
#include "base/list.h"
#include "base/timers.h"
#include "base/usec.h"
#include "media/bind.h"
#include "media/cache.h"
#include "media/demand.h"
#include "media/keyreq.h"
#include "media/layers.h"
#include "media/nack.h"
#include "media/negotiate.h"
#include "media/rate.h"
#include "media/recv.h"
#include "media/siteclock.h"
#include "wire/rtcp.h"
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct site;
struct packet;

enum source_kind { SOURCE_MIC, SOURCE_MIC_LOW, SOURCE_CAMERA, SOURCE_SCREEN, SOURCES };

/* One inbound media SSRC. From the engine's pool, for the transport's life. */
struct stream {
	uint32_t ssrc;
	struct source *source;
	uint8_t layer, index; /* index: in order of binding */
	usec heard;	      /* its last accepted packet; USEC_NEVER: none */
	struct recv recv;
	struct nack nack;
};

struct layer {
	struct stream *stream; /* whose packets were taken last; NULL: none yet */
	struct cache *cache;   /* engine/history; NULL: nothing kept */
	struct siteclock_source clock;
	struct rate rate;
	uint32_t generation; /* names this layer's present numbering for media/rewrite; anew with SSRC and restart */
	uint32_t origin;     /* of a replica: what its own worker calls that numbering; 0: none yet */
	uint64_t missing;    /* likewise: the number asked about last, */
	usec missing_at;     /* and when a round of such questions began */
	uint64_t picture_id; /* extended, of the last packet */
	uint32_t frame_timestamp; /* of the frame its packets belong to now */
	bool frame_keyframe;	  /* and whether that is a keyframe */
	bool frame_began;	  /* the two above tell of a frame */
};

struct source {
	struct site *site;
	enum source_kind kind;
	bool open;
	uint8_t line;	      /* in the transport's negotiated lines */
	enum codec codec;     /* of the last packet */
	struct layers layers; /* which are alive, how high, how fast: what slots choose by */
	struct layer layer[RIDS_MAX];
	struct list takers; /* struct slot.taker */
	uint8_t taken_here; /* bit i: layer i, by one of them, as source_decide_demand saw it last */
	struct list in_fresh;
	struct packet *fresh, *fresh_last; /* what came in this wake-up, not yet given to the takers; references */
	struct keyreq keyreq;
	uint8_t key_layer; /* the highest whose keyframe is asked for */
	struct demand demand;
	usec heard;			  /* last media packet on this transport; USEC_NEVER: none */
	char rids[RIDS_MAX][RID_MAX + 1]; /* of its layers; empty: it has none */
	/* ours: bit i: worker i */
	uint64_t taken_by;	      /* has viewers that take it */
	uint64_t wanted_by[RIDS_MAX]; /* and wants this layer */
	uint64_t cut_off;	      /* was not handed packets: it begins anew */
	uint64_t untold; /* bit i: worker i could not be told yet what we tell of it (a replica: what we take) */
	/* a replica's */
	struct timer timer;
	bool told_takes; /* as its worker was told last */
	uint8_t told_wanted;
};

void source_init(struct source *s, struct site *site, enum source_kind kind);
/* The site's transport negotiated a line for it: nothing known of an earlier one stays. */
void source_open(struct engine *e, struct source *s, uint8_t layers, const char (*rids)[RID_MAX + 1], usec now);
/* The transport is gone: buffers go back, takers are let go. */
void source_close(struct engine *e, struct source *s, usec now);

bool source_is_video(enum source_kind kind);
/* Sends, and may be given to others: open, its site live, said to be published and not muted by the chair. */
bool source_is_shown(const struct source *s);
/* Its site is live, says it publishes it, and is not muted by the chair. */
bool source_is_published(const struct source *s);
/* Its site's transport has keys: what is published can come. */
bool source_is_ready(const struct source *s);
/* Packets came lately: a published source that sends nothing is told as `stopped`. */
bool source_is_flowing(const struct source *s, usec now);

/* A slot needs a keyframe of this layer: asked at once or when allowed (media/keyreq merges). */
void source_ask_keyframe(struct engine *e, struct source *s, uint8_t layer, usec now);
/* A keyframe of this layer begins: whoever waited for it, or a lower one, is served. */
void source_on_keyframe(struct source *s, uint8_t layer, usec now);
/* What its takers take now, and what follows: encodings to its site. */
void source_decide_demand(struct engine *e, struct source *s, usec now);
/* A replica that nobody takes: its history goes home, its numbering is not known any more. */
void source_forget(struct engine *e, struct source *s);
void source_on_timer(struct engine *e, struct source *s, usec now);
void source_on_deadline(struct engine *e, struct source *s, usec now);
void source_deadline(const struct source *s, usec *next);
