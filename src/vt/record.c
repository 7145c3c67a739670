/* vt/record.c - one line of history as bytes. */
#include "vt/record.h"

#include <regex.h>
#include <stdlib.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/mem.h"
#include "vt/pen.h"
#include "vt/row.h"
#include "vt/screen.h"
#include "vt/width.h"

enum {
	PEN_ATTRS = 1 << 0, /* varint */
	PEN_FG_INDEX = 1 << 1, /* a byte */
	PEN_FG_RGB = 1 << 2, /* three */
	PEN_BG_INDEX = 1 << 3,
	PEN_BG_RGB = 1 << 4,
	PEN_UL = 1 << 5, /* four */
	PEN_LINK = 1 << 6, /* id, NUL, URI, NUL */
};
enum {
	HEAD_MAX = 4 + 5 + 5 + 5,
	TAIL = 4,
	PEN_PLAIN_MAX = 1 + 5 + 3 + 3 + 4, /* without a link */
	LINKS_BYTES = 65536, /* in one record; further links are lost */
};

void
record_scratch_release(struct record_scratch *sc)
{
	buf_release(&sc->text);
	buf_release(&sc->runs);
}

static uint8_t *
put_varint(uint8_t *p, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

static const uint8_t *
get_varint(const uint8_t *p, uint32_t *v)
{
	unsigned shift = 0;

	*v = 0;
	do {
		*v |= (uint32_t)(*p & 0x7f) << shift;
		shift += 7;
	} while (*p++ & 0x80);
	return p;
}

static uint8_t *
put_color(uint8_t *p, uint32_t color)
{
	if (color & COLOR_RGB) {
		*p++ = (uint8_t)(color >> 16);
		*p++ = (uint8_t)(color >> 8);
	}
	*p++ = (uint8_t)color;
	return p;
}

/* A pen, into PEN_PLAIN_MAX bytes: its link is not among them. */
static uint8_t *
put_pen(uint8_t *p, const struct pen *pen)
{
	uint8_t *mask = p++;

	*mask = 0;
	if (pen->attrs) {
		*mask |= PEN_ATTRS;
		p = put_varint(p, pen->attrs);
	}
	if (pen->fg) {
		*mask |= pen->fg & COLOR_RGB ? PEN_FG_RGB : PEN_FG_INDEX;
		p = put_color(p, pen->fg);
	}
	if (pen->bg) {
		*mask |= pen->bg & COLOR_RGB ? PEN_BG_RGB : PEN_BG_INDEX;
		p = put_color(p, pen->bg);
	}
	if (pen->ul) {
		*mask |= PEN_UL;
		memcpy(p, &pen->ul, 4);
		p += 4;
	}
	return p;
}

static const uint8_t *
get_rgb(const uint8_t *p, uint32_t *color)
{
	*color = COLOR_RGB | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	return p + 3;
}

static const uint8_t *
get_pen(const uint8_t *p, struct pens *ps, struct pen *pen)
{
	unsigned mask = *p++;
	uint32_t v;

	*pen = (struct pen){ 0 };
	if (mask & PEN_ATTRS) {
		p = get_varint(p, &v);
		pen->attrs = (uint16_t)v;
	}
	if (mask & PEN_FG_INDEX)
		pen->fg = COLOR_INDEX | *p++;
	if (mask & PEN_FG_RGB)
		p = get_rgb(p, &pen->fg);
	if (mask & PEN_BG_INDEX)
		pen->bg = COLOR_INDEX | *p++;
	if (mask & PEN_BG_RGB)
		p = get_rgb(p, &pen->bg);
	if (mask & PEN_UL) {
		memcpy(&pen->ul, p, 4);
		p += 4;
	}
	if (mask & PEN_LINK) {
		const char *id = (const char *)p;
		const char *uri = id + strlen(id) + 1;

		pen->link = pens_link(ps, id, uri);
		p = (const uint8_t *)uri + strlen(uri) + 1;
	}
	return p;
}

static void
plan_run(struct record_scratch *sc, unsigned cells, const struct pen *pen,
	 const struct pens *ps)
{
	uint8_t *start = buf_room(&sc->runs, 5 + PEN_PLAIN_MAX);
	uint8_t *p = put_varint(start, cells);
	uint8_t *mask = p;

	p = put_pen(p, pen);
	if (pen->link) {
		const struct link *l = &ps->links[pen->link];
		size_t id = strlen(l->id) + 1, uri = strlen(l->uri) + 1;

		if (sc->links + id + uri <= LINKS_BYTES) {
			*mask |= PEN_LINK;
			sc->links += id + uri;
			buf_grew(&sc->runs, (size_t)(p - start));
			buf_append(&sc->runs, l->id, id);
			buf_append(&sc->runs, l->uri, uri);
			return;
		}
	}
	buf_grew(&sc->runs, (size_t)(p - start));
}

/* One cell's text, into CLUSTER_MAX + 2 bytes. */
static uint8_t *
put_cell(struct record_scratch *sc, uint8_t *p, const struct cell *c,
	 const struct pens *ps)
{
	uint32_t t = c->text;
	unsigned width = c->pen & CELL_WIDE ? 2 : 1;
	char tmp[8];
	const char *text;
	size_t len;

	if (t == 0) {
		sc->head |= RECORD_ODD;
		*p++ = 0;
		return p;
	}
	text = cell_text(ps, c, tmp, &len);
	if (!(t & CELL_CLUSTER) && (width_of(t) & WIDTH_COLUMNS) == width) {
		memcpy(p, text, len);
		return p + len;
	}
	sc->head |= RECORD_ODD;
	*p++ = (uint8_t)width;
	memcpy(p, text, len);
	p += len;
	*p++ = 3;
	return p;
}

static bool
is_simple(const struct row *row, const struct pens *ps)
{
	return row->used == 0 ||
	       ((row->flags & ROW_PLAIN) && (row->flags & ROW_ONE_PEN) &&
		!pens_get(ps, row->pen)->link);
}

static size_t
plan_cells(struct record_scratch *sc, const struct row *row,
	   const struct pens *ps)
{
	unsigned n = row_length(row);
	bool colored = false;

	buf_clear(&sc->text);
	buf_clear(&sc->runs);
	sc->links = 0;
	sc->cells = n;
	sc->head = 0;
	for (unsigned x = 0; x < n;) {
		uint32_t pen = row->cells[x].pen & CELL_PEN;
		unsigned from = x;

		while (x < n && (row->cells[x].pen & CELL_PEN) == pen) {
			unsigned room = n - x < 64 ? n - x : 64;
			uint8_t *start =
				buf_room(&sc->text, room * (CLUSTER_MAX + 2u));
			uint8_t *p = start;

			for (; room > 0; room--, x++) {
				const struct cell *c = &row->cells[x];

				if ((c->pen & CELL_PEN) != pen)
					break;
				if (c->text >= 0x20 && c->text < 0x7f)
					*p++ = (uint8_t)c->text;
				else if (!(c->pen & CELL_TAIL))
					p = put_cell(sc, p, c, ps);
			}
			buf_grew(&sc->text, (size_t)(p - start));
		}
		if (pen != 0)
			colored = true;
		plan_run(sc, x - from, pens_get(ps, pen), ps);
	}
	if (!colored) {
		sc->head |= RECORD_DEFAULT;
		buf_clear(&sc->runs);
	}
	if (sc->text.len == n && (row->flags & ROW_PLAIN))
		sc->head |= RECORD_PLAIN;
	return HEAD_MAX + sc->text.len + sc->runs.len + PEN_PLAIN_MAX + TAIL;
}

size_t
record_plan(struct record_scratch *sc, const struct row *row,
	    const struct pens *ps)
{
	if (is_simple(row, ps))
		return HEAD_MAX + row->used + 5u + 2 * PEN_PLAIN_MAX + TAIL;
	return plan_cells(sc, row, ps);
}

/* n cells of 0x20..0x7e as bytes. */
static uint8_t *
pack(uint8_t *p, const struct cell *c, unsigned n)
{
	unsigned i = 0;

#if defined(__SSE2__)
	for (; i + 8 <= n; i += 8) {
		const __m128i *v = (const __m128i *)(const void *)(c + i);
		__m128 a = _mm_castsi128_ps(_mm_loadu_si128(v));
		__m128 b = _mm_castsi128_ps(_mm_loadu_si128(v + 1));
		__m128 d = _mm_castsi128_ps(_mm_loadu_si128(v + 2));
		__m128 e = _mm_castsi128_ps(_mm_loadu_si128(v + 3));
		__m128i lo = _mm_castps_si128(_mm_shuffle_ps(a, b, 0x88));
		__m128i hi = _mm_castps_si128(_mm_shuffle_ps(d, e, 0x88));
		__m128i w = _mm_packs_epi32(lo, hi);

		_mm_storel_epi64((__m128i *)(void *)(p + i),
				 _mm_packus_epi16(w, w));
	}
#endif
	for (; i < n; i++)
		p[i] = (uint8_t)c[i].text;
	return p + n;
}

size_t
record_write(struct record_scratch *sc, const struct row *row,
	     const struct pens *ps, uint8_t *out)
{
	bool simple = is_simple(row, ps);
	uint32_t head = simple ? RECORD_PLAIN : sc->head, size;
	uint16_t flags = row->flags & (uint16_t)(ROW_KEPT & ~ROW_WRAPPED);
	uint8_t *p = out + 4;

	if (simple && (row->used == 0 || row->pen == 0))
		head |= RECORD_DEFAULT;
	if (row->flags & ROW_WRAPPED)
		head |= RECORD_WRAPPED;
	if (flags)
		head |= RECORD_FLAGS;
	if (row->fill)
		head |= RECORD_FILL;

	p = put_varint(p, simple ? row->used : (uint32_t)sc->text.len);
	if (!(head & RECORD_PLAIN))
		p = put_varint(p, sc->cells);
	if (flags)
		p = put_varint(p, flags);
	if (simple) {
		p = pack(p, row->cells, row->used);
		if (!(head & RECORD_DEFAULT)) {
			p = put_varint(p, row->used);
			p = put_pen(p, pens_get(ps, row->pen));
		}
	} else {
		if (sc->text.len > 0)
			memcpy(p, sc->text.data, sc->text.len);
		p += sc->text.len;
		if (sc->runs.len > 0)
			memcpy(p, sc->runs.data, sc->runs.len);
		p += sc->runs.len;
	}
	if (row->fill)
		p = put_pen(p, pens_get(ps, row->fill));

	size = (uint32_t)(p - out) + TAIL;
	memcpy(p, &size, sizeof size);
	head |= size << 8;
	memcpy(out, &head, sizeof head);
	return size;
}

/* The parts of a record. */
struct parts {
	uint32_t head, len, cells, flags;
	const uint8_t *text, *runs;
};

static struct parts
take_apart(const uint8_t *r)
{
	struct parts a = { 0 };
	const uint8_t *p = r + 4;

	memcpy(&a.head, r, sizeof a.head);
	p = get_varint(p, &a.len);
	a.cells = a.len;
	if (!(a.head & RECORD_PLAIN))
		p = get_varint(p, &a.cells);
	if (a.head & RECORD_FLAGS)
		p = get_varint(p, &a.flags);
	if (a.head & RECORD_WRAPPED)
		a.flags |= ROW_WRAPPED;
	a.text = p;
	a.runs = p + a.len;
	return a;
}

unsigned
record_width(const uint8_t *r)
{
	return take_apart(r).cells;
}

uint16_t
record_flags(const uint8_t *r)
{
	return (uint16_t)take_apart(r).flags;
}

static const uint8_t *
get_rune(const uint8_t *p, uint32_t *c)
{
	if (*p < 0x80) {
		*c = *p;
		return p + 1;
	}
	if (*p < 0xe0) {
		*c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return p + 2;
	}
	if (*p < 0xf0) {
		*c = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		return p + 3;
	}
	*c = (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 |
	     (p[3] & 0x3fu);
	return p + 4;
}

/* The next cell's text, and its width. */
static const uint8_t *
get_cell(const uint8_t *p, struct pens *ps, uint32_t *text, unsigned *width)
{
	if (*p == 0) {
		*text = 0;
		*width = 1;
		return p + 1;
	}
	if (*p < 3) {
		const uint8_t *from = p + 1, *after;

		*width = *p;
		for (p = from; *p != 3;)
			p++;
		after = get_rune(from, text);
		if (after != p)
			*text = CELL_CLUSTER |
				pens_cluster(ps, (const char *)from,
					     (size_t)(p - from));
		return p + 1;
	}
	p = get_rune(p, text);
	*width = width_of(*text) & WIDTH_COLUMNS;
	return p;
}

void
record_read(const uint8_t *r, struct pens *ps, struct row *row, unsigned cols)
{
	struct parts a = take_apart(r);
	const uint8_t *p = a.text, *end = a.runs, *runs = a.runs;
	uint32_t left = UINT32_MAX, number = 0, n_runs = 0;
	struct pen pen = { 0 };
	unsigned x = 0;

	while (p < end) {
		uint32_t text;
		unsigned width = 1;

		if (a.head & RECORD_PLAIN)
			text = *p++;
		else
			p = get_cell(p, ps, &text, &width);
		if (!(a.head & RECORD_DEFAULT) && (left == 0 || n_runs == 0)) {
			runs = get_varint(runs, &left);
			runs = get_pen(runs, ps, &pen);
			number = pens_find(ps, &pen);
			n_runs++;
		}
		if (x + width <= cols) {
			row->cells[x] = (struct cell){ text, number };
			if (width == 2) {
				row->cells[x].pen |= CELL_WIDE;
				row->cells[x + 1] =
					(struct cell){ 0, number | CELL_TAIL };
			}
			x += width;
		} else if (x < cols) {
			row->cells[x++] = (struct cell){ 0, number };
		}
		left -= width;
	}
	row->used = (uint16_t)x;
	row->fill = 0;
	row->flags = (uint16_t)a.flags;
	row->pen = number;
	if (a.head & RECORD_PLAIN)
		row->flags |= ROW_PLAIN;
	if (n_runs <= 1)
		row->flags |= ROW_ONE_PEN;
	if (a.head & RECORD_FILL) {
		get_pen(runs, ps, &pen);
		row->fill = pens_find(ps, &pen);
	}
}

/* The text without what stands for cells. */
static void
clean_text(const struct parts *a, struct buf *out)
{
	uint8_t *to = buf_room(out, a->len + 1), *start = to;

	for (uint32_t i = 0; i < a->len; i++) {
		uint8_t c = a->text[i];

		if (c == 0)
			*to++ = ' ';
		else if (c > 3)
			*to++ = c;
	}
	buf_grew(out, (size_t)(to - start));
}

void
record_text(const uint8_t *r, struct buf *out)
{
	struct parts a = take_apart(r);

	if (a.head & RECORD_ODD)
		clean_text(&a, out);
	else
		buf_append(out, a.text, a.len);
}

struct record_search {
	char *needle;
	size_t len;
	bool regex;
	regex_t expression;
	struct buf text;
};

struct record_search *
record_search_new(const char *needle, bool regex)
{
	struct record_search *s = mem_zero(1, sizeof *s);

	if (regex &&
	    regcomp(&s->expression, needle, REG_EXTENDED | REG_NOSUB) != 0) {
		free(s);
		return NULL;
	}
	s->regex = regex;
	s->needle = mem_str(needle);
	s->len = strlen(needle);
	return s;
}

void
record_search_free(struct record_search *s)
{
	if (s->regex)
		regfree(&s->expression);
	buf_release(&s->text);
	free(s->needle);
	free(s);
}

bool
record_search(struct record_search *s, const uint8_t *r)
{
	struct parts a = take_apart(r);
	const void *text = a.text;
	size_t len = a.len;

	if (s->regex || (a.head & RECORD_ODD)) {
		buf_clear(&s->text);
		clean_text(&a, &s->text);
		buf_byte(&s->text, 0);
		text = s->text.data;
		len = s->text.len - 1;
	}
	if (s->regex)
		return regexec(&s->expression, text, 0, NULL, 0) == 0;
	return memmem(text, len, s->needle, s->len) != NULL;
}
