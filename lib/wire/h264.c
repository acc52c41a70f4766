#include "wire/h264.h"
#include "base/bits.h"

#define SIDE_MAX 8192	  /* pixels; an SPS that tells more is not believed */
#define SPS_BYTES_MAX 128 /* of one we read; the picture's size stands before any VUI */
#define CYCLE_FRAMES_MAX 255

enum { SLICE = 1, IDR = 5, SEI = 6, SPS = 7, PPS = 8, DELIMITER = 9, SINGLE_MAX = 23, STAP_A = 24, FU_A = 28 };

/* Takes the emulation prevention bytes out (H.264 7.4.1): 00 00 03 -> 00 00. */
static struct bytes unescape(struct bytes from, uint8_t to[SPS_BYTES_MAX])
{
	size_t n = 0;
	unsigned zeros = 0;
	for (size_t i = 0; i < from.n && n < SPS_BYTES_MAX; i++) {
		if (zeros >= 2 && from.p[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = from.p[i] ? 0 : zeros + 1;
		to[n++] = from.p[i];
	}
	return bytes_of(to, n);
}

/* Chroma and depth of the high profiles. False: a scaling matrix, which is not read. */
static bool read_chroma(struct bits *b, uint8_t profile, uint32_t *chroma)
{
	static const uint8_t high[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135 };
	*chroma = 1;
	if (!memchr(high, profile, sizeof high))
		return true;
	*chroma = bits_ue(b);
	if (*chroma == 3 && bits_get(b, 1))
		*chroma = 0; /* separate planes are cropped like monochrome */
	(void)bits_ue(b);
	(void)bits_ue(b);
	(void)bits_get(b, 1);
	return bits_get(b, 1) == 0;
}

static void skip_picture_order(struct bits *b)
{
	uint32_t type = bits_ue(b);
	if (type == 0) {
		(void)bits_ue(b);
	} else if (type == 1) {
		(void)bits_get(b, 1);
		(void)bits_se(b);
		(void)bits_se(b);
		uint32_t n = bits_ue(b);
		for (uint32_t i = 0; i < n && n <= CYCLE_FRAMES_MAX && !b->failed; i++)
			(void)bits_se(b);
		b->failed |= n > CYCLE_FRAMES_MAX;
	}
}

/* H.264 7.3.2.1.1 as far as the size. `sps` without its NAL header. */
static void read_size(struct bytes sps, struct h264 *out)
{
	uint8_t raw[SPS_BYTES_MAX];
	struct bits b = bits_of(unescape(sps, raw));
	uint32_t chroma;
	uint8_t profile = (uint8_t)bits_get(&b, 8);
	(void)bits_get(&b, 16); /* constraints, level */
	(void)bits_ue(&b);	/* id */
	if (!read_chroma(&b, profile, &chroma))
		return;
	(void)bits_ue(&b); /* bits of frame_num */
	skip_picture_order(&b);
	(void)bits_ue(&b);     /* reference frames */
	(void)bits_get(&b, 1); /* gaps allowed */
	uint64_t width = ((uint64_t)bits_ue(&b) + 1) * 16;
	uint64_t height = ((uint64_t)bits_ue(&b) + 1) * 16;
	bool fields = !bits_get(&b, 1);
	if (fields)
		(void)bits_get(&b, 1);
	height <<= fields;
	(void)bits_get(&b, 1); /* direct 8x8 */
	if (bits_get(&b, 1)) {
		uint64_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
		uint64_t unit_y = (chroma == 1 ? 2U : 1U) << fields;
		uint64_t left_right = (uint64_t)bits_ue(&b) + bits_ue(&b);
		uint64_t top_bottom = (uint64_t)bits_ue(&b) + bits_ue(&b);
		width -= left_right * unit_x;
		height -= top_bottom * unit_y; /* more than there is wraps to a number that is not believed */
	}
	if (b.failed || chroma > 3 || width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX)
		return;
	out->width = (uint16_t)width;
	out->height = (uint16_t)height;
}

/* A unit whose beginning is here. `body` stands behind its header. */
static enum err unit_begins(uint8_t type, struct bytes body, struct h264 *out)
{
	if (type == 0 || type > SINGLE_MAX)
		return ERR_FORMAT;
	if (!out->nal)
		out->nal = type;
	if (type >= SLICE && type <= IDR) /* first_mb_in_slice is 0: its code is the single bit 1 */
		out->frame_start |= (type == SLICE || type == 2 || type == IDR) && body.n && body.p[0] >> 7;
	else
		out->frame_start |= type == SEI || type == SPS || type == PPS || type == DELIMITER;
	out->idr |= type == IDR;
	out->keyframe |= type == IDR || type == SPS;
	out->sps |= type == SPS;
	if (type == SPS)
		read_size(body, out);
	return ERR_OK;
}

static enum err read_aggregate(struct reader *r, struct h264 *out)
{
	do {
		struct bytes unit = reader_bytes(r, reader_u16(r));
		if (r->failed || unit.n == 0)
			return ERR_SHORT;
		if (unit.p[0] >> 7)
			return ERR_FORMAT;
		enum err err = unit_begins(unit.p[0] & 31, bytes_of(unit.p + 1, unit.n - 1), out);
		if (err)
			return err;
	} while (reader_left(r) > 0);
	return ERR_OK;
}

static enum err read_fragment(struct reader *r, struct h264 *out)
{
	uint8_t head = reader_u8(r), type = head & 31;
	bool start = head >> 7, end = head >> 6 & 1;
	if (r->failed || reader_left(r) == 0)
		return ERR_SHORT;
	if (start && end)
		return ERR_FORMAT; /* RFC 6184 5.8: a unit in one fragment is not a fragment */
	if (start)
		return unit_begins(type, reader_bytes(r, reader_left(r)), out);
	if (type == 0 || type > SINGLE_MAX)
		return ERR_FORMAT;
	out->nal = type;
	out->idr = type == IDR;
	return ERR_OK;
}

static enum err read_all(struct bytes payload, struct h264 *out)
{
	struct reader r = reader_of(payload);
	uint8_t head = reader_u8(&r), type = head & 31;
	if (r.failed)
		return ERR_SHORT;
	if (head >> 7)
		return ERR_FORMAT;
	if (type == STAP_A)
		return read_aggregate(&r, out);
	if (type == FU_A)
		return read_fragment(&r, out);
	return unit_begins(type, reader_bytes(&r, reader_left(&r)), out);
}

enum err h264_parse(struct bytes payload, struct h264 *out)
{
	*out = (struct h264){ 0 };
	enum err err = read_all(payload, out);
	if (err)
		*out = (struct h264){ 0 };
	return err;
}
