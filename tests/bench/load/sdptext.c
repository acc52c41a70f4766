#include "bench/load/sdptext.h"
#include "base/str.h"
#include "bench/floor.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct out {
	char *text;
	size_t size, n;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(o->text + o->n, o->size - o->n, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= o->size - o->n)
		o->failed = true;
	else
		o->n += (size_t)n;
}

#define AUDIO_LINES                                                                                                    \
	"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 transport-cc\r\n"         \
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
#define VIDEO_LINES                                                                                                    \
	"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n"          \
	"a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"                                       \
	"a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"                                                \
	"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
#define COMMON_LINES                                                                                                   \
	"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"                     \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"

static void put_session(struct out *o, const char *mids)
{
	put(o, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE%s\r\na=extmap-allow-mixed\r\n", mids);
}

static void put_line(struct out *o, bool video, const char *mid, const char *direction, const struct call *call,
		     const uint8_t fingerprint[CERT_SHA256], const char *setup)
{
	char print[CERT_SHA256_TEXT];
	cert_sha256_text(fingerprint, print);
	put(o, "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=%s\r\na=mid:%s\r\n", video ? "video" : "audio",
	    video ? "96 97" : "111", direction, mid);
	put(o,
	    "a=candidate:1 1 udp 2122260223 %s %u typ host\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 "
	    "%s\r\na=setup:%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
	    "%s" COMMON_LINES,
	    call->own_ip, call->own_port, call->own_ufrag, call->own_pwd, print, setup,
	    video ? VIDEO_LINES : AUDIO_LINES);
}

bool sdptext_offer(char *text, size_t size, const struct plan *plan, const struct call *call,
		   const uint8_t fingerprint[CERT_SHA256], bool slots)
{
	struct out o = { text, size, 0, false };
	char mids[256] = "", mid[16];
	uint32_t n = slots ? plan->audio_slots + plan->video_slots : 0;
	size_t used = 0;
	for (uint32_t i = 0; i < n + 2; i++)
		if (i >= 2 || (call->sends && (i == 0 || plan->video_slots)))
			used += (size_t)snprintf(mids + used, sizeof mids - used, " %u", i);
	put_session(&o, mids);
	if (call->sends)
		put_line(&o, false, "0", "sendonly", call, fingerprint, "actpass");
	if (call->sends && plan->video_slots) {
		put_line(&o, true, "1", "sendonly", call, fingerprint, "actpass");
		put(&o, plan->relay == RELAY_JANUS /* takes the first one for the highest */
			    ? "a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send h;m;l\r\n"
			    : "a=rid:l send\r\na=rid:m send\r\na=rid:h send\r\na=simulcast:send l;m;h\r\n");
	}
	for (uint32_t i = 0; i < n; i++) {
		(void)snprintf(mid, sizeof mid, "%u", i + 2);
		put_line(&o, i >= plan->audio_slots, mid, "recvonly", call, fingerprint, "actpass");
	}
	return !o.failed;
}

bool sdptext_answer(char *text, size_t size, const struct sdp *offer, const struct call *call,
		    const uint8_t fingerprint[CERT_SHA256])
{
	struct out o = { text, size, 0, false };
	struct bytes mid;
	char mids[512] = "", word[32];
	size_t used = 0;
	for (unsigned i = 0; i < offer->n_media; i++)
		if (sdp_attr_find(offer->media[i].lines, "mid", &mid) && used < sizeof mids - 40)
			used += (size_t)snprintf(mids + used, sizeof mids - used, " %.*s", (int)mid.n, mid.p);
	put_session(&o, mids);
	for (unsigned i = 0; i < offer->n_media; i++) {
		if (!sdp_attr_find(offer->media[i].lines, "mid", &mid))
			return false;
		(void)snprintf(word, sizeof word, "%.*s", (int)mid.n, mid.p);
		put_line(&o, sdp_is(offer->media[i].kind, "video"), word, "recvonly", call, fingerprint, "active");
	}
	return !o.failed;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static bool read_fingerprint(struct bytes value, uint8_t sha256[CERT_SHA256])
{
	struct bytes word;
	if (!sdp_word_next(&value, ' ', &word) || !sdp_is_nocase(word, "sha-256"))
		return false;
	for (unsigned i = 0; i < CERT_SHA256; i++) {
		struct bytes pair = sdp_cut(&value, ':');
		if (pair.n != 2 || sdp_hex(pair.p[0]) < 0 || sdp_hex(pair.p[1]) < 0)
			return false;
		sha256[i] = (uint8_t)(sdp_hex(pair.p[0]) << 4 | sdp_hex(pair.p[1]));
	}
	return true;
}

/* The first IPv4 candidate over UDP. */
static void read_candidate(struct bytes value, struct call *call)
{
	char ip[64], protocol[8];
	unsigned port, bytes[4];
	char line[256];
	(void)snprintf(line, sizeof line, "%.*s", (int)value.n, value.p);
	if (call->address.family || sscanf(line, "%*s %*u %7s %*u %63s %u", protocol, ip, &port) != 3 ||
	    (strcmp(protocol, "udp") != 0 && strcmp(protocol, "UDP") != 0) ||
	    sscanf(ip, "%u.%u.%u.%u", &bytes[0], &bytes[1], &bytes[2], &bytes[3]) != 4)
		return;
	call->address = (struct netaddr){ .family = 4, .port = (uint16_t)port };
	for (unsigned i = 0; i < 4; i++)
		call->address.ip[i] = (uint8_t)bytes[i];
}

static void read_lines(struct bytes lines, struct call *call, bool *print)
{
	struct sdp_attr a;
	while (sdp_attr_next(&lines, &a)) {
		if (sdp_is(a.name, "ice-ufrag"))
			(void)snprintf(call->ufrag, sizeof call->ufrag, "%.*s", (int)a.value.n, a.value.p);
		else if (sdp_is(a.name, "ice-pwd"))
			(void)snprintf(call->pwd, sizeof call->pwd, "%.*s", (int)a.value.n, a.value.p);
		else if (sdp_is(a.name, "fingerprint"))
			*print = read_fingerprint(a.value, call->fingerprint) || *print;
		else if (sdp_is(a.name, "setup"))
			call->active = !sdp_is(a.value, "active");
		else if (sdp_is(a.name, "candidate"))
			read_candidate(a.value, call);
	}
}

/* The SSRC of a line the relay sends on, and the one it sends again with. */
static void read_slot(const struct sdp_media *media, struct call *call)
{
	struct bytes lines = media->lines, word;
	struct call_slot slot = { .video = sdp_is(media->kind, "video") };
	struct sdp_attr a;
	while (sdp_attr_next(&lines, &a)) {
		bool group = sdp_is(a.name, "ssrc-group") && sdp_word_next(&a.value, ' ', &word) && sdp_is(word, "FID");
		if (group && sdp_word_next(&a.value, ' ', &word) && sdp_number(word, UINT32_MAX, &slot.ssrc) &&
		    sdp_word_next(&a.value, ' ', &word))
			(void)sdp_number(word, UINT32_MAX, &slot.rtx_ssrc);
		else if (sdp_is(a.name, "ssrc") && !slot.ssrc && sdp_word_next(&a.value, ' ', &word))
			(void)sdp_number(word, UINT32_MAX, &slot.ssrc);
	}
	if (slot.ssrc && call->n_slots < CALL_SLOTS)
		call->slots[call->n_slots++] = slot;
}

bool sdptext_read(const struct sdp *sdp, struct call *call)
{
	bool print = false;
	call->active = true;
	read_lines(sdp->session, call, &print);
	for (unsigned i = 0; i < sdp->n_media; i++)
		if (sdp->media[i].port) {
			read_lines(sdp->media[i].lines, call, &print);
			read_slot(&sdp->media[i], call);
		}
	const char *missing = !call->ufrag[0] || !call->pwd[0] ? "ICE credentials"
			      : !print			       ? "a fingerprint"
			      : !call->address.family	       ? "an IPv4 UDP candidate"
							       : NULL;
	if (missing)
		(void)snprintf(call->why, sizeof call->why, "the relay's description lacks %s", missing);
	return !missing;
}
