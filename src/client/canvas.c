/* client/canvas.c - cells wanted, drawn on a terminal with the least bytes. */
#include "client/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "client/color.h"
#include "client/tty.h"
#include "vt/screen.h"

enum { TEXT_MAX = 32, LINKS_MAX = 4096 };

struct pen {
	uint32_t fg, bg, ul;
	uint16_t attrs;
	uint16_t link; /* 0, or 1 + its place in canvas.links */
};

struct cell {
	struct pen pen;
	uint8_t width; /* 1, 2, or 0 for the right half; see UNKNOWN */
	uint8_t len;
	char text[TEXT_MAX]; /* len 0: blank */
};

/* A width that no wanted cell has. */
enum { UNKNOWN = 9 };

/* As many unchanged cells are printed again rather than jumped over. */
enum { NEAR = 4 };

struct canvas {
	unsigned cols, rows;
	struct cell *want, *have;
	struct {
		unsigned row, col, style;
		bool visible;
	} cursor, shown;
	bool known; /* have and shown are true */
	struct tty_colors colors;
	char **links; /* that were ever seen */
	size_t n_links;
	/* While rendering. */
	struct pen pen;
	bool pen_known;
	unsigned row, col; /* where the terminal's cursor is; col UINT_MAX: ? */
};

static struct cell *
at(struct cell *cells, const struct canvas *c, unsigned row, unsigned col)
{
	return cells + (size_t)row * c->cols + col;
}

static bool
same_pen(const struct pen *a, const struct pen *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attrs == b->attrs &&
	       a->ul == b->ul && a->link == b->link;
}

static bool
same(const struct cell *a, const struct cell *b)
{
	return a->width == b->width && a->len == b->len &&
	       same_pen(&a->pen, &b->pen) &&
	       memcmp(a->text, b->text, a->len) == 0;
}

void
canvas_resize(struct canvas *c, unsigned cols, unsigned rows)
{
	size_t n = (size_t)cols * rows;

	free(c->want);
	free(c->have);
	c->cols = cols;
	c->rows = rows;
	c->want = mem_zero(n, sizeof *c->want);
	c->have = mem_zero(n, sizeof *c->have);
	for (size_t i = 0; i < n; i++)
		c->want[i].width = 1;
	c->cursor.row = c->cursor.col = 0;
	canvas_forget(c);
}

struct canvas *
canvas_new(unsigned cols, unsigned rows)
{
	struct canvas *c = mem_zero(1, sizeof *c);

	tty_colors(&c->colors);
	c->cursor.visible = true;
	canvas_resize(c, cols, rows);
	return c;
}

void
canvas_free(struct canvas *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_links; i++)
		free(c->links[i]);
	free(c->links);
	free(c->want);
	free(c->have);
	free(c);
}

void
canvas_forget(struct canvas *c)
{
	c->known = c->pen_known = false;
}

/* What stays of a wide character when its other half goes is a space. */
static void
split(struct canvas *c, unsigned row, unsigned col)
{
	struct cell *w = at(c->want, c, row, col);

	if (w->width == 2 && col + 1 < c->cols) {
		w[1].width = 1;
		w[1].len = 0;
	} else if (w->width == 0 && col > 0) {
		w[-1].width = 1;
		w[-1].len = 0;
	}
}

/* One after the other: a screen has few, and many cells of each. */
static uint16_t
link_of(struct canvas *c, const char *uri)
{
	if (uri == NULL)
		return 0;
	for (size_t i = c->n_links; i-- > 0;)
		if (strcmp(c->links[i], uri) == 0)
			return (uint16_t)(i + 1);
	if (c->n_links == LINKS_MAX)
		return 0;
	c->links = mem_grow(c->links, c->n_links + 1, sizeof *c->links);
	c->links[c->n_links++] = mem_str(uri);
	return (uint16_t)c->n_links;
}

/* The longest beginning of text, in whole characters, that a cell holds. */
static uint8_t
fitting(const char *text, size_t len)
{
	if (len <= TEXT_MAX)
		return (uint8_t)len;
	len = TEXT_MAX;
	while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	return (uint8_t)len;
}

