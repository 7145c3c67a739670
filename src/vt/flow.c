/* vt/flow.c - rows as the text that, written on, gives them again. */
#include "vt/flow.h"

#include <string.h>

#include "base/buf.h"
#include "vt/screen.h"

enum { SKIP_LEAST = 8 }; /* a shorter gap is written as blanks */

static const struct pen plain;

static bool
is_gap(struct cell c)
{
	return c.text == 0 && c.pen == 0;
}

unsigned
flow_length(const struct row *r, unsigned cols)
{
	unsigned n = r->used < cols ? r->used : cols;

	if (r->fill != 0 && n < cols)
		return cols;
	while (n > 0 && is_gap(r->cells[n - 1]))
		n--;
	return n;
}

static void
put_blanks(struct flow *f, unsigned n)
{
	memset(buf_room(f->sgr.out, n), ' ', n);
	buf_grew(f->sgr.out, n);
}

static void
put_gap(struct flow *f, unsigned n)
{
	if (f->terminal && n >= SKIP_LEAST) {
		buf_printf(f->sgr.out, "\33[%uC", n);
		return;
	}
	if (f->pens)
		sgr_select(&f->sgr, &plain);
	put_blanks(f, n);
}

/*
 * Terminals do not agree on the columns that pictures and clusters take; on
 * those of CJK they do.
 */
static bool
is_doubtful(struct cell c)
{
	if (c.text & CELL_CLUSTER)
		return true;
	if (c.text >= 0x1f000)
		return c.text < 0x20000;
	return c.pen & CELL_WIDE && c.text >= 0x1160 && c.text < 0x2e80;
}

/* Changes nothing, but what comes next does not join what was before. */
static void
part(struct flow *f)
{
	if (f->terminal)
		buf_str(f->sgr.out, "\33(B");
}

/* The character at x; returns where the next begins. */
static unsigned
put_character(struct flow *f, const struct row *r, unsigned x)
{
	struct cell c = r->cells[x];
	char tmp[8];
	size_t len;
	const char *text = cell_text(f->sgr.pens, &c, tmp, &len);

	if (c.text >= 0x1f3fb && c.text <= 0x1f3ff)
		part(f); /* a skin tone on its own */
	buf_append(f->sgr.out, text, len);
	x += c.pen & CELL_WIDE ? 2 : 1;
	if (!f->terminal || !is_doubtful(c))
		return x;
	while (x < r->used && is_gap(r->cells[x]))
		x++;
	if (x < r->used || (r->fill && x < f->cols))
		buf_printf(f->sgr.out, "\33[%uG", x + 1);
	else
		f->joins = true;
	return x;
}

/* Cells of one pen up to `to`, or the end of a gap behind a picture. */
static unsigned
put_run(struct flow *f, const struct row *r, unsigned from, unsigned to)
{
	struct buf *out = f->sgr.out;
	unsigned x = from;

	while (x < to) {
		uint8_t *p = buf_room(out, to - x);
		size_t n = 0;

		while (x < to && r->cells[x].text < 0x80) {
			const struct cell *c = &r->cells[x++];

			if (!(c->pen & CELL_TAIL))
				p[n++] = c->text ? (uint8_t)c->text : ' ';
		}
		buf_grew(out, n);
		if (x < to)
			x = put_character(f, r, x);
	}
	return x;
}

static void
select_pen(struct flow *f, uint32_t number)
{
	if (f->pens) {
		const struct pen pen = pens_get(f->sgr.pens, number);

		sgr_select(&f->sgr, &pen);
	}
}

void
flow_cells(struct flow *f, const struct row *r, unsigned from, unsigned to)
{
	unsigned real = r->used < to ? r->used : to;
	unsigned x = from;

	while (x < real) {
		unsigned start = x;

		while (x < real && is_gap(r->cells[x]))
			x++;
		if (x > start)
			put_gap(f, x - start);
		start = x;
		if (x == real)
			break;

		uint32_t pen = r->cells[x].pen & CELL_PEN;
		while (x < real && (r->cells[x].pen & CELL_PEN) == pen &&
		       !is_gap(r->cells[x]))
			x++;
		select_pen(f, pen);
		x = put_run(f, r, start, x);
	}
	if (x < to && r->fill == 0) {
		put_gap(f, to - x);
	} else if (x < to) {
		select_pen(f, r->fill);
		put_blanks(f, to - x);
	}
}

/*
 * A wide character that did not fit left a cell over: some terminals erase it
 * in the pen of the character, others do not.  So it is left over again only
 * where that makes no difference; and not before a cluster, which may begin
 * narrow.
 */
static bool
leaves_cell(const struct row *next)
{
	return next->used > 0 && !(next->flags & ROW_DOUBLES) &&
	       next->cells[0].pen == CELL_WIDE &&
	       !(next->cells[0].text & CELL_CLUSTER);
}

/* To the margin, so that the next character wraps by itself. */
static void
fill_up(struct flow *f, const struct row *next)
{
	unsigned to = f->cols - 1;

	if (f->at < to)
		put_gap(f, to - f->at);
	if (f->at > to || leaves_cell(next))
		return;
	if (f->pens)
		sgr_select(&f->sgr, &plain);
	put_blanks(f, 1); /* it wraps only if this is written */
}

static void
put_size(struct flow *f, const struct row *r)
{
	if (!f->terminal)
		return;
	if (r->flags & ROW_DOUBLE)
		buf_str(f->sgr.out, "\33#6");
	else if (r->flags & ROW_DOUBLE_TOP)
		buf_str(f->sgr.out, "\33#3");
	else if (r->flags & ROW_DOUBLE_BOTTOM)
		buf_str(f->sgr.out, "\33#4");
}

/*
 * The row wraps only if something is written at its start, and where this
 * scrolls, it is erased in the pen of that.  Returns what has been written.
 */
static unsigned
wrap(struct flow *f, const struct row *r)
{
	struct cell c = row_cell(r, 0);
	bool again =
		f->terminal &&
		(r->flags & ROW_DOUBLES ||
		 pens_get(f->sgr.pens, c.pen & CELL_PEN).bg != COLOR_DEFAULT);

	if (!is_gap(c) && !again)
		return 0;
	if (f->pens)
		sgr_select(&f->sgr, &plain);
	put_blanks(f, 1);
	if (is_gap(c) && !again)
		return 1;
	buf_byte(f->sgr.out, '\r');
	put_size(f, r);
	return 0;
}

static void
begin_line(struct flow *f, const struct row *r)
{
	if (f->open) {
		flow_end(f);
		buf_str(f->sgr.out, f->eol);
	}
	put_size(f, r);
}

void
flow_row(struct flow *f, const struct row *r)
{
	unsigned len = flow_length(r, f->cols);
	unsigned from = 0;

	if (f->open && r->flags & ROW_WRAPPED) {
		fill_up(f, r);
		if (f->joins)
			part(f);
		from = wrap(f, r);
	} else {
		begin_line(f, r);
	}
	f->open = true;
	f->joins = false;
	if (len > from)
		flow_cells(f, r, from, len);
	f->at = len > from ? len : from;
}

void
flow_end(struct flow *f)
{
	if (f->pens)
		sgr_select(&f->sgr, &plain);
}
