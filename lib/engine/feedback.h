/* RTCP: what comes in from a site, and what goes out to it. RFC 3550 6, RFC 3611, RFC 4585, RFC 5104.
 *
 *   in    SR -> clocks;  RR -> loss and RTT;  XR -> RTT;  NACK -> again_on_nack;  PLI, FIR -> source_ask_keyframe
 *   out   SR for slots, RR and our time (XR) for streams, NACK and PLI to the publisher, transport-wide feedback
 *
 * Each outgoing packet is a compound of its own, sealed and put into the outbox. */
#pragma once
#include "base/netaddr.h"
#include "base/usec.h"
#include <stdint.h>

struct engine;
struct packet;
struct slot;
struct source;
struct transport;

#define FEEDBACK_RR_EVERY USEC_S
#define FEEDBACK_SR_EVERY (2 * USEC_S)

void feedback_on_rtcp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now);

/* What is due: transport-wide feedback, NACKs, receiver reports. */
void feedback_on_deadline(struct engine *e, struct transport *t, usec now);
void feedback_deadline(const struct transport *t, usec *next);
/* A sender report for one slot, now. */
void feedback_send_report(struct engine *e, struct slot *s, usec now);
void feedback_send_pli(struct engine *e, struct transport *t, uint32_t ssrc, usec now);
