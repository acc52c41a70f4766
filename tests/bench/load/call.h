/* What signalling agrees for the transports of one site: written by the thread of signalling, then read by the one that
 * drives the media. A site has one transport (diemcau), or one for what it sends and one for what it takes (Janus).
 *
 *   IDLE -> (started) ASKED -> AGREED    all of `call` stands and no longer changes
 *                              -> FAILED    `why` stands */
#pragma once
#include "base/limits.h"
#include "base/netaddr.h"
#include "secure/cert.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CALL_UFRAG 64
#define CALL_PWD 128
#define CALL_WHY 200
#define CALL_IP 46

#define CALL_SLOTS (SLOTS_AUDIO_MAX + SLOTS_VIDEO_MAX)

enum call_state { CALL_IDLE, CALL_ASKED, CALL_AGREED, CALL_FAILED };

/* A line on which the relay sends. */
struct call_slot {
	bool video;
	uint32_t ssrc, rtx_ssrc; /* rtx_ssrc 0: none */
};

struct call {
	atomic_int state;
	uint32_t site;
	bool sends, takes;	    /* what goes over this transport */
	char own_ufrag[CALL_UFRAG]; /* chosen before signalling starts */
	char own_pwd[CALL_PWD];
	char own_ip[CALL_IP]; /* our candidate */
	uint16_t own_port;
	char ufrag[CALL_UFRAG], pwd[CALL_PWD]; /* the relay's */
	uint8_t fingerprint[CERT_SHA256];
	struct netaddr address;
	struct call_slot slots[CALL_SLOTS];
	uint32_t n_slots;
	bool active; /* we begin DTLS */
	char why[CALL_WHY];
};

/* An asked call has failed; else nothing. */
void call_fail(struct call *c, const char *why);
