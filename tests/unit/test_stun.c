#include "exact.h"
#include "secure/mac.h"
#include "test.h"
#include "wire/stun.h"

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"
#define B(a) bytes_of(a, sizeof(a))

/* RFC 5769 2.1–2.3 */
static const uint8_t request[] = {
	0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87,
	0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c,
	0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f,
	0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76,
	0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e,
	0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};
static const uint8_t response4[] = {
	0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
	0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
	0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};
static const uint8_t response6[] = {
	0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
	0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
	0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
	0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};
static const uint8_t transaction[12] = { 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae };

static void hmac(struct bytes input, uint8_t out[20])
{
	struct mac_sha1_key key;
	mac_sha1_key_init(&key, bytes_of(PASSWORD, strlen(PASSWORD)));
	mac_sha1(&key, &input, 1, out);
}

static void check_integrity(const struct stun *s)
{
	uint8_t scratch[256], mac[20];
	struct bytes input, tag;
	assert_int_equal(stun_integrity_input(s, scratch, sizeof scratch, &input, &tag), ERR_OK);
	hmac(input, mac);
	assert_true(bytes_equal(tag, B(mac)));
}

static void reads_the_rfc_samples(void **unused)
{
	(void)unused;
	struct stun s;
	struct bytes ours, theirs;
	assert_int_equal(stun_parse(B(request), &s), ERR_OK);
	assert_int_equal(s.class, STUN_REQUEST);
	assert_int_equal(s.method, STUN_BINDING);
	assert_memory_equal(s.transaction, transaction, 12);
	assert_true(s.has_priority && s.priority == 0x6e0001ff);
	assert_int_equal(s.role, STUN_CONTROLLED);
	assert_true(s.tie_breaker == UINT64_C(0x932ff9b151263b36));
	assert_false(s.use_candidate);
	assert_true(s.has_fingerprint);
	assert_int_equal(s.n_unknown, 0);
	assert_int_equal(stun_username(&s, &ours, &theirs), ERR_OK);
	assert_true(bytes_equal(ours, bytes_of("evtj", 4)));
	assert_true(bytes_equal(theirs, bytes_of("h6vY", 4)));
	check_integrity(&s);

	assert_int_equal(stun_parse(B(response4), &s), ERR_OK);
	assert_int_equal(s.class, STUN_SUCCESS);
	const struct netaddr v4 = { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 32853 };
	assert_true(s.has_mapped && netaddr_equal(&s.mapped, &v4));
	check_integrity(&s);

	assert_int_equal(stun_parse(B(response6), &s), ERR_OK);
	const struct netaddr v6 = { .family = 6,
				    .ip = { 0x20, 1, 0xd, 0xb8, 0x12, 0x34, 0x56, 0x78, 0, 0x11, 0x22, 0x33, 0x44, 0x55,
					    0x66, 0x77 },
				    .port = 32853 };
	assert_true(s.has_mapped && netaddr_equal(&s.mapped, &v6));
	check_integrity(&s);
}

static void crc_is_the_known_one(void **unused)
{
	(void)unused;
	assert_int_equal(stun_crc32(bytes_of("123456789", 9)), 0xCBF43926);
	assert_int_equal(stun_crc32(bytes_of("", 0)), 0);
}

static void parse_short(struct bytes prefix, void *whole)
{
	struct stun s;
	enum err err = stun_parse(prefix, &s);
	assert_int_equal(err, prefix.n == *(size_t *)whole ? ERR_OK : ERR_SHORT);
	if (err)
		assert_true(!s.message.p && !s.integrity_at);
}

/* Length fixed up, so that truncation meets the attributes and not just the header. */
static void parse_cut(struct bytes prefix, void *unused)
{
	struct stun s;
	uint8_t scratch[256];
	struct bytes input, tag;
	if (prefix.n >= 20) {
		((uint8_t *)prefix.p)[2] = (uint8_t)((prefix.n - 20) >> 8);
		((uint8_t *)prefix.p)[3] = (uint8_t)(prefix.n - 20);
	}
	if (stun_parse(prefix, &s))
		return;
	if (stun_username(&s, &input, &tag) == ERR_OK)
		assert_int_equal(input.n + 1 + tag.n, s.username.n);
	if (stun_integrity_input(&s, scratch, sizeof scratch, &input, &tag) == ERR_OK)
		hmac(input, scratch);
}

