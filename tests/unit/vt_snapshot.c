/* unit/vt_snapshot.c - the promises of vt/snapshot.h. */
#include "vt/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vt/same.h"
#include "base/buf.h"
#include "vt/screen.h"

static struct screen *
terminal(uint32_t history)
{
	return screen_new(&(struct screen_options){ .cols = 80,
						    .rows = 24,
						    .history_lines = history,
						    .history_bytes = 1 << 24 });
}

static void
feed(struct screen *s, const char *bytes)
{
	screen_feed(s, bytes, strlen(bytes));
}

static void
say(struct screen *s, int lines)
{
	for (int i = 1; i <= lines; i++) {
		char line[64];

		snprintf(line, sizeof line, "line %d\r\n", i);
		feed(s, line);
	}
}

static void
keep(char *why)
{
	if (why)
		print_error("%s\n", why);
	assert_null(why);
}

static void
history_is_what_was_asked_for(void **state)
{
	static const uint32_t asked[] = { 0, 1, 10, 77, 100, SNAPSHOT_ALL };
	struct screen *s = terminal(1000);

	(void)state;
	say(s, 100);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct screen *t = terminal(1000);
		struct buf out = { 0 };

		snapshot_make(s, asked[i], NULL, &out);
		screen_feed(t, out.data, out.len);
		uint32_t want = asked[i] < 77 ? asked[i] : 77;
		assert_int_equal(screen_history(t), want);
		buf_release(&out);
		screen_free(t);
	}
	screen_free(s);
}

static void
plain_text_costs_little_more_than_itself(void **state)
{
	struct screen *s = terminal(10000);
	struct buf out = { 0 };

	(void)state;
	say(s, 1000);
	snapshot_make(s, SNAPSHOT_ALL, NULL, &out);
	assert_in_range(out.len, 10000, 10893 + 400); /* of the text */
	buf_release(&out);
	screen_free(s);
}

/* Bytes that change every thing which a snapshot has to put right. */
static const char *const befores[] = {
	"text\r\nmore\33[5;5H",
	"\33[?1049h\33[?1003h\33[?1006h\33[2;3r\33[?6h\33[5 q\33[?25l\33[41m",
	"\33[?69h\33[2;5s\33[4h\33[?7l\33[20h\33)0\16\33[>9u\33[=3u\33=\33[?1h",
	"\33]8;;http://x/\33\\a\33[1\"q\33[3g\33]11;red\a\33]0;t\a\33[22t",
	"\33]9;4;1;4\a\33]7;file:///\a\33]22;text\a\33]4;7;blue\a\33[>4;2m",
	"\33[?5h\33[?12h\33[?45h\33[?67h\33[?1007h\33[?2004h\33[?2031h\33N",
	"\33#6wide\33[1;3H\33*0\33+A\33n",
	"an unfinished \33[3",
	"an unfinished \33]2;tit",
	"an unfinished \33Pq#0;",
	"an unfinished \xe6\xbc",
};

static void
after_any_bytes_it_gives_the_same(void **state)
{
	static const char *const afters[] = {
		"",
		"plain text\r\n",
		"\33[31mred\33[?2004h\33[?1000h\33]2;b\a",
		"one\33[?1049h\33[2;2Htwo\33[2;5r\33[>1u",
	};

	(void)state;
	for (size_t i = 0; i < sizeof afters / sizeof *afters; i++) {
		struct screen *s = terminal(100);

		feed(s, afters[i]);
		keep(same_snapshot(s));
		for (size_t k = 0; k < sizeof befores / sizeof *befores; k++)
			keep(same_after(s, befores[k], strlen(befores[k])));
		screen_free(s);
	}
}

static void
undo_brings_a_terminal_back_to_power_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof befores / sizeof *befores; i++) {
		struct screen *s = terminal(0), *t = terminal(0);
		struct buf undo = { 0 }, again = { 0 }, none = { 0 };

		feed(s, befores[i]);
		snapshot_undo(s, &undo);
		screen_feed(s, "\x18", 1);
		screen_feed(s, undo.data, undo.len);
		snapshot_undo(s, &again);
		snapshot_undo(t, &none);
		/* The cursor's style was set: to the user's own. */
		if (again.len != none.len)
			buf_drop(&again, again.len - none.len);
		assert_memory_equal(again.data, none.data, none.len);
		buf_release(&undo);
		buf_release(&again);
		buf_release(&none);
		screen_free(s);
		screen_free(t);
	}
}

static void
undo_changes_only_with_the_generation(void **state)
{
	struct screen *s = terminal(0);
	struct buf before = { 0 }, now = { 0 };
	uint32_t generation = screen_generation(s);

	(void)state;
	snapshot_undo(s, &before);
	for (size_t i = 0; i < sizeof befores / sizeof *befores; i++)
		for (const char *p = befores[i]; *p; p++) {
			screen_feed(s, p, 1);
			buf_clear(&now);
			snapshot_undo(s, &now);
			if (screen_generation(s) == generation) {
				assert_int_equal(now.len, before.len);
				assert_memory_equal(now.data, before.data,
						    now.len);
			}
			generation = screen_generation(s);
			buf_clear(&before);
			buf_append(&before, now.data, now.len);
		}
	buf_release(&before);
	buf_release(&now);
	screen_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_is_what_was_asked_for),
		cmocka_unit_test(plain_text_costs_little_more_than_itself),
		cmocka_unit_test(after_any_bytes_it_gives_the_same),
		cmocka_unit_test(undo_brings_a_terminal_back_to_power_on),
		cmocka_unit_test(undo_changes_only_with_the_generation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
