/* The session descriptions of synthetic sites: an offer, an answer to a relay's offer, and what a relay's description
 * says of its transport. RFC 8829; payload types and extension ids are those of bench/floor.h. */
#pragma once
#include "bench/load/call.h"
#include "bench/load/plan.h"
#include "wire/sdp.h"
#include <stddef.h>

#define SDPTEXT_MAX 65536

/* Lines of an offer: with `sends` the microphone (mid 0) and, where the plan has pictures, the camera (mid 1, rids l m
 * h); then the slots, mids from 2 on. False: size is too small. */
bool sdptext_offer(char *text, size_t size, const struct plan *plan, const struct call *call,
		   const uint8_t fingerprint[CERT_SHA256], bool slots);
/* The answer that takes all Opus and VP8 of the relay's offer. */
bool sdptext_answer(char *text, size_t size, const struct sdp *offer, const struct call *call,
		    const uint8_t fingerprint[CERT_SHA256]);
/* Fills the relay's half of `call`; false: call->why says what is missing. */
bool sdptext_read(const struct sdp *sdp, struct call *call);
