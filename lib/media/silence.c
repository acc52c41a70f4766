#include "media/silence.h"

#define HZ 48000

static void enter(struct silence *s, enum silence_state state)
{
	s->state = state;
	s->left = state == SILENCE_CLOSING ? SILENCE_FRAMES : 0;
}

/* Units of 48 kHz of one frame of a TOC byte's configuration. RFC 6716 table 2. */
static uint32_t frame_of(uint8_t toc)
{
	static const uint16_t silk[4] = { 480, 960, 1920, 2880 };
	static const uint16_t celt[4] = { 120, 240, 480, 960 };
	unsigned config = toc >> 3;
	if (config < 12)
		return silk[config & 3];
	return config < 16 ? silk[config & 1] : celt[config & 3];
}

/* Frames in the packet; 0: none, or more than 120 ms. RFC 6716 3.2. */
static uint32_t frames_of(struct bytes opus, uint32_t frame)
{
	uint32_t frames = 0;
	switch (opus.p[0] & 3) {
	case 0: frames = 1; break;
	case 1:
	case 2: frames = 2; break;
	default: frames = opus.n > 1 ? opus.p[1] & 0x3f : 0;
	}
	return frames * frame <= HZ / 1000 * 120 ? frames : 0;
}

static usec span(uint32_t units)
{
	return (usec)units * USEC_S / HZ;
}

void silence_init(struct silence *s)
{
	*s = (struct silence){ 0 };
	enter(s, SILENCE_EMPTY);
}

void silence_on_packet(struct silence *s, struct bytes opus, uint32_t timestamp, usec now)
{
	if (opus.n == 0)
		return;
	uint32_t frame = frame_of(opus.p[0]), frames = frames_of(opus, frame);
	if (frames == 0)
		return;
	s->toc = opus.p[0] & 0xfc;
	s->frame = frame;
	s->duration = frames * frame;
	s->timestamp = timestamp;
	s->at = now;
	enter(s, SILENCE_READY);
}

void silence_on_lost(struct silence *s, usec now)
{
	if (s->state != SILENCE_READY)
		return;
	usec since = now - s->at;
	uint32_t step = s->duration;
	if (since > span(step))
		step += (uint32_t)((since - span(step)) / span(s->frame)) * s->frame;
	s->timestamp += step;
	s->at = now;
	enter(s, SILENCE_CLOSING);
}

void silence_cancel(struct silence *s)
{
	enter(s, SILENCE_EMPTY);
}

bool silence_next(struct silence *s, usec now, struct silence_out *out)
{
	*out = (struct silence_out){ 0 };
	if (s->state != SILENCE_CLOSING || now < s->at)
		return false;
	*out = (struct silence_out){ .toc = s->toc, .timestamp = s->timestamp };
	s->timestamp += s->frame;
	s->at += span(s->frame);
	if (--s->left == 0)
		enter(s, SILENCE_EMPTY);
	return true;
}

void silence_deadline(const struct silence *s, usec *next)
{
	if (s->state == SILENCE_CLOSING)
		usec_lower(next, s->at);
}
