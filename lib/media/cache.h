/* The packets of one source's layer, kept for those who ask again. RFC 4585, RFC 4588.
 *
 * Guarantee: holds one reference to each packet it holds, and never more than CACHE_PACKETS packets, `most_bytes`, or,
 * after cache_expire, packets older than `keep`; what is over goes out oldest (lowest number) first. get after put of
 * the same number gives that packet until it goes out. After clear it holds nothing.
 *
 * No allocation; buffers go back to their pool by packet_put. One owner thread: the pool's. */
#pragma once
#include "base/usec.h"
#include "media/packet.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_PACKETS 2048	/* power of two */
#define CACHE_KEEP (3 * USEC_S) /* where nothing else is said */
#define CACHE_BYTES ((size_t)2 * 1024 * 1024)
#define CACHE_SLACK (250 * USEC_MS) /* how late the deadline may find what is too old */

struct cache_cell {
	struct packet *packet; /* NULL: empty */
	usec at; /* put at; of a packet put late: of the one behind it, so that age falls with the number */
};

struct cache {
	struct cache_cell cells[CACHE_PACKETS]; /* by number modulo CACHE_PACKETS */
	uint64_t head;				/* highest number held + 1 */
	uint64_t tail;				/* lowest number that may be held; == head: empty */
	uint32_t count;
	size_t bytes; /* sum of packet lengths */
	size_t most_bytes;
	usec keep;
	uint64_t out_age, out_bytes, out_count; /* evicted since init: too old, too many bytes, out of the ring */
};

/* keep, most_bytes > 0: CACHE_KEEP and CACHE_BYTES for video. */
void cache_init(struct cache *c, usec keep, size_t most_bytes);
/* Takes a reference of its own to the packet with this extended number. False, and no reference: the number is held
 * already or lies below the ring. */
bool cache_put(struct cache *c, uint64_t seq, struct packet *packet, usec now);
/* The packet, or NULL; no reference is taken: packet_get it to keep it beyond the next put. */
struct packet *cache_get(const struct cache *c, uint64_t seq);
/* Lets the packet with this number go; nothing where it is not held. */
void cache_drop(struct cache *c, uint64_t seq);
/* When the lowest number was put; USEC_NEVER: it holds nothing. */
usec cache_oldest(const struct cache *c);
/* Lets go of what is older than `keep`. */
void cache_expire(struct cache *c, usec now);
/* Lets go of everything: the layer stopped, or its sender began anew. Keeps the counters. */
void cache_clear(struct cache *c);

void cache_deadline(const struct cache *c, usec *next);
