/* The insides of struct signal: what its modules share. One owner thread; `now` is the time of the call being served.
 */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "signal/attempts.h"
#include "signal/ban.h"
#include "signal/grant.h"
#include "signal/login.h"
#include "signal/signal.h"

struct signal {
	struct signal_config config;
	struct signal_host host;
	usec now;
	usec next; /* deadline: never later than the first thing due */

	struct list rooms, sessions, streams;
	struct map seats;   /* by csrc */
	struct map numbers; /* rooms by number */
	unsigned n_rooms, n_sessions, n_streams;
	uint32_t last_number;

	struct bans bans;
	struct attempts attempts;
	struct logins logins;

	bool draining, drain_closed;
	usec drain_at;

	usec stream_at;	      /* next round of server-sent events */
	usec stream_stats_at; /* next with numbers that change each second */
	usec started;
	struct event_engine engines[SIGNAL_WORKERS_MAX];
	struct granted granted[SIGNAL_WORKERS_MAX];
	unsigned seats_at[SIGNAL_WORKERS_MAX];	       /* seats whose media is a worker's */
	uint64_t joins, resumes, kicks, chats, errors; /* since start */
	char *scratch;				       /* NEGOTIATE_ANSWER_MAX bytes */
};

/* n letters a-z and digits 2-7 (5 bits each) and a NUL. */
void hub_random_text(const struct signal *hub, char *to, size_t n);
int64_t hub_unix_s(const struct signal *hub);
/* To every worker: rooms and sites are known to all. */
void hub_command(const struct signal *hub, const struct command *command);
void hub_wake(struct signal *hub, usec at);
