/* vt/reflow.c - a new size. */
#include "vt/reflow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vt/parts.h"

/*
 * All lines, of the history and of the screen, are put through one flow into
 * a history; the newest of it are then taken back to be the screen.
 */

/* A position that stays with its text. */
struct spot {
	bool wanted, here; /* here: in the line that is being gathered */
	bool behind; /* its cell, a wrap pending */
	int row; /* of the old screen; < 0: of the history */
	unsigned col;
	size_t at; /* cell in the line */
	uint64_t out; /* row it came to, counted from the first put out */
};

enum { CURSOR, SAVED, ANCHOR, SPOTS };

struct flow {
	struct screen *s;
	struct history *out;
	unsigned cols; /* the new ones */
	struct spot spots[SPOTS];
	uint64_t rows; /* put out so far */
	struct cell *line; /* gathered */
	size_t n, cap;
	uint16_t flags; /* of its first row */
	uint32_t fill;
	bool begun;
	struct row row; /* to put out */
	struct row *below; /* what an earlier resize cut off */
	unsigned n_below;
};

static void
room(struct flow *f, size_t n)
{
	if (f->n + n <= f->cap)
		return;
	f->cap = (f->n + n) * 2;
	f->line = mem_grow(f->line, f->cap, sizeof *f->line);
}

static void
put_out(struct flow *f, const struct cell *cells, unsigned n, uint16_t flags,
	uint32_t fill)
{
	struct row *r = &f->row;
	bool plain = true, one = true;
	uint32_t clusters = 0;

	for (unsigned i = 0; i < n; i++) {
		plain &= cells[i].text >= 0x20 && cells[i].text < 0x7f;
		one &= cells[i].pen == cells[0].pen;
		clusters |= cells[i].text & CELL_CLUSTER;
		r->cells[i] = cells[i];
	}
	r->used = (uint16_t)n;
	r->fill = fill;
	r->pen = n > 0 ? cells[0].pen : 0;
	r->flags = flags;
	if (plain && one)
		r->flags |= ROW_PLAIN | ROW_ONE_PEN;
	if (clusters)
		r->flags |= ROW_CLUSTERS;
	history_push(f->out, r, &f->s->pens);
	f->rows++;
}

/* The spots that came to cells [pos, pos + n), or behind if it is the last. */
static void
settle(struct flow *f, size_t pos, unsigned n, bool last)
{
	for (unsigned i = 0; i < SPOTS; i++) {
		struct spot *p = &f->spots[i];

		if (!p->here || p->at < pos || (p->at >= pos + n && !last))
			continue;
		p->here = false;
		p->out = f->rows;
		p->col = (unsigned)(p->at - pos);
		if (p->behind && p->col + 1 < f->cols) {
			p->col++;
			p->behind = false;
		}
		if (p->col >= f->cols) {
			/* Behind a full row: the next character wraps. */
			p->behind = p->col == f->cols;
			p->col = f->cols - 1;
		}
	}
}

/* Makes the line n cells long. */
static void
pad(struct flow *f, size_t n)
{
	room(f, n - f->n);
	while (f->n < n)
		f->line[f->n++] = (struct cell){ 0, f->fill };
}

/* Ends the line that was gathered. */
static void
flush(struct flow *f)
{
	uint16_t flags = f->flags;
	size_t pos = 0;

	if (!f->begun)
		return;
	/* A cursor may be behind the text: it stays in its column. */
	for (unsigned i = CURSOR; i <= SAVED; i++)
		if (f->spots[i].here && f->spots[i].at > f->n)
			pad(f, f->spots[i].at);
	do {
		size_t left = f->n - pos;
		unsigned n = left < f->cols ? (unsigned)left : f->cols;

		if (n > 0 && (f->line[pos + n - 1].pen & CELL_WIDE))
			n--;
		if (n == 0 && left > 0) {
			/* One column: no room for a wide character. */
			f->line[pos] = f->line[pos + 1] =
				(struct cell){ 0, f->fill };
			n = 1;
		}
		settle(f, pos, n, pos + n == f->n);
		put_out(f, f->line + pos, n, flags,
			pos + n == f->n ? f->fill : 0);
		flags = ROW_WRAPPED;
		pos += n;
	} while (pos < f->n);
	f->n = 0;
	f->begun = false;
}

