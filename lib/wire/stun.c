#include "wire/stun.h"
#include "base/limits.h"

#define MAGIC 0x2112A442u
#define FINGERPRINT_XOR 0x5354554Eu
#define ATTRIBUTE_HEAD 4

enum {
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000A,
	XOR_MAPPED_ADDRESS = 0x0020,
	PRIORITY = 0x0024,
	USE_CANDIDATE = 0x0025,
	FINGERPRINT = 0x8028,
	ICE_CONTROLLED = 0x8029,
	ICE_CONTROLLING = 0x802A,
};
#define OPTIONAL_FROM 0x8000 /* comprehension-optional types */

uint32_t stun_crc32(struct bytes b)
{
	static const uint32_t nibble[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
					     0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < b.n; i++) {
		crc = nibble[(crc ^ b.p[i]) & 15] ^ crc >> 4;
		crc = nibble[(crc ^ (uint32_t)(b.p[i] >> 4)) & 15] ^ crc >> 4;
	}
	return ~crc;
}

/* The XOR pad of an address: magic cookie, then transaction (RFC 8489 14.2). */
static void xor_address(uint8_t *ip, size_t n, const uint8_t *transaction)
{
	uint8_t pad[16] = { MAGIC >> 24, MAGIC >> 16 & 255, MAGIC >> 8 & 255, MAGIC & 255 };
	memcpy(pad + 4, transaction, STUN_TRANSACTION_BYTES);
	for (size_t i = 0; i < n; i++)
		ip[i] ^= pad[i];
}

static bool read_username(struct stun *s, struct reader *r)
{
	if (reader_left(r) > UFRAG_MAX + 1 + UFRAG_MAX)
		return false;
	s->username = reader_bytes(r, reader_left(r));
	return true;
}

static bool read_priority(struct stun *s, struct reader *r)
{
	s->priority = reader_u32(r);
	s->has_priority = true;
	return true;
}

static bool read_use_candidate(struct stun *s, struct reader *r)
{
	s->use_candidate = true;
	return true;
}

static bool read_role(struct stun *s, struct reader *r, enum stun_role role)
{
	uint64_t tie_breaker = reader_u64(r);
	if (s->role == STUN_ROLE_NONE) {
		s->role = role;
		s->tie_breaker = tie_breaker;
	}
	return true;
}

static bool read_controlled(struct stun *s, struct reader *r)
{
	return read_role(s, r, STUN_CONTROLLED);
}

static bool read_controlling(struct stun *s, struct reader *r)
{
	return read_role(s, r, STUN_CONTROLLING);
}

static bool read_xor_mapped(struct stun *s, struct reader *r)
{
	struct netaddr a = { 0 };
	reader_skip(r, 1);
	uint8_t family = reader_u8(r);
	a.port = reader_u16(r) ^ (uint16_t)(MAGIC >> 16);
	size_t n = reader_left(r);
	if (!(family == 1 && n == 4) && !(family == 2 && n == 16))
		return false;
	a.family = family == 1 ? 4 : 6;
	memcpy(a.ip, reader_take(r, n), n);
	xor_address(a.ip, n, s->transaction);
	s->mapped = a;
	s->has_mapped = true;
	return true;
}

static bool read_error(struct stun *s, struct reader *r)
{
	reader_skip(r, 2);
	uint8_t hundreds = reader_u8(r) & 7, rest = reader_u8(r);
	if (hundreds < 3 || hundreds > 6 || rest > 99)
		return false;
	s->error = (uint16_t)(hundreds * 100 + rest);
	reader_skip(r, reader_left(r));
	return true;
}

static bool read_nothing(struct stun *s, struct reader *r)
{
	reader_skip(r, reader_left(r));
	return true;
}

/* What is known here. `read` takes the whole value; a value of another length than its own is refused. */
static const struct attribute {
	uint16_t type;
	bool (*read)(struct stun *s, struct reader *r);
} attributes[] = {
	{ 0x0001, read_nothing }, /* MAPPED-ADDRESS */
	{ USERNAME, read_username },
	{ ERROR_CODE, read_error },
	{ UNKNOWN_ATTRIBUTES, read_nothing },
	{ XOR_MAPPED_ADDRESS, read_xor_mapped },
	{ PRIORITY, read_priority },
	{ USE_CANDIDATE, read_use_candidate },
	{ ICE_CONTROLLED, read_controlled },
	{ ICE_CONTROLLING, read_controlling },
};
#define ATTRIBUTES (sizeof attributes / sizeof *attributes)

static enum err read_attribute(struct stun *s, uint16_t type, struct bytes value, bool seen[ATTRIBUTES])
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (attributes[i].type != type)
			continue;
		struct reader r = reader_of(value);
		if (seen[i])
			return ERR_OK;
		seen[i] = true;
		return attributes[i].read(s, &r) && !r.failed && reader_left(&r) == 0 ? ERR_OK : ERR_FORMAT;
	}
	if (type < OPTIONAL_FROM && s->n_unknown < STUN_UNKNOWN_MAX)
		s->unknown[s->n_unknown++] = type;
	return ERR_OK;
}

