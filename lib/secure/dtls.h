/* One DTLS 1.2 association for SRTP keys: datagrams in, datagrams out by a callback, keys at the end.
 *
 * Guarantee: DTLS_READY means the other side proved the key of the certificate whose SHA-256 was given (its dates do
 * not matter), and one of the daemon's profiles was agreed, by its order where it is the server. One write is one
 * datagram of at most MTU_BYTES. Nothing but what the other side sealed ends a READY one. Memory is bounded: what is
 * not a DTLS record of an epoch that can be due is dropped unread, and at most DTLS_EARLY_MAX records that cannot be
 * opened yet are taken. RFC 6347, RFC 5763, RFC 5764.
 *
 *                 on_datagram                   on_deadline                  close
 *   HANDSHAKING   finished -> READY             send the flight again        -> CLOSED
 *                 alert, bad peer -> FAILED     DTLS_LIMIT over -> FAILED
 *   READY         peer's last flight again:     -                            close_notify -> CLOSED
 *                 send ours again
 *                 close_notify, alert -> CLOSED
 *   FAILED        -                             -                            -
 *   CLOSED        -                             -                            -
 *
 * OpenSSL's retransmission timer reads the clock itself; here it is turned into a distance from `now`. Create an
 * association only for an address that passed an ICE check: no cookie is asked for. A context is shared by the
 * associations of one thread; it and each association belong to that thread. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/usec.h"
#include "secure/cert.h"
#include "secure/keys.h"

#define DTLS_LIMIT (30 * USEC_S) /* a handshake not done by then has failed */
#define DTLS_EARLY_MAX 32	 /* records of the next epoch taken before its keys are known */
#define DTLS_DATAGRAMS_MAX 512	 /* datagrams taken in one handshake */

enum dtls_state { DTLS_HANDSHAKING, DTLS_READY, DTLS_FAILED, DTLS_CLOSED };

struct dtls_ctx;
struct dtls;

/* The certificate must outlive the context, the context its associations. ERR_NOMEM, ERR_SYS. */
must_check enum err dtls_ctx_new(struct dtls_ctx **out, const struct cert *cert);
void dtls_ctx_free(struct dtls_ctx *x); /* NULL is allowed */

/* Sends one datagram; called only from within dtls_* calls on that association, must not call back into it. */
typedef void dtls_send(void *ctx, struct bytes datagram);

/* `active`: we are the client (a=setup:active) and the first flight leaves from in here. ERR_NOMEM, ERR_SYS. */
must_check enum err dtls_new(struct dtls **out, struct dtls_ctx *x, bool active, const uint8_t peer_sha256[CERT_SHA256],
			     dtls_send *send, void *send_ctx, usec now);
/* Sends nothing: dtls_close first, where the other side should know. NULL is allowed. */
void dtls_free(struct dtls *d);

/* Both return the state after it. What the datagram holds in application data is thrown away. */
enum dtls_state dtls_on_datagram(struct dtls *d, struct bytes datagram, usec now);
/* `now` has reached the deadline; earlier calls change nothing. */
enum dtls_state dtls_on_deadline(struct dtls *d, usec now);
/* USEC_NEVER once the handshake is over. */
usec dtls_deadline(const struct dtls *d);

enum dtls_state dtls_state(const struct dtls *d);
/* NULL unless READY; valid until close or free. */
const struct srtp_keys *dtls_keys(const struct dtls *d);
/* Why it FAILED or CLOSED: static text, never NULL. */
const char *dtls_why(const struct dtls *d);

void dtls_close(struct dtls *d);
