/* One synthetic site: its socket, its ICE checks, its DTLS association, its keys.
 *
 *                site_check        answer to a check     keys agreed        no way on
 *   JOINING      -> CHECKING       -                     -> READY           -> FAILED
 *   CHECKING     -                 -> SHAKING            -                  -> FAILED
 *   SHAKING      -                 -                     -> READY           -> FAILED
 *   READY        -                 -                     -                  -
 *   FAILED       -                 -                     -                  -
 *
 * It is the controlling, full agent before an ICE-lite relay: RFC 8445, RFC 7675 (a check each 2.5 s), RFC 5764. The
 * socket is connected and takes runs of datagrams whole (UDP_GRO). One owner thread; freed by site_fini. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/netaddr.h"
#include "base/timers.h"
#include "secure/cert.h"
#include "secure/crypt.h"
#include "secure/mac.h"
#include "secure/seal.h"

#define SITE_CHECK_USEC (2500 * USEC_MS)
#define SITE_CHECK_AGAIN_USEC (200 * USEC_MS) /* while none was answered */
#define SITE_BURST 64
#define SITE_CREDENTIAL 64

struct load;
struct seen;
struct sender;
struct taker;
struct sockaddr_in;

enum site_state { SITE_JOINING, SITE_CHECKING, SITE_SHAKING, SITE_READY, SITE_FAILED };

struct site {
	struct load *load;
	struct seen *seen; /* of its group */
	struct timer timer;
	enum site_state state;
	uint32_t index;
	int fd;
	char ufrag[SITE_CREDENTIAL], pwd[SITE_CREDENTIAL]; /* ours */
	char username[2 * SITE_CREDENTIAL];		   /* of our checks: "<theirs>:<ours>" */
	struct mac_sha1_key check_key;			   /* their password */
	struct mac_sha1_key own_key;			   /* our own: a relay may check us too */
	struct netaddr relay;
	usec next_check;
	uint8_t fingerprint[CERT_SHA256]; /* of their certificate */
	bool passive;			  /* they begin DTLS */
	struct dtls *dtls;
	struct crypt *crypt;
	struct seal_keys seal;
	struct sender *sender; /* NULL: it takes alone */
	struct taker *taker;   /* NULL: it sends alone */
	void *join;	       /* the adapter's */
};

/* Makes sender and taker too, as the plan says. ERR_SYS, ERR_NOMEM: why was said on stderr. */
must_check enum err site_init(struct site *s, struct load *l, uint32_t index);
void site_fini(struct site *s);

/* Media goes there, an IPv4 address. ERR_SYS, ERR_FORMAT. */
must_check enum err site_connect(struct site *s, const struct netaddr *relay);
/* Credentials of the relay's checks; the first one leaves with site_check. ERR_RANGE: too long. */
must_check enum err site_credentials(struct site *s, const char *ufrag, const char *pwd);
void site_check(struct site *s, usec now);
/* Ready: media may flow. */
void site_keys(struct site *s, const struct srtp_keys *keys, usec now);
/* `why` is kept and told when it is the run's first. */
void site_fail(struct site *s, const char *why);

/* Reads what has come, one burst. */
void site_on_readable(struct site *s);
void site_on_deadline(struct site *s, usec now);
/* Looks again at what is due. */
void site_wake(struct site *s);

void site_send(struct site *s, struct bytes datagram);
/* `n` datagrams (at most SITE_BURST) at once. */
void site_send_burst(struct site *s, const struct bytes *datagrams, unsigned n);
/* Seals and sends a compound of at most MTU_BYTES. */
void site_send_rtcp(struct site *s, struct bytes compound);
/* Datagrams its socket lost for want of room. */
uint64_t site_drops(const struct site *s);
