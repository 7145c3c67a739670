/* cmd/lines.c - what a program wrote, as the lines a reader would see. */
#include "cmd/lines.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/cast.h"
#include "vt/capture.h"
#include "vt/screen.h"

enum {
	STEP = 8 << 10, /* bytes at once: no more lines than bytes */
	HISTORY = 2 * STEP, /* lines; so none goes unseen */
	HISTORY_BYTES = 64 << 20,
};

struct lines {
	struct screen *screen;
	bool pens;
	/* The next row to give, as screen_cell counts: < 0 is history. */
	int next;
};

struct lines *
lines_new(bool pens)
{
	struct lines *l = mem_zero(1, sizeof *l);

	l->pens = pens;
	return l;
}

void
lines_free(struct lines *l)
{
	if (!l)
		return;
	screen_free(l->screen);
	free(l);
}

static void
give(struct lines *l, int to, struct buf *out)
{
	if (to <= l->next)
		return;
	capture_rows(l->screen, l->next, to, l->pens, out);
	l->next = to;
}

/* As give, but a line that goes on below waits, unless it is endless. */
static void
give_whole(struct lines *l, int to, struct buf *out)
{
	int end = to;

	while (end > l->next && screen_row_wraps(l->screen, end - 1))
		end--;
	give(l, to - end < HISTORY / 2 ? end : to, out);
}

static void
feed(struct lines *l, const uint8_t *p, size_t len, struct buf *out)
{
	while (len > 0) {
		size_t n = len < STEP ? len : STEP;
		uint64_t before = screen_scrolled(l->screen);

		screen_replay(l->screen, p, n);
		l->next -= (int)(screen_scrolled(l->screen) - before);
		give_whole(l, 0, out);
		p += n;
		len -= n;
	}
}

static int
cursor_row(const struct lines *l)
{
	struct screen_cursor c;

	screen_cursor(l->screen, &c);
	return (int)c.row;
}

/* Lines that end in [from, to). */
static unsigned
count_ends(const struct lines *l, int from, int to)
{
	unsigned n = 0;

	for (int y = from; y < to; y++)
		n += !screen_row_wraps(l->screen, y);
	return n;
}

/* The row where the line begins that stands n lines above the cursor's. */
static int
lines_up(const struct lines *l, unsigned n)
{
	int y = cursor_row(l), top = -(int)screen_history(l->screen);

	while (y > top) {
		bool first = !screen_row_wraps(l->screen, y - 1);

		if (first && n-- == 0)
			break;
		y--;
	}
	return y;
}

/* A new width moves rows, but the lines above the cursor stay as many. */
static void
resize(struct lines *l, unsigned cols, unsigned rows)
{
	if (!l->screen) {
		l->screen = screen_new(&(struct screen_options){
			.cols = cols,
			.rows = rows,
			.history_lines = HISTORY,
			.history_bytes = HISTORY_BYTES,
		});
		return;
	}

	bool below = l->next > cursor_row(l);
	unsigned n = count_ends(l, l->next, cursor_row(l));

	screen_resize(l->screen, cols, rows);
	l->next = lines_up(l, n) + below;
}

void
lines_feed(struct lines *l, const struct cast_event *e, struct buf *out)
{
	if (e->kind == CAST_RESIZE)
		resize(l, e->cols, e->rows);
	if (!l->screen)
		return;
	if (e->kind == CAST_OUTPUT)
		feed(l, e->data, e->len, out);
	else
		give_whole(l, 0, out);
}

void
lines_settled(struct lines *l, struct buf *out)
{
	if (l->screen && !screen_alternate(l->screen))
		give_whole(l, cursor_row(l), out);
}

void
lines_rest(struct lines *l, struct buf *out)
{
	if (l->screen)
		give(l, (int)capture_filled(l->screen, l->pens), out);
}
