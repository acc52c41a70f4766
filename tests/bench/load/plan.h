/* What a run of synthetic sites shall be, as the command line says: who sends, who takes, for how long, against whom.
 *
 * Rooms come in up to two groups, each of rooms of one size; sites are numbered from 0, those of the second group
 * behind those of the first, its rooms likewise. The i-th site of a group is in its room i % rooms at place i / rooms;
 * in each room the first speakers / rooms places send. Everybody else takes; where all of a group send, all take. Plain
 * data after plan_read, read by all. */
#pragma once
#include "base/err.h"
#include "base/usec.h"
#include "secure/keys.h"
#include <stdbool.h>
#include <stdint.h>

#define PLAN_SITES_MAX 2048
#define PLAN_TEXT 256
#define PLAN_SECONDS_MAX 86400
#define PLAN_MTU_PAYLOAD 1150 /* bytes of a picture's packet, descriptor included, at most */

#define PLAN_GROUPS 2

enum plan_relay { RELAY_FLOOR, RELAY_DIEMCAU, RELAY_JANUS, RELAYS };

/* Rooms of one size: totals of all of them. */
struct plan_group {
	uint32_t rooms, sites, speakers;
};

struct plan {
	enum plan_relay relay;
	char address[PLAN_TEXT];	       /* of the floor: IP:PORT */
	char url[PLAN_TEXT];		       /* of a relay with signalling: wss://HOST:PORT or ws://HOST:PORT */
	uint32_t pid;			       /* of the relay; 0: its CPU is not looked at */
	struct plan_group groups[PLAN_GROUPS]; /* the second one: empty, or rooms of another size beside the first */
	uint32_t video_slots, audio_slots;
	uint32_t layer; /* taken: 0 lowest … 2 */
	enum srtp_profile profile;
	uint32_t seconds, warmup;
	uint32_t joins_per_s;
	uint32_t uplink_kbps; /* of a sending site; 0: a frame's packets leave back to back */
	uint32_t kbps_h, fps; /* the highest layer's; the others have a third and a tenth */
	uint32_t seed;
	uint32_t workers; /* told in the record alone */
	uint32_t decrypt; /* one taker in so many opens every packet */
	uint32_t sample;  /* the others one packet in so many */
	uint32_t still;	  /* 1: sites are muted, nobody sends media */
	bool json;
};

/* Reads the command line. Not ERR_OK: it was wrong, and why was said on stderr with what to do. */
must_check enum err plan_read(struct plan *p, int argc, char **argv);
const char *plan_relay_name(enum plan_relay relay);

static inline unsigned plan_group(const struct plan *p, uint32_t site)
{
	return site >= p->groups[0].sites;
}
/* Its number in its group, and where it is in its room. */
static inline uint32_t plan_index(const struct plan *p, uint32_t site)
{
	return plan_group(p, site) ? site - p->groups[0].sites : site;
}
static inline uint32_t plan_place(const struct plan *p, uint32_t site)
{
	return plan_index(p, site) / p->groups[plan_group(p, site)].rooms;
}
static inline uint32_t plan_room(const struct plan *p, uint32_t site)
{
	unsigned g = plan_group(p, site);
	return plan_index(p, site) % p->groups[g].rooms + (g ? p->groups[0].rooms : 0);
}
/* Of each room of its group. */
static inline uint32_t plan_room_speakers(const struct plan *p, uint32_t site)
{
	const struct plan_group *g = &p->groups[plan_group(p, site)];
	return g->speakers / g->rooms;
}
static inline bool plan_sends(const struct plan *p, uint32_t site)
{
	return plan_place(p, site) < plan_room_speakers(p, site);
}
static inline bool plan_takes(const struct plan *p, uint32_t site)
{
	const struct plan_group *g = &p->groups[plan_group(p, site)];
	return g->speakers == g->sites || !plan_sends(p, site);
}
/* The n-th sender that this site takes, itself left out. False: there are not so many. */
static inline bool plan_source(const struct plan *p, uint32_t site, uint32_t n, uint32_t *source)
{
	unsigned g = plan_group(p, site);
	if (plan_sends(p, site) && n >= plan_place(p, site))
		n++;
	*source = (g ? p->groups[0].sites : 0) + n * p->groups[g].rooms + plan_index(p, site) % p->groups[g].rooms;
	return n < plan_room_speakers(p, site);
}

uint32_t plan_rooms(const struct plan *p);
uint32_t plan_sites(const struct plan *p);
uint32_t plan_speakers(const struct plan *p);
uint32_t plan_takers(const struct plan *p);
uint32_t plan_group_takers(const struct plan *p, unsigned group);
