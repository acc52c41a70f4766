#include "engine/feedback.h"
#include "engine/again.h"
#include "engine/core.h"
#include "engine/site.h"
#include "engine/transport.h"
#include "wire/rtcp.h"
#include "wire/twcc.h"

#define NACK_BATCH 128
#define GONE_BATCH 64

/* ---- in -------------------------------------------------------------------------------------------------------- */

static void on_rtt(struct transport *t, usec rtt)
{
	t->rtt = rtt;
	for (unsigned i = 0; i < SSRCS_PER_TRANSPORT; i++)
		if (t->streams[i])
			nack_on_rtt(&t->streams[i]->nack, rtt);
	for (unsigned kind = 0; kind < SOURCES; kind++)
		if (t->site->sources[kind].open)
			keyreq_on_rtt(&t->site->sources[kind].keyreq, rtt);
}

static void on_reports(struct engine *e, struct transport *t, struct rtcp_item *item, usec now)
{
	struct rtcp_report report;
	uint8_t worst = 0;
	bool any = false, rtx;
	while (rtcp_report_next(item, &report)) {
		struct slot *s = transport_slot(t, report.ssrc, &rtx);
		if (!s || rtx)
			continue;
		send_on_receipt(&s->send,
				&(struct send_receipt){ .fraction = report.fraction,
							.cumulative = report.lost,
							.highest = report.highest,
							.jitter = report.jitter,
							.lsr = report.lsr,
							.dlsr = report.dlsr },
				now, core_ntp(e, now));
		if (s->send.rtt)
			on_rtt(t, s->send.rtt);
		worst = report.fraction > worst ? report.fraction : worst;
		any = true;
	}
	if (any)
		t->loss_down = worst;
}

/* What a site says that sends and takes nothing: no report of its tells a round trip. */
static void on_reference_answer(struct engine *e, struct transport *t, struct rtcp_item *item, usec now)
{
	struct rtcp_dlrr answer;
	usec rtt;
	while (rtcp_dlrr_next(item, &answer))
		if (answer.ssrc == t->ssrc && send_round_trip(core_ntp(e, now), answer.lrr, answer.dlrr, &rtt))
			on_rtt(t, t->rtt ? t->rtt + (rtt - t->rtt) / 8 : rtt);
}

static void on_sender_report(struct transport *t, const struct rtcp_item *item, usec now)
{
	const struct binding *binding = bind_find(&t->bind, item->sender);
	struct stream *stream = binding && !binding->rtx ? t->streams[binding->index] : NULL;
	if (!stream)
		return;
	struct layer *layer = &stream->source->layer[stream->layer];
	recv_on_sr(&stream->recv, item->info.ntp, item->info.timestamp, now);
	if (layer->stream == stream)
		siteclock_on_sr(&t->site->clock, &layer->clock, item->info.ntp, item->info.timestamp, now);
}

static void on_nack(struct engine *e, struct transport *t, struct rtcp_item *item, usec now)
{
	bool rtx;
	uint16_t seq;
	struct slot *s = transport_slot(t, item->media, &rtx);
	while (s && !rtx && rtcp_nack_next(item, &seq)) {
		t->nacks_in++;
		again_on_nack(e, s, seq, now);
	}
}

static void on_keyframe_wish(struct engine *e, struct transport *t, uint32_t ssrc, usec now)
{
	bool rtx;
	struct slot *s = transport_slot(t, ssrc, &rtx);
	t->plis_in++;
	if (!s || rtx || s->kind != SLOT_VIDEO || !s->source)
		return;
	uint8_t layer = s->select.current != SELECT_NONE ? s->select.current : s->select.target;
	if (layer != SELECT_NONE)
		source_ask_keyframe(e, s->source, layer, now);
}

static void on_item(struct engine *e, struct transport *t, struct rtcp_item *item, usec now)
{
	struct rtcp_fir fir;
	switch (item->kind) {
	case RTCP_SR:
		on_sender_report(t, item, now);
		on_reports(e, t, item, now);
		break;
	case RTCP_RR: on_reports(e, t, item, now); break;
	case RTCP_NACK: on_nack(e, t, item, now); break;
	case RTCP_PLI: on_keyframe_wish(e, t, item->media, now); break;
	case RTCP_FIR:
		while (rtcp_fir_next(item, &fir))
			on_keyframe_wish(e, t, fir.ssrc, now);
		break;
	case RTCP_XR: on_reference_answer(e, t, item, now); break;
	case RTCP_BROKEN: core_drop(e, DROP_RTCP_FORMAT); break;
	default: break; /* SDES and BYE tell nothing we need; REMB and transport feedback are an estimator's */
	}
}

void feedback_on_rtcp(struct engine *e, struct transport *t, struct packet *p, const struct netaddr *from, usec now)
{
	size_t length = p->length;
	struct rtcp_iter it;
	struct rtcp_item item;
	if (!t->crypt) {
		core_drop(e, DROP_NO_KEYS);
		return;
	}
	rate_add(&t->up, length, now);
	enum err err = crypt_open_rtcp(t->crypt, p->data + p->start, &length);
	if (err != ERR_OK) {
		core_drop(e, err == ERR_AUTH	 ? DROP_AUTH
			     : err == ERR_REPLAY ? DROP_REPLAY
			     : err == ERR_LIMIT	 ? DROP_SSRC_LIMIT
						 : DROP_RTCP_FORMAT);
		return;
	}
	ice_on_packet(&t->ice, from, now);
	if (rtcp_parse(bytes_of(p->data + p->start, length), &it) != ERR_OK) {
		core_drop(e, DROP_RTCP_FORMAT);
		return;
	}
	while (rtcp_next(&it, &item))
		on_item(e, t, &item, now);
}

