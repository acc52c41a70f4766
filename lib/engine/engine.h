/* One media worker's engine: rooms, sites, sources, slots, and the way of every packet between them.
 *
 * No sockets, no clock, no threads, no JSON: give it datagrams, commands and `now`; flush; sleep until the
 * deadline. A worker thread, a simulation and a fuzzer drive the same code the same way. DTLS, the one thing that
 * reads real time, stands outside: the host is given DTLS datagrams and answers with keys.
 *
 *   command ->                      -> event (host)
 *   datagram -> engine_on_datagram  -> host.dtls (DTLS datagrams)
 *   keys    -> engine_on_keys
 *   link    -> engine_on_link       -> host.post: rooms are spread over workers, one engine each
 *   time    -> engine_on_deadline
 *              engine_flush         -> host.send (outbox: media, RTCP, STUN, DTLS)
 *
 * One owner thread; all memory of the media path is taken in engine_new and with COMMAND_TRANSPORT. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include "base/usec.h"
#include "engine/command.h"
#include "engine/outbox.h"
#include "engine/view.h"
#include "media/packet.h"
#include "secure/keys.h"
#include "secure/sealer.h"
#include <stddef.h>

struct engine;
struct link_message;

#define ENGINE_WORKERS_MAX 64

struct engine_config {
	enum srtp_backend backend;
	uint32_t worker;  /* number, 0 … workers - 1 */
	uint32_t workers; /* 0 is taken as 1; at most ENGINE_WORKERS_MAX */
	uint32_t buffers; /* packets of the pool, e.g. 16384 */
	uint32_t sites;	  /* most sites of all workers together, e.g. 1024 */
	/* Most slots of all sites together that have a source; 0: all a site may be granted, for each. Who grants slots
	 * keeps their sum below: then no site that was let in ever lacks one. */
	uint32_t slots_audio, slots_video;
	uint32_t history;  /* most packets kept for those who ask again; 0: half of the buffers */
	usec history_time; /* how long each of them is; 0: CACHE_KEEP */
	bool no_padding;   /* runs are not joined by a byte of RTP padding: for measuring */
	uint64_t seed;	   /* of all chance in here: SSRC-independent offsets, first sequence numbers */
	uint64_t ntp_base; /* NTP time (32.32) at usec 0 of the clock: what sender reports tell */
};

/* What the engine asks of who runs it. Called from within engine_* calls, on the same thread. `event` must not call the
 * engine; the dtls ones may call engine_send_dtls, engine_on_keys and engine_on_dtls_failed. */
struct engine_host {
	void *ctx;
	void (*event)(void *ctx, const struct event *event);
	/* A transport wants DTLS: make an association for (csrc, generation); replaces an older generation's. */
	void (*dtls_open)(void *ctx, uint32_t csrc, uint32_t generation, enum dtls_role role,
			  const struct fingerprint *peer);
	/* A DTLS datagram from an address that passed a check. Answers go out by engine_send_dtls. */
	void (*dtls_datagram)(void *ctx, uint32_t csrc, uint32_t generation, struct bytes datagram);
	void (*dtls_close)(void *ctx, uint32_t csrc, uint32_t generation);
	/* Sends all messages of the outbox before it returns: its bytes are used again. */
	void (*send)(void *ctx, const struct outbox *outbox);
	/* Copies the message to another worker's engine, which is given it by engine_on_link: in order, none twice,
	 * after every command this engine was given before. False: no room now. Not called while there is one worker.
	 */
	bool (*post)(void *ctx, uint32_t worker, const struct link_message *message);
};

/* Most buffers that one other worker may hold of ours: what a ring to it must take. 0: there is no other. */
uint32_t engine_credit(uint32_t buffers, uint32_t workers);
/* NULL when the system has no memory, or has not the backend that is asked for. */
struct engine *engine_new(const struct engine_config *config, const struct engine_host *host);
void engine_free(struct engine *e);
/* Who seals and opens; never BACKEND_AUTO. */
enum srtp_backend engine_backend(const struct engine *e);

void engine_on_command(struct engine *e, const struct command *command, usec now);

/* A buffer to receive into (data + start, up to DATAGRAM_MAX bytes, then set length), or NULL: pool is out, the caller
 * reads and throws away, and counts by engine_count_drop. */
struct packet *engine_buffer(struct engine *e);
/* Takes the reference. `packet->length` bytes from `from`. */
void engine_on_datagram(struct engine *e, struct packet *packet, const struct netaddr *from, usec now);
void engine_count_drop(struct engine *e, enum drop drop, uint64_t n);
/* What the socket did since it was opened, for EVENT_ENGINE. */
void engine_count_sends(struct engine *e, const struct send_counts *counts);

/* The handshake of (csrc, generation) is done, or failed (`why`: static text). Stale generations are ignored. */
void engine_on_keys(struct engine *e, uint32_t csrc, uint32_t generation, const struct srtp_keys *keys, usec now);
void engine_on_dtls_failed(struct engine *e, uint32_t csrc, uint32_t generation, const char *why, usec now);
/* Puts one DTLS datagram for that transport into the outbox; dropped (and counted) while it has no address. */
void engine_send_dtls(struct engine *e, uint32_t csrc, uint32_t generation, struct bytes datagram);

/* What worker `from` posted. */
void engine_on_link(struct engine *e, uint32_t from, const struct link_message *message, usec now);

/* When engine_on_deadline is due; USEC_NEVER: not at all. */
usec engine_deadline(const struct engine *e);
void engine_on_deadline(struct engine *e, usec now);

/* After every batch of calls: what came goes to its viewers, grouped by receiver, and all that is ready to leave goes
 * to host.send. */
void engine_flush(struct engine *e, usec now);
