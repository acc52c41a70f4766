/* One site's transport: addresses (ICE), keys (SRTP), inbound SSRCs, outbound slots, and what is due when.
 *
 *   NEW        keys           -> CONNECTED
 *   CONNECTED  unheard 15 s   -> SILENT (nothing is sent; state kept)
 *   SILENT     valid check    -> CONNECTED (each video slot asks for a keyframe)
 *   any        closed, replaced, 30 s without keys, handshake failed -> freed (EVENT_TRANSPORT CLOSED)
 *
 * Taken from the engine's pool when the offer is answered, given back with it. */
#pragma once
#include "base/netaddr.h"
#include "base/timers.h"
#include "base/usec.h"
#include "engine/command.h"
#include "engine/outbox.h"
#include "engine/slot.h"
#include "engine/view.h"
#include "media/bind.h"
#include "media/ice.h"
#include "media/rate.h"
#include "media/twccrecv.h"
#include "secure/crypt.h"
#include "secure/mac.h"
#include "secure/seal.h"
#include <stddef.h>

struct engine;
struct site;
struct stream;

struct transport {
	/* What every departure reads stands first and together, up to the first address of ICE: where hundreds of
	 * viewers take turns, each line of memory is one more to wait for (TRANSPORT_HOT). */
	enum transport_state state;
	uint16_t twcc_next; /* transport-wide number of the next departure */
	struct outbox_last last;
	struct seal_keys seal;
	uint64_t out_packets;
	struct rate down;
	struct ice ice;
	struct site *site;
	uint32_t generation;
	char ufrag[33];
	struct mac_sha1_key stun_key;
	struct crypt *crypt; /* NULL until keys */
	struct bind bind;
	struct stream *streams[SSRCS_PER_TRANSPORT]; /* by binding.index; NULL for RTX */
	struct slot *slots;			     /* audio first, then video; [n_slots] */
	uint8_t n_slots, n_audio;
	uint32_t ssrc; /* of our receiver reports and feedback */
	struct twccrecv twcc;
	uint32_t twcc_ssrc; /* whose packet was counted last: browsers take no feedback that names none of theirs */
	usec rtt;	    /* to this site, smoothed; 0: unknown */
	usec report_at, tell_at; /* next receiver report; next EVENT_SITE */
	struct timer timer;	 /* when transport_on_deadline is due */
	struct rate up;
	uint64_t in_packets, nacks_in, nacks_out, plis_in, plis_out;
	uint8_t loss_down; /* of 256, worst of the last receiver reports */
	uint8_t loss_up;
	struct negotiated media; /* only the lines in use are there; last, before the slots */
};

#define TRANSPORT_HOT (offsetof(struct transport, ice.entries) + sizeof(struct ice_entry))

/* Pool of transports with their slots. ERR_NOMEM. */
must_check enum err transport_pool_init(struct engine *e);

/* A packet that carries a transport-wide number came; `ssrc`: its own. */
void transport_on_numbered(struct engine *e, struct transport *t, uint16_t number, uint32_t ssrc, size_t bytes,
			   usec now);
/* Nothing happens (but a log-worthy CLOSED event) when the pool is out, or the system's memory. */
void transport_open(struct engine *e, struct site *site, const struct command_transport *command, usec now);
void transport_close(struct engine *e, struct transport *t, const char *why, usec now);
/* NULL when the site has none, or it is of another generation. */
struct transport *transport_find(const struct engine *e, uint32_t csrc, uint32_t generation);
void transport_on_keys(struct engine *e, struct transport *t, const struct srtp_keys *keys, usec now);
/* A valid check: a SILENT one goes on. */
void transport_on_resumed(struct engine *e, struct transport *t, usec now);
/* Where media may go now; NULL: nowhere. */
const struct netaddr *transport_address(const struct transport *t);
/* The slot that owns one of our SSRCs; *rtx tells whether it is its RTX one. NULL: none. */
struct slot *transport_slot(struct transport *t, uint32_t ssrc, bool *rtx);
/* Something of this transport is due at `at`, or up to TRANSPORT_GRID later: so what is due to many is done in one. */
#define TRANSPORT_GRID (5 * USEC_MS)
void transport_due(struct engine *e, struct transport *t, usec at);
/* When what is done each `every` is done next, a moment sooner: at times that all transports share. */
usec transport_again(usec now, usec every);
void transport_on_deadline(struct engine *e, struct transport *t, usec now);