/* How many cells of a row count, given the one that goes on from it. */
static unsigned
length(const struct row *r, const struct row *next, unsigned cols)
{
	struct cell last;

	if (!next || !(next->flags & ROW_WRAPPED))
		return row_length(r);
	last = row_cell(r, cols - 1);
	if (last.text == 0 && !(last.pen & CELL_TAIL) &&
	    (row_cell(next, 0).pen & CELL_WIDE))
		return cols - 1; /* it wrapped early */
	return cols;
}

/* Gathers old row y; `next` is the row below it, if there is one. */
static void
gather(struct flow *f, int y, const struct row *r, const struct row *next)
{
	unsigned cols = f->s->cols, n = length(r, next, cols);

	if (!f->begun) {
		f->begun = true;
		f->flags = r->flags & ROW_KEPT;
	}
	for (unsigned i = 0; i < SPOTS; i++) {
		struct spot *p = &f->spots[i];

		if (!p->wanted || p->row != y)
			continue;
		p->here = true;
		p->at = f->n + p->col;
	}
	room(f, n);
	for (unsigned x = 0; x < n; x++)
		f->line[f->n++] = row_cell(r, x);
	f->fill = r->fill;
	if (!next || !(next->flags & ROW_WRAPPED))
		flush(f);
}

/* A row that is not to flow. */
static void
keep(struct flow *f, int y, const struct row *r)
{
	for (unsigned i = 0; i < SPOTS; i++) {
		struct spot *p = &f->spots[i];

		if (!p->wanted || p->row != y)
			continue;
		p->out = f->rows;
		if (p->col >= f->cols) {
			p->col = f->cols - 1;
			p->behind = false;
		}
	}
	struct row copy = *r;
	history_push(f->out, &copy, &f->s->pens);
	f->rows++;
}

static bool
spot_in(const struct flow *f, int y)
{
	for (unsigned i = 0; i < SPOTS; i++)
		if (f->spots[i].wanted && f->spots[i].row == y)
			return true;
	return false;
}

static void
flow_history(struct flow *f)
{
	struct screen *s = f->s;
	const struct history *old = s->history;
	struct row rows[2] = { 0 };

	for (unsigned i = 0; i < 2; i++)
		rows[i].cells =
			mem_alloc(SCREEN_COLS_MAX * sizeof(struct cell));
	for (uint32_t back = history_count(old); back > 0; back--) {
		const struct row *next = grid_row(&s->primary.grid, 0);
		struct row *r = &rows[back & 1];
		bool goes_on;

		goes_on = (back > 1 ? history_flags(old, back - 1)
				    : next->flags) &
			  ROW_WRAPPED;
		if (!f->begun && !goes_on && !spot_in(f, -(int)back) &&
		    history_width(old, back) <= f->cols) {
			history_copy(f->out, old, back);
			f->rows++;
			continue;
		}
		history_get(old, back, &s->pens, r, SCREEN_COLS_MAX);
		if (back > 1) {
			history_get(old, back - 1, &s->pens, &rows[~back & 1],
				    SCREEN_COLS_MAX);
			next = &rows[~back & 1];
		}
		gather(f, -(int)back, r, next);
	}
	free(rows[0].cells);
	free(rows[1].cells);
}

/*
 * The first row of a prompt that waits for input, or n: a shell draws it anew
 * and counts on finding its rows where it put them.
 */
static unsigned
prompt(const struct grid *g, unsigned n)
{
	for (unsigned y = n; y-- > 0;) {
		uint16_t flags = grid_row(g, y)->flags;

		if (flags & (ROW_OUTPUT | ROW_END) && !(flags & ROW_PROMPT))
			return n;
		if (flags & ROW_PROMPT)
			return flags & ROW_OUTPUT ? n : y;
	}
	return n;
}

/* Row y of the n that hold something, and of those cut off below. */
static const struct row *
row_at(const struct flow *f, unsigned y, unsigned n)
{
	return y < n ? grid_row(&f->s->primary.grid, y) : &f->below[y - n];
}

