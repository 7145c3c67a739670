/* unit/cmd_lines.c - the promises of cmd/lines.h. */
#include "cmd/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "cmd/cast.h"

static struct lines *l;
static struct buf got;

static void
resize(unsigned cols, unsigned rows)
{
	struct cast_event e = { .kind = CAST_RESIZE,
				.cols = cols,
				.rows = rows };

	lines_feed(l, &e, &got);
}

static void
feed(const char *text)
{
	struct cast_event e = { .kind = CAST_OUTPUT,
				.data = (const uint8_t *)text,
				.len = strlen(text) };

	lines_feed(l, &e, &got);
}

static int
setup(void **state)
{
	(void)state;
	l = lines_new(false);
	resize(20, 5);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lines_free(l);
	buf_release(&got);
	return 0;
}

static void
assert_got(const char *text)
{
	buf_byte(&got, 0);
	assert_string_equal((char *)got.data, text);
	got.len--;
}

static void
a_line_is_given_once_it_has_scrolled_away(void **state)
{
	(void)state;
	feed("1\r\n2\r\n3\r\n4\r\n5");
	assert_got("");
	feed("\r\n6\r\n");
	assert_got("1\n2\n");
	lines_rest(l, &got);
	assert_got("1\n2\n3\n4\n5\n6\n");
	lines_rest(l, &got);
	assert_got("1\n2\n3\n4\n5\n6\n");
}

static void
what_is_painted_over_is_given_in_its_last_form(void **state)
{
	(void)state;
	feed("working 1\r\nbox");
	feed("\r\033[Aworking 2\r\nbox");
	feed("\r\033[Aall done \r\nbox\r\n");
	lines_rest(l, &got);
	assert_got("all done\nbox\n");
}

static void
lines_that_the_terminal_wrapped_are_joined(void **state)
{
	(void)state;
	feed("0123456789012345678901234567890123456789tail\r\n");
	for (int i = 0; i < 3; i++) {
		assert_got("");
		feed("x\r\n");
	}
	feed("x\r\n");
	lines_rest(l, &got);
	assert_got("0123456789012345678901234567890123456789tail\n"
		   "x\nx\nx\nx\n");
}

static void
settled_lines_are_not_given_again(void **state)
{
	(void)state;
	feed("1\r\n2\r\n3");
	lines_settled(l, &got);
	assert_got("1\n2\n");
	lines_settled(l, &got);
	feed("\r\n4\r\n5\r\n6\r\n7\r\n8");
	assert_got("1\n2\n3\n");
	lines_rest(l, &got);
	assert_got("1\n2\n3\n4\n5\n6\n7\n8\n");
}

static void
a_full_screen_program_is_no_text(void **state)
{
	(void)state;
	feed("before\r\n\033[?1049h\033[Hlots\r\nof\r\npaint");
	lines_settled(l, &got);
	assert_got("");
	feed("\033[?1049lafter\r\n");
	lines_rest(l, &got);
	assert_got("before\nafter\n");
}

static void
a_new_width_neither_loses_nor_doubles_a_line(void **state)
{
	static const unsigned sizes[][2] = {
		{ 7, 5 },  { 40, 5 }, { 20, 2 },   { 20, 12 },
		{ 9, 30 }, { 9, 3 },  { 200, 24 }, { 3, 3 },
	};
	struct buf want = { 0 };
	char text[64];

	(void)state;
	for (int i = 0; i < 400; i++) {
		if (i % 7 == 3)
			resize(sizes[i / 7 % 8][0], sizes[i / 7 % 8][1]);
		if (i % 5 == 4)
			lines_settled(l, &got);
		snprintf(text, sizeof text, "line %d%s\r\n", i,
			 i % 3 ? "" : " goes on and on");
		feed(text);
		buf_append(&want, text, strlen(text) - 2);
		buf_byte(&want, '\n');
	}
	lines_rest(l, &got);
	buf_byte(&want, 0);
	assert_got((char *)want.data);
	buf_release(&want);
}

static void
an_endless_line_does_not_fill_the_memory(void **state)
{
	char *text = malloc(1 << 20);

	(void)state;
	memset(text, 'x', (1 << 20) - 1);
	text[(1 << 20) - 1] = 0;
	feed(text);
	lines_rest(l, &got);
	size_t n = 0;
	for (size_t i = 0; i < got.len; i++)
		n += got.data[i] == 'x';
	assert_int_equal(n, (1 << 20) - 1);
	free(text);
}

static void
colours_are_kept_if_wanted(void **state)
{
	(void)state;
	lines_free(l);
	l = lines_new(true);
	resize(20, 5);
	feed("\033[31mred\033[m plain\r\n");
	lines_rest(l, &got);
	buf_byte(&got, 0);
	assert_non_null(strstr((char *)got.data, "31m"));
	assert_non_null(strstr((char *)got.data, "plain"));
	assert_non_null(strstr((char *)got.data, "\n"));
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(a_line_is_given_once_it_has_scrolled_away),
		PROMISE(what_is_painted_over_is_given_in_its_last_form),
		PROMISE(lines_that_the_terminal_wrapped_are_joined),
		PROMISE(settled_lines_are_not_given_again),
		PROMISE(a_full_screen_program_is_no_text),
		PROMISE(a_new_width_neither_loses_nor_doubles_a_line),
		PROMISE(an_endless_line_does_not_fill_the_memory),
		PROMISE(colours_are_kept_if_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
