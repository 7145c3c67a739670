/* vt/snapshot.c - a screen as the bytes that rebuild it. */
#include "vt/snapshot.h"

#include <string.h>

#include "base/buf.h"
#include "vt/flow.h"
#include "vt/state.h"

/*
 * The order is terminal.md's: what moves the cursor comes before the cursor,
 * what changes how text is taken comes after the text.
 */
struct writer {
	const struct screen *s;
	struct buf *out;
	struct sgr sgr;
	/* Of the terminal: its margins, and whether CUP counts from them. */
	unsigned top, left;
	bool origin;
};

static const struct pen plain;
static const char charset_final[] = { 'B', '0', 'A' };
static const char charset_slot[] = { '(', ')', '*', '+' };

static bool
is_alternate(const struct screen *s)
{
	return s->page == &s->alternate;
}

static void
put(struct writer *w, const char *sequence)
{
	buf_str(w->out, sequence);
}

static void
put_osc(struct writer *w, const char *number, const char *text)
{
	buf_printf(w->out, "\33]%s;%s\33\\", number, text);
}

/* 0: where every snapshot begins. */
static void
put_start(struct writer *w, const struct buf *undo)
{
	if (undo) {
		buf_byte(w->out, 0x18); /* CAN: out of any sequence */
		buf_append(w->out, undo->data, undo->len);
		put(w, "\33[?1049l");
	}
	put(w, "\33[?2026h\33[m\33[r\33[?69l\33[?6l\33[?7h\33[4l\33[20l"
	       "\33(B\33)B\33*B\33+B\17");
	put(w, "\33[?9l\33[?1000l\33[?1002l\33[?1003l\33[?1004l\33[?1005l"
	       "\33[?1006l\33[?1015l\33[?1016l\33[?2004l\33[?2031l");
	put(w, "\33[H\33#5\33[J\0337");
}

/* 1 */
static void
put_colors(struct writer *w)
{
	const struct screen *s = w->s;

	for (int i = 0; s->palette && i < 256; i++)
		if (s->palette[i].spec[0])
			buf_printf(w->out, "\33]4;%d;%s\33\\", i,
				   s->palette[i].spec);
	for (int i = DYNAMIC_FIRST; i <= DYNAMIC_LAST; i++)
		if (s->dynamic[i - DYNAMIC_FIRST].spec[0])
			buf_printf(w->out, "\33]%d;%s\33\\", i,
				   s->dynamic[i - DYNAMIC_FIRST].spec);
}

/* 2 */
static void
put_titles(struct writer *w)
{
	const struct screen *s = w->s;

	for (unsigned i = 0; i < s->icons.n; i++) {
		put_osc(w, "1", s->icons.of[i]);
		put(w, "\33[22;1t");
	}
	for (unsigned i = 0; i < s->titles.n; i++) {
		put_osc(w, "2", s->titles.of[i]);
		put(w, "\33[22;2t");
	}
	if (s->icons.n || (s->icon && s->icon[0]))
		put_osc(w, "1", s->icon ? s->icon : "");
	if (s->titles.n || (s->title && s->title[0]))
		put_osc(w, "2", s->title ? s->title : "");
	if (s->cwd && s->cwd[0])
		put_osc(w, "7", s->cwd);
	if (s->progress && s->percent > 0)
		buf_printf(w->out, "\33]9;4;%d;%d\33\\", s->progress,
			   s->percent);
	else if (s->progress)
		buf_printf(w->out, "\33]9;4;%d\33\\", s->progress);
	if (s->pointer && s->pointer[0])
		put_osc(w, "22", s->pointer);
}

/* 3, 4, 7 */
static void
put_rows(struct writer *w, const struct grid *g, uint32_t history)
{
	struct flow f = {
		.sgr = w->sgr,
		.cols = w->s->cols,
		.eol = "\r\n",
		.pens = true,
		.terminal = true,
	};
	unsigned last = g->n_rows;

	for (uint32_t back = history; back > 0; back--) {
		const struct row *r = screen_row(w->s, -(int)back);
		if (r)
			flow_row(&f, r);
	}
	/* Nothing to scroll away: the rest is blank already. */
	while (!history && last > 0 &&
	       !flow_length(grid_row(g, last - 1), f.cols) &&
	       !(grid_row(g, last - 1)->flags & (ROW_WRAPPED | ROW_DOUBLES)))
		last--;
	for (unsigned y = 0; y < last; y++)
		flow_row(&f, grid_row(g, y));
	flow_end(&f);
	w->sgr = f.sgr;
}

