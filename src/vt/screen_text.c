/* vt/screen_text.c - characters into cells: wrapping, joining, inserting. */
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "vt/parts.h"
#include "vt/width.h"

void
text_care(struct screen *s)
{
	s->odd = mode_on(s, MODE_INSERT) || !mode_on(s, MODE_AUTOWRAP) ||
		 mode_on(s, MODE_LR_MARGINS) || s->g[s->gl] != CHARSET_ASCII ||
		 s->single_shift;
}

/* The column behind the last one that text here may use. */
static unsigned
limit(const struct screen *s)
{
	const struct page *p = s->page;

	if (mode_on(s, MODE_LR_MARGINS) && s->col <= p->right)
		return p->right + 1;
	return s->cols;
}

bool
text_at_end(const struct screen *s)
{
	return s->col + 1 == limit(s);
}

static void
wrap(struct screen *s)
{
	const struct page *p = s->page;

	s->pending_wrap = false;
	s->col = mode_on(s, MODE_LR_MARGINS) && s->col >= p->left ? p->left : 0;
	if (s->row == p->bottom) {
		scroll_feed(s, true);
		return;
	}
	if (s->row + 1 < s->rows)
		s->row++;
	grid_peek(s->grid, s->row)->flags |= ROW_WRAPPED;
}

/* n cells of text p at c, all with this pen. */
static void
unpack(struct cell *c, const uint8_t *p, unsigned n, uint32_t pen)
{
	unsigned i = 0;

#if defined(__SSE2__)
	const __m128i zero = _mm_setzero_si128();
	const __m128i pens = _mm_set1_epi32((int)pen);

	for (; i + 8 <= n; i += 8) {
		__m128i b =
			_mm_loadl_epi64((const __m128i *)(const void *)(p + i));
		__m128i w = _mm_unpacklo_epi8(b, zero);
		__m128i lo = _mm_unpacklo_epi16(w, zero);
		__m128i hi = _mm_unpackhi_epi16(w, zero);
		__m128i *to = (__m128i *)(void *)(c + i);

		_mm_storeu_si128(to, _mm_unpacklo_epi32(lo, pens));
		_mm_storeu_si128(to + 1, _mm_unpackhi_epi32(lo, pens));
		_mm_storeu_si128(to + 2, _mm_unpacklo_epi32(hi, pens));
		_mm_storeu_si128(to + 3, _mm_unpackhi_epi32(hi, pens));
	}
#endif
	for (; i < n; i++)
		c[i] = (struct cell){ p[i], pen };
}

/* Makes [x, x + n) of the row ready to be overwritten with text of this pen. */
static inline void
prepare(struct row *r, unsigned x, unsigned n, uint32_t pen, bool plain)
{
	if (x == 0 && n >= r->used) {
		r->flags |= ROW_PLAIN | ROW_ONE_PEN;
		r->pen = pen;
	} else {
		if (x > r->used)
			row_reach(r, x);
		if (!(r->flags & ROW_PLAIN)) {
			row_split(r, x, pen);
			row_split(r, x + n, pen);
		}
		if (r->pen != pen)
			r->flags &= (uint16_t)~ROW_ONE_PEN;
	}
	if (!plain)
		r->flags &= (uint16_t)~ROW_PLAIN;
	if (x + n > r->used)
		r->used = (uint16_t)(x + n);
}

/* Translates a character of G0..G3. */
static uint32_t
translate(enum charset set, uint32_t rune)
{
	static const uint16_t dec[] = {
		/* 0x60..0x7e */
		0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1,
		0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba,
		0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534, 0x252c,
		0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
	};

	if (set == CHARSET_DEC && rune >= 0x60 && rune <= 0x7e)
		return dec[rune - 0x60];
	if (set == CHARSET_UK && rune == '#')
		return 0xa3;
	return rune;
}

/* Puts a character of width 1 or 2 where the cursor is. */
static void
put(struct screen *s, uint32_t text, unsigned width)
{
	unsigned end = limit(s);
	uint32_t pen = pen_number(s);
	struct row *r;

	if (s->pending_wrap || s->col + width > end) {
		if (!mode_on(s, MODE_AUTOWRAP)) {
			s->pending_wrap = false;
			s->col = end - 1;
			if (width == 2)
				return; /* it has no room */
		} else if (s->pending_wrap || end >= width) {
			if (!s->pending_wrap) {
				/* A wide one that did not fit. */
				r = grid_row(s->grid, s->row);
				prepare(r, s->col, 1, pen, false);
				r->cells[s->col] = (struct cell){ 0, pen };
			}
			wrap(s);
			end = limit(s);
		}
		if (s->col + width > end)
			return; /* a screen of one column */
	}

	r = grid_row(s->grid, s->row);
	if (mode_on(s, MODE_INSERT))
		row_insert(r, s->col, width, end, s->cols, pen);
	prepare(r, s->col, width, pen, text < 0x7f);
	if (text & CELL_CLUSTER)
		r->flags |= ROW_CLUSTERS;
	r->cells[s->col] = (struct cell){ text, pen };
	if (width == 2) {
		r->cells[s->col].pen |= CELL_WIDE;
		r->cells[s->col + 1] = (struct cell){ 0, pen | CELL_TAIL };
	}
	s->joinable = true;
	s->last_row = s->row;
	s->last_col = s->col;
	s->col += width;
	if (s->col == end) {
		s->col = end - 1;
		s->pending_wrap = true;
	}
}

