/* The text of an answer, from what was decided. RFC 8829 5.3.1, RFC 8839, RFC 8843.
 *
 * Guarantee: the same decision gives the same text; nothing of the offer stands in it that was not accepted, but for
 * the kind, protocol and first format of a refused line; the text is ASCII, each line ends in CRLF.
 *
 * Pure. Internal to media: negotiate decides, answer writes. */
#pragma once
#include "base/bytes.h"
#include "media/negotiate.h"
#include "media/offer.h"

struct answer {
	const struct negotiate_config *config;
	const struct negotiated *media;
	const struct offer_line *lines; /* media->n_lines of them */
	const uint8_t *bundle;		/* the accepted lines, in the order of the offer's group */
	uint8_t n_bundle;		/* 1 or more; the first carries the candidates */
	bool grouped;			/* the offer had a BUNDLE group */
	bool mixed;			/* extmap-allow-mixed for the session */
};

/* Sets to->failed when there is no room. */
void answer_write(const struct answer *a, struct writer *to);
