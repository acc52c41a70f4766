#include "media/siteclock.h"
#include "test.h"

#define MS USEC_MS
#define NTP_START (UINT64_C(0xfffffff0) << 32) /* 16 s before the end of the NTP era */

/* A site of the test: its clock is ahead of the daemon's by `ahead`; its timestamps begin anywhere. */
static uint64_t ntp_at(usec site)
{
	return NTP_START + ((uint64_t)(site / USEC_S) << 32) + ((uint64_t)(site % USEC_S) << 32) / (uint64_t)USEC_S;
}

static uint32_t stamp_at(usec site, uint32_t first, uint32_t rate_hz)
{
	return first + (uint32_t)(site / USEC_S) * rate_hz + (uint32_t)(site % USEC_S * rate_hz / USEC_S);
}

static void near(usec value, usec expected, usec slack)
{
	if (value < expected - slack || value > expected + slack)
		fail_msg("%lld, not %lld", (long long)value, (long long)expected);
}

static void takes_arrival_while_there_is_no_report(void **unused)
{
	struct siteclock c;
	struct siteclock_source s;
	siteclock_init(&c);
	siteclock_source_init(&s, 48000);
	assert_int_equal(siteclock_capture(&c, &s, 12345, 7000 * MS), 7000 * MS);
	siteclock_on_packet(&s, 1000, 500 * MS);
	siteclock_on_packet(&s, 1000 + 960, 510 * MS); /* less delayed than the first */
	siteclock_on_packet(&s, 1000 + 2 * 960, 560 * MS);
	near(siteclock_capture(&c, &s, 1000 + 2 * 960, 560 * MS), 530 * MS, 1);
	near(siteclock_capture(&c, &s, 1000, 560 * MS), 490 * MS, 1);
	assert_false(siteclock_is_reported(&c, &s));
	siteclock_on_packet(&s, 0x80000000u, 600 * MS); /* begins anew */
	near(siteclock_capture(&c, &s, 0x80000000u + 960, 650 * MS), 620 * MS, 1);
	siteclock_on_packet(&s, 0x70000000u, 700 * MS); /* and back */
	near(siteclock_capture(&c, &s, 0x70000000u + 960, 750 * MS), 720 * MS, 1);
	siteclock_on_sr(&c, &s, 0, 0x70000000u, 700 * MS); /* a report without a time is none */
	assert_false(siteclock_is_reported(&c, &s));
}

/* Sound and picture of one site, reports at different times and delays: what was captured together comes out together,
 * over the end of the NTP era and of the timestamps. */
static void puts_sound_and_picture_together(void **unused)
{
	struct siteclock c;
	struct siteclock_source audio;
	struct siteclock_source video;
	const usec ahead = 123456 * MS;
	siteclock_init(&c);
	siteclock_source_init(&audio, 48000);
	siteclock_source_init(&video, 90000);
	uint32_t a0 = 0xffffff00u;
	uint32_t v0 = 0xfffff000u;
	for (usec now = 0; now < 60000 * MS; now += 10 * MS) {
		usec site = now + ahead;
		if (now % (5000 * MS) == 2400 * MS)
			siteclock_on_sr(&c, &audio, ntp_at(site - 30 * MS), stamp_at(site - 30 * MS, a0, 48000), now);
		if (now % (1000 * MS) == 0)
			siteclock_on_sr(&c, &video, ntp_at(site - 50 * MS), stamp_at(site - 50 * MS, v0, 90000), now);
		siteclock_on_packet(&audio, stamp_at(site - 90 * MS, a0, 48000), now);
		siteclock_on_packet(&video, stamp_at(site - 130 * MS, v0, 90000), now);
		if (now < 2400 * MS)
			continue;
		usec a = siteclock_capture(&c, &audio, stamp_at(site - 140 * MS, a0, 48000), now);
		usec v = siteclock_capture(&c, &video, stamp_at(site - 140 * MS, v0, 90000), now);
		near(a, v, 100);
		near(a, now - 110 * MS, 100); /* as by the least delay, 30 ms */
	}
}

static void believes_a_jump_when_it_is_confirmed(void **unused)
{
	struct siteclock c;
	struct siteclock_source s;
	siteclock_init(&c);
	siteclock_source_init(&s, 90000);
	for (usec now = 0; now < 5000 * MS; now += 1000 * MS)
		siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now);
	usec now = 5000 * MS;
	/* one broken report, one empty: nothing changes */
	siteclock_on_sr(&c, &s, ntp_at(now + 7200 * USEC_S), stamp_at(now, 0, 90000), now);
	siteclock_on_sr(&c, &s, 0, 4711, now);
	near(siteclock_capture(&c, &s, stamp_at(now, 0, 90000), now + 50 * MS), now, 100);
	siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now);
	siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now + 2 * USEC_S, 0, 90000), now);
	near(siteclock_capture(&c, &s, stamp_at(now, 0, 90000), now + 50 * MS), now, 100);
	siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now);
	/* its clock is set 1 h back, its timestamps go on: the second report is believed */
	for (int i = 1; i <= 2; i++)
		siteclock_on_sr(&c, &s, ntp_at(now - 3600 * USEC_S + i * USEC_S), stamp_at(now + i * USEC_S, 0, 90000),
				now + i * USEC_S);
	now += 2 * USEC_S;
	near(siteclock_capture(&c, &s, stamp_at(now, 0, 90000), now + 50 * MS), now, 100);
	/* its timestamps begin anew, its clock goes on */
	for (int i = 1; i <= 2; i++)
		siteclock_on_sr(&c, &s, ntp_at(now - 3600 * USEC_S + i * USEC_S),
				stamp_at(now + i * USEC_S, 0x12345678, 90000), now + i * USEC_S);
	now += 2 * USEC_S;
	near(siteclock_capture(&c, &s, stamp_at(now, 0x12345678, 90000), now + 50 * MS), now, 100);
}

