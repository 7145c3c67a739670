/* unit/cmd_cast.c - the promises of cmd/cast.h. */
#include "cmd/cast.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
a_head_is_read_as_it_was_written(void **state)
{
	struct cast_head in = {
		.cols = 132,
		.rows = 43,
		.timestamp = 1700000000,
		.command = "vim \"a b\"",
		.title = "caf\xc3\xa9 \\ x",
		.idle_us = 2500000,
	};
	struct cast_head out;

	(void)state;
	for (in.version = 2; in.version <= 3; in.version++) {
		struct buf b = { 0 }, text = { 0 };

		cast_put_head(&b, &in);
		assert_int_equal(b.data[b.len - 1], '\n');
		assert_null(memchr(b.data, '\n', b.len - 1));
		assert_int_equal(
			cast_get_head((char *)b.data, b.len - 1, &out, &text),
			0);
		assert_int_equal(out.version, in.version);
		assert_int_equal(out.cols, 132);
		assert_int_equal(out.rows, 43);
		assert_int_equal(out.timestamp, 1700000000);
		assert_string_equal(out.command, in.command);
		assert_string_equal(out.title, in.title);
		assert_int_equal(out.idle_us, 2500000);
		buf_release(&b);
		buf_release(&text);
	}
}

static void
assert_line(int version, uint64_t since, struct cast_event e, const char *line)
{
	struct buf b = { 0 };

	cast_put_event(&b, version, since, &e);
	buf_byte(&b, 0);
	assert_string_equal((char *)b.data, line);
	buf_release(&b);
}

#define DATA(s) .data = (const uint8_t *)(s), .len = sizeof(s) - 1

static void
version_2_counts_from_the_start_and_3_from_before(void **state)
{
	struct cast_event e = { .kind = CAST_OUTPUT,
				.us = 61000001,
				DATA("hi") };

	(void)state;
	assert_line(2, 60000000, e, "[61.000001, \"o\", \"hi\"]\n");
	assert_line(3, 60000000, e, "[1.000001, \"o\", \"hi\"]\n");
	e = (struct cast_event){ .kind = CAST_RESIZE, .cols = 9, .rows = 8 };
	assert_line(2, 0, e, "[0.000000, \"r\", \"9x8\"]\n");
}

static void
the_exit_is_a_marker_in_version_2(void **state)
{
	struct cast_event e = { .kind = CAST_EXIT, .status = 137 };

	(void)state;
	assert_line(2, 0, e, "[0.000000, \"m\", \"exit 137\"]\n");
	assert_line(3, 0, e, "[0.000000, \"x\", \"137\"]\n");
}

static void
what_json_cannot_hold_is_escaped(void **state)
{
	struct cast_event e = {
		.kind = CAST_OUTPUT,
		DATA("\033[m\r\n\t\"\\\x7f\0x\xe2\x9c\xb3"),
	};

	(void)state;
	assert_line(2, 0, e,
		    "[0.000000, \"o\", \"\\u001b[m\\r\\n\\t\\\"\\\\\\u007fx"
		    "\xe2\x9c\xb3\"]\n");
}

static void
broken_characters_are_shown_as_a_terminal_shows_them(void **state)
{
#define R "\xef\xbf\xbd"
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a\xff"
		  "b",
		  "a" R "b" },
		{ "\xe2\x9c", R },
		{ "\xe2\x9c\xe2\x9c\xb3", R "\xe2\x9c\xb3" },
		{ "\xe2(", R "(" },
		{ "\xc0\x80", R R },
		{ "\xed\xa0\x80", R R R },
		{ "\xf4\x90\x80\x80", R R R R },
		{ "\xf0\x9f\x98x", R "x" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct cast_event e = {
			.kind = CAST_OUTPUT,
			.data = (const uint8_t *)cases[i].in,
			.len = strlen(cases[i].in),
		};
		char line[64] = "[0.000000, \"o\", \"";

		strcat(line, cases[i].out);
		strcat(line, "\"]\n");
		assert_line(2, 0, e, line);
	}
}