static enum err check_fingerprint(struct stun *s, size_t at, struct bytes value, bool last)
{
	if (value.n != 4 || !last)
		return ERR_FORMAT;
	struct reader r = reader_of(value);
	uint32_t told = reader_u32(&r);
	s->has_fingerprint = true;
	return told == (stun_crc32(bytes_of(s->message.p, at)) ^ FINGERPRINT_XOR) ? ERR_OK : ERR_AUTH;
}

static enum err read_attributes(struct stun *s, struct reader *r)
{
	bool seen[ATTRIBUTES] = { false };
	while (reader_left(r) > 0) {
		size_t at = (size_t)(r->p - s->message.p);
		uint16_t type = reader_u16(r), length = reader_u16(r);
		struct bytes value = reader_bytes(r, length);
		reader_skip(r, (4 - length % 4) % 4);
		if (r->failed)
			return ERR_FORMAT;
		enum err err = ERR_OK;
		if (type == FINGERPRINT)
			err = check_fingerprint(s, at, value, reader_left(r) == 0);
		else if (s->integrity_at)
			continue; /* behind the integrity: not authenticated */
		else if (type == MESSAGE_INTEGRITY && length != STUN_MAC_BYTES)
			err = ERR_FORMAT;
		else if (type == MESSAGE_INTEGRITY)
			s->integrity_at = (uint16_t)at;
		else
			err = read_attribute(s, type, value, seen);
		if (err)
			return err;
	}
	return ERR_OK;
}

enum err stun_parse(struct bytes message, struct stun *out)
{
	*out = (struct stun){ 0 };
	if (message.n < STUN_HEADER_BYTES)
		return ERR_SHORT;
	struct reader r = reader_of(message);
	uint16_t type = reader_u16(&r), length = reader_u16(&r);
	uint32_t magic = reader_u32(&r);
	if (type >> 14 || magic != MAGIC || length % 4 || message.n > UINT16_MAX)
		return ERR_FORMAT;
	memcpy(out->transaction, reader_take(&r, STUN_TRANSACTION_BYTES), STUN_TRANSACTION_BYTES);
	if (length > reader_left(&r))
		return ERR_SHORT;
	if (length < reader_left(&r))
		return ERR_FORMAT;
	/* the class' two bits stand between those of the method (RFC 8489 5, figure 3) */
	out->class = (enum stun_class)((type >> 4 & 1) | (type >> 7 & 2));
	out->method = (uint16_t)((type & 0x000f) | (type & 0x00e0) >> 1 | (type & 0x3e00) >> 2);
	out->message = message;
	enum err err = read_attributes(out, &r);
	if (err)
		*out = (struct stun){ 0 };
	return err;
}

enum err stun_username(const struct stun *s, struct bytes *ours, struct bytes *theirs)
{
	*ours = *theirs = (struct bytes){ NULL, 0 };
	const uint8_t *colon = s->username.n ? memchr(s->username.p, ':', s->username.n) : NULL;
	if (!colon)
		return ERR_MISSING;
	size_t n = (size_t)(colon - s->username.p);
	*ours = bytes_of(s->username.p, n);
	*theirs = bytes_of(colon + 1, s->username.n - n - 1);
	return ERR_OK;
}

static void set_length(uint8_t *message, size_t length)
{
	message[2] = (uint8_t)(length >> 8);
	message[3] = (uint8_t)length;
}

enum err stun_integrity_input(const struct stun *s, uint8_t *scratch, size_t n, struct bytes *input, struct bytes *tag)
{
	*input = *tag = (struct bytes){ NULL, 0 };
	if (!s->integrity_at)
		return ERR_MISSING;
	if (n < s->integrity_at)
		return ERR_FULL;
	memcpy(scratch, s->message.p, s->integrity_at);
	set_length(scratch, s->integrity_at + ATTRIBUTE_HEAD + STUN_MAC_BYTES - STUN_HEADER_BYTES);
	*input = bytes_of(scratch, s->integrity_at);
	*tag = bytes_of(s->message.p + s->integrity_at + ATTRIBUTE_HEAD, STUN_MAC_BYTES);
	return ERR_OK;
}

void stun_write_begin(struct writer *w, enum stun_class class, const uint8_t transaction[STUN_TRANSACTION_BYTES])
{
	writer_u16(w, (uint16_t)(STUN_BINDING | (class & 1) << 4 | (class & 2) << 7));
	writer_u16(w, 0);
	writer_u32(w, MAGIC);
	writer_bytes(w, bytes_of(transaction, STUN_TRANSACTION_BYTES));
}

