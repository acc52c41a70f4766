/* Sources of other workers' sites, as far as our viewers need them, and our sources as others take them.
 *
 * Every worker knows every site (engine/command.h); what only its own worker can know (open, ready, codec, layers) that
 * one tells when it changes. Our viewers' takers stand in the replica's list as in a source of our own; what they take,
 * and their keyframe wishes, go to the source's worker, merged. */
#pragma once
#include "base/usec.h"
#include "engine/link.h"

struct engine;
struct site;
struct source;

/* The named source, where it is a site of worker `from`; NULL: not known (any more). */
struct source *remote_source(const struct engine *e, uint32_t from, uint32_t csrc, uint8_t kind);

/* ---- of our sites, to all others */
void remote_tell_source(struct engine *e, const struct source *s);
void remote_tell_site(struct engine *e, const struct site *site);
/* To those who take it: a number that will not come (link.h). */
void remote_tell_gone(struct engine *e, const struct source *s, uint8_t layer, uint64_t seq, bool skipped);

/* ---- of others' sites, to their worker */
/* What our viewers take of it, where that is news; with the last taker gone its history goes home. */
void remote_tell_taken(struct engine *e, struct source *s, uint8_t wanted);
/* Packets come though nobody takes them: told once more. */
void remote_refuse(struct engine *e, const struct source *s);
void remote_ask_keyframe(struct engine *e, const struct source *s);

/* ---- told by worker `from` */
void remote_on_source(struct engine *e, uint32_t from, const struct link_source *m, usec now);
void remote_on_take(struct engine *e, uint32_t from, const struct link_take *m, usec now);
void remote_on_keyframe(struct engine *e, const struct link_keyframe *m, usec now);
void remote_on_gone(struct engine *e, uint32_t from, const struct link_gone *m, usec now);
