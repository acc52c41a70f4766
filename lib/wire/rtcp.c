#include "wire/rtcp.h"

#define VERSION 2
#define HEADER_BYTES 4
#define INFO_BYTES 20
#define FIR_BYTES 8
#define NACK_BYTES 4
#define REMB_NAME 0x52454D42u /* "REMB" */
#define REMB_EXPONENT_MAX 46  /* 18 bits of mantissa times 2^46 fill 64 bits */
#define COUNT_MAX 31
#define CNAME_ITEM 1

#define BLOCK_RRTR 4
#define BLOCK_DLRR 5
#define DLRR_WORDS 3

enum { TYPE_SR = 200, TYPE_RR, TYPE_SDES, TYPE_BYE, TYPE_APP, TYPE_RTPFB, TYPE_PSFB, TYPE_XR };
enum { FMT_NACK = 1, FMT_PLI = 1, FMT_FIR = 4, FMT_AFB = 15 };
#define ANY_COUNT 255

/* One packet's frame: its count byte, type, and body of whole words. */
static enum err read_frame(struct reader *r, uint8_t *first, uint8_t *type, struct bytes *body)
{
	*first = reader_u8(r);
	*type = reader_u8(r);
	*body = reader_bytes(r, (size_t)reader_u16(r) * 4);
	if (r->failed)
		return ERR_SHORT;
	if (*first >> 6 != VERSION)
		return ERR_FORMAT;
	if (!(*first >> 5 & 1))
		return ERR_OK;
	uint8_t padding = body->n ? body->p[body->n - 1] : 0;
	/* RFC 3550 pads the last packet alone, and by whole words; libwebrtc fills its transport feedback up to a word
	 * with 1 to 3 bytes that count as padding, wherever it stands in the compound. */
	if (padding == 0 || padding > body->n)
		return ERR_FORMAT;
	body->n -= padding;
	return ERR_OK;
}

enum err rtcp_parse(struct bytes datagram, struct rtcp_iter *it)
{
	struct reader r = reader_of(datagram);
	*it = (struct rtcp_iter){ reader_of(bytes_of(NULL, 0)) };
	do {
		uint8_t first, type;
		struct bytes body;
		enum err err = read_frame(&r, &first, &type, &body);
		if (err)
			return err;
	} while (reader_left(&r) > 0);
	it->r = reader_of(datagram);
	return ERR_OK;
}

/* The next `n` bytes as the item's list. */
static bool take_list(struct rtcp_item *item, struct reader *r, size_t n)
{
	item->list = reader_of(reader_bytes(r, n));
	return !r->failed;
}

static bool read_rr(struct rtcp_item *item, struct reader *r)
{
	item->sender = reader_u32(r);
	return take_list(item, r, (size_t)item->count * RTCP_REPORT_BYTES);
}

static bool read_sr(struct rtcp_item *item, struct reader *r)
{
	item->sender = reader_u32(r);
	item->info.ntp = reader_u64(r);
	item->info.timestamp = reader_u32(r);
	item->info.packets = reader_u32(r);
	item->info.octets = reader_u32(r);
	return take_list(item, r, (size_t)item->count * RTCP_REPORT_BYTES);
}

/* One SDES chunk: SSRC, items, a zero, zeros up to the next word of the packet (RFC 3550 6.5). */
static bool read_chunk(struct reader *r, uint32_t *ssrc, struct bytes *cname)
{
	*ssrc = reader_u32(r);
	*cname = (struct bytes){ NULL, 0 };
	size_t items = 0;
	for (uint8_t type = reader_u8(r); type && !r->failed; type = reader_u8(r)) {
		uint8_t n = reader_u8(r);
		struct bytes text = reader_bytes(r, n);
		items += 2U + n;
		if (type == CNAME_ITEM && !cname->p)
			*cname = text;
	}
	reader_skip(r, 3 - items % 4);
	return !r->failed;
}