/* One attribute, padded; the message's length follows. */
static uint8_t *attribute(struct writer *w, uint16_t type, struct bytes value)
{
	static const uint8_t zeros[4];
	writer_u16(w, type);
	writer_u16(w, (uint16_t)value.n);
	uint8_t *at = w->p;
	writer_bytes(w, value);
	writer_bytes(w, bytes_of(zeros, (4 - value.n % 4) % 4));
	if (w->failed)
		return NULL;
	set_length(w->start, writer_len(w) - STUN_HEADER_BYTES);
	return at;
}

void stun_write_username(struct writer *w, struct bytes username)
{
	(void)attribute(w, USERNAME, username);
}

void stun_write_priority(struct writer *w, uint32_t priority)
{
	uint8_t value[4];
	struct writer v = writer_of(value, sizeof value);
	writer_u32(&v, priority);
	(void)attribute(w, PRIORITY, writer_done(&v));
}

void stun_write_use_candidate(struct writer *w)
{
	(void)attribute(w, USE_CANDIDATE, bytes_of(NULL, 0));
}

void stun_write_role(struct writer *w, enum stun_role role, uint64_t tie_breaker)
{
	uint8_t value[8];
	struct writer v = writer_of(value, sizeof value);
	if (role == STUN_ROLE_NONE)
		return;
	writer_u64(&v, tie_breaker);
	(void)attribute(w, role == STUN_CONTROLLING ? ICE_CONTROLLING : ICE_CONTROLLED, writer_done(&v));
}

void stun_write_xor_mapped(struct writer *w, const struct netaddr *address)
{
	uint8_t value[20], ip[16];
	struct writer v = writer_of(value, sizeof value);
	size_t n = address->family == 4 ? 4 : 16;
	if (w->failed || writer_len(w) < STUN_HEADER_BYTES || (address->family != 4 && address->family != 6)) {
		w->failed = true;
		return;
	}
	memcpy(ip, address->ip, sizeof ip);
	xor_address(ip, n, w->start + 8);
	writer_u16(&v, address->family == 4 ? 1 : 2);
	writer_u16(&v, address->port ^ (uint16_t)(MAGIC >> 16));
	writer_bytes(&v, bytes_of(ip, n));
	(void)attribute(w, XOR_MAPPED_ADDRESS, writer_done(&v));
}

void stun_write_error(struct writer *w, uint16_t code)
{
	static const struct {
		uint16_t code;
		const char *reason;
	} reasons[] = { { 400, "Bad Request" },
			{ 401, "Unauthenticated" },
			{ 420, "Unknown Attribute" },
			{ 487, "Role Conflict" },
			{ 500, "Server Error" } };
	uint8_t value[32];
	struct writer v = writer_of(value, sizeof value);
	if (code < 300 || code > 699)
		w->failed = true;
	writer_u16(&v, 0);
	writer_u8(&v, (uint8_t)(code / 100));
	writer_u8(&v, (uint8_t)(code % 100));
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].code == code)
			writer_bytes(&v, bytes_of(reasons[i].reason, strlen(reasons[i].reason)));
	(void)attribute(w, ERROR_CODE, writer_done(&v));
}

void stun_write_unknown(struct writer *w, const uint16_t *types, size_t n)
{
	uint8_t value[2 * STUN_UNKNOWN_MAX];
	struct writer v = writer_of(value, sizeof value);
	for (size_t i = 0; i < n; i++)
		writer_u16(&v, types[i]);
	w->failed |= v.failed;
	(void)attribute(w, UNKNOWN_ATTRIBUTES, writer_done(&v));
}

struct bytes stun_write_integrity(struct writer *w, uint8_t **tag)
{
	static const uint8_t zeros[STUN_MAC_BYTES];
	size_t before = writer_len(w);
	*tag = attribute(w, MESSAGE_INTEGRITY, bytes_of(zeros, sizeof zeros));
	return *tag ? bytes_of(w->start, before) : bytes_of(NULL, 0);
}

void stun_write_fingerprint(struct writer *w)
{
	static const uint8_t zeros[4];
	size_t before = writer_len(w);
	uint8_t *at = attribute(w, FINGERPRINT, bytes_of(zeros, sizeof zeros));
	if (!at)
		return;
	struct writer v = writer_of(at, 4);
	writer_u32(&v, stun_crc32(bytes_of(w->start, before)) ^ FINGERPRINT_XOR);
}

void stun_write_success(struct writer *w, const uint8_t transaction[STUN_TRANSACTION_BYTES],
			const struct netaddr *mapped)
{
	stun_write_begin(w, STUN_SUCCESS, transaction);
	stun_write_xor_mapped(w, mapped);
}

void stun_write_failure(struct writer *w, const uint8_t transaction[STUN_TRANSACTION_BYTES], uint16_t code,
			const uint16_t *unknown, size_t n)
{
	stun_write_begin(w, STUN_ERROR, transaction);
	stun_write_error(w, code);
	if (n)
		stun_write_unknown(w, unknown, n);
}
