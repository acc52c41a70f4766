/* The pages, as they stand in the program: a table that daemon/diemcaud/embed makes at build time. */
#pragma once
#include "base/err.h"
#include "io/ws.h"
#include <stddef.h>
#include <stdint.h>

struct page_entry {
	const char *url; /* a last `*` stands for any rest without a slash, at least one character */
	const char *type, *cache, *etag;
	const uint8_t *plain, *gzip, *end; /* gzip begins where plain ends; equal to end: there is none */
};
extern const struct page_entry page_entries[];
extern const size_t page_entries_n;

struct pages;

/* NULL: no memory. */
struct pages *pages_new(void);
void pages_free(struct pages *p);
/* The page at a path (percent-encoded, without query), or NULL. Valid until pages_free. */
const struct ws_page *pages_find(const struct pages *p, const char *path);
