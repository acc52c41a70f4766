#include "media/keyreq.h"

static void enter(struct keyreq *k, enum keyreq_state state, usec deadline)
{
	k->state = state;
	k->deadline = deadline;
}

static bool send(struct keyreq *k, usec now)
{
	k->last = now;
	enter(k, KEYREQ_ASKED, now + k->retry);
	return true;
}

void keyreq_init(struct keyreq *k, usec spacing, usec rtt)
{
	*k = (struct keyreq){ .spacing = spacing, .last = USEC_NEVER };
	keyreq_on_rtt(k, rtt);
	enter(k, KEYREQ_IDLE, USEC_NEVER);
}

void keyreq_on_rtt(struct keyreq *k, usec rtt)
{
	usec retry = rtt + rtt / 2 + 100000;
	k->retry = retry < k->spacing ? k->spacing : retry;
}

bool keyreq_on_ask(struct keyreq *k, usec now)
{
	if (k->state != KEYREQ_IDLE)
		return false; /* the request on its way, or held back, serves this viewer too */
	if (k->last != USEC_NEVER && now - k->last < k->spacing) {
		enter(k, KEYREQ_HELD, k->last + k->spacing);
		return false;
	}
	return send(k, now);
}

void keyreq_on_keyframe(struct keyreq *k)
{
	enter(k, KEYREQ_IDLE, USEC_NEVER);
}

void keyreq_on_gone(struct keyreq *k)
{
	enter(k, KEYREQ_IDLE, USEC_NEVER);
}

bool keyreq_on_deadline(struct keyreq *k, usec now)
{
	return now >= k->deadline && send(k, now);
}

void keyreq_deadline(const struct keyreq *k, usec *next)
{
	if (k->deadline < *next)
		*next = k->deadline;
}
