#include "engine/transport.h"
#include "base/str.h"
#include "engine/core.h"
#include "engine/feedback.h"
#include "engine/remote.h"
#include "engine/room.h"
#include "engine/site.h"
#include "engine/tell.h"
#include <stddef.h>
#include <string.h>

#define TELL_EVERY USEC_S
#define REPORT_GRID (50 * USEC_MS)
#define RTT_MOST (10 * USEC_S)

/* The next point of the grid, at or after `at`. */
static usec grid(usec at, usec step)
{
	return at == USEC_NEVER ? at : (at + step - 1) / step * step;
}

usec transport_again(usec now, usec every)
{
	return grid(now + every - REPORT_GRID, REPORT_GRID);
}

static const enum source_kind source_of[] = {
	[LINE_MIC] = SOURCE_MIC,
	[LINE_MIC_LOW] = SOURCE_MIC_LOW,
	[LINE_CAMERA] = SOURCE_CAMERA,
	[LINE_SCREEN] = SOURCE_SCREEN,
};

static void open_slots(struct engine *e, struct transport *t, enum line_role role, usec now)
{
	for (unsigned i = 0; i < t->media.n_lines; i++)
		if (t->media.lines[i].role == role && t->n_slots < SLOTS_AUDIO_MAX + SLOTS_VIDEO_MAX)
			slot_init(e, &t->slots[t->n_slots++], t, &t->media.lines[i], now);
}

static void open_source(struct engine *e, struct source *s, const struct line *line, uint8_t index, usec now)
{
	static const char none[RIDS_MAX][RID_MAX + 1];
	s->line = index;
	source_open(e, s, line->n_rids, line->n_rids ? line->rids : none, now);
}

static void open_sources(struct engine *e, struct transport *t, usec now)
{
	for (unsigned i = 0; i < t->media.n_lines; i++) {
		const struct line *line = &t->media.lines[i];
		if (line->role >= LINE_MIC && line->role <= LINE_SCREEN)
			open_source(e, &t->site->sources[source_of[line->role]], line, (uint8_t)i, now);
	}
	remote_tell_site(e, t->site);
}

/* One cell of the pool: only what is in use of lines and slots is ever touched. */
struct cell {
	struct transport transport;
	struct slot slots[SLOTS_AUDIO_MAX + SLOTS_VIDEO_MAX];
};

enum err transport_pool_init(struct engine *e)
{
	enum err err = pool_init(&e->transport_cells, sizeof(struct cell), e->config.sites);
	if (!err)
		err = pool_init(&e->arrivals, TWCCRECV_WINDOW * sizeof(usec), e->config.sites);
	return err;
}

static struct transport *make(struct engine *e, const struct command_transport *command, struct site *site, usec now)
{
	struct cell *cell = pool_get(&e->transport_cells);
	if (!cell)
		return NULL;
	struct transport *t = &cell->transport;
	memset(t, 0, offsetof(struct transport, media));
	memcpy(&t->media, &command->media, negotiated_bytes(&command->media));
	t->site = site;
	t->generation = command->generation;
	t->slots = cell->slots;
	t->report_at = t->tell_at = transport_again(now, TELL_EVERY);
	timer_init(&t->timer, TIMER_TRANSPORT);
	(void)str_copy(t->ufrag, sizeof t->ufrag, command->ufrag);
	mac_sha1_key_init(&t->stun_key, bytes_of(command->pwd, strlen(command->pwd)));
	ice_init(&t->ice, now);
	bind_init(&t->bind, &t->media);
	twccrecv_init(&t->twcc);
	rate_init(&t->up);
	rate_init(&t->down);
	return t;
}

static void give_back(struct engine *e, struct transport *t)
{
	if (t->twcc.arrivals)
		pool_put(&e->arrivals, twccrecv_return(&t->twcc));
	pool_put(&e->transport_cells, t);
}

