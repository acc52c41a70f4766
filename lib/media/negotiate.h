/* What one offer and our answer agreed on: plain data, no text beyond mids and rids. RFC 8829, RFC 8843, RFC 8853.
 *
 * The signalling thread makes it from an offer (negotiate_answer), the engine works by it. Everything is per transport:
 * payload types, extension ids and codecs are each client's own. Pure.
 *
 * Guarantee: the same offer and the same configuration give the same answer, byte for byte; the answer has the offer's
 * m-lines, each with its mid, in its order, and contains no codec, extension, rid or option that the offer's line has
 * not, but for `rtcp-fb nack` of Opus.
 *
 * Roles: a line that sends is the microphone, then the low microphone (audio), the camera, then the screen (video), by
 * order within its kind; a line that receives is the next slot of its kind. A `sendrecv` line (simple clients) is
 * the microphone or camera when no line before it is, and is answered `recvonly`; else it is a slot and is answered
 * `sendonly`: one line never does both. Lines that are left over, inactive, outside the BUNDLE group, without a codec
 * in common or of another kind are refused. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/netaddr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum line_role {
	LINE_REFUSED, /* answered with port 0 */
	LINE_MIC,
	LINE_MIC_LOW,
	LINE_CAMERA,
	LINE_SCREEN,
	LINE_SLOT_AUDIO,
	LINE_SLOT_VIDEO,
};

enum codec { CODEC_NONE, CODEC_OPUS, CODEC_RED, CODEC_VP8, CODEC_H264 };

/* One codec accepted on a line. */
struct line_codec {
	enum codec codec;
	uint8_t pt;		   /* media payload type */
	uint8_t rtx_pt;		   /* 0: no RTX for it */
	bool nack, pli, fir, twcc; /* feedback both sides agreed on */
};
#define LINE_CODECS_MAX 4 /* OPUS, RED; VP8, H264 constrained baseline mode 1 */

/* Header extension ids of one line, 1–255 as negotiated (above 14: two-byte headers); 0: not negotiated. */
struct line_exts {
	uint8_t mid, rid, repaired_rid, twcc, audio_level, abs_send_time, dependency_descriptor;
};

struct line {
	enum line_role role;
	char mid[RID_MAX + 1];
	struct line_codec codecs[LINE_CODECS_MAX]; /* in order of preference; n_codecs 0 only when refused */
	uint8_t n_codecs;
	struct line_exts exts;
	/* send lines (mic, camera, screen) */
	char rids[RIDS_MAX]
		 [RID_MAX + 1]; /* lowest layer first, whatever the order in the offer; none: a single stream */
	uint8_t n_rids;
	uint32_t ssrcs[SSRCS_PER_RID];	   /* a=ssrc of a line without rids: media SSRCs */
	uint32_t rtx_ssrcs[SSRCS_PER_RID]; /* the RTX SSRC of ssrcs[i] by ssrc-group:FID; 0: none */
	uint8_t n_ssrcs;
	/* slots */
	uint8_t slot;		/* its number: a<slot> or v<slot> */
	uint32_t slot_ssrc;	/* ours, for the life of the transport */
	uint32_t slot_rtx_ssrc; /* 0: no RTX */
};

enum dtls_role { DTLS_PASSIVE, DTLS_ACTIVE }; /* ours */

struct fingerprint {
	uint8_t sha256[32];
};

struct negotiated {
	enum dtls_role dtls_role;
	struct fingerprint peer; /* of the client's certificate */
	char peer_ufrag[UFRAG_MAX + 1], peer_pwd[PWD_MAX + 1];
	bool twcc; /* at least one accepted line carries transport-wide sequence numbers */
	uint8_t n_lines;
	struct line lines[LINES_MAX]; /* in the offer's order; last, so that a copy need not carry what is not used */
};

/* Bytes of it up to the last line in use: all that a copy needs. */
static inline size_t negotiated_bytes(const struct negotiated *n)
{
	return offsetof(struct negotiated, lines) + n->n_lines * sizeof n->lines[0];
}

