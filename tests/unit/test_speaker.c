#include "media/speaker.h"
#include "test.h"

#define MS USEC_MS
#define NOBODY 127
#define QUIET 70 /* -dBov: a room with nobody speaking */

static struct speaker s; /* must not move */
static usec now;
static uint8_t levels[ROOM_SITES_MAX + 1]; /* what site csrc sends each 20 ms; NOBODY: sends nothing */
static unsigned changes;
static int tells; /* times the speaking ones changed */

static void reset(unsigned sites)
{
	now = 100 * USEC_S;
	changes = 0;
	tells = 0;
	memset(levels, NOBODY, sizeof levels);
	speaker_init(&s, now);
	for (uint32_t csrc = 1; csrc <= sites; csrc++)
		assert_int_equal(speaker_add(&s, csrc), ERR_OK);
}

static void tick(void)
{
	unsigned c = speaker_on_tick(&s, now);
	changes |= c;
	tells += !!(c & SPEAKER_CHANGED_SPEAKING);
}

/* Everybody sends for so long. */
static void pass(int ms)
{
	for (int t = 0; t < ms; t += 20, now += 20 * MS) {
		usec next = USEC_NEVER;
		speaker_deadline(&s, &next);
		if (next <= now)
			tick();
		for (uint32_t csrc = 1; csrc <= ROOM_SITES_MAX; csrc++)
			if (levels[csrc] != NOBODY && speaker_on_audio(&s, csrc, levels[csrc], false, now))
				tick();
	}
}

/* As speech is: with short pauses. */
static void speak(uint32_t csrc, uint8_t level, int ms)
{
	for (int t = 0; t < ms; t += 400) {
		levels[csrc] = level;
		pass(320);
		levels[csrc] = QUIET;
		pass(80);
	}
}

static int rank_of(uint32_t csrc)
{
	struct speaker_rank out[SPEAKER_RANKED];
	size_t n = speaker_ranked(&s, NULL, 0, out, SPEAKER_RANKED, now);
	for (size_t i = 0; i < n; i++)
		if (out[i].csrc == csrc)
			return (int)i;
	return -1;
}

static int place_of(uint32_t csrc)
{
	struct speaker_rank out[SPEAKER_RANKED];
	size_t n = speaker_ranked(&s, NULL, 0, out, SPEAKER_RANKED, now);
	for (size_t i = 0; i < n; i++)
		if (out[i].csrc == csrc)
			return out[i].place;
	return -1;
}

static void voice_enters_fast_and_leaves_slowly(void **unused)
{
	reset(3);
	levels[1] = QUIET;
	pass(1000);
	assert_int_equal(rank_of(1), -1);
	levels[1] = 30;
	pass(40);
	assert_int_equal(rank_of(1), -1); /* a click is no voice */
	pass(20);
	assert_int_equal(rank_of(1), 0);
	assert_true(changes & SPEAKER_CHANGED_RANKED);
	levels[1] = QUIET;
	pass(2900);
	assert_int_equal(rank_of(1), 0);
	pass(220);
	assert_int_equal(rank_of(1), -1);
	levels[1] = 30;
	pass(40);
	levels[1] = QUIET;
	pass(1000);
	assert_int_equal(rank_of(1), -1);
}

static void packets_may_be_long(void **unused)
{
	reset(1);
	assert_false(speaker_on_audio(&s, 1, 30, true, now));
	assert_true(speaker_on_audio(&s, 1, 30, true, now + 60 * MS));
	tick();
	assert_int_equal(rank_of(1), 0);
}

static void a_challenger_has_to_last(void **unused)
{
	reset(2);
	speak(1, 30, 2000);
	assert_int_equal(rank_of(1), 0);
	levels[1] = 30;
	levels[2] = 28; /* a little louder only */
	pass(2000);
	assert_int_equal(rank_of(1), 0);
	assert_int_equal(rank_of(2), 1);
	levels[2] = 22;
	pass(400);
	assert_int_equal(rank_of(2), 1);
	pass(300);
	assert_int_equal(rank_of(2), 0);
	levels[1] = levels[2] = QUIET; /* once silent, nobody has to last */
	pass(2000);
	levels[1] = 45;
	pass(80);
	assert_int_equal(rank_of(1), 0);
}

