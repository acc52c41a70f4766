/* Server-sent events: what operators' pages are told of rooms and sites. HTML standard 9.2; PROTOCOL.md `GET /events`.
 *
 * Changes are gathered and told at most once each STREAM_EVERY, numbers of traffic each STREAM_STATS_EVERY; a room or
 * site that goes is told at once (`gone`). A new stream first gets everything as it is. */
#pragma once
#include "base/list.h"
#include "base/usec.h"
#include "signal/signal.h"
#include <jansson.h>

#define STREAM_EVERY (500 * USEC_MS)
#define STREAM_STATS_EVERY (2 * USEC_S)
#define STREAMS_MAX 64

struct room;
struct seat;

struct stream {
	struct list link; /* of hub->streams */
	struct signal *hub;
	void *socket;
	char room[ID_MAX + 1]; /* empty: all rooms; else a token's */
	bool ready;	       /* events may be sent */
	bool failed;	       /* the host was told to close it */
};

/* Objects of REST and of the events. */
json_t *stream_room(const struct room *room);
json_t *stream_site(const struct seat *seat);

void stream_changed_room(struct room *room);
void stream_changed_seat(struct seat *seat);
void stream_changed_stats(struct seat *seat);
void stream_gone_room(const struct room *room);
void stream_gone_seat(const struct seat *seat);
/* Gathered events that are due; lowers *next to the rest. */
void stream_on_deadline(struct signal *hub, usec *next);
