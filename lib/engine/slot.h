/* One slot of a viewer: an SSRC (and an RTX SSRC) of ours for the life of the transport, filled by changing sources.
 *
 *            give, wait       first packet       off(reason)        take away
 *   EMPTY    -> WAITING       -                  -> OFF (told)      -
 *   WAITING  (other source)   -> FILLED (told)   -> OFF (told)      -> EMPTY (told if it was told otherwise)
 *   FILLED   -> WAITING       switch: told       -> OFF (told)      -> EMPTY (told)
 *   OFF      -> WAITING       -                  other reason: told -> EMPTY (told)
 *
 * WAITING keeps what was told last: the viewer goes on seeing the last picture until the next one comes, or until
 * nothing came for SLOT_PATIENCE: then `stopped` is told. */
#pragma once
#include "base/list.h"
#include "base/usec.h"
#include "engine/lent.h"
#include "engine/sealed.h"
#include "engine/view.h"
#include "media/negotiate.h"
#include "media/rewrite.h"
#include "media/select.h"
#include "media/send.h"
#include "media/silence.h"
#include "media/slotclock.h"
#include "secure/seal.h"
#include <stddef.h>

struct engine;
struct source;
struct transport;

#define SLOT_PATIENCE (4 * USEC_S)

enum slot_state { SLOT_EMPTY, SLOT_WAITING, SLOT_FILLED, SLOT_OFF };

/* What the viewer was told last. */
struct slot_told {
	uint32_t csrc;
	bool screen;
	uint8_t layer; /* SELECT_NONE: none */
	enum slot_reason reason;
};

struct slot {
	/* What every departure reads stands first and together, as in struct transport (SLOT_HOT). */
	struct list taker; /* struct source.takers, while WAITING or FILLED */
	struct transport *transport;
	struct source *source; /* FILLED; WAITING, where it is there already */
	enum slot_kind kind;
	enum slot_state state;
	uint32_t generation; /* of the packets mapped last (struct layer.generation) */
	uint32_t csrc;	     /* of the site that fills it, also when OFF; 0: EMPTY */
	bool screen;
	uint8_t number;
	uint8_t twcc;	  /* id of the transport-wide number's extension in its line; 0: none */
	uint8_t pt;	  /* of `codec` … */
	enum codec codec; /* … the last one looked up (slot_pt); CODEC_NONE: none */
	struct slot_told told;
	struct sealed *sealed; /* lent: audio, where NACK was negotiated; else NULL */
	usec report_at;	       /* next sender report */
	struct rewrite rewrite;
	struct silence silence; /* audio */
	struct select select;	/* video */
	struct seal_stream seal;
	struct slotclock clock;
	struct send send;
	struct seal_stream rtx_seal;
	const struct line *line;
	void *lent; /* what it works in (lent.h), while in use; NULL: no source for a while */
	usec since; /* in this state */
};

#define SLOT_HOT (offsetof(struct slot, send) + SEND_HOT)

/* `line` is the transport's; numbers start by the engine's chance. */
void slot_init(struct engine *e, struct slot *s, struct transport *t, const struct line *line, usec now);
void slot_fini(struct engine *e, struct slot *s);
/* A source fills it from now on; nothing when it does already. It is emptied where the pool of what it needs is out. */
void slot_give(struct engine *e, struct slot *s, struct source *source, usec now);
/* This site's camera, screen or voice belongs here and is to come: its transport is not ready. Nothing is told. */
void slot_wait(struct engine *e, struct slot *s, uint32_t csrc, bool screen, usec now);
/* This site's camera or screen belongs here, but nothing can be shown, for this reason. */
void slot_off(struct engine *e, struct slot *s, uint32_t csrc, bool screen, enum slot_reason reason, usec now);
void slot_take_away(struct engine *e, struct slot *s, usec now);
/* The viewer's wish for a video slot. */
void slot_on_wish(struct slot *s, uint16_t height, uint8_t fps, usec now);
/* A packet of the source left: FILLED, and told where that is new. */
void slot_on_sent(struct engine *e, struct slot *s, uint8_t layer);
/* Tells the viewer's whole map again. */
void slot_tell_all(struct engine *e, struct transport *t);
/* The codec's entry of the viewer's line; NULL: it cannot decode this. */
const struct line_codec *slot_codec(const struct slot *s, enum codec codec);
/* Its payload type alone, of the codec asked for last without a look at the line. False: it cannot decode this. */
bool slot_pt(struct slot *s, enum codec codec, uint8_t *pt);
void slot_on_deadline(struct engine *e, struct slot *s, usec now);
void slot_deadline(const struct slot *s, usec now, usec *next);
