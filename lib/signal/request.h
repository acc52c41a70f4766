/* What a joined site may ask of its room, and the chair of everybody: one const table, request by request. */
#pragma once
#include "signal/code.h"

struct call;

/* Adds fields to call->answer, or says why not in call->why. CODE_NOT_JOINED and CODE_FORBIDDEN by the table. */
enum code request_serve(struct call *call);
