/* e2e/expect.c - what a test expects of a terminal, and waits for. */
#include "e2e/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "e2e/world.h"

struct wait {
	struct term *t;
	bool (*test)(struct term *, void *);
	void *arg;
};

static bool
holds(void *ctx)
{
	struct wait *wait = ctx;

	return wait->test(wait->t, wait->arg);
}

void
term_until(struct term *t, const char *what,
	   bool (*test)(struct term *, void *), void *arg)
{
	struct wait wait = { t, test, arg };

	world_until(term_world(t), what, holds, &wait);
}

static void
until_string(struct term *t, const char *what,
	     bool (*test)(struct term *, void *), const char *s)
{
	struct world *w = term_world(t);

	term_until(t, world_text(w, "%s '%s'", what, s), test,
		   world_text(w, "%s", s));
}

static bool
has_text(struct term *t, void *text)
{
	return strstr(term_screen(t), text) != NULL;
}

static bool
has_no_text(struct term *t, void *text)
{
	return !has_text(t, text);
}

static bool
has_last(struct term *t, void *line)
{
	char *text = term_screen(t);
	size_t len = strlen(text);

	if (len == 0)
		return false;
	text[len - 1] = '\0';
	const char *last = strrchr(text, '\n');
	return strcmp(last != NULL ? last + 1 : text, line) == 0;
}

static bool
has_history(struct term *t, void *line)
{
	return term_find(t, line, 0) >= 0;
}

static bool
has_title(struct term *t, void *title)
{
	return strcmp(term_modes(t)->title, title) == 0;
}

void
term_until_text(struct term *t, const char *text)
{
	until_string(t, "the text", has_text, text);
}

void
term_until_no_text(struct term *t, const char *text)
{
	until_string(t, "no text", has_no_text, text);
}

void
term_until_last(struct term *t, const char *line)
{
	until_string(t, "the last line", has_last, line);
}

void
term_until_history(struct term *t, const char *line)
{
	until_string(t, "in the scrollback", has_history, line);
}

void
term_until_title(struct term *t, const char *title)
{
	until_string(t, "the title", has_title, title);
}

struct place {
	unsigned row;
	const char *line;
};

static bool
has_row(struct term *t, void *arg)
{
	struct place *place = arg;

	return strcmp(term_row(t, place->row), place->line) == 0;
}

void
term_until_row(struct term *t, unsigned row, const char *line)
{
	struct place place = { row, line };

	term_until(t, world_text(term_world(t), "row %u to be '%s'", row, line),
		   has_row, &place);
}

static bool
same_as(struct term *t, void *arg)
{
	struct term *other = arg;
	unsigned row[2], col[2];

	term_cursor(t, &row[0], &col[0]);
	term_cursor(other, &row[1], &col[1]);
	return row[0] == row[1] && col[0] == col[1] &&
	       strcmp(term_screen(t), term_screen(other)) == 0;
}

void
term_until_same(struct term *t, struct term *other)
{
	term_until(t, "two terminals to show the same", same_as, other);
}

void
term_assert_clean(struct term *t)
{
	const char *what = sieve_left_over(term_modes(t));

	if (what != NULL) {
		term_dump(t);
		fail_msg("the terminal is left with %s", what);
	}
}

void
term_dump(struct term *t)
{
	unsigned row, col;
	char *text = term_screen(t);

	term_cursor(t, &row, &col);
	print_error("# a terminal, cursor at %u,%u%s:\n", row, col,
		    term_fd(t) < 0 ? ", closed" : "");
	for (char *line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		print_error("# |%s\n", line);
}