/* 5, 8 */
static void
put_kitty(struct writer *w, const struct kitty *k)
{
	if (k->flags[0])
		buf_printf(w->out, "\33[=%uu", k->flags[0]);
	for (unsigned i = 1; i <= k->n; i++)
		buf_printf(w->out, "\33[>%uu", k->flags[i]);
}

static bool
tab_at(const uint64_t *tabs, unsigned col)
{
	return tabs[col / 64] >> col % 64 & 1;
}

static bool
tabs_as_usual(const struct screen *s, const uint64_t *tabs)
{
	for (unsigned i = 0; i < s->cols; i++)
		if (tab_at(tabs, i) != (i % 8 == 0))
			return false;
	return true;
}

static void
put_tabs(struct buf *out, const struct screen *s, const uint64_t *tabs)
{
	buf_str(out, "\33[3g");
	for (unsigned i = 0; i < s->cols; i++)
		if (tab_at(tabs, i))
			buf_printf(out, "\33[%uG\33H", i + 1);
}

/* 10 */
static void
put_margins(struct writer *w, const struct page *p)
{
	if (p->top > 0 || p->bottom + 1 < w->s->rows)
		buf_printf(w->out, "\33[%u;%ur", p->top + 1, p->bottom + 1);
	w->top = p->top;
}

static void
put_side_margins(struct writer *w, const struct page *p)
{
	if (!mode_on(w->s, MODE_LR_MARGINS))
		return;
	put(w, "\33[?69h");
	if (p->left > 0 || p->right + 1 < w->s->cols)
		buf_printf(w->out, "\33[%u;%us", p->left + 1, p->right + 1);
	w->left = p->left;
}

static void
put_position(struct writer *w, unsigned row, unsigned col)
{
	if (w->origin) {
		row = row < w->top ? 0 : row - w->top;
		col = col < w->left ? 0 : col - w->left;
	}
	if (row == 0 && col == 0)
		put(w, "\33[H");
	else
		buf_printf(w->out, "\33[%u;%uH", row + 1, col + 1);
}

/*
 * Writes the character at the position once more: this leaves the terminal
 * behind it, at the margin with the wrap pending.
 */
static void
put_again(struct writer *w, const struct page *p, unsigned row, unsigned col)
{
	struct flow f = { .sgr = w->sgr, .cols = w->s->cols, .pens = true };
	const struct row *r = row < p->grid.n_rows ? grid_row(&p->grid, row)
						   : NULL;
	struct row blank = { 0 };

	if (!r)
		r = &blank;
	unsigned to = col + 1;
	if (col > 0 && row_cell(r, col).pen & CELL_TAIL)
		col--;
	else if (row_cell(r, col).pen & CELL_WIDE)
		to++;
	put_position(w, row, col);
	flow_cells(&f, r, col, to);
	w->sgr = f.sgr;
}

/* 15 */
static void
put_charsets(struct writer *w, const uint8_t g[4], unsigned gl)
{
	for (unsigned i = 0; i < 4; i++)
		if (g[i] != CHARSET_ASCII)
			buf_printf(w->out, "\33%c%c", charset_slot[i],
				   charset_final[g[i]]);
	if (gl)
		put(w, gl == 1 ? "\16" : gl == 2 ? "\33n" : "\33o");
}

static void
reset_charsets(struct writer *w, const uint8_t g[4], unsigned gl)
{
	for (unsigned i = 0; i < 4; i++)
		if (g[i] != CHARSET_ASCII)
			buf_printf(w->out, "\33%cB", charset_slot[i]);
	if (gl)
		buf_byte(w->out, 0x0f);
}

/*
 * 6, 11: brings the terminal where the page's saved cursor was, has it saved
 * by `save`, and goes back to what text is written with.
 */
