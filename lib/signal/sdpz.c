#include "signal/sdpz.h"
#include "base/limits.h"
#include <stdlib.h>
#include <zlib.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/* Padding may be missing; nothing else is forgiven. `to` has room for 3/4 of the text. */
static enum err base64_read(const char *text, uint8_t *to, size_t *n)
{
	size_t length = strlen(text);
	while (length && text[length - 1] == '=' && strlen(text) - length < 2)
		length--;
	*n = 0;
	if (length % 4 == 1)
		return ERR_FORMAT;
	uint32_t bits = 0;
	for (size_t i = 0; i < length; i++) {
		int d = digit(text[i]);
		if (d < 0)
			return ERR_FORMAT;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4)
			to[(*n)++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return ERR_OK;
}

static void base64_write(const uint8_t *from, size_t n, char *to)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = (uint32_t)from[i] << 16 | (i + 1 < n ? (uint32_t)from[i + 1] << 8 : 0) |
				(i + 2 < n ? from[i + 2] : 0);
		*to++ = alphabet[bits >> 18];
		*to++ = alphabet[bits >> 12 & 63];
		*to++ = (char)(i + 1 < n ? alphabet[bits >> 6 & 63] : '=');
		*to++ = (char)(i + 2 < n ? alphabet[bits & 63] : '=');
	}
	*to = '\0';
}

static enum err inflate_raw(struct bytes packed, char *to, size_t size, size_t *n)
{
	z_stream z = { .next_in = (Bytef *)packed.p, .avail_in = (uInt)packed.n };
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return ERR_NOMEM;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)size;
	int rc = inflate(&z, Z_FINISH);
	*n = z.total_out;
	enum err err = rc == Z_STREAM_END && z.avail_in == 0 ? ERR_OK : ERR_FORMAT;
	if (rc == Z_BUF_ERROR && z.avail_out == 0)
		err = ERR_LIMIT;
	(void)inflateEnd(&z);
	return err;
}

enum err sdpz_unpack(const char *text, char **sdp, size_t *n)
{
	*sdp = NULL;
	*n = 0;
	size_t length = strlen(text);
	uint8_t *packed = malloc(length / 4 * 3 + 3);
	char *out = malloc(SDP_MAX + 2);
	enum err err = packed && out ? ERR_OK : ERR_NOMEM;
	size_t packed_n = 0;
	if (!err)
		err = base64_read(text, packed, &packed_n);
	/* one byte more than may be: what fills it is too much */
	if (!err)
		err = inflate_raw(bytes_of(packed, packed_n), out, SDP_MAX + 1, n);
	if (!err && *n > SDP_MAX)
		err = ERR_LIMIT;
	free(packed);
	if (err) {
		free(out);
		*n = 0;
		return err;
	}
	out[*n] = '\0';
	*sdp = out;
	return ERR_OK;
}

enum err sdpz_pack(struct bytes sdp, char **text)
{
	*text = NULL;
	z_stream z = { .next_in = (Bytef *)sdp.p, .avail_in = (uInt)sdp.n };
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return ERR_NOMEM;
	size_t bound = deflateBound(&z, (uLong)sdp.n);
	uint8_t *packed = malloc(bound);
	char *out = malloc(bound / 3 * 4 + 5);
	enum err err = packed && out ? ERR_OK : ERR_NOMEM;
	if (!err) {
		z.next_out = packed;
		z.avail_out = (uInt)bound;
		err = deflate(&z, Z_FINISH) == Z_STREAM_END ? ERR_OK : ERR_NOMEM;
	}
	if (!err)
		base64_write(packed, z.total_out, out);
	(void)deflateEnd(&z);
	free(packed);
	if (err)
		free(out);
	else
		*text = out;
	return err;
}
