/* unit/client_canvas.c - one screen after another, exactly. */
#include "client/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "client/color.h"
#include "client/composed.h"
#include "vt/screen.h"

static unsigned seed = 1;

static unsigned
pick(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static struct screen *
terminal(unsigned cols, unsigned rows)
{
	return screen_new(
		&(struct screen_options){ .cols = cols, .rows = rows });
}

/* What the terminal shows, or a canvas: a cell as a value. */
struct shown {
	char text[40];
	unsigned width, attrs;
	uint32_t fg, bg;
};

static struct shown
shown_by(const struct screen *s, unsigned row, unsigned col)
{
	struct cell_view v;
	struct shown out = { 0 };

	screen_cell(s, (int)row, col, &v);
	assert_in_range(v.len, 0, sizeof out.text - 1);
	memcpy(out.text, v.text, v.len);
	if (strcmp(out.text, " ") == 0)
		out.text[0] = '\0';
	out.width = v.width;
	out.attrs = v.attrs;
	out.fg = v.fg;
	out.bg = v.bg;
	return out;
}

static void
assert_same(const struct screen *a, unsigned top, unsigned left,
	    const struct screen *b, unsigned rows, unsigned cols)
{
	for (unsigned row = 0; row < rows; row++)
		for (unsigned col = 0; col < cols; col++) {
			struct shown x = shown_by(a, row + top, col + left);
			struct shown y = shown_by(b, row, col);

			if (memcmp(&x, &y, sizeof x) != 0)
				fail_msg("%u,%u: '%s' %u %x, not '%s' %u %x",
					 row, col, y.text, y.width, y.attrs,
					 x.text, x.width, x.attrs);
		}
}

static const char *const glyphs[] = {
	"a",
	"Z",
	" ",
	"#",
	"\303\251",
	"\342\224\200",
	"\346\227\245",
	"\355\225\234",
	"\360\237\230\200",
	"e\314\201",
};

/* Something a program might print, somewhere. */
static void
scribble(struct screen *s, unsigned cols, unsigned rows, unsigned strokes)
{
	struct buf b = { 0 };

	while (strokes-- > 0) {
		buf_printf(&b, "\033[%u;%uH", pick(rows) + 1, pick(cols) + 1);
		switch (pick(8)) {
		case 0:
			buf_printf(&b, "\033[0;38;5;%um", pick(256));
			break;
		case 1:
			buf_printf(&b, "\033[48;5;%um", pick(256));
			break;
		case 2:
			buf_printf(&b, "\033[48;2;%u;%u;%um", pick(256),
				   pick(256), pick(256));
			break;
		case 3:
			buf_printf(&b, "\033[0;1;%um", pick(2) + 3);
			break;
		case 4:
			buf_printf(&b, "\033[0;%um", pick(2) ? 7 : 9);
			break;
		case 5:
			buf_printf(&b, "\033[m\033[%uK", pick(3));
			break;
		default:
			buf_str(&b, "\033[m");
			break;
		}
		for (unsigned n = pick(12); n > 0; n--)
			buf_str(&b,
				glyphs[pick(sizeof glyphs / sizeof *glyphs)]);
		if (pick(40) == 0)
			buf_str(&b, "\033[m\033[2J");
	}
	screen_feed(s, b.data, b.len);
	buf_release(&b);
}

static void
copy(const struct screen *from, struct canvas *to, unsigned cols, unsigned rows)
{
	struct screen_cursor at;

	for (unsigned row = 0; row < rows; row++)
		for (unsigned col = 0; col < cols; col++) {
			struct cell_view v;

			screen_cell(from, (int)row, col, &v);
			canvas_put(to, row, col, cols, &v);
		}
	screen_cursor(from, &at);
	canvas_cursor(to, at.row, at.col, at.visible, at.style);
}

static void
any_screen_after_any_other_is_exactly_it(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		unsigned cols = 1 + pick(90), rows = 1 + pick(30);
		struct screen *program = terminal(cols, rows);
		struct screen *user = terminal(cols, rows);
		struct canvas *c = canvas_new(cols, rows);

		scribble(user, cols, rows, 20); /* what was there before */
		for (unsigned frame = 0; frame < 12; frame++) {
			struct screen_cursor want, is;
			struct buf out = { 0 };

			scribble(program, cols, rows, pick(10) + 1);
			copy(program, c, cols, rows);
			canvas_render(c, &out);
			screen_feed(user, out.data, out.len);
			assert_same(program, 0, 0, user, rows, cols);
			screen_cursor(program, &want);
			screen_cursor(user, &is);
			assert_int_equal(is.row, want.row);
			assert_int_equal(is.col, want.col);
			assert_int_equal(is.visible, want.visible);

			buf_clear(&out);
			copy(program, c, cols, rows);
			canvas_render(c, &out);
			assert_int_equal(out.len, 0); /* nothing changed */
			buf_release(&out);
		}
		canvas_free(c);
		screen_free(program);
		screen_free(user);
	}
}

