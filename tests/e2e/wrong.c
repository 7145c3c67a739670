/* e2e/wrong.c - bad input gets a clear error, and nothing is lost. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* It ended with this status, and the message holds both words. */
static void
refused(struct result r, int status, const char *one, const char *two)
{
	if (r.status != status || strncmp(r.err, "cdo", 3) != 0 ||
	    strstr(r.err, one) == NULL || strstr(r.err, two) == NULL)
		fail_msg("status %d, not %d, and '%s' with '%s' and '%s'",
			 r.status, status, r.err, one, two);
	/* A message is for people: a line or a few, each of ours. */
	assert_int_equal(r.err[strlen(r.err) - 1], '\n');
}

static void
a_command_that_is_not_there(void **state)
{
	struct world *w = *state;

	refused(cdo(w, "new", "-d", "--", "no-such-program", NULL), 127,
		"no-such-program", "not found");
	struct term *t = term_cdo(w, 80, 24, "new", "no-such-program", NULL);
	assert_int_equal(term_end(t), 127);
	term_until_text(t, "no-such-program");
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "");
}

static void
a_command_that_cannot_be_run(void **state)
{
	struct world *w = *state;
	char *file = world_file(w, "data", "no program\n");

	refused(cdo(w, "new", "-d", "--", file, NULL), 126, file,
		"Permission denied");
	refused(cdo(w, "new", "-d", "--", w->dir, NULL), 126, w->dir, "");
	struct term *t = term_cdo(w, 80, 24, "new", "--", file, NULL);
	assert_int_equal(term_end(t), 126);
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "");
}

static void
a_directory_that_cannot_be_entered(void **state)
{
	struct world *w = *state;
	char *file = world_file(w, "data", "no directory\n");

	refused(cdo(w, "new", "-d", "-C", "/no/such/place", "--", "cat", NULL),
		125, "/no/such/place", "No such file or directory");
	refused(cdo(w, "new", "-d", "cat", "/no/such/place", NULL), 125,
		"/no/such/place", "No such file or directory");
	refused(cdo(w, "new", "-d", "-C", file, "--", "cat", NULL), 125, file,
		"Not a directory");
}

static void
a_name_that_is_taken_or_none(void **state)
{
	struct world *w = *state;
	char *longer = world_text(w, "%049d", 1);

	cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL);
	refused(cdo(w, "new", "-d", "-n", "work", "--", "cat", NULL), 125,
		"work", "");
	refused(cdo(w, "new", "-d", "-n", "a b", "--", "cat", NULL), 125, "a b",
		"");
	refused(cdo(w, "new", "-d", "-n", ".hidden", "--", "cat", NULL), 125,
		".hidden", "");
	refused(cdo(w, "new", "-d", "-n", "a/b", "--", "cat", NULL), 125, "a/b",
		"");
	refused(cdo(w, "new", "-d", "-n", "", "--", "cat", NULL), 125, "name",
		"");
	refused(cdo(w, "new", "-d", "-n", longer, "--", "cat", NULL), 125, "48",
		"");
	refused(cdo(w, "rename", "work", "a b", NULL), 1, "a b", "");
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "work\n");
}

static void
a_name_is_shown_harmless(void **state)
{
	struct world *w = *state;
	struct result r =
		cdo(w, "new", "-d", "-n", "a\033[31mb\a", "--", "cat", NULL);

	assert_int_equal(r.status, 125);
	assert_null(strchr(r.err, '\033'));
	assert_null(strchr(r.err, '\a'));
	r = cdo(w, "attach", "\033]2;x\a", NULL);
	assert_int_equal(r.status, 125);
	assert_null(strchr(r.err, '\033'));
}

static void
a_prefix_that_fits_two(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work-1", "--", "cat", NULL);
	cdo_ok(w, "new", "-d", "-n", "work-2", "--", "cat", NULL);
	refused(cdo(w, "stop", "work", NULL), 6, "work-1", "work-2");
	struct term *t = term_cdo(w, 80, 24, "attach", "work", NULL);
	assert_int_equal(term_end(t), 125);
	term_until_text(t, "work-2");
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL),
			    "work-1\nwork-2\n");
}

