/* What a run of synthetic sites shall be, as the command line says: who sends, who takes, for how long, against whom.
 *
 * Sites are numbered from 0. Site i is in room i % rooms at place i / rooms; in each room the first speakers / rooms
 * places send. Everybody else takes; where all send, all take. Plain data after plan_read, read by all. */
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

enum plan_relay { RELAY_FLOOR, RELAY_DIEMCAU, RELAY_JANUS, RELAYS };

struct plan {
	enum plan_relay relay;
	char address[PLAN_TEXT]; /* of the floor: IP:PORT */
	char url[PLAN_TEXT];	 /* of a relay with signalling: wss://HOST:PORT or ws://HOST:PORT */
	uint32_t pid;		 /* of the relay; 0: its CPU is not looked at */
	uint32_t rooms, sites, speakers, video_slots, audio_slots;
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

static inline uint32_t plan_room(const struct plan *p, uint32_t site)
{
	return site % p->rooms;
}
static inline bool plan_sends(const struct plan *p, uint32_t site)
{
	return site / p->rooms < p->speakers / p->rooms;
}
static inline bool plan_takes(const struct plan *p, uint32_t site)
{
	return p->speakers == p->sites || !plan_sends(p, site);
}
/* The n-th sender that this site takes, itself left out. False: there are not so many. */
static inline bool plan_source(const struct plan *p, uint32_t site, uint32_t n, uint32_t *source)
{
	if (plan_sends(p, site) && n >= site / p->rooms)
		n++;
	*source = n * p->rooms + plan_room(p, site);
	return n < p->speakers / p->rooms;
}
uint32_t plan_takers(const struct plan *p);
