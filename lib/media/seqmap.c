#include "media/seqmap.h"
#include "base/fetch.h"

static struct seqmap_block *block(const struct seqmap *m, uint64_t index)
{
	return &m->blocks[index & (m->n_blocks - 1)];
}

static uint64_t bit(uint64_t in)
{
	return UINT64_C(1) << (in & 63);
}

/* The bits of a block below input `in`. */
static uint64_t below(uint64_t in)
{
	return bit(in) - 1;
}

/* By hand: the builtin is a call into the compiler's library on plain x86-64. */
static uint64_t count(uint64_t bits)
{
	bits -= bits >> 1 & UINT64_C(0x5555555555555555);
	bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
	bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return bits * UINT64_C(0x0101010101010101) >> 56;
}

static uint64_t oldest(const struct seqmap *m)
{
	uint64_t window = m->newest >= m->n_blocks ? m->newest - m->n_blocks + 1 : 0;
	return window > m->first >> 6 ? window : m->first >> 6;
}

/* Every input below `to` has its number now, or none for good. */
static void settle(struct seqmap *m, uint64_t to)
{
	while (m->settled < to) {
		struct seqmap_block *b = block(m, m->settled >> 6);
		uint64_t end = (m->settled | 63) + 1;
		uint64_t bits = ~below(m->settled);
		if ((m->settled & 63) == 0)
			b->out = m->next;
		if (end > to) {
			end = to;
			bits &= below(to);
		}
		m->next += count(bits & ~b->dropped);
		m->settled = end;
	}
}

/* `settled` stands on an input that may still pass: behind those known dropped. */
static void pass_dropped(struct seqmap *m)
{
	while (m->settled >> 6 <= m->newest && block(m, m->settled >> 6)->dropped & bit(m->settled))
		settle(m, m->settled + 1);
}

/* Makes room up to block `index`. What leaves the window without a number never gets one. */
static void open_block(struct seqmap *m, uint64_t index)
{
	if (index <= m->newest)
		return;
	uint64_t fresh = index - m->newest < m->n_blocks ? index - m->newest : m->n_blocks;
	for (uint64_t i = index - fresh + 1; i <= index; i++)
		*block(m, i) = (struct seqmap_block){ 0 };
	m->newest = index;
	uint64_t start = oldest(m) << 6;
	if (m->settled < start) {
		m->settled = start;
		pass_dropped(m);
	}
}

void seqmap_init(struct seqmap *m, struct seqmap_block *blocks, uint32_t n_blocks, uint64_t first, uint64_t out)
{
	*m = (struct seqmap){ .blocks = blocks,
			      .n_blocks = n_blocks,
			      .first = first,
			      .settled = first,
			      .next = out,
			      .newest = first >> 6 };
	*block(m, first >> 6) = (struct seqmap_block){ .out = out, .dropped = below(first) };
}

void seqmap_fetch(const struct seqmap *m)
{
	fetch(block(m, m->settled >> 6), sizeof(struct seqmap_block));
}

enum seqmap_state seqmap_state(const struct seqmap *m, uint64_t in)
{
	if (in < m->first || in >> 6 < oldest(m))
		return SEQMAP_OLD;
	if (in >> 6 > m->newest)
		return SEQMAP_AHEAD;
	const struct seqmap_block *b = block(m, in >> 6);
	if (b->dropped & bit(in))
		return SEQMAP_DROPPED;
	if (in >= m->settled)
		return SEQMAP_AHEAD;
	if (b->taken & bit(in))
		return SEQMAP_TAKEN;
	return b->filled & bit(in) ? SEQMAP_FILLED : SEQMAP_HOLE;
}

bool seqmap_reaches(const struct seqmap *m, uint64_t in)
{
	return in < m->settled || (in >> 6) - (m->settled >> 6) < m->n_blocks;
}

static uint64_t number(const struct seqmap *m, uint64_t in)
{
	const struct seqmap_block *b = block(m, in >> 6);
	return b->out + count(below(in) & ~b->dropped);
}

enum seqmap_state seqmap_take(struct seqmap *m, uint64_t in, uint64_t *out)
{
	enum seqmap_state state = seqmap_state(m, in);
	*out = 0;
	if (state == SEQMAP_OLD || state == SEQMAP_DROPPED)
		return state;
	if (state == SEQMAP_AHEAD) {
		open_block(m, in >> 6);
		settle(m, in + 1);
	}
	if (state == SEQMAP_AHEAD || state == SEQMAP_HOLE)
		block(m, in >> 6)->taken |= bit(in);
	*out = number(m, in);
	if (state == SEQMAP_AHEAD)
		pass_dropped(m);
	return state;
}

enum seqmap_state seqmap_drop(struct seqmap *m, uint64_t in, uint64_t *out)
{
	enum seqmap_state state = seqmap_state(m, in);
	*out = 0;
	if (state == SEQMAP_AHEAD) {
		open_block(m, in >> 6);
		block(m, in >> 6)->dropped |= bit(in);
		pass_dropped(m);
	} else if (state == SEQMAP_HOLE) {
		block(m, in >> 6)->filled |= bit(in);
		*out = number(m, in);
	}
	return state;
}

bool seqmap_out(const struct seqmap *m, uint64_t in, uint64_t *out)
{
	*out = 0;
	if (in < m->first || in >> 6 < oldest(m) || in >= m->settled)
		return false;
	*out = number(m, in) - (block(m, in >> 6)->dropped & bit(in) ? 1 : 0);
	return true;
}

bool seqmap_in(const struct seqmap *m, uint64_t out, uint64_t *in)
{
	*in = 0;
	uint64_t low = oldest(m);
	if (m->settled <= m->first || low > (m->settled - 1) >> 6 || out < block(m, low)->out || out >= m->next)
		return false;
	for (uint64_t high = (m->settled - 1) >> 6; low < high;) {
		uint64_t middle = low + (high - low + 1) / 2;
		if (block(m, middle)->out <= out)
			low = middle;
		else
			high = middle - 1;
	}
	uint64_t bits = ~block(m, low)->dropped;
	for (uint64_t skip = out - block(m, low)->out; skip && bits; skip--)
		bits &= bits - 1;
	if (!bits)
		return false;
	*in = (low << 6) + (uint64_t)__builtin_ctzll(bits);
	return true;
}
