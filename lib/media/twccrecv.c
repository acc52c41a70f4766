#include "media/twccrecv.h"
#include "base/seq.h"

static usec *arrival_of(struct twccrecv *t, uint64_t seq)
{
	return &t->arrivals[seq % TWCCRECV_WINDOW];
}

void twccrecv_init(struct twccrecv *t)
{
	*t = (struct twccrecv){ .last = USEC_NEVER, .due = USEC_NEVER };
	rate_init(&t->rate);
}

void twccrecv_lend(struct twccrecv *t, usec *arrivals)
{
	t->arrivals = arrivals;
	t->began = false;
	t->due = USEC_NEVER;
}

bool twccrecv_is_idle(const struct twccrecv *t, usec now)
{
	return t->arrivals && t->due == USEC_NEVER && (t->last == USEC_NEVER || now - t->last >= TWCCRECV_IDLE);
}

usec *twccrecv_return(struct twccrecv *t)
{
	usec *arrivals = t->arrivals;
	t->arrivals = NULL;
	t->began = false;
	t->due = USEC_NEVER;
	return arrivals;
}

/* At most 5 % of what comes in goes back as reports. */
static usec interval(struct twccrecv *t, usec now)
{
	bps rate = rate_bps(&t->rate, now);
	if (rate == 0)
		return TWCCRECV_MOST;
	usec value = (usec)TWCCRECV_BYTES * 8 * 20 * USEC_S / (usec)rate;
	return value > TWCCRECV_MOST ? TWCCRECV_MOST : value;
}

/* Moves the window up to seq; the numbers passed over have not arrived. */
static void advance(struct twccrecv *t, uint64_t seq)
{
	uint64_t from = seq - t->highest > TWCCRECV_WINDOW ? seq - TWCCRECV_WINDOW : t->highest;
	for (uint64_t i = from + 1; i <= seq; i++)
		*arrival_of(t, i) = USEC_NEVER;
	t->highest = seq;
	if (seq - t->next >= TWCCRECV_WINDOW)
		t->next = seq - TWCCRECV_WINDOW + 1;
}

/* A gap as wide as the window is a sender that began anew or was long away: nothing before is worth telling. */
static void leap(struct twccrecv *t, uint64_t seq)
{
	t->highest = seq;
	t->next = seq;
	for (size_t i = 0; i < TWCCRECV_WINDOW; i++)
		t->arrivals[i] = USEC_NEVER;
}

static void schedule(struct twccrecv *t, usec now)
{
	if (t->due != USEC_NEVER)
		return;
	t->due = now + TWCCRECV_LEAST;
	if (t->last != USEC_NEVER && t->last + interval(t, now) > t->due)
		t->due = t->last + interval(t, now);
}

void twccrecv_on_packet(struct twccrecv *t, uint16_t seq, size_t bytes, usec now)
{
	rate_add(&t->rate, bytes, now);
	uint64_t ext = t->began ? seq_extend(t->highest, seq, 16) : seq + UINT64_C(65536);
	if (!t->began || (ext > t->highest && ext - t->highest >= TWCCRECV_WINDOW)) {
		t->began = true;
		leap(t, ext);
	} else if (ext > t->highest) {
		advance(t, ext);
	} else if (t->highest - ext >= TWCCRECV_WINDOW) {
		t->ignored++;
		return;
	} else if (*arrival_of(t, ext) != USEC_NEVER) {
		return;
	} else if (ext < t->next) {
		t->next = ext;
	}
	*arrival_of(t, ext) = now;
	schedule(t, now);
}

bool twccrecv_is_due(const struct twccrecv *t, usec now)
{
	return now >= t->due;
}

size_t twccrecv_pending(const struct twccrecv *t, uint16_t *base, usec *arrivals, size_t max)
{
	size_t n = 0;
	*base = (uint16_t)t->next;
	for (uint64_t seq = t->next; t->began && seq <= t->highest && n < max; seq++)
		arrivals[n++] = t->arrivals[seq % TWCCRECV_WINDOW];
	return n;
}

void twccrecv_on_told(struct twccrecv *t, size_t told, usec now)
{
	t->last = now;
	t->next += told;
	if (told)
		t->number++;
	if (told == 0 || t->next > t->highest) {
		t->next = t->highest + 1;
		t->due = USEC_NEVER;
	}
}

void twccrecv_deadline(const struct twccrecv *t, usec *next)
{
	usec_lower(next, t->due);
}
