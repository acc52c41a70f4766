/* What a site of the virtual meeting got. */
#pragma once
#include "sim/world.h"

/* Opened packets of the engine. */
void judge_rtp(struct world *w, struct world_site *s, struct bytes packet);
void judge_rtcp(struct world *w, struct world_site *s, struct bytes packet);
/* Asks for every missing number of its video slots. */
void judge_ask(struct world *w, struct world_site *s);