void transport_open(struct engine *e, struct site *site, const struct command_transport *command, usec now)
{
	if (site->transport)
		transport_close(e, site->transport, NULL, now);
	struct transport *t = make(e, command, site, now);
	uint32_t hash = route_ufrag_hash(command->ufrag, strlen(command->ufrag));
	if (!t || map_put(&e->route.ufrags, hash, t) != ERR_OK) {
		if (t)
			give_back(e, t);
		else
			core_drop(e, DROP_POOL);
		tell_transport(e, site->csrc, command->generation, TRANSPORT_CLOSED, "no memory for another transport");
		return;
	}
	e->transports++;
	site->transport = t;
	siteclock_init(&site->clock);
	open_slots(e, t, LINE_SLOT_AUDIO, now);
	t->n_audio = t->n_slots;
	open_slots(e, t, LINE_SLOT_VIDEO, now);
	t->ssrc = t->n_slots ? t->slots[0].line->slot_ssrc : site->csrc;
	open_sources(e, t, now);
	room_change(e, site->room);
	transport_due(e, t, now + ICE_DTLS);
	transport_due(e, t, t->tell_at);
}

static void free_streams(struct engine *e, struct transport *t)
{
	for (unsigned i = 0; i < SSRCS_PER_TRANSPORT; i++)
		if (t->streams[i])
			pool_put(&e->streams, t->streams[i]);
}

void transport_close(struct engine *e, struct transport *t, const char *why, usec now)
{
	struct site *site = t->site;
	uint32_t generation = t->generation;
	for (unsigned i = 0; i < t->n_slots; i++)
		slot_take_away(e, &t->slots[i], now);
	for (unsigned kind = 0; kind < SOURCES; kind++)
		source_close(e, &site->sources[kind], now);
	site->ready = false;
	remote_tell_site(e, site);
	timers_set(&e->timers, &t->timer, USEC_NEVER);
	room_on_silence(site->room, site);
	e->host.dtls_close(e->host.ctx, site->csrc, generation);
	route_drop_all(&e->route, t);
	map_remove(&e->route.ufrags, route_ufrag_hash(t->ufrag, strlen(t->ufrag)));
	free_streams(e, t);
	crypt_free(t->crypt);
	seal_fini(&t->seal);
	for (unsigned i = 0; i < t->n_slots; i++)
		slot_fini(e, &t->slots[i]);
	site->transport = NULL;
	room_change(e, site->room);
	e->transports--;
	give_back(e, t);
	tell_transport(e, site->csrc, generation, TRANSPORT_CLOSED, why);
}

struct transport *transport_find(const struct engine *e, uint32_t csrc, uint32_t generation)
{
	const struct site *site = site_find(e, csrc);
	return site && site->transport && site->transport->generation == generation ? site->transport : NULL;
}

static void enter(struct engine *e, struct transport *t, enum transport_state state)
{
	t->state = state;
	tell_transport(e, t->site->csrc, t->generation, state, NULL);
}

/* RTP and RTCP of what its lines may send: layers and their repairs. */
static uint32_t streams_expected(const struct negotiated *m)
{
	uint32_t streams = 1; /* reports of who only listens */
	for (unsigned i = 0; i < m->n_lines; i++)
		if (!m->lines[i].slot_ssrc)
			streams += 4 * (m->lines[i].n_rids ? m->lines[i].n_rids : 1U);
	return streams;
}

void transport_on_keys(struct engine *e, struct transport *t, const struct srtp_keys *keys, usec now)
{
	if (t->state != TRANSPORT_NEW)
		return;
	if (crypt_new(&t->crypt, e->sealer, keys) != ERR_OK ||
	    seal_init(&t->seal, e->sealer, keys->profile, &keys->local) != ERR_OK) {
		transport_close(e, t, "the cipher could not be set up", now);
		return;
	}
	crypt_reserve(t->crypt, streams_expected(&t->media));
	ice_on_dtls_done(&t->ice);
	enter(e, t, TRANSPORT_CONNECTED);
	t->site->ready = true;
	remote_tell_site(e, t->site);
	room_on_site(e, t->site->room, t->site);
	transport_due(e, t, now);
}

