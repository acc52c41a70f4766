#include "wire/rtpext.h"

#define ONE_BYTE_ID_MAX 14
#define ONE_BYTE_DATA_MAX 16
#define TWO_BYTE_MASK 0xFFF0 /* the low 4 bits are appbits */

struct rtpext_iter rtpext_iter_of(const struct rtp *rtp)
{
	bool two_byte = (rtp->ext_profile & TWO_BYTE_MASK) == RTPEXT_TWO_BYTE;
	bool known = rtp->has_ext && (two_byte || rtp->ext_profile == RTPEXT_ONE_BYTE);
	return (struct rtpext_iter){ reader_of(known ? rtp->ext : bytes_of(NULL, 0)), two_byte };
}

/* Nothing more comes out of this block. */
static bool stop(struct rtpext_iter *it, struct rtpext *out)
{
	it->r.p = it->r.end;
	*out = (struct rtpext){ 0 };
	return false;
}

bool rtpext_next(struct rtpext_iter *it, struct rtpext *out)
{
	struct reader *r = &it->r;
	while (reader_left(r) > 0) {
		uint8_t head = reader_u8(r);
		size_t n;
		if (head == 0)
			continue; /* padding */
		if (it->two_byte) {
			out->id = head;
			n = reader_u8(r);
		} else {
			out->id = head >> 4;
			n = (head & 15) + 1U;
			/* RFC 8285 4.2: with 15, or 0 that has a length, processing of the whole block ends */
			if (out->id == 0 || out->id > ONE_BYTE_ID_MAX)
				return stop(it, out);
		}
		out->data = reader_bytes(r, n);
		return !r->failed || stop(it, out);
	}
	return stop(it, out);
}

bool rtpext_find(const struct rtp *rtp, uint8_t id, struct bytes *data)
{
	struct rtpext_iter it = rtpext_iter_of(rtp);
	struct rtpext e;
	*data = (struct bytes){ NULL, 0 };
	while (id && rtpext_next(&it, &e)) {
		if (e.id == id) {
			*data = e.data;
			return true;
		}
	}
	return false;
}

bool rtpext_text(const struct rtp *rtp, uint8_t id, char text[RID_MAX + 1])
{
	struct bytes data;
	memset(text, 0, RID_MAX + 1);
	if (!rtpext_find(rtp, id, &data) || data.n < 1 || data.n > RID_MAX)
		return false;
	for (size_t i = 0; i < data.n; i++)
		if (data.p[i] <= ' ' || data.p[i] > '~')
			return false;
	memcpy(text, data.p, data.n);
	return true;
}

/* The element as a number, when it has at least `n` bytes: those in front. */
static bool number(const struct rtp *rtp, uint8_t id, size_t n, uint32_t *value)
{
	struct bytes data;
	*value = 0;
	if (!rtpext_find(rtp, id, &data) || data.n < n)
		return false;
	struct reader r = reader_of(data);
	*value = (uint32_t)reader_be(&r, n);
	return true;
}

bool rtpext_twcc(const struct rtp *rtp, uint8_t id, uint16_t *seq)
{
	uint32_t value;
	bool found = number(rtp, id, 2, &value);
	*seq = (uint16_t)value;
	return found;
}

bool rtpext_audio_level(const struct rtp *rtp, uint8_t id, uint8_t *level, bool *voice)
{
	uint32_t value;
	bool found = number(rtp, id, 1, &value);
	*level = found ? value & 127 : RTPEXT_SILENCE;
	*voice = value >> 7;
	return found;
}

bool rtpext_abs_send_time(const struct rtp *rtp, uint8_t id, uint32_t *time24)
{
	return number(rtp, id, 3, time24);
}

uint16_t rtpext_form(uint8_t greatest_id)
{
	return greatest_id > ONE_BYTE_ID_MAX ? RTPEXT_TWO_BYTE : RTPEXT_ONE_BYTE;
}

void rtpext_write(struct writer *w, uint16_t form, uint8_t id, struct bytes data)
{
	if (id == 0)
		return;
	if (form == RTPEXT_TWO_BYTE && data.n <= UINT8_MAX) {
		writer_u8(w, id);
		writer_u8(w, (uint8_t)data.n);
	} else if (form == RTPEXT_ONE_BYTE && id <= ONE_BYTE_ID_MAX && data.n >= 1 && data.n <= ONE_BYTE_DATA_MAX) {
		writer_u8(w, (uint8_t)(id << 4 | (data.n - 1)));
	} else {
		w->failed = true;
	}
	writer_bytes(w, data);
}

void rtpext_write_mid(struct writer *w, uint16_t form, uint8_t id, const char *mid)
{
	rtpext_write(w, form, id, bytes_of(mid, strlen(mid)));
}

static void write_number(struct writer *w, uint16_t form, uint8_t id, uint32_t value, size_t n)
{
	uint8_t data[4];
	struct writer v = writer_of(data, sizeof data);
	writer_be(&v, value, n);
	rtpext_write(w, form, id, writer_done(&v));
}

void rtpext_write_twcc(struct writer *w, uint16_t form, uint8_t id, uint16_t seq)
{
	write_number(w, form, id, seq, 2);
}

void rtpext_write_abs_send_time(struct writer *w, uint16_t form, uint8_t id, usec at)
{
	uint64_t in_64_s = (uint64_t)at % (64 * (uint64_t)USEC_S);
	write_number(w, form, id, (uint32_t)((in_64_s << 18) / (uint64_t)USEC_S), 3);
}

void rtpext_write_audio_level(struct writer *w, uint16_t form, uint8_t id, uint8_t level, bool voice)
{
	write_number(w, form, id, (uint32_t)voice << 7 | (level & 127U), 1);
}