static int
get(const char *line, int version, uint64_t since, struct cast_event *e,
    struct buf *text)
{
	buf_clear(text);
	return cast_get_event(line, strlen(line), version, since, e, text);
}

static void
an_event_is_read_as_it_is_written(void **state)
{
	struct buf text = { 0 };
	struct cast_event e;

	(void)state;
	assert_int_equal(get("[1.5, \"o\", \"a\\u001b\"]", 2, 7, &e, &text), 0);
	assert_int_equal(e.kind, CAST_OUTPUT);
	assert_int_equal(e.us, 1500000);
	assert_int_equal(e.len, 2);
	assert_memory_equal(e.data, "a\033", 2);
	assert_int_equal(
		get("[1, \"o\", \"\\u0000a\\\\u0000\"]", 2, 7, &e, &text), 0);
	assert_int_equal(e.len, 7);
	assert_memory_equal(e.data, "a\\u0000", 7);
	assert_int_equal(get("[1, \"r\", \"100x50\"]", 3, 7, &e, &text), 0);
	assert_int_equal(e.kind, CAST_RESIZE);
	assert_int_equal(e.us, 1000007);
	assert_int_equal(e.cols, 100);
	assert_int_equal(e.rows, 50);
	assert_int_equal(get("[0, \"x\", \"3\"]", 3, 0, &e, &text), 0);
	assert_int_equal(e.kind, CAST_EXIT);
	assert_int_equal(e.status, 3);
	assert_int_equal(get("[0, \"m\", \"\"]", 3, 0, &e, &text), 0);
	assert_int_equal(e.kind, CAST_MARKER);
	assert_int_equal(get("[0, \"i\", \"secret\"]", 3, 0, &e, &text), 0);
	assert_int_equal(e.kind, CAST_OTHER);
	buf_release(&text);
}

static void
what_is_no_event_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"{}",
		"[]",
		"[1]",
		"[\"1\", \"o\", \"x\"]",
		"[-1, \"o\", \"x\"]",
		"[1e300, \"o\", \"x\"]",
		"[1, 2, \"x\"]",
		"[1, \"o\", 3]",
		"[1, \"o\"",
		"[1, \"o\", \"\xff\"]",
	};
	struct buf text = { 0 };
	struct cast_event e;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_int_equal(get(lines[i], 2, 0, &e, &text), -EINVAL);
	/* A size that makes no sense is passed over. */
	assert_int_equal(get("[1, \"r\", \"0x5\"]", 2, 0, &e, &text), 0);
	assert_int_equal(e.kind, CAST_OTHER);
	assert_int_equal(get("[1, \"r\", \"9999999999x5\"]", 2, 0, &e, &text),
			 0);
	assert_int_equal(e.kind, CAST_OTHER);
	buf_release(&text);
}

static void
what_is_no_head_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"[]",
		"{}",
		"{\"version\": 2}",
		"{\"version\": 4, \"width\": 80, \"height\": 24}",
		"{\"version\": 2, \"width\": 0, \"height\": 24}",
		"{\"version\": 2, \"width\": 80, \"height\": 99999999999}",
		"{\"version\": 3, \"width\": 80, \"height\": 24}",
	};
	struct buf text = { 0 };
	struct cast_head h;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_int_equal(
			cast_get_head(lines[i], strlen(lines[i]), &h, &text),
			-EINVAL);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_read_as_it_was_written),
		cmocka_unit_test(
			version_2_counts_from_the_start_and_3_from_before),
		cmocka_unit_test(the_exit_is_a_marker_in_version_2),
		cmocka_unit_test(what_json_cannot_hold_is_escaped),
		cmocka_unit_test(
			broken_characters_are_shown_as_a_terminal_shows_them),
		cmocka_unit_test(an_event_is_read_as_it_is_written),
		cmocka_unit_test(what_is_no_event_is_refused),
		cmocka_unit_test(what_is_no_head_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
