/* One counter through a filter: an order-keeping map of the inputs that pass to numbers without gaps.
 *
 * Guarantee, for every order in which inputs are taken and dropped:
 *   - out(a) < out(b) for all taken a < b, and two inputs never share a number;
 *   - out(in) = out(first) + (in - first) - (inputs dropped before `in` while they were ahead of all taken ones):
 *     what is not yet seen keeps its number, so a late one still has its hole;
 *   - an answer is never revised; a number is handed out (taken or filled) once.
 *
 *                 take             drop
 *   AHEAD         -> TAKEN         -> DROPPED (no number: the gap closes)
 *   HOLE          -> TAKEN         -> FILLED  (too late to close: padding must fill it)
 *   TAKEN, DROPPED, FILLED: stay.  An AHEAD input passed by a later taken one becomes a HOLE.
 *
 * The window is 64 x blocks inputs; what falls behind it is OLD. An input still unseen when a whole window of later
 * ones was dropped is dropped too. Inputs never wrap: the caller extends them (base/seq.h).
 * Pure, no allocation: the blocks are the caller's and must not move while the map lives. One owner thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum seqmap_state { SEQMAP_OLD, SEQMAP_AHEAD, SEQMAP_HOLE, SEQMAP_TAKEN, SEQMAP_DROPPED, SEQMAP_FILLED };

/* 64 inputs. */
struct seqmap_block {
	uint64_t out; /* number of the block's first input that has one */
	uint64_t dropped, taken, filled;
};

struct seqmap {
	struct seqmap_block *blocks;
	uint32_t n_blocks; /* a power of two, >= 2 */
	uint64_t first;	   /* lowest input the map speaks of; older ones are OLD */
	uint64_t settled;  /* next input whose state is open: all below have their number, or none for good */
	uint64_t next;	   /* the number of the next input to settle that is not dropped */
	uint64_t newest;   /* index of the newest block in use */
};

/* The map begins at input `first`, whose number will be `out`. `n_blocks`: a power of two, >= 2. */
void seqmap_init(struct seqmap *m, struct seqmap_block *blocks, uint32_t n_blocks, uint64_t first, uint64_t out);

/* The block of the next input comes nearer to the processor. */
void seqmap_fetch(const struct seqmap *m);

enum seqmap_state seqmap_state(const struct seqmap *m, uint64_t in);

/* `in` passes. Returns the state it had; *out is its number when that was AHEAD, HOLE, TAKEN or FILLED (else 0).
 * Only AHEAD and HOLE change anything. `in` may be at most the window ahead of `settled`: ask seqmap_reaches first. */
enum seqmap_state seqmap_take(struct seqmap *m, uint64_t in, uint64_t *out);
bool seqmap_reaches(const struct seqmap *m, uint64_t in);

/* `in` will not pass. Returns the state it had: HOLE means *out was its number and is now the caller's to fill. */
enum seqmap_state seqmap_drop(struct seqmap *m, uint64_t in, uint64_t *out);

/* The number of `in`, changing nothing; of a DROPPED one the number of the last that has one before it.
 * False when OLD or AHEAD. */
bool seqmap_out(const struct seqmap *m, uint64_t in, uint64_t *out);

/* The input that has the number `out`, changing nothing. False when none has, or it is behind the window. */
bool seqmap_in(const struct seqmap *m, uint64_t out, uint64_t *in);
