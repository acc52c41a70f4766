#include "media/siteclock.h"
#include "base/seq.h"

#define ANCHOR_LIFE (2 * SITECLOCK_SPAN)

void siteclock_init(struct siteclock *c)
{
	*c = (struct siteclock){ .least = USEC_NEVER, .before = USEC_NEVER, .odd = USEC_NEVER };
}

void siteclock_source_init(struct siteclock_source *s, uint32_t rate_hz)
{
	*s = (struct siteclock_source){ .rate_hz = rate_hz };
}

/* Distance from timestamp b to a along the source's clock. */
static usec span_of(const struct siteclock_source *s, uint32_t a, uint32_t b)
{
	return seq32_diff(a, b) * USEC_S / s->rate_hz;
}

static bool apart(usec a, usec b)
{
	return a - b > SITECLOCK_JUMP || b - a > SITECLOCK_JUMP;
}

/* NTP time as time since the site's first report; right over the end of the NTP era too. */
static usec site_time(const struct siteclock *c, uint64_t ntp)
{
	int64_t d = (int64_t)(ntp - c->ntp_base);
	return (d >> 32) * USEC_S + (usec)(((uint64_t)(uint32_t)d * (uint64_t)USEC_S) >> 32);
}

static usec offset(const struct siteclock *c)
{
	return c->before < c->least ? c->before : c->least;
}

static void set_offset(struct siteclock *c, usec sample, usec now)
{
	c->least = sample;
	c->before = USEC_NEVER;
	c->odd = USEC_NEVER;
	c->span_started = now;
}

static void roll_span(struct siteclock *c, usec now)
{
	usec age = now - c->span_started;
	if (age < SITECLOCK_SPAN)
		return;
	if (c->least != USEC_NEVER)
		c->before = c->least;
	/* Away for long: the one least delay known stays until there is another. */
	c->least = USEC_NEVER;
	c->span_started = now;
}

/* One report's (arrival - site time): longer than the least is delay; much shorter must be seen twice. */
static void take_sample(struct siteclock *c, usec sample, usec now)
{
	roll_span(c, now);
	usec known = offset(c);
	if (known != USEC_NEVER && sample < known - SITECLOCK_JUMP) {
		if (c->odd == USEC_NEVER || apart(sample, c->odd)) {
			c->odd = sample;
			return;
		}
		set_offset(c, sample > c->odd ? c->odd : sample, now);
		return;
	}
	c->odd = USEC_NEVER;
	if (sample < c->least)
		c->least = sample;
}

enum course { COURSE_KEPT, COURSE_ODD, COURSE_NEW };

/* Whether a report lies on the line of those before it; once off it is odd, a second one that agrees makes a new line.
 */
static enum course follow(struct siteclock_source *s, usec at, uint32_t timestamp)
{
	enum course course = COURSE_KEPT;
	if (s->reported && apart(at, s->sr_at + span_of(s, timestamp, s->sr_timestamp))) {
		bool again = s->has_odd && !apart(at, s->odd_at + span_of(s, timestamp, s->odd_timestamp));
		course = again ? COURSE_NEW : COURSE_ODD;
	}
	s->has_odd = course == COURSE_ODD;
	if (course == COURSE_ODD) {
		s->odd_at = at;
		s->odd_timestamp = timestamp;
	} else {
		s->reported = true;
		s->sr_at = at;
		s->sr_timestamp = timestamp;
	}
	return course;
}

void siteclock_on_sr(struct siteclock *c, struct siteclock_source *s, uint64_t ntp, uint32_t timestamp, usec now)
{
	if (ntp == 0)
		return;
	if (!c->began) {
		c->began = true;
		c->ntp_base = ntp;
		c->span_started = now;
	}
	usec at = site_time(c, ntp);
	enum course course = follow(s, at, timestamp);
	if (course == COURSE_NEW && apart(now - at, offset(c)))
		set_offset(c, now - at, now); /* its clock was set anew, not its timestamps */
	else if (course != COURSE_ODD)
		take_sample(c, now - at, now);
}

void siteclock_on_packet(struct siteclock_source *s, uint32_t timestamp, usec now)
{
	usec late = s->arrived ? now - (s->anchor_at + span_of(s, timestamp, s->anchor_timestamp)) : 0;
	bool stays = s->arrived && late >= 0 && late <= SITECLOCK_LATE && now - s->anchor_at < ANCHOR_LIFE;
	if (stays)
		return;
	s->arrived = true;
	s->anchor_timestamp = timestamp;
	s->anchor_at = now;
}

bool siteclock_is_reported(const struct siteclock *c, const struct siteclock_source *s)
{
	return s->reported && c->began;
}

usec siteclock_capture(const struct siteclock *c, const struct siteclock_source *s, uint32_t t, usec arrival)
{
	usec at = arrival;
	bool placed = false;
	if (siteclock_is_reported(c, s)) {
		at = s->sr_at + span_of(s, t, s->sr_timestamp) + offset(c);
		placed = at >= arrival - SITECLOCK_LATE && at <= arrival + SITECLOCK_JUMP;
	}
	if (!placed && s->arrived) {
		at = s->anchor_at + span_of(s, t, s->anchor_timestamp);
		placed = at >= arrival - SITECLOCK_LATE;
	}
	return placed && at < arrival ? at : arrival;
}