/* The slow way: one by one, with all that modes ask for. */
static void
care(struct screen *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned g = s->single_shift ? s->single_shift : s->gl;

		put(s, translate(s->g[g], p[i]), 1);
		if (s->single_shift) {
			s->single_shift = 0;
			text_care(s);
		}
	}
}

/*
 * The cursor's row, of which the next n cells become ASCII of this pen.  What
 * is left of text in an empty row may be no cells.
 */
static struct row *
ready(struct screen *s, unsigned n, uint32_t pen)
{
	struct row *r = grid_peek(s->grid, s->row);

	if (r->used == 0) {
		r->lead = (uint16_t)s->col;
		r->used = (uint16_t)(s->col + n);
		r->flags |= ROW_PLAIN | ROW_ONE_PEN;
		r->pen = pen;
		return r;
	}
	if (r->lead && s->col != r->used)
		row_settle(r);
	prepare(r, s->col, n, pen, true);
	return r;
}

void
text_ascii(struct screen *s, const uint8_t *p, size_t len)
{
	uint32_t pen;

	if (s->odd) {
		care(s, p, len);
		return;
	}
	pen = pen_number(s);
	for (;;) {
		if (s->pending_wrap)
			wrap(s);

		unsigned n = s->cols - s->col;
		struct row *r;

		if (n > len)
			n = (unsigned)len;
		r = ready(s, n, pen);
		unpack(r->cells + s->col, p, n, pen);
		s->col += n;
		p += n;
		len -= n;
		if (s->col == s->cols) {
			s->col--;
			s->pending_wrap = true;
		}
		if (len == 0)
			break;
	}
	s->joinable = true;
	s->last_row = s->row;
	s->last_col = s->pending_wrap ? s->col : s->col - 1;
}

/* The cluster that two texts give, or 0 if it would be too long. */
static uint32_t
cluster(struct screen *s, const struct cell *c, uint32_t rune)
{
	struct cell more = { rune, 0 };
	char text[CLUSTER_MAX], tmp[8];
	size_t len, n;
	const char *p = cell_text(&s->pens, c, tmp, &len);

	memcpy(text, p, len);
	if (len == 0)
		text[len++] = ' ';
	p = cell_text(&s->pens, &more, tmp, &n);
	if (len + n > sizeof text)
		return 0;
	memcpy(text + len, p, n);
	return CELL_CLUSTER | pens_cluster(&s->pens, text, len + n);
}

/* Makes the last character two columns wide, if there is room. */
static void
widen(struct screen *s, struct row *r)
{
	unsigned x = s->last_col;
	uint32_t pen = r->cells[x].pen;

	if ((pen & CELL_WIDE) || s->pending_wrap || s->row != s->last_row ||
	    s->col != x + 1 || x + 2 > limit(s))
		return;
	if (mode_on(s, MODE_INSERT))
		row_insert(r, x + 1, 1, limit(s), s->cols, pen);
	prepare(r, x + 1, 1, pen, false);
	r->cells[x].pen = pen | CELL_WIDE;
	r->cells[x + 1] = (struct cell){ 0, pen | CELL_TAIL };
	if (s->col + 1 == limit(s))
		s->pending_wrap = true;
	else
		s->col++;
}

/* What the last character ends in and begins with. */
static void
last_runes(struct screen *s, const struct cell *c, uint32_t *first,
	   uint32_t *last)
{
	char tmp[8];
	size_t len;
	const uint8_t *p, *end;

	*first = *last = c->text;
	if (!(c->text & CELL_CLUSTER))
		return;
	p = (const uint8_t *)cell_text(&s->pens, c, tmp, &len);
	end = p + len;
	for (bool begin = true; p < end; begin = false) {
		uint32_t rune = *p++;

		if (rune >= 0xc0) {
			unsigned n = rune >= 0xf0 ? 3 : rune >= 0xe0 ? 2 : 1;

			rune &= 0x3fu >> n;
			for (; n > 0; n--)
				rune = rune << 6 | (*p++ & 0x3fu);
		}
		if (begin)
			*first = rune;
		*last = rune;
	}
}

/* What U+FE0F shows as a key, though it is no picture. */
static bool
is_key(uint32_t rune)
{
	return rune == '#' || rune == '*' || (rune >= '0' && rune <= '9');
}

/*
 * True if the rune goes into the cell of the last character (Unicode TR 29,
 * of which it takes what terminals do: marks, joiners, tones and flags).
 */
