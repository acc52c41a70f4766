#include "secure/crypt.h"
#include "base/bytes.h"
#include "secure/cipher.h"
#include "secure/libsrtp.h"
#include "secure/openssl.h"
#include "secure/sealer.h"
#include <stdlib.h>

#define RTCP_HEADER 8 /* in the clear */
#define RTCP_WORD 4   /* E flag and index */
#define RTCP_ENCRYPTED 0x80000000
#define RTCP_INDEX_MAX 0x7fffffff
#define CHUNK 8 /* windows taken together: who only listens needs no more */
#define CHUNKS ((CRYPT_STREAMS + CHUNK - 1) / CHUNK)

enum way { RTP, RTCP };

struct crypt {
	const struct keys_sizes *sizes;
	struct cipher *in[2], *out; /* in: [way]; out: RTCP alone */
	struct libsrtp *lib_in, *lib_out;
	uint32_t rtcp_index; /* of the last sealed */
	uint32_t n_streams;
	uint64_t names[CRYPT_STREAMS]; /* way << 32 | SSRC: together, as each packet looks for its own */
	struct window *chunks[CHUNKS];
};

enum err crypt_global_init(void)
{
	return libsrtp_global_init();
}

void crypt_global_fini(void)
{
	libsrtp_global_fini();
}

enum err crypt_new_sessions(struct crypt **out, struct sealer *sealer, enum srtp_profile profile,
			    const struct crypt_sessions *sessions)
{
	*out = NULL;
	if (!keys_sizes(profile))
		return ERR_RANGE;
	if (sealer_backend(sealer) == BACKEND_LIBSRTP)
		return ERR_MISSING;
	struct crypt *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	c->sizes = keys_sizes(profile);
	enum err err = cipher_new(&c->in[RTP], sealer, profile, &sessions->rtp_in, CIPHER_OPEN);
	if (err == ERR_OK)
		err = cipher_new(&c->in[RTCP], sealer, profile, &sessions->rtcp_in, CIPHER_OPEN);
	if (err == ERR_OK)
		err = cipher_new(&c->out, sealer, profile, &sessions->rtcp_out, CIPHER_SEAL_NOW);
	if (err != ERR_OK) {
		crypt_free(c);
		return err;
	}
	*out = c;
	return ERR_OK;
}

static enum err new_libsrtp(struct crypt **out, const struct srtp_keys *keys)
{
	struct crypt *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	enum err err = libsrtp_new(&c->lib_in, keys->profile, &keys->remote, LIBSRTP_IN);
	if (err == ERR_OK)
		err = libsrtp_new(&c->lib_out, keys->profile, &keys->local, LIBSRTP_OUT);
	if (err != ERR_OK) {
		crypt_free(c);
		return err;
	}
	*out = c;
	return ERR_OK;
}

enum err crypt_new(struct crypt **out, struct sealer *sealer, const struct srtp_keys *keys)
{
	struct crypt_sessions sessions;
	*out = NULL;
	if (sealer_backend(sealer) == BACKEND_LIBSRTP)
		return new_libsrtp(out, keys);
	enum err err = keys_derive(&sessions.rtp_in, keys->profile, &keys->remote, KEYS_RTP);
	if (err == ERR_OK)
		err = keys_derive(&sessions.rtcp_in, keys->profile, &keys->remote, KEYS_RTCP);
	if (err == ERR_OK)
		err = keys_derive(&sessions.rtcp_out, keys->profile, &keys->local, KEYS_RTCP);
	if (err == ERR_OK)
		err = crypt_new_sessions(out, sealer, keys->profile, &sessions);
	OPENSSL_cleanse(&sessions, sizeof sessions);
	return err;
}

