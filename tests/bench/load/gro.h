/* A connected UDP socket that takes runs of datagrams whole (UDP_GRO) and sends bursts (sendmmsg). IPv4.
 *
 * What a run holds is handed on datagram by datagram. Nothing allocates. One owner thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include <stdint.h>

#define GRO_BURST 64

/* One message of the socket: `first` of `n` datagrams of `segment` bytes, one behind the other, the last maybe shorter;
 * they may be written to until the call returns. */
typedef void gro_take(void *ctx, uint8_t *first, size_t bytes, size_t segment);

/* Bound to any port. ERR_SYS (errno). The socket is not blocking. */
must_check enum err gro_open(int *fd);
/* ERR_FORMAT: no IPv4 address; ERR_SYS. */
must_check enum err gro_connect(int fd, const char *ip, uint16_t port);
/* The port it is bound to, and the address this host has towards others; 0 and 127.0.0.1 when it cannot be told. */
#define GRO_IP 46
uint16_t gro_port(int fd);
void gro_own_ip(char ip[GRO_IP]);
/* One call of what waits now. False: the socket says the other side is gone. */
bool gro_receive(int fd, gro_take *take, void *ctx);
/* Sends n (at most GRO_BURST); returns how many the socket took. */
unsigned gro_send(int fd, const struct bytes *datagrams, unsigned n);
/* Datagrams lost for want of room in its queue, since it was opened. */
uint64_t gro_drops(int fd);