static void truncated_at_each_byte(void **unused)
{
	(void)unused;
	size_t n = sizeof request;
	exact_each_prefix(B(request), parse_short, &n);
	exact_each_prefix(B(request), parse_cut, NULL);
	exact_each_prefix(B(response4), parse_cut, NULL);
	exact_each_prefix(B(response6), parse_cut, NULL);
	srand(1);
	exact_each_damage(B(request), 20000, parse_cut, NULL);
	exact_each_damage(B(response6), 20000, parse_cut, NULL);
}

/* A message of our own making: header, then the attributes given; no fingerprint. */
static enum err parse_with(const uint8_t *attributes, size_t n, struct stun *s)
{
	static uint8_t message[600];
	struct writer w = writer_of(message, sizeof message);
	stun_write_begin(&w, STUN_REQUEST, transaction);
	writer_bytes(&w, bytes_of(attributes, n));
	message[2] = (uint8_t)(n >> 8);
	message[3] = (uint8_t)n;
	assert_false(w.failed);
	return stun_parse(writer_done(&w), s);
}
#define WITH(s, ...) parse_with((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), s)

static void attributes_are_checked(void **unused)
{
	(void)unused;
	struct stun s;
	/* tie-breaker 0 is a value */
	assert_int_equal(WITH(&s, 0x80, 0x2a, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0), ERR_OK);
	assert_true(s.role == STUN_CONTROLLING && s.tie_breaker == 0);
	/* USE-CANDIDATE has no value */
	assert_int_equal(WITH(&s, 0, 0x25, 0, 0), ERR_OK);
	assert_true(s.use_candidate);
	assert_int_equal(WITH(&s, 0, 0x25, 0, 4, 0, 0, 0, 0), ERR_FORMAT);
	/* PRIORITY of 3 or 5 bytes, a role of 4 */
	assert_int_equal(WITH(&s, 0, 0x24, 0, 3, 0, 0, 0, 0), ERR_FORMAT);
	assert_int_equal(WITH(&s, 0, 0x24, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0), ERR_FORMAT);
	assert_int_equal(WITH(&s, 0x80, 0x29, 0, 4, 0, 0, 0, 0), ERR_FORMAT);
	/* the first of two counts */
	assert_int_equal(WITH(&s, 0, 0x24, 0, 4, 0, 0, 0, 1, 0, 0x24, 0, 4, 0, 0, 0, 2), ERR_OK);
	assert_int_equal(s.priority, 1);
	/* an attribute that runs over the end */
	assert_int_equal(WITH(&s, 0, 6, 0, 9, 'a', ':', 'b', 0), ERR_FORMAT);
	/* a username without colon */
	struct bytes a, b;
	assert_int_equal(WITH(&s, 0, 6, 0, 2, 'a', 'b', 0, 0), ERR_OK);
	assert_int_equal(stun_username(&s, &a, &b), ERR_MISSING);
	/* two ufrags of the greatest length and a colon, and one more */
	uint8_t name[4 + 516] = { 0, 6, 2, 1 };
	assert_int_equal(parse_with(name, sizeof name, &s), ERR_OK);
	assert_int_equal(s.username.n, 513);
	name[3] = 2;
	assert_int_equal(parse_with(name, sizeof name, &s), ERR_FORMAT);
	/* MESSAGE-INTEGRITY of a wrong length */
	assert_int_equal(WITH(&s, 0, 8, 0, 4, 0, 0, 0, 0), ERR_FORMAT);
	/* a family that is none, an address too short for its family */
	assert_int_equal(WITH(&s, 0, 0x20, 0, 8, 0, 3, 0, 0, 1, 2, 3, 4), ERR_FORMAT);
	assert_int_equal(WITH(&s, 0, 0x20, 0, 8, 0, 2, 0, 0, 1, 2, 3, 4), ERR_FORMAT);
	/* an error that is none */
	assert_int_equal(WITH(&s, 0, 9, 0, 4, 0, 0, 2, 0), ERR_FORMAT);
	assert_int_equal(WITH(&s, 0, 9, 0, 4, 0, 0, 4, 100), ERR_FORMAT);
}

