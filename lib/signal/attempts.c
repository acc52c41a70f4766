#include "signal/attempts.h"
#include <stdio.h>
#include <string.h>

static struct attempt *find(const struct attempts *a, const char *address)
{
	for (int i = 0; i < ATTEMPTS_ADDRESSES; i++)
		if (a->of[i].address[0] && strncmp(a->of[i].address, address, ATTEMPTS_ADDRESS_MAX) == 0)
			return (struct attempt *)&a->of[i];
	return NULL;
}

bool attempts_blocked(const struct attempts *a, const char *address, usec now)
{
	const struct attempt *t = find(a, address);
	return t && bucket_empty(&t->bucket, ATTEMPTS_INTERVAL, ATTEMPTS_BURST, now);
}

void attempts_failed(struct attempts *a, const char *address, usec now)
{
	struct attempt *t = find(a, address);
	if (!t) {
		t = &a->of[0];
		for (int i = 1; i < ATTEMPTS_ADDRESSES; i++)
			if (a->of[i].bucket.full_at < t->bucket.full_at)
				t = &a->of[i];
		*t = (struct attempt){ .bucket = { 0 } };
		(void)snprintf(t->address, sizeof t->address, "%s", address[0] ? address : "?");
	}
	(void)bucket_take(&t->bucket, ATTEMPTS_INTERVAL, ATTEMPTS_BURST, now);
}
