#include "bench/load/plan.h"
#include "base/limits.h"
#include "base/str.h"
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct plan, member)

static const char *const relays[] = { "floor", "diemcau", "janus", NULL };
static const char *const profiles[] = { "gcm128", "gcm256", "cm", NULL };

enum kind { NUMBER, TEXT, WORD };

/* Every option but --json has one value. */
static const struct word {
	const char *name;
	enum kind kind;
	size_t at;
	uint32_t min, max, fallback;
	const char *const *words; /* WORD: its index is the value */
	const char *help;
} options[] = {
	{ "relay", WORD, AT(relay), 0, 0, 0, relays, "floor, diemcau or janus" },
	{ "address", TEXT, AT(address), 0, 0, 0, NULL, "IP:PORT of the floor" },
	{ "url", TEXT, AT(url), 0, 0, 0, NULL, "of another relay: wss://HOST:PORT or ws://HOST:PORT" },
	{ "pid", NUMBER, AT(pid), 1, 1U << 30, 0, NULL, "of the relay, whose CPU time is read" },
	{ "rooms", NUMBER, AT(groups[0].rooms), 1, 100, 1, NULL, "rooms" },
	{ "sites", NUMBER, AT(groups[0].sites), 1, PLAN_SITES_MAX, 20, NULL, "sites of these rooms together" },
	{ "speakers", NUMBER, AT(groups[0].speakers), 0, PLAN_SITES_MAX, 1, NULL,
	  "of them, those that send; the others take, or all where all send" },
	{ "more-rooms", NUMBER, AT(groups[1].rooms), 1, 100, 1, NULL, "rooms of another size beside them" },
	{ "more-sites", NUMBER, AT(groups[1].sites), 0, PLAN_SITES_MAX, 0, NULL, "sites of those together; 0: none" },
	{ "more-speakers", NUMBER, AT(groups[1].speakers), 0, PLAN_SITES_MAX, 0, NULL, "of them, those that send" },
	{ "video-slots", NUMBER, AT(video_slots), 0, SLOTS_VIDEO_MAX, 1, NULL, "pictures a site takes" },
	{ "audio-slots", NUMBER, AT(audio_slots), 0, SLOTS_AUDIO_MAX, 1, NULL, "voices a site takes" },
	{ "layer", NUMBER, AT(layer), 0, 2, 2, NULL, "of the pictures: 0 lowest, 1, 2" },
	{ "profile", WORD, AT(profile), 0, 0, 0, profiles, "gcm128, gcm256 or cm" },
	{ "seconds", NUMBER, AT(seconds), 1, PLAN_SECONDS_MAX, 5, NULL, "the measured window" },
	{ "warmup", NUMBER, AT(warmup), 0, 600, 2, NULL, "seconds before it" },
	{ "joins-per-s", NUMBER, AT(joins_per_s), 1, 10000, 60, NULL, "sites that join in a second" },
	{ "uplink-kbps", NUMBER, AT(uplink_kbps), 0, 10000000, 0, NULL,
	  "of a sender; 0: a picture's packets leave back to back" },
	{ "kbps-h", NUMBER, AT(kbps_h), 100, 8000, 1500, NULL,
	  "the highest layer's; the others have a third and a tenth" },
	{ "fps", NUMBER, AT(fps), 1, 60, 25, NULL, "pictures a second" },
	{ "seed", NUMBER, AT(seed), 1, UINT32_MAX, 1, NULL, "of sizes and beginnings" },
	{ "workers", NUMBER, AT(workers), 1, 1024, 1, NULL, "of the relay, for the record" },
	{ "decrypt", NUMBER, AT(decrypt), 1, UINT32_MAX, 10, NULL, "one taker in so many opens every packet" },
	{ "sample", NUMBER, AT(sample), 1, UINT32_MAX, 16, NULL, "the others one packet in so many" },
	{ "still", NUMBER, AT(still), 0, 1, 0, NULL, "1: nobody sends media" },
};
#define OPTIONS (sizeof options / sizeof *options)

static enum err complain(const char *what, const char *value, const char *wanted)
{
	(void)fprintf(stderr, "load: --%s %s: %s\n", what, value, wanted);
	return ERR_FORMAT;
}

static enum err read_number(const struct word *o, const char *text, uint32_t *to)
{
	char *end, wanted[96];
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	(void)snprintf(wanted, sizeof wanted, "a whole number from %u to %u is wanted", o->min, o->max);
	if (errno || end == text || *end || *text == '-' || value < o->min || value > o->max)
		return complain(o->name, text, wanted);
	*to = (uint32_t)value;
	return ERR_OK;
}