static void places_stay(void **unused)
{
	reset(12);
	for (uint32_t csrc = 1; csrc <= SPEAKER_RANKED; csrc++) {
		levels[csrc] = (uint8_t)(20 + 2 * csrc);
		pass(80);
	}
	int places[SPEAKER_RANKED + 1];
	for (uint32_t csrc = 1; csrc <= SPEAKER_RANKED; csrc++) {
		places[csrc] = place_of(csrc);
		assert_in_range(places[csrc], 0, SPEAKER_RANKED - 1);
	}
	levels[11] = 42; /* no louder than the last one: the set is full */
	pass(1000);
	assert_int_equal(rank_of(11), -1);
	levels[11] = 20;
	pass(300);
	assert_int_equal(rank_of(11), -1);
	pass(400);
	assert_int_not_equal(rank_of(11), -1);
	assert_int_equal(place_of(11), places[10]);
	assert_int_equal(rank_of(10), -1);
	for (uint32_t csrc = 1; csrc < SPEAKER_RANKED; csrc++)
		assert_int_equal(place_of(csrc), places[csrc]);
}

static void muted_and_removed_are_out(void **unused)
{
	reset(3);
	speak(1, 30, 1200);
	speaker_mute(&s, 1, true);
	assert_int_equal(rank_of(1), -1);
	speak(1, 20, 2000);
	assert_int_equal(rank_of(1), -1);
	speaker_mute(&s, 1, false);
	speak(1, 30, 400);
	assert_int_equal(rank_of(1), 0);
	speak(2, 30, 400);
	speaker_remove(&s, 1);
	assert_int_equal(rank_of(1), -1);
	assert_int_equal(rank_of(2), 0);
	speak(1, 20, 1000); /* not known any more */
	assert_int_equal(rank_of(1), -1);
	assert_int_equal(speaker_add(&s, 1), ERR_OK);
	speak(1, 30, 400);
	assert_int_not_equal(rank_of(1), -1);
}

static void exceptions_are_left_out(void **unused)
{
	reset(3);
	levels[1] = 20;
	levels[2] = 30;
	levels[3] = 40;
	pass(200);
	struct speaker_rank out[SPEAKER_RANKED];
	static const uint32_t except[] = { 1, 9 };
	assert_int_equal(speaker_ranked(&s, except, 2, out, SPEAKER_RANKED, now), 2);
	assert_int_equal(out[0].csrc, 2);
	assert_int_equal(out[1].csrc, 3);
	assert_true(out[0].voice);
	assert_int_equal(speaker_ranked(&s, NULL, 0, out, 1, now), 1);
	assert_int_equal(out[0].csrc, 1);
}

static void a_steady_noise_ends_as_silence(void **unused)
{
	uint32_t speaking[SPEAKER_SPEAKING];
	reset(2);
	levels[1] = 30; /* a fan at the microphone */
	pass(1000);
	assert_int_equal(rank_of(1), 0);
	assert_int_equal(speaker_dominant(&s), 1);
	pass(60000);
	assert_int_equal(rank_of(1), -1);
	assert_int_equal(speaker_speaking(&s, speaking), 0);
	levels[2] = QUIET;
	for (int i = 0; i < 4; i++) { /* speech as loud as the noise */
		levels[2] = 30;
		pass(800);
		levels[2] = QUIET;
		pass(200);
	}
	assert_int_equal(rank_of(2), 0);
	assert_int_equal(speaker_dominant(&s), 2);
	levels[1] = 15; /* who speaks over his fan is heard again */
	pass(800);
	assert_int_not_equal(rank_of(1), -1);
}

