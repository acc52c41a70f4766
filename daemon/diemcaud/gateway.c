#include "gateway.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/engine.h"
#include "io/addrs.h"
#include "io/clock.h"
#include "io/cores.h"
#include "io/mailbox.h"
#include "io/ws.h"
#include "links.h"
#include "pages.h"
#include "secure/random.h"
#include "worker.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define INBOX_FIRST ((size_t)256 * 1024)
#define INBOX_LIMIT ((size_t)64 * 1024 * 1024)
#define BODY_BYTES 65536
#define QUEUE_BYTES ((size_t)2 * 1024 * 1024)
#define PING (5 * USEC_S)
#define LINK_CELLS 512		     /* of a ring between workers, beside the buffers under way */
#define DRAIN_S 1		     /* from the word to the close, when the operator ends the daemon */
#define LAST_ANSWERS (200 * USEC_MS) /* what was answered last still leaves */
#define END_AFTER (5 * USEC_S)	     /* whoever has not closed by then is cut */

struct gateway {
	struct keeper_ctx ctx; /* first: the keeper's calls take it from here */
	struct gateway_config config;
	struct ws *ws;
	struct signal *signal;
	struct pages *pages;
	struct mailbox inbox; /* events of the workers */
	bool has_inbox;
	struct worker *workers[SIGNAL_WORKERS_MAX];
	struct signal_worker candidates[SIGNAL_WORKERS_MAX];
	uint32_t n_workers;
	struct links *links; /* between them; NULL: there is but one */
	char url[160];
	int signals;
	bool draining, ended, closing, cut;
	usec end_at; /* USEC_NEVER: not yet */
};

/* An event on its way from a worker; the union's unused rest is not carried. */
struct post {
	uint32_t worker;
	struct event event;
};

static size_t post_bytes(enum event_type type)
{
	static const size_t parts[] = {
		[EVENT_SLOTS] = sizeof(struct event_slots),	  [EVENT_ENCODINGS] = sizeof(struct event_encodings),
		[EVENT_SPEAKING] = sizeof(struct event_speaking), [EVENT_TRANSPORT] = sizeof(struct event_transport),
		[EVENT_SITE] = sizeof(struct event_site),	  [EVENT_ENGINE] = sizeof(struct event_engine),
	};
	return offsetof(struct post, event) + offsetof(struct event, slots) + parts[type];
}

/* After whatever may have moved signalling's deadline. */
static void rest(struct gateway *g, usec now)
{
	if (g->closing)
		return;
	if (signal_drained(g->signal)) {
		g->draining = true;
		usec_lower(&g->end_at, now + LAST_ANSWERS);
	}
	usec at = signal_deadline(g->signal);
	usec_lower(&at, g->end_at);
	ws_deadline(g->ws, now, at);
}

/* ---- from the workers ------------------------------------------------------------------------------------------ */

/* What sites did in a second waits for something that wakes: at the latest what their worker did (EVENT_ENGINE). Each
 * wake-up of libwebsockets looks at every connection. */
static void on_tell(void *ctx, uint32_t worker, const struct event *event)
{
	struct gateway *g = ctx;
	bool report = event->type == EVENT_SITE;
	struct post post = { .worker = worker, .event = *event };
	size_t n = post_bytes(event->type);
	enum err err = report ? mailbox_put_report(&g->inbox, &post, n) : mailbox_put(&g->inbox, &post, n);
	if (err && !report)
		log_error("gateway", "event=event-lost worker=%u type=%d", worker, (int)event->type);
}

static void wake(void *ctx)
{
	struct gateway *g = ctx;
	if (g->ws)
		ws_wake(g->ws);
}

static void on_wake(void *ctx)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	size_t n;
	for (const struct post *post; (post = mailbox_next(&g->inbox, &n));)
		signal_on_event(g->signal, post->worker, &post->event, now);
	rest(g, now);
}

static void on_deadline(void *ctx)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	if (now >= g->end_at)
		g->ended = true;
	if (now >= signal_deadline(g->signal))
		signal_on_deadline(g->signal, now);
	rest(g, now);
}

/* ---- from the web ---------------------------------------------------------------------------------------------- */

static void *on_open(void *ctx, struct ws_socket *socket, const char *remote)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	struct session *session = signal_on_open(g->signal, socket, remote, now);
	rest(g, now);
	return session;
}

static void on_message(void *ctx, void *user, struct bytes text)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	signal_on_text(g->signal, user, text, now);
	rest(g, now);
}