static void unknown_attributes_are_listed(void **unused)
{
	(void)unused;
	struct stun s;
	/* 0x8022 and 0xC057 are optional; 0x7fff, 0x001c (MESSAGE-INTEGRITY-SHA256) are not */
	assert_int_equal(
	    WITH(&s, 0x80, 0x22, 0, 1, 'x', 0, 0, 0, 0x7f, 0xff, 0, 0, 0xc0, 0x57, 0, 4, 0, 0, 0, 0, 0, 0x1c, 0, 0),
	    ERR_OK);
	assert_int_equal(s.n_unknown, 2);
	assert_int_equal(s.unknown[0], 0x7fff);
	assert_int_equal(s.unknown[1], 0x001c);
	/* those of answers are known, and of no interest in a request */
	assert_int_equal(WITH(&s, 0, 1, 0, 0, 0, 10, 0, 0), ERR_OK);
	assert_int_equal(s.n_unknown, 0);

	uint8_t many[4 * 40];
	for (size_t i = 0; i < 40; i++)
		memcpy(many + 4 * i, (const uint8_t[]){ 0x7f, (uint8_t)i, 0, 0 }, 4);
	assert_int_equal(parse_with(many, sizeof many, &s), ERR_OK);
	assert_int_equal(s.n_unknown, STUN_UNKNOWN_MAX);
}

static void nothing_counts_behind_the_integrity(void **unused)
{
	(void)unused;
	struct stun s;
	uint8_t attributes[24 + 8 + 4] = { 0, 8, 0, 20 };
	memcpy(attributes + 24, (const uint8_t[]){ 0, 0x24, 0, 4, 0, 0, 0, 9 }, 8);
	memcpy(attributes + 32, (const uint8_t[]){ 0, 0x25, 0, 0 }, 4);
	assert_int_equal(parse_with(attributes, sizeof attributes, &s), ERR_OK);
	assert_int_equal(s.integrity_at, 20);
	assert_true(!s.has_priority && !s.use_candidate);
}

static void fingerprint_is_last_and_right(void **unused)
{
	(void)unused;
	struct stun s;
	uint8_t message[sizeof request + 8];
	for (size_t i = 0; i < sizeof request; i++) {
		memcpy(message, request, sizeof request);
		message[i] ^= 1;
		/* but a damaged type of its own makes it an attribute not known */
		assert_true(stun_parse(bytes_of(message, sizeof request), &s) || !s.has_fingerprint);
		assert_true(i < sizeof request - 8 || i > sizeof request - 7 || !s.has_fingerprint);
	}
	memcpy(message, request, sizeof request);
	message[24] ^= 1; /* in a text: only the checksum can know */
	assert_int_equal(stun_parse(bytes_of(message, sizeof request), &s), ERR_AUTH);
	/* something behind it */
	memcpy(message, request, sizeof request);
	memcpy(message + sizeof request, (const uint8_t[]){ 0x80, 0x22, 0, 4, 0, 0, 0, 0 }, 8);
	message[3] += 8;
	assert_int_equal(stun_parse(B(message), &s), ERR_FORMAT);
}

static void header_is_checked(void **unused)
{
	(void)unused;
	struct stun s;
	uint8_t message[sizeof request + 4] = { 0 };
	memcpy(message, request, sizeof request);
	assert_int_equal(stun_parse(B(message), &s), ERR_FORMAT); /* bytes behind the message */
	message[0] = 0x40;
	assert_int_equal(stun_parse(bytes_of(message, sizeof request), &s), ERR_FORMAT);
	message[0] = 0;
	message[4] = 0x22;
	assert_int_equal(stun_parse(bytes_of(message, sizeof request), &s), ERR_FORMAT);
	message[4] = 0x21;
	message[3] = 0x57;
	assert_int_equal(stun_parse(bytes_of(message, sizeof request), &s), ERR_FORMAT);
}