static bool read_sdes(struct rtcp_item *item, struct reader *r)
{
	const uint8_t *begin = r->p;
	uint32_t ssrc;
	struct bytes cname;
	for (uint8_t i = 0; i < item->count; i++)
		if (!read_chunk(r, &ssrc, &cname))
			return false;
	item->list = reader_of(bytes_of(begin, (size_t)(r->p - begin)));
	return true;
}

static bool read_bye(struct rtcp_item *item, struct reader *r)
{
	return take_list(item, r, (size_t)item->count * 4);
}

static bool read_feedback(struct rtcp_item *item, struct reader *r)
{
	item->sender = reader_u32(r);
	item->media = reader_u32(r);
	return !r->failed;
}

/* Feedback whose list is at least one entry of `each` bytes and nothing else. */
static bool read_entries(struct rtcp_item *item, struct reader *r, size_t each)
{
	size_t n = read_feedback(item, r) ? reader_left(r) : 0;
	return n > 0 && n % each == 0 && take_list(item, r, n);
}

static bool read_nack(struct rtcp_item *item, struct reader *r)
{
	return read_entries(item, r, NACK_BYTES);
}

static bool read_fir(struct rtcp_item *item, struct reader *r)
{
	return read_entries(item, r, FIR_BYTES);
}

static bool read_application(struct rtcp_item *item, struct reader *r)
{
	if (!read_feedback(item, r))
		return false;
	struct reader peek = *r;
	if (reader_u32(&peek) != REMB_NAME) {
		item->kind = RTCP_OTHER;
		return true;
	}
	reader_skip(r, 4);
	uint8_t n = reader_u8(r);
	uint32_t rate = reader_u24(r), mantissa = rate & 0x3ffff, exponent = rate >> 18;
	if (exponent > REMB_EXPONENT_MAX && mantissa)
		return false;
	item->remb_bps = mantissa ? (uint64_t)mantissa << exponent : 0;
	return take_list(item, r, (size_t)n * 4);
}

/* Blocks one after the other, each with its length in words. */
static bool read_xr(struct rtcp_item *item, struct reader *r)
{
	item->sender = reader_u32(r);
	struct reader blocks = *r;
	while (reader_left(&blocks) && !blocks.failed) {
		uint8_t type = reader_u8(&blocks);
		reader_skip(&blocks, 1);
		uint16_t words = reader_u16(&blocks);
		reader_skip(&blocks, (size_t)words * 4);
		if (type == BLOCK_DLRR && words % DLRR_WORDS)
			return false;
	}
	return !blocks.failed && take_list(item, r, reader_left(r));
}

/* What is known here: by type, and by format where the type has formats. */
static const struct known {
	uint8_t type, count;
	enum rtcp_kind kind;
	bool (*read)(struct rtcp_item *item, struct reader *r);
} known[] = {
	{ TYPE_SR, ANY_COUNT, RTCP_SR, read_sr },
	{ TYPE_RR, ANY_COUNT, RTCP_RR, read_rr },
	{ TYPE_SDES, ANY_COUNT, RTCP_SDES, read_sdes },
	{ TYPE_BYE, ANY_COUNT, RTCP_BYE, read_bye },
	{ TYPE_RTPFB, FMT_NACK, RTCP_NACK, read_nack },
	{ TYPE_RTPFB, RTCP_FMT_TWCC, RTCP_TWCC, read_feedback },
	{ TYPE_PSFB, FMT_PLI, RTCP_PLI, read_feedback },
	{ TYPE_PSFB, FMT_FIR, RTCP_FIR, read_fir },
	{ TYPE_PSFB, FMT_AFB, RTCP_REMB, read_application },
	{ TYPE_XR, ANY_COUNT, RTCP_XR, read_xr },
};

