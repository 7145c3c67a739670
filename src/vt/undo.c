/* vt/undo.c - what a screen set, taken back. */
#include "vt/snapshot.h"

#include "base/buf.h"
#include "vt/flow.h"
#include "vt/state.h"

static void
pop_kitty(const struct kitty *k, struct buf *out)
{
	if (k->n)
		buf_printf(out, "\33[<%uu", k->n);
	if (k->flags[0])
		buf_str(out, "\33[=0u");
}

/* To the primary screen; the keys of both as they were. */
static void
leave_alternate(const struct screen *s, struct buf *out)
{
	const struct kitty *k = &s->alternate.kitty;

	if (s->page == &s->alternate) {
		pop_kitty(k, out);
		buf_str(out, "\33[?1049l");
		if (s->primary.saved.origin) /* as it comes back */
			buf_str(out, "\33[?6l");
	} else if (k->n || k->flags[0]) {
		buf_str(out, "\33[?1049h");
		pop_kitty(k, out);
		buf_str(out, "\33[?1049l");
	}
	pop_kitty(&s->primary.kitty, out);
}

static void
undo_modes(const struct screen *s, struct buf *out)
{
	uint64_t differ = (s->modes ^ MODES_AT_START) & ~MODE_BIT(MODE_SYNC);

	for (unsigned m = 0; m < MODE_COUNT; m++)
		if (differ & MODE_BIT(m) && m != MODE_APP_KEYPAD)
			buf_printf(out, "\33[%s%u%c",
				   screen_modes[m].ansi ? "" : "?",
				   screen_modes[m].number,
				   MODES_AT_START & MODE_BIT(m) ? 'h' : 'l');
	if (differ & MODE_BIT(MODE_APP_KEYPAD))
		buf_str(out, "\33>");
	/* One value for us, but some terminals have a switch for each. */
	if (s->mouse_used)
		buf_str(out, "\33[?9l\33[?1000l\33[?1002l\33[?1003l"
			     "\33[?1005l\33[?1006l\33[?1015l\33[?1016l");
	for (int i = 0; i < MODKEYS; i++)
		if (s->modkeys[i] >= 0)
			buf_printf(out, "\33[>%dm", i);
	if (s->cursor_styled || s->blink_set)
		buf_str(out, "\33[0 q");
}

static void
undo_colors(const struct screen *s, struct buf *out)
{
	bool set = false;

	for (int i = 0; s->palette && i < 256; i++)
		set |= s->palette[i].spec[0] != 0;
	if (set)
		buf_str(out, "\33]104\33\\");
	for (int i = DYNAMIC_FIRST; i <= DYNAMIC_LAST; i++)
		if (s->dynamic[i - DYNAMIC_FIRST].spec[0])
			buf_printf(out, "\33]%d\33\\", i + 100);
}

static bool
is_set(const char *s)
{
	return s && s[0];
}

static void
undo_titles(const struct screen *s, struct buf *out)
{
	for (unsigned i = 0; i < s->icons.n; i++)
		buf_str(out, "\33[23;1t");
	for (unsigned i = 0; i < s->titles.n; i++)
		buf_str(out, "\33[23;2t");
	if (is_set(s->icon) || s->icons.n)
		buf_str(out, "\33]1;\33\\");
	if (is_set(s->title) || s->titles.n)
		buf_str(out, "\33]2;\33\\");
	if (is_set(s->cwd))
		buf_str(out, "\33]7;\33\\");
	if (s->progress)
		buf_str(out, "\33]9;4;0\33\\");
	if (is_set(s->pointer))
		buf_str(out, "\33]22;\33\\");
}

static bool
tabs_moved(const struct screen *s)
{
	for (unsigned i = 0; i < s->cols; i++)
		if ((s->primary.tabs[i / 64] >> i % 64 & 1) != (i % 8 == 0))
			return true;
	return false;
}

/*
 * What changes with every other line of output (pen, margins, charsets, an
 * open link, a frame not closed) is undone whether it was set or not: so the
 * bytes change only when screen_generation does.
 */
void
snapshot_undo(const struct screen *s, struct buf *out)
{
	leave_alternate(s, out);
	undo_modes(s, out);
	buf_str(out, "\33]8;;\33\\\33[m\33[0\"q"
		     "\33(B\33)B\33*B\33+B\17");
	buf_str(out, "\0337\33[r"); /* homes the cursor */
	if (tabs_moved(s)) {
		buf_str(out, "\33[3g");
		for (unsigned i = 0; i < s->cols; i += 8)
			buf_printf(out, "\33[%uG\33H", i + 1);
	}
	buf_str(out, "\0338\33[?2026l");
	undo_colors(s, out);
	undo_titles(s, out);
}

void
snapshot_park(const struct screen *s, struct buf *out)
{
	const struct grid *g = &s->primary.grid;
	unsigned y = g->n_rows;

	while (y > 0 && !flow_length(grid_row(g, y - 1), s->cols))
		y--;
	if (y < g->n_rows)
		buf_printf(out, "\33[%u;1H", y + 1);
	else
		buf_printf(out, "\33[%u;1H\r\n", y);
}
