/* Who may not enter a room for a time: by the secret of the seat it had, by its token's site, or by its name.
 *
 * At most BANS_MAX hold at once; past that the one that ends first goes. Kept in memory and in the
 * store; they outlive the room, which goes with its last seat and may be made again by the next join. */
#pragma once
#include "base/err.h"
#include "base/record.h"
#include <stddef.h>
#include <stdint.h>

struct signal;
struct seat;

#define BANS_MAX 4096
#define BAN_KICK_S 60 /* every kick */

struct bans {
	struct record_ban *of; /* grown as needed */
	size_t n, room;
};

void bans_fini(struct bans *bans);
/* From the store at start. */
must_check enum err bans_load(struct signal *hub);
/* All that names this seat: its secret, its token's site, or in a room without tokens its name. */
void ban_seat(struct signal *hub, const struct seat *seat, const char *reason, uint32_t minutes);
/* The ban that holds now for one of these (each may be NULL), or NULL. */
const struct record_ban *ban_find(const struct signal *hub, const char *room, const uint8_t *secret,
				  const char *token_site, const char *name);