static void
a_change_costs_little(void **state)
{
	struct canvas *c = canvas_new(80, 24);
	struct buf out = { 0 };

	(void)state;
	canvas_render(c, &out);
	buf_clear(&out);
	canvas_put(c, 5, 7, 80,
		   &(struct cell_view){ "x", 1, 1, 0, 0, 0, 0, NULL });
	canvas_render(c, &out);
	assert_in_range(out.len, 1, 60);
	buf_release(&out);
	canvas_free(c);
}

static void
what_is_beside_the_canvas_is_ignored(void **state)
{
	struct cell_view wide = { .text = "\346\227\245",
				  .len = 3,
				  .width = 2 };
	struct canvas *c = canvas_new(4, 2);
	struct screen *user = terminal(4, 2);
	struct buf out = { 0 };

	(void)state;
	canvas_put(c, 2, 0, 4, &wide);
	canvas_put(c, 0, 4, 9, &wide);
	canvas_put(c, 0, 3, 9, &wide); /* its right half has no place */
	canvas_put(c, 1, 1, 2, &wide);
	canvas_cursor(c, 99, 99, true, 0);
	canvas_render(c, &out);
	screen_feed(user, out.data, out.len);
	assert_string_equal(shown_by(user, 0, 3).text, "");
	assert_string_equal(shown_by(user, 1, 1).text, "");
	assert_int_equal(shown_by(user, 0, 3).width, 1);
	buf_release(&out);
	screen_free(user);
	canvas_free(c);
}

/* A session of another size: its part around the cursor, exactly. */
static void
a_session_is_clipped_around_its_cursor(void **state)
{
	struct composed *c = composed_new(20, 6);
	struct screen *program = terminal(50, 15);
	struct screen *user = terminal(20, 6);
	struct buf out = { 0 };

	(void)state;
	composed_session(c, 50, 15);
	for (unsigned n = 0; n < 40; n++) {
		char text[64];
		unsigned row = pick(15), col = pick(50);
		int len = snprintf(text, sizeof text, "\033[%u;%uHx%uy",
				   row + 1, col + 1, n);
		struct screen_cursor at, is;

		composed_feed(c, text, (size_t)len);
		screen_feed(program, text, (size_t)len);
		buf_clear(&out);
		composed_draw(c, &out);
		screen_feed(user, out.data, out.len);
		screen_cursor(program, &at);
		screen_cursor(user, &is);
		assert_true(at.row >= is.row && at.col >= is.col);
		assert_same(program, at.row - is.row, at.col - is.col, user, 6,
			    20);
	}
	assert_true(screen_alternate(user));
	buf_clear(&out);
	composed_leave(c, &out);
	screen_feed(user, out.data, out.len);
	assert_false(screen_alternate(user));
	buf_release(&out);
	screen_free(program);
	screen_free(user);
	composed_free(c);
}

static void
a_small_session_is_padded(void **state)
{
	struct composed *c = composed_new(10, 4);
	struct screen *user = terminal(10, 4);
	struct buf out = { 0 };

	(void)state;
	composed_session(c, 5, 2);
	composed_feed(c, "abcde\346\227\245", 8);
	composed_draw(c, &out);
	screen_feed(user, out.data, out.len);
	assert_string_equal(shown_by(user, 0, 4).text, "e");
	assert_string_equal(shown_by(user, 0, 5).text, "\302\267");
	assert_string_equal(shown_by(user, 1, 0).text, "\346\227\245");
	assert_string_equal(shown_by(user, 3, 9).text, "\302\267");

	/* The terminal grows: drawn afresh. */
	composed_resize(c, 12, 5);
	screen_resize(user, 12, 5);
	buf_clear(&out);
	composed_draw(c, &out);
	screen_feed(user, out.data, out.len);
	assert_string_equal(shown_by(user, 4, 11).text, "\302\267");
	assert_string_equal(shown_by(user, 0, 0).text, "a");
	buf_release(&out);
	screen_free(user);
	composed_free(c);
}

