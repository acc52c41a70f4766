#include "media/rewrite.h"
#include "base/fetch.h"
#include "base/seq.h"
#include <assert.h>
#include <stddef.h>

#define PICTURE_BITS 15
#define TL0_BITS 8

static bool runs(const struct rewrite *r, const struct rewrite_epoch *e)
{
	return r->running && e == &r->epochs[r->current];
}

/* The epochs from the newest to the oldest: i = 0 … REWRITE_EPOCHS - 1. */
static unsigned nth(const struct rewrite *r, unsigned i)
{
	return (r->current + REWRITE_EPOCHS - i) % REWRITE_EPOCHS;
}

/* The epoch an input belongs to: the newest of its generation that began at or before it. Otherwise NULL and *why. */
static const struct rewrite_epoch *epoch_of(const struct rewrite *r, uint32_t generation, uint64_t seq,
					    enum rewrite_verdict *why)
{
	*why = REWRITE_UNKNOWN;
	for (unsigned i = 0; r->epochs && i < REWRITE_EPOCHS; i++) {
		const struct rewrite_epoch *e = &r->epochs[nth(r, i)];
		if (!e->used || e->generation != generation)
			continue;
		if (seq >= e->seq.first)
			return e;
		*why = REWRITE_OLD;
	}
	return NULL;
}

static struct rewrite_epoch *epoch_mut(struct rewrite *r, const struct rewrite_epoch *e)
{
	return e ? &r->epochs[e - r->epochs] : NULL;
}

static uint64_t picture_of(const struct rewrite_epoch *e, const struct rewrite_in *in)
{
	return seq_extend(e->picture.settled, in->picture_id, PICTURE_BITS);
}

static uint64_t tl0_of(const struct rewrite_epoch *e, const struct rewrite_in *in)
{
	return seq_extend(e->tl0.settled, in->tl0picidx, TL0_BITS);
}

/* One round above the wire value, so that values before the first stay positive. */
static void begin_pictures(struct rewrite *r, struct rewrite_epoch *e, uint16_t picture_id)
{
	e->pictures = true;
	seqmap_init(&e->picture, e->picture.blocks, REWRITE_PICTURES / 64,
		    (picture_id & 0x7fff) + (UINT64_C(1) << PICTURE_BITS), r->next_picture);
}

static void begin_tl0s(struct rewrite *r, struct rewrite_epoch *e, uint8_t tl0picidx)
{
	e->tl0s = true;
	seqmap_init(&e->tl0, e->tl0.blocks, REWRITE_TL0 / 64, tl0picidx + (UINT64_C(1) << TL0_BITS), r->next_tl0);
}

void rewrite_init(struct rewrite *r, uint16_t seq, uint16_t picture_id, uint8_t tl0picidx)
{
	*r = (struct rewrite){ .next_seq = seq, .next_picture = picture_id, .next_tl0 = tl0picidx, .first = seq };
}

void rewrite_lend_pictures(struct rewrite *r, struct rewrite_pictures *memory)
{
	for (unsigned i = 0; i < REWRITE_EPOCHS; i++)
		memory->epochs[i] = (struct rewrite_epoch){ .seq.blocks = memory->seq[i],
							    .picture.blocks = memory->picture[i],
							    .tl0.blocks = memory->tl0[i] };
	r->epochs = memory->epochs;
	r->blocks = REWRITE_WINDOW / 64;
}

void rewrite_lend_voice(struct rewrite *r, struct rewrite_voice *memory)
{
	for (unsigned i = 0; i < REWRITE_EPOCHS; i++)
		memory->epochs[i] = (struct rewrite_epoch){ .seq.blocks = memory->seq[i] };
	r->epochs = memory->epochs;
	r->blocks = REWRITE_VOICE_WINDOW / 64;
}

void rewrite_fetch(const struct rewrite *r)
{
	if (r->epochs)
		fetch(&r->epochs[r->current], sizeof *r->epochs);
}

void rewrite_fetch_blocks(const struct rewrite *r)
{
	if (!r->epochs)
		return;
	const struct rewrite_epoch *e = &r->epochs[r->current];
	seqmap_fetch(&e->seq);
	if (e->pictures)
		seqmap_fetch(&e->picture);
	if (e->tl0s)
		seqmap_fetch(&e->tl0);
}

void rewrite_return(struct rewrite *r)
{
	r->running = false;
	r->epochs = NULL;
}

