#include "engine/outbox.h"
#include <stdlib.h>
#include <string.h>

enum err outbox_init(struct outbox *o, void (*send)(void *ctx, const struct outbox *o), void *ctx)
{
	o->n = o->used = 0;
	o->turn = 1;
	o->send = send;
	o->ctx = ctx;
	o->slab = malloc(OUTBOX_SLAB);
	return o->slab ? ERR_OK : ERR_NOMEM;
}

void outbox_fini(struct outbox *o)
{
	free(o->slab);
	o->slab = NULL;
}

uint8_t *outbox_room(struct outbox *o, size_t bytes)
{
	if (o->n == OUTBOX_MESSAGES || o->used + bytes > OUTBOX_SLAB)
		outbox_flush(o);
	return o->slab + o->used;
}

static bool is_ended(const struct outbox_run *run)
{
	return run->length < run->segment * run->datagrams;
}

static void keep(struct outbox *o, const struct netaddr *to, const struct outbox_run *run)
{
	o->items[o->n++] = (struct outbox_message){ .to = *to,
						    .segment = (uint16_t)run->segment,
						    .datagrams = (uint8_t)run->datagrams,
						    .n_pieces = 1,
						    .ended = is_ended(run),
						    .rank = run->rank,
						    .pieces = { { o->used, (uint32_t)run->length } } };
	o->used += (uint32_t)run->length;
}

void outbox_commit(struct outbox *o, const struct netaddr *to, size_t length)
{
	keep(o, to, &(struct outbox_run){ .length = length, .segment = length, .datagrams = 1, .rank = OUTBOX_VOICE });
}

static bool fits_behind(const struct outbox_message *m, const struct outbox_run *run)
{
	return !m->ended && (run->segment == m->segment || (run->datagrams == 1 && run->segment < m->segment));
}

static bool fits_before(const struct outbox_message *m, const struct outbox_run *run)
{
	return m->datagrams == 1 && m->segment < run->segment && !is_ended(run);
}

/* False: it does not fit to what the receiver was given last. */
static bool join(struct outbox *o, const struct netaddr *to, const struct outbox_run *run,
		 const struct outbox_last *last)
{
	if (last->turn != o->turn)
		return false;
	struct outbox_message *m = &o->items[last->message];
	struct outbox_piece piece = { o->used, (uint32_t)run->length };
	if (m->rank != run->rank || m->n_pieces == OUTBOX_PIECES || m->datagrams + run->datagrams > OUTBOX_RUN)
		return false;
	if (!netaddr_equal(&m->to, to) || m->to.via != to->via) /* the receiver has moved since */
		return false;
	if (fits_behind(m, run)) {
		m->pieces[m->n_pieces++] = piece;
		m->ended = is_ended(run) || run->segment < m->segment;
	} else if (fits_before(m, run) && last->sender != run->sender) {
		m->pieces[m->n_pieces++] = m->pieces[0];
		m->pieces[0] = piece;
		m->segment = (uint16_t)run->segment;
		m->ended = true;
	} else {
		return false;
	}
	m->datagrams = (uint8_t)(m->datagrams + run->datagrams);
	o->used += (uint32_t)run->length;
	return true;
}

void outbox_commit_run(struct outbox *o, const struct netaddr *to, const struct outbox_run *run,
		       struct outbox_last *last)
{
	if (!join(o, to, run, last)) {
		last->message = o->n;
		keep(o, to, run);
	}
	last->turn = o->turn;
	last->sender = run->sender;
}

void outbox_flush(struct outbox *o)
{
	if (o->n)
		o->send(o->ctx, o);
	o->n = o->used = 0;
	o->turn += o->turn == UINT32_MAX ? 2 : 1;
}

struct bytes outbox_datagram(const struct outbox *o, const struct outbox_message *m, unsigned i)
{
	uint32_t from = i * m->segment;
	for (unsigned p = 0; p < m->n_pieces; p++) {
		const struct outbox_piece *piece = &m->pieces[p];
		if (from < piece->length) {
			uint32_t left = piece->length - from;
			return bytes_of(o->slab + piece->at + from, left < m->segment ? left : m->segment);
		}
		from -= piece->length;
	}
	return bytes_of(NULL, 0);
}
