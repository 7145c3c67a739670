/* vt/screen.c - tokens to cells, cursor, modes, margins, tabs, charsets. */
#include "vt/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vt/parts.h"
#include "vt/query.h"
#include "vt/reflow.h"
#include "vt/state.h"

void
tabs_reset(struct page *p, unsigned cols)
{
	unsigned words = cols / 64 + 1;

	free(p->tabs);
	p->tabs = mem_zero(words, sizeof *p->tabs);
	for (unsigned i = 0; i < words; i++)
		p->tabs[i] = UINT64_C(0x0101010101010101);
}

static void
margins_reset(struct page *p, unsigned cols, unsigned rows)
{
	p->top = p->left = 0;
	p->bottom = rows - 1;
	p->right = cols - 1;
}

void
page_init(struct page *p, unsigned cols, unsigned rows)
{
	grid_init(&p->grid, cols, rows);
	margins_reset(p, cols, rows);
	tabs_reset(p, cols);
}

void
page_release(struct page *p)
{
	grid_release(&p->grid);
	free(p->tabs);
	p->tabs = NULL;
}

void
alternate_clear(struct screen *s, uint32_t fill)
{
	struct page *p = &s->alternate;

	page_release(p);
	page_init(p, s->cols, s->rows);
	for (unsigned y = 0; y < s->rows; y++)
		row_clear(grid_row(&p->grid, y), fill);
}

/* What power-on sets, in a screen that owns nothing yet but its pages. */
static void
power_on(struct screen *s)
{
	s->page = &s->primary;
	s->grid = &s->primary.grid;
	page_init(&s->primary, s->cols, s->rows);
	margins_reset(&s->alternate, s->cols, s->rows);
	tabs_reset(&s->alternate, s->cols);
	s->primary.saved = s->alternate.saved = (struct saved){ 0 };
	s->primary.kitty = s->alternate.kitty = (struct kitty){ 0 };
	s->row = s->col = 0;
	s->pending_wrap = false;
	pens_init(&s->pens);
	s->pen = (struct pen){ 0 };
	pen_changed(s);
	memset(s->g, CHARSET_ASCII, sizeof s->g);
	s->gl = s->single_shift = 0;
	s->modes = MODES_AT_START;
	s->saved_modes = s->saved_which = 0;
	s->mouse = s->mouse_encoding = 0;
	s->saved_mouse = s->saved_encoding = 0;
	s->mouse_used = false;
	memset(s->modkeys, -1, sizeof s->modkeys);
	s->cursor_style = 0;
	s->cursor_styled = s->blink_set = false;
	s->joinable = false;
	s->shown_line = 0;
	s->anchor.set = false;
	text_care(s);
}

static unsigned
clamp(unsigned v, unsigned max)
{
	return v < 1 ? 1 : v > max ? max : v;
}

struct screen *
screen_new(const struct screen_options *o)
{
	struct screen *s = mem_zero(1, sizeof *s);

	s->cols = clamp(o->cols, SCREEN_COLS_MAX);
	s->rows = clamp(o->rows, SCREEN_ROWS_MAX);
	if (o->events)
		s->told = s->events = *o->events;
	s->ctx = o->ctx;
	s->session = o->session ? mem_str(o->session) : NULL;
	s->term_program = mem_str(o->term_program ? o->term_program : "cdo");
	s->tok.string_max = SCREEN_STRING_MAX;
	s->history_lines = o->history_lines;
	if (o->history_lines > 0)
		s->history = history_new(o->history_lines, o->history_bytes);
	power_on(s);
	return s;
}

static void
release(struct screen *s)
{
	osc_reset(s);
	page_release(&s->primary);
	page_release(&s->alternate);
	pens_release(&s->pens);
	history_free(s->below);
	s->below = NULL;
}

void
screen_free(struct screen *s)
{
	if (!s)
		return;
	release(s);
	tokenizer_release(&s->tok);
	history_free(s->history);
	free(s->shown.cells);
	free(s->session);
	free(s->term_program);
	free(s);
}

