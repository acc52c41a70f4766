/* The UDP port of a worker: datagrams in by bursts (recvmmsg) into the caller's buffers, out by bursts (sendmmsg) of
 * messages, each a run of datagrams to one receiver that the kernel cuts (UDP_SEGMENT, Linux 4.18).
 *
 * What wants an answer at once (media, checks, handshakes) comes to one socket; RTCP, if wished and if this kernel can,
 * to another one, where it may lie a while (io/lull). Each takes IPv6 and IPv4; where the host has no IPv6, IPv4 alone.
 * The local address a datagram came to is kept as a number in `netaddr.via` and an answer to that netaddr leaves from
 * the same address: a host with several addresses answers as the one that was asked. What the kernel will not take is
 * dropped, counted and forgotten: media is never queued twice. Nothing allocates after udp_open. One owner thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/netaddr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDP_BURST 64  /* messages of one system call */
#define UDP_PIECES 8  /* of a message, the first one included */
#define UDP_LOCALS 64 /* own addresses told apart */
#define UDP_WAIT_MS 2 /* how long a full socket buffer may hold up one flush */
#define UDP_WHY 300

struct udp;

enum udp_input { UDP_PROMPT, UDP_REPORTS, UDP_INPUTS };

struct udp_config {
	uint16_t port;			    /* 0: any */
	uint32_t receive_bytes, send_bytes; /* wanted socket buffers; 0: the kernel's default */
	bool reports_apart;		    /* the caller reads UDP_REPORTS too */
};

/* Errors and their numbers since udp_open. */
struct udp_counts {
	uint64_t received, sent, receive_calls, send_calls;
	uint64_t full;	     /* not sent: the socket's or the device's queue was full (EAGAIN, ENOBUFS) */
	uint64_t refused;    /* not sent: no route, a firewall, too long … */
	uint64_t full_first; /* of `full`: those that must not wait, dropped only behind all others */
	uint64_t partial;    /* calls of which the kernel took a part */
	uint64_t waits;	     /* for room in a full queue, UDP_WAIT_MS at most */
	uint64_t cut;	     /* runs the kernel would not take in one piece, sent datagram by datagram */
};

struct udp_buffer {
	void *data; /* in: where to; NULL ends the burst there */
	size_t size;
	size_t length; /* out: bytes of the datagram, 0 … size */
	bool cut;      /* out: it was longer than size */
	struct netaddr from;
};

/* Binds. ERR_SYS (errno), ERR_NOMEM; `why` then is one sentence for the operator. Logs a warning that says what to do
 * when the kernel gives less buffer than wanted. */
must_check enum err udp_open(const struct udp_config *config, struct udp **udp, char why[UDP_WHY]);
void udp_close(struct udp *u);
/* UDP_REPORTS: -1 where they come with the rest. */
int udp_fd(const struct udp *u, enum udp_input input);
uint16_t udp_port(const struct udp *u);
/* The bound socket takes IPv6 too. */
bool udp_has_ipv6(const struct udp *u);

/* Takes up to n (at most UDP_BURST) datagrams that wait now; returns how many, 0 when none does. */
unsigned udp_receive(struct udp *u, enum udp_input input, struct udp_buffer *buffers, unsigned n);

/* A run: datagrams of `segment` bytes one behind the other, the last one maybe shorter; `segment` 0: one datagram
 * alone. `first`: where the socket takes no more, what is not `first` is dropped before it. */
struct udp_message {
	struct netaddr to;
	struct bytes bytes;
	uint16_t segment;
	bool first;
};

/* Adds a message to the burst; the bytes must stay until udp_flush. A full burst is sent first. */
void udp_push(struct udp *u, const struct udp_message *message);
/* The message pushed last goes on with these datagrams, which lie elsewhere: whole ones of its `segment` bytes, of the
 * last piece the last maybe shorter. At most UDP_PIECES pieces a message. */
void udp_push_more(struct udp *u, struct bytes piece);
/* Sends what was pushed. */
void udp_flush(struct udp *u);
const struct udp_counts *udp_counts(const struct udp *u);
