/* Wrong secrets by address: passwords, PINs, tokens, set-up codes. An address that guessed too often waits.
 *
 * Guarantee: from one address at most ATTEMPTS_BURST wrong guesses at once and then one each ATTEMPTS_INTERVAL, as
 * long as fewer than ATTEMPTS_ADDRESSES others guess wrongly meanwhile (then the one longest idle is forgotten). */
#pragma once
#include "signal/bucket.h"

#define ATTEMPTS_ADDRESSES 256
#define ATTEMPTS_ADDRESS_MAX 63
#define ATTEMPTS_BURST 20
#define ATTEMPTS_INTERVAL (3 * USEC_S)

struct attempts {
	struct attempt {
		char address[ATTEMPTS_ADDRESS_MAX + 1]; /* empty: free */
		struct bucket bucket;
	} of[ATTEMPTS_ADDRESSES];
};

/* True: do not even look at what this address sends. */
bool attempts_blocked(const struct attempts *a, const char *address, usec now);
void attempts_failed(struct attempts *a, const char *address, usec now);
