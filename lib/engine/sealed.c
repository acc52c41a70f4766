#include "engine/sealed.h"
#include "base/fetch.h"
#include <stdlib.h>
#include <string.h>

#define ALIGN 8

/* Before each packet in the log. */
struct head {
	usec at;
	uint16_t seq, length;
	uint8_t times;
};

enum err sealed_log_init(struct sealed_log *log, uint32_t slots)
{
	size_t wanted = (slots * SEALED_A_SLOT + SEALED_SEGMENT - 1) / SEALED_SEGMENT;
	*log = (struct sealed_log){ .n_segments = (uint32_t)wanted + 1 }; /* one is being written */
	log->bytes = malloc(sealed_log_bytes(log));
	log->segments = calloc(log->n_segments, sizeof *log->segments);
	if (log->bytes && log->segments)
		return ERR_OK;
	sealed_log_fini(log);
	return ERR_NOMEM;
}

void sealed_log_fini(struct sealed_log *log)
{
	free(log->bytes);
	free(log->segments);
	*log = (struct sealed_log){ 0 };
}

size_t sealed_log_bytes(const struct sealed_log *log)
{
	return (size_t)log->n_segments * SEALED_SEGMENT;
}

size_t sealed_log_touched(const struct sealed_log *log)
{
	size_t n = 0;
	for (uint32_t i = 0; i < log->n_segments; i++)
		n += log->segments[i].use ? SEALED_SEGMENT : 0;
	return n;
}

/* The lowest segment that is free or past its time; where there is none the oldest, and false. */
static bool begin_segment(struct sealed_log *log, usec now)
{
	uint32_t oldest = log->current ? 0 : 1, i = 0; /* two segments at least */
	for (; i < log->n_segments; i++) {
		const struct sealed_segment *s = &log->segments[i];
		if (!s->use || now - s->last > SEALED_KEEP)
			break;
		if (i != log->current && s->use < log->segments[oldest].use)
			oldest = i;
	}
	bool free = i < log->n_segments;
	log->current = free ? i : oldest;
	log->segments[log->current].use = ++log->uses;
	log->at = 0;
	return free;
}

static struct sealed_place *place(struct sealed *s, uint16_t seq)
{
	return &s->places[seq % SEALED_PACKETS];
}

bool sealed_put(struct sealed_log *log, struct sealed *s, uint16_t seq, struct bytes datagram, usec now)
{
	struct sealed_place *p = place(s, seq);
	struct head head = { .at = now, .seq = seq, .length = (uint16_t)datagram.n };
	bool in_time = true;
	*p = (struct sealed_place){ 0 };
	if (datagram.n > SEALED_BYTES)
		return true;
	size_t bytes = (sizeof head + datagram.n + ALIGN - 1) / ALIGN * ALIGN;
	if (!log->uses || log->at + bytes > SEALED_SEGMENT)
		in_time = begin_segment(log, now);
	*p = (struct sealed_place){ .use = log->uses, .at = log->current * SEALED_SEGMENT + log->at };
	memcpy(log->bytes + p->at, &head, sizeof head);
	memcpy(log->bytes + p->at + sizeof head, datagram.p, datagram.n);
	log->segments[log->current].last = now;
	log->at += (uint32_t)bytes;
	return in_time;
}

struct bytes sealed_get(struct sealed_log *log, struct sealed *s, uint16_t seq, usec now)
{
	const struct sealed_place *p = place(s, seq);
	struct head head;
	if (!p->use || log->segments[p->at / SEALED_SEGMENT].use != p->use)
		return bytes_of(NULL, 0);
	uint8_t *at = log->bytes + p->at;
	memcpy(&head, at, sizeof head);
	if (head.seq != seq || now - head.at > SEALED_KEEP || head.times == SEALED_TIMES)
		return bytes_of(NULL, 0);
	head.times++;
	memcpy(at, &head, sizeof head);
	return bytes_of(at + sizeof head, head.length);
}

void sealed_fetch(const struct sealed *s, uint16_t seq)
{
	fetch(&s->places[seq % SEALED_PACKETS], sizeof s->places[0]);
}
