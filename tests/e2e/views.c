/* e2e/views.c - clients of several sizes, watchers, and taking over. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/term.h"
#include "e2e/world.h"

struct size {
	struct world *w;
	long cols, rows;
};

static bool
has_size(void *ctx)
{
	struct size *want = ctx;
	const struct json *size =
		json_get(world_session(want->w, "work"), "size");

	return json_int(size, "cols", 0) == want->cols &&
	       json_int(size, "rows", 0) == want->rows;
}

static void
until_size(struct world *w, long cols, long rows)
{
	struct size want = { w, cols, rows };

	world_until(w, world_text(w, "a size of %ldx%ld", cols, rows), has_size,
		    &want);
}

/* A shell with one client that has set the size to 80x24. */
static struct term *
start(struct world *w)
{
	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	until_size(w, 80, 24);
	return t;
}

/* The terminal's upper left part is what the other one shows. */
static bool
shows(struct term *t, void *arg)
{
	struct term *other = arg;

	for (unsigned i = 0; i < 24; i++) {
		char row[81];
		snprintf(row, sizeof row, "%s", term_row(t, i));
		for (size_t n = strlen(row); n > 0 && row[n - 1] == ' '; n--)
			row[n - 1] = '\0';
		if (strcmp(row, term_row(other, i)) != 0)
			return false;
	}
	return true;
}

static void
a_sole_client_sets_the_size(void **state)
{
	struct world *w = *state;
	struct term *t = start(w);

	term_type(t, TERM_DETACH);
	term_end(t);
	until_size(w, 80, 24); /* nobody attached keeps it */
	t = term_cdo(w, 100, 30, "attach", "work", NULL);
	term_until_text(t, "ready$");
	until_size(w, 100, 30);
}

static void
a_smaller_client_sees_the_part_with_the_cursor(void **state)
{
	struct world *w = *state;
	struct term *big = start(w);

	term_type(big, "seq -f 'line %g of those' 100\r");
	term_until_row(big, 22, "line 100 of those");
	struct term *small = term_cdo(w, 20, 6, "attach", "work", NULL);
	term_until_text(small, "line 100 of those\nready$");
	until_size(w, 80, 24);
	term_type(big, "echo and on\r");
	term_until_text(small, "and on\nready$");
	term_until_text(big, "and on\nready$");
	unsigned row, col;
	term_cursor(small, &row, &col);
	assert_int_equal(col, 7);
	/* What it shows are rows of the session, cut. */
	for (unsigned i = 0; i < 6; i++) {
		char *line = world_text(w, "%s", term_row(small, i));
		assert_non_null(strstr(term_screen(big), line));
	}
}

static void
a_larger_client_sees_all_of_it(void **state)
{
	struct world *w = *state;
	struct term *t = start(w);
	struct term *large = term_cdo(w, 120, 40, "attach", "work", NULL);

	term_until_text(large, "ready$");
	until_size(w, 80, 24);
	term_type(t, "seq 100; tput cols\r");
	term_until_row(t, 22, "80");
	term_until(large, "all of the session", shows, t);
}

static void
who_types_last_sets_the_size(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);
	struct term *b = term_cdo(w, 100, 30, "attach", "work", NULL);

	term_until_text(b, "ready$");
	until_size(w, 80, 24);
	term_type(b, "echo from b\r");
	until_size(w, 100, 30);
	term_until_text(a, "from b");
	term_type(a, "echo from a\r");
	until_size(w, 80, 24);
	term_until_text(a, "from a");
	term_until_text(b, "from a");
}

static void
a_view_turns_direct_when_the_sizes_meet(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);
	struct term *b = term_cdo(w, 100, 30, "attach", "work", NULL);

	term_until_text(b, "ready$");
	assert_true(term_alternate(b));
	term_resize(b, 80, 24);
	term_type(a, "seq 40\r");
	term_until_row(a, 22, "40");
	term_until_same(b, a);
	assert_false(term_alternate(b));
}

static void
a_view_that_turns_direct_has_the_history(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);

	term_type(a, "seq -f 'line %g of those' 100\r");
	term_until_row(a, 22, "line 100 of those");
	struct term *b = term_cdo(w, 100, 30, "attach", "work", NULL);
	term_until_text(b, "ready$");
	assert_true(term_alternate(b));
	term_type(b, "echo from b\r");
	until_size(w, 100, 30);
	term_until_text(b, "\nfrom b\n");
	term_until_history(b, "line 1 of those");
	term_until_history(b, "line 50 of those");
	/* Once: what went through the view after that is not told again. */
	term_type(a, "\r");
	until_size(w, 80, 24);
	term_type(b, "echo again\r");
	until_size(w, 100, 30);
	term_until_text(b, "\nagain\n");
	long first = term_find(b, "line 50 of those", 0);
	assert_true(first >= 0);
	assert_int_equal(term_find(b, "line 50 of those", (size_t)first + 1),
			 -1);
}

