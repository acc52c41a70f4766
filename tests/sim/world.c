#include "sim/world.h"
#include "sim/judge.h"
#include "sim/sender.h"
#include "test.h"
#include "wire/demux.h"
#include <stdio.h>
#include <stdlib.h>

double world_chance(struct world *w)
{
	w->chance ^= w->chance << 13;
	w->chance ^= w->chance >> 7;
	w->chance ^= w->chance << 17;
	return (double)(w->chance >> 11) / 9007199254740992.0;
}

/* ---- the host -------------------------------------------------------------------------------------------------- */

static struct world_site *by_csrc(struct world *w, uint32_t csrc)
{
	for (unsigned i = 0; i < w->n_sites; i++)
		if (w->sites[i].csrc == csrc)
			return &w->sites[i];
	return NULL;
}

static void on_slots(struct world *w, const struct event_slots *slots)
{
	struct world_site *s = by_csrc(w, slots->csrc);
	for (unsigned i = 0; s && i < slots->n; i++) {
		const struct slot_change *c = &slots->changes[i];
		*(c->kind == SLOT_AUDIO ? &s->map_audio[c->slot] : &s->map_video[c->slot]) = *c;
		s->told++;
		s->told_reason[c->reason]++;
		s->told_empty += c->csrc == 0;
	}
}

static void on_encodings(struct world *w, const struct event_encodings *told)
{
	struct world_site *s = by_csrc(w, told->csrc);
	if (!s || told->kind != ENCODING_CAMERA)
		return;
	s->camera = *told;
	for (unsigned i = 0; i < told->n && i < 3; i++) {
		s->want_keyframe |= told->encodings[i].active && !s->layers[i].on;
		s->layers[i].on = told->encodings[i].active;
	}
}

/* The sum of what all told last. */
static void on_engine(struct world *w, const struct event_engine *told)
{
	struct event_engine *sum = &w->counters;
	w->told[told->worker] = *told;
	*sum = (struct event_engine){ 0 };
	for (uint32_t i = 0; i < w->n_workers; i++) {
		const struct event_engine *e = &w->told[i];
		sum->in_packets += e->in_packets;
		sum->out_packets += e->out_packets;
		sum->buffers += e->buffers;
		sum->buffers_free += e->buffers_free;
		sum->rooms += e->rooms;
		sum->sites += e->sites;
		sum->transports += e->transports;
		for (unsigned d = 0; d < DROP_COUNT; d++)
			sum->drops[d] += e->drops[d];
	}
}

static void on_event(void *ctx, const struct event *event)
{
	struct world *w = *(struct world **)ctx;
	struct world_site *s;
	switch (event->type) {
	case EVENT_SLOTS: on_slots(w, &event->slots); break;
	case EVENT_ENCODINGS: on_encodings(w, &event->encodings); break;
	case EVENT_SPEAKING: w->speaking = event->speaking; break;
	case EVENT_TRANSPORT:
		s = by_csrc(w, event->transport.csrc);
		if (s && event->transport.generation == s->generation)
			s->state = event->transport.state;
		break;
	case EVENT_SITE:
		s = by_csrc(w, event->site.csrc);
		if (s)
			s->report = event->site;
		break;
	case EVENT_ENGINE: on_engine(w, &event->engine); break;
	}
}

static void on_dtls_open(void *ctx, uint32_t csrc, uint32_t generation, enum dtls_role role,
			 const struct fingerprint *f)
{
	struct world *w = *(struct world **)ctx;
	if (w->on_dtls_open)
		w->on_dtls_open(w, csrc, generation);
}
static void on_dtls_datagram(void *ctx, uint32_t csrc, uint32_t generation, struct bytes datagram)
{
	(*(struct world **)ctx)->to_dtls++;
}
static void on_dtls_close(void *ctx, uint32_t csrc, uint32_t generation)
{
}

static void on_send(void *ctx, const struct outbox *o);
/* What an engine's host is: which one it is. */
static struct world_host {
	struct world *world;
	uint32_t worker;
} hosts[WORLD_WORKERS];

