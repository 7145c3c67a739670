/* vt/row.c - compact cells, rows, and the ring of rows that a screen is. */
#include "vt/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vt/pen.h"
#include "vt/screen.h"

void
grid_init(struct grid *g, unsigned cols, unsigned rows)
{
	g->rows = mem_zero(rows, sizeof *g->rows);
	g->block = mem_alloc((size_t)rows * cols * sizeof *g->block);
	g->n_rows = rows;
	g->cols = cols;
	g->top = 0;
	for (unsigned y = 0; y < rows; y++)
		g->rows[y].cells = g->block + (size_t)y * cols;
}

void
grid_release(struct grid *g)
{
	free(g->rows);
	free(g->block);
	*g = (struct grid){ 0 };
}

void
grid_scroll(struct grid *g, uint32_t fill)
{
	row_clear(grid_peek(g, 0), fill);
	g->top = g->top + 1 == g->n_rows ? 0 : g->top + 1;
}

void
grid_move(struct grid *g, unsigned top, unsigned bottom, int n, uint32_t fill)
{
	unsigned height = bottom - top + 1;
	unsigned by = n < 0 ? (unsigned)-(n + 1) + 1 : (unsigned)n;

	if (by > height)
		by = height;
	/* One row at a time: programs scroll by one. */
	for (; by > 0; by--) {
		unsigned from = n > 0 ? top : bottom;
		unsigned to = n > 0 ? bottom : top;
		struct row spare = *grid_peek(g, from);

		row_clear(&spare, fill);
		while (from != to) {
			unsigned next = n > 0 ? from + 1 : from - 1;

			*grid_peek(g, from) = *grid_peek(g, next);
			from = next;
		}
		*grid_peek(g, to) = spare;
	}
}

void
row_settle(struct row *r)
{
	for (unsigned i = 0; i < r->lead; i++)
		r->cells[i] = (struct cell){ 0, r->fill };
	r->lead = 0;
	r->flags &= (uint16_t) ~(ROW_PLAIN | ROW_ONE_PEN);
}

void
row_reach(struct row *r, unsigned x)
{
	if (x <= r->used)
		return;
	for (unsigned i = r->used; i < x; i++)
		r->cells[i] = (struct cell){ 0, r->fill };
	r->used = (uint16_t)x;
	r->flags &= (uint16_t) ~(ROW_PLAIN | ROW_ONE_PEN);
}

void
row_split(struct row *r, unsigned x, uint32_t pen)
{
	if (x == 0 || x >= r->used || !(r->cells[x].pen & CELL_TAIL))
		return;
	r->cells[x - 1] = (struct cell){ 0, pen };
	r->cells[x] = (struct cell){ 0, pen };
	r->flags &= (uint16_t) ~(ROW_PLAIN | ROW_ONE_PEN);
}

/* Puts n erased cells at x, all below used. */
static void
blank(struct row *r, unsigned x, unsigned n, uint32_t fill)
{
	for (unsigned i = x; i < x + n; i++)
		r->cells[i] = (struct cell){ 0, fill };
	if (n > 0)
		r->flags &= (uint16_t) ~(ROW_PLAIN | ROW_ONE_PEN);
}

/* All from x on is erased. */
static void
cut(struct row *r, unsigned x, unsigned cols, uint32_t fill)
{
	if (x >= r->used) {
		if (r->fill == fill || x >= cols)
			return;
		row_reach(r, x);
	}
	r->used = (uint16_t)x;
	r->fill = fill;
}

void
row_erase(struct row *r, unsigned from, unsigned to, unsigned cols,
	  uint32_t fill)
{
	if (to > cols)
		to = cols;
	if (from >= to)
		return;
	row_split(r, from, fill);
	row_split(r, to, fill);
	if (to == cols) {
		cut(r, from, cols, fill);
		return;
	}
	if (to > r->used && r->fill == fill) {
		if (from < r->used)
			r->used = (uint16_t)from;
		return;
	}
	row_reach(r, to);
	blank(r, from, to - from, fill);
}