static void on_oversize(void *ctx, void *user)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	signal_on_oversize(g->signal, user, now);
	rest(g, now);
}

static void on_alive(void *ctx, void *user)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	signal_on_pong(g->signal, user, now);
	rest(g, now);
}

static void on_closed(void *ctx, void *user)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	signal_on_closed(g->signal, user, now);
	rest(g, now);
}

static const struct ws_page *on_page(void *ctx, const char *path)
{
	const struct gateway *g = ctx;
	return pages_find(g->pages, path);
}

static struct signal_request translate(const struct ws_request *r)
{
	static const enum http_method methods[] = {
		[WS_GET] = HTTP_GET,	 [WS_POST] = HTTP_POST,	    [WS_PUT] = HTTP_PUT,
		[WS_PATCH] = HTTP_PATCH, [WS_DELETE] = HTTP_DELETE, [WS_OTHER] = HTTP_OTHER,
	};
	return (struct signal_request){
		.method = methods[r->method],
		.path = r->path,
		.query = r->query,
		.authorization = r->authorization,
		.cookie = r->cookie,
		.host = r->host,
		.origin = r->origin,
		.remote = r->remote,
		.local = r->local,
		.body = r->body,
	};
}

static void translate_back(struct signal_response *from, struct ws_response *to)
{
	*to = (struct ws_response){
		.status = from->status,
		.type = from->type,
		.allow = from->allow,
		.retry_after_s = from->retry_after_s,
		.body = from->body,
		.n = from->n,
	};
	_Static_assert(sizeof to->set_cookie == sizeof from->set_cookie, "a cookie fits");
	memcpy(to->set_cookie, from->set_cookie, sizeof to->set_cookie);
	from->body = NULL; /* taken over */
	signal_response_fini(from);
}

static bool of_api(const char *path)
{
	return !strncmp(path, "/api/v1/", 8) || !strcmp(path, "/api/v1") || !strcmp(path, "/metrics") ||
	       !strcmp(path, "/healthz") || !strcmp(path, "/readyz");
}

static void on_request(void *ctx, const struct ws_request *request, struct ws_response *response)
{
	static const char missing[] = "Không có trang này. / No such page.\n";
	struct gateway *g = ctx;
	usec now = clock_now();
	if (!of_api(request->path)) {
		*response =
		    (struct ws_response){ .status = 404, .type = "text/plain; charset=utf-8", .body = strdup(missing) };
		response->n = response->body ? sizeof missing - 1 : 0;
		return;
	}
	struct signal_request asked = translate(request);
	struct signal_response answer;
	signal_on_request(g->signal, &asked, &answer, now);
	translate_back(&answer, response);
	rest(g, now);
}

static void *on_stream(void *ctx, struct ws_socket *socket, const struct ws_request *request,
		       struct ws_response *response)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	struct signal_request asked = translate(request);
	struct signal_response answer = { 0 };
	struct stream *stream = signal_on_stream(g->signal, socket, &asked, &answer, now);
	translate_back(&answer, response);
	rest(g, now);
	return stream;
}

static void on_stream_ready(void *ctx, void *user)
{
	struct gateway *g = ctx;
	usec now = clock_now();
	signal_on_stream_ready(g->signal, user, now);
	rest(g, now);
}

static void on_stream_closed(void *ctx, void *user)
{
	struct gateway *g = ctx;
	signal_on_stream_closed(g->signal, user);
	rest(g, clock_now());
}

/* ---- from signalling ------------------------------------------------------------------------------------------- */

static enum err to_socket(void *ctx, void *socket, const char *text, size_t n)
{
	return ws_send(socket, text, n);
}

static void close_socket(void *ctx, void *socket, enum signal_close code, const char *reason)
{
	ws_close(socket, (uint16_t)code, reason);
}

static enum err to_stream(void *ctx, void *socket, const char *name, const char *data, size_t n)
{
	return ws_event(socket, name, data, n);
}

static void close_stream(void *ctx, void *socket)
{
	ws_stream_close(socket);
}

static void to_worker(void *ctx, uint32_t worker, const struct command *command)
{
	struct gateway *g = ctx;
	if (worker < g->n_workers)
		worker_post(g->workers[worker], command);
}

/* ---- signals of the system ------------------------------------------------------------------------------------- */