/* What an answer may contain beyond Opus and VP8, where offered. */
enum negotiate_allow {
	NEGOTIATE_RED = 1,
	NEGOTIATE_H264 = 2,		     /* constrained baseline, packetization-mode 1; VP8 stands before it */
	NEGOTIATE_ABS_SEND_TIME = 4,	     /* on lines that send */
	NEGOTIATE_DEPENDENCY_DESCRIPTOR = 8, /* on video lines that send */
};

#define NEGOTIATE_SSRCS (SLOTS_AUDIO_MAX + 2 * SLOTS_VIDEO_MAX)
#define NEGOTIATE_CANDIDATES_MAX 16
#define NEGOTIATE_ANSWER_MAX (64 * 1024) /* bytes of the longest answer */
#define NEGOTIATE_CNAME "diemcau"	 /* of every slot: they share the daemon's clock */

/* Our side of one transport. Chance comes in from outside: credentials, session id and SSRCs. */
struct negotiate_config {
	const char *ufrag;		/* 4–32 letters, digits, '+', '/' */
	const char *pwd;		/* 22–64 of the same */
	struct fingerprint fingerprint; /* of our certificate */
	uint64_t session_id;		/* of the o= line; below 2^62 */
	/* Host candidates in the caller's order of preference; at least one of UDP. IPv4 is put before IPv6. */
	const struct netaddr *udp, *tcp;  /* tcp: passive */
	uint8_t n_udp, n_tcp;		  /* together at most NEGOTIATE_CANDIDATES_MAX */
	uint8_t slots_audio, slots_video; /* granted at join; lines beyond are refused */
	/* Random, none 0, no two the same. a<i> takes ssrcs[i], v<i> ssrcs[SLOTS_AUDIO_MAX + 2 i] and, for RTX, the
	 * next one: a slot keeps its SSRCs as long as the array is the same. */
	const uint32_t *ssrcs; /* NEGOTIATE_SSRCS */
	unsigned allow;	       /* enum negotiate_allow */
};

#define NEGOTIATE_ERROR_TEXT 160

/* Why an offer was refused, for the client: plain English that names the line. */
struct negotiate_error {
	enum err err;
	char text[NEGOTIATE_ERROR_TEXT]; /* "m-line 2 (video, mid 1): no a=ice-pwd"; lines are counted from 1 */
};

/* Reads the offer, decides, and writes the answer behind what `answer` holds (room for NEGOTIATE_ANSWER_MAX is always
 * enough). Clears *out and *error first; after an error *out and the answer's new text are not to be used.
 *
 * ERR_FORMAT, ERR_RANGE, ERR_LIMIT: the offer is broken or too large, or its transport lacks fingerprint, ice-ufrag or
 * ice-pwd (`bad-request`). ERR_MISSING: nothing in it can be used, or its fingerprint is not SHA-256 (`unsupported`).
 * ERR_FULL: the answer does not fit the writer; ERR_STATE: the configuration breaks its own limits (`internal`). */
must_check enum err negotiate_answer(struct bytes offer, const struct negotiate_config *config, struct negotiated *out,
				     struct writer *answer, struct negotiate_error *error);

/* What a further offer of a site is to the transport it has. */
enum negotiate_relation {
	NEGOTIATE_NEW,	    /* another fingerprint: a new PeerConnection, any m-lines, new SSRCs */
	NEGOTIATE_RESTART,  /* same fingerprint, other credentials, same lines: an ICE restart */
	NEGOTIATE_SAME,	    /* same fingerprint and credentials: the answer kept from before is the answer */
	NEGOTIATE_MISMATCH, /* an ICE restart with other lines, or an offer that cannot be answered: *error says why */
};

/* `config` is the one that made `old`. Lines are the same when their roles, mids, payload types, extension ids and rids
 * are: then the old answer fits the new offer, and nothing changes for the engine. error->err is ERR_OK unless
 * NEGOTIATE_MISMATCH; there as with negotiate_answer, ERR_FORMAT for other lines. */
enum negotiate_relation negotiate_compare(const struct negotiated *old, struct bytes offer,
					  const struct negotiate_config *config, struct negotiate_error *error);