/* A picture nobody was given a packet of has no number yet, or a hole; one restarted by its source begins anew. */
static enum rewrite_verdict admit_picture(struct rewrite *r, struct rewrite_epoch *e, const struct rewrite_in *in,
					  bool ahead)
{
	if (!e->pictures) {
		if (runs(r, e))
			begin_pictures(r, e, in->picture_id);
		return runs(r, e) ? REWRITE_OK : REWRITE_OLD;
	}
	switch (seqmap_state(&e->picture, picture_of(e, in))) {
	case SEQMAP_DROPPED:
	case SEQMAP_FILLED: return REWRITE_DROPPED;
	case SEQMAP_OLD:
		if (!ahead)
			return REWRITE_OLD;
		begin_pictures(r, e, in->picture_id);
		return REWRITE_OK;
	case SEQMAP_AHEAD: return runs(r, e) ? REWRITE_OK : REWRITE_OLD;
	default: return REWRITE_OK;
	}
}

/* Never refused: a frame above the base layer may name one that was dropped, and then names the one before it. */
static uint8_t take_tl0(struct rewrite *r, struct rewrite_epoch *e, const struct rewrite_in *in, bool ahead)
{
	uint64_t out;
	if (!e->tl0s || (ahead && seqmap_state(&e->tl0, tl0_of(e, in)) == SEQMAP_OLD))
		begin_tl0s(r, e, in->tl0picidx);
	enum seqmap_state state = seqmap_take(&e->tl0, tl0_of(e, in), &out);
	if (state == SEQMAP_OLD)
		return (uint8_t)(e->tl0.next - 1);
	if (state == SEQMAP_DROPPED && !seqmap_out(&e->tl0, tl0_of(e, in), &out))
		return (uint8_t)(e->tl0.next - 1);
	return (uint8_t)out;
}

static void take(struct rewrite *r, struct rewrite_epoch *e, const struct rewrite_in *in, struct rewrite_out *out)
{
	uint64_t picture = 0;
	bool ahead = seqmap_take(&e->seq, in->seq, &out->seq) == SEQMAP_AHEAD;
	if (in->has_picture_id) {
		seqmap_take(&e->picture, picture_of(e, in), &picture);
		out->picture_id = (uint16_t)(picture & 0x7fff);
	}
	if (in->has_tl0picidx)
		out->tl0picidx = take_tl0(r, e, in, ahead);
	if (!ahead)
		return;
	r->unfinished = !in->last;
	r->next_seq = e->seq.next;
	if (e->pictures)
		r->next_picture = e->picture.next;
	if (e->tl0s)
		r->next_tl0 = e->tl0.next;
}

static void end_epoch(struct rewrite *r)
{
	if (r->running)
		r->epochs[r->current].end = r->next_seq;
	r->running = false;
}

void rewrite_switch(struct rewrite *r, const struct rewrite_in *in, struct rewrite_out *out)
{
	assert(r->epochs);
	*out = (struct rewrite_out){ 0 };
	end_epoch(r);
	r->current = (uint8_t)((r->current + 1) % REWRITE_EPOCHS);
	r->running = true;
	struct rewrite_epoch *e = &r->epochs[r->current];
	e->generation = in->generation;
	e->used = true;
	e->pictures = e->tl0s = false;
	e->hole = r->unfinished;
	e->hole_filled = false;
	e->begin = r->next_seq + (e->hole ? 1 : 0);
	seqmap_init(&e->seq, e->seq.blocks, r->blocks, in->seq, e->begin);
	if (in->has_picture_id)
		begin_pictures(r, e, in->picture_id);
	take(r, e, in, out);
}

enum rewrite_verdict rewrite_map(struct rewrite *r, const struct rewrite_in *in, struct rewrite_out *out)
{
	enum rewrite_verdict verdict;
	*out = (struct rewrite_out){ 0 };
	struct rewrite_epoch *e = epoch_mut(r, epoch_of(r, in->generation, in->seq, &verdict));
	if (!e)
		return verdict;
	enum seqmap_state state = seqmap_state(&e->seq, in->seq);
	if (state == SEQMAP_OLD || (state == SEQMAP_AHEAD && !runs(r, e)))
		return REWRITE_OLD;
	if (state == SEQMAP_TAKEN)
		return REWRITE_DUPLICATE;
	if (state == SEQMAP_DROPPED || state == SEQMAP_FILLED)
		return REWRITE_DROPPED;
	if (state == SEQMAP_AHEAD && !seqmap_reaches(&e->seq, in->seq)) {
		r->unfinished = true; /* what was jumped over is lost: the decoder shall see a hole */
		rewrite_switch(r, in, out);
		return REWRITE_OK;
	}
	if (in->has_picture_id) {
		verdict = admit_picture(r, e, in, state == SEQMAP_AHEAD);
		if (verdict != REWRITE_OK)
			return verdict;
	}
	take(r, e, in, out);
	return REWRITE_OK;
}

