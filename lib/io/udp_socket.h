/* Makes the two sockets of io/udp on one port: one for what is to be looked at at once, one for the RTCP of others.
 *
 * A worker of 218 sites gets ten times more reports than media, one by one, and waking costs more than reading them; so
 * what is RTCP (RFC 5761 section 4: first byte 128 … 191, second 192 … 223) is led by a filter in the kernel
 * (SO_ATTACH_REUSEPORT_CBPF, Linux 4.5) to a socket of its own, which may be read when it suits. It also has a buffer
 * of its own: a flood of reports drives no media out of the other one. Errors are errno's. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A bound UDP socket, `port` 0: any; -1: errno. It is refused a port that another program has, whatever that one
 * shares. */
int udp_socket_open(uint16_t port, bool ipv6);
/* The port it is bound to; 0: none. */
uint16_t udp_socket_port(int fd);
/* A second socket on the port of `fd`, which gets the RTCP that comes from now on; -1: this kernel cannot, everything
 * goes on coming to `fd`. */
int udp_socket_reports(int fd, bool ipv6);
/* Wants `bytes` (0: the kernel's default) of socket buffer; returns what there is. Root may go over the limit. */
uint32_t udp_socket_buffer(int fd, bool out, uint32_t bytes);