static void speech_does_not_wear_out(void **unused)
{
	reset(1);
	for (int minute = 0; minute < 5; minute++) {
		speak(1, 40, 60000);
		assert_int_equal(rank_of(1), 0);
	}
}

static void without_voice_bit_counts_half(void **unused)
{
	reset(1);
	for (int i = 0; i < 50; i++, now += 20 * MS)
		speaker_on_audio(&s, 1, 55, i == 0, now); /* 10 dB above the floor, half of it is too little */
	assert_int_equal(rank_of(1), -1);
	for (int i = 0; i < 5; i++, now += 20 * MS)
		speaker_on_audio(&s, 1, 55, true, now);
	assert_int_equal(rank_of(1), 0);
}

static void the_dominant_is_kept(void **unused)
{
	reset(3);
	assert_int_equal(speaker_dominant(&s), 0);
	speak(1, 30, 1200);
	assert_int_equal(speaker_dominant(&s), 1);
	assert_int_equal(speaker_before(&s), 0);
	pass(4000);
	levels[2] = 20; /* a cough */
	pass(100);
	levels[2] = QUIET;
	pass(10000);
	assert_int_equal(speaker_dominant(&s), 1); /* silence changes nothing */
	speak(2, 30, 800);
	assert_int_equal(speaker_dominant(&s), 2);
	assert_int_equal(speaker_before(&s), 1);
	usec since = now;
	levels[3] = 10; /* far louder, but the turn is young */
	while (speaker_dominant(&s) == 2)
		pass(20);
	assert_in_range(now - since, 1200 * MS, 2200 * MS);
	assert_int_equal(speaker_dominant(&s), 3);
	assert_int_equal(speaker_before(&s), 2);
	levels[3] = NOBODY;
	speaker_mute(&s, 3, true); /* stays until somebody else speaks */
	pass(500);
	assert_int_equal(speaker_dominant(&s), 3);
	speak(1, 30, 1200);
	assert_int_equal(speaker_dominant(&s), 1);
	changes = 0;
	speaker_remove(&s, 3);
	tick();
	assert_true(changes & SPEAKER_CHANGED_DOMINANT);
	assert_int_equal(speaker_before(&s), 0);
	speaker_remove(&s, 1);
	assert_int_equal(speaker_dominant(&s), 0);
}

static void speaking_is_told_calmly(void **unused)
{
	uint32_t speaking[SPEAKER_SPEAKING];
	reset(6);
	for (uint32_t csrc = 1; csrc <= 5; csrc++)
		levels[csrc] = (uint8_t)(20 + 5 * csrc);
	pass(1000);
	assert_int_equal(speaker_speaking(&s, speaking), 3);
	assert_int_equal(speaking[0], 1);
	assert_int_equal(speaking[1], 2);
	assert_int_equal(speaking[2], 3);
	for (uint32_t csrc = 1; csrc <= 5; csrc++)
		levels[csrc] = QUIET;
	pass(4000);
	assert_int_equal(speaker_speaking(&s, speaking), 0);
	usec next = USEC_NEVER;
	speaker_deadline(&s, &next);
	assert_true(next == USEC_NEVER); /* a silent room costs nothing */
	tells = 0;
	for (int i = 0; i < 100; i++) { /* ten seconds of turmoil */
		for (uint32_t csrc = 1; csrc <= 5; csrc++)
			levels[csrc] = (i + csrc) % 3 ? QUIET : 20;
		pass(100);
	}
	assert_in_range(tells, 1, 51);
}

static void a_room_has_its_limit(void **unused)
{
	reset(ROOM_SITES_MAX);
	assert_int_equal(speaker_add(&s, 999), ERR_FULL);
	assert_int_equal(speaker_add(&s, 7), ERR_OK); /* known */
	for (uint32_t csrc = 1; csrc <= ROOM_SITES_MAX; csrc++)
		levels[csrc] = 30;
	pass(200);
	struct speaker_rank out[SPEAKER_RANKED];
	assert_int_equal(speaker_ranked(&s, NULL, 0, out, SPEAKER_RANKED, now), SPEAKER_RANKED);
	speaker_remove(&s, 7);
	assert_int_equal(speaker_add(&s, 999), ERR_OK);
}

