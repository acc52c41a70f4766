/* Buffers lent to other workers, and theirs lent to us: a packet crosses by reference, nobody copies its payload.
 *
 * Guarantee: of our pool another worker never holds more than its credit, a quarter (with more than two others, half is
 * shared out among them). What it cannot be lent is dropped for its viewers alone and counted (DROP_CREDIT), with all
 * that follows of that source, until an eighth of the credit is back; then the source begins anew there, with a
 * keyframe. Each buffer comes home exactly once: what the way back cannot take now waits here. References are counted
 * by each worker for itself. */
#pragma once
#include "base/err.h"
#include "base/usec.h"
#include "engine/link.h"

struct engine;
struct packet;
struct source;

/* ERR_NOMEM. */
must_check enum err loan_init(struct engine *e);
/* After everything that may hold a packet is gone. */
void loan_fini(struct engine *e);

/* Packets of our source, for the workers whose viewers take it. The references stay the caller's. */
void loan_give(struct engine *e, struct source *s, struct packet *const *packets, unsigned n);
void loan_on_packets(struct engine *e, uint32_t from, const struct link_packets *m, usec now);
void loan_on_back(struct engine *e, uint32_t from, const struct link_back *m);
/* So many of this packet's worker are here that no more are to be kept for those who ask again. */
bool loan_is_short(const struct engine *e, const struct packet *p);
/* Sends home what nobody here holds any more. */
void loan_flush(struct engine *e);
