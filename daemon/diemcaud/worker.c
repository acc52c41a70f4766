#include "worker.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/engine.h"
#include "fault.h"
#include "handshake.h"
#include "io/clock.h"
#include "io/company.h"
#include "io/cores.h"
#include "io/loop.h"
#include "io/lull.h"
#include "io/mailbox.h"
#include "io/udp.h"
#include "links.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#define INBOX_FIRST ((size_t)256 * 1024)
#define INBOX_LIMIT ((size_t)64 * 1024 * 1024)
#define BURSTS_A_TURN 4 /* then what came leaves, and commands and deadlines have their turn */
#define BURST_FIRST 8	/* most wake-ups bring one report: room is made ready for few, for more where more came */

struct worker {
	struct worker_config config;
	pthread_t thread;
	bool started;
	atomic_bool stop;
	struct loop loop;
	unsigned input[UDP_INPUTS]; /* their bits in the loop */
	struct lull lull;	    /* of UDP_REPORTS */
	struct mailbox inbox;
	struct udp *udp;
	struct engine *engine;
	struct handshakes handshakes;
	struct fault fault;
	struct company company;
	usec now;
	struct packet *packets[UDP_BURST]; /* waiting to be filled */
	uint8_t waste[DATAGRAM_MAX];	   /* what is read when the pool is out */
	struct udp_counts seen;
};

/* What of a command's union is used: the rest is not carried. */
static size_t command_bytes(enum command_type type)
{
	static const size_t parts[] = {
		[COMMAND_ROOM] = sizeof(struct command_room),		[COMMAND_ROOM_CLOSE] = sizeof(uint32_t),
		[COMMAND_SITE] = sizeof(struct command_site),		[COMMAND_SITE_CLOSE] = sizeof(uint32_t),
		[COMMAND_TRANSPORT] = sizeof(struct command_transport), [COMMAND_TRANSPORT_CLOSE] = sizeof(uint32_t),
		[COMMAND_VIEW] = sizeof(struct command_view),		[COMMAND_REPEAT] = sizeof(uint32_t),
	};
	return offsetof(struct command, room) + parts[type];
}

void worker_post(struct worker *w, const struct command *command)
{
	if (mailbox_put(&w->inbox, command, command_bytes(command->type)))
		log_error("worker", "worker=%u event=command-lost type=%d", w->config.number, (int)command->type);
}

void worker_cut(struct worker *w, bool cut)
{
	atomic_store(&w->fault.cut, cut);
}

uint16_t worker_port(const struct worker *w)
{
	return udp_port(w->udp);
}

bool worker_has_ipv6(const struct worker *w)
{
	return udp_has_ipv6(w->udp);
}

static void on_event(void *ctx, const struct event *event)
{
	struct worker *w = ctx;
	w->config.tell(w->config.ctx, w->config.number, event);
}

static void on_dtls_open(void *ctx, uint32_t csrc, uint32_t generation, enum dtls_role role,
			 const struct fingerprint *peer)
{
	struct worker *w = ctx;
	handshakes_open(&w->handshakes, csrc, generation, role, peer, w->now);
}

static void on_dtls_datagram(void *ctx, uint32_t csrc, uint32_t generation, struct bytes datagram)
{
	struct worker *w = ctx;
	handshakes_on_datagram(&w->handshakes, csrc, generation, datagram, w->now);
}

static void on_dtls_close(void *ctx, uint32_t csrc, uint32_t generation)
{
	struct worker *w = ctx;
	handshakes_close(&w->handshakes, csrc, generation);
}

static void wake(void *ctx)
{
	loop_wake(ctx);
}

static bool on_post(void *ctx, uint32_t to, const struct link_message *message)
{
	struct worker *w = ctx;
	return links_post(w->config.links, w->config.number, to, message);
}

static void on_send(void *ctx, const struct outbox *o);

static enum err make_engine(struct worker *w)
{
	struct engine_config config = {
		.backend = w->config.backend,
		.worker = w->config.number,
		.workers = w->config.workers,
		.buffers = w->config.packets,
		.sites = w->config.sites,
		.slots_audio = w->config.slots_audio,
		.slots_video = w->config.slots_video,
		.history = w->config.history,
		.history_time = w->config.history_time,
		.no_padding = w->config.no_padding,
		.seed = w->config.chance,
		.ntp_base = w->config.ntp_base,
	};
	struct engine_host host = {
		.ctx = w,
		.event = on_event,
		.dtls_open = on_dtls_open,
		.dtls_datagram = on_dtls_datagram,
		.dtls_close = on_dtls_close,
		.send = on_send,
		.post = on_post,
	};
	w->engine = engine_new(&config, &host);
	w->handshakes.engine = w->engine;
	if (!w->engine)
		return ERR_NOMEM;
	log_info("worker", "worker=%u srtp_backend=%s", w->config.number, sealer_name(engine_backend(w->engine)));
	return ERR_OK;
}

