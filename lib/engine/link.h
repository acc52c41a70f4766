/* What one worker's engine tells another's: plain data, by value, in order, through a ring between the two. Buffers
 * cross by reference, opened and parsed.
 *
 *   owner of a source -> who takes it   SOURCE (facts), PACKETS, GONE
 *   who takes it -> owner               TAKE, KEYFRAME, MISSING, BACK (buffers)
 *   any worker -> a room's home worker  LEVELS
 *   home worker -> all                  DECISION
 *
 * A message about a site or room the engine does not know is ignored: it may have gone meanwhile. */
#pragma once
#include "base/limits.h"
#include "base/usec.h"
#include "media/speaker.h"
#include <stdbool.h>
#include <stdint.h>

#define LINK_PACKETS_MAX 12
#define LINK_BACK_MAX 14
#define LINK_LEVELS_MAX 12

struct packet;

enum link_type {
	LINK_PACKETS,
	LINK_BACK,
	LINK_SOURCE,
	LINK_TAKE,
	LINK_KEYFRAME,
	LINK_GONE,
	LINK_MISSING,
	LINK_LEVELS,
	LINK_DECISION
};

/* Packets of one source in order of arrival, one reference of their owner's to each: lent until they come BACK. */
struct link_packets {
	uint32_t csrc;
	uint8_t kind; /* enum source_kind */
	uint8_t n;
	bool anew; /* others before them were not handed over: the numbering begins anew */
	struct packet *packets[LINK_PACKETS_MAX];
};

struct link_back {
	uint8_t n;
	struct packet *packets[LINK_BACK_MAX];
};

/* What others need to know of a source to give it to their viewers. Whole, when anything of it changed. */
struct link_source {
	uint32_t csrc;
	uint8_t kind;
	bool ready; /* its site's transport has keys */
	bool open;
	uint8_t codec;	/* enum codec, of the last packet */
	uint8_t layers; /* 1–RIDS_MAX */
	char rids[RIDS_MAX][RID_MAX + 1];
};

/* What this worker's viewers take of a source. */
struct link_take {
	uint32_t csrc;
	uint8_t kind;
	bool takes;
	uint8_t wanted; /* layers, bit i: layer i */
};

struct link_keyframe {
	uint32_t csrc;
	uint8_t kind, layer;
};

/* A number of the layer that will not come. */
struct link_gone {
	uint32_t csrc;
	uint8_t kind, layer;
	bool skipped; /* it came, and is nothing to be sent; else: lost, and given up */
	uint32_t generation;
	uint64_t seq;
};

/* Viewers ask for this number: does it still come? Answered by GONE where nothing is waited for: what missed while the
 * source's worker did not know that the layer is taken. */
struct link_missing {
	uint32_t csrc;
	uint8_t kind, layer;
	uint32_t generation;
	uint64_t seq;
};

/* How loud sites were since the last summary. */
struct link_levels {
	usec began;
	uint8_t n;
	struct link_level {
		uint32_t csrc;
		uint16_t after_us; /* its packet's arrival, after `began` */
		uint8_t level;	   /* 0 loudest … 127 (RFC 6464) */
		bool voice;
	} levels[LINK_LEVELS_MAX];
};

/* What the home worker decided for a room. Whole; without padding, to be compared. */
struct link_decision {
	uint32_t room, shown, shown_before;
	uint32_t n_ranked, n_speaking;
	uint32_t ranked[SPEAKER_RANKED], speaking[SPEAKER_SPEAKING];
	usec spoken_at; /* since when `speaking` stands so */
};

struct link_message {
	enum link_type type;
	union {
		struct link_packets packets;
		struct link_back back;
		struct link_source source;
		struct link_take take;
		struct link_keyframe keyframe;
		struct link_gone gone;
		struct link_missing missing;
		struct link_levels levels;
		struct link_decision decision;
	};
};
