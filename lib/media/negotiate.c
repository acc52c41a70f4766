#include "media/negotiate.h"
#include "base/str.h"
#include "media/answer.h"
#include "media/offer.h"
#include "wire/sdp.h"

/* All that is known of one offer. */
struct reading {
	struct sdp sdp;
	struct offer_line lines[LINES_MAX];
	bool grouped;		   /* the offer has a BUNDLE group */
	bool mixed;		   /* extmap-allow-mixed for the session */
	bool member[LINES_MAX];	   /* the lines that stand in the group */
	uint8_t group[LINES_MAX];  /* these, in the group's order */
	uint8_t bundle[LINES_MAX]; /* the accepted of them */
	uint8_t n_group, n_bundle;
};

#define STRING(number) STRING_OF(number)
#define STRING_OF(text) #text

/* What of each kind was given away so far. */
struct roles {
	bool mic, mic_low, camera, screen;
	uint8_t slots_audio, slots_video;
};

static enum err refuse(struct negotiate_error *error, enum err err, const char *text)
{
	error->err = err;
	(void)str_copy(error->text, sizeof error->text, text);
	return err;
}

static enum err refuse_line(struct negotiate_error *error, enum err err, const struct reading *r, size_t i,
			    const char *text)
{
	const struct sdp_media *m = &r->sdp.media[i];
	struct bytes mid = r->lines[i].mid;
	error->err = err;
	(void)str_print(error->text, sizeof error->text, "m-line %zu (%.*s%s%.*s): %s", i + 1,
			(int)(m->kind.n < 16 ? m->kind.n : 16), m->kind.n ? (const char *)m->kind.p : "",
			sdp_is_token(mid) ? ", mid " : "", (int)(sdp_is_token(mid) ? mid.n < 32 ? mid.n : 32 : 0),
			mid.n ? (const char *)mid.p : "", text);
	return err;
}

static bool is_ice_text(const char *text, size_t min, size_t max)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++) {
		if (!memchr(chars, text[i], sizeof chars - 1))
			return false;
	}
	return n >= min && n <= max;
}

static bool config_is_good(const struct negotiate_config *c)
{
	if (!is_ice_text(c->ufrag, 4, 32) || !is_ice_text(c->pwd, 22, 64) || c->session_id >> 62 || c->n_udp == 0 ||
	    c->n_udp + c->n_tcp > NEGOTIATE_CANDIDATES_MAX || c->slots_audio > SLOTS_AUDIO_MAX ||
	    c->slots_video > SLOTS_VIDEO_MAX)
		return false;
	for (size_t i = 0; i < NEGOTIATE_SSRCS; i++) {
		if (c->ssrcs[i] == 0)
			return false;
		for (size_t k = 0; k < i; k++) {
			if (c->ssrcs[i] == c->ssrcs[k])
				return false;
		}
	}
	return true;
}

static enum err read_lines(struct reading *r, unsigned allow, struct negotiate_error *error)
{
	enum offer_direction otherwise = offer_direction_of(r->sdp.session, OFFER_SENDRECV);
	for (size_t i = 0; i < r->sdp.n_media; i++) {
		enum err err = offer_read(&r->sdp.media[i], r->sdp.session, otherwise, allow, &r->lines[i]);
		if (err != ERR_OK)
			return refuse_line(error, err, r, i, "its a=mid is broken or too long");
		for (size_t k = 0; r->lines[i].mid.n && k < i; k++) {
			if (bytes_equal(r->lines[i].mid, r->lines[k].mid))
				return refuse_line(error, ERR_FORMAT, r, i, "its a=mid stands in a line before it too");
		}
	}
	return ERR_OK;
}

/* The first BUNDLE group of the session; mids without a line, and second mentions, are passed over. */
static void read_session(struct reading *r)
{
	struct bytes lines = r->sdp.session;
	for (struct sdp_attr a; sdp_attr_next(&lines, &a);) {
		struct bytes mid, words = a.value;
		r->mixed |= sdp_is(a.name, "extmap-allow-mixed");
		if (r->grouped || !sdp_is(a.name, "group") || !sdp_is(sdp_cut(&words, ' '), "BUNDLE"))
			continue;
		r->grouped = true;
		while (sdp_word_next(&words, ' ', &mid)) {
			for (uint8_t i = 0; i < r->sdp.n_media; i++) {
				if (r->member[i] || !bytes_equal(mid, r->lines[i].mid))
					continue;
				r->member[i] = true;
				r->group[r->n_group++] = i;
			}
		}
	}
}

static bool grouped(const struct reading *r, size_t i)
{
	return !r->grouped || r->member[i];
}