static enum err read_word(const struct word *o, const char *text, uint32_t *to)
{
	char wanted[96] = "one of these is wanted:";
	for (uint32_t i = 0; o->words[i]; i++) {
		if (strcmp(o->words[i], text) == 0) {
			*to = i;
			return ERR_OK;
		}
		size_t n = strlen(wanted);
		(void)snprintf(wanted + n, sizeof wanted - n, " %s", o->words[i]);
	}
	return complain(o->name, text, wanted);
}

static enum err read_one(struct plan *p, const struct word *o, const char *text)
{
	void *to = (char *)p + o->at;
	uint32_t number = 0;
	if (o->kind == TEXT)
		return str_copy(to, PLAN_TEXT, text) ? complain(o->name, text, "this is too long") : ERR_OK;
	enum err err = o->kind == WORD ? read_word(o, text, &number) : read_number(o, text, &number);
	memcpy(to, &number, sizeof number); /* enums have that size too */
	return err;
}

static enum err check_group(const struct plan_group *g, const char *speakers, const char *rooms)
{
	if (g->speakers > g->sites)
		return complain(speakers, "", "more speakers than sites; raise the number of sites");
	if (g->speakers % g->rooms || g->sites % g->rooms)
		return complain(rooms, "", "sites and speakers must be multiples of it: they are totals");
	return ERR_OK;
}

static enum err check(const struct plan *p)
{
	if (check_group(&p->groups[0], "speakers", "rooms") ||
	    check_group(&p->groups[1], "more-speakers", "more-rooms"))
		return ERR_FORMAT;
	if (plan_sites(p) > PLAN_SITES_MAX)
		return complain("more-sites", "", "too many sites together with --sites");
	if (p->relay == RELAY_JANUS && p->groups[1].sites)
		return complain("more-sites", "", "not with janus: its takers wait until all speakers are there");
	if (p->relay == RELAY_FLOOR && !p->address[0])
		return complain("address", "", "give the floor's IP:PORT, as 127.0.0.1:42000");
	if (p->relay != RELAY_FLOOR && !p->url[0])
		return complain("url", "", "give the relay's, as wss://127.0.0.1:8443");
	return ERR_OK;
}

static void help(void)
{
	(void)fprintf(stderr, "load: synthetic sites measure a relay; one line of JSON on stdout\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char number[16] = "";
		if (options[i].kind == NUMBER)
			(void)snprintf(number, sizeof number, " [%u]", options[i].fallback);
		(void)fprintf(stderr, "  --%-13s%s%s\n", options[i].name, options[i].help, number);
	}
	(void)fprintf(stderr, "  --json         no words for people\n");
}

enum err plan_read(struct plan *p, int argc, char **argv)
{
	struct option known[OPTIONS + 3] = { 0 };
	*p = (struct plan){ 0 };
	optind = 1; /* tests read several */
	for (size_t i = 0; i < OPTIONS; i++) {
		known[i] = (struct option){ options[i].name, required_argument, NULL, (int)i };
		if (options[i].kind == NUMBER)
			memcpy((char *)p + options[i].at, &options[i].fallback, sizeof(uint32_t));
	}
	known[OPTIONS] = (struct option){ "json", no_argument, NULL, (int)OPTIONS };
	known[OPTIONS + 1] = (struct option){ "help", no_argument, NULL, (int)OPTIONS + 1 };
	for (int i; (i = getopt_long(argc, argv, "", known, NULL)) >= 0;) {
		if (i == '?' || i == (int)OPTIONS + 1) {
			help();
			return ERR_FORMAT;
		}
		p->json |= i == (int)OPTIONS;
		if (i < (int)OPTIONS && read_one(p, &options[i], optarg))
			return ERR_FORMAT;
	}
	if (optind < argc)
		return complain("", argv[optind], "options alone are wanted");
	return check(p);
}

const char *plan_relay_name(enum plan_relay relay)
{
	return relays[relay];
}

uint32_t plan_rooms(const struct plan *p)
{
	return p->groups[0].rooms + (p->groups[1].sites ? p->groups[1].rooms : 0);
}

uint32_t plan_sites(const struct plan *p)
{
	return p->groups[0].sites + p->groups[1].sites;
}

uint32_t plan_speakers(const struct plan *p)
{
	return p->groups[0].speakers + p->groups[1].speakers;
}

uint32_t plan_takers(const struct plan *p)
{
	return plan_group_takers(p, 0) + plan_group_takers(p, 1);
}

uint32_t plan_group_takers(const struct plan *p, unsigned group)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < plan_sites(p); i++)
		n += plan_group(p, i) == group && plan_takes(p, i);
	return n;
}
