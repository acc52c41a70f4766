#include "signal/ban.h"
#include "base/log.h"
#include "base/str.h"
#include "signal/hub.h"
#include "signal/room.h"
#include <stdlib.h>
#include <string.h>

static void hex(const uint8_t secret[SHA256_BYTES], char text[2 * SHA256_BYTES + 1])
{
	for (int i = 0; i < SHA256_BYTES; i++)
		(void)str_print(text + 2 * (size_t)i, 3, "%02x", secret[i]);
}

static void expire(struct signal *hub)
{
	struct bans *bans = &hub->bans;
	int64_t now = hub_unix_s(hub);
	size_t kept = 0;
	for (size_t i = 0; i < bans->n; i++)
		if (bans->of[i].until > now)
			bans->of[kept++] = bans->of[i];
	if (kept < bans->n && hub->host.bans_expire(hub->host.ctx, now))
		log_warn("ban", "event=expire-failed");
	bans->n = kept;
}

static void remember(struct bans *bans, const struct record_ban *ban)
{
	size_t at = bans->n;
	for (size_t i = 0; i < bans->n; i++)
		if (bans->of[i].kind == ban->kind && strcmp(bans->of[i].room, ban->room) == 0 &&
		    strcmp(bans->of[i].what, ban->what) == 0)
			at = i;
	if (at == bans->n && bans->n == BANS_MAX) {
		at = 0;
		for (size_t i = 1; i < bans->n; i++)
			if (bans->of[i].until < bans->of[at].until)
				at = i;
	}
	if (at == bans->room) {
		size_t room = bans->room ? bans->room * 2 : 16;
		struct record_ban *of = realloc(bans->of, room * sizeof *of);
		if (!of)
			return;
		bans->of = of;
		bans->room = room;
	}
	bans->of[at] = *ban;
	if (at == bans->n)
		bans->n++;
}

static void load_one(void *arg, const struct record_ban *ban)
{
	remember(arg, ban);
}

enum err bans_load(struct signal *hub)
{
	enum err err = hub->host.bans(hub->host.ctx, load_one, &hub->bans);
	if (!err)
		expire(hub);
	return err;
}

void bans_fini(struct bans *bans)
{
	free(bans->of);
	*bans = (struct bans){ 0 };
}

static void put(struct signal *hub, struct record_ban *ban, enum ban_kind kind, const char *what)
{
	ban->kind = kind;
	(void)str_copy(ban->what, sizeof ban->what, what);
	remember(&hub->bans, ban);
	if (hub->host.ban_put(hub->host.ctx, ban))
		log_error("ban", "event=not-saved room=%s", ban->room);
}

void ban_seat(struct signal *hub, const struct seat *seat, const char *reason, uint32_t minutes)
{
	char secret[2 * SHA256_BYTES + 1];
	struct record_ban ban = { .until = hub_unix_s(hub) + (minutes ? (int64_t)minutes * 60 : BAN_KICK_S) };
	expire(hub);
	(void)str_copy(ban.room, sizeof ban.room, seat->kept.room);
	(void)str_copy(ban.reason, sizeof ban.reason, reason);
	hex(seat->kept.secret, secret);
	put(hub, &ban, BAN_SEAT, secret);
	if (seat->kept.token_site[0])
		put(hub, &ban, BAN_TOKEN_SITE, seat->kept.token_site);
	if (!seat->room->kept.needs_token)
		put(hub, &ban, BAN_NAME, seat->kept.name);
}

const struct record_ban *ban_find(const struct signal *hub, const char *room, const uint8_t *secret,
				  const char *token_site, const char *name)
{
	char of_secret[2 * SHA256_BYTES + 1] = "";
	if (secret)
		hex(secret, of_secret);
	const char *what[] = {
		[BAN_SEAT] = of_secret, [BAN_TOKEN_SITE] = token_site ? token_site : "", [BAN_NAME] = name ? name : ""
	};
	int64_t now = hub_unix_s(hub);
	for (size_t i = 0; i < hub->bans.n; i++) {
		const struct record_ban *ban = &hub->bans.of[i];
		const char *mine = what[ban->kind];
		if (ban->until > now && mine[0] && strcmp(ban->room, room) == 0 && strcmp(ban->what, mine) == 0)
			return ban;
	}
	return NULL;
}
