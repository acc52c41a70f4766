#include "bench/load/look.h"
#include "bench/load/site.h"
#include "bench/load/taker.h"
#include "io/clock.h"
#include <stdio.h>
#include <unistd.h>

void look_take(struct look *w, const struct load *l)
{
	*w = (struct look){ .counts = l->counts };
	for (uint32_t i = 0; i < l->plan.sites; i++) {
		w->drops += site_drops(&l->sites[i]);
		w->missing += l->sites[i].taker ? taker_missing(l->sites[i].taker) : 0;
	}
	w->relay_drops = proc_udp_drops(l->relay_port);
	proc_read(&w->own, (uint32_t)getpid());
	proc_read(&w->relay, l->plan.pid);
	w->at = clock_now();
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

/* Every number is one of the window, unless its name says otherwise. */
void look_print(const struct look *from, const struct look *to, const struct load *l)
{
	const struct plan *p = &l->plan;
	struct counts c = counts_since(&to->counts, &from->counts);
	double seconds = (double)(to->at - from->at) / USEC_S;
	double packets = (double)(c.voice + c.video), cpu = (double)(to->relay.cpu_ns - from->relay.cpu_ns) / 1e9;
	double missing = (double)(to->missing > from->missing ? to->missing - from->missing : 0) + (double)c.lost;
	double discontinuities = (double)(c.twice + c.backwards + c.torn + c.unopened + c.strange);
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
	(void)printf("}\n");
	if (!p->json)
		(void)fprintf(stderr, "load: %.3f us of the relay a packet, %.0f packets/s, %s\n",
			      ratio(cpu * 1e6, packets), packets / seconds,
			      to->drops > from->drops
				  ? "VOID: our own sockets lost datagrams; give load a core of its own"
				  : "no datagram lost here");
}