/* A report that puts packets into the future is worse than none. */
static void falls_back_on_arrival(void **unused)
{
	struct siteclock c;
	struct siteclock_source s;
	siteclock_init(&c);
	siteclock_source_init(&s, 90000);
	siteclock_on_packet(&s, 0, 0);
	siteclock_on_sr(&c, &s, ntp_at(0), (uint32_t)-180000, 0);
	near(siteclock_capture(&c, &s, 90000, 1040 * MS), 1000 * MS, 1);
}

/* A queue on its uplink for a minute does not move the site's clock; a new, longer way does after two. */
static void knows_delay_from_a_longer_way(void **unused)
{
	struct siteclock c;
	struct siteclock_source s;
	usec now = 0;
	siteclock_init(&c);
	siteclock_source_init(&s, 90000);
	for (; now < 10 * USEC_S; now += USEC_S)
		siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now + 20 * MS);
	for (; now < 65 * USEC_S; now += USEC_S)
		siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now + 900 * MS);
	near(siteclock_capture(&c, &s, stamp_at(now, 0, 90000), now + 1000 * MS), now + 20 * MS, 100);
	for (; now < 200 * USEC_S; now += USEC_S)
		siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now + 900 * MS);
	near(siteclock_capture(&c, &s, stamp_at(now, 0, 90000), now + 1000 * MS), now + 900 * MS, 100);
	/* and back: much less delay than known is believed when seen twice */
	siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now + 20 * MS);
	near(siteclock_capture(&c, &s, stamp_at(now, 0, 90000), now + 1000 * MS), now + 900 * MS, 100);
	siteclock_on_sr(&c, &s, ntp_at(now), stamp_at(now, 0, 90000), now + 30 * MS);
	near(siteclock_capture(&c, &s, stamp_at(now, 0, 90000), now + 1000 * MS), now + 20 * MS, 100);
}

/* Whatever a hostile site reports: the answer is near the arrival, and two timestamps asked together differ as they do.
 */
static void keeps_its_guarantee(void **unused)
{
	static const uint32_t rates[] = { 8000, 48000, 90000 };
	for (unsigned seed = 1; seed <= 1000; seed++) {
		struct siteclock c;
		struct siteclock_source s[3];
		srand(seed);
		siteclock_init(&c);
		for (size_t i = 0; i < 3; i++)
			siteclock_source_init(&s[i], rates[i]);
		uint64_t ntp = (uint64_t)rand() << 32 | (uint64_t)rand();
		bool honest = seed % 2;
		usec now = rand();
		for (int i = 0; i < 500; i++) {
			struct siteclock_source *x = &s[rand() % 3];
			now += rand() % (rand() % 20 ? 100 : 100000) * MS;
			uint32_t stamp =
			    honest ? stamp_at(now, 99, x->rate_hz) : (uint32_t)rand() << rand() % 3 ^ (uint32_t)rand();
			if (!honest && rand() % 3 == 0)
				ntp = (uint64_t)rand() << (rand() % 34) ^ (uint64_t)rand() << 32;
			if (rand() % 3 == 0)
				siteclock_on_sr(&c, x, honest ? ntp_at(now) : ntp, stamp, now + rand() % 50 * MS);
			else
				siteclock_on_packet(x, stamp, now + rand() % 50 * MS);
			usec at = siteclock_capture(&c, x, stamp, now + 50 * MS);
			if (at > now + 50 * MS || at < now + 50 * MS - SITECLOCK_LATE)
				fail_msg("seed %u: %lld at %lld us", seed, (long long)at, (long long)now);
			usec later = siteclock_capture(&c, x, stamp + x->rate_hz / 50, now + 500 * MS);
			if (honest && siteclock_is_reported(&c, x) && (later - at < 19900 || later - at > 20100))
				fail_msg("seed %u: a frame is %lld us", seed, (long long)(later - at));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_arrival_while_there_is_no_report),
		cmocka_unit_test(puts_sound_and_picture_together),
		cmocka_unit_test(believes_a_jump_when_it_is_confirmed),
		cmocka_unit_test(falls_back_on_arrival),
		cmocka_unit_test(knows_delay_from_a_longer_way),
		cmocka_unit_test(keeps_its_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