void
screen_reset(struct screen *s)
{
	release(s);
	if (s->history) {
		history_clear(s->history);
		history_limit(s->history, s->history_lines);
	}
	power_on(s);
	changed(s);
}

/* New columns have the usual tab stops. */
static void
tabs_resize(struct page *p, unsigned from, unsigned to)
{
	uint64_t *old = p->tabs;

	p->tabs = NULL;
	tabs_reset(p, to);
	for (unsigned x = 0; x < from && x < to; x++) {
		p->tabs[x / 64] &= ~(UINT64_C(1) << x % 64);
		p->tabs[x / 64] |= old[x / 64] & UINT64_C(1) << x % 64;
	}
	free(old);
}

void
screen_resize(struct screen *s, unsigned cols, unsigned rows)
{
	cols = clamp(cols, SCREEN_COLS_MAX);
	rows = clamp(rows, SCREEN_ROWS_MAX);
	if (cols == s->cols && rows == s->rows)
		return;
	if (pens_full(&s->pens))
		pens_sweep(s);
	reflow_primary(s, cols, rows);
	reflow_alternate(s, cols, rows);
	tabs_resize(&s->primary, s->cols, cols);
	tabs_resize(&s->alternate, s->cols, cols);
	s->cols = cols;
	s->rows = rows;
	margins_reset(&s->primary, cols, rows);
	margins_reset(&s->alternate, cols, rows);
	s->joinable = false;
	s->shown_line = 0;
	changed(s);
	if (mode_on(s, MODE_RESIZE))
		query_size(s);
}

void
pen_find(struct screen *s)
{
	if (pens_full(&s->pens))
		pens_sweep(s);
	s->pen_number = pens_find(&s->pens, &s->pen);
	s->pen_stale = false;
}

void
pen_find_fill(struct screen *s)
{
	struct pen fill = { .bg = s->pen.bg };

	if (pens_full(&s->pens))
		pens_sweep(s);
	s->fill = fill.bg ? pens_find(&s->pens, &fill) : 0;
	s->fill_stale = false;
}

static void
mark_grid(struct pens *ps, const struct grid *g)
{
	for (unsigned y = 0; y < g->n_rows; y++) {
		const struct row *r = &g->rows[y];

		pens_mark(ps, r->fill);
		if ((r->flags & ROW_ONE_PEN) && r->used > 0)
			pens_mark(ps, r->pen);
		for (unsigned x = r->lead; x < r->used; x++) {
			const struct cell *c = &r->cells[x];

			pens_mark(ps, c->pen & CELL_PEN);
			if (c->text & CELL_CLUSTER)
				pens_mark_cluster(ps, c->text & ~CELL_CLUSTER);
		}
	}
}

void
pens_sweep(struct screen *s)
{
	pens_sweep_begin(&s->pens);
	mark_grid(&s->pens, &s->primary.grid);
	mark_grid(&s->pens, &s->alternate.grid);
	/* Somebody may be about to use the numbers at hand. */
	if (!s->pen_stale)
		pens_mark(&s->pens, s->pen_number);
	if (!s->fill_stale)
		pens_mark(&s->pens, s->fill);
	pens_mark_link(&s->pens, s->pen.link);
	pens_mark_link(&s->pens, s->primary.saved.pen.link);
	pens_mark_link(&s->pens, s->alternate.saved.pen.link);
	pens_sweep_end(&s->pens);
	s->shown_line = 0; /* its pens may be gone */
}

/* What asks, is answered and is no business of the screen any more. */
static bool
asked(struct screen *s, const struct token *t)
{
	return t->to - t->from <= TOKEN_QUERY_MAX && query_token(s, t);
}

