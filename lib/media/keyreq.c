#include "media/keyreq.h"

static void enter(struct keyreq *k, enum keyreq_state state, usec deadline)
{
	k->state = state;
	k->deadline = deadline;
}

static bool send(struct keyreq *k, usec now)
{
	k->last = now;
	k->viewers_then = k->viewers;
	k->waited = false;
	enter(k, KEYREQ_ASKED, now + k->retry);
	return true;
}

void keyreq_init(struct keyreq *k, usec spacing, usec rtt)
{
	*k = (struct keyreq){
		.spacing = spacing, .apart = spacing, .most = spacing, .grew = USEC_NEVER, .last = USEC_NEVER
	};
	keyreq_on_rtt(k, rtt);
	enter(k, KEYREQ_IDLE, USEC_NEVER);
}

void keyreq_on_rtt(struct keyreq *k, usec rtt)
{
	usec retry = rtt + rtt / 2 + 100000;
	k->retry = retry < k->spacing ? k->spacing : retry;
}

void keyreq_on_viewers(struct keyreq *k, unsigned viewers, usec now)
{
	if (viewers > k->viewers)
		k->grew = now;
	k->viewers = viewers;
	unsigned times = 1 + viewers / KEYREQ_VIEWERS;
	k->most = (times < KEYREQ_CROWD ? times : KEYREQ_CROWD) * k->spacing;
}

bool keyreq_on_ask(struct keyreq *k, usec now)
{
	if (k->state != KEYREQ_IDLE)
		return false; /* the request on its way, or held back, serves this viewer too */
	usec age = k->last == USEC_NEVER ? 2 * k->apart : now - k->last;
	if (age >= 2 * k->apart)
		k->apart = k->spacing;
	if (age < k->apart) {
		enter(k, KEYREQ_HELD, k->last + k->apart);
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

/* A request of now would serve those who came meanwhile, and the next ones need another. */
static bool many_join(const struct keyreq *k, usec now)
{
	return k->grew != USEC_NEVER && now - k->grew < k->spacing && k->viewers >= k->viewers_then + KEYREQ_VIEWERS;
}

bool keyreq_on_deadline(struct keyreq *k, usec now)
{
	if (now < k->deadline)
		return false;
	if (k->state == KEYREQ_HELD && !k->waited && many_join(k, now)) {
		k->waited = true;
		k->deadline = now + KEYREQ_JOINING * k->spacing;
		return false;
	}
	if (k->state == KEYREQ_HELD) { /* keyframes come, and more are wanted */
		k->apart = 2 * k->apart < k->most ? 2 * k->apart : k->most;
	}
	return send(k, now);
}

void keyreq_deadline(const struct keyreq *k, usec *next)
{
	if (k->deadline < *next)
		*next = k->deadline;
}
