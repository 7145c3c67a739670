/* vt/screen_move.c - the cursor, and the lines that scroll under it. */
#include "vt/parts.h"

static bool
between(const struct screen *s)
{
	return !mode_on(s, MODE_LR_MARGINS) ||
	       (s->col >= s->page->left && s->col <= s->page->right);
}

static bool
whole_rows(const struct screen *s)
{
	return s->page->left == 0 && s->page->right + 1 == s->cols;
}

void
move_to(struct screen *s, int row, int col)
{
	int top = 0, bottom = (int)s->rows - 1;
	int left = 0, right = (int)s->cols - 1;

	if (mode_on(s, MODE_ORIGIN)) {
		top = (int)s->page->top;
		bottom = (int)s->page->bottom;
		if (mode_on(s, MODE_LR_MARGINS)) {
			left = (int)s->page->left;
			right = (int)s->page->right;
		}
	}
	row = row < top ? top : row > bottom ? bottom : row;
	col = col < left ? left : col > right ? right : col;
	s->row = (unsigned)row;
	s->col = (unsigned)col;
	s->pending_wrap = false;
}

void
move_cup(struct screen *s, int row, int col)
{
	const struct page *p = s->page;

	if (mode_on(s, MODE_ORIGIN)) {
		if (row > (int)s->rows)
			row = (int)s->rows;
		row += (int)p->top;
		if (mode_on(s, MODE_LR_MARGINS)) {
			int left = (int)p->left, right = (int)p->right;

			col = col > right - left ? right : col + left;
		}
	}
	move_to(s, row, col);
}

void
move_home(struct screen *s)
{
	move_cup(s, 0, 0);
}

void
move_up(struct screen *s, int n)
{
	int row = (int)s->row, top = (int)s->page->top;
	int stop = row >= top ? top : 0;

	move_to(s, n > row - stop ? stop : row - n, (int)s->col);
}

void
move_down(struct screen *s, int n)
{
	int row = (int)s->row, bottom = (int)s->page->bottom;
	int stop = row <= bottom ? bottom : (int)s->rows - 1;

	move_to(s, n > stop - row ? stop : row + n, (int)s->col);
}

void
move_right(struct screen *s, int n)
{
	int stop = between(s) && mode_on(s, MODE_LR_MARGINS)
			   ? (int)s->page->right
			   : (int)s->cols - 1;
	int col = (int)s->col;

	move_to(s, (int)s->row, n > stop - col ? stop : col + n);
}

void
move_left(struct screen *s, int n)
{
	int stop = mode_on(s, MODE_LR_MARGINS) && s->col >= s->page->left
			   ? (int)s->page->left
			   : 0;
	int col = (int)s->col;

	move_to(s, (int)s->row, n > col - stop ? stop : col - n);
}

static bool
is_tab(const struct screen *s, unsigned col)
{
	return s->page->tabs[col / 64] >> col % 64 & 1;
}

void
move_tab(struct screen *s, int n)
{
	unsigned first = 0, last = s->cols - 1;

	if (s->pending_wrap)
		return;
	if (mode_on(s, MODE_LR_MARGINS) && s->col <= s->page->right)
		last = s->page->right;
	/* Columns count from the margin then: none before it can be named. */
	if (mode_on(s, MODE_ORIGIN) && s->col >= s->page->left)
		first = s->page->left;
	for (; n > 0 && s->col < last; n--)
		do
			s->col++;
		while (s->col < last && !is_tab(s, s->col));
	for (; n < 0 && s->col > first; n++)
		do
			s->col--;
		while (s->col > first && !is_tab(s, s->col));
}

/* Moves the cells between the left and right margins by one row. */
static void
shift_columns(struct screen *s, unsigned top, unsigned bottom, int n)
{
	const struct page *p = s->page;
	unsigned left = p->left, width = p->right - left + 1;
	uint32_t fill = pen_fill(s);

	for (unsigned i = 0; i <= bottom - top; i++) {
		unsigned y = n > 0 ? top + i : bottom - i;
		struct row *r = grid_row(s->grid, y), *from = NULL;

		row_split(r, left, fill);
		row_split(r, left + width, fill);
		if (y != (n > 0 ? bottom : top))
			from = grid_row(s->grid, n > 0 ? y + 1 : y - 1);
		if (!from) {
			row_erase(r, left, left + width, s->cols, fill);
			continue;
		}
		row_split(from, left, fill);
		row_split(from, left + width, fill);
		row_reach(r, left + width);
		for (unsigned x = left; x < left + width; x++)
			r->cells[x] = row_cell(from, x);
		r->flags &= (uint16_t) ~(ROW_PLAIN | ROW_ONE_PEN);
		r->flags |= from->flags & ROW_CLUSTERS;
	}
}

/* The first row goes on from the one above: from none, if none is kept. */
static void
first_row(struct screen *s)
{
	if (s->page != &s->primary || !s->history ||
	    history_count(s->history) == 0)
		grid_peek(s->grid, 0)->flags &= (uint16_t)~ROW_WRAPPED;
}

