/* The clocks of the daemon: read here and in daemon/, nowhere below. */
#pragma once
#include "base/usec.h"
#include <time.h>

#define CLOCK_NTP_UNIX_S UINT64_C(2208988800) /* 1900 to 1970, RFC 5905 */

/* CLOCK_MONOTONIC: the daemon's `now`. */
static inline usec clock_now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec)t.tv_sec * USEC_S + t.tv_nsec / 1000;
}

static inline int64_t clock_unix_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * USEC_S + t.tv_nsec / 1000;
}

static inline int64_t clock_unix_ms(void)
{
	return clock_unix_us() / 1000;
}

/* NTP time (32.32 bits) at usec 0 of `now`. Read once at start: a wall clock set later changes no media clock. */
static inline uint64_t clock_ntp_base(void)
{
	int64_t zero = clock_unix_us() - clock_now();
	uint64_t s = (uint64_t)(zero / USEC_S) + CLOCK_NTP_UNIX_S;
	uint64_t us = (uint64_t)(zero % USEC_S);
	return s << 32 | (us << 32) / (uint64_t)USEC_S;
}
