/* client/composed.c - a session of another size, drawn on a canvas. */
#include "client/composed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/canvas.h"
#include "client/tty.h"
#include "vt/screen.h"

struct composed {
	struct screen *screen; /* NULL until the session's size is known */
	struct canvas *canvas;
	unsigned cols, rows; /* the terminal's */
	unsigned left, top; /* of the session, where the terminal begins */
	bool entered; /* the terminal's alternate screen */
	bool progress; /* is shown */
	struct screen_input modes; /* set on the terminal */
	char *title; /* set on the terminal, or NULL */
	char *banner; /* in front of all, or NULL */
	struct buf aside; /* what goes to the terminal beside the cells */
};

struct composed *
composed_new(unsigned cols, unsigned rows)
{
	struct composed *c = mem_zero(1, sizeof *c);

	c->cols = cols;
	c->rows = rows;
	c->canvas = canvas_new(cols, rows);
	return c;
}

void
composed_free(struct composed *c)
{
	if (c == NULL)
		return;
	screen_free(c->screen);
	canvas_free(c->canvas);
	free(c->title);
	free(c->banner);
	buf_release(&c->aside);
	free(c);
}

void
composed_resize(struct composed *c, unsigned cols, unsigned rows)
{
	if (cols == c->cols && rows == c->rows)
		return;
	c->cols = cols;
	c->rows = rows;
	canvas_resize(c->canvas, cols, rows);
}

/* --- what comes from the session ---------------------------------------- */

static void
on_bell(void *ctx)
{
	struct composed *c = ctx;

	buf_byte(&c->aside, '\a');
}

static void
on_notify(void *ctx, const char *title, const char *body)
{
	struct composed *c = ctx;

	if (title != NULL && *title != '\0')
		buf_printf(&c->aside, "\033]777;notify;%s;%s\033\\", title,
			   body);
	else
		buf_printf(&c->aside, "\033]9;%s\033\\", body);
}

static void
on_progress(void *ctx, int state, int percent)
{
	struct composed *c = ctx;

	c->progress = state != 0;
	buf_printf(&c->aside, "\033]9;4;%d;%d\033\\", state, percent);
}

static const struct screen_events screen_events = {
	.bell = on_bell,
	.notify = on_notify,
	.progress = on_progress,
};

void
composed_session(struct composed *c, unsigned cols, unsigned rows)
{
	const struct screen_options options = {
		.cols = cols,
		.rows = rows,
		.events = &screen_events,
		.ctx = c,
	};

	screen_free(c->screen);
	c->screen = screen_new(&options);
}

void
composed_snapshot(struct composed *c, const void *data, size_t len)
{
	if (c->screen != NULL)
		screen_replay(c->screen, data, len);
}

void
composed_feed(struct composed *c, const void *data, size_t len)
{
	if (c->screen != NULL)
		screen_feed(c->screen, data, len);
}

/* --- what is seen ----------------------------------------------------- */

/* Moves the window of `size` over `whole` as little as shows `at`. */
static unsigned
follow(unsigned from, unsigned at, unsigned size, unsigned whole)
{
	if (whole <= size)
		return 0;
	if (from > whole - size)
		from = whole - size;
	if (at < from)
		return at;
	if (at >= from + size)
		return at - size + 1;
	return from;
}

static void
draw_cells(struct composed *c)
{
	unsigned cols = screen_cols(c->screen) - c->left;
	unsigned rows = screen_rows(c->screen) - c->top;

	for (unsigned row = 0; row < c->rows; row++) {
		unsigned shown = row < rows ? cols : 0;

		for (unsigned col = 0; col < shown && col < c->cols; col++) {
			struct cell_view v;

			screen_cell(c->screen, (int)(c->top + row),
				    c->left + col, &v);
			if (v.width == 0 && col == 0)
				v = (struct cell_view){ .text = "",
							.width = 1 };
			canvas_put(c->canvas, row, col, shown, &v);
		}
		canvas_blank(c->canvas, row, shown, c->cols, "\u00b7");
	}
}

void
composed_banner(struct composed *c, const char *text)
{
	free(c->banner);
	c->banner = text == NULL ? NULL : mem_str(text);
}

/* Each of its characters is one column wide. */
static void
draw_banner(struct composed *c)
{
	unsigned width = (unsigned)str_columns(c->banner);
	unsigned col = width < c->cols ? c->cols - width : 0;
	const char *p = c->banner;

	for (; *p != '\0' && col < c->cols; col++) {
		size_t len = str_utf8(p, strlen(p));
		struct cell_view v = {
			.text = p,
			.len = (uint16_t)(len > 0 ? len : 1),
			.width = 1,
			.attrs = CELL_INVERSE,
		};

		canvas_put(c->canvas, 0, col, c->cols, &v);
		p += v.len;
	}
}

