/* Sources of other workers' sites, as far as our viewers need them, and our sources as others take them.
 *
 * Every worker knows every site (engine/command.h); what only its own worker can know (open, ready, codec, layers) that
 * one tells when it changes. Our viewers' takers stand in the replica's list as in a source of our own; what they take,
 * and their keyframe wishes, go to the source's worker, merged.
 *
 * Guarantee: a full ring delays what is told and loses none of it: who could not be told is noted where the fact is,
 * and told it as it stands then, once there is room. A number that will not come and could not be told makes the source
 * begin anew there. Keyframe wishes repeat themselves. */
#pragma once
#include "base/usec.h"
#include "engine/link.h"

struct engine;
struct site;
struct source;

/* To this worker; its bit in *untold: it could not be told. False: so it is. */
bool remote_post(struct engine *e, uint32_t worker, const struct link_message *m, uint64_t *untold);
/* Tells what could not be told before. */
void remote_flush(struct engine *e);

/* The named source, where it is a site of worker `from`; NULL: not known (any more). */
struct source *remote_source(const struct engine *e, uint32_t from, uint32_t csrc, uint8_t kind);

/* ---- of our sites, to all others */
void remote_tell_source(struct engine *e, struct source *s);
void remote_tell_site(struct engine *e, struct site *site);
/* To those who take it: a number that will not come (link.h). */
void remote_tell_gone(struct engine *e, struct source *s, uint8_t layer, uint64_t seq, bool skipped);

/* ---- of others' sites, to their worker */
/* What our viewers take of it, where that is news; with the last taker gone its history goes home. */
void remote_tell_taken(struct engine *e, struct source *s, uint8_t wanted);
/* Packets come though nobody takes them: told once more what is taken. */
void remote_refuse(struct engine *e, struct source *s);
void remote_ask_keyframe(struct engine *e, const struct source *s);
/* A viewer misses this number of layer `index`; many who miss the same ask once. */
void remote_ask_missing(struct engine *e, struct source *s, uint8_t index, uint64_t seq, usec now);

/* ---- told by worker `from` */
void remote_on_source(struct engine *e, uint32_t from, const struct link_source *m, usec now);
void remote_on_take(struct engine *e, uint32_t from, const struct link_take *m, usec now);
void remote_on_keyframe(struct engine *e, const struct link_keyframe *m, usec now);
void remote_on_missing(struct engine *e, uint32_t from, const struct link_missing *m);
void remote_on_gone(struct engine *e, uint32_t from, const struct link_gone *m, usec now);
