/* The null relay's fan-out: what one wake-up brought of a stream is sealed for each taker, one taker after the other,
 * and leaves in runs of equally long datagrams (UDP_SEGMENT), grouped and padded as lib/engine/depart does it. RFC 3550
 * 5.1, RFC 3711.
 *
 * The least there is: header and grouping are the same for all takers and made once; of a header only the
 * transport-wide number and the padding bit differ. Nothing allocates after fan_init. One thread. */
#pragma once
#include "bench/floor/sites.h"
#include "wire/rtp.h"

struct sealer;
struct udp;

#define FAN_RUN 16	 /* datagrams of a message, most */
#define FAN_BUFFERS 1024 /* of FAN_BUFFER_BYTES */
#define FAN_BUFFER_BYTES 2048
#define FAN_HEADER 24
#define FAN_DATAGRAM_MAX 1500

/* A buffer, and what was opened in it. */
struct incoming {
	struct incoming *next; /* of its stream, or the next free one */
	uint64_t seq;	       /* extended */
	uint8_t header[FAN_HEADER];
	struct bytes head, body; /* behind the body one byte of padding, where the tag was */
	size_t length;		 /* of the datagram */
	uint8_t data[FAN_BUFFER_BYTES];
};

struct fan {
	struct sealer *sealer; /* borrowed, as `udp` */
	struct udp *udp;
	struct incoming *buffers, *free;
	unsigned n_free;
	struct stream *voices, *voices_last, *pictures, *pictures_last; /* something came of them, in order */
	uint8_t *slab;
	size_t used;
	unsigned pushed; /* messages in the slab */
	uint64_t packets, messages, refused;
};

/* Ends the program where there is no memory. */
void fan_init(struct fan *f, struct sealer *sealer, struct udp *udp);
void fan_fini(struct fan *f);
/* NULL: all are waiting for fan_flush. */
struct incoming *fan_buffer(struct fan *f);
void fan_put(struct fan *f, struct incoming *in);
/* The opened packet waits in its stream; whose takers are none is put back at once. */
void fan_gather(struct fan *f, struct stream *stream, struct incoming *in, const struct rtp *rtp);
/* Room for one datagram that fan_send_alone sends; at most FAN_DATAGRAM_MAX. */
uint8_t *fan_room(struct fan *f);
void fan_send_alone(struct fan *f, const struct netaddr *to, size_t length);
/* All of it leaves. */
void fan_flush(struct fan *f);
