#include "engine/again.h"
#include "engine/core.h"
#include "engine/depart.h"
#include "engine/forward.h"
#include "engine/remote.h"
#include "engine/site.h"
#include "engine/transport.h"

static const struct layer *layer_of(const struct source *source, uint32_t generation)
{
	for (unsigned i = 0; source && i < source->layers.n; i++)
		if (source->layer[i].generation == generation)
			return &source->layer[i];
	return NULL;
}

/* Its number may still be filled by the source: it is asked for, or on its way. Another worker's source tells each
 * number that is given up, and is asked. */
static bool may_come(struct engine *e, struct source *source, const struct layer *layer,
		     const struct rewrite_found *found, usec now)
{
	if (!found->current || !layer)
		return false;
	if (site_is_here(e, source->site))
		return layer->stream && nack_waits(&layer->stream->nack, found->in);
	remote_ask_missing(e, source, (uint8_t)(layer - source->layer), found->in, now);
	return true;
}

void again_on_nack(struct engine *e, struct slot *s, uint16_t seq, usec now)
{
	struct rewrite_found found;
	if (s->kind == SLOT_AUDIO) {
		struct bytes sealed = s->sealed ? sealed_get(&e->sealed, s->sealed, seq, now) : bytes_of(NULL, 0);
		if (sealed.n)
			depart_sealed(e, s, sealed, now);
		return;
	}
	rewrite_find(&s->rewrite, seq, &found);
	if (found.kind == REWRITE_HOLE && s->source && s->source->fresh) { /* what fills it may be among these */
		forward_source(e, s->source, now);
		rewrite_find(&s->rewrite, seq, &found);
	}
	const struct layer *layer = layer_of(s->source, found.generation);
	bool hole = found.kind == REWRITE_HOLE;
	if (found.kind == REWRITE_NEVER || (hole && may_come(e, s->source, layer, &found, now)) ||
	    !send_on_nack(&s->send, seq, now))
		return;
	const struct packet *p = !hole && layer && layer->cache ? cache_get(layer->cache, found.in) : NULL;
	if (p && found.kind == REWRITE_PACKET)
		depart_again(e, s, p, &found, now);
	else if (!hole) /* was padding, or is not kept any more: nobody shall wait for it */
		depart_padding_again(e, s, found.out, now);
	else if (rewrite_fill(&s->rewrite, found.out))
		depart_padding(e, s, found.out, now);
}

void again_on_gone(struct engine *e, struct source *source, uint8_t layer, uint64_t seq, usec now)
{
	forward_source(e, source, now); /* else the number lies ahead of all mapped, and its hole closes untold */
	remote_tell_gone(e, source, layer, seq, false);
	list_each (it, &source->takers) {
		struct slot *s = list_item(it, struct slot, taker);
		uint64_t fill;
		if (s->kind == SLOT_AUDIO)
			continue; /* a listener conceals and goes on: there is nothing it waits for */
		if (rewrite_give_up(&s->rewrite, source->layer[layer].generation, seq, &fill))
			depart_padding(e, s, fill, now);
	}
}
