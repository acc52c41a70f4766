#include "bench/load/look.h"
#include "bench/load/site.h"
#include "bench/load/taker.h"
#include "io/clock.h"
#include <stdio.h>
#include <unistd.h>

void look_take(struct look *w, struct load *l)
{
	*w = (struct look){ 0 };
	for (unsigned g = 0; g < PLAN_GROUPS; g++)
		w->groups[g].counts = l->seen[g].counts;
	for (uint32_t i = 0; i < plan_sites(&l->plan); i++) {
		struct look_group *g = &w->groups[plan_group(&l->plan, i)];
		g->drops += site_drops(&l->sites[i]);
		g->missing += l->sites[i].taker ? taker_missing(l->sites[i].taker) : 0;
	}
	coretime_look(&l->coretime);
	w->coretime = l->coretime;
	w->relay_drops = proc_udp_drops(l->relay_port);
	proc_read(&w->own, (uint32_t)getpid());
	proc_read(&w->relay, l->plan.pid);
	w->at = clock_now();
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

static double seconds_between(const struct look *from, const struct look *to)
{
	return (double)(to->at - from->at) / USEC_S;
}

/* What was seen in the window, of one group or of all. */
struct measured {
	uint32_t viewers;
	struct counts c;
	struct delays delays, spread;
	double packets, missing, drops;
	double lost_all, keyframe_requests; /* since the first packet */
};

static void add_group(struct measured *m, const struct look *from, const struct look *to, const struct load *l,
		      unsigned g)
{
	const struct look_group *a = &from->groups[g], *b = &to->groups[g];
	struct counts c = counts_since(&b->counts, &a->counts);
	m->viewers += plan_group_takers(&l->plan, g);
	counts_add(&m->c, &c);
	delays_merge(&m->delays, &l->seen[g].delays);
	delays_merge(&m->spread, &l->seen[g].spread.delays);
	m->packets += (double)(c.voice + c.video);
	m->missing += (double)(b->missing > a->missing ? b->missing - a->missing : 0) + (double)c.lost;
	m->drops += (double)(b->drops - a->drops);
	m->lost_all += (double)(b->counts.lost + b->missing);
	m->keyframe_requests += (double)b->counts.keyframe_requests;
}

static void print_groups(const struct look *from, const struct look *to, const struct load *l)
{
	static struct measured m;
	(void)printf(",\"groups\":[");
	for (unsigned g = 0; g < PLAN_GROUPS; g++) {
		const struct plan_group *group = &l->plan.groups[g];
		m = (struct measured){ 0 };
		add_group(&m, from, to, l, g);
		(void)printf("%s{\"viewers\":%u,\"rooms\":%u,\"packets_per_s\":%.1f,\"loss\":%.9f,\"drops\":%.0f,"
			     "\"delay_p50_ms\":%.4f,\"delay_p99_ms\":%.4f,\"spread_p99_ms\":%.4f}",
			     g ? "," : "", m.viewers, group->rooms, m.packets / seconds_between(from, to),
			     ratio(m.missing, m.packets + m.missing), m.drops, delays_quantile(&m.delays, 0.5) / 1e3,
			     delays_quantile(&m.delays, 0.99) / 1e3, delays_quantile(&m.spread, 0.99) / 1e3);
	}
	(void)printf("]");
}

static double on_core(const struct look *from, const struct look *to, unsigned core)
{
	return (double)(to->coretime.ns[core] - from->coretime.ns[core]) / 1e9 / seconds_between(from, to);
}

static double most_on_core(const struct look *from, const struct look *to)
{
	double most = 0;
	for (unsigned core = 0; core < CORETIME_CORES; core++)
		most = on_core(from, to, core) > most ? on_core(from, to, core) : most;
	return most;
}

static void print_cores(const struct look *from, const struct look *to)
{
	const char *comma = "";
	(void)printf(",\"client_cores\":{");
	for (unsigned core = 0; core < CORETIME_CORES; core++)
		if (on_core(from, to, core) > 0) {
			(void)printf("%s\"%u\":%.4f", comma, core, on_core(from, to, core));
			comma = ",";
		}
	(void)printf("}");
}

/* Every number is one of the window, unless its name says otherwise. */
void look_print(const struct look *from, const struct look *to, const struct load *l)
{
	const struct plan *p = &l->plan;
	static struct measured m;
	m = (struct measured){ 0 };
	for (unsigned g = 0; g < PLAN_GROUPS; g++)
		add_group(&m, from, to, l, g);
	double seconds = seconds_between(from, to);
	double cpu = (double)(to->relay.cpu_ns - from->relay.cpu_ns) / 1e9;
	double discontinuities = (double)(m.c.twice + m.c.backwards + m.c.torn + m.c.unopened + m.c.strange);
	double joined = (double)(l->last_joined - l->began) / USEC_S;
	static const struct {
		const char *name;
		int digits;
	} fields[] = {
#define FIELD(name, digits, value) { name, digits },
#include "bench/load/fields.h"
#undef FIELD
	};
	const double values[] = {
#define FIELD(name, digits, value) (double)(value),
#include "bench/load/fields.h"
#undef FIELD
	};
	(void)printf("{\"bench\":\"load\",\"relay\":\"%s\"", plan_relay_name(p->relay));
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		(void)printf(",\"%s\":%.*f", fields[i].name, fields[i].digits, values[i]);
	print_cores(from, to);
	if (p->groups[1].sites)
		print_groups(from, to, l);
	(void)printf("}\n");
	if (!p->json)
		(void)fprintf(stderr, "load: %.3f us of the relay a packet, %.0f packets/s, %s\n",
			      ratio(cpu * 1e6, m.packets), m.packets / seconds,
			      m.drops > 0 ? "VOID: our own sockets lost datagrams; give load a core of its own"
					  : "no datagram lost here");
}
