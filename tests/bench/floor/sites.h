/* The null relay's sites and who takes what of whom: a table made once, at the first media packet behind the last
 * hello. RFC 3711 for the keys; all else is tests/bench/floor.h.
 *
 * A site is known by the index in its SSRCs, so nothing is looked up by address. Allocation is at hellos and in the
 * making of the table, never at a packet. One thread. */
#pragma once
#include "base/netaddr.h"
#include "bench/floor.h"
#include "secure/crypt.h"
#include "secure/seal.h"
#include <stdbool.h>

struct incoming;
struct sealer;
struct site;

#define SITES_STREAMS (FLOOR_AUDIO + 1)
#define SITES_FIRST_SEQ (UINT64_C(1) << 16) /* numbers before the first stay positive (base/seq.h) */

/* One who takes a stream. */
struct taking {
	struct site *taker;
	struct seal_stream stream;
};

/* What came of one stream since the last flush, and who takes it. */
struct stream {
	uint64_t seq; /* the last one, extended less SITES_FIRST_SEQ; valid when `began` */
	bool began, video;
	unsigned n_takings;
	struct taking *takings;
	struct incoming *first, *last;
	struct stream *next; /* in the list of those that something came of */
};

struct site {
	struct floor_hello hello;
	struct netaddr address;
	struct crypt *crypt;
	struct seal_keys seal;
	uint16_t twcc;
	struct stream streams[SITES_STREAMS];
};

struct sites {
	struct sealer *sealer; /* borrowed */
	bool stale;	       /* a hello came since the table was made */
	unsigned n;
	struct site *of[FLOOR_SITES_MAX];
};

void sites_init(struct sites *t, struct sealer *sealer);
void sites_fini(struct sites *t);
/* A site comes, comes again from elsewhere (with fresh keys' state) or goes. False: the same as before. ERR of the
 * crypto libraries end the program: a measurement without them is none. */
bool sites_on_hello(struct sites *t, const struct floor_hello *hello, const struct netaddr *from);
/* Makes the table where it is stale. Nothing may be waiting in any stream. */
void sites_make(struct sites *t);
/* NULL: no such site. */
static inline struct site *sites_get(const struct sites *t, uint16_t index)
{
	return index < FLOOR_SITES_MAX ? t->of[index] : NULL;
}
