/* e2e/inside.c - a program cannot tell a session from a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* Whatever a program can ask about its surroundings, without names. */
#define LOOK_AROUND                                                           \
	"exec 2>&1; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; "          \
	"umask; ulimit -a; pwd; stty -a; "                                    \
	"for i in 0 1 2 3 4 5 6 7 8 9; do "                                   \
	"test -e /proc/self/fd/$i && echo fd $i; done; "                      \
	"test \"$(tty)\" = \"$(readlink /proc/self/fd/2)\" && echo one tty; " \
	"set -- $(cat /proc/$$/stat); "                                       \
	"test $1 = $5 && echo leads its group; "                              \
	"test $1 = $6 && echo leads its session; "                            \
	"test $1 = $8 && echo in the foreground; "                            \
	"echo nice ${19}; echo that is all"

/* The lines that the script has printed, wherever it ran. */
static char *
lines(struct term *t)
{
	term_until_text(t, "that is all");
	return term_screen(t);
}

static void
its_surroundings_are_those_of_a_terminal(void **state)
{
	struct world *w = *state;
	char *script = world_file(w, "look", LOOK_AROUND "; read x\n");
	struct term *bare =
		term_open(w, 80, 70, (const char *[]){ "sh", script, NULL });
	struct term *t = term_cdo(w, 80, 70, "new", "-n", "work", "--", "sh",
				  script, NULL);

	assert_string_equal(lines(t), lines(bare));
	assert_non_null(strstr(lines(t), "in the foreground"));
}

static void
what_the_caller_ignores_is_not_handed_on(void **state)
{
	struct world *w = *state;
	char *script = world_file(w, "look", LOOK_AROUND "; read x\n");
	struct term *bare =
		term_open(w, 80, 70, (const char *[]){ "sh", script, NULL });

	/* Open files and ignored signals stay outside; the umask does not. */
	world_sh(w, world_text(w,
			       "trap '' HUP INT TERM PIPE CHLD; "
			       "exec 7</dev/null; "
			       "cdo new -d -n work -s 80x70 -- sh %s",
			       script));
	struct term *t = term_cdo(w, 80, 70, "attach", "work", NULL);
	assert_string_equal(lines(t), lines(bare));
	world_sh(w, "umask 077; cdo new -d -n strict -- "
		    "sh -c 'umask > strict; read x'");
	char *path = world_text(w, "%s/strict", world_home(w));
	world_until_file(w, path);
	term_type(t, "\r");
	assert_int_equal(term_end(t), 0);
}

/* A process with this argument, not stopped. */
static bool
is_running(void *ctx)
{
	pid_t pid;

	return procs_find(ctx, &pid, 1) == 1 && !procs_stopped(pid);
}

static void
job_control_works(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "sleep 1000\r");
	/* Once it is there to be stopped. */
	world_until(w, "the program", is_running, world_text(w, "1000"));
	term_type(t, "\032");
	term_until_text(t, "Stopped");
	term_until_last(t, "ready$");
	term_type(t, "fg\r");
	world_until(w, "the program", is_running, world_text(w, "1000"));
	term_type(t, "\003");
	term_until_last(t, "ready$");
	term_type(t, "cat\r");
	term_until_last(t, "ready$ cat");
	term_type(t, "word\r");
	term_until_text(t, "word\nword");
	term_type(t, "\004");
	term_until_last(t, "ready$");
}

static void
it_knows_its_size_from_the_start(void **state)
{
	struct world *w = *state;
	struct term *t = term_cdo(w, 93, 31, "new", "-n", "work", "--", "sh",
				  "-c", "stty size; read x", NULL);

	term_until_row(t, 0, "31 93");
}

static void
the_window_that_started_it_all_may_close(void **state)
{
	struct world *w = *state;
	struct term *t = term_shell(w, 80, 24);

	/* The server too was started from there. */
	term_type(t, "cdo new -n work -e PS1=inner: -- bash --norc "
		     "--noprofile\r");
	term_until_row(t, 0, "inner:");
	term_type(t, "x=kept\r");
	term_until_row(t, 1, "inner:");
	term_close(t);
	term_end(t);
	world_until_clients(w, "work", 0);
	t = term_attach(w, "work");
	term_until_row(t, 1, "inner:");
	term_type(t, "echo $x\r");
	term_until_text(t, "\nkept\n");
}

static void
a_terminal_that_nobody_knows_will_do(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	world_set(w, "TERM", "no-such-terminal");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	/* Also one of another size, where cdo has to draw. */
	struct term *other = term_cdo(w, 60, 10, "attach", "work", NULL);
	term_until_last(other, "ready$");
	term_type(t, "echo still here\r");
	term_until_text(t, "\nstill here\n");
	term_until_text(other, "\nstill here\n");
	term_type(other, TERM_DETACH);
	assert_int_equal(term_end(other), 0);
	term_assert_clean(other);
}

static void
a_dozen_may_join_in_the_middle_of_a_flood(void **state)
{
	enum { MANY = 12 };
	struct world *w = *state;
	struct term *t[MANY];

	world_shell(w, "work");
	struct term *first = term_attach(w, "work");
	term_until_last(first, "ready$");
	term_type(first, "seq -f 'line number %g' 30000\r");
	term_until_text(first, "line number");
	for (int i = 0; i < MANY; i++)
		t[i] = term_attach(w, "work");
	term_until_row(first, 22, "line number 30000");
	for (int i = 0; i < MANY; i++)
		term_until_same(t[i], first);
	term_type(t[MANY - 1], "echo and on\r");
	for (int i = 0; i < MANY; i++)
		term_until_text(t[i], "\nand on\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(its_surroundings_are_those_of_a_terminal),
		world_test(what_the_caller_ignores_is_not_handed_on),
		world_test(job_control_works),
		world_test(it_knows_its_size_from_the_start),
		world_test(the_window_that_started_it_all_may_close),
		world_test(a_terminal_that_nobody_knows_will_do),
		world_test(a_dozen_may_join_in_the_middle_of_a_flood),
	};

	return world_run(tests);
}
