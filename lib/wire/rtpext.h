/* RTP header extensions: elements of the one-byte and the two-byte form, and the few we read and write. RFC 8285.
 *
 * Guarantee: iteration ends, elements lie inside the block; a broken element ends it (what came before it stands). Ids
 * are each client's own, as negotiated; id 0 is never found. mid, rid: RFC 9143, RFC 8852; audio level: RFC 6464;
 * transport-wide number: draft-holmer-rmcat-transport-wide-cc-extensions-01; abs-send-time: 6.18 fixed point seconds,
 * modulo 64 s. Pure, any thread. */
#pragma once
#include "base/bytes.h"
#include "base/limits.h"
#include "base/usec.h"
#include "wire/rtp.h"
#include <stdbool.h>
#include <stdint.h>

#define RTPEXT_ONE_BYTE 0xBEDE /* ids 1–14, 1–16 bytes each */
#define RTPEXT_TWO_BYTE 0x1000 /* ids 1–255, 0–255 bytes each; the low 4 bits are "appbits", ours 0 */
#define RTPEXT_BLOCK_MAX                                                                                               \
	64 /* bytes that hold all we write: mid of 16, transport-wide number, send time, in either form */

struct rtpext {
	uint8_t id;
	struct bytes data;
};

struct rtpext_iter {
	struct reader r;
	bool two_byte;
};

/* Over the packet's block; nothing comes out when there is none, or its profile is neither form. */
struct rtpext_iter rtpext_iter_of(const struct rtp *rtp);
/* The next element, padding skipped; false at the end (*out is then cleared). */
bool rtpext_next(struct rtpext_iter *it, struct rtpext *out);
/* The first element of this id; false (*data cleared) when there is none, or id is 0. */
bool rtpext_find(const struct rtp *rtp, uint8_t id, struct bytes *data);

/* Typed reading: false, with the output cleared, when the element is absent or breaks its format. */

/* mid, rid, repaired-rid: 1–RID_MAX characters of printable ASCII without space; NUL added. */
bool rtpext_text(const struct rtp *rtp, uint8_t id, char text[RID_MAX + 1]);
bool rtpext_twcc(const struct rtp *rtp, uint8_t id, uint16_t *seq);
/* level: 0 loudest … 127 silence (-dBov), the latter also when absent; voice: the sender's own opinion. */
#define RTPEXT_SILENCE 127
bool rtpext_audio_level(const struct rtp *rtp, uint8_t id, uint8_t *level, bool *voice);
bool rtpext_abs_send_time(const struct rtp *rtp, uint8_t id, uint32_t *time24);

/* Building a block: choose the form once, append elements, hand writer_done() to rtp_write as `ext` with the form's
 * value as `ext_profile`. An element of id 0 (not negotiated) is left out; one that the form cannot hold fails the
 * writer. */
/* RTPEXT_TWO_BYTE when the greatest id is above 14, else RTPEXT_ONE_BYTE. */
uint16_t rtpext_form(uint8_t greatest_id);
void rtpext_write(struct writer *w, uint16_t form, uint8_t id, struct bytes data);
void rtpext_write_mid(struct writer *w, uint16_t form, uint8_t id, const char *mid);
void rtpext_write_twcc(struct writer *w, uint16_t form, uint8_t id, uint16_t seq);
void rtpext_write_abs_send_time(struct writer *w, uint16_t form, uint8_t id, usec at);
void rtpext_write_audio_level(struct writer *w, uint16_t form, uint8_t id, uint8_t level, bool voice);
