#include "bench/load/site.h"
#include "base/str.h"
#include "bench/load/gro.h"
#include "bench/load/join.h"
#include "bench/load/load.h"
#include "bench/load/sender.h"
#include "bench/load/taker.h"
#include "io/clock.h"
#include "secure/dtls.h"
#include "secure/random.h"
#include "wire/demux.h"
#include "wire/stun.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* ---- life -------------------------------------------------------------------------------------------------------- */

enum err site_init(struct site *s, struct load *l, uint32_t index)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };
	*s = (struct site){ .load = l,
			    .seen = &l->seen[plan_group(&l->plan, index)],
			    .index = index,
			    .fd = -1,
			    .next_check = USEC_NEVER };
	timer_init(&s->timer, TIMER_SITE);
	if (gro_open(&s->fd) != ERR_OK || epoll_ctl(l->epoll, EPOLL_CTL_ADD, s->fd, &event)) {
		(void)fprintf(stderr, "load: no socket for site %u: %s; raise the hard limit of open files\n", index,
			      strerror(errno));
		return ERR_SYS;
	}
	if (random_ice(s->ufrag, 8) != ERR_OK || random_ice(s->pwd, 24) != ERR_OK)
		return ERR_SYS;
	mac_sha1_key_init(&s->own_key, bytes_of(s->pwd, strlen(s->pwd)));
	s->sender = plan_sends(&l->plan, index) ? sender_new(s) : NULL;
	s->taker = plan_takes(&l->plan, index) ? taker_new(s) : NULL;
	return (s->sender || s->taker) ? ERR_OK : ERR_NOMEM;
}

void site_fini(struct site *s)
{
	if (!s->load)
		return;
	timers_set(&s->load->timers, &s->timer, USEC_NEVER);
	sender_free(s->sender);
	taker_free(s->taker);
	dtls_free(s->dtls);
	crypt_free(s->crypt);
	seal_fini(&s->seal);
	if (s->fd >= 0)
		(void)close(s->fd);
	*s = (struct site){ 0 };
}

void site_fail(struct site *s, const char *why)
{
	struct load *l = s->load;
	if (s->state == SITE_FAILED || l->ended)
		return;
	if (!l->failed++)
		(void)str_print(l->why, sizeof l->why, "site %u: %s", s->index, why);
	s->state = SITE_FAILED;
}