void
canvas_put(struct canvas *c, unsigned row, unsigned col, unsigned cols,
	   const struct cell_view *v)
{
	if (cols > c->cols)
		cols = c->cols;
	if (row >= c->rows || col >= cols || v->width == 0)
		return;

	split(c, row, col);
	struct cell *w = at(c->want, c, row, col);
	*w = (struct cell){
		.pen = { v->fg, v->bg, v->ul, v->attrs, link_of(c, v->link) },
		.width = 1,
	};
	w->pen.attrs &= (uint16_t)~CELL_PROTECTED;
	if (v->width == 2 && col + 1 >= cols)
		return;

	w->len = fitting(v->text, v->len);
	memcpy(w->text, v->text, w->len);
	if (w->len == 1 && w->text[0] == ' ')
		w->len = 0;
	if (v->width == 2) {
		split(c, row, col + 1);
		w->width = 2;
		w[1] = (struct cell){ .pen = w->pen, .width = 0 };
	}
}

void
canvas_blank(struct canvas *c, unsigned row, unsigned col, unsigned cols,
	     const char *fill)
{
	struct cell_view v = { .text = "", .width = 1 };

	if (fill != NULL) {
		v.text = fill;
		v.len = (uint16_t)strlen(fill);
		v.attrs = CELL_DIM;
	}
	for (; col < cols; col++)
		canvas_put(c, row, col, cols, &v);
}

void
canvas_cursor(struct canvas *c, unsigned row, unsigned col, bool visible,
	      unsigned style)
{
	c->cursor.row = row < c->rows ? row : c->rows - 1;
	c->cursor.col = col < c->cols ? col : c->cols - 1;
	c->cursor.visible = visible;
	c->cursor.style = style;
}

/* --- to the terminal -------------------------------------------------- */

static void
move(struct canvas *c, struct buf *out, unsigned row, unsigned col)
{
	if (c->row == row && c->col == col)
		return;
	tty_cap(out, TTY_CUP, (int)row, (int)col);
	c->row = row;
	c->col = col;
}

static void
underline(const struct canvas *c, struct buf *out, const struct pen *p)
{
	unsigned style = (p->attrs & CELL_UNDERLINE) >> 8;

	if (style == 0)
		return;
	tty_cap(out, TTY_UNDERLINE, 0, 0);
	if (!c->colors.styled_underline)
		return;
	if (style > 1)
		buf_printf(out, "\033[4:%um", style);
	if (p->ul & COLOR_INDEX)
		buf_printf(out, "\033[58:5:%um", p->ul & 255);
	else if (p->ul & COLOR_RGB)
		buf_printf(out, "\033[58:2::%u:%u:%um", p->ul >> 16 & 255,
			   p->ul >> 8 & 255, p->ul & 255);
}

static void
paint(const struct canvas *c, struct buf *out, uint32_t color, bool back)
{
	if (c->colors.direct && color & COLOR_RGB) {
		buf_printf(out, "\033[%u;2;%u;%u;%um", back ? 48 : 38,
			   color >> 16 & 255, color >> 8 & 255, color & 255);
		return;
	}

	int n = color_index(color, c->colors.indexed);
	if (n >= 0)
		tty_cap(out, back ? TTY_SETAB : TTY_SETAF, n, 0);
}

static void
set_pen(struct canvas *c, struct buf *out, const struct pen *p)
{
	static const struct {
		uint16_t attr;
		enum tty_cap cap;
	} simple[] = {
		{ CELL_BOLD, TTY_BOLD },       { CELL_DIM, TTY_DIM },
		{ CELL_ITALIC, TTY_ITALIC },   { CELL_BLINK, TTY_BLINK },
		{ CELL_INVERSE, TTY_REVERSE }, { CELL_CONCEAL, TTY_INVISIBLE },
		{ CELL_STRIKE, TTY_STRIKE },
	};

	if (c->pen_known && same_pen(&c->pen, p))
		return;
	if (c->pen_known && c->pen.link != p->link)
		buf_printf(out, "\033]8;;%s\033\\",
			   p->link > 0 ? c->links[p->link - 1] : "");
	tty_cap(out, TTY_SGR0, 0, 0);
	for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
		if (p->attrs & simple[i].attr)
			tty_cap(out, simple[i].cap, 0, 0);
	underline(c, out, p);
	paint(c, out, p->fg, false);
	paint(c, out, p->bg, true);
	c->pen = *p;
	c->pen_known = true;
}

/*
 * Terminals agree on how wide these are.  Behind anything else the cursor is
 * put where it has to be.
 */
static bool
sure_width(const struct cell *cell)
{
	const uint8_t *t = (const uint8_t *)cell->text;

	if (cell->len <= 1)
		return true;
	if (cell->len == 2)
		return t[0] < 0xcc || t[0] > 0xcd; /* below U+0530, accents */
	if (cell->len != 3)
		return false;
	/* Lines and blocks; Kana to Han; Hangul. */
	return (t[0] == 0xe2 && t[1] >= 0x94 && t[1] <= 0x96) ||
	       (t[0] == 0xe3 && t[1] >= 0x81) ||
	       (t[0] >= 0xe4 && t[0] <= 0xe9) ||
	       (t[0] == 0xea && t[1] >= 0xb0) || (t[0] >= 0xeb && t[0] <= 0xec);
}