/* Class and method share 14 bits: every combination of theirs comes back. */
static void class_and_method(void **unused)
{
	(void)unused;
	struct stun s;
	static const struct {
		enum stun_class class;
		uint16_t type, method;
	} rows[] = { { STUN_REQUEST, 0x0001, 1 },  { STUN_INDICATION, 0x0011, 1 }, { STUN_SUCCESS, 0x0101, 1 },
		     { STUN_ERROR, 0x0111, 1 },	   { STUN_REQUEST, 0x0003, 3 },	   { STUN_REQUEST, 0x3eef, 0xfff },
		     { STUN_ERROR, 0x3fff, 0xfff } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t m[20] = { (uint8_t)(rows[i].type >> 8), (uint8_t)rows[i].type, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
		assert_int_equal(stun_parse(B(m), &s), ERR_OK);
		assert_int_equal(s.class, rows[i].class);
		assert_int_equal(s.method, rows[i].method);
	}
	for (enum stun_class class = STUN_REQUEST; class <= STUN_ERROR; class ++) {
		uint8_t m[20];
		struct writer w = writer_of(m, sizeof m);
		stun_write_begin(&w, class, transaction);
		assert_int_equal(stun_parse(writer_done(&w), &s), ERR_OK);
		assert_int_equal(s.class, class);
	}
}

static void finish(struct writer *w)
{
	uint8_t *tag;
	struct bytes input = stun_write_integrity(w, &tag);
	assert_non_null(tag);
	hmac(input, tag);
	stun_write_fingerprint(w);
	assert_false(w->failed);
}

static void writes_what_it_reads(void **unused)
{
	(void)unused;
	uint8_t message[300];
	struct stun s;
	struct writer w = writer_of(message, sizeof message);
	stun_write_begin(&w, STUN_REQUEST, transaction);
	stun_write_username(&w, bytes_of("abc:defgh", 9));
	stun_write_priority(&w, 7);
	stun_write_use_candidate(&w);
	stun_write_role(&w, STUN_CONTROLLING, 0);
	finish(&w);
	assert_int_equal(stun_parse(writer_done(&w), &s), ERR_OK);
	assert_true(s.use_candidate && s.priority == 7 && s.role == STUN_CONTROLLING && s.tie_breaker == 0);
	assert_true(bytes_equal(s.username, bytes_of("abc:defgh", 9)));
	assert_true(s.has_fingerprint);
	check_integrity(&s);

	/* the RFC's IPv4 answer, but for its SOFTWARE attribute */
	const struct netaddr v4 = { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 32853 },
			     v6 = { .family = 6, .ip = { 0xfe, 0x80, [15] = 1 }, .port = 1 };
	w = writer_of(message, sizeof message);
	stun_write_success(&w, transaction, &v4);
	assert_memory_equal(message + 20, response4 + 36, 12);
	finish(&w);
	assert_int_equal(stun_parse(writer_done(&w), &s), ERR_OK);
	assert_true(s.class == STUN_SUCCESS && netaddr_equal(&s.mapped, &v4));
	check_integrity(&s);
	w = writer_of(message, sizeof message);
	stun_write_success(&w, transaction, &v6);
	finish(&w);
	assert_int_equal(stun_parse(writer_done(&w), &s), ERR_OK);
	assert_true(netaddr_equal(&s.mapped, &v6));

	static const uint16_t codes[] = { 300, 400, 401, 420, 487, 500, 699 };
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		w = writer_of(message, sizeof message);
		stun_write_failure(&w, transaction, codes[i], (const uint16_t[]){ 0x7fff, 0x7ffe, 1 },
				   codes[i] == 420 ? 3 : 0);
		stun_write_fingerprint(&w);
		assert_int_equal(stun_parse(writer_done(&w), &s), ERR_OK);
		assert_int_equal(s.class, STUN_ERROR);
		assert_int_equal(s.error, codes[i]);
		assert_int_equal(s.n_unknown, 0);
		assert_int_equal(s.integrity_at, 0);
	}
}

/* With any room too small the writer fails and nothing is written past it. */
static void no_room_fails(void **unused)
{
	(void)unused;
	const struct netaddr v6 = { .family = 6, .ip = { 1 }, .port = 1 };
	uint8_t whole[200];
	struct writer w = writer_of(whole, sizeof whole);
	stun_write_success(&w, transaction, &v6);
	finish(&w);
	for (size_t n = 0; n < writer_len(&w); n++) {
		struct bytes room = exact_copy(bytes_of(whole, n));
		uint8_t *tag;
		struct writer small = writer_of((void *)room.p, n);
		stun_write_success(&small, transaction, &v6);
		struct bytes input = stun_write_integrity(&small, &tag);
		assert_true((input.n == 0) == (tag == NULL));
		stun_write_fingerprint(&small);
		assert_true(small.failed);
		exact_free(room);
	}
	w = writer_of(whole, sizeof whole);
	stun_write_failure(&w, transaction, 700, NULL, 0);
	assert_true(w.failed);
	uint16_t many[STUN_UNKNOWN_MAX + 1] = { 0 };
	w = writer_of(whole, sizeof whole);
	stun_write_failure(&w, transaction, 420, many, STUN_UNKNOWN_MAX + 1);
	assert_true(w.failed);
	w = writer_of(whole, sizeof whole);
	stun_write_success(&w, transaction, &(struct netaddr){ 0 });
	assert_true(w.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_rfc_samples),
		cmocka_unit_test(crc_is_the_known_one),
		cmocka_unit_test(truncated_at_each_byte),
		cmocka_unit_test(attributes_are_checked),
		cmocka_unit_test(unknown_attributes_are_listed),
		cmocka_unit_test(nothing_counts_behind_the_integrity),
		cmocka_unit_test(fingerprint_is_last_and_right),
		cmocka_unit_test(header_is_checked),
		cmocka_unit_test(class_and_method),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(no_room_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