void
row_erase_selective(struct row *r, unsigned from, unsigned to, unsigned cols,
		    uint32_t fill, const struct pens *ps)
{
	if (to > cols)
		to = cols;
	for (unsigned x = from; x < to && x < r->used; x++) {
		const struct cell *c = &r->cells[x];

		if (!(pens_get(ps, c->pen & CELL_PEN).attrs & CELL_PROTECTED))
			row_erase(r, x, x + 1, cols, fill);
	}
	if (to > r->used)
		row_erase(r, from > r->used ? from : r->used, to, cols, fill);
}

void
row_insert(struct row *r, unsigned x, unsigned n, unsigned right, unsigned cols,
	   uint32_t fill)
{
	if (x >= right)
		return;
	if (n > right - x)
		n = right - x;
	row_split(r, x, fill);
	row_split(r, right - n, fill);
	row_split(r, right, fill);
	if (r->used <= x) {
		row_erase(r, x, x + n, cols, fill);
		return;
	}
	if (right < cols)
		row_reach(r, right);

	unsigned end = r->used + n < right ? r->used + n : right;
	if (right < cols)
		end = right;
	memmove(r->cells + x + n, r->cells + x,
		(end - x - n) * sizeof *r->cells);
	if (end > r->used)
		r->used = (uint16_t)end;
	blank(r, x, n, fill);
}

void
row_delete(struct row *r, unsigned x, unsigned n, unsigned right, unsigned cols,
	   uint32_t fill)
{
	if (x >= right)
		return;
	if (n > right - x)
		n = right - x;
	row_split(r, x, fill);
	row_split(r, x + n, fill);
	row_split(r, right, fill);
	if (right < cols || r->fill != fill)
		row_reach(r, right);
	if (x + n < r->used) {
		unsigned end = r->used < right ? r->used : right;

		memmove(r->cells + x, r->cells + x + n,
			(end - x - n) * sizeof *r->cells);
		/* What was there may be the half of a character. */
		if (end == r->used)
			r->used = (uint16_t)(end - n);
		else
			blank(r, end - n, n, fill);
		row_erase(r, end - n, right, cols, fill);
	} else {
		row_erase(r, x, right, cols, fill);
	}
}

unsigned
row_length(const struct row *r)
{
	unsigned n = r->used;

	while (n > 0 && r->cells[n - 1].text == 0 &&
	       r->cells[n - 1].pen == r->fill)
		n--;
	return n;
}

const char *
cell_text(const struct pens *ps, const struct cell *c, char tmp[8], size_t *len)
{
	uint32_t t = c->text;
	size_t n = 0;

	if (t & CELL_CLUSTER) {
		const struct cluster *cl = &ps->clusters[t & ~CELL_CLUSTER];

		*len = cl->len;
		return cl->text;
	}
	if (t == 0) {
		tmp[0] = 0;
		*len = 0;
		return tmp;
	}
	if (t < 0x80) {
		tmp[n++] = (char)t;
	} else if (t < 0x800) {
		tmp[n++] = (char)(0xc0 | t >> 6);
		tmp[n++] = (char)(0x80 | (t & 0x3f));
	} else if (t < 0x10000) {
		tmp[n++] = (char)(0xe0 | t >> 12);
		tmp[n++] = (char)(0x80 | (t >> 6 & 0x3f));
		tmp[n++] = (char)(0x80 | (t & 0x3f));
	} else {
		tmp[n++] = (char)(0xf0 | t >> 18);
		tmp[n++] = (char)(0x80 | (t >> 12 & 0x3f));
		tmp[n++] = (char)(0x80 | (t >> 6 & 0x3f));
		tmp[n++] = (char)(0x80 | (t & 0x3f));
	}
	tmp[n] = 0;
	*len = n;
	return tmp;
}
