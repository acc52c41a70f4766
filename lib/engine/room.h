/* A room: its sites, who is on stage, who speaks. Decides who fills which slot (assign.h) when something changed.
 *
 * Every worker has every room; one of them, its number modulo workers, is its home: that one alone ranks voices and
 * decides the stage, and tells the others. Who fills which slot each worker decides for its own viewers. */
#pragma once
#include "base/list.h"
#include "base/timers.h"
#include "base/usec.h"
#include "engine/command.h"
#include "engine/link.h"
#include "media/speaker.h"

struct engine;
struct site;

struct room {
	uint32_t number;
	struct list sites; /* struct site.in_room */
	uint32_t n_sites;
	uint32_t stage;		       /* csrc the chair put on stage; 0: none, the loudest fills it */
	uint32_t chair;		       /* csrc; 0: none here */
	uint32_t shares;	       /* screens that were published so far */
	struct link_decision decision; /* shown: who is on stage now, by chair or by voice; shown_before: and who was
					* before, what the site on stage itself sees; csrc, 0: nobody */
	struct speaker *speaker;       /* at home; NULL elsewhere */
	uint64_t untold;	       /* bit i: worker i could not be told the decision yet */
	bool dirty;		       /* slots are to be assigned anew */
	struct timer timer;	       /* when room_on_deadline is due */
	uint32_t told[3];	       /* last EVENT_SPEAKING */
	uint8_t n_told;
	usec tell_at; /* earliest next one */
};

void room_on_command(struct engine *e, const struct command_room *command, usec now);
void room_close(struct engine *e, struct room *r);
/* Found, or made new; NULL: the engine is full. */
struct room *room_need(struct engine *e, uint32_t number, usec now);
struct room *room_get(const struct engine *e, uint32_t number);

/* Its slots are to be assigned anew, at once. */
void room_change(struct engine *e, struct room *r);
void room_enter(struct engine *e, struct room *r, struct site *site);
void room_leave(struct engine *e, struct room *r, struct site *site);
/* A site's switches or its transport changed. */
void room_on_site(struct engine *e, struct room *r, struct site *site);
/* A packet of a site's shown microphone said how loud it is (0 loudest … 127, RFC 6464). */
void room_on_level(struct engine *e, struct room *r, struct site *site, uint8_t level, bool voice, usec now);
/* Its microphone is not to be counted any more (its transport ends). */
void room_on_silence(struct room *r, const struct site *site);
/* Told once more to a worker that could not be told; false: it still cannot. */
bool room_tell_decision(struct engine *e, struct room *r, uint32_t worker);
/* At home: `at`, the packet's arrival, may be a little older than what came before of other sites. */
void room_on_decision(struct engine *e, const struct link_decision *m);
/* Time: stage by voice, speaking events, slots where dirty. Arms the timer anew. */
void room_on_deadline(struct engine *e, struct room *r, usec now);
