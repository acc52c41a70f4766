/* What one offer and our answer agreed on: plain data, no text beyond mids and rids. RFC 8829, RFC 8843, RFC 8853.
 *
 * The signalling thread makes it from an offer (negotiate_answer), the engine works by it. Everything is per transport:
 * payload types, extension ids and codecs are each client's own. Pure. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/netaddr.h"
#include <stdbool.h>
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
	bool twcc;		      /* at least one accepted line carries transport-wide sequence numbers */
	struct line lines[LINES_MAX]; /* in the offer's order */
	uint8_t n_lines;
};