enum err worker_new(const struct worker_config *config, struct worker **worker, char why[WORKER_WHY])
{
	struct udp_config udp = { .port = config->port,
				  .receive_bytes = config->receive_bytes,
				  .send_bytes = config->send_bytes,
				  .reports_apart = true };
	*worker = NULL;
	(void)str_copy(why, WORKER_WHY, "no memory for a media worker; lower media.packets or media.sites");
	struct worker *w = calloc(1, sizeof *w);
	if (!w)
		return ERR_NOMEM;
	w->config = *config;
	fault_init(&w->fault, config->drop_in, config->drop_out, config->seed + config->number);
	enum err err = loop_init(&w->loop);
	if (!err)
		err = mailbox_init(&w->inbox, INBOX_FIRST, INBOX_LIMIT, wake, &w->loop);
	if (!err)
		err = handshakes_init(&w->handshakes, config->cert, config->sites);
	if (!err)
		err = make_engine(w);
	if (!err && config->links)
		links_serve(config->links, config->number, wake, &w->loop);
	if (!err)
		err = udp_open(&udp, &w->udp, why);
	for (unsigned i = 0; !err && i < UDP_INPUTS; i++)
		err = loop_add(&w->loop, udp_fd(w->udp, i), &w->input[i]);
	if (err) {
		worker_free(w);
		return err;
	}
	*worker = w;
	return ERR_OK;
}

_Static_assert(OUTBOX_PIECES <= UDP_PIECES, "a message of the outbox is one of the socket");

static struct udp_message message_of(const struct outbox_message *m, struct bytes bytes)
{
	return (struct udp_message){ m->to, bytes, m->segment, m->rank == OUTBOX_VOICE };
}

static void push_whole(struct worker *w, const struct outbox *o, const struct outbox_message *m)
{
	struct udp_message message = message_of(m, outbox_piece(o, m, 0));
	udp_push(w->udp, &message);
	for (unsigned i = 1; i < m->n_pieces; i++)
		udp_push_more(w->udp, outbox_piece(o, m, i));
}

/* Where tests ask for losses each datagram is by itself. Returns how many were dropped. */
static uint64_t push_apart(struct worker *w, const struct outbox *o, const struct outbox_message *m)
{
	uint64_t dropped = 0;
	for (unsigned k = 0; k < m->datagrams; k++) {
		struct udp_message message = message_of(m, outbox_datagram(o, m, k));
		if (fault_out(&w->fault, message.bytes))
			dropped++;
		else
			udp_push(w->udp, &message);
	}
	return dropped;
}

/* Gives the kernel what the engine put out. */
static void on_send(void *ctx, const struct outbox *o)
{
	struct worker *w = ctx;
	uint64_t dropped = 0;
	bool whole = !fault_is_on(&w->fault);
	for (uint32_t i = 0; i < o->n; i++) {
		if (whole)
			push_whole(w, o, &o->items[i]);
		else
			dropped += push_apart(w, o, &o->items[i]);
	}
	udp_flush(w->udp);
	const struct udp_counts *counts = udp_counts(w->udp);
	uint64_t voices = counts->full_first - w->seen.full_first;
	engine_count_sends(w->engine, &(struct send_counts){ .datagrams = counts->sent,
							     .calls = counts->send_calls,
							     .partial = counts->partial,
							     .waits = counts->waits,
							     .cut = counts->cut });
	engine_count_drop(w->engine, DROP_SOCKET_FULL, counts->full - w->seen.full - voices);
	engine_count_drop(w->engine, DROP_SOCKET_VOICE, voices);
	engine_count_drop(w->engine, DROP_REFUSED, counts->refused - w->seen.refused);
	engine_count_drop(w->engine, DROP_HOOK, dropped);
	w->seen = *counts;
}

/* One burst of at most `most` in; returns how many came. */
static unsigned take_burst(struct worker *w, enum udp_input input, unsigned most)
{
	struct udp_buffer buffers[UDP_BURST];
	unsigned n = 0;
	for (; n < most; n++) {
		if (!w->packets[n] && !(w->packets[n] = engine_buffer(w->engine)))
			break;
		struct packet *p = w->packets[n];
		buffers[n] = (struct udp_buffer){ .data = p->data + p->start, .size = DATAGRAM_MAX + 1 };
	}
	if (n == 0) { /* the pool is out: read one and throw it away, so that the socket does not stay readable */
		buffers[0] = (struct udp_buffer){ .data = w->waste, .size = sizeof w->waste };
		unsigned got = udp_receive(w->udp, input, buffers, 1);
		engine_count_drop(w->engine, DROP_POOL, got);
		return got;
	}
	unsigned got = udp_receive(w->udp, input, buffers, n);
	w->now = clock_now();
	if (got && input == UDP_PROMPT)
		company_on_arrival(&w->company, w->now);
	for (unsigned i = 0; i < got; i++) {
		struct packet *p = w->packets[i];
		p->length = (uint16_t)buffers[i].length;
		if (fault_in(&w->fault, bytes_of(p->data + p->start, p->length))) {
			engine_count_drop(w->engine, DROP_HOOK, 1);
			continue; /* the buffer waits for the next one */
		}
		w->packets[i] = NULL;
		engine_on_datagram(w->engine, p, &buffers[i].from, w->now);
	}
	return got;
}

