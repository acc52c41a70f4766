/* Which line and layer an inbound SSRC is: bound once, for the transport's life. RFC 8843 9.2, RFC 8852, RFC 4588,
 * RFC 5576 (a=ssrc, FID).
 *
 * Guarantee: a binding never changes and never ends; at most SSRCS_PER_RID media and SSRCS_PER_RID RTX SSRCs a layer,
 * SSRCS_PER_TRANSPORT in all; indexes are given 0, 1, 2, … in order of binding. Only authenticated packets may be given
 * in. How an unbound SSRC finds its place:
 *   line   the packet's mid (by the id each line negotiated for it); else, when no mid is in the packet, the only
 *          sending line that accepts its payload type, if that has no a=ssrc
 *   RTX    when the payload type is an rtx one of that line
 *   layer  line without rids: 0. With rids: by rid (RTX: by repaired-rid, else rid); none or an unknown one: unbound
 * a=ssrc and FID of lines without rids are bound at init.
 *
 * Pure, no allocation. One owner thread. */
#pragma once
#include "base/limits.h"
#include "media/negotiate.h"
#include <stdbool.h>
#include <stdint.h>

struct rtp;

#define BIND_CELLS (2 * SSRCS_PER_TRANSPORT) /* power of two */

struct binding {
	uint32_t ssrc;
	uint32_t repairs; /* RTX by FID: the media SSRC; else 0: see bind_repaired */
	uint8_t index;	  /* its place, 0 … SSRCS_PER_TRANSPORT - 1: for arrays beside this table */
	uint8_t line;	  /* index in negotiated.lines */
	uint8_t layer;	  /* 0 lowest */
	bool rtx;
};

enum bind_verdict {
	BIND_KNOWN,
	BIND_NEW,	   /* bound by this packet */
	BIND_UNBOUND,	   /* mid or rid absent, unknown or ambiguous (DROP_SSRC_UNBOUND) */
	BIND_LIMIT,	   /* its layer or the transport has as many as it may (DROP_SSRC_LIMIT) */
	BIND_PAYLOAD_TYPE, /* the line did not negotiate it (DROP_PAYLOAD_TYPE) */
};

struct bind {
	const struct negotiated *media;
	struct binding bindings[SSRCS_PER_TRANSPORT];
	uint8_t n;
	uint8_t cells[BIND_CELLS]; /* hash by SSRC: index + 1; 0: free */
};

/* `media` is read for the whole life of `b`: the caller keeps it where it is. */
void bind_init(struct bind *b, const struct negotiated *media);
/* NULL: not bound. Pointers stay valid for the life of `b`. */
const struct binding *bind_find(const struct bind *b, uint32_t ssrc);
/* An authenticated packet. *out: its binding for KNOWN and NEW, else NULL. BIND_KNOWN tells nothing of the payload
 * type: the caller looks it up with every packet (bind_codec). */
enum bind_verdict bind_on_packet(struct bind *b, const struct rtp *packet, const struct binding **out);
/* The media SSRC an RTX SSRC repairs: by FID, else the one of its line and layer bound last; NULL: none yet, or no RTX.
 */
const struct binding *bind_repaired(const struct bind *b, const struct binding *rtx);
/* The line's codec by payload type: *rtx tells whether pt is its RTX type. NULL: not negotiated there. */
const struct line_codec *bind_codec(const struct bind *b, uint8_t line, uint8_t pt, bool *rtx);
