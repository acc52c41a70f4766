/* The rings between workers, one for each ordered pair of them, and who sleeps.
 *
 *   the posting worker:  links_post -> (the other sleeps) wake
 *   the other:           links_look, then its commands, then links_next ... until there is none
 *                        links_sleep -> it sleeps -> links_rise
 *
 * What links_look saw was posted before the commands that are taken next were: so a message about a site never comes
 * before the site. Buffers that come home wake nobody: they are taken with the next that comes. No locks; each worker
 * calls with its own number alone. */
#pragma once
#include "engine/link.h"
#include <stdbool.h>
#include <stdint.h>

struct links;

/* Rings of at least `cells` messages between `workers` workers. NULL: no memory. */
struct links *links_new(uint32_t workers, uint32_t cells);
/* No worker's thread runs any more. NULL is allowed. */
void links_free(struct links *l);
/* How a worker is woken, on the poster's thread. Before any thread runs. */
void links_serve(struct links *l, uint32_t worker, void (*wake)(void *ctx), void *ctx);

/* False: the ring is full, nothing was posted. */
bool links_post(struct links *l, uint32_t from, uint32_t to, const struct link_message *message);
void links_look(struct links *l, uint32_t worker);
/* The next message that links_look saw. */
bool links_next(struct links *l, uint32_t worker, uint32_t *from, struct link_message *message);
/* From now on it is woken. False: something waits, it should not sleep. */
bool links_sleep(struct links *l, uint32_t worker);
void links_rise(struct links *l, uint32_t worker);
