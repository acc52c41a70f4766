/* The map of one slot: sequence number, VP8 picture id and TL0PICIDX of what its sources send to those of the slot.
 *
 * Guarantee: within one source and layer the source's order is kept, out = in - (inputs known dropped before it), the
 * same for picture ids and TL0PICIDX; what is not yet seen keeps its hole, which a packet repaired later fills; what is
 * mapped is never revised; an output number is handed out once (a nonce of SRTP is used once). See media/seqmap.h.
 * RFC 3550 5.1, RFC 7741 4.2.
 *
 * A change of source or layer is a new *epoch* (rewrite_switch): its first packet gets the number after the last one
 * handed out, and leaves a hole of one when the frame before was unfinished, so that the decoder knows. The next
 * picture id and TL0PICIDX follow the last ones. Inputs of the new epoch older than its first are refused. Late packets
 * of an earlier epoch still fill the holes they have, and get no new numbers; the last REWRITE_EPOCHS epochs are known.
 * A jump of more than REWRITE_WINDOW inputs ahead is a source that restarted its numbers: an epoch of its own.
 *
 *   input is                 map                      drop / give_up
 *   ahead, current epoch     OK, new number           no number, the gap closes (fill: false)
 *   ahead, earlier epoch     OLD                      nothing
 *   a hole                   OK, the hole's number    fill: true, send a padding-only packet of that number
 *   sent                     DUPLICATE                nothing
 *   dropped or filled        DROPPED                  nothing
 *   before its epoch's first, behind the window: OLD; nothing.   Generation not known: UNKNOWN; nothing.
 *
 * Drops may be told in any order, before or after their neighbours; a drop told before any later input was mapped
 * costs nothing, a later one costs a padding-only packet. A frame is dropped whole or not at all: once a packet of a
 * picture was dropped with its picture id while none had been mapped, the rest of that picture is DROPPED too.
 *
 * The counters live as long as the slot; what epochs know is memory lent by the caller (11 KB for pictures, 2 KB for a
 * voice) while the slot is in use: without it no number is known any more, and the next ones follow those handed out
 * all the same. Numbers handed out that no epoch tells of any more (of before the memory came, or too many epochs
 * ago) can only be closed: who lost the last ones before a pause asks for them after it. No allocation; what is lent
 * must not move. Pure. One owner thread.
 */
#pragma once
#include "media/packet.h"
#include "media/seqmap.h"
#include <stdalign.h>

#define REWRITE_EPOCHS 4
#define REWRITE_WINDOW                                                                                                 \
	4096			 /* inputs of an epoch that are known, back from the newest: >= 1024 outputs where a   \
				    quarter passes */
#define REWRITE_VOICE_WINDOW 512 /* the same of a voice: 10 s */
#define REWRITE_PICTURES 512	 /* pictures, likewise */
#define REWRITE_TL0 256
#define REWRITE_FORGOTTEN 512 /* numbers back from the next one that are told as PADDING though no epoch knows them */

enum rewrite_verdict { REWRITE_OK, REWRITE_OLD, REWRITE_DUPLICATE, REWRITE_DROPPED, REWRITE_UNKNOWN };
enum rewrite_kind {
	REWRITE_NEVER,	 /* not ours, too old, or not yet handed out */
	REWRITE_PACKET,	 /* sent: re-send it from history */
	REWRITE_HOLE,	 /* a number not sent yet: its packet may still come (`current`), else fill it */
	REWRITE_PADDING, /* was filled by padding, inserted, or is forgotten: nothing to re-send but padding */
};

struct rewrite_in {
	uint32_t generation; /* names one source and layer for this slot; the same for all packets of an epoch */
	uint64_t seq;	     /* extended, as counted by media/recv */
	uint16_t picture_id; /* low 15 bits of it; a 7-bit one extended by whoever received it */
	uint8_t tl0picidx;
	uint8_t temporal;
	bool has_picture_id, has_tl0picidx;
	bool last; /* last packet of its frame (marker); always true for audio */
};

struct rewrite_out {
	uint64_t seq;	     /* extended; the rollover counter is seq >> 16 */
	uint16_t picture_id; /* 15 bits; 0 where the input has none */
	uint8_t tl0picidx;   /* 0 where the input has none */
};

struct rewrite_found {
	enum rewrite_kind kind;
	bool current;	     /* of the epoch that runs now */
	uint32_t generation; /* PACKET; HOLE and PADDING of an input. 0 where there is no input (hole of a switch) */
	uint64_t in, out;    /* extended; `in` 0 where there is no input */
};

