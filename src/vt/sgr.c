/* vt/sgr.c - pens as the sequences that select them. */
#include "vt/sgr.h"

#include <string.h>

#include "base/buf.h"
#include "vt/screen.h"

enum { ROOM = 128, UNDERLINE_SHIFT = 8 };

/* CSI and parameters; those that take colons are on their own. */
struct list {
	char text[ROOM];
	unsigned len;
	bool any;
};

static void
add_char(struct list *l, char c)
{
	l->text[l->len++] = c;
}

static void
begin(struct list *l)
{
	memcpy(l->text, "\33[", 2);
	l->len = 2;
	l->any = false;
}

static void
add_number(struct list *l, unsigned n)
{
	if (n >= 100)
		add_char(l, (char)('0' + n / 100));
	if (n >= 10)
		add_char(l, (char)('0' + n / 10 % 10));
	add_char(l, (char)('0' + n % 10));
}

static void
add(struct list *l, unsigned n)
{
	if (l->any)
		add_char(l, ';');
	l->any = true;
	add_number(l, n);
}

static void
add_color(struct list *l, uint32_t color, unsigned base)
{
	unsigned n = color & 0xffffff;

	if (color == COLOR_DEFAULT) {
		add(l, base + 9);
	} else if (color & COLOR_RGB) {
		add(l, base + 8);
		add(l, 2);
		add(l, n >> 16);
		add(l, n >> 8 & 255);
		add(l, n & 255);
	} else if (n < 8) {
		add(l, base + n);
	} else if (n < 16) {
		add(l, base + 60 + n - 8);
	} else {
		add(l, base + 8);
		add(l, 5);
		add(l, n);
	}
}

/* The attributes `set` that `off` and `on` switch. */
static const struct {
	uint16_t attr;
	uint8_t on, off;
} switches[] = {
	{ CELL_BOLD, 1, 22 },	 { CELL_DIM, 2, 22 },
	{ CELL_ITALIC, 3, 23 },	 { CELL_BLINK, 5, 25 },
	{ CELL_INVERSE, 7, 27 }, { CELL_CONCEAL, 8, 28 },
	{ CELL_STRIKE, 9, 29 },	 { CELL_OVERLINE, 53, 55 },
};

static unsigned
underline(const struct pen *p)
{
	return (p->attrs & CELL_UNDERLINE) >> UNDERLINE_SHIFT;
}

static void
change(struct list *l, const struct pen *from, const struct pen *to)
{
	unsigned lost = from->attrs & ~to->attrs;
	unsigned gained = to->attrs & ~from->attrs;
	bool normal = false; /* 22 takes both bold and dim */

	if (lost & (CELL_BOLD | CELL_DIM)) {
		gained |= to->attrs & (CELL_BOLD | CELL_DIM);
		lost |= CELL_BOLD | CELL_DIM;
	}
	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (lost & switches[i].attr) {
			if (switches[i].off != 22 || !normal)
				add(l, switches[i].off);
			normal |= switches[i].off == 22;
		}
	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (gained & switches[i].attr)
			add(l, switches[i].on);
	if (underline(from) != underline(to) && underline(to) < 2)
		add(l, underline(to) ? 4 : 24);
	if (from->fg != to->fg)
		add_color(l, to->fg, 30);
	if (from->bg != to->bg)
		add_color(l, to->bg, 40);
}

/*
 * What takes colons: sequences of their own, so that a terminal that does
 * not know colons loses nothing else.
 */
static void
put_colons(const struct pen *from, const struct pen *to, struct buf *out)
{
	unsigned n = to->ul & 0xffffff;

	if (underline(from) != underline(to) && underline(to) >= 2)
		buf_printf(out, "\33[4:%um", underline(to));
	if (from->ul == to->ul)
		return;
	if (to->ul == COLOR_DEFAULT)
		buf_str(out, "\33[59m");
	else if (to->ul & COLOR_RGB)
		buf_printf(out, "\33[58:2::%u:%u:%um", n >> 16, n >> 8 & 255,
			   n & 255);
	else
		buf_printf(out, "\33[58:5:%um", n);
}

static void
put_link(const struct pens *pens, uint16_t number, struct buf *out)
{
	const struct link *l = &pens->links[number];

	buf_str(out, "\33]8;");
	if (number && l->id[0]) {
		buf_str(out, "id=");
		buf_str(out, l->id);
	}
	buf_byte(out, ';');
	if (number)
		buf_str(out, l->uri);
	buf_str(out, "\33\\");
}

/* Is anything switched off, so that beginning anew may be shorter? */
static bool
loses(const struct pen *from, const struct pen *to)
{
	return from->attrs & ~to->attrs || (from->fg && !to->fg) ||
	       (from->bg && !to->bg) || (from->ul && !to->ul);
}

void
sgr_select(struct sgr *s, const struct pen *to)
{
	static const struct pen plain;
	const struct pen *from = &s->now;
	bool colons = from->ul != to->ul || underline(to) >= 2;
	struct list step;

	if (memcmp(from, to, sizeof *to) == 0)
		return;
	begin(&step);
	change(&step, from, to);
	if (loses(from, to) && !to->ul && underline(to) < 2) {
		struct list anew;

		begin(&anew);
		if (to->attrs || to->fg || to->bg) /* else "CSI m" is enough */
			add(&anew, 0);
		change(&anew, &plain, to);
		if (colons || anew.len < step.len) {
			step = anew;
			step.any = true;
			colons = false;
		}
	}
	if (step.any) {
		add_char(&step, 'm');
		buf_append(s->out, step.text, step.len);
	}
	if (colons)
		put_colons(from, to, s->out);
	if ((from->attrs ^ to->attrs) & CELL_PROTECTED)
		buf_str(s->out,
			to->attrs & CELL_PROTECTED ? "\33[1\"q" : "\33[0\"q");
	if (from->link != to->link)
		put_link(s->pens, to->link, s->out);
	s->now = *to;
}

void
sgr_params(const struct pen *p, struct buf *out)
{
	static const struct pen plain;
	struct list l;
	unsigned n = p->ul & 0xffffff;

	begin(&l);
	add(&l, 0);
	change(&l, &plain, p);
	buf_append(out, l.text + 2, l.len - 2);
	if (underline(p) >= 2)
		buf_printf(out, ";4:%u", underline(p));
	if (p->ul & COLOR_RGB)
		buf_printf(out, ";58:2::%u:%u:%u", n >> 16, n >> 8 & 255,
			   n & 255);
	else if (p->ul)
		buf_printf(out, ";58:5:%u", n);
}
