/* STUN: whatever comes, reading stays inside it; what was accepted keeps its guarantees and can be written again. */
#include "wire/demux.h"
#include "wire/stun.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			__builtin_trap();                                                                              \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void integrity(const struct stun *s)
{
	static uint8_t scratch[65536];
	struct bytes input, tag;
	enum err err = stun_integrity_input(s, scratch, sizeof scratch, &input, &tag);
	CHECK((err == ERR_OK) == (s->integrity_at != 0));
	CHECK(err ||
	      (input.n == s->integrity_at && tag.n == STUN_MAC_BYTES && tag.p + tag.n <= s->message.p + s->message.n));
}

static void again(const struct stun *s)
{
	static uint8_t out[2048];
	struct writer w = writer_of(out, sizeof out);
	struct stun t;
	uint8_t *tag;
	stun_write_begin(&w, s->class, s->transaction);
	if (s->username.p)
		stun_write_username(&w, s->username);
	if (s->has_priority)
		stun_write_priority(&w, s->priority);
	if (s->use_candidate)
		stun_write_use_candidate(&w);
	stun_write_role(&w, s->role, s->tie_breaker);
	if (s->has_mapped)
		stun_write_xor_mapped(&w, &s->mapped);
	if (s->error)
		stun_write_error(&w, s->error);
	if (s->n_unknown)
		stun_write_unknown(&w, s->unknown, s->n_unknown);
	struct bytes input = stun_write_integrity(&w, &tag);
	CHECK(tag && input.n == (size_t)(tag - 4 - out));
	stun_write_fingerprint(&w);
	CHECK(!w.failed && demux_kind(writer_done(&w)) == DEMUX_STUN);
	CHECK(stun_parse(writer_done(&w), &t) == ERR_OK);
	CHECK(t.class == s->class && t.role == s->role && t.tie_breaker == s->tie_breaker && t.priority == s->priority);
	CHECK(t.use_candidate == s->use_candidate && t.error == s->error);
	CHECK(s->username.p ? bytes_equal(t.username, s->username) : !t.username.p);
	CHECK(t.has_mapped == s->has_mapped && netaddr_equal(&t.mapped, &s->mapped));
	CHECK(t.has_fingerprint && t.integrity_at == input.n && t.n_unknown == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes message = bytes_of(data, size), ours, theirs;
	struct stun s;
	(void)demux_kind(message);
	if (stun_parse(message, &s)) {
		CHECK(!s.message.p && !s.integrity_at && !s.n_unknown);
		return 0;
	}
	if (stun_username(&s, &ours, &theirs) == ERR_OK)
		CHECK(ours.n + 1 + theirs.n == s.username.n);
	integrity(&s);
	again(&s);
	return 0;
}