static void
draw_screen(struct composed *c)
{
	struct screen_cursor at;

	screen_cursor(c->screen, &at);
	c->left = follow(c->left, at.col, c->cols, screen_cols(c->screen));
	c->top = follow(c->top, at.row, c->rows, screen_rows(c->screen));
	draw_cells(c);
	if (c->banner != NULL)
		draw_banner(c);
	canvas_cursor(c->canvas, at.row - c->top, at.col - c->left, at.visible,
		      at.style);
}

static void
draw_title(struct composed *c, struct buf *out)
{
	const char *title = screen_title(c->screen);

	if (str_eq(c->title != NULL ? c->title : "", title))
		return;
	free(c->title);
	c->title = mem_str(title);
	buf_printf(out, "\033]2;%s\033\\", title);
}

/* --- the keyboard and the mouse --------------------------------------- */

static void
mode(struct buf *out, unsigned number, bool was, bool is)
{
	if (was != is)
		buf_printf(out, "\033[?%u%c", number, is ? 'h' : 'l');
}

/* Only reports that composed_mouse can translate back are asked for. */
static uint16_t
mouse_mode(const struct screen_input *in)
{
	bool can = in->mouse_encoding == 0 || in->mouse_encoding == 1006;

	return can ? in->mouse : 0;
}

static void
draw_modes(struct composed *c, const struct screen_input *is, struct buf *out)
{
	const struct screen_input *was = &c->modes;

	mode(out, 1, was->app_cursor, is->app_cursor);
	mode(out, 1004, was->focus, is->focus);
	mode(out, 2004, was->paste, is->paste);
	if (was->app_keypad != is->app_keypad)
		buf_str(out, is->app_keypad ? "\033=" : "\033>");

	uint16_t old = mouse_mode(was), new = mouse_mode(is);
	if (old != new) {
		if (old != 0)
			mode(out, old, true, false);
		mode(out, 1006, old != 0, new != 0);
		if (new != 0)
			mode(out, new, false, true);
	}
	if (was->modify_other_keys != is->modify_other_keys) {
		if (is->modify_other_keys != 0)
			buf_printf(out, "\033[>4;%um", is->modify_other_keys);
		else
			buf_str(out, "\033[>4m");
	}
	if (was->kitty != is->kitty) {
		if (was->kitty != 0)
			buf_str(out, "\033[<u");
		if (is->kitty != 0)
			buf_printf(out, "\033[>%uu", is->kitty);
	}
	c->modes = *is;
}

void
composed_mouse(const struct composed *c, const uint8_t *data, size_t len,
	       struct buf *out)
{
	struct screen_input in;
	unsigned button, x, y;
	char final, text[64];

	if (len >= sizeof text || c->screen == NULL)
		return;
	memcpy(text, data, len);
	text[len] = '\0';
	if (sscanf(text, "\033[<%5u;%5u;%5u%c", &button, &x, &y, &final) != 4)
		return;

	x += c->left;
	y += c->top;
	if (x > screen_cols(c->screen) || y > screen_rows(c->screen))
		return;

	screen_input(c->screen, &in);
	if (in.mouse_encoding == 1006) {
		buf_printf(out, "\033[<%u;%u;%u%c", button, x, y, final);
		return;
	}
	if (final == 'm')
		button = (button & ~3u) | 3;
	if (button > 223 || x > 223 || y > 223)
		return;
	buf_str(out, "\033[M");
	buf_byte(out, (uint8_t)(button + 32));
	buf_byte(out, (uint8_t)(x + 32));
	buf_byte(out, (uint8_t)(y + 32));
}

/* --- in and out ------------------------------------------------------- */

void
composed_draw(struct composed *c, struct buf *out)
{
	struct screen_input in;

	if (c->screen == NULL)
		return;
	if (!c->entered) {
		tty_cap(out, TTY_SMCUP, 0, 0);
		buf_str(out, "\033[22;2t");
		canvas_forget(c->canvas);
		c->entered = true;
	}
	screen_input(c->screen, &in);
	draw_modes(c, &in, out);
	draw_title(c, out);
	draw_screen(c);
	canvas_render(c->canvas, out);
	buf_append(out, c->aside.data, c->aside.len);
	buf_clear(&c->aside);
}

void
composed_leave(struct composed *c, struct buf *out)
{
	static const struct screen_input none;

	if (!c->entered)
		return;
	draw_modes(c, &none, out);
	if (c->progress)
		buf_str(out, "\033]9;4;0\033\\");
	if (c->title != NULL)
		buf_str(out, "\033]2;\033\\");
	buf_str(out, "\033[23;2t");
	tty_cap(out, TTY_SGR0, 0, 0);
	tty_cap(out, TTY_SS, 0, 0);
	tty_cap(out, TTY_CNORM, 0, 0);
	tty_cap(out, TTY_RMCUP, 0, 0);
	c->entered = false;
}
