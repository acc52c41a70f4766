/* The events an engine tells its host, made from its state. */
#pragma once
#include "engine/view.h"

struct engine;
struct room;
struct source;
struct transport;

void tell_transport(struct engine *e, uint32_t csrc, uint32_t generation, enum transport_state state, const char *why);
void tell_site(struct engine *e, struct transport *t, usec now);
void tell_encodings(struct engine *e, const struct source *s);
void tell_engine(struct engine *e);
