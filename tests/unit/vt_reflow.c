/* unit/vt_reflow.c - a new size changes nothing that a person would miss. */
#include "vt/reflow.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "vt/screen.h"
#include "vt/state.h"

static struct screen *
terminal(unsigned cols, unsigned rows, const char *bytes)
{
	struct screen *s = screen_new(&(struct screen_options){
		.cols = cols,
		.rows = rows,
		.history_lines = 10000,
		.history_bytes = 16 << 20,
	});

	screen_feed(s, bytes, strlen(bytes));
	return s;
}

/* All that is seen, and the cursor; history too. */
static char *
describe(const struct screen *s)
{
	struct buf b = { 0 };

	for (int y = -(int)screen_history(s); y < (int)s->rows; y++) {
		buf_printf(&b, "%c", screen_row_wraps(s, y) ? '+' : '|');
		for (unsigned x = 0; x < s->cols; x++) {
			struct cell_view c;

			screen_cell(s, y, x, &c);
			if (c.width == 0)
				continue;
			buf_append(&b, c.len ? c.text : " ", c.len ? c.len : 1);
			if (c.fg || c.bg || c.attrs)
				buf_printf(&b, "{%x,%x,%x}", c.fg, c.bg,
					   c.attrs);
		}
		buf_byte(&b, '\n');
	}
	buf_printf(&b, "%u,%u%s saved %u,%u, %u lines\n", s->row, s->col,
		   s->pending_wrap ? "+" : "", s->primary.saved.row,
		   s->primary.saved.col, screen_history(s));
	buf_byte(&b, 0);
	return buf_steal(&b);
}

static void
survives(struct screen *s, unsigned cols, unsigned rows)
{
	unsigned old_cols = s->cols, old_rows = s->rows;
	char *before = describe(s), *after;

	screen_resize(s, cols, rows);
	screen_resize(s, old_cols, old_rows);
	after = describe(s);
	if (strcmp(before, after) != 0)
		fail_msg("by way of %ux%u:\n%s\n%s", cols, rows, before, after);
	free(before);
	free(after);
}

static void
survives_all_sizes(const char *bytes)
{
	for (unsigned cols = 2; cols <= 40; cols += 3)
		for (unsigned rows = 1; rows <= 14; rows += 2) {
			struct screen *s = terminal(20, 8, bytes);

			survives(s, cols, rows);
			screen_free(s);
		}
}

static void
a_size_there_and_back_is_none(void **state)
{
	(void)state;
	survives_all_sizes("");
	survives_all_sizes("short\r\nlines\r\nonly\r\n$ ");
	survives_all_sizes("a line that is so long that it wraps here twice\r\n"
			   "and another, as long as the first, in the end\r\n"
			   "\033[31mred \033[44mon blue\033[m plain");
	survives_all_sizes("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n"
			   "11\r\n12");
	survives_all_sizes("\xe6\xbc\xa2\xe5\xad\x97 wide \xe6\xbc\xa2\xe5\xad"
			   "\x97\xe6\xbc\xa2\xe5\xad\x97 at \xe6\xbc\xa2\r\n"
			   "x\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
			   "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
			   "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97");
	survives_all_sizes("far\033[4;15Haway");
	survives_all_sizes("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\033[H");
	survives_all_sizes("exactly twenty cells\r\nexactly twenty cells");
	survives_all_sizes("\033[6;2Hx\033[3;5H\0337");
}

static void
the_primary_screen_flows_behind_the_alternate(void **state)
{
	struct screen *s =
		terminal(20, 6, "a line that wraps in the middle\r\n$ ");
	char *before = describe(s), *after;

	(void)state;
	screen_feed(s, "\033[?1049h\033[3;3Hother", 19);
	screen_resize(s, 7, 3);
	screen_resize(s, 20, 6);
	screen_feed(s, "\033[?1049l", 8);
	s->primary.saved = (struct saved){ 0 };
	after = describe(s);
	assert_string_equal(before, after);
	free(before);
	free(after);
	screen_free(s);
}

static void
what_wrapped_joins_and_wraps_anew(void **state)
{
	struct screen *s = terminal(6, 4, "abcdefghij\r\nx");
	struct cell_view c;

	(void)state;
	screen_resize(s, 4, 4);
	assert_true(screen_row_wraps(s, 0) && screen_row_wraps(s, 1));
	screen_cell(s, 2, 1, &c);
	assert_string_equal(c.text, "j");
	screen_resize(s, 12, 4);
	assert_false(screen_row_wraps(s, 0));
	screen_cell(s, 0, 9, &c);
	assert_string_equal(c.text, "j");
	screen_cell(s, 1, 0, &c);
	assert_string_equal(c.text, "x");
	screen_free(s);
}

