/* unit/vt_capture.c - the promises of vt/capture.h. */
#include "vt/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "vt/screen.h"

static struct screen *
terminal(const char *bytes)
{
	struct screen *s = screen_new(
		&(struct screen_options){ .cols = 20,
					  .rows = 4,
					  .history_lines = 100,
					  .history_bytes = 1 << 20 });

	screen_feed(s, bytes, strlen(bytes));
	return s;
}

static struct json *
parsed(const struct screen *s, uint32_t history)
{
	struct buf out = { 0 };
	char *why;

	capture_json(s, history, &out);
	struct json *v = json_parse(out.data, out.len, &why);
	if (!v)
		print_error("%s\n", why);
	assert_non_null(v);
	buf_release(&out);
	return v;
}

static const struct json *
cell(const struct json *v, size_t row, size_t col)
{
	const struct json *line = json_at(json_get(v, "lines"), row);

	return json_at(json_get(line, "cells"), col);
}

static void
json_tells_size_cursor_and_modes(void **state)
{
	struct screen *s = terminal("\33]2;a \"title\"\\\a\33[?2004h\33[?1002h"
				    "\33[?25l\33[3;5H\33[>5u");
	struct json *v = parsed(s, 0);

	(void)state;
	assert_string_equal(json_str(v, "schema"), "cdo.capture/1");
	assert_int_equal(json_int(json_get(v, "size"), "cols", 0), 20);
	assert_int_equal(json_int(json_get(v, "size"), "rows", 0), 4);
	assert_int_equal(json_int(json_get(v, "cursor"), "row", 9), 2);
	assert_int_equal(json_int(json_get(v, "cursor"), "col", 9), 4);
	assert_false(json_bool(json_get(v, "cursor"), "visible", true));
	assert_true(json_bool(json_get(v, "modes"), "bracketed_paste", false));
	assert_int_equal(json_int(json_get(v, "modes"), "mouse", 0), 1002);
	assert_int_equal(json_int(json_get(v, "modes"), "kitty", 0), 5);
	assert_string_equal(json_str(v, "title"), "a \"title\"\\");
	assert_false(json_bool(v, "alternate", true));
	assert_int_equal(json_count(json_get(v, "lines")), 4);
	json_free(v);
	screen_free(s);
}

static void
json_tells_each_cell(void **state)
{
	struct screen *s = terminal(
		"\33[1;4:3;31;48;2;1;2;3ma\33[m"
		"\xe6\xbc\xa2\"e\xcc\x81\33]8;;http://e/\33\\l\33]8;;\33\\");
	struct json *v = parsed(s, 0);
	const struct json *c = cell(v, 0, 0);

	(void)state;
	assert_string_equal(json_str(c, "t"), "a");
	assert_true(json_bool(c, "bold", false));
	assert_string_equal(json_str(c, "underline"), "curly");
	assert_int_equal(json_int(c, "fg", 0), 1);
	assert_string_equal(json_str(c, "bg"), "#010203");
	assert_null(json_get(c, "italic"));
	assert_string_equal(json_str(cell(v, 0, 1), "t"), "\xe6\xbc\xa2");
	assert_int_equal(json_int(cell(v, 0, 1), "w", 0), 2);
	assert_int_equal(json_int(cell(v, 0, 2), "w", 9), 0);
	assert_string_equal(json_str(cell(v, 0, 3), "t"), "\"");
	assert_string_equal(json_str(cell(v, 0, 4), "t"), "e\xcc\x81");
	assert_string_equal(json_str(cell(v, 0, 5), "link"), "http://e/");
	assert_null(cell(v, 0, 6));
	json_free(v);
	screen_free(s);
}

static void
json_has_the_history_asked_for(void **state)
{
	struct screen *s = terminal("1\r\n2\r\n3\r\n4\r\n5\r\n6");
	struct json *v = parsed(s, 1);

	(void)state;
	assert_int_equal(json_int(v, "history", 0), 1);
	assert_int_equal(json_count(json_get(v, "lines")), 5);
	assert_string_equal(json_str(cell(v, 0, 0), "t"), "2");
	json_free(v);
	screen_free(s);
}

/* What ANSI gives on a terminal is what was captured. */
static void
ansi_is_the_screen_again(void **state)
{
	struct screen *s = terminal("\33[7mtop\33[m\r\n  \33[44mx  \33[m\r\n"
				    "\33[4mu\33[m a line that wraps around");
	struct screen *t = terminal("\33[20h");
	struct buf one = { 0 }, two = { 0 };

	(void)state;
	capture_ansi(s, 0, &one);
	screen_feed(t, one.data, one.len);
	capture_ansi(t, 10, &two);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	buf_release(&one);
	buf_release(&two);
	screen_free(s);
	screen_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_tells_size_cursor_and_modes),
		cmocka_unit_test(json_tells_each_cell),
		cmocka_unit_test(json_has_the_history_asked_for),
		cmocka_unit_test(ansi_is_the_screen_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
