#include "pages.h"
#include <stdlib.h>
#include <string.h>

struct pages {
	size_t n;
	struct ws_page pages[];
};

struct pages *pages_new(void)
{
	struct pages *p = calloc(1, sizeof *p + page_entries_n * sizeof(struct ws_page));
	if (!p)
		return NULL;
	p->n = page_entries_n;
	for (size_t i = 0; i < p->n; i++) {
		const struct page_entry *e = &page_entries[i];
		p->pages[i] = (struct ws_page){
			.type = e->type,
			.plain = { e->plain, (size_t)(e->gzip - e->plain) },
			.gzip = { e->gzip, (size_t)(e->end - e->gzip) },
			.etag = e->etag,
			.cache = e->cache,
		};
	}
	return p;
}

void pages_free(struct pages *p)
{
	free(p);
}

static bool fits(const char *url, const char *path)
{
	size_t n = strlen(url);
	if (url[n - 1] != '*')
		return !strcmp(url, path);
	return !strncmp(url, path, n - 1) && path[n - 1] && !strchr(path + n - 1, '/');
}

const struct ws_page *pages_find(const struct pages *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (fits(page_entries[i].url, path))
			return &p->pages[i];
	return NULL;
}
