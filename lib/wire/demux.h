/* What a datagram on the media port is, by its first bytes. RFC 7983 (first byte), RFC 5761 4 (RTCP among RTP).
 *
 * Guarantee: every datagram has exactly one kind; one that is too short for its kind's fixed header is DEMUX_NONE.
 * Only the kind is told: whether the rest is well formed is the parsers' matter. Pure. */
#pragma once
#include "base/bytes.h"

enum demux {
	DEMUX_NONE, /* ZRTP, TURN channels, too short, anything else */
	DEMUX_STUN, /* first byte 0–3, at least 20 bytes */
	DEMUX_DTLS, /* first byte 20–63, at least 13 bytes (a record's head) */
	DEMUX_RTP,  /* first byte 128–191, at least 12 bytes */
	DEMUX_RTCP /* first byte 128–191, second 192–223 (RTP payload types 64–95 are not used), at least 8 bytes */
};

enum demux demux_kind(struct bytes datagram);