static bool post(void *ctx, uint32_t worker, const struct link_message *message)
{
	const struct world_host *host = ctx;
	struct world *w = host->world;
	assert_true(worker < w->n_workers && worker != host->worker);
	struct world_ring *r = &w->rings[host->worker][worker];
	if (r->tail - r->head == w->link_cells || (w->hold_buffers && message->type == LINK_BACK) ||
	    (w->refuse_gone && message->type == LINK_GONE))
		return false;
	w->lent += message->type == LINK_PACKETS ? message->packets.n : 0;
	r->links[r->tail++ % WORLD_LINKS] = (struct world_link){ w->now + w->link_delay, w->order++, *message };
	return true;
}

/* $WORLD_BACKEND: a name of secure/sealer's. */
static enum srtp_backend backend_wanted(void)
{
	const char *name = getenv("WORLD_BACKEND");
	enum srtp_backend backend = BACKEND_AUTO;
	if (name)
		assert_int_equal(sealer_named(name, &backend), ERR_OK);
	return backend;
}

/* $WORLD_PROFILE: a number of enum srtp_profile. */
static enum srtp_profile profile_wanted(void)
{
	const char *number = getenv("WORLD_PROFILE");
	return number ? (enum srtp_profile)atoi(number) : PROFILE_AEAD_AES_128_GCM;
}

void world_init_small(struct world *w, uint64_t seed, uint32_t buffers)
{
	const char *workers = getenv("WORLD_WORKERS");
	world_init_workers(w, seed, buffers, workers ? (uint32_t)atoi(workers) : 1);
}

void world_init_workers(struct world *w, uint64_t seed, uint32_t buffers, uint32_t workers)
{
	world_init_config(w, seed, &(struct engine_config){ .buffers = buffers }, workers);
}

void world_init_config(struct world *w, uint64_t seed, const struct engine_config *wanted, uint32_t workers)
{
	memset(w, 0, sizeof *w);
	w->chance = seed * 2654435761U + 1;
	w->now = 1000 * USEC_S;
	w->next_audio = w->next_video = w->next_check = w->now;
	w->flights = calloc(WORLD_FLIGHTS, sizeof *w->flights);
	for (uint32_t i = 0; i < WORLD_FLIGHTS; i++)
		w->heap[i] = i;
	w->link_cells = WORLD_LINKS;
	w->n_workers = workers;
	w->link_delay = workers > 1 ? (usec)(seed % 4) * USEC_MS : 0;
	for (uint32_t i = 0; i < workers; i++) {
		struct engine_config config = *wanted;
		config.worker = i;
		config.backend = backend_wanted();
		for (uint32_t to = 0; to < workers; to++)
			w->rings[i][to].links = to == i ? NULL : calloc(WORLD_LINKS, sizeof(struct world_link));
		config.workers = workers;
		config.sites = WORLD_SITES + 1;
		config.seed = seed + 1 + i * 7919;
		config.ntp_base = (uint64_t)3900000000U << 32;
		hosts[i] = (struct world_host){ w, i };
		struct engine_host host = { .ctx = &hosts[i],
					    .event = on_event,
					    .dtls_open = on_dtls_open,
					    .dtls_datagram = on_dtls_datagram,
					    .dtls_close = on_dtls_close,
					    .send = on_send,
					    .post = post };
		w->engines[i] = engine_new(&config, &host);
		assert_non_null(w->engines[i]);
	}
	w->e = w->engines[0];
	assert_int_equal(sealer_new(BACKEND_AUTO, &w->sealer), ERR_OK);
}

void world_init(struct world *w, uint64_t seed)
{
	world_init_small(w, seed, 8192);
}

static void drop_slots(struct world_site *s)
{
	for (unsigned i = 0; i < s->n_slots; i++)
		free(s->slots[i].got);
	free(s->slots);
	s->slots = NULL;
	s->n_slots = 0;
}

static void drop_transport(struct world_site *s)
{
	drop_slots(s);
	crypt_free(s->crypt);
	s->crypt = NULL;
	seal_fini(&s->seal);
}