static void
put_saved(struct writer *w, const struct page *p, const char *save)
{
	const struct saved *v = &p->saved;
	bool origin = v->set && v->origin && v->row >= w->top;

	if (origin) {
		put(w, "\33[?6h");
		w->origin = true;
	}
	put_position(w, v->set ? v->row : 0, v->set ? v->col : 0);
	/* Behind a right margin that is not yet there, it is not pending. */
	if (v->set && v->pending_wrap && v->col + 1u == w->s->cols)
		put_again(w, p, v->row, v->col);
	if (v->set) {
		sgr_select(&w->sgr, &v->pen);
		put_charsets(w, v->g, v->gl);
	}
	put(w, save);
	if (v->set)
		reset_charsets(w, v->g, v->gl);
	if (origin) {
		put(w, "\33[?6l");
		w->origin = false;
	}
	sgr_select(&w->sgr, &plain);
}

/* Other than at power-on, and than put_start left it. */
static bool
is_saved(const struct saved *v)
{
	return v->set && (v->row || v->col || v->pending_wrap || v->origin ||
			  v->gl || memcmp(&v->pen, &plain, sizeof plain) != 0 ||
			  v->g[0] || v->g[1] || v->g[2] || v->g[3]);
}

/*
 * What the alternate screen keeps while the primary one is shown.  Its saved
 * cursor also if it is the one shown: some terminals have one for both, and
 * the last that is saved must be the primary's.
 */
static void
put_hidden_alternate(struct writer *w)
{
	const struct page *p = &w->s->alternate;
	bool shown = is_alternate(w->s);

	if (!shown && !is_saved(&p->saved) && !p->kitty.n && !p->kitty.flags[0])
		return;
	put(w, "\33[?1049h");
	if (!shown)
		put_kitty(w, &p->kitty);
	put_saved(w, p, "\0337");
	put(w, "\33[?1049l");
}

/* The saved cursor of the page is where CUP reaches in origin mode. */
static bool
in_margins(const struct screen *s, const struct page *p)
{
	const struct saved *v = &p->saved;

	return v->row >= p->top && v->row <= p->bottom &&
	       (!mode_on(s, MODE_LR_MARGINS) ||
		(v->col >= p->left && v->col <= p->right));
}

/* 6, 7, 8: from the primary screen to the alternate one. */
static void
put_alternate(struct writer *w)
{
	const struct screen *s = w->s;
	const struct page *p = &s->primary;
	bool tabs = !tabs_as_usual(s, p->tabs);
	/* In origin mode, but not within the margins of now. */
	bool outside = p->saved.set && p->saved.origin && !in_margins(s, p);

	if (tabs)
		put_tabs(w->out, s, p->tabs);
	if (outside)
		put_saved(w, p, "\0337");
	put_margins(w, p);
	put_side_margins(w, p);
	if (outside)
		put(w, "\33[?1047h");
	else
		put_saved(w, p, "\33[?1049h");
	/* A terminal may have one set of margins and tabs for both. */
	if (mode_on(s, MODE_LR_MARGINS))
		put(w, "\33[s");
	put(w, "\33[r\33[H\33[2J");
	w->top = w->left = 0;
	put_rows(w, &s->alternate.grid, 0);
	put_kitty(w, &s->alternate.kitty);
	if (tabs || !tabs_as_usual(s, s->alternate.tabs))
		put_tabs(w->out, s, s->alternate.tabs);
}

/* 17, 19 */
static void
put_modes(struct writer *w)
{
	const uint64_t elsewhere =
		MODE_BIT(MODE_ORIGIN) | MODE_BIT(MODE_LR_MARGINS) |
		MODE_BIT(MODE_SYNC) | MODE_BIT(MODE_BLINK) |
		MODE_BIT(MODE_CURSOR) | MODE_BIT(MODE_APP_KEYPAD);
	uint64_t differ = (w->s->modes ^ MODES_AT_START) & ~elsewhere;

	for (unsigned m = 0; m < MODE_COUNT; m++)
		if (differ & MODE_BIT(m))
			buf_printf(w->out, "\33[%s%u%c",
				   screen_modes[m].ansi ? "" : "?",
				   screen_modes[m].number,
				   mode_on(w->s, (enum mode)m) ? 'h' : 'l');
	if (mode_on(w->s, MODE_APP_KEYPAD))
		put(w, "\33=");
}