/* The rows [top, bottom] of the margins, n lines up (n < 0: down). */
void
scroll_rows(struct screen *s, unsigned top, unsigned bottom, int n)
{
	int height = (int)(bottom - top) + 1;

	if (whole_rows(s)) {
		grid_move(s->grid, top, bottom, n, pen_fill(s));
		if (top == 0)
			first_row(s);
		return;
	}
	n = n > height ? height : n < -height ? -height : n;
	for (; n > 0; n--)
		shift_columns(s, top, bottom, 1);
	for (; n < 0; n++)
		shift_columns(s, top, bottom, -1);
}

/* The first row goes into the history. */
static void
push_top(struct screen *s)
{
	struct saved *k = &s->primary.saved;
	uint32_t had = k->row > 0 ? history_count(s->history) : 0;

	history_push(s->history, grid_peek(s->grid, 0), &s->pens);
	/* The saved cursor stays with its text while that is kept. */
	if (k->row > 0 && history_count(s->history) > had)
		k->row--;
}

void
scroll_feed(struct screen *s, bool wrapped)
{
	const struct page *p = s->page;
	bool from_top = p->top == 0 && whole_rows(s);

	if (from_top && p == &s->primary) {
		if (s->history)
			push_top(s);
		s->scrolled++;
	}
	if (from_top && p->bottom + 1 == s->rows)
		grid_scroll(s->grid, pen_fill(s));
	else
		scroll_rows(s, p->top, p->bottom, 1);
	if (wrapped)
		grid_peek(s->grid, p->bottom)->flags |= ROW_WRAPPED;
	if (p != &s->primary || !s->history)
		first_row(s);
}

void
move_line_feed(struct screen *s)
{
	s->pending_wrap = false;
	if (mode_on(s, MODE_NEWLINE))
		s->col = mode_on(s, MODE_LR_MARGINS) && between(s)
				 ? s->page->left
				 : 0;
	if (s->row == s->page->bottom) {
		if (between(s))
			scroll_feed(s, false);
	} else if (s->row + 1 < s->rows) {
		s->row++;
		/* Text that comes here did not wrap from above. */
		grid_row(s->grid, s->row)->flags &= (uint16_t)~ROW_WRAPPED;
	}
}

void
move_return(struct screen *s)
{
	const struct page *p = s->page;

	s->pending_wrap = false;
	s->col = mode_on(s, MODE_LR_MARGINS) && s->col >= p->left ? p->left : 0;
}

void
move_index(struct screen *s)
{
	s->pending_wrap = false;
	if (s->row == s->page->bottom) {
		if (between(s))
			scroll_feed(s, false);
	} else if (s->row + 1 < s->rows) {
		s->row++;
	}
}

void
move_reverse_index(struct screen *s)
{
	s->pending_wrap = false;
	if (s->row == s->page->top) {
		if (between(s))
			scroll_rows(s, s->page->top, s->page->bottom, -1);
	} else if (s->row > 0) {
		s->row--;
	}
}

void
move_backspace(struct screen *s)
{
	const struct page *p = s->page;
	unsigned left =
		mode_on(s, MODE_LR_MARGINS) && s->col >= p->left ? p->left : 0;
	struct row *r = grid_row(s->grid, s->row);

	if (mode_on(s, MODE_REVERSE_WRAP) && s->pending_wrap) {
		s->pending_wrap = false; /* it was behind the last column */
		return;
	}
	s->pending_wrap = false;
	if (s->col > left) {
		s->col--;
		return;
	}
	if (!mode_on(s, MODE_REVERSE_WRAP) || left != 0 || s->row <= p->top ||
	    s->row > p->bottom || !(r->flags & ROW_WRAPPED) ||
	    mode_on(s, MODE_LR_MARGINS))
		return;
	r->flags &= (uint16_t)~ROW_WRAPPED;
	s->row--;
	s->col = s->cols - 1;
	r = grid_row(s->grid, s->row);
	struct cell c = row_cell(r, s->col);
	/* A wide character may have wrapped early. */
	if (c.text == 0 && !(c.pen & CELL_TAIL) && s->col > 0)
		s->col--;
}

void
move_save(struct screen *s)
{
	struct saved *k = &s->page->saved;

	*k = (struct saved){
		.set = true,
		.row = (uint16_t)s->row,
		.col = (uint16_t)s->col,
		.pending_wrap = s->pending_wrap,
		.origin = mode_on(s, MODE_ORIGIN),
		.pen = s->pen,
		.gl = s->gl,
	};
	for (unsigned i = 0; i < 4; i++)
		k->g[i] = s->g[i];
}

void
move_restore(struct screen *s)
{
	const struct saved *k = &s->page->saved;

	mode_set(s, MODE_ORIGIN, k->origin);
	s->pen = k->pen;
	pen_changed(s);
	for (unsigned i = 0; i < 4; i++)
		s->g[i] = k->g[i];
	s->gl = k->gl;
	s->single_shift = 0;
	move_to(s, k->row, k->col);
	s->pending_wrap = k->pending_wrap && s->col == k->col && text_at_end(s);
	text_care(s);
}
