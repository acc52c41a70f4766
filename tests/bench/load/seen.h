/* What the takers of one group of rooms saw. Plain data; see counts.h, delays.h, spread.h. */
#pragma once
#include "bench/load/counts.h"
#include "bench/load/delays.h"
#include "bench/load/spread.h"

struct seen {
	struct counts counts;
	struct delays delays; /* of the window */
	struct spread spread; /* likewise */
};