bool rtcp_next(struct rtcp_iter *it, struct rtcp_item *item)
{
	uint8_t first, type;
	struct bytes body;
	*item = (struct rtcp_item){ .list = reader_of(bytes_of(NULL, 0)) };
	if (reader_left(&it->r) < HEADER_BYTES || read_frame(&it->r, &first, &type, &body))
		return false;
	const struct rtcp_item raw = { .type = type, .count = first & 31, .body = body, .list = item->list };
	*item = raw;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].type != type || (known[i].count != ANY_COUNT && known[i].count != raw.count))
			continue;
		struct reader r = reader_of(body);
		item->kind = known[i].kind;
		if (!known[i].read(item, &r)) {
			*item = raw;
			item->kind = RTCP_BROKEN;
		}
		break;
	}
	return true;
}

static bool list_left(const struct rtcp_item *item, enum rtcp_kind kind)
{
	return item->kind == kind && reader_left(&item->list) > 0;
}

bool rtcp_report_next(struct rtcp_item *item, struct rtcp_report *report)
{
	struct reader *r = &item->list;
	*report = (struct rtcp_report){ 0 };
	if (!list_left(item, RTCP_SR) && !list_left(item, RTCP_RR))
		return false;
	report->ssrc = reader_u32(r);
	report->fraction = reader_u8(r);
	report->lost = (int32_t)(reader_u24(r) << 8) >> 8;
	report->highest = reader_u32(r);
	report->jitter = reader_u32(r);
	report->lsr = reader_u32(r);
	report->dlsr = reader_u32(r);
	return true;
}

bool rtcp_nack_next(struct rtcp_item *item, uint16_t *seq)
{
	*seq = 0;
	if (item->kind == RTCP_NACK && item->nack_mask) {
		unsigned bit = (unsigned)__builtin_ctz(item->nack_mask);
		item->nack_mask &= (uint16_t)(item->nack_mask - 1);
		*seq = (uint16_t)(item->nack_seq + 1 + bit);
		return true;
	}
	if (!list_left(item, RTCP_NACK))
		return false;
	item->nack_seq = reader_u16(&item->list);
	item->nack_mask = reader_u16(&item->list);
	*seq = item->nack_seq;
	return true;
}

bool rtcp_fir_next(struct rtcp_item *item, struct rtcp_fir *fir)
{
	*fir = (struct rtcp_fir){ 0 };
	if (!list_left(item, RTCP_FIR))
		return false;
	fir->ssrc = reader_u32(&item->list);
	fir->seq = reader_u8(&item->list);
	reader_skip(&item->list, 3);
	return true;
}

static bool ssrc_next(struct rtcp_item *item, enum rtcp_kind kind, uint32_t *ssrc)
{
	bool left = list_left(item, kind);
	*ssrc = left ? reader_u32(&item->list) : 0;
	return left;
}

bool rtcp_remb_next(struct rtcp_item *item, uint32_t *ssrc)
{
	return ssrc_next(item, RTCP_REMB, ssrc);
}

bool rtcp_dlrr_next(struct rtcp_item *item, struct rtcp_dlrr *dlrr)
{
	*dlrr = (struct rtcp_dlrr){ 0 };
	while (!item->dlrrs && list_left(item, RTCP_XR)) {
		uint8_t type = reader_u8(&item->list);
		reader_skip(&item->list, 1);
		uint16_t words = reader_u16(&item->list);
		if (type == BLOCK_DLRR)
			item->dlrrs = words / DLRR_WORDS;
		else
			reader_skip(&item->list, (size_t)words * 4);
	}
	if (!item->dlrrs)
		return false;
	item->dlrrs--;
	dlrr->ssrc = reader_u32(&item->list);
	dlrr->lrr = reader_u32(&item->list);
	dlrr->dlrr = reader_u32(&item->list);
	return true;
}

bool rtcp_bye_next(struct rtcp_item *item, uint32_t *ssrc)
{
	return ssrc_next(item, RTCP_BYE, ssrc);
}

bool rtcp_cname_next(struct rtcp_item *item, uint32_t *ssrc, struct bytes *cname)
{
	while (list_left(item, RTCP_SDES)) {
		if (!read_chunk(&item->list, ssrc, cname))
			break;
		if (cname->p)
			return true;
	}
	*ssrc = 0;
	*cname = (struct bytes){ NULL, 0 };
	return false;
}

