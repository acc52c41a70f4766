#include "bench/load/call.h"
#include <stdio.h>

void call_fail(struct call *c, const char *why)
{
	int asked = CALL_ASKED;
	(void)snprintf(c->why, sizeof c->why, "%s", why ? why : "refused without a reason");
	(void)atomic_compare_exchange_strong(&c->state, &asked, CALL_FAILED);
}
