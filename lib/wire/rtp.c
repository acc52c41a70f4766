#include "wire/rtp.h"

#define VERSION 2

static void read_fixed(struct reader *r, struct rtp *out, bool *padding)
{
	uint8_t first = reader_u8(r), second = reader_u8(r);
	*padding = first >> 5 & 1;
	out->has_ext = first >> 4 & 1;
	out->n_csrcs = first & 15;
	out->marker = second >> 7;
	out->pt = second & 127;
	out->seq = reader_u16(r);
	out->timestamp = reader_u32(r);
	out->ssrc = reader_u32(r);
}

static enum err read_all(struct bytes packet, struct rtp *out)
{
	struct reader r = reader_of(packet);
	bool padding;
	if (packet.n > UINT16_MAX)
		return ERR_RANGE;
	if (packet.n < RTP_FIXED_BYTES)
		return ERR_SHORT;
	if (packet.p[0] >> 6 != VERSION)
		return ERR_FORMAT;
	read_fixed(&r, out, &padding);
	for (uint8_t i = 0; i < out->n_csrcs; i++)
		out->csrcs[i] = reader_u32(&r);
	if (out->has_ext) {
		out->ext_profile = reader_u16(&r);
		out->ext = reader_bytes(&r, (size_t)reader_u16(&r) * 4);
	}
	if (r.failed)
		return ERR_SHORT;
	size_t left = reader_left(&r);
	if (padding) {
		if (left == 0)
			return ERR_SHORT;
		out->padding = packet.p[packet.n - 1];
		if (out->padding == 0)
			return ERR_FORMAT;
		if (out->padding > left)
			return ERR_SHORT;
	}
	out->header = (uint16_t)(packet.n - left);
	out->payload = reader_bytes(&r, left - out->padding);
	return ERR_OK;
}

enum err rtp_parse(struct bytes packet, struct rtp *out)
{
	*out = (struct rtp){ 0 };
	enum err err = read_all(packet, out);
	if (err)
		*out = (struct rtp){ 0 };
	return err;
}

enum err rtp_rtx(const struct rtp *rtx, uint16_t *seq, struct bytes *payload)
{
	struct reader r = reader_of(rtx->payload);
	*seq = reader_u16(&r);
	*payload = reader_bytes(&r, reader_left(&r));
	return r.failed ? ERR_SHORT : ERR_OK;
}

void rtp_write(struct writer *w, const struct rtp_head *head)
{
	bool ext = head->ext.n > 0;
	size_t words = (head->ext.n + 3) / 4;
	if (head->n_csrcs > RTP_CSRCS_MAX || head->pt > 127 || words > UINT16_MAX) {
		w->failed = true;
		return;
	}
	uint8_t *p = writer_room(w, RTP_FIXED_BYTES);
	if (!p)
		return;
	p[0] = (uint8_t)(VERSION << 6 | head->padding << 5 | ext << 4 | head->n_csrcs);
	p[1] = (uint8_t)(head->marker << 7 | head->pt);
	bytes_put(p + 2, head->seq, 2);
	bytes_put(p + 4, head->timestamp, 4);
	bytes_put(p + 8, head->ssrc, 4);
	for (uint8_t i = 0; i < head->n_csrcs; i++)
		writer_u32(w, head->csrcs[i]);
	if (!ext)
		return;
	writer_u16(w, head->ext_profile);
	writer_u16(w, (uint16_t)words);
	writer_bytes(w, head->ext);
	writer_be(w, 0, words * 4 - head->ext.n);
}

void rtp_write_padding(struct writer *w, uint8_t n)
{
	uint8_t *p = n ? writer_room(w, n) : NULL;
	if (!p) {
		w->failed = true;
		return;
	}
	memset(p, 0, n);
	p[n - 1] = n;
}
