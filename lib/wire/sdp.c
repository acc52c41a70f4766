#include "wire/sdp.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct bytes trim(struct bytes text)
{
	while (text.n && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

/* Takes one line off the front of *text, without its end. */
static bool line_next(struct bytes *text, struct bytes *line)
{
	if (text->n == 0)
		return false;
	*line = sdp_cut(text, '\n');
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* What may stand in a line: anything printable, UTF-8 too. An answer repeats some of it. */
static bool is_clean(struct bytes line)
{
	for (size_t i = 0; i < line.n; i++) {
		if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
			return false;
	}
	return true;
}

static bool is_ascii(struct bytes text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < 0x20 || text.p[i] > 0x7e)
			return false;
	}
	return true;
}

/* "audio 9 UDP/TLS/RTP/SAVPF 111 63"; the port may be "49170/2". Refused lines are answered with these words. */
static bool media_head(struct bytes head, struct sdp_media *m)
{
	struct bytes ports;
	uint32_t port;
	if (!is_ascii(head) || !sdp_word_next(&head, ' ', &m->kind) || !sdp_is_token(m->kind) ||
	    !sdp_word_next(&head, ' ', &ports) || !sdp_word_next(&head, ' ', &m->proto))
		return false;
	m->formats = trim(head);
	struct bytes first;
	if (!sdp_word_next(&head, ' ', &first) || first.n > SDP_WORD_MAX || m->kind.n > SDP_WORD_MAX ||
	    m->proto.n > SDP_WORD_MAX)
		return false;
	if (!sdp_number(sdp_cut(&ports, '/'), UINT16_MAX, &port))
		return false;
	m->port = (uint16_t)port;
	return true;
}

enum err sdp_parse(struct bytes text, struct sdp *out)
{
	memset(out, 0, sizeof *out);
	if (text.n > (size_t)SDP_MAX)
		return ERR_RANGE;
	struct bytes line, *section = &out->session;
	if (!line_next(&text, &line) || !sdp_is(line, "v=0"))
		return ERR_FORMAT;
	section->p = line.p;
	section->n = (size_t)(text.p - section->p);
	while (line_next(&text, &line)) {
		if (line.n == 0 && text.n == 0)
			break; /* an empty last line harms nobody */
		if (line.n < 2 || line.p[1] != '=' || line.p[0] < 'a' || line.p[0] > 'z' || !is_clean(line))
			return ERR_FORMAT;
		if (line.p[0] == 'm') {
			if (out->n_media == LINES_MAX)
				return ERR_LIMIT;
			struct sdp_media *m = &out->media[out->n_media++];
			if (!media_head(bytes_of(line.p + 2, line.n - 2), m))
				return ERR_FORMAT;
			section = &m->lines;
			section->p = text.p;
		}
		section->n = (size_t)(text.p - section->p);
	}
	return ERR_OK;
}

bool sdp_attr_next(struct bytes *lines, struct sdp_attr *out)
{
	for (struct bytes line; line_next(lines, &line);) {
		if (line.n < 2 || line.p[0] != 'a' || line.p[1] != '=')
			continue;
		struct bytes rest = bytes_of(line.p + 2, line.n - 2);
		out->name = sdp_cut(&rest, ':');
		out->value = trim(rest);
		return true;
	}
	*out = (struct sdp_attr){ 0 };
	return false;
}

bool sdp_attr_find(struct bytes lines, const char *name, struct bytes *value)
{
	for (struct sdp_attr a; sdp_attr_next(&lines, &a);) {
		if (sdp_is(a.name, name)) {
			*value = a.value;
			return true;
		}
	}
	*value = (struct bytes){ 0 };
	return false;
}

struct bytes sdp_cut(struct bytes *text, char mark)
{
	const uint8_t *at = text->n ? memchr(text->p, mark, text->n) : NULL;
	struct bytes before = { text->p, at ? (size_t)(at - text->p) : text->n };
	size_t taken = at ? before.n + 1 : before.n;
	if (taken) {
		text->p += taken;
		text->n -= taken;
	}
	return before;
}

bool sdp_word_next(struct bytes *text, char mark, struct bytes *word)
{
	while (text->n) {
		*word = trim(sdp_cut(text, mark));
		if (word->n)
			return true;
	}
	*word = (struct bytes){ 0 };
	return false;
}

bool sdp_param(struct bytes params, const char *key, struct bytes *value)
{
	for (struct bytes word; sdp_word_next(&params, ';', &word);) {
		if (sdp_is_nocase(trim(sdp_cut(&word, '=')), key)) {
			*value = trim(word);
			return true;
		}
	}
	*value = (struct bytes){ 0 };
	return false;
}

bool sdp_is(struct bytes text, const char *other)
{
	return bytes_equal(text, bytes_of(other, strlen(other)));
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

bool sdp_is_nocase(struct bytes text, const char *other)
{
	if (text.n != strlen(other))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (lower(text.p[i]) != lower((uint8_t)other[i]))
			return false;
	}
	return true;
}

bool sdp_number(struct bytes text, uint32_t max, uint32_t *value)
{
	*value = 0;
	uint64_t sum = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(text.p[i] - '0');
		if (sum > max)
			return false;
	}
	if (text.n == 0)
		return false;
	*value = (uint32_t)sum;
	return true;
}

bool sdp_is_token(struct bytes text)
{
	static const char others[] = "\"(),/:;<=>?@[\\]";
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (c <= 0x20 || c >= 0x7f || strchr(others, c))
			return false;
	}
	return text.n > 0;
}

int sdp_hex(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	uint8_t c = lower(digit);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
