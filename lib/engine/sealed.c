#include "engine/sealed.h"

static struct sealed_packet *cell(struct sealed *s, uint16_t seq)
{
	return &s->packets[seq % SEALED_PACKETS];
}

void sealed_init(struct sealed *s)
{
	for (unsigned i = 0; i < SEALED_PACKETS; i++)
		s->packets[i].at = USEC_NEVER;
}

void sealed_put(struct sealed *s, uint16_t seq, struct bytes datagram, usec now)
{
	struct sealed_packet *p = cell(s, seq);
	p->at = USEC_NEVER;
	if (datagram.n > SEALED_BYTES)
		return;
	p->at = now;
	p->seq = seq;
	p->length = (uint16_t)datagram.n;
	p->times = 0;
	memcpy(p->bytes, datagram.p, datagram.n);
}

struct bytes sealed_get(struct sealed *s, uint16_t seq, usec now)
{
	struct sealed_packet *p = cell(s, seq);
	if (p->at == USEC_NEVER || p->seq != seq || now - p->at > SEALED_KEEP || p->times == SEALED_TIMES)
		return bytes_of(NULL, 0);
	p->times++;
	return bytes_of(p->bytes, p->length);
}
