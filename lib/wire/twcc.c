#include "wire/twcc.h"

#define SYMBOL_LOST 0
#define SYMBOL_SMALL 1 /* delta of 8 bits, unsigned */
#define SYMBOL_LARGE 2 /* delta of 16 bits, signed */
#define SYMBOL_RESERVED 3
#define RUN_MAX 8191
#define ONE_BIT_SYMBOLS 14
#define TWO_BIT_SYMBOLS 7
#define FIXED_BYTES 20 /* header, sender, media, base, count, reference, number */
#define ROOM_LEAST 32
#define CHUNKS_MAX 1024
#define LIST_MAX 32767

/* How many statuses a chunk holds, and the i-th of them. */
static uint16_t chunk_size(uint16_t chunk)
{
	if (!(chunk >> 15))
		return chunk & RUN_MAX;
	return chunk >> 14 & 1 ? TWO_BIT_SYMBOLS : ONE_BIT_SYMBOLS;
}

static unsigned chunk_symbol(uint16_t chunk, unsigned i)
{
	if (!(chunk >> 15))
		return chunk >> 13 & 3;
	if (chunk >> 14 & 1)
		return chunk >> (2 * (TWO_BIT_SYMBOLS - 1 - i)) & 3;
	return chunk >> (ONE_BIT_SYMBOLS - 1 - i) & 1;
}

/* Bytes of deltas that the first n statuses of a chunk have. */
static enum err chunk_deltas(uint16_t chunk, uint16_t n, size_t *bytes)
{
	if (!(chunk >> 15)) {
		*bytes += (size_t)n * chunk_symbol(chunk, 0);
		return chunk_symbol(chunk, 0) == SYMBOL_RESERVED ? ERR_FORMAT : ERR_OK;
	}
	for (unsigned i = 0; i < n; i++) {
		if (chunk_symbol(chunk, i) == SYMBOL_RESERVED)
			return ERR_FORMAT;
		*bytes += chunk_symbol(chunk, i); /* a symbol is its delta's size */
	}
	return ERR_OK;
}

static enum err read_all(const struct rtcp_item *item, struct twcc *out)
{
	struct reader r = reader_of(item->body);
	out->sender = reader_u32(&r);
	out->media = reader_u32(&r);
	out->base = reader_u16(&r);
	out->count = reader_u16(&r);
	out->reference = (int32_t)(reader_u24(&r) << 8) >> 8;
	out->number = reader_u8(&r);
	if (r.failed)
		return ERR_SHORT;
	if (out->count == 0)
		return ERR_FORMAT;
	if (out->count > TWCC_STATUSES_MAX)
		return ERR_RANGE;
	const uint8_t *begin = r.p;
	size_t deltas = 0;
	for (uint16_t left = out->count; left > 0;) {
		uint16_t chunk = reader_u16(&r), n = chunk_size(chunk);
		if (r.failed)
			return ERR_SHORT;
		if (n > left)
			n = left;
		left -= n;
		enum err err = chunk_deltas(chunk, n, &deltas);
		if (err)
			return err;
	}
	out->chunks = bytes_of(begin, (size_t)(r.p - begin));
	out->deltas = reader_bytes(&r, deltas);
	return r.failed ? ERR_SHORT : ERR_OK;
}

enum err twcc_parse(const struct rtcp_item *item, struct twcc *out)
{
	*out = (struct twcc){ 0 };
	if (item->kind != RTCP_TWCC)
		return ERR_STATE;
	enum err err = read_all(item, out);
	if (err)
		*out = (struct twcc){ 0 };
	return err;
}

struct twcc_iter twcc_iter_of(const struct twcc *twcc)
{
	return (struct twcc_iter){ .chunks = reader_of(twcc->chunks),
				   .deltas = reader_of(twcc->deltas),
				   .seq = twcc->base,
				   .left = twcc->count,
				   .at = twcc->reference * (usec)TWCC_REFERENCE_USEC };
}

bool twcc_next(struct twcc_iter *it, struct twcc_status *out)
{
	*out = (struct twcc_status){ 0 };
	if (it->left == 0)
		return false;
	while (it->in_chunk == 0) { /* a run of no length is possible */
		if (reader_left(&it->chunks) == 0)
			return false;
		it->chunk = reader_u16(&it->chunks);
		it->in_chunk = chunk_size(it->chunk);
	}
	unsigned symbol = chunk_symbol(it->chunk, chunk_size(it->chunk) - it->in_chunk);
	it->in_chunk--;
	it->left--;
	out->seq = it->seq++;
	if (symbol == SYMBOL_SMALL)
		out->delta = reader_u8(&it->deltas) * (usec)TWCC_TICK_USEC;
	else if (symbol == SYMBOL_LARGE)
		out->delta = (int16_t)reader_u16(&it->deltas) * (usec)TWCC_TICK_USEC;
	it->at += out->delta;
	out->arrived = symbol != SYMBOL_LOST;
	out->at = out->arrived ? it->at : 0;
	return true;
}

/* What is to be written: arrivals in ticks of 250 µs, each delta counted from the rounded arrival before it, so that
 * rounding does not add up. */
struct list {
	const usec *arrivals;
	size_t n;
	int64_t last; /* tick of the last one that arrived before the place reached */
};

static int64_t tick_of(usec at)
{
	return at / TWCC_TICK_USEC;
}

static unsigned symbol_of(int64_t delta)
{
	return delta >= 0 && delta <= UINT8_MAX ? SYMBOL_SMALL : SYMBOL_LARGE;
}

