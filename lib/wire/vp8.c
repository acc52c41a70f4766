#include "wire/vp8.h"

#define KEYFRAME_HEAD_BYTES 10 /* frame tag, start code, width, height (RFC 7741 4.3, RFC 6386 9.1) */

static void read_extension(struct reader *r, struct vp8 *v)
{
	uint8_t flags = reader_u8(r);
	v->has_picture_id = flags >> 7 & 1;
	v->has_tl0picidx = flags >> 6 & 1;
	v->has_tid = flags >> 5 & 1;
	v->has_keyidx = flags >> 4 & 1;
	if (v->has_picture_id) {
		uint8_t first = reader_u8(r);
		v->long_id = first >> 7;
		v->picture_id = first & 127;
		if (v->long_id)
			v->picture_id = (uint16_t)(v->picture_id << 8 | reader_u8(r));
	}
	if (v->has_tl0picidx)
		v->tl0picidx = reader_u8(r);
	if (v->has_tid || v->has_keyidx) {
		uint8_t layer = reader_u8(r);
		if (v->has_tid) {
			v->tid = layer >> 6;
			v->layer_sync = layer >> 5 & 1;
		}
		if (v->has_keyidx)
			v->keyidx = layer & 31;
	}
}

static enum err read_keyframe(struct vp8 *v)
{
	static const uint8_t start_code[3] = { 0x9d, 0x01, 0x2a };
	if (v->payload.n < KEYFRAME_HEAD_BYTES)
		return ERR_OK;
	const uint8_t *p = v->payload.p;
	if (memcmp(p + 3, start_code, sizeof start_code) != 0)
		return ERR_FORMAT;
	v->width = (uint16_t)((p[7] << 8 | p[6]) & 0x3fff); /* little-endian, above them 2 bits of scale */
	v->height = (uint16_t)((p[9] << 8 | p[8]) & 0x3fff);
	return ERR_OK;
}

static enum err read_all(struct bytes payload, struct vp8 *v)
{
	struct reader r = reader_of(payload);
	uint8_t first = reader_u8(&r);
	v->non_reference = first >> 5 & 1;
	v->start = first >> 4 & 1;
	v->partition = first & 7;
	if (first >> 7)
		read_extension(&r, v);
	if (r.failed || reader_left(&r) == 0)
		return ERR_SHORT;
	v->descriptor = (uint8_t)(payload.n - reader_left(&r));
	v->payload = reader_bytes(&r, reader_left(&r));
	v->frame_start = v->start && v->partition == 0;
	v->keyframe = v->frame_start && !(v->payload.p[0] & 1);
	return v->keyframe ? read_keyframe(v) : ERR_OK;
}

enum err vp8_parse(struct bytes payload, struct vp8 *out)
{
	*out = (struct vp8){ 0 };
	enum err err = read_all(payload, out);
	if (err)
		*out = (struct vp8){ 0 };
	return err;
}

void vp8_write(struct writer *w, const struct vp8 *v)
{
	if (v->partition > 7 || v->picture_id > 0x7fff || v->tid > 3 || (v->has_keyidx && v->keyidx > 31)) {
		w->failed = true;
		return;
	}
	writer_u8(w, (uint8_t)(0x80 | v->non_reference << 5 | v->start << 4 | v->partition));
	writer_u8(w, (uint8_t)(0xe0 | v->has_keyidx << 4));
	writer_u16(w, 0x8000 | v->picture_id);
	writer_u8(w, v->tl0picidx);
	writer_u8(w, (uint8_t)(v->tid << 6 | v->layer_sync << 5 | (v->has_keyidx ? v->keyidx : 0)));
}
