/* Hundreds of synthetic sites in one process, to measure a relay under load: what it costs a forwarded packet, what it
 * loses, how long it holds a packet. `load --relay floor|diemcau|janus …`; --help tells the options. Ends by itself;
 * exit status 0: a record was printed, 1: none could be made, 2: usage. */
#include "bench/load/load.h"
#include "bench/load/join.h"
#include "bench/load/look.h"
#include "bench/load/profile.h"
#include "bench/load/sender.h"
#include "bench/load/site.h"
#include "io/clock.h"
#include "secure/dtls.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define PATIENCE (30 * USEC_S) /* beyond the last join: everybody has what he shall take */
#define JOINED_PAUSE (5 * USEC_MS)
#define EVENTS 64

static const struct join_kind *const kinds[] = {
	[RELAY_FLOOR] = &join_floor, [RELAY_DIEMCAU] = &join_diemcau, [RELAY_JANUS] = &join_janus
};

/* Two sockets a site, and some. */
static void raise_files(uint32_t sites)
{
	struct rlimit files, wanted = { sites * 3 + 256, sites * 3 + 256 };
	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= wanted.rlim_cur)
		return;
	if (files.rlim_max > wanted.rlim_max)
		wanted.rlim_max = files.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &wanted))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)fprintf(stderr, "load: %llu files may be open, %llu may be needed: run as root, or raise `ulimit -Hn`\n",
		      (unsigned long long)files.rlim_cur, (unsigned long long)wanted.rlim_cur);
}

static enum err init(struct load *l)
{
	profile_offer(l->plan.profile);
	uint32_t sites = plan_sites(&l->plan);
	raise_files(sites);
	l->chance = (uint64_t)l->plan.seed << 32 | 0x9e3779b9;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->join = kinds[l->plan.relay];
	l->sites = calloc(sites, sizeof *l->sites);
	if (l->epoll < 0 || !l->sites || timers_init(&l->timers, sites * 2) != ERR_OK ||
	    crypt_global_init() != ERR_OK || sealer_new(BACKEND_AUTO, &l->sealer) != ERR_OK ||
	    cert_new(&l->cert, clock_unix_ms() / 1000) != ERR_OK || dtls_ctx_new(&l->dtls, l->cert) != ERR_OK) {
		(void)fprintf(stderr, "load: out of memory or files\n");
		return ERR_NOMEM;
	}
	if (l->join->init(l) != ERR_OK)
		return ERR_SYS;
	for (uint32_t i = 0; i < sites; i++)
		if (site_init(&l->sites[i], l, i) != ERR_OK)
			return ERR_SYS;
	return ERR_OK;
}

static void fini(struct load *l)
{
	l->ended = true;
	if (l->join && l->signalling)
		l->join->stop(l);
	for (uint32_t i = 0; l->sites && i < plan_sites(&l->plan); i++)
		site_fini(&l->sites[i]);
	free(l->sites);
	dtls_ctx_free(l->dtls);
	cert_free(l->cert);
	sealer_free(l->sealer);
	timers_fini(&l->timers);
	crypt_global_fini();
	if (l->epoll >= 0)
		(void)close(l->epoll);
}

/* One sleep and what came in it, or fell due. */
static void turn(struct load *l, usec until)
{
	struct epoll_event events[EVENTS];
	usec now = clock_now();
	coretime_note(&l->coretime);
	usec_lower(&until, timers_next(&l->timers));
	usec left = until > now ? until - now : 0;
	struct timespec timeout = { .tv_sec = left / USEC_S, .tv_nsec = left % USEC_S * 1000 };
	int n = epoll_pwait2(l->epoll, events, EVENTS, &timeout, NULL);
	for (int i = 0; i < n; i++)
		site_on_readable(events[i].data.ptr);
	now = clock_now();
	for (struct timer *t; (t = timers_due(&l->timers, now));) {
		if (t->kind == TIMER_SENDER)
			sender_on_deadline((struct sender *)(void *)((char *)t - offsetof(struct sender, timer)), now);
		else
			site_on_deadline((struct site *)(void *)((char *)t - offsetof(struct site, timer)), now);
	}
}

static void run_until(struct load *l, usec end)
{
	while (clock_now() < end && !l->failed)
		turn(l, end);
}

static void begin_media(struct load *l)
{
	l->media = true;
	for (uint32_t i = 0; i < plan_sites(&l->plan); i++)
		if (l->sites[i].sender && l->sites[i].state == SITE_READY)
			sender_start(l->sites[i].sender, clock_now());
}

/* All sites join, at the plan's pace, and get what they shall take. */
static bool join_all(struct load *l)
{
	const struct plan *p = &l->plan;
	usec pace = USEC_S / p->joins_per_s;
	struct proc relay;
	proc_read(&relay, p->pid);
	l->rss_before_mb = relay.rss_mb;
	l->began = clock_now();
	uint32_t sites = plan_sites(p), takers = p->still ? 0 : plan_takers(p);
	usec end = l->began + (usec)sites * pace + PATIENCE;
	l->media = l->join->at_once;
	while (!l->failed && clock_now() < end && (l->ready < sites || l->receiving < takers)) {
		while (l->started < sites && l->began + (usec)l->started * pace <= clock_now())
			l->join->start(&l->sites[l->started++], clock_now());
		if (!l->media && l->ready == sites)
			begin_media(l);
		turn(l, clock_now() + JOINED_PAUSE);
	}
	if (l->failed)
		(void)fprintf(stderr, "load: %u of %u sites failed, the first: %s\n", l->failed, sites, l->why);
	else if (l->ready < sites)
		(void)fprintf(
		    stderr, "load: only %u of %u sites have keys after %lld s: is the relay there, is it big enough?\n",
		    l->ready, sites, (long long)((clock_now() - l->began) / USEC_S));
	else if (l->receiving < takers)
		(void)fprintf(stderr,
			      "load: only %u of %u takers receive on all their slots: fewer slots or speakers?\n",
			      l->receiving, takers);
	return !l->failed && l->ready == sites && l->receiving >= takers;
}

int main(int argc, char **argv)
{
	static struct load load = { .epoll = -1 };
	struct look from, to;
	if (plan_read(&load.plan, argc, argv) != ERR_OK)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	bool ok = init(&load) == ERR_OK && join_all(&load);
	if (ok) {
		run_until(&load, clock_now() + (usec)load.plan.warmup * USEC_S);
		look_take(&from, &load);
		load.measuring = true;
		run_until(&load, clock_now() + (usec)load.plan.seconds * USEC_S);
		look_take(&to, &load);
		load.measuring = false;
		for (unsigned g = 0; g < PLAN_GROUPS; g++)
			spread_end(&load.seen[g].spread);
		if (load.failed)
			(void)fprintf(stderr, "load: while it ran, %s\n", load.why);
		else
			look_print(&from, &to, &load);
	}
	ok = ok && !load.failed;
	fini(&load);
	return ok ? 0 : 1;
}
