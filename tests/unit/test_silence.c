#include "media/silence.h"
#include "test.h"

#define MS USEC_MS

/* What follows a last packet sent at 0 with timestamp 1000, when its source is lost at `lost`. */
static const struct closing {
	uint8_t packet[2];
	size_t n;
	usec lost;
	uint8_t toc;
	uint32_t first, frame; /* timestamp of the first, distance of the others */
} closings[] = {
	{ { 0x78 }, 1, 0, 0x78, 1000 + 960, 960 },	     /* hybrid, 20 ms, mono, one frame */
	{ { 0x7c }, 1, 20 * MS, 0x7c, 1000 + 960, 960 },     /* stereo */
	{ { 0xf9 }, 2, 0, 0xf8, 1000 + 1920, 960 },	     /* CELT 20 ms, two frames */
	{ { 0x83, 0x06 }, 2, 0, 0x80, 1000 + 720, 120 },     /* CELT 2.5 ms, six frames */
	{ { 0x18 }, 1, 0, 0x18, 1000 + 2880, 2880 },	     /* SILK 60 ms */
	{ { 0x1b, 0x02 }, 2, 0, 0x18, 1000 + 5760, 2880 },   /* 120 ms */
	{ { 0x60 }, 1, 9 * MS, 0x60, 1000 + 480, 480 },	     /* hybrid 10 ms */
	{ { 0x78 }, 1, 59 * MS, 0x78, 1000 + 2 * 960, 960 }, /* it was late already: whole frames more */
	{ { 0x78 }, 1, 60 * MS, 0x78, 1000 + 3 * 960, 960 }, { { 0x78 }, 1, 2000 * MS, 0x78, 1000 + 96000, 960 },
};

static void follows_the_last_packet(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof closings / sizeof *closings; i++) {
		const struct closing *c = &closings[i];
		struct silence s;
		struct silence_out out;
		usec at = c->lost;
		silence_init(&s);
		silence_on_packet(&s, bytes_of(c->packet, c->n), 1000, 0);
		assert_false(silence_next(&s, c->lost, &out));
		silence_on_lost(&s, c->lost);
		silence_on_lost(&s, c->lost + 1); /* once is enough */
		for (uint32_t k = 0; k < SILENCE_FRAMES; k++) {
			usec next = USEC_NEVER;
			silence_deadline(&s, &next);
			if (next != at || silence_next(&s, at - 1, &out) || !silence_next(&s, at, &out) ||
			    out.toc != c->toc || out.timestamp != c->first + k * c->frame)
				fail_msg("row %zu, frame %u: toc %02x, timestamp %u", i, k, out.toc, out.timestamp);
			at += (usec)c->frame * 1000 / 48;
		}
		usec next = USEC_NEVER;
		silence_deadline(&s, &next);
		assert_true(next == USEC_NEVER);
		assert_false(silence_next(&s, at + USEC_S, &out));
		assert_int_equal(s.state, SILENCE_EMPTY);
	}
}

enum event { PACKET, LOST, NEXT, CANCEL, BROKEN };
static const struct step {
	enum event event;
	bool sent;
	enum silence_state state;
} steps[] = {
	{ LOST, false, SILENCE_EMPTY },	  { NEXT, false, SILENCE_EMPTY },   { BROKEN, false, SILENCE_EMPTY },
	{ PACKET, false, SILENCE_READY }, { BROKEN, false, SILENCE_READY }, { NEXT, false, SILENCE_READY },
	{ CANCEL, false, SILENCE_EMPTY }, { LOST, false, SILENCE_EMPTY },   { PACKET, false, SILENCE_READY },
	{ LOST, false, SILENCE_CLOSING }, { NEXT, true, SILENCE_CLOSING },  { LOST, false, SILENCE_CLOSING },
	{ PACKET, false, SILENCE_READY }, { LOST, false, SILENCE_CLOSING }, { NEXT, true, SILENCE_CLOSING },
	{ CANCEL, false, SILENCE_EMPTY }, { PACKET, false, SILENCE_READY }, { LOST, false, SILENCE_CLOSING },
	{ NEXT, true, SILENCE_CLOSING },  { NEXT, true, SILENCE_CLOSING },  { NEXT, true, SILENCE_CLOSING },
	{ NEXT, true, SILENCE_EMPTY },	  { NEXT, false, SILENCE_EMPTY },
};

static void follows_the_table(void **unused)
{
	(void)unused;
	static const uint8_t good[] = { 0x78 }, no_frames[] = { 0x7b, 0x00 }, too_long[] = { 0x1b, 0x03 },
			     cut[] = { 0x7b };
	struct silence s;
	usec now = 0;
	silence_init(&s);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct silence_out out;
		bool sent = false;
		now += 20 * MS;
		switch (steps[i].event) {
		case PACKET: silence_on_packet(&s, bytes_of(good, 1), 0, now); break;
		case LOST: silence_on_lost(&s, now); break;
		case NEXT: sent = silence_next(&s, now, &out); break;
		case CANCEL: silence_cancel(&s); break;
		case BROKEN:
			silence_on_packet(&s, bytes_of(NULL, 0), 0, now);
			silence_on_packet(&s, bytes_of(no_frames, 2), 0, now);
			silence_on_packet(&s, bytes_of(too_long, 2), 0, now);
			silence_on_packet(&s, bytes_of(cut, 1), 0, now);
			break;
		}
		if (sent != steps[i].sent || s.state != steps[i].state)
			fail_msg("step %zu: sent %d, state %d", i, sent, s.state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_last_packet),
		cmocka_unit_test(follows_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
