/* vt/screen_edit.c - erasing, inserting and deleting cells and lines. */
#include "vt/parts.h"

static bool
in_margins(const struct screen *s)
{
	const struct page *p = s->page;

	return s->row >= p->top && s->row <= p->bottom &&
	       (!mode_on(s, MODE_LR_MARGINS) ||
		(s->col >= p->left && s->col <= p->right));
}

/* The column behind the last one that may be erased or moved here. */
static unsigned
right_end(const struct screen *s)
{
	return mode_on(s, MODE_LR_MARGINS) ? s->page->right + 1 : s->cols;
}

static void
erase_row(struct screen *s, unsigned y, unsigned from, unsigned to,
	  bool selective)
{
	struct row *r = grid_row(s->grid, y);

	if (selective)
		row_erase_selective(r, from, to, s->cols, pen_fill(s),
				    &s->pens);
	else
		row_erase(r, from, to, s->cols, pen_fill(s));
}

static void
unwrap(struct screen *s, unsigned y)
{
	if (y < s->rows)
		grid_row(s->grid, y)->flags &= (uint16_t)~ROW_WRAPPED;
}

/* Whole rows [from, to); they are no longer what they were. */
static void
erase_rows(struct screen *s, unsigned from, unsigned to, bool selective)
{
	for (unsigned y = from; y < to; y++) {
		erase_row(s, y, 0, s->cols, selective);
		if (selective)
			unwrap(s, y);
		else
			grid_row(s->grid, y)->flags = 0;
	}
}

static void
erase_in_line(struct screen *s, int how, bool selective)
{
	/* With a wrap pending the cursor is behind the last column. */
	unsigned x = s->pending_wrap ? s->cols : s->col;

	if (how == 0) {
		erase_row(s, s->row, x, s->cols, selective);
		if (x == 0)
			unwrap(s, s->row);
	} else if (how == 1) {
		erase_row(s, s->row, 0, x + 1, selective);
	} else if (how == 2) {
		erase_row(s, s->row, 0, s->cols, selective);
		unwrap(s, s->row);
	}
}

static void
erase_in_display(struct screen *s, int how, bool selective)
{
	switch (how) {
	case 0:
		erase_in_line(s, 0, selective);
		erase_rows(s, s->row + 1, s->rows, selective);
		break;
	case 1:
		erase_in_line(s, 1, selective);
		unwrap(s, s->row);
		if (s->col + 1 == s->cols)
			unwrap(s, s->row + 1);
		erase_rows(s, 0, s->row, selective);
		break;
	case 2:
		erase_rows(s, 0, s->rows, selective);
		s->anchor.set = false;
		break;
	case 3:
		if (s->page != &s->primary || !s->history)
			break;
		history_clear(s->history);
		history_limit(s->history, s->history_lines);
		unwrap(s, 0);
		s->shown_line = 0;
		s->anchor.set = false;
		break;
	default:
		break;
	}
}

static void
lines(struct screen *s, int n)
{
	s->pending_wrap = false;
	if (!in_margins(s))
		return;
	scroll_rows(s, s->row, s->page->bottom, n);
	s->col = mode_on(s, MODE_LR_MARGINS) ? s->page->left : 0;
}

static void
chars(struct screen *s, int n, bool insert)
{
	struct row *r = grid_row(s->grid, s->row);

	s->pending_wrap = false;
	if (mode_on(s, MODE_LR_MARGINS) &&
	    (s->col < s->page->left || s->col > s->page->right))
		return;
	if (insert)
		row_insert(r, s->col, (unsigned)n, right_end(s), s->cols,
			   pen_fill(s));
	else
		row_delete(r, s->col, (unsigned)n, right_end(s), s->cols,
			   pen_fill(s));
}

/* In all rows of the margins, from column x on. */
static void
columns(struct screen *s, unsigned x, int n, bool insert)
{
	uint32_t fill = pen_fill(s);

	if (!in_margins(s))
		return;
	for (unsigned y = s->page->top; y <= s->page->bottom; y++) {
		struct row *r = grid_row(s->grid, y);

		if (insert)
			row_insert(r, x, (unsigned)n, right_end(s), s->cols,
				   fill);
		else
			row_delete(r, x, (unsigned)n, right_end(s), s->cols,
				   fill);
		unwrap(s, y);
	}
}

static unsigned
left_end(const struct screen *s)
{
	return mode_on(s, MODE_LR_MARGINS) ? s->page->left : 0;
}

static void
edit_plain(struct screen *s, const struct token *t)
{
	const struct page *p = s->page;
	int n = token_param(t, 0, 1);

	switch (t->final) {
	case '@': /* ICH */
		chars(s, n, true);
		break;
	case 'P': /* DCH */
		chars(s, n, false);
		break;
	case 'X': /* ECH */
		s->pending_wrap = false;
		if (n > (int)s->cols)
			n = (int)s->cols;
		erase_row(s, s->row, s->col, s->col + (unsigned)n, false);
		break;
	case 'J': /* ED */
		erase_in_display(s, token_param(t, 0, 0), false);
		break;
	case 'K': /* EL */
		erase_in_line(s, token_param(t, 0, 0), false);
		break;
	case 'L': /* IL */
		lines(s, -n);
		break;
	case 'M': /* DL */
		lines(s, n);
		break;
	case 'S': /* SU */
		scroll_rows(s, p->top, p->bottom, n);
		break;
	case 'T': /* SD; with five parameters it was a mouse mode */
		if (t->n_params < 5)
			scroll_rows(s, p->top, p->bottom, -n);
		break;
	default:
		break;
	}
}

void
edit_csi(struct screen *s, const struct token *t)
{
	int n = token_param(t, 0, 1);

	if (t->leader == '?') {
		if (t->final == 'J') /* DECSED */
			erase_in_display(s, token_param(t, 0, 0), true);
		else /* DECSEL */
			erase_in_line(s, token_param(t, 0, 0), true);
	} else if (t->inter[0] == ' ') { /* SL, SR */
		columns(s, left_end(s), n, t->final == 'A');
	} else if (t->inter[0] == '\'') { /* DECIC, DECDC */
		columns(s, s->col, n, t->final == '}');
	} else {
		edit_plain(s, t);
	}
}

void
edit_align(struct screen *s)
{
	struct page *p = s->page;

	p->top = 0;
	p->bottom = s->rows - 1;
	p->left = 0;
	p->right = s->cols - 1;
	for (unsigned y = 0; y < s->rows; y++) {
		struct row *r = grid_row(s->grid, y);

		row_clear(r, 0);
		for (unsigned x = 0; x < s->cols; x++)
			r->cells[x] = (struct cell){ 'E', 0 };
		r->used = (uint16_t)s->cols;
		r->pen = 0;
		r->flags = ROW_PLAIN | ROW_ONE_PEN;
	}
	move_home(s);
}