struct rewrite_epoch {
	alignas(64) uint32_t generation;
	bool used, pictures, tl0s;	 /* whether the two maps below have begun */
	bool hole, hole_filled;		 /* begin - 1 was left free at the switch; padding has filled it since */
	uint64_t begin, end;		 /* its outputs are [begin, end), once it has ended */
	struct seqmap seq, picture, tl0; /* the two last without blocks: a voice */
};

/* What is lent: to a slot of pictures, to one of voices. Its pages are touched as epochs come to need them. */
struct rewrite_pictures {
	struct rewrite_epoch epochs[REWRITE_EPOCHS];
	struct seqmap_block seq[REWRITE_EPOCHS][REWRITE_WINDOW / 64];
	struct seqmap_block picture[REWRITE_EPOCHS][REWRITE_PICTURES / 64];
	struct seqmap_block tl0[REWRITE_EPOCHS][REWRITE_TL0 / 64];
};
struct rewrite_voice {
	struct rewrite_epoch epochs[REWRITE_EPOCHS];
	struct seqmap_block seq[REWRITE_EPOCHS][REWRITE_VOICE_WINDOW / 64];
};

struct rewrite {
	uint64_t next_seq, next_picture, next_tl0; /* what an epoch beginning now would get, before a hole */
	uint64_t first;				   /* number ever */
	bool unfinished;			   /* the highest packet mapped was not the last of its frame */
	bool running;				   /* epochs[current] takes new inputs */
	uint8_t current;
	uint16_t blocks;	      /* of an epoch's numbers */
	struct rewrite_epoch *epochs; /* [REWRITE_EPOCHS]; NULL: nothing is lent, nothing known */
};

/* What the next packet needs comes nearer to the processor, in two steps: the second needs what the first fetched. */
void rewrite_fetch(const struct rewrite *r);
void rewrite_fetch_blocks(const struct rewrite *r);

/* First numbers, by chance; seq < 2^15 (RFC 3711 3.3.1: no rollover before the receiver knows us). */
void rewrite_init(struct rewrite *r, uint16_t seq, uint16_t picture_id, uint8_t tl0picidx);
/* Memory to work in, with whatever in it. Voices have no picture ids. */
void rewrite_lend_pictures(struct rewrite *r, struct rewrite_pictures *memory);
void rewrite_lend_voice(struct rewrite *r, struct rewrite_voice *memory);
/* It is the caller's again; nothing that was mapped is known any more. */
void rewrite_return(struct rewrite *r);

/* A new epoch begins with this packet, the first of a keyframe (audio: any). Memory must be lent. */
void rewrite_switch(struct rewrite *r, const struct rewrite_in *in, struct rewrite_out *out);
/* *out is zeros unless OK. */
enum rewrite_verdict rewrite_map(struct rewrite *r, const struct rewrite_in *in, struct rewrite_out *out);
/* This packet will not be sent. True: send a padding-only packet numbered *fill. */
bool rewrite_drop(struct rewrite *r, const struct rewrite_in *in, uint64_t *fill);
/* This input was lost and is no longer waited for. True: as above. */
bool rewrite_give_up(struct rewrite *r, uint32_t generation, uint64_t seq, uint64_t *fill);
/* The next number for a packet no source sent (a closing frame of media/silence). Ends the running epoch: what comes
 * next from a source needs rewrite_switch. */
uint64_t rewrite_insert(struct rewrite *r);

/* What `out`, a number from a NACK, was. */
void rewrite_find(const struct rewrite *r, uint16_t out, struct rewrite_found *found);
/* A hole that find told of shall be padding. True: send a padding-only packet of that number; false: it is no hole. */
bool rewrite_fill(struct rewrite *r, uint64_t out);
/* What a packet that was mapped got, for sending it again; false when it was not, or is forgotten. It must be of the
 * last 100 base frames (3.3 s without temporal layers): TL0PICIDX has 8 bits, further back it cannot be told apart. */
bool rewrite_again(const struct rewrite *r, const struct rewrite_in *in, struct rewrite_out *out);

static inline struct rewrite_in rewrite_in_video(uint32_t generation, const struct recv_meta *m)
{
	return (struct rewrite_in){ .generation = generation,
				    .seq = m->seq,
				    .picture_id = (uint16_t)(m->picture_id & 0x7fff),
				    .tl0picidx = m->tl0picidx,
				    .temporal = m->temporal,
				    .has_picture_id = m->has_picture_id,
				    .has_tl0picidx = m->has_tl0picidx,
				    .last = m->marker };
}

static inline struct rewrite_in rewrite_in_audio(uint32_t generation, const struct recv_meta *m)
{
	return (struct rewrite_in){ .generation = generation, .seq = m->seq, .last = true };
}