static void drain(struct gateway *g, usec now)
{
	if (g->draining) {
		g->ended = true;
		return;
	}
	g->draining = true;
	g->end_at = now + END_AFTER;
	signal_drain(g->signal, DRAIN_S, now);
}

static void on_signals(void *arg)
{
	struct gateway *g = arg;
	struct signalfd_siginfo info;
	usec now = clock_now();
	while (read(g->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGUSR1) {
			g->cut = !g->cut;
			log_info("gateway", "test=cut on=%d", g->cut);
			for (uint32_t i = 0; i < g->n_workers; i++)
				worker_cut(g->workers[i], g->cut);
		} else {
			log_info("gateway", "event=end signal=%u", info.ssi_signo);
			drain(g, now);
		}
	}
	rest(g, now);
}

static enum err take_signals(struct gateway *g)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (g->config.test)
		(void)sigaddset(&set, SIGUSR1);
	g->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (g->signals < 0)
		return ERR_SYS;
	return ws_watch(g->ws, g->signals, on_signals, g);
}

/* ---- start and end --------------------------------------------------------------------------------------------- */

/* What browsers are told of a worker: the addresses set, else the host's. */
static void candidates_of(struct gateway *g, uint32_t i)
{
	const struct config *config = g->config.config;
	struct netaddr host[CONFIG_ADDRESSES];
	const struct netaddr *addrs = config->media_addresses;
	size_t n = config->n_media_addresses;
	if (n == 0) {
		addrs = host;
		if (addrs_host(host, CONFIG_ADDRESSES, &n))
			n = 0;
	}
	struct signal_worker *worker = &g->candidates[i];
	for (size_t k = 0; k < n && worker->n_candidates < SIGNAL_CANDIDATES_MAX; k++) {
		if (addrs[k].family == 6 && !worker_has_ipv6(g->workers[i]))
			continue;
		struct netaddr *candidate = &worker->candidates[worker->n_candidates++];
		*candidate = addrs[k];
		candidate->port = worker_port(g->workers[i]);
	}
}

static enum err make_workers(struct gateway *g, char why[GATEWAY_WHY])
{
	const struct config *config = g->config.config;
	uint64_t ntp_base = clock_ntp_base();
	uint32_t n = config->media_workers;
	if (n > 1 && !(g->links = links_new(n, engine_credit(config->media_packets, n) + LINK_CELLS)))
		return ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		char reason[WORKER_WHY];
		struct worker_config worker = {
			.number = i,
			.workers = n,
			.links = g->links,
			.core = config->n_media_cores ? (int)config->media_cores[i % config->n_media_cores] : -1,
			.port = (uint16_t)(config->media_port ? config->media_port + i : 0),
			.receive_bytes = config->media_receive_buffer,
			.send_bytes = config->media_send_buffer,
			.packets = config->media_packets,
			.sites = config->media_sites,
			.slots_audio = config->media_slots_audio,
			.slots_video = config->media_slots_video,
			.history = config->media_history,
			.history_time = config->media_history_ms * USEC_MS,
			.no_padding = !config->media_padding,
			.backend = config->secure_backend,
			.drop_in = config->test_drop_in,
			.drop_out = config->test_drop_out,
			.seed = config->test_seed,
			.ntp_base = ntp_base,
			.cert = g->config.dtls,
			.tell = on_tell,
			.ctx = g,
		};
		enum err err = random_u64(&worker.chance);
		if (!err)
			err = worker_new(&worker, &g->workers[i], reason);
		if (err) {
			(void)str_copy(why, GATEWAY_WHY, reason);
			return err;
		}
		g->n_workers++;
		candidates_of(g, i);
	}
	return ERR_OK;
}

static enum err make_web(struct gateway *g, char why[GATEWAY_WHY])
{
	const struct config *config = g->config.config;
	struct ws_config web = {
		.listen = config->http_listen,
		.cert = g->config.cert,
		.key = g->config.key,
		.control = config->control_socket,
		.group = config->control_group,
		.socket_path = "/ws",
		.subprotocol = "diemcau.v1",
		.stream_path = "/api/v1/events",
		.message_bytes = (size_t)SDP_MAX,
		.body_bytes = BODY_BYTES,
		.queue_bytes = QUEUE_BYTES,
		.sockets_max = config->http_connections,
		.ping = PING,
	};
	struct ws_host host = {
		.ctx = g,
		.open = on_open,
		.message = on_message,
		.oversize = on_oversize,
		.alive = on_alive,
		.closed = on_closed,
		.page = on_page,
		.request = on_request,
		.stream = on_stream,
		.stream_ready = on_stream_ready,
		.stream_closed = on_stream_closed,
		.wake = on_wake,
		.deadline = on_deadline,
	};
	g->pages = pages_new();
	if (!g->pages)
		return ERR_NOMEM;
	return ws_new(&web, &host, &g->ws, why);
}

