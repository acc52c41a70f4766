/* RTP with what it carries, and RTCP with transport feedback. The first byte chooses: an even one RTP, an odd one RTCP.
 * Reading stays inside the input; what was accepted keeps its guarantees and can be written again. */
#include "wire/demux.h"
#include "wire/depdesc.h"
#include "wire/h264.h"
#include "wire/opus.h"
#include "wire/red.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include "wire/twcc.h"
#include "wire/vp8.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			__builtin_trap();                                                                              \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct bytes part, struct bytes whole)
{
	CHECK(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void extensions(const struct rtp *r)
{
	struct rtpext_iter it = rtpext_iter_of(r);
	struct rtpext e;
	while (rtpext_next(&it, &e)) {
		char text[RID_MAX + 1];
		static struct depdesc_layers layers; /* of one input after another: any state will do */
		struct depdesc d;
		uint32_t time24;
		uint16_t seq;
		uint8_t level, spatial, temporal;
		bool voice;
		inside(e.data, r->ext);
		CHECK(e.id != 0);
		if (rtpext_text(r, e.id, text))
			CHECK(strlen(text) >= 1 && strlen(text) <= RID_MAX);
		if (depdesc_parse(e.data, &d, &layers) == ERR_OK &&
		    depdesc_layer(&layers, &d, &spatial, &temporal) == ERR_OK)
			CHECK(spatial < layers.count && temporal < layers.count);
		(void)rtpext_twcc(r, e.id, &seq);
		if (rtpext_audio_level(r, e.id, &level, &voice))
			CHECK(level <= 127);
		if (rtpext_abs_send_time(r, e.id, &time24))
			CHECK(time24 < 1U << 24);
	}
}

static void vp8(struct bytes payload)
{
	uint8_t out[VP8_DESCRIPTOR_BYTES + 1];
	struct writer w = writer_of(out, sizeof out);
	struct vp8 v, u;
	if (vp8_parse(payload, &v))
		return;
	CHECK(v.descriptor + v.payload.n == payload.n);
	vp8_write(&w, &v);
	CHECK(writer_len(&w) == VP8_DESCRIPTOR_BYTES && !w.failed);
	writer_u8(&w, v.payload.p[0]);
	CHECK(vp8_parse(writer_done(&w), &u) == ERR_OK);
	CHECK(u.picture_id == v.picture_id && u.tl0picidx == v.tl0picidx && u.tid == v.tid && u.keyidx == v.keyidx);
	CHECK(u.frame_start == v.frame_start && u.keyframe == v.keyframe && u.layer_sync == v.layer_sync);
}

static void codecs(struct bytes payload)
{
	struct bytes primary;
	struct h264 h;
	struct opus o;
	uint8_t pt;
	vp8(payload);
	if (red_primary(payload, &pt, &primary) == ERR_OK) {
		inside(primary, payload);
		CHECK(pt < 128);
	}
	if (h264_parse(payload, &h) == ERR_OK)
		CHECK(h.nal >= 1 && h.nal <= 23 && (!h.idr || h.nal != 1 || h.keyframe));
	if (opus_parse(payload, &o) == ERR_OK)
		CHECK(o.samples >= 120 && o.samples <= 5760 && o.samples == o.frames * o.frame_samples);
}

static void rtp(struct bytes packet)
{
	static uint8_t out[65536 + 4];
	struct writer w = writer_of(out, sizeof out);
	struct bytes original;
	struct rtp r;
	uint16_t seq;
	if (rtp_parse(packet, &r))
		return;
	inside(r.ext, packet);
	CHECK(r.header + r.payload.n + r.padding == packet.n);
	/* written again it is the same, but for an empty extension and for what the padding held */
	const struct rtp_head head = { r.marker, r.padding > 0, r.pt,	   r.seq,	  r.timestamp,
				       r.ssrc,	 r.csrcs,	r.n_csrcs, r.ext_profile, r.ext };
	rtp_write(&w, &head);
	CHECK(!w.failed);
	if (!r.has_ext || r.ext.n)
		CHECK(writer_len(&w) == r.header && memcmp(out, packet.p, r.header) == 0);
	extensions(&r);
	codecs(r.payload);
	if (rtp_rtx(&r, &seq, &original) == ERR_OK)
		codecs(original);
}

static void feedback(const struct rtcp_item *item)
{
	static uint8_t out[65536];
	static usec arrivals[TWCC_STATUSES_MAX];
	const usec forward =
	    ((usec)1 << 24) * TWCC_REFERENCE_USEC; /* one turn of the reference time: all is positive */
	struct twcc t, u;
	struct twcc_status s;
	size_t n = 0, done = 0;
	if (twcc_parse(item, &t))
		return;
	for (struct twcc_iter it = twcc_iter_of(&t); twcc_next(&it, &s); n++) {
		CHECK(n < t.count && s.seq == (uint16_t)(t.base + n));
		arrivals[n] = s.arrived ? s.at + forward : USEC_NEVER;
	}
	CHECK(n == t.count);
	while (done < n) {
		struct writer w = writer_of(out, sizeof out);
		struct rtcp_iter packets;
		struct rtcp_item one;
		size_t told =
		    twcc_write(&w, t.sender, t.media, t.number, (uint16_t)(t.base + done), arrivals + done, n - done);
		if (told == 0)
			break;
		CHECK(!w.failed && rtcp_parse(writer_done(&w), &packets) == ERR_OK && rtcp_next(&packets, &one));
		CHECK(twcc_parse(&one, &u) == ERR_OK && u.count == told);
		for (struct twcc_iter it = twcc_iter_of(&u); twcc_next(&it, &s); done++) {
			CHECK(s.arrived == (arrivals[done] != USEC_NEVER));
			CHECK(!s.arrived || (s.at - arrivals[done]) % forward == 0);
		}
	}
	for (; done < n; done++)
		CHECK(arrivals[done] == USEC_NEVER);
}

static void rtcp(struct bytes datagram)
{
	struct rtcp_iter it;
	struct rtcp_item item;
	size_t items = 0;
	if (rtcp_parse(datagram, &it))
		return;
	for (; rtcp_next(&it, &item); items++) {
		struct rtcp_report report;
		struct rtcp_fir fir;
		struct rtcp_dlrr dlrr;
		struct bytes cname;
		uint32_t ssrc;
		uint16_t seq;
		size_t n = 0;
		inside(item.body, datagram);
		if (item.kind == RTCP_TWCC)
			feedback(&item);
		while (rtcp_report_next(&item, &report) || rtcp_nack_next(&item, &seq) || rtcp_fir_next(&item, &fir) ||
		       rtcp_remb_next(&item, &ssrc) || rtcp_bye_next(&item, &ssrc) || rtcp_dlrr_next(&item, &dlrr))
			n++;
		CHECK(n <= item.body.n / 4 * 17);
		while (rtcp_cname_next(&item, &ssrc, &cname))
			inside(cname, datagram);
	}
	CHECK(items >= 1 && items <= datagram.n / 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct bytes datagram = bytes_of(data + 1, size - 1);
	(void)demux_kind(datagram);
	if (data[0] % 2)
		rtcp(datagram);
	else
		rtp(datagram);
	return 0;
}