/* Why a line cannot be used at all; NULL when it can. */
static const char *unusable(const struct reading *r, size_t i)
{
	const struct offer_line *o = &r->lines[i];
	if (!o->alive)
		return "has port 0";
	if (o->kind == OFFER_OTHER)
		return "neither audio nor video";
	if (!o->rtp)
		return "its protocol is not SRTP over DTLS";
	if (!grouped(r, i))
		return "outside the BUNDLE group";
	if (o->mid.n > RID_MAX)
		return "its a=mid is longer than 16";
	if (!o->mux)
		return "no a=rtcp-mux";
	if (o->direction == OFFER_INACTIVE)
		return "inactive";
	if (o->n_codecs == 0)
		return "no codec in common (Opus, VP8, H264 constrained baseline with packetization-mode 1)";
	return NULL;
}

static bool take(bool *role)
{
	bool is_free = !*role;
	*role = true;
	return is_free;
}

/* The role of a usable line by the order within its kind; `slot` gets the number of a slot. */
static enum line_role role_of(const struct offer_line *o, const struct negotiate_config *c, struct roles *given,
			      uint8_t *slot)
{
	bool audio = o->kind == OFFER_AUDIO;
	if ((o->direction & OFFER_SENDONLY) && take(audio ? &given->mic : &given->camera))
		return audio ? LINE_MIC : LINE_CAMERA;
	if (o->direction == OFFER_SENDONLY && take(audio ? &given->mic_low : &given->screen))
		return audio ? LINE_MIC_LOW : LINE_SCREEN;
	uint8_t *n = audio ? &given->slots_audio : &given->slots_video;
	if (!(o->direction & OFFER_RECVONLY) || *n >= (audio ? c->slots_audio : c->slots_video))
		return LINE_REFUSED;
	*slot = (*n)++;
	return audio ? LINE_SLOT_AUDIO : LINE_SLOT_VIDEO;
}

/* The id of an extension that the offerer uses in this direction. */
static uint8_t ext_id(const struct offer_line *o, enum offer_ext_name name, enum offer_direction offerer)
{
	return (o->exts[name].direction & offerer) ? o->exts[name].id : 0;
}

static void decide_sender(const struct offer_line *o, unsigned allow, struct line *l)
{
	bool video = o->kind == OFFER_VIDEO;
	l->exts.mid = ext_id(o, EXT_MID, OFFER_SENDONLY);
	l->exts.twcc = ext_id(o, EXT_TWCC, OFFER_SENDONLY);
	if (!video)
		l->exts.audio_level = ext_id(o, EXT_AUDIO_LEVEL, OFFER_SENDONLY);
	if (allow & NEGOTIATE_ABS_SEND_TIME)
		l->exts.abs_send_time = ext_id(o, EXT_ABS_SEND_TIME, OFFER_SENDONLY);
	if (video && (allow & NEGOTIATE_DEPENDENCY_DESCRIPTOR))
		l->exts.dependency_descriptor = ext_id(o, EXT_DEPENDENCY_DESCRIPTOR, OFFER_SENDONLY);

	/* Layers are told apart by mid and rid: without these extensions the line is a single stream. */
	uint8_t rid = ext_id(o, EXT_RID, OFFER_SENDONLY);
	if (video && o->n_rids && rid && l->exts.mid) {
		uint8_t order[RIDS_MAX];
		offer_rid_order(o, order);
		l->exts.rid = rid;
		l->exts.repaired_rid = ext_id(o, EXT_REPAIRED_RID, OFFER_SENDONLY);
		l->n_rids = o->n_rids;
		for (size_t i = 0; i < l->n_rids; i++)
			(void)str_copy_n(l->rids[i], sizeof l->rids[i], (const char *)o->rids[order[i]].p,
					 o->rids[order[i]].n);
		return;
	}
	l->n_ssrcs = o->n_ssrcs;
	memcpy(l->ssrcs, o->ssrcs, sizeof l->ssrcs);
	memcpy(l->rtx_ssrcs, o->rtx_ssrcs, sizeof l->rtx_ssrcs);
}

static void decide_slot(const struct offer_line *o, const uint32_t *ssrcs, struct line *l)
{
	l->exts.mid = ext_id(o, EXT_MID, OFFER_RECVONLY);
	l->exts.twcc = ext_id(o, EXT_TWCC, OFFER_RECVONLY);
	if (l->role == LINE_SLOT_AUDIO) {
		l->slot_ssrc = ssrcs[l->slot];
		return;
	}
	const uint32_t *own = &ssrcs[SLOTS_AUDIO_MAX + 2 * l->slot];
	l->slot_ssrc = own[0];
	for (size_t i = 0; i < l->n_codecs; i++) {
		if (l->codecs[i].rtx_pt)
			l->slot_rtx_ssrc = own[1];
	}
}