static void
a_link_is_a_link_there_too(void **state)
{
	static const char text[] =
		"\033]8;;http://a.b\033\\link\033]8;;\033\\.";
	struct composed *c = composed_new(10, 2);
	struct screen *user = terminal(10, 2);
	struct cell_view v;
	struct buf out = { 0 };

	(void)state;
	composed_session(c, 12, 3);
	composed_feed(c, text, sizeof text - 1);
	composed_draw(c, &out);
	screen_feed(user, out.data, out.len);
	screen_cell(user, 0, 3, &v);
	assert_string_equal(v.link, "http://a.b");
	screen_cell(user, 0, 4, &v);
	assert_string_equal(v.text, ".");
	assert_null(v.link);
	buf_release(&out);
	screen_free(user);
	composed_free(c);
}

static void
the_keyboard_is_as_the_program_wants_it(void **state)
{
	static const char on[] = "\033[?1h\033=\033[?2004h\033[?1004h"
				 "\033[?1002;1006h\033[>4;2m\033[>5u";
	struct composed *c = composed_new(10, 4);
	struct screen *user = terminal(10, 4);
	struct screen_input in;
	struct buf out = { 0 };

	(void)state;
	composed_session(c, 20, 8);
	composed_feed(c, on, sizeof on - 1);
	composed_draw(c, &out);
	screen_feed(user, out.data, out.len);
	screen_input(user, &in);
	assert_true(in.app_cursor && in.app_keypad && in.paste && in.focus);
	assert_int_equal(in.mouse, 1002);
	assert_int_equal(in.mouse_encoding, 1006);
	assert_int_equal(in.modify_other_keys, 2);
	assert_int_equal(in.kitty, 5);

	buf_clear(&out);
	composed_leave(c, &out);
	screen_feed(user, out.data, out.len);
	screen_input(user, &in);
	assert_false(in.app_cursor || in.app_keypad || in.paste || in.focus);
	assert_int_equal(in.mouse, 0);
	assert_int_equal(in.modify_other_keys, 0);
	assert_int_equal(in.kitty, 0);
	buf_release(&out);
	screen_free(user);
	composed_free(c);
}

static void
the_mouse_is_where_the_program_thinks(void **state)
{
	static const char there[] = "\033[?1000;1006h\033[8;20H";
	static const char report[] = "\033[<0;3;2M";
	struct composed *c = composed_new(10, 4);
	struct buf out = { 0 };

	(void)state;
	composed_session(c, 20, 8);
	composed_feed(c, there, sizeof there - 1);
	composed_draw(c, &out);
	buf_clear(&out);
	composed_mouse(c, (const uint8_t *)report, sizeof report - 1, &out);
	assert_int_equal(out.len, 10);
	assert_memory_equal(out.data, "\033[<0;13;6M", 10);
	buf_release(&out);
	composed_free(c);
}

static void
colours_are_the_nearest_there_are(void **state)
{
	(void)state;
	assert_int_equal(color_index(COLOR_DEFAULT, 256), -1);
	assert_int_equal(color_index(COLOR_INDEX | 200, 256), 200);
	assert_int_equal(color_index(COLOR_RGB | 0xff0000, 256), 196);
	assert_int_equal(color_index(COLOR_RGB | 0x808080, 256), 244);
	assert_int_equal(color_index(COLOR_RGB | 0xff0000, 16), 9);
	assert_int_equal(color_index(COLOR_RGB | 0xd00000, 8), 1);
	assert_int_equal(color_index(COLOR_INDEX | 12, 8), 4);
	assert_int_equal(color_index(COLOR_INDEX | 196, 16), 9);
	assert_int_equal(color_index(COLOR_INDEX | 1, 0), -1);
}

static int
setup(void **state)
{
	(void)state;
	setenv("TERM", "xterm-256color", 1);
	setenv("COLORTERM", "truecolor", 1);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_screen_after_any_other_is_exactly_it),
		cmocka_unit_test(a_change_costs_little),
		cmocka_unit_test(what_is_beside_the_canvas_is_ignored),
		cmocka_unit_test(a_session_is_clipped_around_its_cursor),
		cmocka_unit_test(a_small_session_is_padded),
		cmocka_unit_test(a_link_is_a_link_there_too),
		cmocka_unit_test(the_keyboard_is_as_the_program_wants_it),
		cmocka_unit_test(the_mouse_is_where_the_program_thinks),
		cmocka_unit_test(colours_are_the_nearest_there_are),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