static bool
join(struct screen *s, uint32_t rune, unsigned class)
{
	struct row *r;
	struct cell *c;
	uint32_t first, last, text;
	bool marks = (class & WIDTH_COLUMNS) == 0;

	if (!s->joinable)
		return marks; /* nothing to join: it is not shown */
	r = grid_row(s->grid, s->last_row);
	if (s->last_col >= r->used)
		return marks;
	c = &r->cells[s->last_col];
	if (!marks) {
		if (!(class & (WIDTH_PICTURE | WIDTH_TONE | WIDTH_FLAG)) ||
		    c->text < 0x80)
			return false;
		last_runes(s, c, &first, &last);
		if (class & WIDTH_FLAG) {
			if ((c->text & CELL_CLUSTER) ||
			    !(width_of(first) & WIDTH_FLAG))
				return false;
		} else if (!(width_of(first) & WIDTH_PICTURE)) {
			return false;
		} else if (!(class & WIDTH_TONE) &&
			   !(width_of(last) & WIDTH_JOINER)) {
			return false;
		}
	}
	text = cluster(s, c, rune);
	if (text == 0)
		return true;
	c->text = text;
	r->flags &= (uint16_t)~ROW_PLAIN;
	r->flags |= ROW_CLUSTERS;
	if (class & (WIDTH_FLAG | WIDTH_TONE)) {
		widen(s, r);
	} else if (class & WIDTH_EMOJI) {
		last_runes(s, c, &first, &last);
		if ((width_of(first) & WIDTH_PICTURE) || is_key(first))
			widen(s, r);
	}
	return true;
}

/* The last character may take in a picture: it ends in a joiner, maybe. */
static bool
gapes(const struct screen *s)
{
	const struct row *r;

	if (!s->joinable)
		return false;
	r = grid_row(s->grid, s->last_row);
	return s->last_col < r->used &&
	       (r->cells[s->last_col].text & CELL_CLUSTER);
}

/* Characters of the usual kind in a row, without asking for each. */
static unsigned
straight(struct screen *s, const uint32_t *runes, unsigned n)
{
	uint32_t pen = pen_number(s);
	struct row *r;
	struct cell *c, *from, *end;
	unsigned i = 0;

	if (s->pending_wrap)
		wrap(s);
	r = grid_row(s->grid, s->row);
	if (s->col > r->used)
		row_reach(r, s->col);
	if (!(r->flags & ROW_PLAIN))
		row_split(r, s->col, pen);
	from = c = r->cells + s->col;
	end = r->cells + s->cols;
	for (; i < n; i++) {
		unsigned class = width_of(runes[i]) & ~(unsigned)WIDTH_PICTURE;

		if (class == 2 && end - c >= 2) {
			c[0] = (struct cell){ runes[i], pen | CELL_WIDE };
			c[1] = (struct cell){ 0, pen | CELL_TAIL };
			c += 2;
		} else if (class == 1 && c < end) {
			*c++ = (struct cell){ runes[i], pen };
		} else {
			break;
		}
	}
	if (c == from)
		return 0;

	unsigned x = (unsigned)(c - r->cells);
	/* A wide one that was cut in the middle loses its right half. */
	if (x < r->used && (c->pen & CELL_TAIL))
		*c = (struct cell){ 0, pen };
	s->joinable = true;
	s->last_row = s->row;
	s->last_col = c[-1].pen & CELL_TAIL ? x - 2 : x - 1;
	if (r->used == 0) {
		r->flags |= ROW_ONE_PEN;
		r->pen = pen;
	} else if (r->pen != pen) {
		r->flags &= (uint16_t)~ROW_ONE_PEN;
	}
	r->flags &= (uint16_t)~ROW_PLAIN;
	if (x > r->used)
		r->used = (uint16_t)x;
	s->col = x;
	if (x == s->cols) {
		s->col--;
		s->pending_wrap = true;
	}
	return i;
}

void
text_runes(struct screen *s, const uint32_t *runes, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		unsigned class = width_of(runes[i]);
		unsigned usual = class & ~(unsigned)WIDTH_PICTURE;

		if ((usual == 1 || usual == 2) && !s->odd &&
		    (usual == class || !gapes(s))) {
			unsigned did = straight(s, runes + i, n - i);

			i += did;
			if (did > 0)
				continue;
		}
		if (class & WIDTH_CONTROL) {
			i++;
			continue;
		}
		if (s->single_shift) {
			s->single_shift = 0;
			text_care(s);
		}
		if (!join(s, runes[i], class))
			put(s, runes[i], class & WIDTH_COLUMNS);
		i++;
	}
}

void
text_repeat(struct screen *s, unsigned n)
{
	struct row *r;
	struct cell c;
	unsigned most = s->cols * s->rows;

	if (!s->joinable)
		return;
	r = grid_row(s->grid, s->last_row);
	if (s->last_col >= r->used)
		return;
	c = r->cells[s->last_col];
	if (n > most)
		n = most;
	while (n-- > 0)
		put(s, c.text, c.pen & CELL_WIDE ? 2 : 1);
	s->joinable = false;
}