/* The guarantees of the header, over random meetings; a failure prints the seed that repeats it. */
static void random_histories(void **unused)
{
	enum { SITES = 25 };
	for (unsigned seed = 1; seed <= 100; seed++) {
		bool muted[SITES + 1] = { false };
		int places[SITES + 1];
		uint32_t dominant = 0;
		usec told = 0, since = 0, mute_at = 0;
		srand(seed);
		reset(SITES);
		memset(places, -1, sizeof places);
		for (int step = 0; step < 3000; step++) {
			now += (rand() % 25) * MS;
			uint32_t who = 1 + (uint32_t)rand() % SITES;
			if (rand() % 50 == 0)
				levels[who] = (uint8_t)(rand() % 128);
			if (rand() % 200 == 0) {
				muted[who] = !muted[who];
				speaker_mute(&s, who, muted[who]);
				if (who == dominant)
					mute_at = now;
			}
			for (uint32_t csrc = 1; csrc <= SITES; csrc++)
				if (rand() % 4)
					speaker_on_audio(&s, csrc, levels[csrc], rand() % 2, now);
			usec next = USEC_NEVER;
			speaker_deadline(&s, &next);
			if (next <= now) {
				unsigned c = speaker_on_tick(&s, now);
				if (c & SPEAKER_CHANGED_SPEAKING) {
					if (told && now - told < SPEAKER_TELL)
						fail_msg("seed %u, %d: told too often", seed, step);
					told = now;
				}
			}
			struct speaker_rank out[SPEAKER_RANKED];
			size_t n = speaker_ranked(&s, NULL, 0, out, SPEAKER_RANKED, now);
			int seen[SITES + 1];
			unsigned taken = 0;
			memset(seen, -1, sizeof seen);
			for (size_t i = 0; i < n; i++) {
				uint32_t csrc = out[i].csrc;
				if (muted[csrc] || out[i].place >= SPEAKER_RANKED || taken & 1u << out[i].place)
					fail_msg("seed %u, %d: site %u is wrong there", seed, step, csrc);
				taken |= 1u << out[i].place;
				seen[csrc] = out[i].place;
				if (places[csrc] >= 0 && places[csrc] != seen[csrc])
					fail_msg("seed %u, %d: site %u moved", seed, step, csrc);
				if (s.ranked[i]->rank != i || s.ranked[i]->csrc != csrc)
					fail_msg("seed %u, %d: ranks are muddled", seed, step);
			}
			memcpy(places, seen, sizeof places);
			if (speaker_dominant(&s) != dominant) {
				if (dominant && mute_at < since && now - since < SPEAKER_KEEP)
					fail_msg("seed %u, %d: a turn cut short", seed, step);
				if (dominant && speaker_before(&s) != dominant)
					fail_msg("seed %u, %d: forgot who was before", seed, step);
				dominant = speaker_dominant(&s);
				since = now;
			}
			if (dominant && speaker_before(&s) == dominant)
				fail_msg("seed %u, %d: before itself", seed, step);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(voice_enters_fast_and_leaves_slowly),
		cmocka_unit_test(packets_may_be_long),
		cmocka_unit_test(a_challenger_has_to_last),
		cmocka_unit_test(places_stay),
		cmocka_unit_test(muted_and_removed_are_out),
		cmocka_unit_test(exceptions_are_left_out),
		cmocka_unit_test(a_steady_noise_ends_as_silence),
		cmocka_unit_test(speech_does_not_wear_out),
		cmocka_unit_test(without_voice_bit_counts_half),
		cmocka_unit_test(the_dominant_is_kept),
		cmocka_unit_test(speaking_is_told_calmly),
		cmocka_unit_test(a_room_has_its_limit),
		cmocka_unit_test(random_histories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