/* ---- out ------------------------------------------------------------------------------------------------------- */

/* A compound under way; `room` NULL: it cannot be sent, and is not begun. */
struct compound {
	const struct netaddr *to;
	uint8_t *room;
	struct writer w;
};

static bool begin(struct engine *e, struct transport *t, struct compound *c)
{
	c->to = t->crypt ? transport_address(t) : NULL;
	c->room = c->to ? outbox_room(&e->outbox, OUTBOX_CELL) : NULL;
	if (!c->room)
		return false;
	c->w = writer_of(c->room, MTU_BYTES);
	return true;
}

static void end(struct engine *e, struct transport *t, struct compound *c, usec now)
{
	size_t length = writer_len(&c->w);
	if (c->w.failed || length == 0 || crypt_seal_rtcp(t->crypt, c->room, &length, OUTBOX_CELL) != ERR_OK) {
		core_drop(e, DROP_SEAL);
		return;
	}
	outbox_commit(&e->outbox, c->to, length);
	rate_add(&t->down, length, now);
	e->out_bytes += length;
}

void feedback_send_pli(struct engine *e, struct transport *t, uint32_t ssrc, usec now)
{
	struct compound c;
	if (!begin(e, t, &c))
		return;
	rtcp_write_pli(&c.w, t->ssrc, ssrc);
	t->plis_out++;
	end(e, t, &c, now);
}

void feedback_send_report(struct engine *e, struct slot *s, usec now)
{
	struct send_report report;
	struct compound c;
	if (!send_report(&s->send, &s->clock, now, core_ntp(e, now), &report) || !begin(e, s->transport, &c))
		return;
	struct rtcp_info info = { report.ntp, report.timestamp, report.packets, report.octets };
	rtcp_write_sr(&c.w, s->line->slot_ssrc, &info, NULL, 0);
	rtcp_write_cname(&c.w, s->line->slot_ssrc, bytes_of(NEGOTIATE_CNAME, sizeof NEGOTIATE_CNAME - 1));
	end(e, s->transport, &c, now);
}

static void send_receiver_report(struct engine *e, struct transport *t, usec now)
{
	struct rtcp_report reports[RTCP_REPORTS_MAX];
	struct compound c;
	size_t n = 0;
	uint8_t worst = 0;
	for (unsigned i = 0; i < SSRCS_PER_TRANSPORT && n < RTCP_REPORTS_MAX; i++)
		if (t->streams[i] && t->streams[i]->source->layer[t->streams[i]->layer].stream == t->streams[i] &&
		    recv_report(&t->streams[i]->recv, t->streams[i]->ssrc, now, &reports[n])) {
			worst = reports[n].fraction > worst ? reports[n].fraction : worst;
			n++;
		}
	t->loss_up = worst;
	if (!n || !begin(e, t, &c))
		return;
	rtcp_write_rr(&c.w, t->ssrc, reports, n);
	rtcp_write_rrtr(&c.w, t->ssrc, core_ntp(e, now));
	rtcp_write_cname(&c.w, t->ssrc, bytes_of(NEGOTIATE_CNAME, sizeof NEGOTIATE_CNAME - 1));
	end(e, t, &c, now);
}

static void send_nacks(struct engine *e, struct transport *t, struct stream *stream, usec now)
{
	uint16_t seqs[NACK_BATCH];
	uint64_t gone[GONE_BATCH];
	struct compound c;
	size_t n;
	while ((n = nack_gone(&stream->nack, now, gone, GONE_BATCH)) > 0)
		for (size_t i = 0; i < n; i++)
			again_on_gone(e, stream->source, stream->layer, gone[i], now);
	while ((n = nack_due(&stream->nack, now, seqs, NACK_BATCH)) > 0) {
		if (!begin(e, t, &c))
			return;
		rtcp_write_nack(&c.w, t->ssrc, stream->ssrc, seqs, n);
		t->nacks_out += n;
		end(e, t, &c, now);
	}
}

static void send_transport_feedback(struct engine *e, struct transport *t, usec now)
{
	usec arrivals[TWCCRECV_WINDOW];
	uint16_t base;
	struct compound c;
	while (twccrecv_is_due(&t->twcc, now)) {
		size_t told = 0, n = twccrecv_pending(&t->twcc, &base, arrivals, TWCCRECV_WINDOW);
		if (begin(e, t, &c)) {
			told = twcc_write(&c.w, t->ssrc, t->twcc_ssrc, t->twcc.number, base, arrivals, n);
			if (told)
				end(e, t, &c, now);
		}
		twccrecv_on_told(&t->twcc, told, now);
	}
}

void feedback_on_deadline(struct engine *e, struct transport *t, usec now)
{
	send_transport_feedback(e, t, now);
	for (unsigned i = 0; i < t->bind.n; i++)
		if (t->streams[i])
			send_nacks(e, t, t->streams[i], now);
	if (now >= t->report_at) {
		send_receiver_report(e, t, now);
		t->report_at = transport_again(now, FEEDBACK_RR_EVERY);
	}
}

void feedback_deadline(const struct transport *t, usec *next)
{
	if (!t->crypt)
		return;
	usec_lower(next, t->report_at);
	twccrecv_deadline(&t->twcc, next);
	for (unsigned i = 0; i < t->bind.n; i++)
		if (t->streams[i])
			nack_deadline(&t->streams[i]->nack, next);
}
