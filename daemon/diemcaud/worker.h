/* A media worker: one thread with its UDP socket, its engine and its DTLS associations.
 *
 *   signalling thread: worker_post(command)                      worker: tell(event), from its own thread
 *
 * One loop: sleep until a datagram, a command, a message of another worker or a deadline; take commands, messages,
 * datagrams by bursts, let the engine
 * do what is due, send what it put out. No lock on a packet's way. Everything is taken at worker_new; a worker that was
 * made but not started holds its port and takes commands. */
#pragma once
#include "base/err.h"
#include "base/usec.h"
#include "engine/command.h"
#include "engine/view.h"
#include "secure/cert.h"
#include "secure/sealer.h"
#include <stdbool.h>
#include <stdint.h>

struct links;
struct worker;

struct worker_config {
	uint32_t number, workers;
	struct links *links;	   /* outlives the worker; NULL: it is the only one */
	bool no_padding;	   /* runs are not joined by a byte of RTP padding: for measuring */
	enum srtp_backend backend; /* one that is here */
	int core;		   /* where its thread runs; negative: wherever the system wants */
	uint16_t port;		   /* 0: any */
	uint32_t receive_bytes, send_bytes, packets, sites;
	uint32_t slots_audio, slots_video, history; /* engine/engine.h; 0: by sites and packets */
	usec history_time;
	uint32_t drop_in, drop_out, seed; /* fault.h */
	uint64_t ntp_base, chance;
	const struct cert *cert; /* outlives the worker */
	/* On the worker's thread. */
	void (*tell)(void *ctx, uint32_t worker, const struct event *event);
	void *ctx;
};

#define WORKER_WHY 400

/* ERR_SYS (port), ERR_NOMEM; `why` is one sentence for the operator. */
must_check enum err worker_new(const struct worker_config *config, struct worker **worker, char why[WORKER_WHY]);
must_check enum err worker_start(struct worker *w);
/* Ends the thread, if it was started. NULL is allowed. */
void worker_stop(struct worker *w);
/* When all are stopped: they hold buffers of each other. NULL is allowed. */
void worker_free(struct worker *w);
uint16_t worker_port(const struct worker *w);
bool worker_has_ipv6(const struct worker *w);
/* Any thread. What does not fit is logged and lost: a worker that takes no commands has stopped. */
void worker_post(struct worker *w, const struct command *command);
/* Any thread: UDP is cut, or whole again (tests). */
void worker_cut(struct worker *w, bool cut);