size_t rtcp_write_begin(struct writer *w, uint8_t type, uint8_t count)
{
	size_t begin = writer_len(w);
	if (count > COUNT_MAX)
		w->failed = true;
	writer_u8(w, (uint8_t)(VERSION << 6 | count));
	writer_u8(w, type);
	writer_u16(w, 0);
	return begin;
}

void rtcp_write_end(struct writer *w, size_t begin)
{
	size_t n = writer_len(w) - begin;
	if (w->failed || n < HEADER_BYTES || n % 4 || n / 4 - 1 > UINT16_MAX) {
		w->failed = true;
		return;
	}
	struct writer length = writer_of(w->start + begin + 2, 2);
	writer_u16(&length, (uint16_t)(n / 4 - 1));
}

static uint8_t count_of(struct writer *w, size_t n)
{
	if (n > COUNT_MAX)
		w->failed = true;
	return n > COUNT_MAX ? 0 : (uint8_t)n;
}

static void write_reports(struct writer *w, const struct rtcp_report *reports, size_t n)
{
	for (size_t i = 0; i < n && !w->failed; i++) {
		writer_u32(w, reports[i].ssrc);
		writer_u8(w, reports[i].fraction);
		int32_t lost = reports[i].lost;
		lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost; /* RFC 3550 A.3: it sticks */
		writer_u24(w, (uint32_t)lost & 0xffffff);
		writer_u32(w, reports[i].highest);
		writer_u32(w, reports[i].jitter);
		writer_u32(w, reports[i].lsr);
		writer_u32(w, reports[i].dlsr);
	}
}

void rtcp_write_sr(struct writer *w, uint32_t sender, const struct rtcp_info *info, const struct rtcp_report *reports,
		   size_t n)
{
	size_t begin = rtcp_write_begin(w, TYPE_SR, count_of(w, n));
	writer_u32(w, sender);
	writer_u64(w, info->ntp);
	writer_u32(w, info->timestamp);
	writer_u32(w, info->packets);
	writer_u32(w, info->octets);
	write_reports(w, reports, n);
	rtcp_write_end(w, begin);
}

void rtcp_write_rr(struct writer *w, uint32_t sender, const struct rtcp_report *reports, size_t n)
{
	size_t begin = rtcp_write_begin(w, TYPE_RR, count_of(w, n));
	writer_u32(w, sender);
	write_reports(w, reports, n);
	rtcp_write_end(w, begin);
}

void rtcp_write_cname(struct writer *w, uint32_t ssrc, struct bytes cname)
{
	size_t begin = rtcp_write_begin(w, TYPE_SDES, 1);
	if (cname.n > UINT8_MAX) {
		w->failed = true;
		return;
	}
	writer_u32(w, ssrc);
	writer_u8(w, CNAME_ITEM);
	writer_u8(w, (uint8_t)cname.n);
	writer_bytes(w, cname);
	writer_be(w, 0, 4 - (2 + cname.n) % 4); /* the zero that ends the chunk, and up to a word */
	rtcp_write_end(w, begin);
}

static void write_ssrcs(struct writer *w, const uint32_t *ssrcs, size_t n)
{
	for (size_t i = 0; i < n && !w->failed; i++)
		writer_u32(w, ssrcs[i]);
}

void rtcp_write_bye(struct writer *w, const uint32_t *ssrcs, size_t n)
{
	size_t begin = rtcp_write_begin(w, TYPE_BYE, count_of(w, n));
	write_ssrcs(w, ssrcs, n);
	rtcp_write_end(w, begin);
}

static size_t feedback_begin(struct writer *w, uint8_t type, uint8_t format, uint32_t sender, uint32_t media)
{
	size_t begin = rtcp_write_begin(w, type, format);
	writer_u32(w, sender);
	writer_u32(w, media);
	return begin;
}

