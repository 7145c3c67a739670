/* e2e/programs.c - real programs, left and found again as they were. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "e2e/term.h"
#include "e2e/world.h"

/* A second window of the same size comes to show the same. */
static void
looks_the_same_again(struct world *w, struct term *t)
{
	struct term *again = term_attach(w, "work");

	term_until_same(again, t);
	assert_int_equal(term_alternate(again), term_alternate(t));
	term_type(again, TERM_DETACH);
	assert_int_equal(term_end(again), 0);
	term_assert_clean(again);
	world_forget(w, again);
}

/* A shell with a line of text, and a client. */
static struct term *
start(struct world *w)
{
	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "echo the shell before\r");
	term_until_row(t, 1, "the shell before");
	term_until_row(t, 2, "ready$");
	return t;
}

/* The program is left: the shell is as it was before. */
static void
is_back(struct world *w, struct term *t)
{
	term_until_last(t, "ready$");
	assert_false(term_alternate(t));
	assert_non_null(strstr(term_screen(t), "\nthe shell before\n"));
	looks_the_same_again(w, t);
}

static void
bash_and_its_line_editor(void **state)
{
	struct world *w = *state;
	struct term *t = start(w);

	term_type(t, "echo a long line that is being typed and goes on over "
		     "the end of the row of this terminal");
	term_until_last(t, "of this terminal");
	looks_the_same_again(w, t);
	term_type(t, "\001\005!\r"); /* to the start, to the end */
	term_until_text(t, "\na long line that is being typed");
	term_type(t, "echo aaa; echo bb\b\b\b\020\020\016\r");
	term_until_last(t, "ready$");
	looks_the_same_again(w, t);
}

static void
vim(void **state)
{
	struct world *w = *state;

	if (!world_has("vim"))
		world_skip("vim is not installed");
	struct term *t = start(w);
	term_type(t, "vim notes\r");
	term_until_text(t, "[New]");
	term_type(t, "ithe first line\rthe second\033:set nu\r");
	term_until_row(t, 1, "  2 the second");
	looks_the_same_again(w, t);
	term_type(t, ":split\r");
	term_until_row(t, 12, "  1 the first line");
	looks_the_same_again(w, t);
	/* Left and found again in the middle of an insert. */
	term_type(t, "onew text");
	term_until_text(t, "new text");
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	term_assert_clean(t);
	t = term_attach(w, "work");
	term_until_text(t, "-- INSERT --");
	term_type(t, " goes on\033");
	term_until_text(t, "new text goes on");
	term_type(t, ":qa!\r");
	is_back(w, t);
}

static void
less(void **state)
{
	struct world *w = *state;

	if (!world_has("less"))
		world_skip("less is not installed");
	struct term *t = start(w);
	term_type(t, "seq -f 'line %g' 1000 | less\r");
	term_until_row(t, 22, "line 23");
	looks_the_same_again(w, t);
	term_type(t, "G");
	term_until_row(t, 22, "line 1000");
	term_type(t, "/e 99\rk");
	looks_the_same_again(w, t);
	term_type(t, "g");
	term_until_row(t, 0, "line 1");
	looks_the_same_again(w, t);
	term_type(t, "q");
	is_back(w, t);
}

static void
htop(void **state)
{
	struct world *w = *state;

	if (!world_has("htop"))
		world_skip("htop is not installed");
	struct term *t = start(w);
	term_type(t, "htop -d 600\r"); /* still for a minute */
	term_until_text(t, "F10Quit");
	looks_the_same_again(w, t);
	term_type(t, "\033OP"); /* F1 */
	term_until_text(t, "Released under the GNU");
	looks_the_same_again(w, t);
	term_type(t, " ");
	term_until_text(t, "F10Quit");
	looks_the_same_again(w, t);
	term_type(t, "q");
	is_back(w, t);
}

/* Those that are installed: what to type, see, and type to leave. */
static void
nano_mc_emacs_and_fzf(void **state)
{
	static const struct {
		const char *name, *command, *text, *quit;
	} programs[] = {
		{ "nano", "nano notes", "GNU nano", "\030" },
		{ "mc", "mc -u", "10Quit", "\033[21~\r" },
		{ "emacs", "emacs -nw -Q notes", "-UUU", "\030\003" },
		{ "fzf", "seq 100 | fzf", "100/100", "\033" },
		{ "fzf", "seq 100 | fzf --height 10", "100/100", "\033" },
	};
	struct world *w = *state;
	struct term *t = start(w);

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (!world_has(programs[i].name))
			continue;
		term_type(t, world_text(w, "%s\r", programs[i].command));
		term_until_text(t, programs[i].text);
		looks_the_same_again(w, t);
		term_type(t, "word"); /* in the text, or to search for */
		term_until_text(t, "word");
		looks_the_same_again(w, t);
		term_type(t, programs[i].quit);
		if (strcmp(programs[i].name, "nano") == 0)
			term_type(t, "n"); /* do not save it */
		if (strcmp(programs[i].name, "emacs") == 0)
			term_type(t, "nyes\r");
		is_back(w, t);
	}
}