/* The symbol of entry i, and the tick behind it. */
static unsigned list_symbol(const struct list *l, size_t i, int64_t *last)
{
	if (l->arrivals[i] == USEC_NEVER)
		return SYMBOL_LOST;
	int64_t delta = tick_of(l->arrivals[i]) - *last;
	*last += delta;
	return symbol_of(delta);
}

/* How far one packet reaches: to the last arrival whose delta, and all before it, can be written. */
static size_t list_end(const struct list *l)
{
	int64_t last = l->last;
	size_t end = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->arrivals[i] == USEC_NEVER)
			continue;
		int64_t delta = tick_of(l->arrivals[i]) - last;
		if (delta < INT16_MIN || delta > INT16_MAX)
			break;
		last += delta;
		end = i + 1;
	}
	return end;
}

/* A chunk in the making. */
struct piece {
	uint16_t chunk;
	size_t n;     /* entries it tells about */
	size_t bytes; /* of their deltas */
	bool cut;     /* not all it could have told fits: the packet ends with it */
};

/* How many entries from i on have the same symbol. */
static size_t run_length(const struct list *l, size_t i, int64_t last)
{
	unsigned first = list_symbol(l, i, &last);
	size_t n = 1;
	while (i + n < l->n && n < RUN_MAX && list_symbol(l, i + n, &last) == first)
		n++;
	return n;
}

/* The chunk that begins at entry i and has `room` bytes for its deltas: a run where it tells as much as a vector would,
 * else the widest vector that can hold what comes. */
static struct piece make_chunk(const struct list *l, size_t i, size_t room, int64_t last)
{
	unsigned symbols[ONE_BIT_SYMBOLS] = { 0 };
	size_t left = l->n - i, run = run_length(l, i, last), seen = 0;
	bool large = false;
	for (; seen < ONE_BIT_SYMBOLS && seen < left; seen++) {
		symbols[seen] = list_symbol(l, i + seen, &last);
		large |= symbols[seen] == SYMBOL_LARGE;
	}
	size_t width = large ? 2 : 1, most = large ? TWO_BIT_SYMBOLS : ONE_BIT_SYMBOLS;
	if (run == left || run >= most) {
		size_t n = symbols[0] && run > room / symbols[0] ? room / symbols[0] : run;
		return (struct piece){ (uint16_t)(symbols[0] << 13 | n), n, n * symbols[0], n < run };
	}
	struct piece p = { .chunk = large ? 0xC000 : 0x8000 };
	for (; p.n < most && p.n < seen; p.n++) {
		p.cut = p.bytes + symbols[p.n] > room;
		if (p.cut)
			break;
		p.chunk |= (uint16_t)(symbols[p.n] << (width * (most - 1 - p.n)));
		p.bytes += symbols[p.n];
	}
	return p;
}

static void write_deltas(struct writer *w, const struct list *l, size_t n)
{
	int64_t last = l->last;
	for (size_t i = 0; i < n; i++) {
		if (l->arrivals[i] == USEC_NEVER)
			continue;
		int64_t delta = tick_of(l->arrivals[i]) - last;
		last += delta;
		writer_be(w, (uint64_t)delta & 0xffff, symbol_of(delta) == SYMBOL_SMALL ? 1 : 2);
	}
}

size_t twcc_write(struct writer *w, uint32_t sender, uint32_t media, uint8_t number, uint16_t base,
		  const usec *arrivals, size_t n)
{
	struct list l = { .arrivals = arrivals, .n = n < LIST_MAX ? n : LIST_MAX };
	size_t room = w->failed ? 0 : (size_t)(w->end - w->p) & ~(size_t)3;
	size_t first = 0;
	while (first < l.n && arrivals[first] == USEC_NEVER)
		first++;
	if (first == l.n || room < ROOM_LEAST)
		return 0;
	const int64_t reference_ticks = TWCC_REFERENCE_USEC / TWCC_TICK_USEC;
	int64_t reference = tick_of(arrivals[first]) / reference_ticks;
	l.last = reference * reference_ticks;
	l.n = list_end(&l);

	uint16_t chunks[CHUNKS_MAX];
	size_t n_chunks = 0, told = 0, used = FIXED_BYTES;
	int64_t last = l.last;
	for (bool cut = false; !cut && told < l.n && n_chunks < CHUNKS_MAX && used + 2 <= room;) {
		struct piece p = make_chunk(&l, told, room - used - 2, last);
		if (p.n == 0)
			break;
		for (size_t i = 0; i < p.n; i++)
			(void)list_symbol(&l, told + i, &last);
		chunks[n_chunks++] = p.chunk;
		told += p.n;
		used += 2 + p.bytes;
		cut = p.cut;
	}
	if (told <= first)
		return 0;
	size_t begin = rtcp_write_begin(w, RTCP_TYPE_RTPFB, RTCP_FMT_TWCC);
	writer_u32(w, sender);
	writer_u32(w, media);
	writer_u16(w, base);
	writer_u16(w, (uint16_t)told);
	writer_u24(w, (uint32_t)reference & 0xffffff);
	writer_u8(w, number);
	for (size_t i = 0; i < n_chunks; i++)
		writer_u16(w, chunks[i]);
	write_deltas(w, &l, told);
	writer_be(w, 0, (4 - used % 4) % 4);
	rtcp_write_end(w, begin);
	return told;
}
