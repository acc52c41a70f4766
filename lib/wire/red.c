#include "wire/red.h"

enum err red_primary(struct bytes payload, uint8_t *pt, struct bytes *primary)
{
	struct reader r = reader_of(payload);
	size_t redundant = 0;
	unsigned blocks = 0;
	*pt = 0;
	*primary = (struct bytes){ NULL, 0 };
	for (;;) {
		uint8_t head = reader_u8(&r);
		if (!(head >> 7)) { /* F = 0: the primary's, one byte, the last */
			reader_skip(&r, redundant);
			if (r.failed)
				return ERR_SHORT;
			*pt = head;
			*primary = reader_bytes(&r, reader_left(&r));
			return ERR_OK;
		}
		if (++blocks > RED_BLOCKS_MAX)
			return ERR_LIMIT;
		redundant += reader_u24(&r) & 0x3ff; /* 14 bits of timestamp offset, 10 of length */
	}
}