/* The custodian that owed it was killed. */
static void
a_view_has_the_history_from_the_next_custodian(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);

	term_type(a, "seq -f 'line %g of those' 100\r");
	term_until_row(a, 22, "line 100 of those");
	struct term *b = term_cdo(w, 100, 30, "attach", "work", NULL);
	term_until_text(b, "ready$");
	pid_t custodian = world_only(w, "custodian");
	kill(custodian, SIGKILL);
	world_until_gone(w, custodian);
	term_type(b, "echo from b\r");
	until_size(w, 100, 30);
	term_until_text(b, "\nfrom b\n");
	term_until_history(b, "line 1 of those");
	long first = term_find(b, "line 50 of those", 0);
	assert_true(first >= 0);
	assert_int_equal(term_find(b, "line 50 of those", (size_t)first + 1),
			 -1);
}

static void
a_watcher_types_nothing(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);
	struct term *r = term_cdo(w, 80, 24, "attach", "-r", "work", NULL);

	term_until_last(r, "ready$");
	term_type(r, "echo not this\r");
	term_type(a, "echo but this\r");
	term_until_text(r, "\nbut this\n");
	/* Its keys would have come before; the next ones surely. */
	term_type(r, "echo nor that\r");
	term_type(a, "echo and this\r");
	term_until_text(r, "\nand this\n");
	term_until_same(r, a);
	assert_null(strstr(term_screen(a), "not this"));
	term_type(r, TERM_DETACH);
	assert_int_equal(term_end(r), 0);
	term_until_last(r, "[detached from work]");
}

static void
a_watcher_never_sets_the_size(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "-s", "80x24", "--", "bash",
	       "--norc", "--noprofile", NULL);
	struct term *r = term_cdo(w, 100, 30, "attach", "-r", "work", NULL);
	term_until_text(r, "ready$");
	term_type(r, "x");
	struct term *a = term_attach(w, "work");
	term_until_last(a, "ready$");
	term_type(a, "tput cols\r");
	term_until_text(a, "\n80\n");
	term_until(r, "all of the session", shows, a);
	until_size(w, 80, 24);
}

static void
taking_over_detaches_the_others_but_no_watcher(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);
	struct term *r = term_cdo(w, 80, 24, "attach", "-r", "work", NULL);

	term_until_last(r, "ready$");
	struct term *x = term_cdo(w, 80, 24, "attach", "-x", "work", NULL);
	assert_int_equal(term_end(a), 0);
	assert_non_null(strstr(term_screen(a), "[taken over by "));
	term_until_last(x, "ready$");
	term_type(x, "echo mine\r");
	term_until_text(r, "\nmine\n");
	world_until_clients(w, "work", 2);
}

static void
a_client_that_reads_nothing_holds_nobody_up(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);
	struct term *b = term_attach(w, "work");

	term_until_last(b, "ready$");
	kill(term_pid(b), SIGSTOP);
	/* More than any queue takes. */
	term_type(a, "seq -f 'a line that is long enough %g' 200000\r");
	term_until_row(a, 22, "a line that is long enough 200000");
	kill(term_pid(b), SIGCONT);
	term_until_same(b, a);
	term_type(b, "echo again\r");
	term_until_text(a, "\nagain\n");
	term_until_same(b, a);
}

static void
resizing_all_the_time_corrupts_nothing(void **state)
{
	struct world *w = *state;
	struct term *a = start(w);

	term_type(a, "for i in $(seq 2000); do echo \"row $i of it\"; done; "
		     "echo d''one\r");
	for (unsigned i = 0; i < 20; i++) {
		term_resize(a, 80 + i % 2 * 20, 24 + i % 3);
		world_pump(w, 5);
	}
	term_resize(a, 100, 30);
	until_size(w, 100, 30);
	term_until_text(a, "done\nready$");
	struct term *b = term_cdo(w, 100, 30, "attach", "work", NULL);
	term_until_same(b, a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_sole_client_sets_the_size),
		world_test(a_smaller_client_sees_the_part_with_the_cursor),
		world_test(a_larger_client_sees_all_of_it),
		world_test(who_types_last_sets_the_size),
		world_test(a_view_turns_direct_when_the_sizes_meet),
		world_test(a_view_that_turns_direct_has_the_history),
		world_test(a_view_has_the_history_from_the_next_custodian),
		world_test(a_watcher_types_nothing),
		world_test(a_watcher_never_sets_the_size),
		world_test(taking_over_detaches_the_others_but_no_watcher),
		world_test(a_client_that_reads_nothing_holds_nobody_up),
		world_test(resizing_all_the_time_corrupts_nothing),
	};

	return world_run(tests);
}
