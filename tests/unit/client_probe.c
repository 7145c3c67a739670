/* unit/client_probe.c - what a terminal's answers are understood as. */
#include "client/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "client/input.h"

static void
on_reply(void *ctx, const uint8_t *data, size_t len)
{
	probe_take(ctx, data, len);
}

static enum input_verdict
on_key(void *ctx, const struct stroke *s)
{
	(void)ctx;
	(void)s;
	return INPUT_TYPE;
}

static bool
on_busy(void *ctx)
{
	(void)ctx;
	return false;
}

static void
on_typed(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	(void)data;
	fail_msg("%zu bytes were typed", len);
}

static const struct input_events events = {
	.key = on_key,
	.busy = on_busy,
	.typed = on_typed,
	.reply = on_reply,
};

static const char answers[] = "\033]10;rgb:c0c0/c1c1/c2c2\033\\"
			      "\033]11;rgb:10/20/30\007"
			      "\033]12;#0a0b0c\033\\"
			      "\033[?997;1n"
			      "\033[6;21;10t"
			      "\033P>|kitty(0.31.0)\033\\"
			      "\033[?0u"
			      "\033[?2026;2$y"
			      "\033P1+r63646F=6162632064656667\033\\"
			      "\033[?62;4;22c";

static void
answers_are_understood_cut_anywhere(void **state)
{
	size_t len = sizeof answers - 1;

	(void)state;
	for (size_t cut = 0; cut <= len; cut++) {
		struct probe p = { 0 };
		struct input in;

		input_init(&in, &events, &p);
		input_feed(&in, answers, cut);
		input_feed(&in, answers + cut, len - cut);
		assert_true(p.done && p.answers && p.sync && p.themes);
		assert_true(p.profile.known);
		assert_false(p.profile.light);
		assert_int_equal(p.profile.fg, 0xc0c1c2);
		assert_int_equal(p.profile.bg, 0x102030);
		assert_int_equal(p.profile.cursor, 0x0a0b0c);
		assert_int_equal(p.profile.cell_w, 10);
		assert_int_equal(p.profile.cell_h, 21);
		assert_true(p.profile.sixel && p.profile.kitty_graphics);
		assert_string_equal(p.profile.inside, "abc defg");
		assert_true(probe_inside(&p, "abc"));
		assert_true(probe_inside(&p, "defg"));
		assert_false(probe_inside(&p, "def"));
		assert_false(probe_inside(&p, "c"));
	}
}

static enum probe_news
take(struct probe *p, const char *s)
{
	return probe_take(p, (const uint8_t *)s, strlen(s));
}

static void
light_is_seen_by_its_colours(void **state)
{
	struct probe p = { 0 };

	(void)state;
	take(&p, "\033]10;rgb:0000/0000/0000\033\\");
	take(&p, "\033]11;rgb:ffff/ffff/ffff\033\\");
	assert_true(p.profile.light);
	assert_int_equal(p.profile.bg, 0xffffff);
	take(&p, "\033[?997;1n");
	assert_false(p.profile.light);
}

static void
a_change_of_theme_is_news_when_the_probe_is_over(void **state)
{
	struct probe p = { 0 };
	struct buf ask = { 0 };

	(void)state;
	assert_int_equal(take(&p, "\033[?997;2n"), PROBE_NOTHING);
	assert_int_equal(take(&p, "\033[?1;2c"), PROBE_OVER);
	assert_int_equal(take(&p, "\033[?1;2c"), PROBE_NOTHING);
	assert_int_equal(take(&p, "\033[?997;2n"), PROBE_NOTHING);
	assert_int_equal(take(&p, "\033[?997;1n"), PROBE_THEME);
	probe_again(&p, &ask);
	assert_true(ask.len > 0);
	assert_int_equal(take(&p, "\033[?1;2c"), PROBE_OVER);
	buf_release(&ask);
}

static void
odd_answers_change_nothing(void **state)
{
	static const char *const odd[] = {
		"\033]11;\033\\",
		"\033]11;rgb:\033\\",
		"\033]11;rgb:1/2\033\\",
		"\033]11;rgb:g/g/g\007",
		"\033];rgb:1/1/1\007",
		"\033]11;#12\033\\",
		"\033[?997n",
		"\033[?997;n",
		"\033[6;t",
		"\033[6;99999;9t",
		"\033P1+r\033\\",
		"\033P1+r544e=41\033\\",
		"\033P1+r63646f=4\033\\",
		"\033P0+r\033\\",
		"\033[?u",
		"\033[?c",
		"\033]4;1;rgb:1/1/1\007",
		"\033_G\033\\",
	};
	const struct profile none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct probe p = { 0 };

		take(&p, odd[i]);
		assert_memory_equal(&p.profile, &none, sizeof none);
	}
}

static void
terminals_that_print_questions_are_not_asked(void **state)
{
	struct buf ask = { 0 };

	(void)state;
	unsetenv("TERM_PROGRAM");
	setenv("TERM", "dumb", 1);
	assert_false(probe_ask(&ask));
	assert_int_equal(ask.len, 0);
	setenv("TERM", "linux", 1);
	assert_true(probe_ask(&ask));
	assert_null(memchr(ask.data, 'P', ask.len));
	buf_clear(&ask);
	setenv("TERM", "xterm-256color", 1);
	assert_true(probe_ask(&ask));
	assert_memory_equal(ask.data + ask.len - 3, "\033[c", 3);
	buf_release(&ask);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_understood_cut_anywhere),
		cmocka_unit_test(light_is_seen_by_its_colours),
		cmocka_unit_test(
			a_change_of_theme_is_news_when_the_probe_is_over),
		cmocka_unit_test(odd_answers_change_nothing),
		cmocka_unit_test(terminals_that_print_questions_are_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