static void
a_session_that_is_not_there(void **state)
{
	struct world *w = *state;
	struct term *t = term_cdo(w, 80, 24, "attach", "work", NULL);

	assert_int_equal(term_end(t), 125);
	term_until_last(t, "cdo: cannot attach to 'work': no such session");
	refused(cdo(w, "capture", "work", NULL), 3, "work", "no such session");
	refused(cdo(w, "info", "work", NULL), 3, "work", "no such session");
	refused(cdo(w, "detach", "work", NULL), 3, "work", "no such session");
}

static void
words_that_mean_nothing(void **state)
{
	struct world *w = *state;

	refused(cdo(w, "atach", NULL), 2, "atach", "attach");
	refused(cdo(w, "ls", "--no-such-option", NULL), 2, "no-such-option",
		"");
	refused(cdo(w, "stop", NULL), 2, "", "");
	refused(cdo(w, "rename", "one", NULL), 2, "", "");
	refused(cdo(w, "new", "-d", "-s", "big", "--", "cat", NULL), 125, "big",
		"");
	refused(cdo(w, "new", "-d", "-e", "NOVALUE", "--", "cat", NULL), 125,
		"NOVALUE", "");
	refused(cdo(w, "stop", "--grace", "soon", "x", NULL), 2, "soon", "");
	pid_t pid;
	assert_int_equal(procs_find("server", &pid, 1), 0);
}

static void
no_terminal_to_attach(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL);
	refused(cdo(w, "attach", "work", NULL), 125, "work", "terminal");
	assert_int_equal(world_number(w, "work", "clients"), 0);
	/* Nor to start and attach: it says what to do instead. */
	refused(cdo(w, "new", "-n", "more", "--", "cat", NULL), 125, "terminal",
		"-d");
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "work\n");
}

static void
a_session_shown_in_itself(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	world_shell(w, "other");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "cdo attach work; echo first $?\r");
	term_until_text(t, "\nfirst 125\n");
	/* It is the terminal that tells, no variable. */
	term_type(t, "clear; env -u CDO -u CDO_SESSION -u CDO_NAME "
		     "cdo attach work; echo second $?\r");
	term_until_text(t, "\nsecond 125\n");
	/* Nor by way of another one. */
	term_type(t, "clear; cdo attach other\r");
	term_until_no_text(t, "second");
	world_until_clients(w, "other", 1);
	term_type(t, "cdo attach work; echo third $?\r");
	term_until_text(t, "\nthird 125\n");
	world_until_clients(w, "work", 1);
	/* And nothing of it was drawn before that was known. */
	const char *line,
		*seen = cdo_ok(w, "capture", "--history", "other", NULL);
	line = strstr(seen, "cdo attach work");
	assert_non_null(line);
	assert_null(strstr(line + 1, "cdo attach work"));
}

static void
a_program_that_exits_at_once(void **state)
{
	struct world *w = *state;
	struct term *t = term_cdo(w, 80, 24, "new", "-n", "work", "--", "echo",
				  "so short", NULL);

	assert_int_equal(term_end(t), 0);
	term_until_last(t, "[work: exit 0]");
	term_until_text(t, "so short\n[work");
	cdo_ok(w, "new", "-d", "-n", "more", "--", "echo", "so short", NULL);
	world_until_status(w, "more", "completed");
	assert_string_equal(cdo_ok(w, "capture", "more", NULL), "so short\n");
}

static void
a_broken_configuration(void **state)
{
	struct world *w = *state;

	world_file(w, "cdo.conf", "prefix = C-a\nno assignment here\n");
	refused(cdo(w, "config", "check", NULL), 1, "cdo.conf", "2");
	world_file(w, "cdo.conf", "prefix = no-such-key\n");
	refused(cdo(w, "config", "check", NULL), 1, "prefix", "no-such-key");
	world_file(w, "cdo.conf", "no-such-option = 1\n");
	refused(cdo(w, "config", "check", NULL), 1, "no-such-option", "");
	/* Sessions can be reached all the same. */
	assert_int_equal(cdo(w, "ls", NULL).status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_command_that_is_not_there),
		world_test(a_command_that_cannot_be_run),
		world_test(a_directory_that_cannot_be_entered),
		world_test(a_name_that_is_taken_or_none),
		world_test(a_name_is_shown_harmless),
		world_test(a_prefix_that_fits_two),
		world_test(a_session_that_is_not_there),
		world_test(words_that_mean_nothing),
		world_test(no_terminal_to_attach),
		world_test(a_session_shown_in_itself),
		world_test(a_program_that_exits_at_once),
		world_test(a_broken_configuration),
	};

	return world_run(tests);
}
