/* vt/screen_sgr.c - SGR: colours and attributes of what is printed next. */
#include "vt/parts.h"
#include "vt/sequence.h"

enum { UNDERLINE_SHIFT = 8 };

static void
underline(struct pen *pen, unsigned style)
{
	pen->attrs = (uint16_t)((pen->attrs & ~(unsigned)CELL_UNDERLINE) |
				style << UNDERLINE_SHIFT);
}

static uint32_t
byte(int v)
{
	return v < 0 ? 0 : v > 255 ? 255 : (uint32_t)v;
}

/*
 * 38, 48 or 58 at parameter i: 38;5;n, 38;2;r;g;b, 38:5:n, 38:2:r:g:b,
 * 38:2:space:r:g:b, and mixtures such as 38;2:... that xterm takes too.
 * Returns how many parameters it is, and puts the colour if it is one.
 */
static unsigned
color(const struct token *t, unsigned i, uint32_t *out)
{
	unsigned subs = 0, need;
	int kind;

	if (t->colons)
		while (i + 1 + subs < t->n_params && subs < 8 &&
		       (t->colons >> (i + 1 + subs) & 1))
			subs++;
	if (subs > 0) {
		const int32_t *v = t->params + i + 1;

		if (v[0] == 5 && subs >= 2) {
			*out = COLOR_INDEX | byte(v[1]);
		} else if (v[0] == 2 && subs >= 4) {
			if (subs >= 5)
				v++; /* the colour space */
			*out = COLOR_RGB | byte(v[1]) << 16 | byte(v[2]) << 8 |
			       byte(v[3]);
		}
		return subs + 1;
	}
	kind = token_param(t, i + 1, 0);
	need = kind == 5 ? 3 : kind == 2 ? 5 : 2;
	if (i + need > t->n_params)
		return t->n_params - i;
	if (kind == 5)
		*out = COLOR_INDEX | byte(t->params[i + 2]);
	else if (kind == 2)
		*out = COLOR_RGB | byte(t->params[i + 2]) << 16 |
		       byte(t->params[i + 3]) << 8 | byte(t->params[i + 4]);
	return need;
}

/* An attribute that takes no parameters; false if it is none. */
static bool
attribute(struct pen *pen, int p)
{
	static const uint16_t on[10] = {
		[1] = CELL_BOLD,    [2] = CELL_DIM,    [3] = CELL_ITALIC,
		[5] = CELL_BLINK,   [6] = CELL_BLINK,  [7] = CELL_INVERSE,
		[8] = CELL_CONCEAL, [9] = CELL_STRIKE,
	};
	static const uint16_t off[10] = {
		[2] = CELL_BOLD | CELL_DIM, [3] = CELL_ITALIC,
		[4] = CELL_UNDERLINE,	    [5] = CELL_BLINK,
		[7] = CELL_INVERSE,	    [8] = CELL_CONCEAL,
		[9] = CELL_STRIKE,
	};

	if (p > 0 && p < 10 && on[p])
		pen->attrs |= on[p];
	else if (p == 21)
		underline(pen, 2);
	else if (p >= 20 && p < 30 && off[p - 20])
		pen->attrs &= (uint16_t)~off[p - 20];
	else if (p == 53)
		pen->attrs |= CELL_OVERLINE;
	else if (p == 55)
		pen->attrs &= (uint16_t)~CELL_OVERLINE;
	else
		return false;
	return true;
}

