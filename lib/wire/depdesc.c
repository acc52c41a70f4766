#include "wire/depdesc.h"
#include "base/bits.h"

#define MANDATORY_BYTES 3

enum { SAME_LAYER, NEXT_TEMPORAL, NEXT_SPATIAL, NO_MORE };

/* template_layers() of A.8.2 */
static enum err read_layers(struct bits *b, struct depdesc_layers *layers)
{
	uint8_t spatial = 0, temporal = 0;
	layers->offset = (uint8_t)bits_get(b, 6);
	(void)bits_get(b, 5); /* decode targets */
	for (uint32_t next = SAME_LAYER; next != NO_MORE; layers->count++) {
		if (layers->count == DEPDESC_TEMPLATES_MAX)
			return ERR_LIMIT;
		layers->spatial[layers->count] = spatial;
		layers->temporal[layers->count] = temporal;
		next = bits_get(b, 2);
		if (b->failed)
			return ERR_SHORT;
		spatial += next == NEXT_SPATIAL;
		temporal = next == NEXT_SPATIAL ? 0 : temporal + (next == NEXT_TEMPORAL);
	}
	return ERR_OK;
}

enum err depdesc_parse(struct bytes element, struct depdesc *out, struct depdesc_layers *layers)
{
	struct bits b = bits_of(element);
	struct depdesc_layers fresh = { 0 };
	*out = (struct depdesc){ 0 };
	if (element.n < MANDATORY_BYTES)
		return ERR_SHORT;
	struct depdesc d = { .start = bits_get(&b, 1),
			     .end = bits_get(&b, 1),
			     .template_id = (uint8_t)bits_get(&b, 6),
			     .frame = (uint16_t)bits_get(&b, 16) };
	if (element.n > MANDATORY_BYTES) {
		d.has_structure = bits_get(&b, 1);
		(void)bits_get(&b, 4); /* what is present of decode targets, DTIs, differences, chains */
		enum err err = d.has_structure ? read_layers(&b, &fresh) : ERR_OK;
		if (err)
			return err;
		if (d.has_structure)
			*layers = fresh;
	}
	*out = d;
	return ERR_OK;
}

enum err depdesc_layer(const struct depdesc_layers *layers, const struct depdesc *d, uint8_t *spatial,
		       uint8_t *temporal)
{
	unsigned i = (d->template_id + 64U - layers->offset) % 64;
	*spatial = *temporal = 0;
	if (i >= layers->count)
		return ERR_MISSING;
	*spatial = layers->spatial[i];
	*temporal = layers->temporal[i];
	return ERR_OK;
}
