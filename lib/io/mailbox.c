#include "io/mailbox.h"
#include <stdlib.h>
#include <string.h>

#define ALIGN 16
#define MESSAGE_MAX ((size_t)1024 * 1024)

/* A message in a half: its size, then its bytes, the whole rounded up so that the next one is aligned. */
struct cell {
	size_t n;
	_Alignas(ALIGN) uint8_t bytes[];
};

static size_t cell_bytes(size_t n)
{
	return (sizeof(struct cell) + n + ALIGN - 1) / ALIGN * ALIGN;
}

static enum err half_init(struct mailbox_half *h, size_t bytes)
{
	*h = (struct mailbox_half){ .memory = malloc(bytes), .size = bytes };
	return h->memory ? ERR_OK : ERR_NOMEM;
}

enum err mailbox_init(struct mailbox *m, size_t first_bytes, size_t limit_bytes, void (*wake)(void *ctx), void *ctx)
{
	*m = (struct mailbox){ .limit = limit_bytes, .wake = wake, .ctx = ctx };
	if (half_init(&m->in, first_bytes) || half_init(&m->out, first_bytes)) {
		free(m->in.memory);
		return ERR_NOMEM;
	}
	if (pthread_mutex_init(&m->lock, NULL)) {
		free(m->in.memory);
		free(m->out.memory);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void mailbox_fini(struct mailbox *m)
{
	(void)pthread_mutex_destroy(&m->lock);
	free(m->in.memory);
	free(m->out.memory);
	*m = (struct mailbox){ 0 };
}

static enum err grow(struct mailbox_half *h, size_t need, size_t limit)
{
	size_t size = h->size;
	while (size < need)
		size *= 2;
	if (size > limit)
		size = limit;
	uint8_t *memory = realloc(h->memory, size);
	if (!memory)
		return ERR_NOMEM;
	h->memory = memory;
	h->size = size;
	return ERR_OK;
}

static enum err append(struct mailbox *m, const void *message, size_t n, size_t limit)
{
	struct mailbox_half *h = &m->in;
	size_t need = h->used + cell_bytes(n);
	if (n == 0 || n > MESSAGE_MAX || need > limit)
		return ERR_FULL;
	if (need > h->size && grow(h, need, m->limit))
		return ERR_NOMEM;
	struct cell *cell = (struct cell *)(void *)(h->memory + h->used);
	cell->n = n;
	memcpy(cell->bytes, message, n);
	h->used = need;
	return ERR_OK;
}

static enum err put(struct mailbox *m, const void *message, size_t n, size_t limit, bool wakes)
{
	(void)pthread_mutex_lock(&m->lock);
	enum err err = append(m, message, n, limit);
	if (err)
		m->refused++;
	wakes = wakes && !err && !m->woken;
	m->woken = m->woken || wakes;
	(void)pthread_mutex_unlock(&m->lock);
	if (wakes && m->wake)
		m->wake(m->ctx);
	return err;
}

enum err mailbox_put(struct mailbox *m, const void *message, size_t n)
{
	return put(m, message, n, m->limit, true);
}

enum err mailbox_put_report(struct mailbox *m, const void *message, size_t n)
{
	return put(m, message, n, m->limit / 2, false);
}

const void *mailbox_next(struct mailbox *m, size_t *n)
{
	if (m->at == m->out.used) {
		(void)pthread_mutex_lock(&m->lock);
		struct mailbox_half taken = m->in;
		m->in = m->out;
		m->in.used = 0;
		m->woken = false;
		(void)pthread_mutex_unlock(&m->lock);
		m->out = taken;
		m->at = 0;
		if (m->out.used == 0)
			return NULL;
	}
	struct cell *cell = (struct cell *)(void *)(m->out.memory + m->at);
	m->at += cell_bytes(cell->n);
	*n = cell->n;
	return cell->bytes;
}
