/* A signalling object under test: a host that keeps everything in memory, and scripts of conversations.
 *
 * A script is a list of lines. `A`, `B` … are connections. Before each line that gives something in, everything that
 * came out must have been named by the lines before: nothing is overlooked.
 *
 *   A open                       a new connection
 *   A< {…}                       the frame comes in ("$x" stands for what x was bound to)
 *   A> {…}                       the next frame that goes out to A
 *   A x 4001                     A is closed with that code (the host then reports it closed)
 *   A gone                       its TCP connection ends
 *   A pong, A oversize           a pong, a message too large
 *   W> {…}                       a command to a worker, in order; commands not named are passed over at the next input
 *   E< {…}                       an event of an engine
 *   R GET /path [body]           a request of the operator on the local socket
 *   R> 200 {…}                   its answer
 *   S open, S> name {…}          a stream of server-sent events, and the next of them
 *   +5s, +200ms                  time goes by
 *
 * JSON is written with single quotes. In expected JSON "*" stands for anything, "$x" binds x or must equal it, and the
 * key "..." allows other keys. */
#pragma once
#include "base/record.h"
#include "signal/signal.h"
#include <jansson.h>

#define RIG_CONNECTIONS 26
#define RIG_KEPT 1200

struct rig_out {
	struct rig_out *next;
	char who;  /* A … Z, W, S */
	int close; /* code, 0: a text */
	char *text;
};

struct rig {
	struct signal *signal;
	struct signal_config config;
	struct signal_worker workers[4];
	usec now;
	int64_t unix_offset_ms;
	uint64_t chance;
	struct session *sessions[RIG_CONNECTIONS];
	struct stream *stream;
	struct rig_out *outs, *commands;
	struct signal_response response;
	json_t *bound;
	bool too_slow[RIG_CONNECTIONS], store_broken;
	uint64_t frames_sent, bytes_sent;
	/* the store */
	struct record_room rooms[RIG_KEPT];
	struct record_seat seats[RIG_KEPT];
	struct record_ban bans[RIG_KEPT];
	struct record_login logins[64];
	struct record_admin admin;
	int n_rooms, n_seats, n_bans, n_logins;
};

struct rig *rig_new(void);
/* What the store kept goes on with a new signalling object. */
void rig_restart(struct rig *rig);
void rig_free(struct rig *rig);
/* Fails the test with the line's number at the first surprise. */
void rig_play(struct rig *rig, const char *const *lines, size_t n);
#define RIG_PLAY(rig, ...)                                                                                             \
	rig_play(rig, (const char *const[]){ __VA_ARGS__ },                                                            \
		 sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
/* Single steps, for tests that count instead of reading along. */
void rig_open(struct rig *rig, char who);
void rig_text(struct rig *rig, char who, const char *text, size_t n);
void rig_advance(struct rig *rig, usec by);
/* Throws away what came out; returns how many frames went to `who` ('*': all). */
unsigned rig_drain(struct rig *rig, char who);
/* What a name was bound to, as text. */
const char *rig_bound(const struct rig *rig, const char *name);
bool rig_json_matches(struct rig *rig, const json_t *want, const json_t *got);
/* An offer of a browser with microphone, camera and the given slots; `fingerprint` and `credentials` tell offers apart.
 * malloc'ed. */
char *rig_offer(unsigned audio, unsigned video, char fingerprint, const char *credentials);