void world_fini(struct world *w)
{
	for (uint32_t i = 0; i < w->n_workers; i++)
		engine_free(w->engines[i]);
	for (uint32_t i = 0; i < w->n_workers * w->n_workers; i++)
		free(w->rings[i / w->n_workers][i % w->n_workers].links);
	for (unsigned i = 0; i < w->n_sites; i++) {
		drop_transport(&w->sites[i]);
		sender_fini(&w->sites[i]);
	}
	sealer_free(w->sealer);
	free(w->flights);
}

/* ---- the wire -------------------------------------------------------------------------------------------------- */

static bool sooner(const struct world *w, uint32_t a, uint32_t b)
{
	const struct world_flight *x = &w->flights[w->heap[a]], *y = &w->flights[w->heap[b]];
	return x->at != y->at ? x->at < y->at : x->order < y->order;
}

static void swap(struct world *w, uint32_t a, uint32_t b)
{
	uint32_t at = w->heap[a];
	w->heap[a] = w->heap[b];
	w->heap[b] = at;
}

/* The first free one is under way from now on. */
static void take_off(struct world *w)
{
	for (uint32_t i = w->n_flights++; i && sooner(w, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(w, i, (i - 1) / 2);
}

static void fly(struct world *w, struct world_site *s, bool to_engine, struct bytes b)
{
	if (world_chance(w) < (to_engine ? s->loss_up : s->loss_down))
		return;
	if (w->n_flights == WORLD_FLIGHTS)
		fail_msg("the virtual wire is full");
	struct world_flight *f = &w->flights[w->heap[w->n_flights]];
	usec leaves = to_engine && s->free_at > w->now ? s->free_at : w->now;
	if (to_engine)
		s->free_at = leaves + s->spacing;
	f->at = leaves + s->spacing * to_engine + s->delay;
	if (s->reorder > 0 && world_chance(w) < s->reorder)
		f->at += (usec)(world_chance(w) * 50 * (double)USEC_MS);
	f->order = w->order++;
	f->to_engine = to_engine;
	f->addr = s->address;
	f->n = (uint16_t)b.n;
	memcpy(f->bytes, b.p, b.n);
	if (w->damage > 0 && world_chance(w) < w->damage) {
		size_t bit = (size_t)(world_chance(w) * (double)b.n * 8);
		f->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		*(to_engine ? &w->damaged_up : &w->damaged_down) += 1;
	}
	take_off(w);
}

/* The soonest, if it is due. It stays readable until the next one flies. */
static struct world_flight *land(struct world *w)
{
	if (!w->n_flights || w->flights[w->heap[0]].at > w->now)
		return NULL;
	swap(w, 0, --w->n_flights);
	for (uint32_t i = 0, next; (next = 2 * i + 1) < w->n_flights; i = next) {
		next += next + 1 < w->n_flights && sooner(w, next + 1, next);
		if (!sooner(w, next, i))
			break;
		swap(w, i, next);
	}
	return &w->flights[w->heap[w->n_flights]];
}

void world_fly(struct world *w, struct world_site *s, struct bytes datagram)
{
	fly(w, s, true, datagram);
}

/* What is under way from and to this site is lost. */
static void lose(struct world *w, const struct world_site *s)
{
	for (uint32_t i = 0; i < w->n_flights; i++)
		if (netaddr_equal(&w->flights[w->heap[i]].addr, &s->address))
			w->flights[w->heap[i]].n = 0;
}

static struct world_site *by_address(struct world *w, const struct netaddr *a)
{
	for (unsigned i = 0; i < w->n_sites; i++)
		if (w->sites[i].open && netaddr_equal(&w->sites[i].address, a))
			return &w->sites[i];
	return NULL;
}

static void on_send(void *ctx, const struct outbox *o)
{
	const struct world_host *host = ctx;
	struct world *w = host->world;
	for (uint32_t i = 0; i < o->n; i++) {
		const struct outbox_message *m = &o->items[i];
		struct world_site *s = w->deaf ? NULL : by_address(w, &m->to);
		if (s && s->worker != host->worker)
			fail_msg("worker %u sends to a site of worker %u", host->worker, s->worker);
		if (w->full == FULL_ALL || (w->full == FULL_PICTURES && m->rank == OUTBOX_VIDEO)) {
			engine_count_drop(w->engines[host->worker],
					  m->rank == OUTBOX_VOICE ? DROP_SOCKET_VOICE : DROP_SOCKET_FULL, m->datagrams);
			w->refused += m->datagrams;
			continue;
		}
		w->messages++;
		w->sent += m->datagrams;
		if (m->rank == OUTBOX_VIDEO) {
			w->picture_messages++;
			w->pictures_sent += m->datagrams;
		}
		for (unsigned k = 0; s && k < m->datagrams; k++)
			fly(w, s, false, outbox_datagram(o, m, k));
	}
}

static bool is_stalled(const struct world *w, uint32_t worker)
{
	return w->stalled >> worker & 1;
}

static void flush(struct world *w)
{
	for (uint32_t i = 0; i < w->n_workers; i++)
		if (!is_stalled(w, i))
			engine_flush(w->engines[i], w->now);
}

/* The message that was posted first of those that are due; false: none is. */
static bool deliver_link(struct world *w)
{
	struct world_ring *first = NULL;
	uint32_t from = 0, to = 0;
	for (uint32_t i = 0; i < w->n_workers * w->n_workers; i++) {
		struct world_ring *r = &w->rings[i / w->n_workers][i % w->n_workers];
		const struct world_link *l = r->links ? &r->links[r->head % WORLD_LINKS] : NULL;
		if (r->head == r->tail || l->at > w->now || is_stalled(w, i % w->n_workers) ||
		    (first && first->links[first->head % WORLD_LINKS].order < l->order))
			continue;
		first = r;
		from = i / w->n_workers;
		to = i % w->n_workers;
	}
	if (!first)
		return false;
	const struct link_message message = first->links[first->head++ % WORLD_LINKS].message;
	engine_on_link(w->engines[to], from, &message, w->now);
	return true;
}

static void deliver_links(struct world *w)
{
	while (deliver_link(w)) {
		while (deliver_link(w))
			;
		flush(w); /* what was given back, and handed on */
	}
}

static struct engine *engine_of(const struct world *w, const struct world_site *s)
{
	return w->engines[s ? s->worker : 0];
}

void world_datagram(struct world *w, const struct netaddr *from, struct bytes datagram)
{
	struct engine *e = engine_of(w, by_address(w, from));
	struct packet *p = engine_buffer(e);
	if (!p) {
		w->no_buffer++;
		engine_count_drop(e, DROP_POOL, 1);
		return;
	}
	memcpy(p->data + p->start, datagram.p, datagram.n);
	p->length = (uint16_t)datagram.n;
	engine_on_datagram(e, p, from, w->now);
}

static void arrive(struct world *w, struct world_site *s, uint8_t *p, size_t n)
{
	enum demux kind = demux_kind(bytes_of(p, n));
	if (!s || !s->crypt || (kind != DEMUX_RTP && kind != DEMUX_RTCP))
		return;
	if ((kind == DEMUX_RTP ? crypt_open_rtp : crypt_open_rtcp)(s->crypt, p, &n) != ERR_OK)
		s->unopened++;
	else
		(kind == DEMUX_RTP ? judge_rtp : judge_rtcp)(w, s, bytes_of(p, n));
}

static uint32_t worker_of(struct world *w, const struct netaddr *from)
{
	const struct world_site *s = by_address(w, from);
	return s ? s->worker : 0;
}

static void deliver(struct world *w)
{
	static struct world_flight f; /* a copy: what arrives makes others fly */
	for (const struct world_flight *next = land(w); next; next = land(w)) {
		f = *next;
		if (f.n == 0)
			continue;
		if (f.to_engine && is_stalled(w, worker_of(w, &f.addr))) { /* waits in the socket */
			w->flights[w->heap[w->n_flights]].at = w->now + USEC_MS;
			take_off(w);
		} else if (f.to_engine)
			world_datagram(w, &f.addr, bytes_of(f.bytes, f.n));
		else
			arrive(w, by_address(w, &f.addr), f.bytes, f.n);
	}
}

/* ---- the clock
 * ------------------------------------------------------------------------------------------------- */

static void work(struct world *w)
{
	bool audio = w->now >= w->next_audio, video = w->now >= w->next_video, checks = w->now >= w->next_check;
	for (unsigned i = 0; i < w->n_sites; i++) {
		struct world_site *s = &w->sites[i];
		if (!s->open)
			continue;
		if (audio && s->speaks && s->crypt)
			sender_audio(w, s);
		if (video && s->films && s->crypt)
			sender_video(w, s);
		if (video && s->asks_nack && s->crypt)
			judge_ask(w, s);
		if (checks)
			sender_check(w, s, WORLD_PWD);
		if (s->crypt && !s->profile.no_source && w->now >= s->next_report) {
			sender_report(w, s);
			s->next_report = w->now + 5 * USEC_S;
		}
	}
	w->next_audio += audio ? 20 * USEC_MS : 0;
	w->next_video += video ? 33333 : 0;
	w->next_check += checks ? 2500 * USEC_MS : 0;
}

void world_run(struct world *w, usec time)
{
	for (usec end = w->now + time; w->now < end; w->now += USEC_MS) {
		work(w);
		deliver(w);
		flush(w);
		deliver_links(w);
		for (uint32_t i = 0; i < w->n_workers; i++)
			if (!is_stalled(w, i) && engine_deadline(w->engines[i]) <= w->now)
				engine_on_deadline(w->engines[i], w->now);
		flush(w);
	}
}

/* ---- who is there
 * ---------------------------------------------------------------------------------------------- */

static void add_codec(struct line *l, enum codec codec, uint8_t pt)
{
	l->codecs[l->n_codecs++] = codec == CODEC_OPUS
				       ? (struct line_codec){ .codec = codec, .pt = pt }
				       : (struct line_codec){ codec, pt, (uint8_t)(pt + 1), true, true, true, true };
}

static void add_slot(struct world_site *s, struct negotiated *m, bool video, unsigned number)
{
	struct line *l = &m->lines[m->n_lines++];
	struct world_slot *v = &s->slots[s->n_slots++];
	uint32_t base = s->csrc * 100000 + s->generation * 1000;
	*l = (struct line){ .role = video ? LINE_SLOT_VIDEO : LINE_SLOT_AUDIO, .slot = (uint8_t)number };
	l->exts.twcc = s->profile.no_twcc ? 0 : (uint8_t)(EXT_TWCC + s->profile.ids);
	l->slot_ssrc = base + (video ? 500 : 100) + number;
	l->slot_rtx_ssrc = video ? base + 700 + number : 0;
	*v = (struct world_slot){ .video = video, .ssrc = l->slot_ssrc, .rtx_ssrc = l->slot_rtx_ssrc };
	v->got = calloc(WORLD_RING, sizeof *v->got);
	v->pt_opus = video ? 0 : (uint8_t)(PT_OPUS + s->profile.pts);
	v->pt_vp8 = video && !s->profile.no_vp8 ? (uint8_t)(PT_VP8 + 8 + s->profile.pts) : 0;
	v->pt_h264 = video && s->profile.h264 ? (uint8_t)(PT_VP8 + 10 + s->profile.pts) : 0;
	if (v->pt_opus)
		add_codec(l, CODEC_OPUS, v->pt_opus);
	l->codecs[0].nack |= v->pt_opus && s->profile.audio_nack;
	if (v->pt_vp8)
		add_codec(l, CODEC_VP8, v->pt_vp8);
	if (v->pt_h264)
		add_codec(l, CODEC_H264, v->pt_h264);
}

static void command_transport(struct world *w, struct world_site *s)
{
	static struct command c;
	memset(&c, 0, sizeof c);
	c.type = COMMAND_TRANSPORT;
	c.transport.csrc = s->csrc;
	c.transport.generation = s->generation;
	memcpy(c.transport.ufrag, s->ufrag, sizeof s->ufrag);
	memcpy(c.transport.pwd, WORLD_PWD, sizeof WORLD_PWD);
	c.transport.media.twcc = !s->profile.no_twcc;
	sender_lines(s, &c.transport.media);
	s->slots = calloc(s->profile.audio + s->profile.video + 1, sizeof *s->slots);
	for (unsigned i = 0; i < s->profile.audio; i++)
		add_slot(s, &c.transport.media, false, i);
	for (unsigned i = 0; i < s->profile.video; i++)
		add_slot(s, &c.transport.media, true, i);
	engine_on_command(engine_of(w, s), &c, w->now);
}

static void give_keys(struct world *w, struct world_site *s)
{
	struct srtp_keys keys = { .profile = profile_wanted() };
	uint32_t seed = s->csrc * 16 + s->generation;
	for (unsigned i = 0; i < 32; i++) {
		keys.local.key[i] = (uint8_t)(seed + i);
		keys.remote.key[i] = (uint8_t)(seed * 3 + i);
	}
	for (unsigned i = 0; i < 14; i++) {
		keys.local.salt[i] = (uint8_t)((seed >> 4) * 5 + i);
		keys.remote.salt[i] = (uint8_t)((seed >> 4) * 7 + i);
	}
	struct srtp_keys mirrored = { keys.profile, keys.remote, keys.local };
	assert_int_equal(crypt_new(&s->crypt, w->sealer, &mirrored), ERR_OK);
	crypt_reserve(s->crypt, CRYPT_STREAMS);
	assert_int_equal(seal_init(&s->seal, w->sealer, keys.profile, &keys.remote), ERR_OK);
	engine_on_keys(engine_of(w, s), s->csrc, s->generation, &keys, w->now);
	flush(w);
}

static void connect(struct world *w, struct world_site *s, usec keys_after)
{
	s->generation++;
	s->twcc_began = false;
	(void)snprintf(s->ufrag, sizeof s->ufrag, "uf%ug%u", s->csrc, s->generation);
	sender_init(w, s);
	command_transport(w, s);
	double loss = s->loss_up, reorder = s->reorder;
	s->loss_up = s->reorder = 0; /* the check comes: without it there is no handshake, and no keys */
	sender_check(w, s, WORLD_PWD);
	s->loss_up = loss;
	s->reorder = reorder;
	world_run(w, 2 * s->delay + 2 * USEC_MS + keys_after);
	give_keys(w, s);
}

struct engine *world_engine(struct world *w, uint32_t csrc)
{
	return engine_of(w, by_csrc(w, csrc));
}

void world_command_all(struct world *w, const struct command *c)
{
	for (uint32_t i = 0; i < w->n_workers; i++)
		engine_on_command(w->engines[i], c, w->now);
}

void world_set(struct world *w, unsigned site, bool live, bool audio, bool video)
{
	struct command c = { .type = COMMAND_SITE,
			     .site = { .room = w->sites[site].room,
				       .csrc = w->sites[site].csrc,
				       .worker = w->sites[site].worker,
				       .live = live,
				       .audio = audio,
				       .video = video,
				       .slots_audio = SLOTS_AUDIO_MAX,
				       .slots_video = SLOTS_VIDEO_MAX } };
	world_command_all(w, &c);
}

unsigned world_join_as(struct world *w, const struct world_profile *profile)
{
	assert_true(w->n_sites < WORLD_SITES);
	unsigned index = w->n_sites++;
	struct world_site *s = &w->sites[index];
	*s = (struct world_site){ .csrc = 11 + index * 2,
				  .worker = w->places ? w->places[index] : index % w->n_workers,
				  .room = w->room ? w->room : 1,
				  .profile = *profile,
				  .open = true,
				  .level = 30,
				  .speaks = !profile->no_source,
				  .films = !profile->no_source,
				  .n_layers = profile->no_rids ? 1 : 3,
				  .height = 720,
				  .delay = 20 * USEC_MS,
				  .answers_nack = true };
	s->address = (struct netaddr){ .family = 4, .ip = { 10, 0, 0, (uint8_t)(index + 1) }, .port = 5000 };
	world_set(w, index, true, s->speaks, s->films);
	connect(w, s, 0);
	return index;
}

unsigned world_join(struct world *w, unsigned audio, unsigned video)
{
	return world_join_as(w, &(struct world_profile){ .audio = audio, .video = video });
}

void world_leave(struct world *w, unsigned site)
{
	struct command c = { .type = COMMAND_SITE_CLOSE, .csrc = w->sites[site].csrc };
	world_command_all(w, &c);
	w->sites[site].open = false;
}

void world_reload(struct world *w, unsigned site, usec keys_after)
{
	lose(w, &w->sites[site]);
	drop_transport(&w->sites[site]);
	connect(w, &w->sites[site], keys_after);
}

void world_view(struct world *w, unsigned site, unsigned slot, enum view_source source, unsigned of, unsigned height,
		unsigned fps)
{
	struct command c = { .type = COMMAND_VIEW, .view = { .csrc = w->sites[site].csrc, .n = 1 } };
	c.view.slots[0] = (struct view_slot){ .slot = (uint8_t)slot,
					      .source = source,
					      .csrc = w->sites[of].csrc,
					      .height = (uint16_t)height,
					      .fps = (uint8_t)fps };
	engine_on_command(engine_of(w, &w->sites[site]), &c, w->now);
}

static void command_room(struct world *w)
{
	struct command c = { .type = COMMAND_ROOM,
			     .room = { .room = w->room ? w->room : 1, .stage = w->stage, .chair = w->chair } };
	world_command_all(w, &c);
}

void world_stage(struct world *w, unsigned site_plus_1)
{
	w->stage = site_plus_1 ? w->sites[site_plus_1 - 1].csrc : 0;
	command_room(w);
}

void world_chair(struct world *w, unsigned site_plus_1)
{
	w->chair = site_plus_1 ? w->sites[site_plus_1 - 1].csrc : 0;
	command_room(w);
}

/* ---- what is known
 * ----------------------------------------------------------------------------------------------- */

void world_reset(struct world *w)
{
	for (unsigned i = 0; i < w->n_sites; i++) {
		struct world_site *s = &w->sites[i];
		s->plis = s->nacks = s->feedbacks = s->twcc_gaps = s->told_empty = 0;
		s->acknowledged = s->lost_reported = 0;
		s->told = 0;
		memset(s->told_reason, 0, sizeof s->told_reason);
		for (unsigned j = 0; j < s->n_slots; j++) {
			struct world_slot *v = &s->slots[j];
			v->packets = v->rtx = v->padding = v->duplicates = v->switches = v->keyframes = v->frames =
			    v->frames_base = 0;
			v->backward = v->picture_gaps = v->tl0_gaps = v->empty_opus = v->sr_off_line = 0;
			v->longest_gap = 0;
			v->worst_pair = 0;
			v->max_temporal = 0;
		}
	}
}

static struct world_slot *nth(struct world *w, unsigned site, bool video, unsigned slot)
{
	for (unsigned i = 0, n = 0; i < w->sites[site].n_slots; i++)
		if (w->sites[site].slots[i].video == video && n++ == slot)
			return &w->sites[site].slots[i];
	fail_msg("no such slot");
	return NULL;
}

struct world_slot *world_audio(struct world *w, unsigned site, unsigned slot)
{
	return nth(w, site, false, slot);
}

struct world_slot *world_video(struct world *w, unsigned site, unsigned slot)
{
	return nth(w, site, true, slot);
}

uint64_t world_drops(const struct world *w, enum drop drop)
{
	return w->counters.drops[drop];
}

uint32_t world_csrc(const struct world *w, unsigned site)
{
	return w->sites[site].csrc;
}