enum err site_connect(struct site *s, const struct netaddr *relay)
{
	char ip[NETADDR_TEXT];
	netaddr_ip_text(relay, ip);
	s->relay = *relay;
	if (!s->load->relay_port)
		s->load->relay_port = relay->port;
	return gro_connect(s->fd, ip, relay->port);
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

void site_send_burst(struct site *s, const struct bytes *datagrams, unsigned n)
{
	s->seen->counts.refused += n - gro_send(s->fd, datagrams, n);
}

void site_send(struct site *s, struct bytes datagram)
{
	site_send_burst(s, &datagram, 1);
}

void site_send_rtcp(struct site *s, struct bytes compound)
{
	uint8_t out[MTU_BYTES + CRYPT_RTCP_EXTRA];
	size_t length = compound.n;
	if (!s->crypt || !compound.n || compound.n > MTU_BYTES)
		return;
	memcpy(out, compound.p, compound.n);
	if (crypt_seal_rtcp(s->crypt, out, &length, sizeof out) == ERR_OK)
		site_send(s, bytes_of(out, length));
}

/* ---- ICE --------------------------------------------------------------------------------------------------------- */

enum err site_credentials(struct site *s, const char *ufrag, const char *pwd)
{
	mac_sha1_key_init(&s->check_key, bytes_of(pwd, strlen(pwd)));
	return str_print(s->username, sizeof s->username, "%s:%s", ufrag, s->ufrag);
}

static void send_check(struct site *s, usec now)
{
	uint8_t out[256], transaction[STUN_TRANSACTION_BYTES], *tag;
	struct writer w = writer_of(out, sizeof out);
	for (unsigned i = 0; i < sizeof transaction; i++)
		transaction[i] = (uint8_t)load_chance(s->load, 256);
	stun_write_begin(&w, STUN_REQUEST, transaction);
	stun_write_username(&w, bytes_of(s->username, strlen(s->username)));
	stun_write_priority(&w, 0x6e0000ff);
	stun_write_use_candidate(&w);
	stun_write_role(&w, STUN_CONTROLLING, s->index + 1);
	struct bytes input = stun_write_integrity(&w, &tag);
	if (tag)
		mac_sha1(&s->check_key, &input, 1, tag);
	stun_write_fingerprint(&w);
	site_send(s, writer_done(&w));
	s->next_check = now + (s->state == SITE_CHECKING ? SITE_CHECK_AGAIN_USEC : SITE_CHECK_USEC);
}

void site_check(struct site *s, usec now)
{
	if (s->state != SITE_JOINING)
		return;
	s->state = SITE_CHECKING;
	send_check(s, now);
	site_wake(s);
}

/* A relay that calls itself lite and checks all the same (libnice does) is answered. */
static void answer_check(struct site *s, const struct stun *check)
{
	uint8_t out[256], *tag;
	struct writer w = writer_of(out, sizeof out);
	stun_write_success(&w, check->transaction, &s->relay);
	struct bytes input = stun_write_integrity(&w, &tag);
	if (tag)
		mac_sha1(&s->own_key, &input, 1, tag);
	stun_write_fingerprint(&w);
	site_send(s, writer_done(&w));
}

static void on_dtls_send(void *ctx, struct bytes datagram)
{
	site_send(ctx, datagram);
}

static void look_at_dtls(struct site *s, enum dtls_state state, usec now)
{
	if (state == DTLS_READY && s->state == SITE_SHAKING)
		site_keys(s, dtls_keys(s->dtls), now);
	else if (state == DTLS_FAILED || state == DTLS_CLOSED)
		site_fail(s, dtls_why(s->dtls));
}

static void on_stun(struct site *s, struct bytes datagram, usec now)
{
	struct stun answer;
	if (stun_parse(datagram, &answer) != ERR_OK)
		return;
	if (answer.class == STUN_REQUEST)
		answer_check(s, &answer);
	if (s->state != SITE_CHECKING)
		return;
	if (answer.class == STUN_ERROR)
		site_fail(s, "the relay refuses its connectivity checks");
	if (answer.class != STUN_SUCCESS)
		return;
	s->state = SITE_SHAKING;
	if (dtls_new(&s->dtls, s->load->dtls, !s->passive, s->fingerprint, on_dtls_send, s, now) != ERR_OK)
		site_fail(s, "no DTLS association");
	site_wake(s);
}

void site_keys(struct site *s, const struct srtp_keys *keys, usec now)
{
	struct load *l = s->load;
	if (s->state == SITE_READY)
		return;
	if (keys->profile != l->plan.profile) {
		site_fail(s, "the relay agreed on another SRTP profile than --profile");
		return;
	}
	if (crypt_new(&s->crypt, l->sealer, keys) != ERR_OK ||
	    seal_init(&s->seal, l->sealer, keys->profile, &keys->local) != ERR_OK) {
		site_fail(s, "its keys were refused");
		return;
	}
	s->state = SITE_READY;
	l->ready++;
	l->last_joined = now;
	s->next_check = now + SITE_CHECK_USEC * (1 + load_chance(l, 1000)) / 1000;
	if (s->taker)
		taker_on_ready(s->taker, now);
	if (s->sender && l->media)
		sender_start(s->sender, now);
	site_wake(s);
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

static void on_rtcp(struct site *s, uint8_t *datagram, size_t length, usec now)
{
	struct rtcp_iter it;
	struct rtcp_item item;
	if (!s->crypt || crypt_open_rtcp(s->crypt, datagram, &length) != ERR_OK ||
	    rtcp_parse(bytes_of(datagram, length), &it) != ERR_OK)
		return;
	s->seen->counts.rtcp++;
	while (rtcp_next(&it, &item)) {
		struct rtcp_item same = item; /* reading a list uses it up */
		if (s->taker)
			taker_on_rtcp(s->taker, &same, now);
		if (s->sender)
			sender_on_rtcp(s->sender, &item, now);
	}
}

/* What a message holds is of one kind: the relay makes runs of RTP alone. */
static void on_message(void *ctx, uint8_t *first, size_t bytes, size_t segment)
{
	struct site *s = ctx;
	usec now = clock_now();
	switch (demux_kind(bytes_of(first, segment < bytes ? segment : bytes))) {
	case DEMUX_RTP:
		if (s->taker && s->state == SITE_READY)
			taker_on_run(s->taker, first, bytes, segment, now);
		break;
	case DEMUX_RTCP: on_rtcp(s, first, bytes, now); break;
	case DEMUX_STUN: on_stun(s, bytes_of(first, bytes), now); break;
	case DEMUX_DTLS:
		if (s->dtls)
			look_at_dtls(s, dtls_on_datagram(s->dtls, bytes_of(first, bytes), now), now);
		break;
	default:
		if (s->load->join->on_datagram)
			s->load->join->on_datagram(s, bytes_of(first, bytes), now);
	}
}

void site_on_readable(struct site *s)
{
	if (!gro_receive(s->fd, on_message, s) && s->state == SITE_READY)
		site_fail(s, "the relay's port is closed");
	site_wake(s);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

void site_wake(struct site *s)
{
	usec next = s->next_check;
	if (s->dtls)
		usec_lower(&next, dtls_deadline(s->dtls));
	if (s->taker && s->state == SITE_READY)
		usec_lower(&next, taker_deadline(s->taker));
	timers_lower(&s->load->timers, &s->timer, s->state == SITE_FAILED ? USEC_NEVER : next);
}

void site_on_deadline(struct site *s, usec now)
{
	const struct join_kind *join = s->load->join;
	if (s->state == SITE_JOINING && join->on_deadline)
		s->next_check = join->on_deadline(s, now);
	else if (s->state != SITE_JOINING && s->next_check <= now)
		send_check(s, now);
	if (s->dtls && s->state == SITE_SHAKING)
		look_at_dtls(s, dtls_on_deadline(s->dtls, now), now);
	if (s->taker && s->state == SITE_READY)
		taker_on_deadline(s->taker, now);
	site_wake(s);
}

uint64_t site_drops(const struct site *s)
{
	return gro_drops(s->fd);
}
