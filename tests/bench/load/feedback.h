/* The RTCP one taker sends: transport-wide feedback, receiver reports, NACK. RFC 3550 6.4, RFC 4585 6.2.1,
 * draft-holmer-rmcat-transport-wide-cc-extensions-01.
 *
 * Works on the taker's own fields. One owner thread. */
#pragma once
#include "bench/load/taker.h"

/* A packet with this transport-wide number came. */
void feedback_on_arrival(struct taker *t, uint16_t number, usec now);
/* For the jitter of its reports. */
void feedback_on_transit(struct taker_slot *slot, uint32_t timestamp, usec now);
/* Sends what is due. */
void feedback_twcc(struct taker *t, usec now);
void feedback_report(struct taker *t, struct taker_slot *slot, usec now);
/* Asks for what is missing, and gives up what will not come. */
void feedback_nack(struct taker *t, struct taker_slot *slot, usec now);
