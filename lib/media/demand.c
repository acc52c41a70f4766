#include "media/demand.h"

/* What a layer may cost, by the number of layers its source has. Frame rates of one camera's layers are left equal:
 * with unequal ones libwebrtc runs an encoder a layer, and one keyframe request no longer serves all. */
static const struct limits {
	bps max_bitrate[RIDS_MAX];
	uint8_t max_framerate;
} limits[][RIDS_MAX] = {
	[DEMAND_CAMERA] = {
		{ { 1500000 }, 0 },
		{ { 150000, 700000 }, 0 },
		{ { 150000, 500000, 1500000 }, 0 },
	},
	[DEMAND_SCREEN] = {
		{ { 1000000 }, 10 },
		{ { 250000, 1000000 }, 10 },
		{ { 100000, 250000, 1000000 }, 10 },
	},
	[DEMAND_AUDIO] = { { { 32000 }, 0 }, { { 32000, 32000 }, 0 }, { { 32000, 32000, 32000 }, 0 } },
	[DEMAND_AUDIO_LOW] = { { { 12000 }, 0 }, { { 12000, 12000 }, 0 }, { { 12000, 12000, 12000 }, 0 } },
};

void demand_init(struct demand *d, enum demand_kind kind, uint8_t n, usec now)
{
	*d = (struct demand){ .kind = kind, .n = n < 1 ? 1 : n > RIDS_MAX ? RIDS_MAX : n };
	if (kind == DEMAND_CAMERA || kind == DEMAND_AUDIO)
		d->active = (uint8_t)((1 << d->n) - 1);
	for (size_t i = 0; i < RIDS_MAX; i++)
		d->since[i] = d->active & 1 << i ? now : USEC_NEVER;
}

bool demand_decide(struct demand *d, uint8_t wanted, usec now)
{
	uint8_t before = d->active;
	d->wanted = wanted;
	for (size_t i = 0; i < d->n; i++) {
		uint8_t bit = (uint8_t)(1 << i);
		if (d->wanted & bit) {
			d->active |= bit;
			d->since[i] = USEC_NEVER;
		} else if (!(d->active & bit)) {
			continue;
		} else if (d->since[i] == USEC_NEVER) {
			d->since[i] = now;
		} else if (now - d->since[i] >= DEMAND_HOLD) {
			d->active &= (uint8_t)~bit;
			d->since[i] = USEC_NEVER;
		}
	}
	return d->active != before;
}

bool demand_on_deadline(struct demand *d, usec now)
{
	return demand_decide(d, d->wanted, now);
}

size_t demand_encodings(const struct demand *d, struct demand_encoding out[RIDS_MAX])
{
	const struct limits *l = &limits[d->kind][d->n - 1];
	for (size_t i = 0; i < RIDS_MAX; i++)
		out[i] = (struct demand_encoding){ d->active >> i & 1, l->max_bitrate[i], l->max_framerate };
	return d->n;
}

void demand_deadline(const struct demand *d, usec *next)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->since[i] != USEC_NEVER)
			usec_lower(next, d->since[i] + DEMAND_HOLD);
	}
}