void
sgr(struct screen *s, const struct token *t)
{
	struct pen *pen = &s->pen;
	unsigned i = 0;

	pen_changed(s);
	do {
		int p = token_param(t, i, 0);
		bool more = i + 1 < t->n_params && (t->colons >> (i + 1) & 1);
		unsigned used = 1;

		if (p >= 30 && p <= 37) {
			pen->fg = COLOR_INDEX | (uint32_t)(p - 30);
		} else if (p >= 40 && p <= 47) {
			pen->bg = COLOR_INDEX | (uint32_t)(p - 40);
		} else if (p >= 90 && p <= 97) {
			pen->fg = COLOR_INDEX | (uint32_t)(p - 90 + 8);
		} else if (p >= 100 && p <= 107) {
			pen->bg = COLOR_INDEX | (uint32_t)(p - 100 + 8);
		} else if (p == 38) {
			used = color(t, i, &pen->fg);
		} else if (p == 48) {
			used = color(t, i, &pen->bg);
		} else if (p == 58) {
			used = color(t, i, &pen->ul);
		} else if (p == 39) {
			pen->fg = COLOR_DEFAULT;
		} else if (p == 49) {
			pen->bg = COLOR_DEFAULT;
		} else if (p == 59) {
			pen->ul = COLOR_DEFAULT;
		} else if (p == 0) {
			pen->fg = pen->bg = pen->ul = COLOR_DEFAULT;
			pen->attrs &= CELL_PROTECTED;
		} else if (p == 4) {
			int style = more ? token_param(t, i + 1, 1) : 1;

			if (more && t->params[i + 1] == 0)
				style = 0;
			underline(pen, style > 5 ? 1 : (unsigned)style);
		} else {
			attribute(pen, p);
		}
		i += used;
		/* Subparameters of something that has none here. */
		while (i < t->n_params && (t->colons >> i & 1))
			i++;
	} while (i < t->n_params);
}

#if defined(__SSE2__)
/* 2;r;g;b or 5;n behind "38;", as the bits of `ends` part it. */
static const uint8_t *
color_straight(const uint8_t *base, const uint8_t *p, uint64_t *ends,
	       uint32_t *out)
{
	unsigned n = *p == '2' ? 3 : 1, at = (unsigned)(p + 2 - base);
	uint32_t rgb = 0;

	if ((*p != '2' && *p != '5') || p[1] != ';')
		return NULL;
	*ends &= *ends - 1;
	for (unsigned i = 0; i < n; i++) {
		if (!*ends)
			return NULL;

		unsigned to = (unsigned)__builtin_ctzll(*ends), len = to - at;
		if (len - 1 > 2)
			return NULL;
		uint32_t v = sequence_number(base + at, len);
		if (v > 255 || (i + 1 < n && base[to] != ';'))
			return NULL;
		rgb = rgb << 8 | v;
		*ends &= *ends - 1;
		at = to + 1;
	}
	*out = (n == 3 ? COLOR_RGB : COLOR_INDEX) | rgb;
	return base + at;
}

/* The most usual of them: 38;5;n or 48;5;n and no more. */
static inline const uint8_t *
palette_straight(struct screen *s, const uint8_t *p)
{
	uint32_t *to = *p == '3' ? &s->pen.fg : &s->pen.bg;
	unsigned len =
		(unsigned)__builtin_ctz(sequence_no_digits(p + 5) | 1u << 4);

	if (memcmp(p + 1, "8;5;", 4) != 0 || len - 1 > 2 || p[5 + len] != 'm')
		return NULL;
	uint32_t v = sequence_number(p + 5, len);
	if (v > 255)
		return NULL;
	*to = COLOR_INDEX | v;
	pen_changed(s);
	return p + 5 + len + 1;
}
#endif

const uint8_t *
sgr_straight(struct screen *s, const uint8_t *p, const uint8_t *end)
{
#if defined(__SSE2__)
	const uint8_t *base = p;
	uint32_t fg = s->pen.fg, bg = s->pen.bg;
	uint64_t ends;

	if (end - p < SEQUENCE_FAST_READ || (*p != '3' && *p != '4'))
		return NULL;
	p = palette_straight(s, base);
	if (p)
		return p;
	p = base;
	ends = sequence_ends(p);
	do {
		if (!ends || (*p != '3' && *p != '4') || p[1] != '8' ||
		    p[2] != ';')
			return NULL;
		ends &= ends - 1;
		p = color_straight(base, p + 3, &ends, *p == '3' ? &fg : &bg);
		if (!p)
			return NULL;
	} while (p[-1] == ';');
	if (p[-1] != 'm')
		return NULL;
	s->pen.fg = fg;
	s->pen.bg = bg;
	pen_changed(s);
	return p;
#else
	(void)s, (void)p, (void)end;
	return NULL;
#endif
}
