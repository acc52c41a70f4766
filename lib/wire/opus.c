#include "wire/opus.h"

#define SAMPLES_MAX 5760 /* 120 ms, RFC 6716 R5 */

/* RFC 6716 table 2: SILK 10–60 ms, hybrid 10 and 20 ms, CELT 2.5–20 ms. */
static uint16_t frame_samples(uint8_t toc)
{
	static const uint16_t silk[4] = { 480, 960, 1920, 2880 }, celt[4] = { 120, 240, 480, 960 };
	uint8_t config = toc >> 3;
	if (config < 12)
		return silk[config & 3];
	if (config < 16)
		return silk[config & 1];
	return celt[config & 3];
}

enum err opus_parse(struct bytes payload, struct opus *out)
{
	*out = (struct opus){ 0 };
	struct reader r = reader_of(payload);
	uint8_t toc = reader_u8(&r), code = toc & 3;
	uint8_t frames = code == 0 ? 1 : 2;
	if (code == 3)
		frames = reader_u8(&r) & 63;
	if (r.failed)
		return ERR_SHORT;
	unsigned samples = (unsigned)frames * frame_samples(toc);
	if (frames == 0 || samples > SAMPLES_MAX)
		return ERR_FORMAT;
	out->toc = toc;
	out->stereo = toc >> 2 & 1;
	out->frames = frames;
	out->frame_samples = frame_samples(toc);
	out->samples = (uint16_t)samples;
	out->empty = payload.n == 1;
	out->dtx = payload.n <= 2;
	return ERR_OK;
}