void transport_on_resumed(struct engine *e, struct transport *t, usec now)
{
	if (t->state != TRANSPORT_SILENT)
		return;
	enter(e, t, TRANSPORT_CONNECTED);
	for (unsigned i = t->n_audio; i < t->n_slots; i++)
		select_on_broken(&t->slots[i].select);
	for (unsigned i = 0; i < t->n_audio; i++)
		t->slots[i].generation = 0; /* what was not sent meanwhile leaves no hole in the numbers */
	transport_due(e, t, now);
}

const struct netaddr *transport_address(const struct transport *t)
{
	return t->state == TRANSPORT_CONNECTED ? ice_address(&t->ice) : NULL;
}

struct slot *transport_slot(struct transport *t, uint32_t ssrc, bool *rtx)
{
	for (unsigned i = 0; i < t->n_slots; i++) {
		const struct line *line = t->slots[i].line;
		*rtx = ssrc == line->slot_rtx_ssrc;
		if (ssrc == line->slot_ssrc || (*rtx && ssrc != 0))
			return &t->slots[i];
	}
	*rtx = false;
	return NULL;
}

void transport_due(struct engine *e, struct transport *t, usec at)
{
	if (at < timer_at(&t->timer))
		timers_set(&e->timers, &t->timer, grid(at, TRANSPORT_GRID));
}

void transport_on_numbered(struct engine *e, struct transport *t, uint16_t number, uint32_t ssrc, size_t bytes,
			   usec now)
{
	usec due = USEC_NEVER;
	if (!t->twcc.arrivals)
		twccrecv_lend(&t->twcc, pool_get(&e->arrivals)); /* one for each transport there may be */
	twccrecv_on_packet(&t->twcc, number, bytes, now);
	t->twcc_ssrc = ssrc;
	twccrecv_deadline(&t->twcc, &due);
	transport_due(e, t, due);
}

static void look_at_consent(struct engine *e, struct transport *t)
{
	if (ice_address(&t->ice) == NULL && t->state == TRANSPORT_CONNECTED)
		enter(e, t, TRANSPORT_SILENT);
}

static usec next_due(const struct transport *t, usec now)
{
	usec next = t->tell_at;
	ice_deadline(&t->ice, &next);
	feedback_deadline(t, &next);
	for (unsigned kind = 0; kind < SOURCES; kind++)
		source_deadline(&t->site->sources[kind], &next);
	for (unsigned i = 0; i < t->n_slots; i++)
		slot_deadline(&t->slots[i], now, &next);
	return next;
}

void transport_on_deadline(struct engine *e, struct transport *t, usec now)
{
	if (ice_on_deadline(&t->ice, now) && t->ice.state == ICE_DEAD) {
		transport_close(e, t, "no DTLS handshake within 30 s", now);
		return;
	}
	look_at_consent(e, t);
	if (t->crypt)
		feedback_on_deadline(e, t, now);
	for (unsigned kind = 0; kind < SOURCES; kind++)
		source_on_deadline(e, &t->site->sources[kind], now);
	for (unsigned i = 0; i < t->n_slots; i++)
		slot_on_deadline(e, &t->slots[i], now);
	if (now >= t->tell_at) {
		tell_site(e, t, now);
		if (twccrecv_is_idle(&t->twcc, now))
			pool_put(&e->arrivals, twccrecv_return(&t->twcc));
		t->tell_at = transport_again(now, TELL_EVERY);
	}
	usec next = next_due(t, now);
	/* A deadline that its owner does not move on would spin: at most one look a millisecond. */
	transport_due(e, t, next <= now ? now + USEC_MS : next);
}
