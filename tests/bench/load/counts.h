/* What the takers of a run saw, and what the senders were asked: counters alone.
 *
 * They run from the first packet on; what a window saw is the difference of two copies (counts_since). Plain data of
 * uint64_t alone. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct counts {
	uint64_t voice, video; /* media packets received, without what was sent again */
	uint64_t bytes;	       /* of them, whole datagrams */
	uint64_t frames;       /* packets with the marker, of pictures */
	uint64_t repaired;     /* came by RTX or late, where a number was missing */
	uint64_t lost;	       /* numbers given up */
	uint64_t twice;	       /* a number that was there already */
	uint64_t backwards;    /* a timestamp before that of the packet before */
	uint64_t torn;	       /* a new timestamp with no marker before it, or a picture id that does not follow */
	uint64_t unopened;     /* did not decrypt, or no valid descriptor */
	uint64_t strange;      /* RTP of an SSRC nobody told about */
	uint64_t messages, segments; /* messages received that end with a picture's packet (of voices where there are no
					pictures); datagrams in them */
	uint64_t keyframe_requests, keyframes, nacks, resent; /* at the senders */
	uint64_t sent;					      /* media packets of the senders */
	uint64_t refused;				      /* what our own sockets did not take */
	uint64_t rtcp;					      /* compounds received */
};

static inline struct counts counts_since(const struct counts *now, const struct counts *then)
{
	uint64_t a[sizeof *now / sizeof(uint64_t)], b[sizeof a / sizeof *a];
	struct counts out;
	memcpy(a, now, sizeof a);
	memcpy(b, then, sizeof b);
	for (size_t i = 0; i < sizeof a / sizeof *a; i++)
		a[i] -= b[i];
	memcpy(&out, a, sizeof out);
	return out;
}

static inline void counts_add(struct counts *sum, const struct counts *more)
{
	uint64_t a[sizeof *sum / sizeof(uint64_t)], b[sizeof a / sizeof *a];
	memcpy(a, sum, sizeof a);
	memcpy(b, more, sizeof b);
	for (size_t i = 0; i < sizeof a / sizeof *a; i++)
		a[i] += b[i];
	memcpy(sum, a, sizeof a);
}