static void
flow_screen(struct flow *f, unsigned n)
{
	const struct grid *g = &f->s->primary.grid;
	bool same = f->cols == f->s->cols;
	unsigned still = same ? 0 : prompt(g, n);

	for (unsigned y = 0; y < n + f->n_below; y++) {
		const struct row *r = row_at(f, y, n);
		const struct row *next =
			y + 1 < n + f->n_below ? row_at(f, y + 1, n) : NULL;

		if (y >= still || (r->flags & ROW_DOUBLES)) {
			flush(f);
			keep(f, (int)y, r);
		} else {
			gather(f, (int)y, r, next);
		}
	}
	flush(f);
}

/* How many rows of the primary screen hold something, or a cursor. */
static unsigned
content(const struct screen *s)
{
	const struct page *p = &s->primary;
	unsigned n = s->rows, least = 1;

	if (s->below && s->below_fed == s->tok.pos)
		return n; /* it goes on below */
	if (s->page == p)
		least = s->row + 1;
	else if (p->saved.set)
		least = p->saved.row + 1u;
	while (n > least) {
		const struct row *r = grid_row(&p->grid, n - 1);

		if (r->used > 0 || r->fill || (r->flags & ROW_KEPT))
			break;
		n--;
	}
	return n;
}

static void
find_spots(struct flow *f, unsigned n)
{
	struct screen *s = f->s;
	struct anchor *a = &s->anchor;
	const struct saved *k = &s->primary.saved;

	f->spots[CURSOR] = (struct spot){ .wanted = s->page == &s->primary,
					  .row = (int)s->row,
					  .col = s->col,
					  .behind = s->pending_wrap };
	f->spots[SAVED] = (struct spot){ .wanted = k->set && k->row < n,
					 .row = k->row,
					 .col = k->col,
					 .behind = k->pending_wrap };
	if (!a->set || a->scrolled != s->scrolled)
		*a = (struct anchor){ .set = true,
				      .full = n == s->rows,
				      .scrolled = s->scrolled };
	if (a->rows > screen_history(s)) {
		a->rows = screen_history(s);
		a->col = 0;
	}
	f->spots[ANCHOR] = (struct spot){ .wanted = true,
					  .row = -(int)a->rows,
					  .col = a->col };
}

/* Takes up what was cut off below, unless there was output since. */
static void
recall(struct flow *f)
{
	struct screen *s = f->s;

	if (s->below && s->below_fed == s->tok.pos) {
		f->below = mem_zero(history_count(s->below), sizeof *f->below);
		for (; history_count(s->below) > 0; f->n_below++) {
			struct row *r = &f->below[f->n_below];

			r->cells = mem_alloc(s->cols * sizeof *r->cells);
			history_pop(s->below, &s->pens, r, s->cols);
		}
	}
	history_free(s->below);
	s->below = NULL;
}

/*
 * Takes the newest rows back: `top` is the number of the first.  What does
 * not fit, since the cursor is far above it, is put aside.
 */
static void
take_back(struct flow *f, struct grid *g, uint64_t top)
{
	struct screen *s = f->s;
	uint64_t n = f->rows - top;

	if (n > g->n_rows) {
		s->below = history_new(UINT32_MAX, UINT64_MAX);
		s->below_fed = s->tok.pos;
	}
	for (; n > g->n_rows; n--) {
		history_pop(f->out, &s->pens, &f->row, f->cols);
		history_push(s->below, &f->row, &s->pens);
	}
	while (n-- > 0)
		history_pop(f->out, &s->pens, grid_row(g, (unsigned)n),
			    f->cols);
}

static void
put_spots(struct flow *f, uint64_t top, unsigned rows)
{
	struct screen *s = f->s;
	const struct spot *c = &f->spots[CURSOR], *k = &f->spots[SAVED];
	const struct spot *a = &f->spots[ANCHOR];
	struct saved *saved = &s->primary.saved;

	if (c->wanted) {
		s->row = c->out < top ? 0 : (unsigned)(c->out - top);
		s->col = c->col;
		s->pending_wrap = c->behind;
	}
	if (k->wanted) {
		saved->row = k->out < top ? 0 : (uint16_t)(k->out - top);
		saved->col = (uint16_t)k->col;
		saved->pending_wrap = k->behind;
	}
	if (saved->row >= rows)
		saved->row = (uint16_t)(rows - 1);
	if (saved->col >= f->cols) {
		saved->col = (uint16_t)(f->cols - 1);
		saved->pending_wrap = false;
	}
	s->anchor.rows = a->out < top ? (uint32_t)(top - a->out) : 0;
	s->anchor.col = a->col;
}

