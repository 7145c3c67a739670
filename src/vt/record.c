/* vt/record.c - one line of history as bytes. */
#include "vt/record.h"

#include <regex.h>
#include <stdlib.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/mem.h"
#include "vt/record_pen.h"
#include "vt/row.h"
#include "vt/screen.h"
#include "vt/width.h"

enum {
	LEN = 3, /* bytes of the length of text, where it comes late */
	HEAD_MAX = 4 + LEN + 5 + 5,
	TAIL = 4,
	RUN_MAX = 5 + PEN_PLAIN_MAX,
	LINKS_BYTES = 65536, /* in one record; further links are lost */
};

void
record_scratch_release(struct record_scratch *sc)
{
	buf_release(&sc->runs);
}

/* A link behind a pen at p; returns where there is room for the next run. */
static uint8_t *
put_link(struct record_scratch *sc, uint8_t *mask, uint8_t *p,
	 const struct link *l, size_t room)
{
	size_t id = strlen(l->id) + 1, uri = strlen(l->uri) + 1;

	if (sc->links + id + uri > LINKS_BYTES)
		return p;
	*mask |= PEN_LINK;
	sc->links += id + uri;
	buf_grew(&sc->runs, (size_t)(p - (sc->runs.data + sc->runs.len)));
	buf_append(&sc->runs, l->id, id);
	buf_append(&sc->runs, l->uri, uri);
	return buf_room(&sc->runs, room);
}

/* The first cell from c on that has another pen. */
static inline const struct cell *
run_end(const struct cell *c, const struct cell *end, uint32_t number)
{
#if defined(__SSE2__)
	const __m128i pen = _mm_set1_epi32((int)number);
	const __m128i mask = _mm_set1_epi32((int)CELL_PEN);

	for (; end - c >= 4; c += 4) {
		const __m128i *v = (const __m128i *)(const void *)c;
		__m128 a = _mm_castsi128_ps(_mm_loadu_si128(v));
		__m128 b = _mm_castsi128_ps(_mm_loadu_si128(v + 1));
		__m128i pens = _mm_castps_si128(_mm_shuffle_ps(a, b, 0xdd));
		__m128i same = _mm_cmpeq_epi32(_mm_and_si128(pens, mask), pen);
		unsigned other =
			(unsigned)_mm_movemask_ps(_mm_castsi128_ps(same)) ^ 0xf;

		if (other)
			return c + __builtin_ctz(other);
	}
#endif
	while (c < end && (c->pen & CELL_PEN) == number)
		c++;
	return c;
}

/* The runs of cells in one pen; none if all are in the default pen. */
static void
plan_runs(struct record_scratch *sc, const struct row *row,
	  const struct pens *ps)
{
	const struct cell *c = row->cells, *end = c + sc->cells;
	uint8_t *p;

	buf_clear(&sc->runs);
	sc->links = 0;
	p = buf_room(&sc->runs, sc->cells * RUN_MAX + 1);
	while (c < end) {
		const struct cell *from = c;
		uint32_t number = c->pen & CELL_PEN;

		c = row->flags & ROW_ONE_PEN ? end : run_end(c, end, number);
		if (c == end && from == row->cells && number == 0)
			return;
		uint8_t *mask = put_varint(p, (uint32_t)(c - from));
		p = put_pen_number(mask, number, ps);
		uint16_t link = number & PENS_PLAIN ? 0 : ps->pens[number].link;
		if (link)
			p = put_link(sc, mask, p, &ps->links[link],
				     (size_t)(end - c) * RUN_MAX + 1);
	}
	buf_grew(&sc->runs, (size_t)(p - (sc->runs.data + sc->runs.len)));
}

size_t
record_plan(struct record_scratch *sc, const struct row *row,
	    const struct pens *ps)
{
	size_t each = row->flags & ROW_CLUSTERS ? CLUSTER_MAX + 2 : 4;

	sc->cells = row_length(row);
	plan_runs(sc, row, ps);
	return HEAD_MAX + sc->cells * each + sc->runs.len + PEN_PLAIN_MAX +
	       TAIL;
}

/* Four bytes in one store, the lowest first. */
static inline void
put_four(uint8_t *p, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(p, &v, 4);
#else
	for (unsigned i = 0; i < 4; i++, v >>= 8)
		p[i] = (uint8_t)v;
#endif
}

/*
 * A character from U+0800 on in UTF-8, without a branch to be guessed: those
 * of three and four bytes stand mixed.  Writes four bytes.
 */
static inline uint8_t *
put_rune(uint8_t *p, uint32_t c)
{
	uint32_t four = c > 0xffff, low = (c << 2 & 0x3f00) | (c & 0x3f) << 16;
	uint32_t v = four ? 0x808080f0 | c >> 18 | (c >> 4 & 0x3f00) | low << 8
			  : 0x8080e0 | c >> 12 | low;

	put_four(p, v);
	return p + 3 + four;
}

/*
 * The text of the cells, in at most what record_plan said.  A single
 * character always has its usual width; what has not is a cluster.
 */