static void decide_lines(struct reading *r, const struct negotiate_config *c, struct negotiated *out)
{
	struct roles given = { 0 };
	bool one_taken = false;
	out->n_lines = r->sdp.n_media;
	for (size_t i = 0; i < out->n_lines; i++) {
		const struct offer_line *o = &r->lines[i];
		struct line *l = &out->lines[i];
		if (o->mid.n <= RID_MAX && o->mid.n)
			(void)str_copy_n(l->mid, sizeof l->mid, (const char *)o->mid.p, o->mid.n);
		if (unusable(r, i) || (one_taken && !r->grouped))
			continue;
		l->role = role_of(o, c, &given, &l->slot);
		if (l->role == LINE_REFUSED)
			continue;
		one_taken = true;
		l->n_codecs = o->n_codecs;
		memcpy(l->codecs, o->codecs, sizeof l->codecs);
		if (l->role == LINE_SLOT_AUDIO || l->role == LINE_SLOT_VIDEO)
			decide_slot(o, c->ssrcs, l);
		else
			decide_sender(o, c->allow, l);
		for (size_t k = 0; k < l->n_codecs; k++)
			l->codecs[k].twcc = l->codecs[k].twcc && l->exts.twcc;
		out->twcc |= l->codecs[0].twcc;
		if (!r->grouped)
			r->bundle[r->n_bundle++] = (uint8_t)i;
	}
	for (size_t i = 0; i < r->n_group; i++) {
		if (out->lines[r->group[i]].role != LINE_REFUSED)
			r->bundle[r->n_bundle++] = r->group[i];
	}
}

static enum err nothing_usable(const struct reading *r, struct negotiate_error *error)
{
	if (r->sdp.n_media == 0)
		return refuse(error, ERR_MISSING, "the offer has no m-line");
	const char *why = unusable(r, 0);
	return refuse_line(error, ERR_MISSING, r, 0, why ? why : "no slot was granted, and it sends nothing");
}

/* "sha-256 1A:2B:…" */
static enum err read_fingerprint(struct bytes value, struct fingerprint *out)
{
	if (!sdp_is_nocase(sdp_cut(&value, ' '), "sha-256"))
		return ERR_MISSING;
	size_t n = sizeof out->sha256;
	if (value.n != 3 * n - 1)
		return ERR_FORMAT;
	for (size_t i = 0; i < n; i++) {
		int high = sdp_hex(value.p[3 * i]), low = sdp_hex(value.p[3 * i + 1]);
		if (high < 0 || low < 0 || (i + 1 < n && value.p[3 * i + 2] != ':'))
			return ERR_FORMAT;
		out->sha256[i] = (uint8_t)(high * 16 + low);
	}
	return ERR_OK;
}

static bool read_ice(struct bytes text, size_t min, size_t max, char *to)
{
	return text.n >= min && text.n <= max && !memchr(text.p, ' ', text.n) &&
	       str_copy_n(to, max + 1, (const char *)text.p, text.n) == ERR_OK;
}

/* Of the group's first accepted line: it is the transport of all. */
static enum err decide_transport(const struct reading *r, struct negotiated *out, struct negotiate_error *error)
{
	uint8_t i = r->bundle[0];
	const struct offer_line *o = &r->lines[i];
	if (o->fingerprint.n == 0)
		return refuse_line(error, ERR_FORMAT, r, i, "no a=fingerprint");
	if (o->ufrag.n == 0)
		return refuse_line(error, ERR_FORMAT, r, i, "no a=ice-ufrag");
	if (o->pwd.n == 0)
		return refuse_line(error, ERR_FORMAT, r, i, "no a=ice-pwd");
	enum err err = read_fingerprint(o->fingerprint, &out->peer);
	if (err == ERR_MISSING)
		return refuse_line(error, err, r, i, "a=fingerprint is not sha-256");
	if (err != ERR_OK)
		return refuse_line(error, err, r, i, "a=fingerprint is not 32 bytes in hex");
	if (!read_ice(o->ufrag, 4, UFRAG_MAX, out->peer_ufrag))
		return refuse_line(error, ERR_FORMAT, r, i, "a=ice-ufrag is not 4 to 256 characters");
	if (!read_ice(o->pwd, 22, PWD_MAX, out->peer_pwd))
		return refuse_line(error, ERR_FORMAT, r, i, "a=ice-pwd is not 22 to 256 characters");
	out->dtls_role = sdp_is(o->setup, "passive") ? DTLS_ACTIVE : DTLS_PASSIVE;
	if (sdp_is(o->setup, "holdconn"))
		return refuse_line(error, ERR_FORMAT, r, i, "a=setup:holdconn");
	return ERR_OK;
}