void rtcp_write_nack(struct writer *w, uint32_t sender, uint32_t media, const uint16_t *seqs, size_t n)
{
	size_t begin = feedback_begin(w, TYPE_RTPFB, FMT_NACK, sender, media);
	w->failed |= n == 0;
	for (size_t i = 0; i < n && !w->failed;) {
		uint16_t first = seqs[i], mask = 0;
		for (i++; i < n; i++) {
			uint16_t distance = (uint16_t)(seqs[i] - first);
			if (distance > 16)
				break;
			if (distance > 0)
				mask |= (uint16_t)(1U << (distance - 1));
		}
		writer_u16(w, first);
		writer_u16(w, mask);
	}
	rtcp_write_end(w, begin);
}

void rtcp_write_pli(struct writer *w, uint32_t sender, uint32_t media)
{
	rtcp_write_end(w, feedback_begin(w, TYPE_PSFB, FMT_PLI, sender, media));
}

void rtcp_write_fir(struct writer *w, uint32_t sender, const struct rtcp_fir *firs, size_t n)
{
	size_t begin = feedback_begin(w, TYPE_PSFB, FMT_FIR, sender, 0);
	w->failed |= n == 0;
	for (size_t i = 0; i < n && !w->failed; i++) {
		writer_u32(w, firs[i].ssrc);
		writer_u8(w, firs[i].seq);
		writer_u24(w, 0);
	}
	rtcp_write_end(w, begin);
}

void rtcp_write_remb(struct writer *w, uint32_t sender, uint64_t rate_bps, const uint32_t *ssrcs, size_t n)
{
	size_t begin = feedback_begin(w, TYPE_PSFB, FMT_AFB, sender, 0);
	uint32_t exponent = 0;
	for (; rate_bps > 0x3ffff; rate_bps >>= 1)
		exponent++;
	if (n > UINT8_MAX)
		w->failed = true;
	writer_u32(w, REMB_NAME);
	writer_u8(w, (uint8_t)n);
	writer_u24(w, exponent << 18 | (uint32_t)rate_bps);
	write_ssrcs(w, ssrcs, n);
	rtcp_write_end(w, begin);
}

uint64_t rtcp_ntp_of(usec at)
{
	uint64_t us = (uint64_t)at, whole = us / (uint64_t)USEC_S, rest = us % (uint64_t)USEC_S;
	/* rounded up, so that the way back gives the same microsecond */
	return whole << 32 | ((rest << 32) + (uint64_t)USEC_S - 1) / (uint64_t)USEC_S;
}

usec rtcp_usec_of(uint64_t ntp)
{
	return (usec)((ntp >> 32) * (uint64_t)USEC_S + ((ntp & 0xffffffff) * (uint64_t)USEC_S >> 32));
}

/* An XR packet's header and that of its only block, of so many words. */
static size_t xr_begin(struct writer *w, uint32_t sender, uint8_t block, size_t words)
{
	size_t begin = rtcp_write_begin(w, TYPE_XR, 0);
	w->failed |= words > UINT16_MAX;
	writer_u32(w, sender);
	writer_u8(w, block);
	writer_u8(w, 0);
	writer_u16(w, (uint16_t)words);
	return begin;
}

void rtcp_write_rrtr(struct writer *w, uint32_t sender, uint64_t ntp)
{
	size_t begin = xr_begin(w, sender, BLOCK_RRTR, 2);
	writer_u64(w, ntp);
	rtcp_write_end(w, begin);
}

void rtcp_write_dlrr(struct writer *w, uint32_t sender, const struct rtcp_dlrr *dlrrs, size_t n)
{
	size_t begin = xr_begin(w, sender, BLOCK_DLRR, n * DLRR_WORDS);
	for (size_t i = 0; i < n && !w->failed; i++) {
		writer_u32(w, dlrrs[i].ssrc);
		writer_u32(w, dlrrs[i].lrr);
		writer_u32(w, dlrrs[i].dlrr);
	}
	rtcp_write_end(w, begin);
}