static void
history_flows_with_the_screen(void **state)
{
	struct screen *s = terminal(10, 2, "");
	char line[64];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line, "%d is fifteen wide.\r\n", i);
		screen_feed(s, line, strlen(line));
	}
	assert_int_equal(screen_history(s), 199);
	screen_resize(s, 40, 2);
	assert_int_equal(screen_history(s), 99);
	screen_resize(s, 10, 2);
	assert_int_equal(screen_history(s), 199);
	screen_free(s);
}

static void
a_narrow_size_costs_no_history(void **state)
{
	struct screen *s = screen_new(
		&(struct screen_options){ .cols = 40,
					  .rows = 2,
					  .history_lines = 50,
					  .history_bytes = 16 << 20 });
	char line[64];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line, "%d is fifteen wide.\r\n", i);
		screen_feed(s, line, strlen(line));
	}
	char *before = describe(s);
	screen_resize(s, 5, 2);
	assert_true(screen_history(s) > 50);
	screen_resize(s, 40, 2);
	char *after = describe(s);
	assert_string_equal(before, after);
	assert_int_equal(screen_history(s), 50);
	screen_feed(s, "\r\n\r\n", 4);
	assert_int_equal(screen_history(s), 50);
	free(before);
	free(after);
	screen_free(s);
}

static void
the_cursor_stays_with_its_text(void **state)
{
	struct screen *s = terminal(10, 4, "abcdefghijklmno\033[D\033[D");
	struct cell_view c;

	(void)state;
	for (unsigned cols = 3; cols < 30; cols++) {
		struct screen_cursor at;

		screen_resize(s, cols, 4);
		screen_cursor(s, &at);
		screen_cell(s, (int)at.row, at.col, &c);
		assert_string_equal(c.text, "n");
	}
	screen_free(s);
}

static void
a_waiting_prompt_stays_where_its_shell_put_it(void **state)
{
	struct screen *s = terminal(
		10, 4, "abcdefghijkl\r\n\033]133;A\a$ \033]133;B\alonger than");

	(void)state;
	screen_resize(s, 8, 4);
	/* Output wraps anew: two rows; the prompt is two rows as before. */
	assert_true(screen_row_wraps(s, 0));
	struct cell_view c;
	screen_cell(s, 2, 0, &c);
	assert_string_equal(c.text, "$");
	screen_cell(s, 3, 0, &c);
	assert_string_equal(c.text, "h");
	screen_free(s);
}

static void
new_output_makes_the_new_size_the_old(void **state)
{
	struct screen *s = terminal(10, 6, "1\r\n2\r\n3\r\n4");
	struct cell_view c;

	(void)state;
	screen_resize(s, 10, 2);
	screen_feed(s, "\r\n5\r\n6", 6);
	screen_resize(s, 10, 6);
	screen_cell(s, 5, 0, &c);
	assert_string_equal(c.text, "6");
	assert_int_equal(screen_history(s), 0);
	screen_free(s);
}

static void
any_size_of_anything_is_safe(void **state)
{
	struct screen *s = terminal(20, 8, "");
	uint32_t n = 1;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		static const char *const bits[] = {
			"text ",
			"\r\n",
			"\xe6\xbc\xa2",
			"\033[2;5r",
			"\0337",
			"\0338",
			"\033[31m",
			"\033[5;9H",
			"\033[L",
			"\033[3g",
			"\033[?1049h",
			"\033[?1049l",
			"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
			"\033]133;A\a",
			"\033#6",
			"\033[J",
		};

		n = n * 1103515245 + 12345;
		const char *bit = bits[n >> 16 & 15];
		screen_feed(s, bit, strlen(bit));
		if ((n >> 20 & 7) == 0)
			screen_resize(s, 1 + (n >> 8) % 40, 1 + n % 20);
		assert_true(s->row < s->rows && s->col < s->cols);
	}
	screen_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_there_and_back_is_none),
		cmocka_unit_test(the_primary_screen_flows_behind_the_alternate),
		cmocka_unit_test(what_wrapped_joins_and_wraps_anew),
		cmocka_unit_test(history_flows_with_the_screen),
		cmocka_unit_test(a_narrow_size_costs_no_history),
		cmocka_unit_test(the_cursor_stays_with_its_text),
		cmocka_unit_test(a_waiting_prompt_stays_where_its_shell_put_it),
		cmocka_unit_test(new_output_makes_the_new_size_the_old),
		cmocka_unit_test(any_size_of_anything_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
