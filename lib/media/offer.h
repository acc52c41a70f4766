/* One m-line of an offer as we understand it: the codecs we speak, extensions, rids, SSRCs. RFC 8829, 8285, 8851, 8853.
 *
 * Guarantee: what is found here was offered in that very line: a codec whose payload type stands in the m-line, RTX
 * only with its base, RED only with Opus, at most one payload type a codec; nothing is decided about roles or groups.
 * Codecs are compared by meaning: names without case, H264 by profile.
 *
 * Pure. Views point into the offer's text. Internal to media: negotiate reads, answer writes. */
#pragma once
#include "base/bytes.h"
#include "media/negotiate.h"
#include "wire/sdp.h"
#include <stdbool.h>
#include <stdint.h>

/* What the offerer does; bits of sending and receiving. */
enum offer_direction { OFFER_INACTIVE = 0, OFFER_SENDONLY = 1, OFFER_RECVONLY = 2, OFFER_SENDRECV = 3 };

enum offer_kind { OFFER_OTHER, OFFER_AUDIO, OFFER_VIDEO };

enum offer_ext_name {
	EXT_MID,
	EXT_RID,
	EXT_REPAIRED_RID,
	EXT_TWCC,
	EXT_AUDIO_LEVEL,
	EXT_ABS_SEND_TIME,
	EXT_DEPENDENCY_DESCRIPTOR,
	EXT_COUNT,
};

struct offer_ext {
	uint8_t id;			/* 0: not offered */
	bool limited;			/* a direction was written */
	enum offer_direction direction; /* OFFER_SENDRECV when none was */
};

struct offer_line {
	const struct sdp_media *media;
	enum offer_kind kind;
	struct bytes mid; /* n = 0: none */
	enum offer_direction direction;
	bool alive;				     /* a port, or bundle-only: the offerer has not given the line up */
	bool mux;				     /* rtcp-mux, which a bundle-only line need not say */
	bool rtp;				     /* a protocol of DTLS and SRTP we speak */
	bool rsize;				     /* rtcp-rsize */
	bool mixed;				     /* extmap-allow-mixed in the line */
	struct bytes fingerprint, ufrag, pwd, setup; /* of the line, else of the session; n = 0: none */

	struct line_codec codecs[LINE_CODECS_MAX]; /* as in struct line: Opus before RED, VP8 before H264 */
	uint8_t n_codecs;
	struct bytes h264_profile; /* of the H264 among them */
	bool h264_asymmetry;

	struct offer_ext exts[EXT_COUNT];

	struct bytes rids[RIDS_MAX]; /* of the sender, in the order of its a=simulcast */
	uint8_t n_rids;

	uint32_t ssrcs[SSRCS_PER_RID], rtx_ssrcs[SSRCS_PER_RID]; /* as in struct line */
	uint8_t n_ssrcs;
};

/* Reads media->lines, with the session's attributes for what the line does not say itself. `otherwise` is the
 * session's direction. Clears *out first.
 * ERR_FORMAT: a mid that is no token. ERR_LIMIT: a mid longer than 255. What else is broken is as if not offered. */
must_check enum err offer_read(const struct sdp_media *media, struct bytes session, enum offer_direction otherwise,
			       unsigned allow, struct offer_line *out);

/* The direction these lines state, else `otherwise`. */
enum offer_direction offer_direction_of(struct bytes lines, enum offer_direction otherwise);

/* The URI of an extension. */
const char *offer_ext_uri(enum offer_ext_name name);

/* The layers lowest first: by known sets of names (l m h, q h f, …), else as listed. order[i] is an index into rids. */
void offer_rid_order(const struct offer_line *line, uint8_t order[RIDS_MAX]);
