#include "engine/loan.h"
#include "engine/core.h"
#include "engine/path.h"
#include "engine/remote.h"
#include "engine/site.h"
#include <stddef.h>
#include <stdlib.h>

#define SPARED 4 /* a part of the credit that history leaves to what comes */
#define HEALED 8 /* a part of the credit that is back before a source begins anew */

static void take_back(struct packet_lender *lender, struct packet *original)
{
	struct other *o = list_item(lender, struct other, lender);
	o->back[o->n_back++] = original;
	o->held--;
}

uint32_t engine_credit(uint32_t buffers, uint32_t workers)
{
	uint32_t others = workers - 1;
	if (others == 0)
		return 0;
	return others <= 2 ? buffers / 4 : buffers / 2 / others;
}

enum err loan_init(struct engine *e)
{
	uint32_t others = e->config.workers - 1;
	if (others == 0)
		return ERR_OK;
	e->credit = engine_credit(e->config.buffers, e->config.workers);
	e->others = calloc(e->config.workers, sizeof *e->others);
	if (!e->others || pool_init(&e->loans, offsetof(struct packet, data), e->credit * others) != ERR_OK)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < e->config.workers; i++) {
		struct other *o = &e->others[i];
		o->worker = i;
		o->lender.take_back = take_back;
		timer_init(&o->timer, TIMER_OTHER);
		o->back = calloc(e->credit, sizeof(struct packet *));
		if (!o->back)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

void loan_fini(struct engine *e)
{
	for (uint32_t i = 0; e->others && i < e->config.workers; i++)
		free((void *)e->others[i].back);
	free(e->others);
	pool_fini(&e->loans);
}

/* ---- ours ------------------------------------------------------------------------------------------------------ */

static bool post(struct engine *e, const struct source *s, uint32_t worker, struct packet *const *packets, unsigned n,
		 bool anew)
{
	struct link_message m = { .type = LINK_PACKETS };
	m.packets.csrc = s->site->csrc;
	m.packets.kind = (uint8_t)s->kind;
	m.packets.n = (uint8_t)n;
	m.packets.anew = anew;
	for (unsigned i = 0; i < n; i++)
		m.packets.packets[i] = packet_get(packets[i]);
	if (e->host.post(e->host.ctx, worker, &m))
		return true;
	for (unsigned i = 0; i < n; i++)
		packet_put(packets[i]);
	return false;
}

static void give_to(struct engine *e, struct source *s, uint32_t worker, struct packet *const *packets, unsigned n)
{
	struct other *o = &e->others[worker];
	uint64_t bit = UINT64_C(1) << worker;
	bool anew = s->cut_off & bit;
	uint32_t most = anew ? e->credit - e->credit / HEALED : e->credit;
	if (o->lent + n > most || !post(e, s, worker, packets, n, anew)) {
		s->cut_off |= bit;
		e->drops[DROP_CREDIT] += n;
		return;
	}
	o->lent += n;
	s->cut_off &= ~bit;
}

void loan_give(struct engine *e, struct source *s, struct packet *const *packets, unsigned n)
{
	for (uint64_t left = s->taken_by; left; left &= left - 1)
		for (unsigned i = 0; i < n; i += LINK_PACKETS_MAX)
			give_to(e, s, (uint32_t)__builtin_ctzll(left), packets + i,
				n - i < LINK_PACKETS_MAX ? n - i : LINK_PACKETS_MAX);
}

void loan_on_back(struct engine *e, uint32_t from, const struct link_back *m)
{
	for (unsigned i = 0; i < m->n; i++)
		packet_put(m->packets[i]);
	e->others[from].lent -= m->n;
}

/* ---- theirs ---------------------------------------------------------------------------------------------------- */

static struct packet *borrow(struct engine *e, struct other *o, struct packet *original)
{
	struct packet *p = pool_get(&e->loans); /* as many as all credits together */
	p->pool = &e->loans;
	p->lender = &o->lender;
	p->original = original;
	o->held++;
	p->refs = 1;
	p->start = original->start;
	p->length = original->length;
	p->head = original->head;
	p->body = original->body;
	p->meta = original->meta;
	return p;
}

bool loan_is_short(const struct engine *e, const struct packet *p)
{
	const struct other *o = list_item(p->lender, struct other, lender);
	return o->held > e->credit - e->credit / SPARED;
}

void loan_on_packets(struct engine *e, uint32_t from, const struct link_packets *m, usec now)
{
	struct source *s = remote_source(e, from, m->csrc, m->kind);
	if (s && list_empty(&s->takers))
		remote_refuse(e, s);
	for (unsigned i = 0; i < m->n; i++) {
		struct packet *p = borrow(e, &e->others[from], m->packets[i]);
		if (s && !list_empty(&s->takers))
			path_on_lent(e, s, p, m->anew && i == 0, now);
		packet_put(p);
	}
}

void loan_flush(struct engine *e)
{
	for (uint32_t w = 0; e->others && w < e->config.workers; w++) {
		struct other *o = &e->others[w];
		while (o->n_back) {
			struct link_message m = { .type = LINK_BACK };
			for (; m.back.n < LINK_BACK_MAX && m.back.n < o->n_back; m.back.n++)
				m.back.packets[m.back.n] = o->back[o->n_back - 1 - m.back.n];
			if (!e->host.post(e->host.ctx, w, &m))
				break;
			o->n_back -= m.back.n;
		}
	}
}