/* 18, 20 */
static void
put_input(struct writer *w)
{
	const struct screen *s = w->s;

	if (s->mouse_encoding)
		buf_printf(w->out, "\33[?%uh", s->mouse_encoding);
	if (s->mouse)
		buf_printf(w->out, "\33[?%uh", s->mouse);
	for (int i = 0; i < MODKEYS; i++)
		if (s->modkeys[i] >= 0)
			buf_printf(w->out, "\33[>%d;%dm", i, s->modkeys[i]);
}

/* 21 */
static void
put_cursor(struct writer *w)
{
	const struct screen *s = w->s;

	if (s->cursor_styled)
		buf_printf(w->out, "\33[%u q", s->cursor_style);
	if (s->blink_set)
		put(w, mode_on(s, MODE_BLINK) ? "\33[?12h" : "\33[?12l");
	if (!mode_on(s, MODE_CURSOR))
		put(w, "\33[?25l");
}

/* A terminal with this charset shifted in writes another character. */
static bool
is_mapped(uint8_t charset, uint32_t text)
{
	return (charset == CHARSET_DEC && text >= 0x5f && text < 0x7f) ||
	       (charset == CHARSET_UK && text == '#');
}

/*
 * The character that the next bytes may join or repeat has to be the last
 * thing written.  Where the modes in force would not write it as it was, it
 * is better left alone.
 */
static void
put_last_character(struct writer *w)
{
	const struct screen *s = w->s;

	if (!s->joinable || s->last_row != s->row || s->single_shift ||
	    (mode_on(s, MODE_INSERT) && mode_on(s, MODE_LR_MARGINS)))
		return;

	const struct row *r = grid_row(s->grid, s->last_row);
	struct cell c = row_cell(r, s->last_col);
	const struct pen pen = pens_get(&s->pens, c.pen & CELL_PEN);
	unsigned behind = s->last_col + (c.pen & CELL_WIDE ? 2 : 1);

	if (!c.text || is_mapped(s->g[s->gl], c.text) ||
	    behind != s->col + s->pending_wrap ||
	    memcmp(&pen, &s->pen, sizeof pen) != 0)
		return;
	if (mode_on(s, MODE_INSERT)) { /* it pushes the rest back again */
		put_position(w, s->last_row, s->last_col);
		buf_printf(w->out, "\33[%uP", c.pen & CELL_WIDE ? 2 : 1);
	}
	put_again(w, s->page, s->last_row, s->last_col);
}

void
snapshot_make(const struct screen *s, uint32_t history, const struct buf *undo,
	      struct buf *out)
{
	struct writer w = {
		.s = s,
		.out = out,
		.sgr = { .pens = &s->pens, .out = out },
	};
	const struct page *p = s->page;
	uint32_t kept = screen_history(s);

	put_start(&w, undo);
	put_colors(&w);
	put_titles(&w);
	put_hidden_alternate(&w);
	put_rows(&w, &s->primary.grid, history < kept ? history : kept);
	put_kitty(&w, &s->primary.kitty);
	if (is_alternate(s))
		put_alternate(&w);
	else if (!tabs_as_usual(s, p->tabs))
		put_tabs(out, s, p->tabs);
	/* Before the margins: it may be outside, or count from them. */
	if (!is_alternate(s) && is_saved(&p->saved))
		put_saved(&w, p, "\0337");
	put_margins(&w, p);
	put_side_margins(&w, p);
	if (mode_on(s, MODE_ORIGIN)) {
		put(&w, "\33[?6h");
		w.origin = true;
	}
	put_position(&w, s->row, s->col);
	if (s->pending_wrap)
		put_again(&w, p, s->row, s->col);
	put_charsets(&w, s->g, s->gl);
	sgr_select(&w.sgr, &s->pen);
	put_modes(&w);
	put_input(&w);
	put_cursor(&w);
	put(&w, "\33[?2026l");
	put_last_character(&w);
	if (s->single_shift)
		put(&w, s->single_shift == 2 ? "\33N" : "\33O");
}
