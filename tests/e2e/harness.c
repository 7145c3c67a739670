/* e2e/harness.c - the tests' own terminal does what a terminal does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

static void
a_shell_can_be_talked_to(void **state)
{
	struct term *t = term_shell(*state, 80, 24);

	term_type(t, "echo $((6 * 7)) $COLUMNS\r");
	term_until_row(t, 1, "42 80");
	term_until_row(t, 2, "user$");
	term_resize(t, 100, 30);
	term_type(t, "echo $COLUMNS\r");
	term_until_text(t, "\n100\n");
	term_type(t, "exit 3\r");
	assert_int_equal(term_end(t), 3);
}

static void
what_scrolls_out_is_kept(void **state)
{
	struct term *t = term_shell(*state, 80, 24);

	term_type(t, "seq 100\r");
	term_until_last(t, "user$");
	term_until_row(t, 22, "100");
	assert_true(term_find(t, "50", 0) == 50);
	assert_int_equal(term_history(t), 1 + 100 - 23);
}

static void
queries_are_answered_in_order(void **state)
{
	struct term *t = term_shell(*state, 80, 24);

	term_type(t, "printf '\\e[?2004l\\e[6n\\e[>q\\e[c'; "
		     "read -r -s -d c a; echo \"${a//$'\\e'/E}\"\r");
	term_until_text(t, "E[2;1REP>|e2eE\\E[?62;22");
}

static void
modes_are_remembered(void **state)
{
	struct term *t = term_shell(*state, 80, 24);

	assert_string_equal(sieve_left_over(term_modes(t)), "mode ?2004");
	term_type(t, "printf '\\e[?2004l\\e[?1000;1006h\\e[>1u'; "
		     "echo a''rmed; read x\r");
	term_until_text(t, "armed");
	term_type(t, "exit\r");
	term_until_last(t, "user$");
	assert_true(sieve_mode(term_modes(t), 1006));
	assert_true(sieve_mode(term_modes(t), 1000));
	assert_int_equal(term_modes(t)->kitty[0], 1);
}

static void
a_closed_window_hangs_up(void **state)
{
	struct term *t = term_shell(*state, 80, 24);

	term_close(t);
	assert_int_equal(term_end(t), 128 + 1);
}

static bool
is_there(void *ctx)
{
	pid_t pid;

	return procs_find(ctx, &pid, 1) == 1;
}

static void
whatever_was_started_is_found(void **state)
{
	pid_t pids[8];

	world_sh(*state, "setsid sleep 1000 >/dev/null 2>&1 & "
			 "nohup sleep 1001 >/dev/null 2>&1 &");
	world_until(*state, "the first", is_there, world_text(*state, "1000"));
	world_until(*state, "the second", is_there, world_text(*state, "1001"));
	assert_int_equal(procs_find("1000", pids, 8), 1);
	assert_int_equal(procs_find(NULL, pids, 8), 2);
	procs_end();
	assert_int_equal(procs_find(NULL, pids, 8), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_shell_can_be_talked_to),
		world_test(what_scrolls_out_is_kept),
		world_test(queries_are_answered_in_order),
		world_test(modes_are_remembered),
		world_test(a_closed_window_hangs_up),
		world_test(whatever_was_started_is_found),
	};

	return world_run(tests);
}
