/* Everything by libsrtp, for who asks for it (`secure.backend`) and as the oracle of tests: one direction of one
 * transport. It counts rollovers by itself, from 0, and allocates for each new SSRC (and, built on NSS, for each
 * packet). In place; a packet is done when the call returns. One owner thread an object. */
#pragma once
#include "base/err.h"
#include "secure/keys.h"

struct libsrtp;

/* Once a process: after fork, before seccomp, before threads. ERR_SYS. */
must_check enum err libsrtp_global_init(void);
void libsrtp_global_fini(void);

enum libsrtp_way { LIBSRTP_IN, LIBSRTP_OUT };

/* ERR_RANGE: no such profile; ERR_NOMEM; ERR_SYS. *out is NULL on error. */
must_check enum err libsrtp_new(struct libsrtp **out, enum srtp_profile profile, const struct srtp_half *half,
				enum libsrtp_way way);
void libsrtp_free(struct libsrtp *l); /* NULL is allowed */

/* packet[*length] in place; *length follows. Sealing needs room behind it: 20 bytes. ERR_AUTH, ERR_REPLAY, ERR_NOMEM,
 * ERR_FORMAT: anything else that libsrtp does not like. */
must_check enum err libsrtp_open_rtp(struct libsrtp *l, uint8_t *packet, size_t *length);
must_check enum err libsrtp_open_rtcp(struct libsrtp *l, uint8_t *packet, size_t *length);
must_check enum err libsrtp_seal_rtp(struct libsrtp *l, uint8_t *packet, size_t *length);
must_check enum err libsrtp_seal_rtcp(struct libsrtp *l, uint8_t *packet, size_t *length);