/* Where everything goes: into a new history, or behind what is there. */
static void
open_out(struct flow *f)
{
	struct screen *s = f->s;

	if (s->history && f->cols == s->cols) {
		f->out = s->history;
		history_limit(f->out, UINT32_MAX);
		f->rows = history_count(f->out);
		f->spots[ANCHOR].out = f->rows - s->anchor.rows;
		return;
	}
	f->out = history_new(UINT32_MAX, s->history
						 ? history_bytes_max(s->history)
						 : UINT64_MAX);
	if (s->history)
		flow_history(f);
}

static void
close_out(struct flow *f)
{
	struct screen *s = f->s;

	if (f->out != s->history)
		history_free(s->history);
	s->history = NULL;
	if (s->history_lines > 0) {
		uint32_t n = history_count(f->out);

		/* A narrow size costs no lines: they join again. */
		history_limit(f->out,
			      n > s->history_lines ? n : s->history_lines);
		s->history = f->out;
	} else {
		history_free(f->out);
	}
	for (unsigned i = 0; i < f->n_below; i++)
		free(f->below[i].cells);
	free(f->below);
	free(f->row.cells);
	free(f->line);
}

/* Which row becomes the first of the screen. */
static uint64_t
choose_top(const struct flow *f, unsigned rows)
{
	/* What the program will come back to counts as the cursor. */
	const struct spot *cursor = f->spots[CURSOR].wanted ? &f->spots[CURSOR]
							    : &f->spots[SAVED];
	uint64_t top = f->rows > rows ? f->rows - rows : 0;
	uint64_t oldest = f->rows - history_count(f->out);

	if (!f->s->anchor.full && top < f->spots[ANCHOR].out)
		top = f->spots[ANCHOR].out;
	if (cursor->wanted && top > cursor->out)
		top = cursor->out;
	return top > oldest ? top : oldest;
}

void
reflow_primary(struct screen *s, unsigned cols, unsigned rows)
{
	struct flow f = { .s = s, .cols = cols };
	unsigned n = content(s), widest = cols > s->cols ? cols : s->cols;
	struct grid grid;
	uint64_t top;

	find_spots(&f, n);
	room(&f, widest);
	f.row.cells = mem_alloc(widest * sizeof(struct cell));
	recall(&f);
	open_out(&f);
	flow_screen(&f, n);

	top = choose_top(&f, rows);
	grid_init(&grid, cols, rows);
	take_back(&f, &grid, top);
	put_spots(&f, top, rows);
	grid_release(&s->primary.grid);
	s->primary.grid = grid;
	close_out(&f);
}

void
reflow_alternate(struct screen *s, unsigned cols, unsigned rows)
{
	struct grid grid;
	unsigned skip = 0, wide = cols < s->cols ? cols : s->cols;
	struct saved *k = &s->alternate.saved;

	if (k->row >= rows)
		k->row = (uint16_t)(rows - 1);
	if (k->col >= cols)
		k->col = (uint16_t)(cols - 1);
	if (s->page != &s->alternate)
		return;
	if (s->row >= rows) {
		skip = s->row + 1 - rows;
		s->row = rows - 1;
	}
	if (s->col >= cols)
		s->col = cols - 1;
	s->pending_wrap = false;
	grid_init(&grid, cols, rows);
	for (unsigned y = 0; y < rows && y + skip < s->rows; y++) {
		struct row *r = grid_row(&grid, y);
		struct row *old = grid_row(&s->alternate.grid, y + skip);

		row_split(old, wide, old->fill);
		r->used = old->used < wide ? old->used : (uint16_t)wide;
		r->fill = old->fill;
		r->pen = old->pen;
		r->flags = old->flags;
		memcpy(r->cells, old->cells, r->used * sizeof *r->cells);
	}
	grid_release(&s->alternate.grid);
	s->alternate.grid = grid;
}
