#include "secure/window.h"
#include <string.h>

static uint64_t bit(uint64_t index)
{
	return 1ULL << index % 64;
}

enum err window_check(const struct window *w, uint64_t index)
{
	if (!w->any || index > w->highest)
		return ERR_OK;
	bool used = w->highest - index >= WINDOW || w->bits[index % WINDOW / 64] & bit(index);
	return used ? ERR_REPLAY : ERR_OK;
}

/* Forgets the indices whose places (first … last) now belong to others. */
static void advance(struct window *w, uint64_t first, uint64_t last)
{
	if (last - first >= WINDOW - 1) {
		memset(w->bits, 0, sizeof w->bits);
		return;
	}
	for (uint64_t i = first; i <= last; i++)
		w->bits[i % WINDOW / 64] &= ~bit(i);
}

void window_add(struct window *w, uint64_t index)
{
	if (!w->any || index > w->highest) {
		if (w->any)
			advance(w, w->highest + 1, index);
		w->highest = index;
		w->any = true;
	}
	w->bits[index % WINDOW / 64] |= bit(index);
}

/* RFC 3711 appendix A; like libsrtp it stays at rollover counter 0 while the highest is not beyond the middle of it. */
uint64_t window_guess(const struct window *w, uint16_t seq)
{
	const uint64_t half = 1 << 15, round = 1 << 16;
	uint64_t counter = w->highest / round, last = w->highest % round;
	if (!w->any || w->highest <= half)
		return seq;
	if (last < half && seq > last + half)
		counter--;
	else if (last >= half && seq < last - half)
		counter++;
	return counter * round + seq;
}