static uint8_t *
put_text(struct record_scratch *sc, uint8_t *p, const struct row *row,
	 const struct pens *ps, uint32_t *head)
{
	const struct cell *c = row->cells, *end = c + sc->cells;

	for (; c < end; c++) {
		uint32_t t = c->text;

		if (t - 0x20 < 0x5f) {
			*p++ = (uint8_t)t;
		} else if (t - 0x800 < 0x110000) {
			p = put_rune(p, t);
			if (!(c->pen & CELL_WIDE))
				continue;
			for (c++; c + 1 < end && c[1].pen & CELL_WIDE &&
				  c[1].text - 0x800 < 0x110000;
			     c += 2)
				p = put_rune(p, c[1].text);
		} else if (t - 0x80 < 0x780) {
			*p++ = (uint8_t)(0xc0 | t >> 6);
			*p++ = (uint8_t)(0x80 | (t & 0x3f));
		} else if (t & CELL_CLUSTER) {
			char tmp[8];
			size_t len;
			const char *text = cell_text(ps, c, tmp, &len);

			*head |= RECORD_ODD;
			*p++ = c->pen & CELL_WIDE ? 2 : 1;
			memcpy(p, text, len);
			p += len;
			*p++ = 3;
		} else if (!(c->pen & CELL_TAIL)) {
			const struct cell *from = c;

			while (c + 1 < end && !c[1].text &&
			       !(c[1].pen & CELL_TAIL))
				c++;
			*head |= RECORD_ODD;
			memset(p, 0, (size_t)(c + 1 - from));
			p += c + 1 - from;
		}
	}
	return p;
}

/* n cells of 0x20..0x7e as bytes. */
static inline uint8_t *
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

/* What is at the front and at the end of every record. */
static inline size_t
frame(uint8_t *out, uint8_t *p, const struct row *row, uint32_t head,
      const struct pens *ps)
{
	uint32_t size;

	if (row->flags & ROW_WRAPPED)
		head |= RECORD_WRAPPED;
	if (row->fill) {
		head |= RECORD_FILL;
		p = put_pen_number(p, row->fill, ps);
	}
	size = (uint32_t)(p - out) + TAIL;
	memcpy(p, &size, sizeof size);
	head |= size << 8;
	memcpy(out, &head, sizeof head);
	return size;
}

size_t
record_write_simple(const struct row *row, const struct pens *ps, uint8_t *out)
{
	unsigned lead = row->lead, rest = row->used - lead;
	uint32_t head = RECORD_PLAIN;
	uint8_t *p = put_varint(out + 4, rest);

	if (lead) {
		head |= RECORD_LEAD;
		p = put_varint(p, lead);
	}
	p = pack(p, row->cells + lead, rest);
	if (rest == 0 || row->pen == 0) {
		head |= RECORD_DEFAULT;
	} else {
		p = put_varint(p, rest);
		p = put_pen_number(p, row->pen, ps);
	}
	return frame(out, p, row, head, ps);
}

size_t
record_write(struct record_scratch *sc, const struct row *row,
	     const struct pens *ps, uint8_t *out)
{
	bool plain = row->flags & ROW_PLAIN;
	uint16_t flags = row->flags & (uint16_t)(ROW_KEPT & ~ROW_WRAPPED);
	uint32_t head = plain ? RECORD_PLAIN : 0, len;
	uint8_t *p = out + 4 + LEN, *text;

	if (!plain)
		p = put_varint(p, sc->cells);
	if (flags) {
		head |= RECORD_FLAGS;
		p = put_varint(p, flags);
	}
	text = p;
	p = plain ? pack(p, row->cells, sc->cells)
		  : put_text(sc, p, row, ps, &head);
	/* A varint of always LEN bytes, since now it is known. */
	len = (uint32_t)(p - text);
	for (unsigned i = 0; i < LEN; i++, len >>= 7)
		out[4 + i] = (uint8_t)(i + 1 < LEN ? len | 0x80 : len & 0x7f);
	if (sc->runs.len > 0)
		memcpy(p, sc->runs.data, sc->runs.len);
	else
		head |= RECORD_DEFAULT;
	return frame(out, p + sc->runs.len, row, head, ps);
}

/* The parts of a record. */
struct parts {
	uint32_t head, len, cells, flags, lead;
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
	if (a.head & RECORD_LEAD)
		p = get_varint(p, &a.lead);
	a.cells += a.lead;
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
	unsigned x = a.lead < cols ? a.lead : cols, lead = x;

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
	row->lead = 0;
	row->fill = 0;
	row->flags = (uint16_t)a.flags;
	if (a.head & RECORD_ODD)
		row->flags |= ROW_CLUSTERS;
	row->pen = number;
	if ((a.head & RECORD_PLAIN) && !lead)
		row->flags |= ROW_PLAIN;
	if (n_runs <= 1 && !lead)
		row->flags |= ROW_ONE_PEN;
	if (a.head & RECORD_FILL) {
		get_pen(runs, ps, &pen);
		row->fill = pens_find(ps, &pen);
	}
	for (x = 0; x < lead; x++)
		row->cells[x] = (struct cell){ 0, row->fill };
}

/* The text without what stands for cells. */
static void
clean_text(const struct parts *a, struct buf *out)
{
	uint8_t *to = buf_room(out, a->lead + a->len + 1), *start = to;

	memset(to, ' ', a->lead);
	to += a->lead;
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

	if (a.head & (RECORD_ODD | RECORD_LEAD))
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

	if (s->regex || (a.head & (RECORD_ODD | RECORD_LEAD))) {
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
