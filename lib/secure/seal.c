#include "secure/seal.h"
#include "secure/cipher.h"
#include "secure/openssl.h"

#define INDEX_LIMIT (1ULL << 48)

enum err seal_init_session(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile,
			   const struct keys_session *session)
{
	k->profile = profile;
	return cipher_new(&k->cipher, sealer, profile, session, CIPHER_SEAL);
}

enum err seal_init(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile, const struct srtp_half *local)
{
	struct keys_session session;
	memset(k, 0, sizeof *k);
	enum err err = keys_derive(&session, profile, local, KEYS_RTP);
	if (err == ERR_OK)
		err = seal_init_session(k, sealer, profile, &session);
	OPENSSL_cleanse(&session, sizeof session);
	return err;
}

void seal_fini(struct seal_keys *k)
{
	cipher_free(k->cipher);
	k->cipher = NULL;
}

void seal_stream_init(struct seal_stream *s, uint32_t ssrc)
{
	*s = (struct seal_stream){ .ssrc = ssrc };
}

size_t seal_tag_size(enum srtp_profile profile)
{
	const struct keys_sizes *sizes = keys_sizes(profile);
	return sizes ? sizes->tag : 0;
}

static void window_clear(struct seal_stream *s, uint64_t first, uint64_t n)
{
	if (n >= SEAL_WINDOW) {
		memset(s->window, 0, sizeof s->window);
		return;
	}
	for (uint64_t i = first; i < first + n; i++)
		s->window[i % SEAL_WINDOW / 64] &= ~(1ULL << i % 64);
}

/* Takes the index for good, or says that it was taken. */
static enum err claim(struct seal_stream *s, uint64_t index)
{
	if (!s->any || index > s->highest) {
		window_clear(s, s->any ? s->highest + 1 : 0, s->any ? index - s->highest : SEAL_WINDOW);
		s->highest = index;
		s->any = true;
	} else if (s->highest - index >= SEAL_WINDOW) {
		return ERR_REPLAY;
	}
	uint64_t *word = &s->window[index % SEAL_WINDOW / 64], bit = 1ULL << index % 64;
	if (*word & bit)
		return ERR_REPLAY;
	*word |= bit;
	return ERR_OK;
}

enum err seal_packet(struct seal_keys *k, struct seal_stream *s, struct bytes header, struct bytes head,
		     struct bytes body, uint64_t ext_seq, uint8_t *out, size_t size, size_t *length)
{
	*length = 0;
	size_t sealed = header.n + head.n + body.n + seal_tag_size(k->profile);
	if (sealed > size)
		return ERR_FULL;
	struct reader r = reader_of(header);
	reader_skip(&r, 2);
	uint16_t seq = reader_u16(&r);
	reader_skip(&r, 4);
	uint32_t ssrc = reader_u32(&r);
	if (r.failed || seq != (uint16_t)ext_seq || ssrc != s->ssrc)
		return ERR_FORMAT;
	if (ext_seq >= INDEX_LIMIT)
		return ERR_RANGE;
	enum err err = claim(s, ext_seq);
	if (err != ERR_OK)
		return err;
	memcpy(out, header.p, header.n);
	struct cipher_packet packet = { .ssrc = ssrc, .index = ext_seq, .clear = { out, header.n } };
	struct writer w = writer_of(packet.trailer, sizeof packet.trailer); /* RFC 3711 4.2: the rollover counter */
	writer_u32(&w, (uint32_t)(ext_seq >> 16));
	if (!cipher_seal(k->cipher, &packet, head, body, out + header.n))
		return ERR_SYS;
	*length = sealed;
	return ERR_OK;
}
