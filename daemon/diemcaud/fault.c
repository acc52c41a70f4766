#include "fault.h"

void fault_init(struct fault *f, uint32_t in, uint32_t out, uint32_t seed)
{
	*f = (struct fault){ .in = in, .out = out, .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1 };
}

bool fault_is_on(const struct fault *f)
{
	return f->out || atomic_load_explicit(&f->cut, memory_order_relaxed);
}

static bool dice(struct fault *f, uint32_t part)
{
	f->state ^= f->state << 13;
	f->state ^= f->state >> 7;
	f->state ^= f->state << 17;
	return f->state % 1000000 < part;
}

/* RTP and RTCP by their first byte (RFC 7983): STUN and DTLS pass, so that connections come up all the same. */
static bool lost(struct fault *f, uint32_t part, struct bytes datagram)
{
	if (atomic_load_explicit(&f->cut, memory_order_relaxed))
		return true;
	return part && datagram.n && datagram.p[0] >= 128 && datagram.p[0] <= 191 && dice(f, part);
}

bool fault_in(struct fault *f, struct bytes datagram)
{
	return lost(f, f->in, datagram);
}

bool fault_out(struct fault *f, struct bytes datagram)
{
	return lost(f, f->out, datagram);
}
