/* When something was captured, on the daemon's clock: one site's clock against ours, and the timestamps of each of its
 * sources and layers against the site's, both from sender reports. RFC 3550 6.4.1.
 *
 * The site's offset is the least one-way delay seen in the last one to two minutes, one for all its sources, so that
 * what was captured together comes out together. While a source (or layer) has no report, arrival time stands in: the
 * least delayed of its packets.
 *
 * Guarantee: siteclock_capture is within [arrival - SITECLOCK_LATE, arrival], whatever the reports say. For a source
 * whose reports lie on one line, captures lie on that line (while the offset stays). A report that breaks with the line
 * or the offset by more than SITECLOCK_JUMP is not believed until a second one in a row agrees with it.
 *
 * Pure: time is an argument, no allocation. One owner thread. */
#pragma once
#include "base/usec.h"
#include <stdbool.h>
#include <stdint.h>

#define SITECLOCK_LATE (5 * USEC_S)
#define SITECLOCK_JUMP (500 * USEC_MS)
#define SITECLOCK_SPAN (60 * USEC_S) /* the least delay is looked for in this span and the one before */

/* One site. */
struct siteclock {
	bool began;
	uint64_t ntp_base; /* NTP of its first report: site time 0 */
	usec span_started;
	usec least, before; /* least (arrival - site time) in this span, and in the one before; USEC_NEVER: none */
	usec odd;	    /* the offset a second report must confirm; USEC_NEVER: none */
};

/* One source, or one layer of it: whatever has timestamps of its own. */
struct siteclock_source {
	uint32_t rate_hz;
	bool reported;
	uint32_t sr_timestamp; /* of the last report believed */
	usec sr_at;	       /* its site time */
	bool has_odd;
	uint32_t odd_timestamp; /* a report not believed yet */
	usec odd_at;
	bool arrived;
	uint32_t anchor_timestamp; /* the least delayed packet seen */
	usec anchor_at;
};

void siteclock_init(struct siteclock *c);
void siteclock_source_init(struct siteclock_source *s, uint32_t rate_hz);

/* A packet of the source with this timestamp arrived (as sent, not by RTX). */
void siteclock_on_packet(struct siteclock_source *s, uint32_t timestamp, usec now);
/* A sender report of the source: NTP time (32.32) and timestamp of the same instant. An NTP time of 0 tells nothing. */
void siteclock_on_sr(struct siteclock *c, struct siteclock_source *s, uint64_t ntp, uint32_t timestamp, usec now);

/* When timestamp t of this source, in a packet that arrived at `arrival`, was captured. */
usec siteclock_capture(const struct siteclock *c, const struct siteclock_source *s, uint32_t t, usec arrival);
/* Whether it comes from reports, not from arrival. */
bool siteclock_is_reported(const struct siteclock *c, const struct siteclock_source *s);
