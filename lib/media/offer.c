#include "media/offer.h"

#define PTS 128
#define RIDS_READ 8   /* rids of a line that are looked at */
#define SSRCS_READ 16 /* likewise SSRCs, and pairs of them */
#define MID_READ 255

/* What a line says of one payload type. */
struct pt {
	bool listed; /* stands in the m-line */
	struct bytes rtpmap, fmtp;
	bool nack, pli, fir, twcc;
};

/* What must be collected before it can be understood: attributes come in any order. */
struct reading {
	struct pt pts[PTS];
	uint8_t order[PTS]; /* the listed ones, as listed */
	uint8_t n_order;
	struct pt all; /* rtcp-fb:* */
	struct bytes rids[RIDS_READ];
	uint8_t n_rids;
	struct bytes simulcast; /* the list behind "send" */
	uint32_t ssrcs[SSRCS_READ];
	uint8_t n_ssrcs;
	struct ssrc_pair {
		uint32_t media, other;
		bool rtx;
	} pairs[SSRCS_READ];
	uint8_t n_pairs;
};

static const char *const ext_uris[EXT_COUNT] = {
	[EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
	[EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
	[EXT_REPAIRED_RID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
	[EXT_TWCC] = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
	[EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
	[EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
	[EXT_DEPENDENCY_DESCRIPTOR] =
	    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
};

const char *offer_ext_uri(enum offer_ext_name name)
{
	return ext_uris[name];
}

static const struct {
	const char *name;
	enum offer_direction direction;
} directions[] = {
	{ "sendrecv", OFFER_SENDRECV },
	{ "sendonly", OFFER_SENDONLY },
	{ "recvonly", OFFER_RECVONLY },
	{ "inactive", OFFER_INACTIVE },
};
#define N_DIRECTIONS (sizeof directions / sizeof *directions)

static bool direction_named(struct bytes name, enum offer_direction *out)
{
	for (size_t i = 0; i < N_DIRECTIONS; i++) {
		if (sdp_is(name, directions[i].name)) {
			*out = directions[i].direction;
			return true;
		}
	}
	return false;
}

enum offer_direction offer_direction_of(struct bytes lines, enum offer_direction otherwise)
{
	enum offer_direction found = otherwise;
	for (struct sdp_attr a; sdp_attr_next(&lines, &a);) {
		if (direction_named(a.name, &found))
			break;
	}
	return found;
}

/* The transport's own attributes: of the line, else of the session. Of several fingerprints SHA-256 is ours. */
static void read_transport(struct bytes lines, struct offer_line *out)
{
	struct bytes fingerprint = { 0 }, ufrag = { 0 }, pwd = { 0 }, setup = { 0 };
	for (struct sdp_attr a; sdp_attr_next(&lines, &a);) {
		if (sdp_is(a.name, "fingerprint")) {
			struct bytes rest = a.value;
			if (fingerprint.n == 0 || sdp_is_nocase(sdp_cut(&rest, ' '), "sha-256"))
				fingerprint = a.value;
		} else if (sdp_is(a.name, "ice-ufrag")) {
			ufrag = a.value;
		} else if (sdp_is(a.name, "ice-pwd")) {
			pwd = a.value;
		} else if (sdp_is(a.name, "setup")) {
			setup = a.value;
		}
	}
	out->fingerprint = fingerprint.n ? fingerprint : out->fingerprint;
	out->ufrag = ufrag.n ? ufrag : out->ufrag;
	out->pwd = pwd.n ? pwd : out->pwd;
	out->setup = setup.n ? setup : out->setup;
}

/* Takes a payload type off the front: "111 opus/48000/2". RFC 5761 keeps 64–95 for RTCP on the same port. */
static struct pt *pt_of(struct reading *r, struct bytes *value)
{
	uint32_t pt;
	if (!sdp_number(sdp_cut(value, ' '), PTS - 1, &pt) || (pt >= 64 && pt <= 95))
		return NULL;
	return &r->pts[pt];
}

static void on_rtpmap(struct reading *r, struct offer_line *out, struct bytes value)
{
	struct pt *pt = pt_of(r, &value);
	if (pt)
		(void)sdp_word_next(&value, ' ', &pt->rtpmap);
}

static void on_fmtp(struct reading *r, struct offer_line *out, struct bytes value)
{
	struct pt *pt = pt_of(r, &value);
	if (pt)
		pt->fmtp = value;
}

static void on_rtcp_fb(struct reading *r, struct offer_line *out, struct bytes value)
{
	struct bytes rest = value;
	struct pt *pt = sdp_is(sdp_cut(&rest, ' '), "*") ? &r->all : pt_of(r, &value);
	if (!pt)
		return;
	struct bytes kind, more;
	(void)sdp_word_next(&rest, ' ', &kind);
	(void)sdp_word_next(&rest, ' ', &more);
	pt->nack |= sdp_is_nocase(kind, "nack") && more.n == 0;
	pt->pli |= sdp_is_nocase(kind, "nack") && sdp_is_nocase(more, "pli");
	pt->fir |= sdp_is_nocase(kind, "ccm") && sdp_is_nocase(more, "fir");
	pt->twcc |= sdp_is_nocase(kind, "transport-cc");
}

/* "3/sendonly urn:… attributes" */
static void on_extmap(struct reading *r, struct offer_line *out, struct bytes value)
{
	struct bytes first, uri;
	uint32_t id;
	struct offer_ext ext = { .direction = OFFER_SENDRECV };
	if (!sdp_word_next(&value, ' ', &first) || !sdp_word_next(&value, ' ', &uri) ||
	    !sdp_number(sdp_cut(&first, '/'), 255, &id) || id == 0)
		return;
	ext.limited = first.n > 0;
	if (ext.limited && !direction_named(first, &ext.direction))
		return;
	ext.id = (uint8_t)id;
	struct offer_ext *place = NULL;
	for (size_t i = 0; i < EXT_COUNT; i++) {
		if (out->exts[i].id == ext.id)
			return; /* one id for two things: the first has it */
		if (sdp_is(uri, ext_uris[i]))
			place = &out->exts[i];
	}
	if (place && place->id == 0)
		*place = ext;
}

/* "l send", "l send pt=96" */
static void on_rid(struct reading *r, struct offer_line *out, struct bytes value)
{
	struct bytes rid, direction;
	(void)sdp_word_next(&value, ' ', &rid);
	(void)sdp_word_next(&value, ' ', &direction);
	if (sdp_is(direction, "send") && rid.n <= RID_MAX && sdp_is_token(rid) && r->n_rids < RIDS_READ)
		r->rids[r->n_rids++] = rid;
}

/* "send l;m;h", "recv a send l;~h" */
static void on_simulcast(struct reading *r, struct offer_line *out, struct bytes value)
{
	for (struct bytes word; sdp_word_next(&value, ' ', &word);) {
		if (sdp_is(word, "send") && r->simulcast.n == 0)
			(void)sdp_word_next(&value, ' ', &r->simulcast);
	}
}

static void on_ssrc(struct reading *r, struct offer_line *out, struct bytes value)
{
	uint32_t ssrc;
	if (!sdp_number(sdp_cut(&value, ' '), UINT32_MAX, &ssrc) || ssrc == 0 || r->n_ssrcs == SSRCS_READ)
		return;
	for (size_t i = 0; i < r->n_ssrcs; i++) {
		if (r->ssrcs[i] == ssrc)
			return;
	}
	r->ssrcs[r->n_ssrcs++] = ssrc;
}

/* "FID media rtx"; of another pair ("FEC-FR media fec") the second is no media either. */
static void on_ssrc_group(struct reading *r, struct offer_line *out, struct bytes value)
{
	struct bytes semantics = sdp_cut(&value, ' '), a, b, c;
	uint32_t media, other;
	(void)sdp_word_next(&value, ' ', &a);
	(void)sdp_word_next(&value, ' ', &b);
	if (sdp_is(semantics, "SIM") || sdp_word_next(&value, ' ', &c) || !sdp_number(a, UINT32_MAX, &media) ||
	    !sdp_number(b, UINT32_MAX, &other) || r->n_pairs == SSRCS_READ)
		return;
	r->pairs[r->n_pairs++] = (struct ssrc_pair){ media, other, sdp_is(semantics, "FID") };
}

static void on_mid(struct reading *r, struct offer_line *out, struct bytes value)
{
	out->mid = value;
}
static void on_mux(struct reading *r, struct offer_line *out, struct bytes value)
{
	out->mux = true;
}
static void on_bundle_only(struct reading *r, struct offer_line *out, struct bytes value)
{
	out->alive = out->mux = true;
}
static void on_rsize(struct reading *r, struct offer_line *out, struct bytes value)
{
	out->rsize = true;
}
static void on_mixed(struct reading *r, struct offer_line *out, struct bytes value)
{
	out->mixed = true;
}

static const struct {
	const char *name;
	void (*read)(struct reading *r, struct offer_line *out, struct bytes value);
} attributes[] = {
	{ "rtpmap", on_rtpmap },
	{ "fmtp", on_fmtp },
	{ "rtcp-fb", on_rtcp_fb },
	{ "extmap", on_extmap },
	{ "rid", on_rid },
	{ "simulcast", on_simulcast },
	{ "ssrc", on_ssrc },
	{ "ssrc-group", on_ssrc_group },
	{ "mid", on_mid },
	{ "rtcp-mux", on_mux },
	{ "rtcp-rsize", on_rsize },
	{ "bundle-only", on_bundle_only },
	{ "extmap-allow-mixed", on_mixed },
};

/* The payload type whose rtpmap is this and whose fmtp's `key` (or, without key, first word before '/') is `base`. */
static uint8_t pt_upon(const struct reading *r, const char *rtpmap, const char *key, uint8_t base)
{
	for (size_t i = 0; i < r->n_order; i++) {
		const struct pt *pt = &r->pts[r->order[i]];
		struct bytes value = pt->fmtp;
		uint32_t number;
		if (!sdp_is_nocase(pt->rtpmap, rtpmap))
			continue;
		if (key)
			(void)sdp_param(pt->fmtp, key, &value);
		else
			value = sdp_cut(&value, '/');
		if (sdp_number(value, PTS - 1, &number) && number == base)
			return r->order[i];
	}
	return 0;
}

/* Constrained baseline by RFC 6184 table 5, whatever its level. */
static bool h264_is_ours(struct bytes fmtp)
{
	struct bytes mode, id;
	if (!sdp_param(fmtp, "packetization-mode", &mode) || !sdp_is(mode, "1") ||
	    !sdp_param(fmtp, "profile-level-id", &id) || id.n != 6)
		return false;
	int digits[4];
	for (size_t i = 0; i < id.n; i++) {
		int digit = sdp_hex(id.p[i]);
		if (digit < 0)
			return false;
		if (i < 4)
			digits[i] = digit;
	}
	int profile = digits[0] * 16 + digits[1], constraints = digits[2] * 16 + digits[3];
	return (constraints & 0x0f) == 0 &&
	       ((profile == 0x42 && (constraints & 0x40)) || (profile == 0x4d && (constraints & 0x80)) ||
		(profile == 0x58 && (constraints & 0xc0) == 0xc0));
}

static void codec_add(const struct reading *r, struct offer_line *out, enum codec codec, uint8_t number)
{
	const struct pt *pt = &r->pts[number];
	struct line_codec *c = &out->codecs[out->n_codecs++];
	*c = (struct line_codec){ .codec = codec, .pt = number, .twcc = pt->twcc || r->all.twcc };
	if (out->kind == OFFER_VIDEO) {
		c->rtx_pt = pt_upon(r, "rtx/90000", "apt", number);
		c->nack = pt->nack || r->all.nack;
		c->pli = pt->pli || r->all.pli;
		c->fir = pt->fir || r->all.fir;
	} else {
		c->nack = codec == CODEC_OPUS; /* browsers offer none, and send and answer them when it is answered */
	}
}

/* The first payload type of each codec, in our order of preference. */
static void choose_codecs(const struct reading *r, struct offer_line *out, unsigned allow)
{
	uint8_t opus = 0, vp8 = 0, h264 = 0;
	for (size_t i = r->n_order; i-- > 0;) {
		const struct pt *pt = &r->pts[r->order[i]];
		if (sdp_is_nocase(pt->rtpmap, "opus/48000/2"))
			opus = r->order[i];
		if (sdp_is_nocase(pt->rtpmap, "VP8/90000"))
			vp8 = r->order[i];
		if (sdp_is_nocase(pt->rtpmap, "H264/90000") && h264_is_ours(pt->fmtp))
			h264 = r->order[i];
	}
	if (out->kind == OFFER_AUDIO && opus) {
		codec_add(r, out, CODEC_OPUS, opus);
		uint8_t red = pt_upon(r, "red/48000/2", NULL, opus);
		if (red && (allow & NEGOTIATE_RED))
			codec_add(r, out, CODEC_RED, red);
	}
	if (out->kind == OFFER_VIDEO && vp8)
		codec_add(r, out, CODEC_VP8, vp8);
	if (out->kind == OFFER_VIDEO && h264 && (allow & NEGOTIATE_H264)) {
		codec_add(r, out, CODEC_H264, h264);
		struct bytes asymmetry;
		(void)sdp_param(r->pts[h264].fmtp, "profile-level-id", &out->h264_profile);
		(void)sdp_param(r->pts[h264].fmtp, "level-asymmetry-allowed", &asymmetry);
		out->h264_asymmetry = sdp_is(asymmetry, "1");
	}
}

/* A rid counts when it stands in the simulcast list and has a line of its own; of alternatives the first. */
static void choose_rids(const struct reading *r, struct offer_line *out)
{
	struct bytes list = r->simulcast;
	for (struct bytes rid; out->n_rids < RIDS_MAX && sdp_word_next(&list, ';', &rid);) {
		rid = sdp_cut(&rid, ',');
		if (rid.n && rid.p[0] == '~')
			rid = bytes_of(rid.p + 1, rid.n - 1);
		bool known = false, twice = false;
		for (size_t i = 0; i < r->n_rids; i++)
			known |= bytes_equal(rid, r->rids[i]);
		for (size_t i = 0; i < out->n_rids; i++)
			twice |= bytes_equal(rid, out->rids[i]);
		if (known && !twice)
			out->rids[out->n_rids++] = rid;
	}
}

static void choose_ssrcs(const struct reading *r, struct offer_line *out)
{
	for (size_t i = 0; i < r->n_ssrcs && out->n_ssrcs < SSRCS_PER_RID; i++) {
		uint32_t rtx = 0;
		bool media = true;
		for (size_t k = 0; k < r->n_pairs; k++) {
			if (r->pairs[k].other == r->ssrcs[i])
				media = false;
			if (r->pairs[k].media == r->ssrcs[i] && r->pairs[k].rtx)
				rtx = r->pairs[k].other;
		}
		if (!media)
			continue;
		out->ssrcs[out->n_ssrcs] = r->ssrcs[i];
		out->rtx_ssrcs[out->n_ssrcs++] = rtx;
	}
}

static bool rtp_proto(struct bytes proto)
{
	static const char *const known[] = { "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF",
					     "TCP/DTLS/RTP/SAVP", "RTP/SAVPF",	      "RTP/SAVP" };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (sdp_is(proto, known[i]))
			return true;
	}
	return false;
}

enum err offer_read(const struct sdp_media *media, struct bytes session, enum offer_direction otherwise, unsigned allow,
		    struct offer_line *out)
{
	*out = (struct offer_line){ .media = media, .alive = media->port != 0, .rtp = rtp_proto(media->proto) };
	out->kind = sdp_is(media->kind, "audio")   ? OFFER_AUDIO
		    : sdp_is(media->kind, "video") ? OFFER_VIDEO
						   : OFFER_OTHER;
	out->direction = offer_direction_of(media->lines, otherwise);
	read_transport(session, out);
	read_transport(media->lines, out);

	struct reading r = { 0 };
	for (struct bytes formats = media->formats, word; out->rtp && sdp_word_next(&formats, ' ', &word);) {
		struct pt *pt = pt_of(&r, &word);
		if (pt && !pt->listed) {
			pt->listed = true;
			r.order[r.n_order++] = (uint8_t)(pt - r.pts);
		}
	}
	struct bytes lines = media->lines;
	for (struct sdp_attr a; sdp_attr_next(&lines, &a);) {
		for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
			if (sdp_is(a.name, attributes[i].name))
				attributes[i].read(&r, out, a.value);
		}
	}
	choose_codecs(&r, out, allow);
	choose_rids(&r, out);
	choose_ssrcs(&r, out);
	if (out->mid.n > MID_READ)
		return ERR_LIMIT;
	return out->mid.n == 0 || sdp_is_token(out->mid) ? ERR_OK : ERR_FORMAT;
}

/* Sets of names in use, lowest layer first: ours, libwebrtc's samples', plain words, and OBS (its 0 is the largest). */
static const char *const ladders[][RIDS_MAX] = {
	{ "l", "m", "h" },
	{ "l", "h" },
	{ "l", "m" },
	{ "q", "h", "f" },
	{ "q", "h" },
	{ "q", "f" },
	{ "low", "mid", "high" },
	{ "low", "high" },
	{ "2", "1", "0" },
	{ "1", "0" },
	{ "low", "medium", "high" },
};

static bool ladder_order(const struct offer_line *line, const char *const names[RIDS_MAX], uint8_t order[RIDS_MAX])
{
	uint8_t n_names = 0, n = 0;
	for (; n_names < RIDS_MAX && names[n_names]; n_names++) {
		for (uint8_t i = 0; i < line->n_rids; i++) {
			if (sdp_is(line->rids[i], names[n_names]))
				order[n++] = i;
		}
	}
	return n == n_names && n == line->n_rids;
}

void offer_rid_order(const struct offer_line *line, uint8_t order[RIDS_MAX])
{
	for (size_t k = 0; k < sizeof ladders / sizeof *ladders; k++) {
		if (ladder_order(line, ladders[k], order))
			return;
	}
	for (uint8_t i = 0; i < RIDS_MAX; i++)
		order[i] = i;
}