/* libvterm and cdo do not agree on how wide emoji are. */
static bool
has_emoji(const char *row)
{
	return strchr(row, '\xf0') != NULL || strstr(row, "\u200d") != NULL ||
	       strstr(row, "\ufe0f") != NULL;
}

static bool
same_rows(struct term *t, void *arg)
{
	struct term *other = arg;

	for (unsigned i = 0; i < 24; i++) {
		const char *a = term_row(t, i), *b = term_row(other, i);

		if (!has_emoji(a) && !has_emoji(b) && strcmp(a, b) != 0)
			return false;
	}
	return term_alternate(t) == term_alternate(other);
}

/* What they have really sent once, live and as a snapshot. */
static void
agents_in_the_middle_of_their_work(void **state)
{
	static const char *const agents[] = { "claude", "codex", "gemini" };
	const char *top = getenv("CDO_TOP_SRCDIR");
	struct world *w = *state;

	for (size_t i = 0; i < sizeof agents / sizeof *agents; i++) {
		/* At several points, and at the end. */
		for (int percent = 20; percent <= 100; percent += 20) {
			char *script = world_text(
				w,
				"stty raw -echo; f=%s/tests/streams/%s.bin; "
				"head -c $(($(wc -c < $f) * %d / 100)) $f | "
				"iconv -c -t UTF-8 2>/dev/null; "
				"printf '\\033\\\\\\033]2;there\\033\\\\'; "
				"read x",
				top != NULL ? top : ".", agents[i], percent);
			struct term *t = term_cdo(w, 80, 24, "new", "-n",
						  "work", "--", "sh", "-c",
						  script, NULL);
			term_until_title(t, "there");
			struct term *again = term_attach(w, "work");
			term_until_title(again, "there");
			term_until(again, "the agent's screen", same_rows, t);
			cdo_ok(w, "stop", "work", NULL);
			term_end(t);
			term_assert_clean(t);
			term_end(again);
			term_assert_clean(again);
			cdo_ok(w, "clear", NULL);
			world_forget(w, t);
			world_forget(w, again);
		}
	}
}

static void
colours_boxes_and_wide_characters(void **state)
{
	struct world *w = *state;
	struct term *t = start(w);

	term_type(t, "clear; printf '\\033(0lqqk\\033(B \\033[38;5;208morange "
		     "\\033[48;2;1;2;3mrgb\\033[0m \\346\\274\\242\\345\\255"
		     "\\227 e\\314\\201\\n'\r");
	term_until_row(t, 0,
		       "\u250c\u2500\u2500\u2510 orange rgb "
		       "\u6f22\u5b57 e\u0301");
	struct term *again = term_attach(w, "work");
	term_until_same(again, t);
	for (unsigned col = 0; col < 25; col++) {
		struct term_cell a, b;
		term_cell(t, 0, col, &a);
		term_cell(again, 0, col, &b);
		assert_string_equal(a.text, b.text);
		assert_int_equal(a.fg, b.fg);
		assert_int_equal(a.bg, b.bg);
		assert_int_equal(a.reverse, b.reverse);
	}
}

static void
a_line_that_was_wrapped_is_still_one(void **state)
{
	struct world *w = *state;
	struct term *t = start(w);

	term_type(t, "clear; printf '%0150d\\n' 7\r");
	term_until_row(t, 1, world_text(w, "%070d", 7));
	char *text = cdo_ok(w, "capture", "work", NULL);
	if (strstr(text, world_text(w, "%0150d\n", 7)) == NULL)
		fail_msg("no whole line in '%s'", text);
	looks_the_same_again(w, t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(bash_and_its_line_editor),
		world_test(vim),
		world_test(less),
		world_test(htop),
		world_test(nano_mc_emacs_and_fzf),
		world_test(agents_in_the_middle_of_their_work),
		world_test(colours_boxes_and_wide_characters),
		world_test(a_line_that_was_wrapped_is_still_one),
	};

	return world_run(tests);
}
