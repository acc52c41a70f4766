/* What must survive a restart, as plain data: rooms, seats, bans, the administrator. Signalling makes these records,
 * the store keeps them, the daemon carries them from one to the other.
 *
 * Texts end in NUL; names are valid UTF-8. Times are seconds since 1970. Secrets are never kept, only their SHA-256. */
#pragma once
#include "base/limits.h"
#include <stdbool.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define PASSWORD_HASH_MAX 256 /* characters of a password's hash with its salt and parameters, without NUL */

/* OPERATOR stands as chair in every room. */
enum role { ROLE_GUEST, ROLE_CHAIR, ROLE_OPERATOR };

struct record_room {
	char id[ID_MAX + 1]; /* a-z 0-9 and '-' */
	char name[NAME_MAX_BYTES + 1];
	uint8_t pin[SHA256_BYTES]; /* of room and PIN; meaningful when has_pin */
	bool has_pin;		   /* PIN or token needed */
	bool needs_token;	   /* a token needed (beside has_pin: either) */
	bool kept; /* made by an operator: stays when empty; else made by a join, goes with its last seat */
	bool locked;
	uint32_t seat_s;	/* a lost seat is kept this long; 0: the default */
	char stage[ID_MAX + 1]; /* seat ids; empty: none */
	char chair[ID_MAX + 1];
	int64_t since; /* made */
};

struct record_seat {
	char room[ID_MAX + 1], id[ID_MAX + 1];
	uint8_t secret[SHA256_BYTES]; /* of the secret told to the site at join */
	uint32_t csrc;		      /* never 0, unique in the daemon */
	char name[NAME_MAX_BYTES + 1];
	char unit[NAME_MAX_BYTES + 1]; /* the token's, or empty */
	char token_site[ID_MAX + 1];   /* the token's, or empty */
	enum role role;
	bool role_by_token;	       /* else by being first, or heir */
	uint32_t hand;		       /* order of raised hands, 0: down */
	bool muted_audio, muted_video; /* by the chair */
	uint8_t slots_audio, slots_video;
	int64_t since; /* joined */
	int64_t lost;  /* since when it is lost; 0: it is not */
};

/* A ban holds for a seat (its secret's hash), a token's site, or in rooms without tokens a name. */
enum ban_kind { BAN_SEAT, BAN_TOKEN_SITE, BAN_NAME };

struct record_ban {
	char room[ID_MAX + 1];
	enum ban_kind kind;
	char what[NAME_MAX_BYTES + 1]; /* hex of the hash, the token's site, the name */
	char reason[REASON_MAX_BYTES + 1];
	int64_t until;
};

struct record_admin {
	char password[PASSWORD_HASH_MAX + 1]; /* empty: not set up yet */
};

/* A signed-in administrator. */
struct record_login {
	uint8_t secret[SHA256_BYTES];
	int64_t until;
};