bool rewrite_drop(struct rewrite *r, const struct rewrite_in *in, uint64_t *fill)
{
	enum rewrite_verdict why;
	uint64_t ignored;
	*fill = 0;
	struct rewrite_epoch *e = epoch_mut(r, epoch_of(r, in->generation, in->seq, &why));
	if (!e || (!runs(r, e) && in->seq >= e->seq.settled))
		return false;
	enum seqmap_state state = seqmap_state(&e->seq, in->seq);
	if (state != SEQMAP_AHEAD && state != SEQMAP_HOLE)
		return false;
	if (in->has_picture_id && e->pictures)
		(void)seqmap_drop(&e->picture, picture_of(e, in), &ignored);
	if (in->has_tl0picidx && e->tl0s && in->temporal == 0)
		(void)seqmap_drop(&e->tl0, tl0_of(e, in), &ignored);
	return seqmap_drop(&e->seq, in->seq, fill) == SEQMAP_HOLE;
}

bool rewrite_give_up(struct rewrite *r, uint32_t generation, uint64_t seq, uint64_t *fill)
{
	struct rewrite_in in = { .generation = generation, .seq = seq };
	return rewrite_drop(r, &in, fill);
}

uint64_t rewrite_insert(struct rewrite *r)
{
	end_epoch(r);
	r->unfinished = false;
	return r->next_seq++;
}

static const struct rewrite_epoch *epoch_of_out(const struct rewrite *r, uint64_t out)
{
	for (unsigned i = 0; r->epochs && i < REWRITE_EPOCHS; i++) {
		const struct rewrite_epoch *e = &r->epochs[nth(r, i)];
		uint64_t end = runs(r, e) ? r->next_seq : e->end;
		if (e->used && out + (e->hole ? 1 : 0) >= e->begin && out < end)
			return e;
	}
	return NULL;
}

static bool is_forgotten(const struct rewrite *r, uint64_t out)
{
	return r->epochs && out >= r->first && out < r->next_seq && r->next_seq - out <= REWRITE_FORGOTTEN;
}

void rewrite_find(const struct rewrite *r, uint16_t out, struct rewrite_found *found)
{
	static const enum rewrite_kind kinds[] = {
		[SEQMAP_HOLE] = REWRITE_HOLE, [SEQMAP_TAKEN] = REWRITE_PACKET, [SEQMAP_FILLED] = REWRITE_PADDING
	};
	*found = (struct rewrite_found){ .kind = REWRITE_NEVER, .out = seq_extend(r->next_seq, out, 16) };
	const struct rewrite_epoch *e = epoch_of_out(r, found->out);
	if (!e) {
		found->kind = is_forgotten(r, found->out) ? REWRITE_PADDING : REWRITE_NEVER;
		return;
	}
	if (found->out < e->begin) {
		found->kind = e->hole_filled ? REWRITE_PADDING : REWRITE_HOLE;
		return;
	}
	if (!seqmap_in(&e->seq, found->out, &found->in))
		return;
	found->kind = kinds[seqmap_state(&e->seq, found->in)];
	found->current = runs(r, e);
	found->generation = e->generation;
}

bool rewrite_fill(struct rewrite *r, uint64_t out)
{
	uint64_t in, same;
	struct rewrite_epoch *e = epoch_mut(r, epoch_of_out(r, out));
	if (!e)
		return false;
	if (out < e->begin) {
		bool fresh = !e->hole_filled;
		e->hole_filled = true;
		return fresh;
	}
	return seqmap_in(&e->seq, out, &in) && seqmap_drop(&e->seq, in, &same) == SEQMAP_HOLE;
}

bool rewrite_again(const struct rewrite *r, const struct rewrite_in *in, struct rewrite_out *out)
{
	enum rewrite_verdict why;
	uint64_t number;
	*out = (struct rewrite_out){ 0 };
	const struct rewrite_epoch *e = epoch_of(r, in->generation, in->seq, &why);
	if (!e || seqmap_state(&e->seq, in->seq) != SEQMAP_TAKEN)
		return false;
	if (in->has_picture_id) {
		if (!e->pictures || !seqmap_out(&e->picture, picture_of(e, in), &number))
			return false;
		out->picture_id = (uint16_t)(number & 0x7fff);
	}
	if (in->has_tl0picidx)
		out->tl0picidx = e->tl0s && seqmap_out(&e->tl0, tl0_of(e, in), &number) ? (uint8_t)number : 0;
	return seqmap_out(&e->seq, in->seq, &out->seq);
}