static enum err make_signal(struct gateway *g)
{
	const struct config *config = g->config.config;
	struct signal_config signalling = {
		.version = DIEMCAU_VERSION,
		.url = g->url,
		.workers = g->n_workers,
		.worker = g->candidates,
		.allow = NEGOTIATE_RED | NEGOTIATE_H264,
		.rooms_open = config->rooms_open,
		.seat_s = config->rooms_seat_s,
		.sites_max = config->media_sites,
		.slots_audio = config->media_slots_audio,
		.slots_video = config->media_slots_video,
		.sessions_max = config->http_connections,
	};
	struct signal_host host = {
		.ctx = g,
		.send = to_socket,
		.close = close_socket,
		.event = to_stream,
		.stream_close = close_stream,
		.command = to_worker,
	};
	memcpy(signalling.fingerprint.sha256, cert_sha256(g->config.dtls), sizeof signalling.fingerprint.sha256);
	keeper_serve(&host);
	(void)str_print(g->url, sizeof g->url, "https://%s:%u", g->config.host, ws_port(g->ws));
	g->signal = signal_new(&signalling, &host);
	return g->signal ? ERR_OK : ERR_NOMEM;
}

static enum err start(struct gateway *g, char why[GATEWAY_WHY])
{
	usec now = clock_now();
	for (uint32_t i = 0; i < g->n_workers; i++)
		if (worker_start(g->workers[i]))
			return ERR_NOMEM;
	/* A poll of all connections takes milliseconds where they are many: a worker on the same core does not wait for
	 * it. */
	if (cores_give_way())
		log_warn("gateway", "event=signalling-priority-kept");
	if (signal_start(g->signal, now)) {
		(void)str_print(why, GATEWAY_WHY, "cannot read what is kept in %s; see the lines above",
				g->config.config->state_dir);
		return ERR_SYS;
	}
	rest(g, now);
	return ERR_OK;
}

enum err gateway_new(const struct gateway_config *config, struct gateway **gateway, char why[GATEWAY_WHY])
{
	*gateway = NULL;
	(void)str_copy(why, GATEWAY_WHY, "the system has no memory for this; lower media.packets or media.sites");
	struct gateway *g = calloc(1, sizeof *g);
	if (!g)
		return ERR_NOMEM;
	g->ctx.keeper = config->keeper;
	g->config = *config;
	g->signals = -1;
	g->end_at = USEC_NEVER;
	enum err err = mailbox_init(&g->inbox, INBOX_FIRST, INBOX_LIMIT, wake, g);
	g->has_inbox = !err;
	if (!err)
		err = make_workers(g, why);
	if (!err)
		err = make_web(g, why);
	if (!err)
		err = make_signal(g);
	if (!err)
		err = take_signals(g);
	if (!err)
		err = start(g, why);
	if (err) {
		gateway_free(g);
		return err;
	}
	*gateway = g;
	return ERR_OK;
}

void gateway_run(struct gateway *g)
{
	while (!g->ended)
		ws_service(g->ws);
}

void gateway_free(struct gateway *g)
{
	if (!g)
		return;
	g->closing = true;
	/* Workers first, for they wake the web server; then it, for it tells signalling of each connection's end. */
	for (uint32_t i = 0; i < g->n_workers; i++)
		worker_stop(g->workers[i]);
	for (uint32_t i = 0; i < g->n_workers; i++)
		worker_free(g->workers[i]);
	links_free(g->links);
	g->n_workers = 0;
	ws_free(g->ws);
	signal_free(g->signal);
	if (g->has_inbox)
		mailbox_fini(&g->inbox);
	pages_free(g->pages);
	if (g->signals >= 0)
		(void)close(g->signals);
	free(g);
}

uint16_t gateway_port(const struct gateway *g)
{
	return ws_port(g->ws);
}

uint16_t gateway_media_port(const struct gateway *g, uint32_t worker)
{
	return worker_port(g->workers[worker]);
}

const char *gateway_setup_code(const struct gateway *g)
{
	return signal_setup_code(g->signal);
}
