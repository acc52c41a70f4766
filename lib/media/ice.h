/* The ICE-lite agent of one transport: which address media goes to, and whether it may. RFC 8445
 * (lite: 2.5, 7.3, 8.1.2), RFC 7675 (consent). Authentication and STUN bytes are the engine's: what comes in here was
 * verified before.
 *
 * Guarantee: no address is ever used that no valid check came from. The address is the first checked one until one is
 * nominated, then the nominated one; a nominated check from another address moves it at once (only during the first
 * second of nominations, when an aggressive client nominates every pair, a lower PRIORITY does not take over from a
 * higher one). ICE_SILENT, nothing may be sent, no later than 15 s after the last check or authenticated packet from
 * the address. ICE_DEAD 30 s after init unless DTLS was done. At most ICE_ADDRESSES are remembered.
 *
 *              check from the      nominated check      other check          packet from the   15 s unheard
 *              address in use      from elsewhere       from elsewhere       address in use
 *   NEW        -                   -> SELECTED          -> CHECKED           -                 -
 *   CHECKED    stays **            -> SELECTED, moves   remembered           stays             -> SILENT
 *   SELECTED   stays               moves                remembered           stays             -> SILENT
 *   SILENT     as before SILENT    -> SELECTED, moves   remembered *         -                 -
 *   DEAD       -                   -                    -                    -                 -
 *   * never nominated: -> CHECKED, moves       ** -> SELECTED when it nominates
 *   all but DEAD: -> DEAD 30 s after init without DTLS
 *
 * Pure: time is an argument, no allocation, no I/O. One owner thread. */
#pragma once
#include "base/netaddr.h"
#include "base/usec.h"
#include <stdbool.h>
#include <stdint.h>

struct stun;

#define ICE_ADDRESSES 8
#define ICE_CONSENT (15 * USEC_S) /* unheard for so long: silent */
#define ICE_DTLS (30 * USEC_S)	  /* from init without a finished handshake: dead */
#define ICE_BURST (1 * USEC_S)	  /* from the first nomination: by PRIORITY */

enum ice_state { ICE_NEW, ICE_CHECKED, ICE_SELECTED, ICE_SILENT, ICE_DEAD };

/* What to answer a verified binding request. */
enum ice_answer {
	ICE_SUCCESS,  /* XOR-MAPPED-ADDRESS of the sender */
	ICE_CONFLICT, /* 487: the client calls itself controlled as we are; it changes its role and asks again */
	ICE_NOTHING,  /* DEAD */
};

/* What a check changed. */
struct ice_result {
	enum ice_answer answer;
	bool first;   /* the first valid check of all: DTLS may start */
	bool moved;   /* ice_address is another than before the call, or there is one now: tell the socket side */
	bool resumed; /* was SILENT: send again, ask for keyframes */
	bool added;   /* `from` is new in the table: route datagrams from it to this transport */
	bool evicted; /* `out` was dropped from the table for it: route it no more */
	struct netaddr out;
};

struct ice_entry {
	struct netaddr address;
	usec heard;	   /* last valid check or authenticated packet from it */
	uint32_t priority; /* of its last nominated check that told one; 0: unknown */
	bool nominated;
};

struct ice {
	uint8_t n;	 /* entries in use */
	uint8_t current; /* index of the address in use; meaningful while has_current */
	bool has_current;
	bool dtls_done;
	enum ice_state state;
	struct ice_entry entries[ICE_ADDRESSES];
	usec started;	/* init */
	usec nominated; /* when the first nomination came; USEC_NEVER before */
	usec heard;	/* the last valid check or authenticated packet from any address; USEC_NEVER before the first */
};

void ice_init(struct ice *ice, usec now);

/* A binding request from `from` whose MESSAGE-INTEGRITY was right and which has no unknown attributes. Reads role,
 * priority, use_candidate. A role conflict changes nothing but is answered. */
struct ice_result ice_on_check(struct ice *ice, const struct stun *check, const struct netaddr *from, usec now);
/* An SRTP or SRTCP packet from `from` was authentic. Addresses that no check came from are ignored. */
void ice_on_packet(struct ice *ice, const struct netaddr *from, usec now);
/* Keys are agreed: no longer freed for want of DTLS. */
void ice_on_dtls_done(struct ice *ice);
/* Another transport has this address now (its valid check came from there): forget it. True: it was the one in use;
 * the transport is SILENT until its next check from anywhere. */
bool ice_on_taken(struct ice *ice, const struct netaddr *address);
/* True: the state changed, to SILENT (stop sending) or DEAD (free it). Early calls change nothing. */
bool ice_on_deadline(struct ice *ice, usec now);

/* Where media, RTCP and DTLS go; NULL: nowhere yet, or not now (NEW, SILENT, DEAD). */
const struct netaddr *ice_address(const struct ice *ice);
/* Whether a valid check came from this address (and it is still in the table): DTLS from there is let in. */
bool ice_knows(const struct ice *ice, const struct netaddr *address);

void ice_deadline(const struct ice *ice, usec *next);
