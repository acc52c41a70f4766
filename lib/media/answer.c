#include "media/answer.h"
#include "base/str.h"

#define VIEW(b) (int)(b).n, (const char *)(b).p

static void write_session(const struct answer *a, struct writer *to)
{
	str_write(to, "v=0\r\no=- %llu 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
		  (unsigned long long)a->config->session_id);
	if (a->grouped) {
		str_write(to, "a=group:BUNDLE");
		for (size_t i = 0; i < a->n_bundle; i++)
			str_write(to, " %s", a->media->lines[a->bundle[i]].mid);
		str_write(to, "\r\n");
	}
	if (a->mixed)
		str_write(to, "a=extmap-allow-mixed\r\n");
	str_write(to, "a=ice-lite\r\n");
}

static void write_refused(const struct offer_line *o, struct writer *to)
{
	struct bytes formats = o->media->formats, first;
	(void)sdp_word_next(&formats, ' ', &first);
	str_write(to, "m=%.*s 0 %.*s %.*s\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n", VIEW(o->media->kind),
		  VIEW(o->media->proto), VIEW(first));
	if (o->mid.n)
		str_write(to, "a=mid:%.*s\r\n", VIEW(o->mid));
}

static void write_transport(const struct answer *a, const struct offer_line *o, struct writer *to)
{
	str_write(to, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 ", a->config->ufrag, a->config->pwd);
	for (size_t i = 0; i < sizeof a->config->fingerprint.sha256; i++)
		str_write(to, "%s%02X", i ? ":" : "", a->config->fingerprint.sha256[i]);
	str_write(to, "\r\na=setup:%s\r\na=rtcp-mux\r\n", a->media->dtls_role == DTLS_ACTIVE ? "active" : "passive");
	if (o->rsize)
		str_write(to, "a=rtcp-rsize\r\n");
	if (o->mixed)
		str_write(to, "a=extmap-allow-mixed\r\n");
}

/* The priority of RFC 8445 5.1.2.1 for component 1: the type's preference, then the local one. */
static uint32_t priority(unsigned type, unsigned local)
{
	return type << 24 | local << 8 | 255;
}

static void write_udp(const struct answer *a, uint8_t family, unsigned *count, struct writer *to)
{
	char ip[NETADDR_TEXT];
	for (size_t i = 0; i < a->config->n_udp; i++) {
		const struct netaddr *at = &a->config->udp[i];
		if (at->family != family)
			continue;
		netaddr_ip_text(at, ip);
		str_write(to, "a=candidate:%u 1 udp %u %s %u typ host\r\n", *count + 1, priority(126, 65535 - *count),
			  ip, at->port);
		++*count;
	}
}

/* UDP IPv4 first: some clients take the first line alone. TCP passive: RFC 6544 4.2. */
static void write_candidates(const struct answer *a, struct writer *to)
{
	unsigned count = 0;
	write_udp(a, 4, &count, to);
	write_udp(a, 6, &count, to);
	for (size_t i = 0; i < a->config->n_tcp; i++) {
		char ip[NETADDR_TEXT];
		netaddr_ip_text(&a->config->tcp[i], ip);
		str_write(to, "a=candidate:%u 1 tcp %u %s %u typ host tcptype passive\r\n", count + 1,
			  priority(90, (4 << 13) + 8191 - count), ip, a->config->tcp[i].port);
		count++;
	}
	str_write(to, "a=end-of-candidates\r\n");
}

static void write_feedback(const struct line_codec *c, struct writer *to)
{
	if (c->nack)
		str_write(to, "a=rtcp-fb:%u nack\r\n", c->pt);
	if (c->pli)
		str_write(to, "a=rtcp-fb:%u nack pli\r\n", c->pt);
	if (c->fir)
		str_write(to, "a=rtcp-fb:%u ccm fir\r\n", c->pt);
	if (c->twcc)
		str_write(to, "a=rtcp-fb:%u transport-cc\r\n", c->pt);
}

static void write_codec(const struct line *l, const struct offer_line *o, const struct line_codec *c, struct writer *to)
{
	switch (c->codec) {
	case CODEC_OPUS:
		str_write(to, "a=rtpmap:%u opus/48000/2\r\na=fmtp:%u minptime=10;useinbandfec=1%s\r\n", c->pt, c->pt,
			  l->role == LINE_MIC_LOW ? ";maxaveragebitrate=12000" : "");
		break;
	case CODEC_RED:
		str_write(to, "a=rtpmap:%u red/48000/2\r\na=fmtp:%u %u/%u\r\n", c->pt, c->pt, l->codecs[0].pt,
			  l->codecs[0].pt);
		break;
	case CODEC_VP8: str_write(to, "a=rtpmap:%u VP8/90000\r\n", c->pt); break;
	case CODEC_H264:
		str_write(to, "a=rtpmap:%u H264/90000\r\na=fmtp:%u %spacketization-mode=1;profile-level-id=%.*s\r\n",
			  c->pt, c->pt, o->h264_asymmetry ? "level-asymmetry-allowed=1;" : "", VIEW(o->h264_profile));
		break;
	case CODEC_NONE: break;
	}
	write_feedback(c, to);
	if (c->rtx_pt)
		str_write(to, "a=rtpmap:%u rtx/90000\r\na=fmtp:%u apt=%u\r\n", c->rtx_pt, c->rtx_pt, c->pt);
}

/* `direction`: what we do on this line, written where the offer limited the extension. */
static void write_exts(const struct line *l, const struct offer_line *o, const char *direction, struct writer *to)
{
	const uint8_t ids[EXT_COUNT] = {
		[EXT_MID] = l->exts.mid,
		[EXT_RID] = l->exts.rid,
		[EXT_REPAIRED_RID] = l->exts.repaired_rid,
		[EXT_TWCC] = l->exts.twcc,
		[EXT_AUDIO_LEVEL] = l->exts.audio_level,
		[EXT_ABS_SEND_TIME] = l->exts.abs_send_time,
		[EXT_DEPENDENCY_DESCRIPTOR] = l->exts.dependency_descriptor,
	};
	for (size_t i = 0; i < EXT_COUNT; i++) {
		if (ids[i])
			str_write(to, "a=extmap:%u%s%s %s\r\n", ids[i], o->exts[i].limited ? "/" : "",
				  o->exts[i].limited ? direction : "", offer_ext_uri((enum offer_ext_name)i));
	}
}

/* In the offer's order, whatever layer each is. */
static void write_simulcast(const struct line *l, const struct offer_line *o, struct writer *to)
{
	for (size_t i = 0; i < l->n_rids; i++)
		str_write(to, "a=rid:%.*s recv\r\n", VIEW(o->rids[i]));
	for (size_t i = 0; i < l->n_rids; i++)
		str_write(to, "%s%.*s", i ? ";" : "a=simulcast:recv ", VIEW(o->rids[i]));
	if (l->n_rids)
		str_write(to, "\r\n");
}

/* The media SSRC before the RTX SSRC: the first is taken as the primary. a0 and v0 share their stream: lip sync. */
static void write_slot(const struct line *l, struct writer *to)
{
	char kind = l->role == LINE_SLOT_AUDIO ? 'a' : 'v';
	if (l->slot == 0)
		str_write(to, "a=msid:stage %c0\r\n", kind);
	else
		str_write(to, "a=msid:%c%u %c%u\r\n", kind, l->slot, kind, l->slot);
	if (l->slot_rtx_ssrc)
		str_write(to, "a=ssrc-group:FID %u %u\r\n", l->slot_ssrc, l->slot_rtx_ssrc);
	str_write(to, "a=ssrc:%u cname:" NEGOTIATE_CNAME "\r\n", l->slot_ssrc);
	if (l->slot_rtx_ssrc)
		str_write(to, "a=ssrc:%u cname:" NEGOTIATE_CNAME "\r\n", l->slot_rtx_ssrc);
}

static void write_line(const struct answer *a, const struct line *l, const struct offer_line *o, struct writer *to)
{
	bool slot = l->role == LINE_SLOT_AUDIO || l->role == LINE_SLOT_VIDEO;
	const char *direction = slot ? "sendonly" : "recvonly";
	str_write(to, "m=%.*s 9 %.*s", VIEW(o->media->kind), VIEW(o->media->proto));
	for (size_t i = 0; i < l->n_codecs; i++) {
		str_write(to, " %u", l->codecs[i].pt);
		if (l->codecs[i].rtx_pt)
			str_write(to, " %u", l->codecs[i].rtx_pt);
	}
	str_write(to, "\r\nc=IN IP4 0.0.0.0\r\na=%s\r\n", direction);
	if (l->mid[0])
		str_write(to, "a=mid:%s\r\n", l->mid);
	write_transport(a, o, to);
	for (size_t i = 0; i < l->n_codecs; i++)
		write_codec(l, o, &l->codecs[i], to);
	if (l->role == LINE_MIC_LOW)
		str_write(to, "a=ptime:60\r\n");
	write_exts(l, o, direction, to);
	if (slot)
		write_slot(l, to);
	else
		write_simulcast(l, o, to);
}

void answer_write(const struct answer *a, struct writer *to)
{
	write_session(a, to);
	for (size_t i = 0; i < a->media->n_lines; i++) {
		if (a->media->lines[i].role == LINE_REFUSED)
			write_refused(&a->lines[i], to);
		else
			write_line(a, &a->media->lines[i], &a->lines[i], to);
		if (i == a->bundle[0])
			write_candidates(a, to);
	}
}
