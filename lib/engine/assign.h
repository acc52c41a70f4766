/* Who fills which slot of a viewer: the stage, what it asked for, the latest speakers; and whose voices it hears.
 *
 *   video  SITE, SCREEN, STAGE as wished; AUTO: sites with video not in another slot, last speakers first, each
 *          keeping its place as long as it is among them; never oneself
 *   audio  a0: the voice of who is in v0, where v0 is wished STAGE, SCREEN or SITE, else the stage's; the stage's
 *          voice next; then the ranked speakers, then whoever is unmuted, each keeping its place; never oneself.
 *          While the one for a0 has no voice a0 is as the others, taken last
 *
 * Run for a whole room when anything it looks at changed, never per packet. */
#pragma once
#include "base/usec.h"

struct engine;
struct room;
struct site;

void assign_room(struct engine *e, struct room *r, usec now);
