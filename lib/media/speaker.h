/* Who is heard: one ranked set a room, from audio levels, and who speaks for the stage.
 *
 * A site's *loudness* is how far its level is above its own noise floor, in dB, where that is at least
 * SPEAKER_MARGIN_DB: then it has *voice*. Loudness rises within about 60 ms of voice and falls by SPEAKER_FALL_DB a
 * second. The floor follows quieter sound at once (not below SPEAKER_FLOOR_DB) and louder sound by 1 dB a second, so
 * that a steady noise, however loud, ends as silence, while the pauses of speech keep the floor down. Where a site's
 * packets ever had the V bit, those without it count half. Guarantee:
 *   - a muted or removed site is never ranked; at most SPEAKER_RANKED are;
 *   - a site enters after SPEAKER_ATTACK of voice: at once where there is room or the last one is silent (loudness 0),
 *     else when it was louder than that one by SPEAKER_LEAD_DB for SPEAKER_CHALLENGE; the same to pass the next one up;
 *   - it leaves after SPEAKER_HOLD without voice, or for such a challenger; while it stays it keeps its place
 *     (0 – SPEAKER_RANKED - 1), whatever its rank;
 *   - the dominant one follows another when it had voice within SPEAKER_RECENT and its voice summed over 3 s is the
 *     greatest, by an eighth more than the other's, and at least a word (SPEAKER_WORD); it is kept for SPEAKER_KEEP at
 *     least, a muted one until somebody else speaks, a removed one not; with everybody silent it stays;
 *   - what speaking tells changes at most once in SPEAKER_TELL.
 * RFC 6464. The cost of a packet does not grow with the room.
 *
 * About 50 KB, no allocation, must not move after init. Time on the daemon's clock. One owner thread. */
#pragma once
#include "base/err.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/usec.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEAKER_RANKED SLOTS_AUDIO_MAX
#define SPEAKER_SPEAKING 3
#define SPEAKER_ATTACK (60 * USEC_MS)
#define SPEAKER_CHALLENGE (500 * USEC_MS)
#define SPEAKER_HOLD (3 * USEC_S)
#define SPEAKER_MARGIN_DB 6
#define SPEAKER_FLOOR_DB (127 - 65) /* above -127 dBov */
#define SPEAKER_WORD 6000	    /* dB x ms: 20 dB above the floor for 300 ms */
#define SPEAKER_LEAD_DB 3
#define SPEAKER_FALL_DB 20
#define SPEAKER_TICK (100 * USEC_MS)
#define SPEAKER_TELL (200 * USEC_MS) /* `speaking` is told at most this often */
#define SPEAKER_KEEP (2 * USEC_S)    /* of the dominant one */
#define SPEAKER_RECENT (500 * USEC_MS)
#define SPEAKER_BUCKET (500 * USEC_MS)
#define SPEAKER_BUCKETS 6 /* 3 s */
#define SPEAKER_UNRANKED 0xff
#define SPEAKER_CELLS 1024 /* of the map: >= 2 x ROOM_SITES_MAX */

struct speaker_site {
	uint32_t csrc;
	bool used, muted, has_vad;
	uint8_t rank, place;		   /* SPEAKER_UNRANKED when not in the set */
	usec heard;			   /* its last packet; USEC_NEVER before */
	usec voiced;			   /* when it last had voice; USEC_NEVER before */
	usec run;			   /* length of the voice that runs now */
	usec ahead;			   /* since when it is louder than the one before it; USEC_NEVER: is not */
	int32_t loudness;		   /* dB x 256 as of `heard` */
	int32_t floor;			   /* dB x 256 above -127 dBov */
	int64_t bucket;			   /* number of the newest of buckets */
	uint32_t buckets[SPEAKER_BUCKETS]; /* dB above the floor x ms, of packets with voice */
};

struct speaker_rank {
	uint32_t csrc;
	uint8_t place;
	bool voice; /* speaks now */
};

enum speaker_change { SPEAKER_CHANGED_RANKED = 1, SPEAKER_CHANGED_DOMINANT = 2, SPEAKER_CHANGED_SPEAKING = 4 };

struct speaker {
	struct map by_csrc;
	struct map_cell cells[SPEAKER_CELLS];
	struct speaker_site sites[ROOM_SITES_MAX];
	uint16_t free;				     /* where the search for an unused one begins */
	struct speaker_site *ranked[SPEAKER_RANKED]; /* loudest first */
	uint8_t n_ranked;
	uint16_t places; /* bit i: place i is taken */
	uint32_t dominant, before;
	usec dominant_since, ticked, told_at;
	uint32_t told[SPEAKER_SPEAKING];
	uint8_t n_told;
	unsigned changes; /* not yet returned by on_tick */
};

void speaker_init(struct speaker *s, usec now);
/* A site of the room; known ones stay as they are. ERR_FULL. */
must_check enum err speaker_add(struct speaker *s, uint32_t csrc);
void speaker_remove(struct speaker *s, uint32_t csrc);
/* The chair's mute, or its own. */
void speaker_mute(struct speaker *s, uint32_t csrc, bool muted);

/* An audio packet: level 0 (loudest) – 127 in -dBov, voice: the V bit. Unknown sites are ignored. Returns whether ranks
 * may have changed (then on_tick is due at once). */
bool speaker_on_audio(struct speaker *s, uint32_t csrc, uint8_t level, bool voice, usec now);
/* At the deadline, and when on_audio said so. Returns what changed since the last call: bits of enum speaker_change. */
unsigned speaker_on_tick(struct speaker *s, usec now);
void speaker_deadline(const struct speaker *s, usec *next);

/* The ranked ones, loudest first, without those in `except` (stage, the viewer itself). Returns how many. */
size_t speaker_ranked(const struct speaker *s, const uint32_t *except, size_t n_except, struct speaker_rank *out,
		      size_t max, usec now);
/* Who speaks now, loudest first: what SPEAKER_CHANGED_SPEAKING tells, at most 5 times a second. */
size_t speaker_speaking(const struct speaker *s, uint32_t out[SPEAKER_SPEAKING]);
/* The dominant one and the one dominant before it (another site); 0: none. */
uint32_t speaker_dominant(const struct speaker *s);
uint32_t speaker_before(const struct speaker *s);