static void
run(struct screen *s, const struct token *t)
{
	switch (t->kind) {
	case TOKEN_ASCII:
		text_ascii(s, t->data, t->len);
		return;
	case TOKEN_RUNES:
		if (pens_full(&s->pens))
			pens_sweep(s);
		text_runes(s, t->runes, t->n_runes);
		return;
	case TOKEN_C0:
		s->joinable = false;
		if (t->final != 0x05 || !asked(s, t))
			c0(s, t);
		return;
	case TOKEN_CSI:
		s->joinable = s->joinable && t->final == 'b';
		if (t->final == 'm' && !t->leader && !t->inter[0] && !t->bad)
			sgr(s, t);
		else if (!asked(s, t))
			csi(s, t);
		return;
	case TOKEN_ESC:
		s->joinable = false;
		if (!asked(s, t))
			esc(s, t);
		return;
	case TOKEN_OSC:
	case TOKEN_TITLE:
		s->joinable = false;
		if (!t->long_string && !asked(s, t))
			osc(s, t);
		return;
	case TOKEN_DCS:
	case TOKEN_APC:
		s->joinable = false;
		if (!t->long_string)
			asked(s, t);
		return;
	case TOKEN_PM:
	case TOKEN_SOS:
	case TOKEN_ABORTED:
		s->joinable = false;
		return;
	case TOKEN_NONE:
		return;
	}
}

/*
 * Most of what programs write is text, ends of lines and colours: they need no
 * token.  Returns where something else begins.
 */
static const uint8_t *
straight(struct screen *s, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *from = p;

	while (p < end) {
		if (*p >= 0x20 && *p < 0x7f) {
			const uint8_t *stop = token_ascii_end(p, end);

			text_ascii(s, p, (size_t)(stop - p));
			p = stop;
		} else if (*p == '\n') {
			s->joinable = false;
			move_line_feed(s);
			p++;
		} else if (*p == '\r') {
			s->joinable = false;
			move_return(s);
			p++;
		} else if (*p == 0x1b && end - p > 2 && p[1] == '[') {
			const uint8_t *stop = sgr_straight(s, p + 2, end);

			if (!stop)
				break;
			s->joinable = false;
			p = stop;
		} else {
			break;
		}
	}
	s->tok.pos += (uint64_t)(p - from);
	return p;
}

void
screen_feed(struct screen *s, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;
	const struct token *t;

	do {
		if (s->tok.state == TOKEN_IN_GROUND)
			p = straight(s, p, end);
		t = tokenizer_next(&s->tok, &p, end);
		run(s, t);
	} while (t->kind != TOKEN_NONE);
}

void
screen_replay(struct screen *s, const void *data, size_t len)
{
	s->events = (struct screen_events){ 0 };
	screen_feed(s, data, len);
	s->events = s->told;
}

void
screen_replay_cuts(struct screen *s, const void *data, size_t len)
{
	s->events = (struct screen_events){ .cut = s->told.cut };
	screen_feed(s, data, len);
	s->events = s->told;
}

uint64_t
screen_fed(const struct screen *s)
{
	return s->tok.pos;
}

void
screen_set_fed(struct screen *s, uint64_t offset)
{
	s->tok.start += offset - s->tok.pos;
	s->tok.pos = offset;
}

uint64_t
screen_boundary(const struct screen *s)
{
	return tokenizer_boundary(&s->tok);
}

bool
screen_joinable(const struct screen *s)
{
	return tokenizer_joinable(&s->tok);
}

void
screen_profile(struct screen *s, const struct profile *p)
{
	bool was = s->profile.light;

	s->profile = *p;
	if (was != p->light && mode_on(s, MODE_THEME))
		query_theme(s);
}

void
screen_reply(struct screen *s, const void *data, size_t len)
{
	if (s->events.reply && len > 0)
		s->events.reply(s->ctx, data, len);
}

void
screen_replyf(struct screen *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof text)
		screen_reply(s, text, (size_t)n);
}

void
screen_cut(struct screen *s, const struct token *t, const void *instead,
	   size_t len)
{
	if (s->events.cut)
		s->events.cut(s->ctx, t->from, t->to, instead, len);
}
