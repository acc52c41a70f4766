/* What a worker's engine tells the signalling thread: plain data, by value, through the mailbox. Names of sites are
 * their csrc, of layers their rid. Per site in order; reports of 1 s may be dropped when the mailbox is full, the rest
 * never. */
#pragma once
#include "base/limits.h"
#include "base/netaddr.h"
#include "base/usec.h"
#include "engine/drop.h"
#include <stdbool.h>
#include <stdint.h>

enum event_type {
	EVENT_SLOTS, /* changed slots of one viewer, when the first packet of the new source leaves, or it is emptied */
	EVENT_ENCODINGS, /* what a site should send of one kind, whole */
	EVENT_SPEAKING,	 /* a room's loudest, at most 5 a second */
	EVENT_TRANSPORT, /* a transport's state changed */
	EVENT_SITE,	 /* each second, for each site with a transport; taken with the next of the others */
	EVENT_ENGINE,	 /* each second */
};

enum slot_kind { SLOT_AUDIO, SLOT_VIDEO };
enum slot_reason {
	SLOT_REASON_NONE,
	SLOT_REASON_CODEC,
	SLOT_REASON_OFF,
	SLOT_REASON_LOST,
	SLOT_REASON_LINK,
	SLOT_REASON_STOPPED
};

struct slot_change {
	enum slot_kind kind;
	uint8_t slot;
	uint32_t csrc; /* 0: emptied */
	bool screen;
	char layer[RID_MAX + 1]; /* empty: audio, or a source without rids, or nothing sent (see reason) */
	enum slot_reason reason;
};

struct event_slots {
	uint32_t csrc; /* the viewer */
	uint8_t n;
	struct slot_change changes[SLOTS_AUDIO_MAX + SLOTS_VIDEO_MAX];
};

enum encoding_kind { ENCODING_CAMERA, ENCODING_SCREEN, ENCODING_AUDIO, ENCODING_AUDIO_LOW };

struct encoding {
	char rid[RID_MAX + 1]; /* empty: the only one */
	bool active;
	bps max_bitrate;       /* 0: not limited */
	uint8_t max_framerate; /* 0: not limited */
};

struct event_encodings {
	uint32_t csrc;
	enum encoding_kind kind;
	uint8_t n;
	struct encoding encodings[RIDS_MAX];
};

struct event_speaking {
	uint32_t room;
	uint8_t n;
	uint32_t csrcs[3]; /* loudest first */
};

enum transport_state { TRANSPORT_NEW, TRANSPORT_CONNECTED, TRANSPORT_SILENT, TRANSPORT_CLOSED };
/* SILENT: no connectivity check and no authenticated packet for 15 s, sending paused; CONNECTED again by the next
 * check. CLOSED: freed; a wrong fingerprint, a failed handshake, or 30 s without one. */

struct event_transport {
	uint32_t csrc, generation;
	enum transport_state state;
	const char *why; /* static text for the log, or NULL */
};

struct event_site {
	uint32_t csrc, generation;
	usec heard; /* the last valid connectivity check or authenticated packet, on the daemon's clock; 0: never */
	struct netaddr address;
	bps up, down;		    /* of the last second, wire bytes of RTP and RTCP */
	uint16_t rtt_ms;	    /* 0: unknown */
	uint8_t loss_up, loss_down; /* of 256, of the last reports */
	/* layers received in the last second: camera l m h, then screen l h, as bits 0–2 and 3–4; audio bit 5, low 6 */
	uint8_t layers;
	uint16_t width, height; /* of the largest camera layer received, 0: unknown */
	uint8_t fps;
	uint64_t in_packets, out_packets, nacks_in, nacks_out, plis_in, plis_out; /* since the transport began */
};

/* What the socket did. */
struct send_counts {
	uint64_t datagrams; /* that the kernel took */
	uint64_t calls;	    /* system calls */
	uint64_t partial;   /* of them: the kernel took a part of what it was given */
	uint64_t waits;	    /* for room in a full queue */
	uint64_t cut;	    /* messages the kernel would not cut into datagrams, sent one by one */
};

struct event_engine {
	uint32_t worker;
	uint64_t in_packets, out_packets, in_bytes, out_bytes; /* since start; out: sealed for viewers */
	struct send_counts sends;			       /* since start */
	uint64_t drops[DROP_COUNT];
	uint32_t buffers, buffers_free; /* of the pool */
	uint32_t rooms, sites, transports;
	uint32_t slots_audio, slots_video, slots_audio_free, slots_video_free; /* of the pools of slots in use */
	uint64_t pool_bytes, pool_touched; /* reserved at start by all pools; of cells that were ever in use */
};

struct event {
	enum event_type type;
	union {
		struct event_slots slots;
		struct event_encodings encodings;
		struct event_speaking speaking;
		struct event_transport transport;
		struct event_site site;
		struct event_engine engine;
	};
};
