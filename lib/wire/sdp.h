/* A session description taken apart into views of the text: sections, attributes, words. RFC 8866, RFC 3264.
 *
 * Guarantee: nothing is copied or allocated, every view lies inside the text given, and each pass is linear in it, so
 * that 256 KiB of a stranger's text cost what they weigh. Lines end in CRLF or LF, the last one may lack its end; a
 * line may be as long as the text. What the attributes mean is media/offer's business.
 *
 * Pure. The views are valid as long as the text. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include <stdbool.h>
#include <stdint.h>

#define SDP_WORD_MAX 64 /* characters of an m= line's kind, protocol and first format */

/* One m= section. */
struct sdp_media {
	struct bytes kind;    /* "audio", "video", "application", …: a token */
	uint16_t port;	      /* 0: refused, or bundle-only */
	struct bytes proto;   /* "UDP/TLS/RTP/SAVPF"; never empty; printable ASCII, as the whole m= line */
	struct bytes formats; /* the words behind it: payload types, or what the protocol names; at least one */
	struct bytes lines;   /* the whole lines below the m= line, up to the next m= */
};

struct sdp {
	struct bytes session; /* the whole lines above the first m= */
	struct sdp_media media[LINES_MAX];
	uint8_t n_media;
};

/* Clears *out first. ERR_RANGE: longer than SDP_MAX. ERR_FORMAT: does not begin with v=0, a line that is not
 * `letter=…`, a control character other than the line's end or a tab, an m= line without kind, port, protocol and a
 * format, not ASCII, or with longer words than SDP_WORD_MAX. ERR_LIMIT: more than LINES_MAX m-lines. After an error
 * out->n_media is the number of m-lines begun. */
must_check enum err sdp_parse(struct bytes text, struct sdp *out);

/* One a= line: `a=name` or `a=name:value`. */
struct sdp_attr {
	struct bytes name, value; /* value without blanks around it, n = 0 when there is none */
};

/* Takes the next a= line off the front of *lines (a section's `lines`, or `session`), passing over others; false at
 * the end. */
bool sdp_attr_next(struct bytes *lines, struct sdp_attr *out);
/* The value of the first attribute of this name; false (and *value cleared) when there is none. */
bool sdp_attr_find(struct bytes lines, const char *name, struct bytes *value);

/* Takes the next word off the front of *text; words are parted by `mark`, and blanks around them do not count. False at
 * the end. Empty words between two marks are passed over. */
bool sdp_word_next(struct bytes *text, char mark, struct bytes *word);
/* The part of *text before the first `mark`, which is taken off too; all of it when there is no mark. */
struct bytes sdp_cut(struct bytes *text, char mark);
/* The value of `key` in `key=value;key=value`, keys compared without case; false (and *value cleared) when absent. */
bool sdp_param(struct bytes params, const char *key, struct bytes *value);

/* Text equal to this NUL-ended one, with case and without. */
bool sdp_is(struct bytes text, const char *other);
bool sdp_is_nocase(struct bytes text, const char *other);
/* A decimal number of digits alone, at most `max`; false (and *value 0) otherwise. */
bool sdp_number(struct bytes text, uint32_t max, uint32_t *value);
/* One or more characters, each of which can stand in a token (RFC 8866 9, token-char). */
bool sdp_is_token(struct bytes text);
/* The value of a hexadecimal digit; -1 when it is none. */
int sdp_hex(uint8_t digit);
