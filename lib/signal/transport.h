/* A site's transport as signalling sees it: offer in, answer out, one command to the worker. PROTOCOL.md "Media".
 *
 *   offer, relation to what is there      answer                 worker
 *   none yet, or other fingerprint        new                    COMMAND_TRANSPORT, generation + 1
 *   same fingerprint, same lines          the same bytes         nothing
 *   the same, but the transport is closed the same bytes         COMMAND_TRANSPORT, generation + 1
 *   same fingerprint, other lines         bad-request            nothing
 *
 * ufrag and password are the seat's for as long as the daemon runs, SSRCs are a PeerConnection's. Owned by its seat. */
#pragma once
#include "base/bytes.h"
#include "engine/view.h"
#include "media/negotiate.h"
#include "signal/code.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seat;

#define TRANSPORT_UFRAG_CHARS 12
#define TRANSPORT_PWD_CHARS 32

struct transport {
	uint32_t generation; /* 0: no offer was answered yet */
	enum transport_state state;
	char ufrag[TRANSPORT_UFRAG_CHARS + 1], pwd[TRANSPORT_PWD_CHARS + 1];
	uint64_t session_id;
	uint8_t slots_audio, slots_video;
	uint32_t ssrcs[NEGOTIATE_SSRCS];
	char *answer;		 /* packed (sdpz.h): a tenth of its size, kept for hours */
	struct negotiated media; /* last: the lines that are not in use are not there */
};

/* *answer is valid until the next offer of anybody. On anything but CODE_OK nothing has changed, and `why` says what is
 * wrong with the offer. */
enum code transport_on_offer(struct seat *seat, struct bytes offer, struct bytes *answer, char why[CODE_WHY]);
/* The worker tells; stale generations are ignored. */
void transport_on_event(struct seat *seat, const struct event_transport *event);
/* A page that kept its PeerConnection can go on with it. */
bool transport_usable(const struct transport *transport);
/* NULL is allowed. */
void transport_free(struct transport *transport);
