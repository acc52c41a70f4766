/* One REST request being answered, and the deeds that answer: api.c finds the deed, askroom.c does those to rooms and
 * sites, askdesk.c the operator's own (sign-in, links, numbers, drain).
 *
 * A deed leaves an object in `answer` (none: 204) or says why not in `why`; response->status 0 is 200 or the code's. */
#pragma once
#include "base/str.h"
#include "signal/auth.h"
#include "signal/code.h"
#include "signal/signal.h"
#include <jansson.h>

#define PARTS_MAX 2
#define PART_MAX 640 /* bytes of a decoded part of a path: a site's name can stand there */

struct ask {
	struct signal *hub;
	const struct signal_request *request;
	struct signal_response *response;
	struct auth auth;
	char parts[PARTS_MAX][PART_MAX];
	json_t *body; /* an object */
	json_t *answer;
	struct room *room; /* of the first part */
	struct seat *seat; /* of the second */
	char why[CODE_WHY];
};

static inline enum code ask_refuse(struct ask *ask, enum code code, const char *why)
{
	(void)str_copy(ask->why, sizeof ask->why, why);
	return code;
}

static inline enum code ask_items(struct ask *ask, json_t *list)
{
	ask->answer = json_pack("{s:o}", "items", list);
	return CODE_OK;
}

/* askroom.c */
enum code ask_get_rooms(struct ask *ask);
enum code ask_post_rooms(struct ask *ask);
enum code ask_get_room(struct ask *ask);
enum code ask_patch_room(struct ask *ask);
enum code ask_delete_room(struct ask *ask);
enum code ask_end_room(struct ask *ask);
enum code ask_get_sites(struct ask *ask);
enum code ask_get_site(struct ask *ask);
enum code ask_delete_site(struct ask *ask);
enum code ask_mute_site(struct ask *ask);
enum code ask_mute_room(struct ask *ask);
enum code ask_put_stage(struct ask *ask);
/* askdesk.c */
enum code ask_post_tokens(struct ask *ask);
enum code ask_get_stats(struct ask *ask);
enum code ask_post_drain(struct ask *ask);
enum code ask_post_setup(struct ask *ask);
enum code ask_post_login(struct ask *ask);
enum code ask_post_logout(struct ask *ask);
