#include "media/nack.h"
#include <string.h>

/* The next point of the grid at or after t. */
static usec grid(usec t)
{
	return (t + NACK_GRID - 1) / NACK_GRID * NACK_GRID;
}

static usec repeat_of(const struct nack *n)
{
	usec repeat = n->rtt + n->rtt / 4;
	return repeat < NACK_REPEAT ? NACK_REPEAT : repeat;
}

void nack_init(struct nack *n)
{
	n->forgotten = 0;
	n->rtt = NACK_RTT;
	nack_reset(n);
}

void nack_reset(struct nack *n)
{
	n->n = 0;
	n->began = false;
	n->highest = 0;
	n->deadline = USEC_NEVER;
}

void nack_on_rtt(struct nack *n, usec rtt)
{
	n->rtt = rtt;
}

/* Index of the first entry not below seq. */
static size_t find(const struct nack *n, uint64_t seq)
{
	size_t low = 0;
	size_t high = n->n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (n->entries[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void forget_oldest(struct nack *n, size_t count)
{
	n->n -= count;
	n->forgotten += count;
	memmove(n->entries, n->entries + count, n->n * sizeof *n->entries);
}

/* seq is beyond the highest by more than one: all between are missing. */
static bool open_gap(struct nack *n, uint64_t seq, usec now)
{
	uint64_t gap = seq - n->highest - 1;
	if (gap > NACK_MAX) {
		n->forgotten += n->n + gap;
		n->n = 0;
		n->deadline = USEC_NEVER;
		return true;
	}
	bool full = n->n + gap > NACK_MAX;
	if (full)
		forget_oldest(n, n->n + (size_t)gap - NACK_MAX);
	usec due = grid(now + NACK_REORDER);
	for (uint64_t missing = n->highest + 1; missing < seq; missing++)
		n->entries[n->n++] = (struct nack_entry){ .seq = missing, .due = due, .give_up = now + NACK_LIFE };
	if (gap)
		usec_lower(&n->deadline, due);
	return full;
}

bool nack_on_packet(struct nack *n, uint64_t seq, usec now)
{
	bool forgot = false;
	if (!n->began) {
		n->began = true;
		n->highest = seq;
	} else if (seq <= n->highest) {
		(void)nack_on_repaired(n, seq);
	} else {
		forgot = open_gap(n, seq, now);
		n->highest = seq;
	}
	return forgot;
}

bool nack_on_repaired(struct nack *n, uint64_t seq)
{
	size_t i = find(n, seq);
	if (i == n->n || n->entries[i].seq != seq)
		return false;
	bool asked = n->entries[i].tries > 0;
	n->n--;
	memmove(n->entries + i, n->entries + i + 1, (n->n - i) * sizeof *n->entries);
	if (n->n == 0)
		n->deadline = USEC_NEVER;
	return asked;
}

void nack_on_keyframe(struct nack *n, uint64_t seq)
{
	size_t end = find(n, seq);
	for (size_t i = 0; i < end; i++) {
		n->entries[i].due = USEC_NEVER;
		n->entries[i].give_up = 0;
	}
	if (end)
		n->deadline = 0;
}

void nack_on_gone(struct nack *n)
{
	n->forgotten += n->n;
	n->n = 0;
	n->deadline = USEC_NEVER;
}

static void update_deadline(struct nack *n)
{
	n->deadline = USEC_NEVER;
	for (size_t i = 0; i < n->n; i++) {
		usec_lower(&n->deadline, n->entries[i].due);
		usec_lower(&n->deadline, n->entries[i].give_up);
	}
}

static void count_request(struct nack *n, struct nack_entry *e, usec now)
{
	if (++e->tries < NACK_TRIES) {
		e->due = grid(now + repeat_of(n));
	} else {
		e->due = USEC_NEVER;
		usec_lower(&e->give_up, now + n->rtt + n->rtt / 2);
	}
}

size_t nack_due(struct nack *n, usec now, uint16_t *seqs, size_t max)
{
	size_t count = 0;
	if (now < n->deadline)
		return 0;
	for (size_t i = 0; i < n->n && count < max; i++) {
		struct nack_entry *e = &n->entries[i];
		if (e->due > now || e->give_up <= now)
			continue;
		seqs[count++] = (uint16_t)e->seq;
		count_request(n, e, now);
	}
	update_deadline(n);
	return count;
}

size_t nack_gone(struct nack *n, usec now, uint64_t *seqs, size_t max)
{
	size_t count = 0;
	size_t kept = 0;
	if (now < n->deadline)
		return 0;
	for (size_t i = 0; i < n->n; i++) {
		if (n->entries[i].give_up <= now && count < max)
			seqs[count++] = n->entries[i].seq;
		else
			n->entries[kept++] = n->entries[i];
	}
	n->n = kept;
	update_deadline(n);
	return count;
}

uint64_t nack_floor(const struct nack *n)
{
	if (!n->began)
		return 0;
	return n->n ? n->entries[0].seq : n->highest + 1;
}

bool nack_waits(const struct nack *n, uint64_t seq)
{
	size_t i = find(n, seq);
	return i < n->n && n->entries[i].seq == seq && n->entries[i].give_up > 0;
}

void nack_deadline(const struct nack *n, usec *next)
{
	usec_lower(next, n->deadline);
}
