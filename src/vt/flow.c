/* vt/flow.c - rows as the text that, written on, gives them again. */
#include "vt/flow.h"

#include <string.h>

#include "base/buf.h"

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

	if (r->fill != 0)
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
	if (f->skip && n >= SKIP_LEAST) {
		buf_printf(f->sgr.out, "\33[%uC", n);
		return;
	}
	if (f->pens)
		sgr_select(&f->sgr, &plain);
	put_blanks(f, n);
}

/* Cells [from, to) of one pen. */
static void
put_run(struct flow *f, const struct row *r, unsigned from, unsigned to)
{
	enum { UTF8_MOST = 4 };
	struct buf *out = f->sgr.out;
	uint8_t *p = buf_room(out, (size_t)(to - from) * UTF8_MOST);
	size_t n = 0;

	for (unsigned x = from; x < to; x++) {
		const struct cell *c = &r->cells[x];

		if (c->pen & CELL_TAIL)
			continue;
		if (c->text < 0x80) {
			p[n++] = c->text ? (uint8_t)c->text : ' ';
			continue;
		}

		char tmp[8];
		size_t len;
		const char *text = cell_text(f->sgr.pens, c, tmp, &len);
		if (c->text & CELL_CLUSTER) {
			buf_grew(out, n);
			buf_append(out, text, len);
			p = buf_room(out, (size_t)(to - x) * UTF8_MOST);
			n = 0;
		} else {
			memcpy(p + n, text, len);
			n += len;
		}
	}
	buf_grew(out, n);
}

static void
select_pen(struct flow *f, uint32_t number)
{
	if (f->pens)
		sgr_select(&f->sgr, pens_get(f->sgr.pens, number));
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
		put_run(f, r, start, x);
	}
	if (x < to && r->fill == 0) {
		put_gap(f, to - x);
	} else if (x < to) {
		select_pen(f, r->fill);
		put_blanks(f, to - x);
	}
}

/* To the margin, so that the next character wraps by itself. */
static void
fill_up(struct flow *f, const struct row *next)
{
	bool wide = next->used > 0 && next->cells[0].pen & CELL_WIDE;
	unsigned to = wide ? f->cols - 1 : f->cols;

	if (f->at >= to)
		return;
	if (!wide && to - f->at > 1)
		put_gap(f, to - f->at - 1); /* one has to be written */
	if (wide) {
		put_gap(f, to - f->at);
		return;
	}
	if (f->pens)
		sgr_select(&f->sgr, &plain);
	put_blanks(f, 1);
}

static void
begin_line(struct flow *f, const struct row *r)
{
	if (f->open) {
		flow_end(f);
		buf_str(f->sgr.out, f->eol);
	}
	if (!f->skip)
		return;
	if (r->flags & ROW_DOUBLE)
		buf_str(f->sgr.out, "\33#6");
	else if (r->flags & ROW_DOUBLE_TOP)
		buf_str(f->sgr.out, "\33#3");
	else if (r->flags & ROW_DOUBLE_BOTTOM)
		buf_str(f->sgr.out, "\33#4");
}

void
flow_row(struct flow *f, const struct row *r)
{
	unsigned len = flow_length(r, f->cols);
	unsigned from = 0;

	if (f->open && r->flags & ROW_WRAPPED) {
		fill_up(f, r);
		if (len == 0 || is_gap(row_cell(r, 0))) {
			if (f->pens)
				sgr_select(&f->sgr, &plain);
			put_blanks(f, 1); /* it wraps only if written */
			from = 1;
		}
	} else {
		begin_line(f, r);
	}
	f->open = true;
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
