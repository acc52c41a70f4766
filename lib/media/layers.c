#include "media/layers.h"
#include "base/seq.h"

#define ASSUMED_X10 300 /* frames/s x 10 before they are measured */
#define ASSUMED_HEIGHT 180

static void begin(struct layers_layer *a, usec now)
{
	a->since = now;
	a->bytes = 0;
	a->temporal_seen = 0;
	for (unsigned t = 0; t < LAYERS_TEMPORAL; t++)
		a->frames[t] = 0;
}

void layers_init(struct layers *l, uint8_t n, bool temporal, usec silence)
{
	*l = (struct layers){ .n = n < 1 ? 1 : n > RIDS_MAX ? RIDS_MAX : n, .temporal = temporal, .silence = silence };
	for (unsigned i = 0; i < RIDS_MAX; i++)
		l->layer[i].last = USEC_NEVER;
}

/* A full second (or more, where packets are rare) is over. */
static void measure(struct layers_layer *a, usec now)
{
	usec span = now - a->since;
	uint64_t frames = 0;
	for (unsigned t = 0; t < LAYERS_TEMPORAL; t++) {
		frames += a->frames[t];
		a->fps_x10[t] = (uint16_t)(frames * 10 * USEC_S / (uint64_t)span);
	}
	a->rate = (bps)((uint64_t)a->bytes * 8 * USEC_S / (uint64_t)span);
	a->temporal_max = a->temporal_seen;
	begin(a, now);
}

void layers_on_packet(struct layers *l, const struct recv_meta *meta, size_t bytes, usec now)
{
	if (meta->layer >= l->n)
		return;
	struct layers_layer *a = &l->layer[meta->layer];
	uint8_t temporal = meta->temporal < LAYERS_TEMPORAL ? meta->temporal : LAYERS_TEMPORAL - 1;
	bool first = a->last == USEC_NEVER;
	if (first || now - a->last >= l->silence) {
		begin(a, now);
		l->changes++;
	} else if (now - a->since >= USEC_S) {
		measure(a, now);
	}
	a->bytes += (uint32_t)bytes;
	if (first || seq32_diff(meta->timestamp, a->newest) > 0) {
		a->newest = meta->timestamp;
		a->frames[temporal]++;
	}
	if (temporal > a->temporal_seen)
		a->temporal_seen = temporal;
	if (temporal > a->temporal_max)
		a->temporal_max = temporal;
	a->last = now;
}

void layers_on_size(struct layers *l, uint8_t layer, uint16_t width, uint16_t height)
{
	if (layer >= l->n)
		return;
	l->changes += l->layer[layer].height != height;
	l->layer[layer].width = width;
	l->layer[layer].height = height;
}

void layers_on_stopped(struct layers *l, uint8_t layer)
{
	if (layer >= l->n)
		return;
	l->layer[layer].last = USEC_NEVER;
	l->changes++;
}

bool layers_alive(const struct layers *l, uint8_t layer, usec now)
{
	return layer < l->n && l->layer[layer].last != USEC_NEVER && now - l->layer[layer].last < l->silence;
}

unsigned layers_height(const struct layers *l, uint8_t layer)
{
	if (l->layer[layer].height)
		return l->layer[layer].height;
	for (unsigned i = 0; i < l->n; i++) {
		unsigned known = l->layer[i].height;
		if (known)
			return i < layer ? known << (layer - i) : known >> (i - layer);
	}
	return ASSUMED_HEIGHT << layer;
}

unsigned layers_fps_x10(const struct layers *l, uint8_t layer, uint8_t temporal)
{
	const struct layers_layer *a = &l->layer[layer];
	if (temporal >= LAYERS_TEMPORAL)
		temporal = LAYERS_TEMPORAL - 1;
	if (a->fps_x10[LAYERS_TEMPORAL - 1])
		return a->fps_x10[temporal];
	unsigned top = a->temporal_max ? a->temporal_max : l->temporal ? 2 : 0;
	return temporal >= top ? ASSUMED_X10 : ASSUMED_X10 >> (top - temporal);
}

void layers_deadline(const struct layers *l, usec now, usec *next)
{
	for (uint8_t i = 0; i < l->n; i++)
		if (layers_alive(l, i, now))
			usec_lower(next, l->layer[i].last + l->silence);
}
