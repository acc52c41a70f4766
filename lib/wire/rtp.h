/* RTP packets: reading one into views, writing a header anew for each receiver. RFC 3550 5.1 and 5.3.1, RFC 4588 4.
 *
 * Guarantee: the views of an accepted packet lie inside it; header + payload + padding are all of it. Payload may be
 * empty (a probe of padding alone). Views are valid as long as the packet. Pure, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define RTP_FIXED_BYTES 12
#define RTP_CSRCS_MAX 15

struct rtp {
	bool marker;
	uint8_t pt; /* 0–127 */
	uint16_t seq;
	uint32_t timestamp, ssrc;
	uint32_t csrcs[RTP_CSRCS_MAX];
	uint8_t n_csrcs;
	bool has_ext;
	uint16_t ext_profile; /* "defined by profile": 0xBEDE, 0x1000–0x100F (rtpext.h), others */
	struct bytes ext;     /* the extension block without its head of 4 bytes, a multiple of 4 */
	uint16_t header;      /* bytes before the payload */
	struct bytes payload; /* without padding */
	uint8_t padding;      /* bytes of padding, their count included; 0: none */
};

/* *out is cleared first. ERR_SHORT: header, extension or padding reach past the end; ERR_FORMAT: version is not 2, or a
 * padding count of 0; ERR_RANGE: longer than 65535 bytes. */
must_check enum err rtp_parse(struct bytes packet, struct rtp *out);

/* RTX: the original sequence number and the original payload (RFC 4588 4). ERR_SHORT: a payload under 2 bytes, as
 * probes of padding have. */
must_check enum err rtp_rtx(const struct rtp *rtx, uint16_t *seq, struct bytes *payload);

/* A header to write. `ext` is a block built by rtpext_write*; it is filled up with zeros to a multiple of 4. */
struct rtp_head {
	bool marker;
	bool padding; /* the P bit: the payload's end carries padding (rtp_write_padding) */
	uint8_t pt;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	const uint32_t *csrcs;
	uint8_t n_csrcs;      /* 0–15 */
	uint16_t ext_profile; /* with ext.n > 0 */
	struct bytes ext;     /* n = 0: no extension at all */
};

/* Appends the header; a value out of its range fails the writer. */
void rtp_write(struct writer *w, const struct rtp_head *head);
/* Appends n bytes of padding (1–255), the last one telling n. */
void rtp_write_padding(struct writer *w, uint8_t n);
