/* What the kernel tells of a process: its CPU time, its memory, and what sockets lost.
 *
 * A field that could not be read is 0. Reads /proc alone; never on the packet's way. */
#pragma once
#include <stdint.h>

struct proc {
	uint64_t cpu_ns;      /* user and system of all its threads, softirq done on their time included */
	double user_s, sys_s; /* the same, as the kernel divides it */
	double softirq_s;     /* of all cores, whosoever's it was */
	double ksoftirqd_s;   /* of the kernel's own threads for it, on all cores */
	double rss_mb;
	uint32_t threads;
};

/* pid 0: nothing is known but softirq. */
void proc_read(struct proc *p, uint32_t pid);
/* Datagrams that UDP sockets on this local port lost for want of room. */
uint64_t proc_udp_drops(uint16_t port);