/* What waits, up to some bursts of it; returns whether anything did. */
static bool take(struct worker *w, enum udp_input input)
{
	unsigned got = 0, most = BURST_FIRST;
	for (unsigned i = 0; i < BURSTS_A_TURN; i++, most = UDP_BURST) {
		unsigned burst = take_burst(w, input, most);
		got += burst;
		if (burst < most)
			break;
	}
	return got;
}

static void take_datagrams(struct worker *w, uint32_t readable)
{
	if (readable >> w->input[UDP_PROMPT] & 1)
		(void)take(w, UDP_PROMPT);
	if (lull_looks(&w->lull, readable >> w->input[UDP_REPORTS] & 1, w->now))
		lull_on_look(&w->lull, take(w, UDP_REPORTS), w->now);
}

static void take_commands(struct worker *w)
{
	size_t n;
	for (const struct command *command; (command = mailbox_next(&w->inbox, &n));)
		engine_on_command(w->engine, command, w->now);
}

static void take_messages(struct worker *w)
{
	struct link_message message;
	uint32_t from;
	while (links_next(w->config.links, w->config.number, &from, &message))
		engine_on_link(w->engine, from, &message, w->now);
}

/* Returns which sockets are readable. */
static uint32_t sleep_until(struct worker *w, usec deadline)
{
	struct links *links = w->config.links;
	if (!links)
		return loop_wait(&w->loop, clock_now(), deadline);
	uint32_t readable = loop_wait(&w->loop, clock_now(), links_sleep(links, w->config.number) ? deadline : 0);
	links_rise(links, w->config.number);
	links_look(links, w->config.number);
	return readable;
}

static void pin(const struct worker *w)
{
	if (w->config.core >= 0 && cores_pin((unsigned)w->config.core))
		log_warn("worker", "worker=%u core=%d event=not-pinned", w->config.number, w->config.core);
}

/* What came leaves, unless it waits for more. */
static void flush(struct worker *w)
{
	if (!company_leaves(&w->company, w->now))
		return;
	engine_flush(w->engine, w->now);
	company_on_left(&w->company, udp_counts(w->udp)->sent, w->now);
}

static void *run(void *arg)
{
	struct worker *w = arg;
	pin(w);
	while (!atomic_load(&w->stop)) {
		usec deadline = engine_deadline(w->engine);
		usec_lower(&deadline, handshakes_deadline(&w->handshakes));
		usec_lower(&deadline, w->company.until);
		usec_lower(&deadline, w->lull.until);
		loop_watch(&w->loop, w->input[UDP_REPORTS], w->lull.state == LULL_WATCHED);
		uint32_t readable = sleep_until(w, deadline);
		w->now = clock_now();
		take_commands(w);
		if (w->config.links)
			take_messages(w);
		take_datagrams(w, readable);
		flush(w);
		if (engine_deadline(w->engine) <= w->now)
			engine_on_deadline(w->engine, w->now);
		handshakes_on_deadline(&w->handshakes, w->now);
		flush(w);
	}
	return NULL;
}

enum err worker_start(struct worker *w)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
	w->now = clock_now();
	company_init(&w->company, w->now);
	lull_init(&w->lull);
	engine_on_deadline(w->engine, w->now);
	w->started = pthread_create(&w->thread, NULL, run, w) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->started ? ERR_OK : ERR_NOMEM;
}

void worker_stop(struct worker *w)
{
	if (!w || !w->started)
		return;
	atomic_store(&w->stop, true);
	loop_wake(&w->loop);
	(void)pthread_join(w->thread, NULL);
	w->started = false;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	worker_stop(w);
	for (unsigned i = 0; w->engine && i < UDP_BURST; i++)
		if (w->packets[i])
			packet_put(w->packets[i]);
	if (w->engine) {
		engine_free(w->engine);
		w->engine = NULL;
	}
	handshakes_fini(&w->handshakes);
	mailbox_fini(&w->inbox);
	loop_fini(&w->loop);
	udp_close(w->udp);
	free(w);
}
