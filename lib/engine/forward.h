/* A media packet's way out: from its source to all who take it. Read forward.c from the top down.
 *
 *   once a worker      loan (loan.h): to each whose viewers take it, where it goes on from learn (path.h)
 *   once a slot        decide -> map (rewrite, slotclock)            all packets of the wake-up, one viewer at a time
 *   once a departure   depart (depart.h): stamp -> seal -> outbox    as one run a viewer
 *
 * What a source sent in a wake-up is gathered and goes out together, in order. A drop is counted by its reason; nothing
 * here allocates. */
#pragma once
#include "base/usec.h"
#include <stdint.h>

struct engine;
struct source;
struct layer;
struct packet;

/* The packet waits for the end of the wake-up. Takes a reference of its own. */
void forward_gather(struct engine *e, struct source *source, struct packet *packet);
/* What was gathered goes to the viewers, voices first. */
void forward_all(struct engine *e, usec now);
/* What this source gathered goes at once: before what is told of its numbers. */
void forward_source(struct engine *e, struct source *source, usec now);
/* An input of the numbering that nobody will be sent: known dropped, told to every map. */
void forward_skip(struct engine *e, struct source *source, const struct layer *layer, uint64_t seq, usec now);
/* The source ends: what it gathered goes nowhere. */
void forward_on_closed(struct source *source);
