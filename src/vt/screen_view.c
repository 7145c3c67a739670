/* vt/screen_view.c - the screen, looked at from outside. */
#include "vt/screen.h"

#include <string.h>

#include "base/mem.h"
#include "vt/state.h"

unsigned
screen_cols(const struct screen *s)
{
	return s->cols;
}

unsigned
screen_rows(const struct screen *s)
{
	return s->rows;
}

const char *
screen_title(const struct screen *s)
{
	return s->title ? s->title : "";
}

bool
screen_alternate(const struct screen *s)
{
	return s->page == &s->alternate;
}

uint32_t
screen_history(const struct screen *s)
{
	return s->history ? history_count(s->history) : 0;
}

uint64_t
screen_scrolled(const struct screen *s)
{
	return s->scrolled;
}

uint32_t
screen_generation(const struct screen *s)
{
	return s->generation;
}

void
screen_input(const struct screen *s, struct screen_input *out)
{
	const struct kitty *k = &s->page->kitty;
	int other = s->modkeys[4];

	*out = (struct screen_input){
		.app_cursor = mode_on(s, MODE_APP_CURSOR),
		.app_keypad = mode_on(s, MODE_APP_KEYPAD),
		.newline = mode_on(s, MODE_NEWLINE),
		.paste = mode_on(s, MODE_PASTE),
		.focus = mode_on(s, MODE_FOCUS),
		.mouse = s->mouse,
		.mouse_encoding = s->mouse_encoding,
		.kitty = k->flags[k->n],
		.modify_other_keys = other > 0 ? (uint8_t)other : 0,
	};
}

void
screen_cursor(const struct screen *s, struct screen_cursor *out)
{
	*out = (struct screen_cursor){
		.row = s->row,
		.col = s->col,
		.visible = mode_on(s, MODE_CURSOR),
		.pending_wrap = s->pending_wrap,
		.blink = mode_on(s, MODE_BLINK),
		.style = s->cursor_style,
	};
}

/*
 * Decoding a line of history interns its pens and keeps it: to the caller the
 * screen stays what it was, so that it may be const.
 */
static struct screen *
owned(const struct screen *s)
{
	union {
		const struct screen *shown;
		struct screen *owned;
	} u = { s };

	return u.owned;
}

const struct row *
screen_row(const struct screen *cs, int row)
{
	struct screen *s = owned(cs);
	uint32_t back;

	if (row >= 0)
		return (unsigned)row < s->rows
			       ? grid_row(s->grid, (unsigned)row)
			       : NULL;
	back = (uint32_t) - (row + 1) + 1;
	if (back > screen_history(s))
		return NULL;
	if (s->shown_line == s->scrolled - back + 1 && s->shown_cols == s->cols)
		return &s->shown;
	if (s->shown_cols != s->cols) {
		s->shown.cells = mem_grow(s->shown.cells, s->cols,
					  sizeof *s->shown.cells);
		s->shown_cols = s->cols;
	}
	if (!history_get(s->history, back, &s->pens, &s->shown, s->cols))
		return NULL;
	s->shown_line = s->scrolled - back + 1;
	return &s->shown;
}

void
screen_cell(const struct screen *cs, int row, unsigned col,
	    struct cell_view *out)
{
	struct screen *s = owned(cs);
	const struct row *r = screen_row(s, row);
	struct cell c = { 0, 0 };
	struct pen pen;
	size_t len;

	if (r && col < s->cols)
		c = row_cell(r, col);
	pen = pens_get(&s->pens, c.pen & CELL_PEN);
	*out = (struct cell_view){
		.width = c.pen & CELL_WIDE   ? 2
			 : c.pen & CELL_TAIL ? 0
					     : 1,
		.attrs = pen.attrs,
		.fg = pen.fg,
		.bg = pen.bg,
		.ul = pen.ul,
		.link = pen.link ? s->pens.links[pen.link].uri : NULL,
	};
	out->text = cell_text(&s->pens, &c, s->text, &len);
	out->len = (uint16_t)len;
}

bool
screen_row_wraps(const struct screen *s, int row)
{
	uint32_t back;

	if (row + 1 >= 0)
		return row + 1 < (int)s->rows &&
		       (grid_row(s->page == &s->primary || row >= 0
					 ? s->grid
					 : &s->primary.grid,
				 (unsigned)(row + 1))
				->flags &
			ROW_WRAPPED);
	back = (uint32_t) - (row + 1);
	return back <= screen_history(s) &&
	       (history_flags(s->history, back) & ROW_WRAPPED);
}
