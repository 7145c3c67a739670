/* vt/same.c - the laws of the engine: where two screens differ. */
#include "same.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "vt/snapshot.h"
#include "vt/state.h"

static bool
equal(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static const char *
link_of(const struct pens *ps, const struct pen *p)
{
	return p->link ? ps->links[p->link].uri : NULL;
}

static bool
same_pen(const struct pens *pa, struct pen a, const struct pens *pb,
	 struct pen b)
{
	if (!equal(link_of(pa, &a), link_of(pb, &b)))
		return false;
	a.link = b.link = 0;
	return memcmp(&a, &b, sizeof a) == 0;
}

static bool
same_cell(const struct pens *pa, struct cell a, const struct pens *pb,
	  struct cell b)
{
	char ta[8], tb[8];
	size_t na, nb;

	if (((a.pen ^ b.pen) & (CELL_WIDE | CELL_TAIL)) ||
	    !same_pen(pa, pens_get(pa, a.pen & CELL_PEN), pb,
		      pens_get(pb, b.pen & CELL_PEN)))
		return false;
	if (a.pen & CELL_TAIL)
		return true;
	a.text = a.text ? a.text : ' ';
	b.text = b.text ? b.text : ' ';
	const char *sa = cell_text(pa, &a, ta, &na);
	const char *sb = cell_text(pb, &b, tb, &nb);
	return na == nb && memcmp(sa, sb, na) == 0;
}

static char *
differ_row(const struct screen *a, const struct row *ra, const struct screen *b,
	   const struct row *rb, int y)
{
	const unsigned kept = ROW_WRAPPED | ROW_DOUBLES;

	if (!ra || !rb)
		return ra == rb ? NULL : str_printf("row %d is missing", y);
	if ((ra->flags ^ rb->flags) & kept)
		return str_printf("row %d: flags %x, %x", y, ra->flags & kept,
				  rb->flags & kept);
	for (unsigned x = 0; x < a->cols; x++) {
		struct cell ca = row_cell(ra, x), cb = row_cell(rb, x);

		if (!same_cell(&a->pens, ca, &b->pens, cb))
			return str_printf("row %d, column %u: %x/%x, %x/%x", y,
					  x, ca.text, ca.pen, cb.text, cb.pen);
	}
	return NULL;
}

static char *
differ_rows(const struct screen *a, const struct screen *b)
{
	uint32_t lines = screen_history(a);
	char *why = NULL;

	if (lines != screen_history(b))
		return str_printf("history: %u, %u lines", lines,
				  screen_history(b));
	for (int y = -(int)lines; y < 0 && !why; y++) {
		/* The top of what is left may have been in the middle. */
		struct row ra = *screen_row(a, y), rb = *screen_row(b, y);

		if (y == -(int)lines)
			ra.flags = rb.flags = 0;
		why = differ_row(a, &ra, b, &rb, y);
	}
	for (unsigned y = 0; y < a->rows && !why; y++) {
		struct row ra = *grid_row(&a->primary.grid, y);
		struct row rb = *grid_row(&b->primary.grid, y);

		if (y == 0 && !lines) {
			ra.flags = (uint16_t)(ra.flags & ~ROW_WRAPPED);
			rb.flags = (uint16_t)(rb.flags & ~ROW_WRAPPED);
		}
		why = differ_row(a, &ra, b, &rb, (int)y);
	}
	for (unsigned y = 0; a->page == &a->alternate && y < a->rows && !why;
	     y++) {
		struct row ra = *grid_row(&a->alternate.grid, y);
		struct row rb = *grid_row(&b->alternate.grid, y);

		if (y == 0) /* what it goes on from is gone for good */
			ra.flags = rb.flags = 0;
		why = differ_row(a, &ra, b, &rb, (int)y);
	}
	return why;
}

static char *
differ_saved(const struct screen *a, const struct saved *x,
	     const struct screen *b, const struct saved *y, const char *whose)
{
	static const struct saved none;
	x = x->set ? x : &none;
	y = y->set ? y : &none;
	if (x->row != y->row || x->col != y->col ||
	    (x->pending_wrap != y->pending_wrap && x->col + 1u == a->cols))
		return str_printf("saved cursor (%s): %u,%u%s; %u,%u%s", whose,
				  x->row, x->col, x->pending_wrap ? "+" : "",
				  y->row, y->col, y->pending_wrap ? "+" : "");
	if (x->origin != y->origin)
		return str_printf("saved origin (%s): %d, %d", whose, x->origin,
				  y->origin);
	if (!same_pen(&a->pens, x->pen, &b->pens, y->pen))
		return str_printf("saved pen (%s)", whose);
	if (x->gl != y->gl || memcmp(x->g, y->g, sizeof x->g) != 0)
		return str_printf("saved charsets (%s)", whose);
	return NULL;
}

static char *
differ_page(const struct screen *a, const struct page *x,
	    const struct screen *b, const struct page *y, const char *whose)
{
	const struct kitty *k = &x->kitty, *l = &y->kitty;

	if (k->n != l->n || memcmp(k->flags, l->flags, k->n + 1u) != 0)
		return str_printf("kitty stack (%s)", whose);
	char *why = differ_saved(a, &x->saved, b, &y->saved, whose);
	if (why || (a->page != x && x == &a->alternate))
		return why;
	if (x->top != y->top || x->bottom != y->bottom || x->left != y->left ||
	    x->right != y->right)
		return str_printf("margins (%s): %u,%u,%u,%u; %u,%u,%u,%u",
				  whose, x->top, x->bottom, x->left, x->right,
				  y->top, y->bottom, y->left, y->right);
	for (unsigned i = 0; i < a->cols; i++)
		if ((x->tabs[i / 64] ^ y->tabs[i / 64]) >> i % 64 & 1)
			return str_printf("tab stop %u (%s)", i, whose);
	return NULL;
}

static char *
differ_titles(const struct screen *a, const struct screen *b)
{
	if (!equal(a->title, b->title) || !equal(a->icon, b->icon))
		return str_printf("title");
	if (a->titles.n != b->titles.n || a->icons.n != b->icons.n)
		return str_printf("title stack");
	for (unsigned i = 0; i < a->titles.n; i++)
		if (!equal(a->titles.of[i], b->titles.of[i]))
			return str_printf("title stack, %u", i);
	for (unsigned i = 0; i < a->icons.n; i++)
		if (!equal(a->icons.of[i], b->icons.of[i]))
			return str_printf("icon stack, %u", i);
	if (!equal(a->cwd, b->cwd) || !equal(a->pointer, b->pointer))
		return str_printf("directory or pointer");
	if (a->progress != b->progress ||
	    (a->progress && a->percent != b->percent))
		return str_printf("progress");
	return NULL;
}

static const char *
palette(const struct screen *s, int i)
{
	return s->palette ? s->palette[i].spec : "";
}

static char *
differ_modes(const struct screen *a, const struct screen *b)
{
	uint64_t modes = (a->modes ^ b->modes) & ~MODE_BIT(MODE_SYNC);

	for (unsigned m = 0; m < MODE_COUNT; m++)
		if (modes & MODE_BIT(m))
			return str_printf("mode %u", screen_modes[m].number);
	if (a->mouse != b->mouse || a->mouse_encoding != b->mouse_encoding)
		return str_printf("mouse");
	if (memcmp(a->modkeys, b->modkeys, sizeof a->modkeys) != 0)
		return str_printf("XTMODKEYS");
	if (a->cursor_style != b->cursor_style)
		return str_printf("cursor style");
	for (int i = 0; i < 256; i++)
		if (strcmp(palette(a, i), palette(b, i)) != 0)
			return str_printf("colour %d", i);
	for (int i = 0; i <= DYNAMIC_LAST - DYNAMIC_FIRST; i++)
		if (strcmp(a->dynamic[i].spec, b->dynamic[i].spec) != 0)
			return str_printf("colour of OSC %d",
					  DYNAMIC_FIRST + i);
	return NULL;
}

static char *
differ_cursor(const struct screen *a, const struct screen *b)
{
	if (a->row != b->row || a->col != b->col ||
	    a->pending_wrap != b->pending_wrap)
		return str_printf("cursor: %u,%u%s; %u,%u%s", a->row, a->col,
				  a->pending_wrap ? "+" : "", b->row, b->col,
				  b->pending_wrap ? "+" : "");
	if (!same_pen(&a->pens, a->pen, &b->pens, b->pen))
		return str_printf("pen");
	if (a->gl != b->gl || a->single_shift != b->single_shift ||
	    memcmp(a->g, b->g, sizeof a->g) != 0)
		return str_printf("charsets");
	return NULL;
}

char *
same_screens(const struct screen *a, const struct screen *b)
{
	char *why;

	if (a->cols != b->cols || a->rows != b->rows)
		return str_printf("size");
	if (screen_alternate(a) != screen_alternate(b))
		return str_printf("which screen is shown");
	why = differ_rows(a, b);
	if (!why)
		why = differ_cursor(a, b);
	if (!why)
		why = differ_page(a, &a->primary, b, &b->primary, "primary");
	if (!why)
		why = differ_page(a, &a->alternate, b, &b->alternate,
				  "alternate");
	if (!why)
		why = differ_modes(a, b);
	if (!why)
		why = differ_titles(a, b);
	return why;
}

static struct screen *
terminal_like(const struct screen *s)
{
	return screen_new(&(struct screen_options){
		.cols = s->cols,
		.rows = s->rows,
		.history_lines = 100000,
		.history_bytes = 1 << 28,
	});
}

/* Feeds `in`, has the snapshot of what comes of it in `out`. */
static char *
through(const struct screen *s, const struct buf *in, struct buf *out)
{
	struct screen *other = terminal_like(s);

	screen_feed(other, in->data, in->len);
	char *why = same_screens(s, other);
	snapshot_make(other, SNAPSHOT_ALL, NULL, out);
	screen_free(other);
	return why;
}

static bool
same_bytes(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/*
 * A wrap that is pending, or saved, behind an erased cell can only be had by
 * writing a blank there: so the first may have a blank less than those after.
 */
char *
same_snapshot(const struct screen *s)
{
	struct buf one = { 0 }, two = { 0 }, three = { 0 };

	snapshot_make(s, SNAPSHOT_ALL, NULL, &one);
	char *why = through(s, &one, &two);
	if (!why && !same_bytes(&one, &two)) {
		why = through(s, &two, &three);
		if (!why && !same_bytes(&two, &three))
			why = str_printf("its snapshot is another");
	}
	buf_release(&one);
	buf_release(&two);
	buf_release(&three);
	return why;
}

/* The terminal's own history is what it had before, and the new. */
static void
forget_history(struct screen *s)
{
	if (s->history)
		history_clear(s->history);
}

char *
same_after(const struct screen *s, const void *a, size_t len)
{
	struct screen *other = terminal_like(s), *clean = terminal_like(s);
	struct buf undo = { 0 }, out = { 0 };

	screen_feed(other, a, len);
	snapshot_undo(other, &undo);
	snapshot_make(s, 0, &undo, &out);
	screen_feed(other, out.data, out.len);

	buf_clear(&out);
	snapshot_make(s, 0, NULL, &out);
	screen_feed(clean, out.data, out.len);
	forget_history(other);
	forget_history(clean);
	/* Not worth a visit to a screen that nothing was left on but this. */
	if (!screen_alternate(s))
		other->alternate.saved = clean->alternate.saved =
			(struct saved){ 0 };
	char *why = same_screens(clean, other);
	buf_release(&undo);
	buf_release(&out);
	screen_free(other);
	screen_free(clean);
	return why;
}
