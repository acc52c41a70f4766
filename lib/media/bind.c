#include "media/bind.h"
#include "wire/rtp.h"
#include "wire/rtpext.h"
#include <string.h>

static uint32_t cell_of(uint32_t ssrc)
{
	return (ssrc * UINT32_C(2654435761)) >> 16 & (BIND_CELLS - 1);
}

const struct binding *bind_find(const struct bind *b, uint32_t ssrc)
{
	for (uint32_t i = cell_of(ssrc); b->cells[i]; i = (i + 1) & (BIND_CELLS - 1)) {
		const struct binding *binding = &b->bindings[b->cells[i] - 1];
		if (binding->ssrc == ssrc)
			return binding;
	}
	return NULL;
}

static bool has_room(const struct bind *b, uint8_t line, uint8_t layer, bool rtx)
{
	size_t same = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct binding *o = &b->bindings[i];
		same += o->line == line && o->layer == layer && o->rtx == rtx;
	}
	return same < SSRCS_PER_RID && b->n < SSRCS_PER_TRANSPORT;
}

/* NULL: no room. */
static const struct binding *add(struct bind *b, uint32_t ssrc, uint8_t line, uint8_t layer, bool rtx)
{
	if (!has_room(b, line, layer, rtx))
		return NULL;
	struct binding *binding = &b->bindings[b->n];
	*binding = (struct binding){ .ssrc = ssrc, .index = b->n, .line = line, .layer = layer, .rtx = rtx };
	uint32_t i = cell_of(ssrc);
	while (b->cells[i])
		i = (i + 1) & (BIND_CELLS - 1);
	b->cells[i] = ++b->n;
	return binding;
}

static bool sends(const struct line *line)
{
	return line->role == LINE_MIC || line->role == LINE_MIC_LOW || line->role == LINE_CAMERA ||
	       line->role == LINE_SCREEN;
}

static void add_declared(struct bind *b, uint8_t line, const struct line *l)
{
	for (size_t i = 0; i < l->n_ssrcs; i++) {
		uint32_t media = l->ssrcs[i];
		uint32_t rtx = l->rtx_ssrcs[i];
		if (!bind_find(b, media))
			(void)add(b, media, line, 0, false);
		if (rtx && !bind_find(b, rtx) && add(b, rtx, line, 0, true))
			b->bindings[b->n - 1].repairs = media;
	}
}

void bind_init(struct bind *b, const struct negotiated *media)
{
	memset(b, 0, sizeof *b);
	b->media = media;
	for (uint8_t i = 0; i < media->n_lines; i++) {
		const struct line *line = &media->lines[i];
		if (sends(line) && line->n_rids == 0)
			add_declared(b, i, line);
	}
}

static bool is_text(struct bytes data, const char *text)
{
	return bytes_equal(data, bytes_of(text, strlen(text)));
}

const struct line_codec *bind_codec(const struct bind *b, uint8_t line, uint8_t pt, bool *rtx)
{
	const struct line *l = &b->media->lines[line];
	*rtx = false;
	for (size_t i = 0; i < l->n_codecs; i++) {
		const struct line_codec *codec = &l->codecs[i];
		if (codec->pt == pt)
			return codec;
		if (codec->rtx_pt && codec->rtx_pt == pt) {
			*rtx = true;
			return codec;
		}
	}
	return NULL;
}

/* The line whose mid is in the packet. *has_mid: there is one, of a line or not. False: none. */
static bool line_by_mid(const struct bind *b, const struct rtp *packet, bool *has_mid, uint8_t *line)
{
	*has_mid = false;
	for (uint8_t i = 0; i < b->media->n_lines; i++) {
		const struct line *l = &b->media->lines[i];
		struct bytes data;
		if (!sends(l) || !rtpext_find(packet, l->exts.mid, &data))
			continue;
		*has_mid = true;
		*line = i;
		if (is_text(data, l->mid))
			return true;
	}
	return false;
}

/* The only sending line that takes this payload type and declared no SSRCs. False: none, or several. */
static bool line_by_payload(const struct bind *b, uint8_t pt, uint8_t *line)
{
	size_t found = 0;
	for (uint8_t i = 0; i < b->media->n_lines; i++) {
		bool rtx;
		if (!sends(&b->media->lines[i]) || !bind_codec(b, i, pt, &rtx))
			continue;
		*line = i;
		found++;
	}
	return found == 1 && b->media->lines[*line].n_ssrcs == 0;
}

static bool layer_by_rid(const struct line *l, const struct rtp *packet, bool rtx, uint8_t *layer)
{
	struct bytes rid;
	*layer = 0;
	if (l->n_rids == 0)
		return true;
	if (!(rtx && rtpext_find(packet, l->exts.repaired_rid, &rid)) && !rtpext_find(packet, l->exts.rid, &rid))
		return false;
	while (*layer < l->n_rids && !is_text(rid, l->rids[*layer]))
		++*layer;
	return *layer < l->n_rids;
}

enum bind_verdict bind_on_packet(struct bind *b, const struct rtp *packet, const struct binding **out)
{
	*out = bind_find(b, packet->ssrc);
	if (*out)
		return BIND_KNOWN;
	bool has_mid;
	uint8_t line;
	if (!line_by_mid(b, packet, &has_mid, &line) && (has_mid || !line_by_payload(b, packet->pt, &line)))
		return BIND_UNBOUND;
	bool rtx;
	if (!bind_codec(b, line, packet->pt, &rtx))
		return BIND_PAYLOAD_TYPE;
	uint8_t layer;
	if (!layer_by_rid(&b->media->lines[line], packet, rtx, &layer))
		return BIND_UNBOUND;
	*out = add(b, packet->ssrc, line, layer, rtx);
	return *out ? BIND_NEW : BIND_LIMIT;
}

const struct binding *bind_repaired(const struct bind *b, const struct binding *rtx)
{
	if (!rtx->rtx)
		return NULL;
	if (rtx->repairs)
		return bind_find(b, rtx->repairs);
	for (size_t i = b->n; i-- > 0;) {
		const struct binding *o = &b->bindings[i];
		if (!o->rtx && o->line == rtx->line && o->layer == rtx->layer)
			return o;
	}
	return NULL;
}
