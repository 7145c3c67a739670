/* e2e/leaving.c - whatever ends a client, the terminal is as it was. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* Everything that a program can leave behind; the title comes last. */
#define ALL_MODES                                                      \
	"printf 'some text\\n\\033[?1000h\\033[?1006h\\033[?1004h'; "  \
	"printf '\\033[?2004h\\033[?2031h\\033[?25l\\033[?1h\\033='; " \
	"printf '\\033[>1u\\033[>4;2m\\033[4h\\033[3;10r\\033[?6h'; "  \
	"printf '\\033[?7l\\033[5 q\\033]11;#102030\\033\\\\'; "       \
	"printf '\\033]9;4;3\\033\\\\\\033[22;0t\\033[1;31m'; "        \
	"printf '\\033[?2026h\\033]2;armed\\033\\\\'; "

/* A session of this name whose program has set all that, and a client. */
static struct term *
armed(struct world *w, const char *then)
{
	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       world_text(w, ALL_MODES "%s", then), NULL);
	struct term *t = term_attach(w, "work");
	term_until_title(t, "armed");
	assert_non_null(sieve_left_over(term_modes(t)));
	return t;
}

static void
left(struct term *t, const char *why)
{
	term_until_last(t, why);
	assert_non_null(strstr(term_screen(t), "some text"));
	term_assert_clean(t);
	assert_false(term_alternate(t));
}

static void
a_detach_undoes_every_mode(void **state)
{
	struct term *t = armed(*state, "exec cat");

	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	left(t, "[detached from work]");
}

static void
SIGTERM_undoes_every_mode(void **state)
{
	struct term *t = armed(*state, "exec cat");

	kill(term_pid(t), SIGTERM);
	term_end(t);
	left(t, "[detached from work]");
}

static void
SIGHUP_undoes_every_mode(void **state)
{
	struct term *t = armed(*state, "exec cat");

	kill(term_pid(t), SIGHUP);
	term_end(t);
	left(t, "[detached from work]");
}

static void
the_end_of_the_program_undoes_every_mode(void **state)
{
	struct term *t = armed(*state, "read x; exit 4");

	term_type(t, "\r");
	assert_int_equal(term_end(t), 4);
	left(t, "[work: exit 4]");
}

static void
a_takeover_undoes_every_mode(void **state)
{
	struct world *w = *state;
	struct term *t = armed(w, "exec cat");
	struct term *other = term_cdo(w, 80, 24, "attach", "-x", "work", NULL);

	assert_int_equal(term_end(t), 0);
	assert_non_null(strstr(term_screen(t), "[taken over by "));
	term_assert_clean(t);
	term_until_title(other, "armed");
	world_until_clients(w, "work", 1);
}

static void
the_loss_of_the_session_undoes_every_mode(void **state)
{
	struct world *w = *state;
	struct term *t = armed(w, "exec cat");
	pid_t keeper = world_only(w, "keeper");
	pid_t custodian = world_only(w, "custodian");

	kill(keeper, SIGKILL);
	kill(custodian, SIGKILL);
	assert_int_equal(term_end(t), 125);
	term_until_text(t, "[work: lost]");
	term_assert_clean(t);
}

static void
a_composed_view_leaves_the_alternate_screen(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *first = term_attach(w, "work");
	term_until_last(first, "ready$");
	struct term *t = term_shell(w, 60, 10);
	term_type(t, "cdo attach work\r");
	term_until_text(t, "ready$");
	term_until_no_text(t, "user$");
	assert_true(term_alternate(t));
	term_type(t, TERM_DETACH);
	term_until_last(t, "user$");
	assert_false(term_alternate(t));
	assert_non_null(strstr(term_screen(t), "[detached from work]"));
	term_type(t, "cdo attach work\r");
	term_until_no_text(t, "user$");
	term_type(t, TERM_DETACH);
	term_until_last(t, "user$");
	term_type(t, "exit\r");
	term_end(t);
	term_assert_clean(t);
}

static void
a_closed_window_detaches(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "echo kept\r");
	term_until_text(t, "\nkept\n");
	term_close(t);
	term_end(t);
	t = term_attach(w, "work");
	term_until_text(t, "\nkept\n");
	world_until_clients(w, "work", 1);
}

static void
the_tty_settings_are_as_before(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_shell(w, 80, 24);
	term_type(t, "stty -ixon -echoctl intr ^X; stty -g > before\r");
	term_type(t, "cdo attach work\r");
	term_until_last(t, "ready$");
	term_type(t, TERM_DETACH);
	term_until_last(t, "user$");
	term_type(t, "stty -g > after; cmp before after && echo e''qual; "
		     "rm before after\r");
	term_until_text(t, "\nequal\n");
}

static void
a_stopped_client_gives_the_terminal_back(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       ALL_MODES "exec cat", NULL);
	struct term *t = term_shell(w, 80, 24);
	term_type(t, "cdo attach work\r");
	term_until_title(t, "armed");
	kill(world_only(w, "attach"), SIGTSTP);
	term_until_text(t, "Stopped");
	term_until_last(t, "user$");
	/* Its own line editor is no longer to be seen. */
	term_type(t, "printf '\\033[?2004l'; echo r''eady; read x\r");
	term_until_last(t, "ready");
	term_assert_clean(t);
	term_type(t, "\r");
	term_until_last(t, "user$");
	term_type(t, "fg\r");
	term_until_no_text(t, "user$");
	term_until_text(t, "some text");
	assert_non_null(sieve_left_over(term_modes(t)));
	term_type(t, TERM_DETACH);
	term_until_last(t, "user$");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_detach_undoes_every_mode),
		world_test(SIGTERM_undoes_every_mode),
		world_test(SIGHUP_undoes_every_mode),
		world_test(the_end_of_the_program_undoes_every_mode),
		world_test(a_takeover_undoes_every_mode),
		world_test(the_loss_of_the_session_undoes_every_mode),
		world_test(a_composed_view_leaves_the_alternate_screen),
		world_test(a_closed_window_detaches),
		world_test(the_tty_settings_are_as_before),
		world_test(a_stopped_client_gives_the_terminal_back),
	};

	return world_run(tests);
}