static enum err decide(struct bytes offer, const struct negotiate_config *config, struct reading *r,
		       struct negotiated *out, struct negotiate_error *error)
{
	memset(r, 0, sizeof *r);
	memset(out, 0, sizeof *out);
	memset(error, 0, sizeof *error);
	if (!config_is_good(config))
		return refuse(error, ERR_STATE, "the server's own configuration of the transport is broken");
	enum err err = sdp_parse(offer, &r->sdp);
	if (err == ERR_LIMIT)
		return refuse(error, err, "more m-lines than " STRING(LINES_MAX));
	if (err == ERR_RANGE)
		return refuse(error, err, "too long an offer");
	if (err != ERR_OK && r->sdp.n_media == 0)
		return refuse(error, err, "not an SDP: a line above the first m-line is broken");
	if (err != ERR_OK)
		return refuse_line(error, err, r, r->sdp.n_media - 1U, "it, or a line below it, is broken");
	err = read_lines(r, config->allow, error);
	if (err != ERR_OK)
		return err;
	read_session(r);
	decide_lines(r, config, out);
	if (r->n_bundle == 0)
		return nothing_usable(r, error);
	return decide_transport(r, out, error);
}

enum err negotiate_answer(struct bytes offer, const struct negotiate_config *config, struct negotiated *out,
			  struct writer *answer, struct negotiate_error *error)
{
	struct reading r;
	enum err err = decide(offer, config, &r, out, error);
	if (err != ERR_OK)
		return err;
	answer_write(&(struct answer){ config, out, r.lines, r.bundle, r.n_bundle, r.grouped, r.mixed }, answer);
	return answer->failed ? refuse(error, ERR_FULL, "no room for the answer") : ERR_OK;
}

static bool same_codecs(const struct line *a, const struct line *b)
{
	bool same = a->n_codecs == b->n_codecs;
	for (size_t i = 0; same && i < a->n_codecs; i++)
		same = a->codecs[i].codec == b->codecs[i].codec && a->codecs[i].pt == b->codecs[i].pt &&
		       a->codecs[i].rtx_pt == b->codecs[i].rtx_pt;
	return same;
}

static bool same_rids(const struct line *a, const struct line *b)
{
	bool same = a->n_rids == b->n_rids;
	for (size_t i = 0; same && i < a->n_rids; i++)
		same = strcmp(a->rids[i], b->rids[i]) == 0;
	return same;
}

/* What differs between two lines; NULL when nothing does. */
static const char *difference(const struct line *a, const struct line *b)
{
	if (strcmp(a->mid, b->mid) != 0)
		return "an ICE restart with another mid";
	if (a->role != b->role)
		return "an ICE restart with another kind or direction";
	if (!same_codecs(a, b))
		return "an ICE restart with other payload types";
	if (memcmp(&a->exts, &b->exts, sizeof a->exts) != 0)
		return "an ICE restart with other header extensions";
	return same_rids(a, b) ? NULL : "an ICE restart with other rids";
}

enum negotiate_relation negotiate_compare(const struct negotiated *old, struct bytes offer,
					  const struct negotiate_config *config, struct negotiate_error *error)
{
	struct reading r;
	struct negotiated now;
	if (decide(offer, config, &r, &now, error) != ERR_OK)
		return NEGOTIATE_MISMATCH;
	if (memcmp(&old->peer, &now.peer, sizeof now.peer) != 0)
		return NEGOTIATE_NEW;
	if (strcmp(old->peer_ufrag, now.peer_ufrag) == 0 && strcmp(old->peer_pwd, now.peer_pwd) == 0)
		return NEGOTIATE_SAME;
	for (size_t i = 0; i < now.n_lines && i < old->n_lines; i++) {
		const char *what = difference(&old->lines[i], &now.lines[i]);
		if (what) {
			(void)refuse_line(error, ERR_FORMAT, &r, i, what);
			return NEGOTIATE_MISMATCH;
		}
	}
	if (now.n_lines == old->n_lines)
		return NEGOTIATE_RESTART;
	(void)refuse(error, ERR_FORMAT, "an ICE restart with more or fewer m-lines");
	return NEGOTIATE_MISMATCH;
}
