#include "engine/lent.h"
#include "engine/core.h"
#include "engine/slot.h"

enum err lent_init(struct engine *e)
{
	enum err err = pool_init(&e->pictures, sizeof(struct lent_pictures), e->config.slots_video);
	if (!err)
		err = pool_init(&e->voices, sizeof(struct lent_voice), e->config.slots_audio);
	if (!err)
		err = sealed_log_init(&e->sealed, e->config.slots_audio);
	return err;
}

void lent_fini(struct engine *e)
{
	sealed_log_fini(&e->sealed);
	pool_fini(&e->voices);
	pool_fini(&e->pictures);
}

static bool lend_pictures(struct engine *e, struct slot *s)
{
	struct lent_pictures *lent = pool_get(&e->pictures);
	if (!lent)
		return false;
	s->lent = lent;
	rewrite_lend_pictures(&s->rewrite, &lent->map);
	send_lend(&s->send, lent->repeats);
	return true;
}

static bool lend_voice(struct engine *e, struct slot *s)
{
	struct lent_voice *lent = pool_get(&e->voices);
	if (!lent)
		return false;
	s->lent = lent;
	rewrite_lend_voice(&s->rewrite, &lent->map);
	lent->sealed = (struct sealed){ 0 };
	s->sealed = s->line->n_codecs && s->line->codecs[0].nack ? &lent->sealed : NULL;
	return true;
}

bool lent_need(struct engine *e, struct slot *s)
{
	if (s->lent || (s->kind == SLOT_VIDEO ? lend_pictures(e, s) : lend_voice(e, s)))
		return true;
	core_drop(e, DROP_POOL);
	return false;
}

void lent_return(struct engine *e, struct slot *s)
{
	if (!s->lent)
		return;
	rewrite_return(&s->rewrite);
	send_lend(&s->send, NULL);
	pool_put(s->kind == SLOT_VIDEO ? &e->pictures : &e->voices, s->lent);
	s->sealed = NULL;
	s->lent = NULL;
}

void lent_on_deadline(struct engine *e, struct slot *s, usec now)
{
	bool sent_lately = s->send.sent != USEC_NEVER && now - s->send.sent < LENT_KEEP;
	if (s->lent && !s->source && now - s->since >= LENT_KEEP && !sent_lately)
		lent_return(e, s);
}