static void
print(struct canvas *c, struct buf *out, unsigned row, unsigned col)
{
	const struct cell *w = at(c->want, c, row, col);

	if (row + 1 == c->rows && col + w->width == c->cols &&
	    !c->colors.last_cell)
		return;
	move(c, out, row, col);
	set_pen(c, out, &w->pen);
	if (w->len == 0)
		buf_byte(out, ' ');
	else
		buf_append(out, w->text, w->len);

	c->col += w->width;
	if (c->col >= c->cols || !sure_width(w))
		c->col = UINT32_MAX;
}

static bool
is_blank(const struct cell *cell)
{
	static const struct pen none;

	return cell->len == 0 && cell->width == 1 &&
	       same_pen(&cell->pen, &none);
}

/*
 * A terminal that overwrites one half of a wide character blanks the other:
 * that has to be drawn again whatever should be there.
 */
static void
doubt_halves(struct canvas *c, unsigned row)
{
	for (unsigned col = 0; col + 1 < c->cols; col++) {
		struct cell *h = at(c->have, c, row, col);
		struct cell *w = at(c->want, c, row, col);

		if (h->width == 2 && (!same(h, w) || !same(h + 1, w + 1)))
			h->width = h[1].width = UNKNOWN;
	}
}

static void
render_row(struct canvas *c, struct buf *out, unsigned row)
{
	struct cell *want = at(c->want, c, row, 0);
	struct cell *have = at(c->have, c, row, 0);
	unsigned end = c->cols; /* from here on the row is blank */
	unsigned from = c->cols; /* and here is what differs from it first */

	doubt_halves(c, row);
	while (end > 0 && is_blank(&want[end - 1])) {
		end--;
		if (!same(&want[end], &have[end]))
			from = end;
	}

	for (unsigned col = 0; col < end; col++) {
		if (want[col].width == 0 || same(&want[col], &have[col]))
			continue;
		if (c->row == row && c->col < col && col - c->col <= NEAR)
			for (unsigned i = c->col; i < col; i++)
				if (want[i].width > 0)
					print(c, out, row, i);
		print(c, out, row, col);
	}

	if (from < c->cols) {
		static const struct pen none;

		move(c, out, row, from);
		set_pen(c, out, &none);
		tty_cap(out, TTY_EL, 0, 0);
	}
	memcpy(have, want, c->cols * sizeof *have);
}

static void
render_cursor(struct canvas *c, struct buf *out)
{
	if (!c->known || c->cursor.style != c->shown.style)
		tty_cap(out, TTY_SS, (int)c->cursor.style, 0);
	move(c, out, c->cursor.row, c->cursor.col);
	if (c->cursor.visible)
		tty_cap(out, TTY_CNORM, 0, 0);
	c->shown.visible = c->cursor.visible;
	c->shown.style = c->cursor.style;
	c->shown.row = c->cursor.row;
	c->shown.col = c->cursor.col;
}

static bool
changed(const struct canvas *c)
{
	size_t n = (size_t)c->cols * c->rows;

	if (!c->known || c->cursor.visible != c->shown.visible ||
	    c->cursor.style != c->shown.style ||
	    c->cursor.row != c->shown.row || c->cursor.col != c->shown.col)
		return true;
	for (size_t i = 0; i < n; i++)
		if (!same(&c->want[i], &c->have[i]))
			return true;
	return false;
}

void
canvas_render(struct canvas *c, struct buf *out)
{
	static const struct pen none;

	if (!changed(c))
		return;

	c->row = c->col = UINT32_MAX;
	if (!c->known || c->shown.visible)
		tty_cap(out, TTY_CIVIS, 0, 0);
	if (!c->known) {
		size_t n = (size_t)c->cols * c->rows;

		set_pen(c, out, &none);
		tty_cap(out, TTY_CLEAR, 0, 0);
		memset(c->have, 0, n * sizeof *c->have);
		for (size_t i = 0; i < n; i++)
			c->have[i].width = 1;
	}
	for (unsigned row = 0; row < c->rows; row++)
		render_row(c, out, row);
	set_pen(c, out, &none);
	render_cursor(c, out);
	c->known = true;
}
