/* A compressed session description: raw deflate (RFC 1951) in base64 (RFC 4648 4), as CompressionStream and btoa make
 * it. What comes in is hostile: it is inflated to at most SDP_MAX bytes. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/* A malloc'ed text with a NUL behind its *n bytes. ERR_FORMAT: not base64, not deflate, cut off, or something after its
 * end; ERR_LIMIT: inflates to more than SDP_MAX; ERR_NOMEM. *sdp is NULL then. */
must_check enum err sdpz_unpack(const char *text, char **sdp, size_t *n);
/* A malloc'ed NUL-ended text. ERR_NOMEM. */
must_check enum err sdpz_pack(struct bytes sdp, char **text);
