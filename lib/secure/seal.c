#include "secure/seal.h"
#include "base/fetch.h"
#include "secure/cipher.h"
#include "secure/libsrtp.h"
#include "secure/openssl.h"
#include "secure/sealer.h"

#define INDEX_LIMIT (1ULL << 48)

enum err seal_init_session(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile,
			   const struct keys_session *session)
{
	*k = (struct seal_keys){ .profile = profile };
	if (sealer_backend(sealer) == BACKEND_LIBSRTP)
		return ERR_MISSING;
	enum err err = cipher_new(&k->cipher, sealer, profile, session, CIPHER_SEAL);
	k->fetched = k->cipher ? k->cipher->used : 0;
	return err;
}

enum err seal_init(struct seal_keys *k, struct sealer *sealer, enum srtp_profile profile, const struct srtp_half *local)
{
	struct keys_session session;
	*k = (struct seal_keys){ .profile = profile };
	if (sealer_backend(sealer) == BACKEND_LIBSRTP)
		return libsrtp_new(&k->libsrtp, profile, local, LIBSRTP_OUT);
	enum err err = keys_derive(&session, profile, local, KEYS_RTP);
	if (err == ERR_OK)
		err = seal_init_session(k, sealer, profile, &session);
	OPENSSL_cleanse(&session, sizeof session);
	return err;
}

void seal_fini(struct seal_keys *k)
{
	cipher_free(k->cipher);
	libsrtp_free(k->libsrtp);
	k->cipher = NULL;
	k->libsrtp = NULL;
}

void seal_fetch(const struct seal_keys *k)
{
	fetch(k->cipher, k->fetched);
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

/* By libsrtp, in place; it finds the index itself. */
static bool seal_by_libsrtp(struct seal_keys *k, struct bytes head, struct bytes body, uint8_t *out, size_t header)
{
	size_t n = header + head.n + body.n;
	if (head.n)
		memcpy(out + header, head.p, head.n);
	if (body.n)
		memcpy(out + header + head.n, body.p, body.n);
	return libsrtp_seal_rtp(k->libsrtp, out, &n) == ERR_OK;
}

static bool seal(struct seal_keys *k, uint32_t ssrc, uint64_t index, size_t header, struct bytes head,
		 struct bytes body, uint8_t *out)
{
	struct cipher_packet packet = { .ssrc = ssrc, .index = index, .clear = { out, header } };
	struct writer w = writer_of(packet.trailer, sizeof packet.trailer); /* RFC 3711 4.2: the rollover counter */
	writer_u32(&w, (uint32_t)(index >> 16));
	return cipher_seal(k->cipher, &packet, head, body, out + header);
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
	if (k->libsrtp && window_guess(&s->sealed, seq) != ext_seq)
		return ERR_RANGE;
	enum err err = window_check(&s->sealed, ext_seq);
	if (err != ERR_OK)
		return err;
	window_add(&s->sealed, ext_seq);
	memcpy(out, header.p, header.n);
	if (k->libsrtp ? !seal_by_libsrtp(k, head, body, out, header.n)
		       : !seal(k, ssrc, ext_seq, header.n, head, body, out))
		return ERR_SYS;
	*length = sealed;
	return ERR_OK;
}
