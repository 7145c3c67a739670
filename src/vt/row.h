/* vt/row.h - compact cells, rows, and the ring of rows that a screen is. */
#ifndef CDO_VT_ROW_H
#define CDO_VT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pens;

/*
 * Eight bytes.  text is a code point, 0 (erased: shows as a blank), or
 * CELL_CLUSTER | a number of pens_cluster.  pen is a number of pens_find and
 * flags.  A wide character is a CELL_WIDE cell and a CELL_TAIL cell to its
 * right, with text 0 and the same pen: never one without the other.
 */
struct cell {
	uint32_t text;
	uint32_t pen;
};

#define CELL_CLUSTER UINT32_C(0x80000000) /* in text */
#define CELL_WIDE UINT32_C(0x80000000) /* in pen */
#define CELL_TAIL UINT32_C(0x40000000)
#define CELL_PEN UINT32_C(0x3fffffff)

enum {
	ROW_WRAPPED = 1 << 0, /* goes on from the row above (autowrap) */
	ROW_PLAIN = 1 << 1, /* cells [0, used) are all 0x20..0x7e */
	ROW_ONE_PEN = 1 << 2, /* and all of row->pen */
	ROW_DOUBLE = 1 << 3, /* DECDWL */
	ROW_DOUBLE_TOP = 1 << 4, /* DECDHL, upper half */
	ROW_DOUBLE_BOTTOM = 1 << 5,
	ROW_DOUBLES = ROW_DOUBLE | ROW_DOUBLE_TOP | ROW_DOUBLE_BOTTOM,
	ROW_PROMPT = 1 << 6, /* OSC 133 A or P: a prompt starts here */
	ROW_INPUT = 1 << 7, /* 133 B */
	ROW_OUTPUT = 1 << 8, /* 133 C */
	ROW_END = 1 << 9, /* 133 D */
	ROW_MARKS = ROW_PROMPT | ROW_INPUT | ROW_OUTPUT | ROW_END,
	ROW_CLUSTERS = 1 << 10, /* there may be clusters */
	ROW_KEPT = ROW_WRAPPED | ROW_DOUBLES | ROW_MARKS, /* by the history */
};

/* Cells from `used` on are erased ones of pen `fill`. */
struct row {
	struct cell *cells;
	uint32_t pen; /* of all cells if ROW_ONE_PEN; nothing if used is 0 */
	uint32_t fill;
	uint16_t used;
	uint16_t flags;
	uint16_t lead; /* see grid_peek */
};

/* Row y is at(y): a ring, so that a line feed moves nothing. */
struct grid {
	struct row *rows;
	struct cell *block; /* all rows' cells */
	unsigned n_rows, cols;
	unsigned top; /* index of row 0 */
};

/*
 * Text that begins far right leaves cells [0, lead) as they are: they stand
 * for erased ones, and ROW_PLAIN and ROW_ONE_PEN speak of the others.  Only
 * who minds that peeks; for all else grid_row makes them real.
 */
static inline struct row *
grid_peek(const struct grid *g, unsigned y)
{
	unsigned i = g->top + y;

	return &g->rows[i < g->n_rows ? i : i - g->n_rows];
}

/* Makes the cells below lead real. */
void row_settle(struct row *);

static inline struct row *
grid_row(const struct grid *g, unsigned y)
{
	struct row *r = grid_peek(g, y);

	if (r->lead)
		row_settle(r);
	return r;
}

void grid_init(struct grid *, unsigned cols, unsigned rows);
void grid_release(struct grid *);
/* Row 0 is gone, the others moved up, the last is erased with pen fill. */
void grid_scroll(struct grid *, uint32_t fill);
/* The same for the rows [top, bottom], n times; n < 0 is down. */
void grid_move(struct grid *, unsigned top, unsigned bottom, int n,
	       uint32_t fill);

static inline void
row_clear(struct row *r, uint32_t fill)
{
	r->used = 0;
	r->fill = fill;
	r->flags = 0;
	r->lead = 0;
}

/* The cell at x, used or not. */
static inline struct cell
row_cell(const struct row *r, unsigned x)
{
	if (x < r->used)
		return r->cells[x];
	return (struct cell){ 0, r->fill };
}

/* Makes [0, x) real cells. */
void row_reach(struct row *, unsigned x);
/* A wide character of which one half is left of x, the other not, is gone:
 * both are erased cells of this pen. */
void row_split(struct row *, unsigned x, uint32_t pen);
/* Erases [from, to) of a row cols wide; the flags that are kept stay. */
void row_erase(struct row *, unsigned from, unsigned to, unsigned cols,
	       uint32_t fill);
/* The same, but leaves cells whose pen has CELL_PROTECTED. */
void row_erase_selective(struct row *, unsigned from, unsigned to,
			 unsigned cols, uint32_t fill, const struct pens *);
/* Opens n blanks at x / closes n cells at x, within [x, right). */
void row_insert(struct row *, unsigned x, unsigned n, unsigned right,
		unsigned cols, uint32_t fill);
void row_delete(struct row *, unsigned x, unsigned n, unsigned right,
		unsigned cols, uint32_t fill);
/* How many cells there are without trailing ones that are like the fill. */
unsigned row_length(const struct row *);

/* UTF-8 of a cell's text into at least 8 bytes, or a pointer into pens. */
const char *cell_text(const struct pens *, const struct cell *, char tmp[8],
		      size_t *len);

#endif
