/* The null relay as a program: what forwarding costs at the least, for the daemon to be measured against. What it does
 * is told in tests/bench/floor.h and tests/bench/floor/relay.h; what sends to it is tests/bench/load.
 *
 *   floor --port N [--backend auto|ipsec-mb|evp|libsrtp] [--seconds S] [--cpu N]
 *
 * Ends after S seconds (at most FLOOR_SECONDS_MAX) or at SIGTERM and prints one line of JSON. */
#include "bench/floor/relay.h"
#include "io/clock.h"
#include "io/cores.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define FLOOR_SECONDS_MAX 3600

struct options {
	unsigned long port, seconds;
	long cpu; /* below 0: any */
	enum srtp_backend backend;
};

static struct relay relay;
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = 1;
	loop_wake(&relay.loop);
}

static _Noreturn void usage(void)
{
	(void)fprintf(stderr, "floor --port N [--backend auto|ipsec-mb|evp|libsrtp] [--seconds S] [--cpu N]\n");
	exit(2);
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value > max)
		usage();
	return value;
}

static struct options read_options(int argc, char **argv)
{
	static const struct option known[] = { { "port", required_argument, NULL, 'p' },
					       { "backend", required_argument, NULL, 'b' },
					       { "seconds", required_argument, NULL, 's' },
					       { "cpu", required_argument, NULL, 'c' },
					       { 0 } };
	struct options o = { .seconds = 60, .cpu = -1, .backend = BACKEND_AUTO };
	for (int option; (option = getopt_long(argc, argv, "", known, NULL)) >= 0;)
		switch (option) {
		case 'p': o.port = number(optarg, UINT16_MAX); break;
		case 's': o.seconds = number(optarg, FLOOR_SECONDS_MAX); break;
		case 'c': o.cpu = (long)number(optarg, 4095); break;
		case 'b':
			if (sealer_named(optarg, &o.backend) != ERR_OK)
				usage();
			break;
		default: usage();
		}
	if (optind < argc || !o.port)
		usage();
	return o;
}

static void report(const struct relay *r, double cpu_ns)
{
	const struct udp_counts *u = udp_counts(r->udp);
	const struct relay_counts *c = &r->counts;
	uint64_t not_sent = u->full + u->refused + r->fan.refused;
	double messages = r->fan.messages ? (double)r->fan.messages : 1;
	(void)printf("{\"packets_in\":%llu,\"packets_out\":%llu,\"rtcp_in\":%llu,\"checks_in\":%llu,\"dropped\":%llu,"
		     "\"cpu_s\":%.6f,\"rtcp_cpu_s\":%.6f,\"datagrams_per_message\":%.3f,\"messages\":%llu,"
		     "\"send_calls\":%llu,\"receive_calls\":%llu,\"not_sent\":%llu,\"cut\":%llu,\"backend\":\"%s\"}\n",
		     (unsigned long long)c->rtp, (unsigned long long)r->fan.packets, (unsigned long long)c->rtcp,
		     (unsigned long long)c->checks, (unsigned long long)c->dropped, cpu_ns / 1e9, relay_rtcp_seconds(r),
		     (double)r->fan.packets / messages, (unsigned long long)r->fan.messages,
		     (unsigned long long)u->send_calls, (unsigned long long)u->receive_calls,
		     (unsigned long long)not_sent, (unsigned long long)u->cut, sealer_name(sealer_backend(r->sealer)));
}

int main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	char why[UDP_WHY] = "";
	if (o.cpu >= 0 && cores_pin((unsigned)o.cpu) != ERR_OK)
		(void)fprintf(stderr, "floor: cannot run on core %ld alone\n", o.cpu);
	if (crypt_global_init() != ERR_OK || relay_init(&relay, (uint16_t)o.port, o.backend, why) != ERR_OK) {
		(void)fprintf(stderr, "floor: %s\n", why);
		return 1;
	}
	(void)sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_signal }, NULL);
	(void)sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_signal }, NULL);
	double begin = relay_cpu_ns();
	for (usec end = clock_now() + (usec)o.seconds * USEC_S; !stopped && clock_now() < end;)
		relay_turn(&relay, end);
	report(&relay, relay_cpu_ns() - begin);
	relay_fini(&relay);
	crypt_global_fini();
	return 0;
}