void crypt_free(struct crypt *c)
{
	if (!c)
		return;
	cipher_free(c->in[RTP]);
	cipher_free(c->in[RTCP]);
	cipher_free(c->out);
	libsrtp_free(c->lib_in);
	libsrtp_free(c->lib_out);
	for (unsigned i = 0; i < CHUNKS; i++)
		free(c->chunks[i]);
	free(c);
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

/* Its place; one behind the last: the place of a new one; CRYPT_STREAMS: there is none left. */
static uint32_t find(const struct crypt *c, enum way way, uint32_t ssrc)
{
	uint64_t name = (uint64_t)way << 32 | ssrc;
	uint32_t i = 0;
	while (i < c->n_streams && c->names[i] != name)
		i++;
	return i;
}

static struct window *window_of(const struct crypt *c, uint32_t at)
{
	return &c->chunks[at / CHUNK][at % CHUNK];
}

/* A window for a stream that is known, or may be in a moment. */
static bool reach(struct crypt *c, uint32_t at)
{
	struct window **chunk = &c->chunks[at / CHUNK];
	if (!*chunk)
		*chunk = calloc(CHUNK, sizeof **chunk);
	return *chunk;
}

void crypt_reserve(struct crypt *c, uint32_t streams)
{
	for (uint32_t at = 0; at < streams && at < CRYPT_STREAMS && reach(c, at); at += CHUNK)
		;
}

/* What has opened is kept in mind. */
static void opened(struct crypt *c, uint32_t at, enum way way, uint32_t ssrc, uint64_t index)
{
	if (at == c->n_streams) {
		c->names[at] = (uint64_t)way << 32 | ssrc;
		c->n_streams++;
	}
	window_add(window_of(c, at), index);
}

/* ---- inbound ---------------------------------------------------------------------------------------------------- */

/* RFC 3550 5.1: bytes of the header with CSRCs and extension; 0: it does not fit. */
static size_t header_bytes(const uint8_t *packet, size_t length)
{
	struct reader r = reader_of(bytes_of(packet, length));
	reader_skip(&r, 12 + 4 * (size_t)(packet[0] & 15));
	if (packet[0] & 0x10) {
		reader_skip(&r, 2);
		reader_skip(&r, 4 * (size_t)reader_u16(&r));
	}
	return r.failed ? 0 : length - reader_left(&r);
}

static enum err open_rtp(struct crypt *c, uint32_t at, uint32_t ssrc, uint8_t *packet, size_t *length)
{
	size_t header = header_bytes(packet, *length), tag = c->sizes->tag;
	if (!header)
		return ERR_FORMAT;
	uint64_t index = window_guess(window_of(c, at), (uint16_t)(packet[2] << 8 | packet[3]));
	enum err err = index >> 48 ? ERR_REPLAY : window_check(window_of(c, at), index);
	if (err != ERR_OK)
		return err;
	if (*length - header < tag)
		return ERR_FORMAT;
	size_t n = *length - header - tag;
	struct cipher_packet p = { .ssrc = ssrc, .index = index, .clear = { packet, header } };
	struct writer w = writer_of(p.trailer, sizeof p.trailer); /* the rollover counter */
	writer_u32(&w, (uint32_t)(index >> 16));
	if (!cipher_open(c->in[RTP], &p, packet + header, n, packet + header + n))
		return ERR_AUTH;
	opened(c, at, RTP, ssrc, index);
	*length = header + n;
	return ERR_OK;
}

/* RFC 7714 9.2 and 9.3: header, text, tag, word; the tag covers header and word. Where the text is in the clear (E 0)
 * it covers that too: the word takes the tag's place, so that all it covers is one piece. */
static bool open_rtcp_gcm(struct crypt *c, struct cipher_packet p, uint8_t *packet, size_t n, uint32_t word)
{
	uint8_t covered[RTCP_HEADER + RTCP_WORD], tag[16], *text = packet + RTCP_HEADER, *behind = text + n;
	memcpy(tag, behind, sizeof tag);
	if (word & RTCP_ENCRYPTED) {
		memcpy(covered, packet, RTCP_HEADER);
		memcpy(covered + RTCP_HEADER, behind + sizeof tag, RTCP_WORD);
		p.clear = bytes_of(covered, sizeof covered);
		return cipher_open(c->in[RTCP], &p, text, n, tag);
	}
	memcpy(behind, behind + sizeof tag, RTCP_WORD);
	p.clear = bytes_of(packet, RTCP_HEADER + n + RTCP_WORD);
	return cipher_open(c->in[RTCP], &p, behind + RTCP_WORD, 0, tag);
}

/* RFC 3711 3.4: header, text, word, tag; the tag covers all before it. */
static bool open_rtcp_cm(struct crypt *c, struct cipher_packet p, uint8_t *packet, size_t n)
{
	uint8_t *text = packet + RTCP_HEADER, *word = text + n;
	p.clear = bytes_of(packet, RTCP_HEADER);
	memcpy(p.trailer, word, sizeof p.trailer);
	return cipher_open(c->in[RTCP], &p, text, n, word + RTCP_WORD);
}

static enum err open_rtcp(struct crypt *c, uint32_t at, uint32_t ssrc, uint8_t *packet, size_t *length)
{
	size_t tag = c->sizes->tag;
	if (*length < RTCP_HEADER + tag + RTCP_WORD)
		return ERR_FORMAT;
	size_t n = *length - RTCP_HEADER - tag - RTCP_WORD;
	struct reader r = reader_of(bytes_of(packet, *length));
	reader_skip(&r, RTCP_HEADER + n + (c->sizes->aead ? tag : 0));
	uint32_t word = reader_u32(&r), index = word & RTCP_INDEX_MAX;
	if (!c->sizes->aead && !(word & RTCP_ENCRYPTED)) /* both sides have agreed to encrypt */
		return ERR_FORMAT;
	enum err err = window_check(window_of(c, at), index);
	if (err != ERR_OK)
		return err;
	struct cipher_packet p = { .ssrc = ssrc, .index = index };
	if (!(c->sizes->aead ? open_rtcp_gcm(c, p, packet, n, word) : open_rtcp_cm(c, p, packet, n)))
		return ERR_AUTH;
	opened(c, at, RTCP, ssrc, index);
	*length = RTCP_HEADER + n;
	return ERR_OK;
}

/* The streams are counted for libsrtp too, which has no limit of its own; it keeps windows itself. */
static enum err open_by_libsrtp(struct crypt *c, uint32_t at, enum way way, uint32_t ssrc, uint8_t *packet,
				size_t *length)
{
	enum err err = (way == RTP ? libsrtp_open_rtp : libsrtp_open_rtcp)(c->lib_in, packet, length);
	if (err == ERR_OK)
		opened(c, at, way, ssrc, 0);
	return err;
}

static enum err open_packet(struct crypt *c, enum way way, uint8_t *packet, size_t *length)
{
	static const struct {
		uint8_t header, ssrc_at;
		enum err (*open)(struct crypt *c, uint32_t at, uint32_t ssrc, uint8_t *packet, size_t *length);
	} ways[] = {
		[RTP] = { 12, 8, open_rtp },
		[RTCP] = { RTCP_HEADER, 4, open_rtcp },
	};
	if (*length < ways[way].header)
		return ERR_SHORT;
	if (packet[0] >> 6 != 2)
		return ERR_FORMAT;
	struct reader r = reader_of(bytes_of(packet + ways[way].ssrc_at, 4));
	uint32_t ssrc = reader_u32(&r), at = find(c, way, ssrc);
	if (at == CRYPT_STREAMS || !reach(c, at))
		return ERR_LIMIT;
	return c->lib_in ? open_by_libsrtp(c, at, way, ssrc, packet, length)
			 : ways[way].open(c, at, ssrc, packet, length);
}

enum err crypt_open_rtp(struct crypt *c, uint8_t *packet, size_t *length)
{
	return open_packet(c, RTP, packet, length);
}

enum err crypt_open_rtcp(struct crypt *c, uint8_t *packet, size_t *length)
{
	return open_packet(c, RTCP, packet, length);
}

/* ---- outbound --------------------------------------------------------------------------------------------------- */

static enum err seal_rtcp(struct crypt *c, uint8_t *packet, size_t *length)
{
	uint8_t covered[RTCP_HEADER + RTCP_WORD], *text = packet + RTCP_HEADER;
	size_t n = *length - RTCP_HEADER, tag = c->sizes->tag;
	if (c->rtcp_index == RTCP_INDEX_MAX)
		return ERR_SYS;
	c->rtcp_index++;
	struct reader r = reader_of(bytes_of(packet + 4, 4));
	struct cipher_packet p = { .ssrc = reader_u32(&r), .index = c->rtcp_index, .trailer_stands = true };
	struct writer w = writer_of(p.trailer, sizeof p.trailer);
	writer_u32(&w, RTCP_ENCRYPTED | c->rtcp_index);
	p.clear = bytes_of(packet, RTCP_HEADER);
	if (c->sizes->aead) {
		memcpy(covered, packet, RTCP_HEADER);
		memcpy(covered + RTCP_HEADER, p.trailer, RTCP_WORD);
		p.clear = bytes_of(covered, sizeof covered);
		memcpy(text + n + tag, p.trailer, RTCP_WORD);
	}
	if (!cipher_seal(c->out, &p, bytes_of(NULL, 0), bytes_of(text, n), text))
		return ERR_SYS;
	*length += tag + RTCP_WORD;
	return ERR_OK;
}

enum err crypt_seal_rtcp(struct crypt *c, uint8_t *packet, size_t *length, size_t size)
{
	if (*length < RTCP_HEADER)
		return ERR_SHORT;
	if (packet[0] >> 6 != 2)
		return ERR_FORMAT;
	if (size < *length || size - *length < CRYPT_RTCP_EXTRA)
		return ERR_FULL;
	if (c->lib_out)
		return libsrtp_seal_rtcp(c->lib_out, packet, length) == ERR_OK ? ERR_OK : ERR_SYS;
	return seal_rtcp(c, packet, length);
}
