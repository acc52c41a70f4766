/* Slices, and the sticky reader and writer every wire format here is parsed and built with.
 *
 * A read past the end sets `failed`, yields zeros and moves nothing; a write past the end sets `failed` and writes
 * nothing. So a parser reads a run of fields and asks once, a builder writes everything and asks once. Numbers are in
 * network byte order. Nothing here allocates; a slice is valid as long as what it points into. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){ p, n };
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The n lowest bytes of `value` to where there is room for them. */
static inline void bytes_put(uint8_t *p, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(value >> 8 * (n - 1 - i));
}

struct reader {
	const uint8_t *p, *end;
	bool failed;
};

static inline struct reader reader_of(struct bytes b)
{
	return (struct reader){ b.p, b.n ? b.p + b.n : b.p, false };
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->p);
}

/* The next n bytes as they stand, or NULL (and failed). */
static inline const uint8_t *reader_take(struct reader *r, size_t n)
{
	if (r->failed || reader_left(r) < n) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *p = r->p;
	r->p += n;
	return p;
}

static inline struct bytes reader_bytes(struct reader *r, size_t n)
{
	const uint8_t *p = reader_take(r, n);
	return p ? (struct bytes){ p, n } : (struct bytes){ NULL, 0 };
}

static inline void reader_skip(struct reader *r, size_t n)
{
	(void)reader_take(r, n);
}

static inline uint64_t reader_be(struct reader *r, size_t n)
{
	const uint8_t *p = reader_take(r, n);
	uint64_t value = 0;
	for (size_t i = 0; p && i < n; i++)
		value = value << 8 | p[i];
	return value;
}

static inline uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)reader_be(r, 1);
}
static inline uint16_t reader_u16(struct reader *r)
{
	return (uint16_t)reader_be(r, 2);
}
static inline uint32_t reader_u24(struct reader *r)
{
	return (uint32_t)reader_be(r, 3);
}
static inline uint32_t reader_u32(struct reader *r)
{
	return (uint32_t)reader_be(r, 4);
}
static inline uint64_t reader_u64(struct reader *r)
{
	return reader_be(r, 8);
}

struct writer {
	uint8_t *start, *p, *end;
	bool failed;
};

static inline struct writer writer_of(void *p, size_t n)
{
	return (struct writer){ p, p, (uint8_t *)p + n, false };
}

static inline size_t writer_len(const struct writer *w)
{
	return (size_t)(w->p - w->start);
}

/* Room for n bytes that the caller fills, or NULL (and failed). */
static inline uint8_t *writer_room(struct writer *w, size_t n)
{
	if (w->failed || (size_t)(w->end - w->p) < n) {
		w->failed = true;
		return NULL;
	}
	uint8_t *p = w->p;
	w->p += n;
	return p;
}

static inline void writer_be(struct writer *w, uint64_t value, size_t n)
{
	uint8_t *p = writer_room(w, n);
	if (p)
		bytes_put(p, value, n);
}

static inline void writer_u8(struct writer *w, uint8_t value)
{
	writer_be(w, value, 1);
}
static inline void writer_u16(struct writer *w, uint16_t value)
{
	writer_be(w, value, 2);
}
static inline void writer_u24(struct writer *w, uint32_t value)
{
	writer_be(w, value, 3);
}
static inline void writer_u32(struct writer *w, uint32_t value)
{
	writer_be(w, value, 4);
}
static inline void writer_u64(struct writer *w, uint64_t value)
{
	writer_be(w, value, 8);
}

static inline void writer_bytes(struct writer *w, struct bytes b)
{
	uint8_t *p = writer_room(w, b.n);
	if (p && b.n)
		memcpy(p, b.p, b.n);
}

static inline struct bytes writer_done(const struct writer *w)
{
	return (struct bytes){ w->start, w->failed ? 0 : writer_len(w) };
}
