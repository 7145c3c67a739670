/* e2e/stopping.c - ending sessions, whatever their processes think of it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* The number that a program of the session wrote to DIR/NAME. */
static pid_t
pid_in(struct world *w, const char *name)
{
	char *path = world_text(w, "%s/%s", w->dir, name);
	struct result r;

	world_until_file(w, path);
	do { /* it is there before it is written */
		r = world_command(w, (const char *[]){ "cat", path, NULL });
	} while (*r.out == '\0');
	return (pid_t)strtol(r.out, NULL, 10);
}

static void
stop_ends_the_program(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	long pid = world_number(w, "work", "pid");
	cdo_ok(w, "stop", "work", NULL);
	assert_false(procs_alive((pid_t)pid));
	world_until_status(w, "work", "stopped");
	world_until_none(w, "keeper");
	world_until_none(w, "custodian");
}

static void
those_attached_are_told(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sleep", "1000", NULL);
	struct term *t = term_attach(w, "work");
	world_until_clients(w, "work", 1);
	cdo_ok(w, "stop", "work", NULL);
	term_end(t);
	term_until_text(t, "[work: SIGHUP]");
	term_assert_clean(t);
}

static void
who_ignores_HUP_and_TERM_is_killed(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "-e",
	       world_text(w, "DIR=%s", w->dir), "--", "sh", "-c",
	       "trap '' HUP TERM; echo $$ > $DIR/pid; "
	       "while :; do sleep 1000; done",
	       NULL);
	pid_t pid = pid_in(w, "pid");
	long before = world_now();
	cdo_ok(w, "stop", "--grace", "200ms", "work", NULL);
	assert_true(world_now() - before >= 200);
	assert_false(procs_alive(pid));
	world_until_status(w, "work", "stopped");
}

static void
who_obeys_is_not_waited_for(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sleep", "1000", NULL);
	cdo_ok(w, "stop", "--grace", "1h", "work", NULL);
}

static void
the_children_end_too(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "-e",
	       world_text(w, "DIR=%s", w->dir), "--", "bash", "-c",
	       "set -m; sleep 1001 & echo $! > $DIR/job; "
	       "(trap '' HUP TERM; exec sleep 1002) & echo $! > $DIR/deaf; "
	       "setsid sleep 1003 & sleep 1004",
	       NULL);
	pid_t job = pid_in(w, "job"), deaf = pid_in(w, "deaf");
	world_only(w, "1003");
	cdo_ok(w, "stop", "--grace", "200ms", "work", NULL);
	world_until_gone(w, job);
	world_until_gone(w, deaf);
	world_until_none(w, "1004");
	/* Who has called setsid lives on. */
	world_only(w, "1003");
}

static void
a_signal_can_be_chosen(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "-e",
	       world_text(w, "DIR=%s", w->dir), "--", "bash", "-c",
	       "trap 'exit 9' USR1; echo $$ > $DIR/pid; "
	       "while :; do sleep 0.01; done",
	       NULL);
	pid_in(w, "pid");
	cdo_ok(w, "stop", "-s", "USR1", "work", NULL);
	world_until_status(w, "work", "stopped");
	assert_int_equal(world_number(w, "work", "exit_code"), 9);
}

static void
several_are_stopped_by_name_and_all_with_a_yes(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++)
		cdo_ok(w, "new", "-d", "-n", world_text(w, "s%d", i), "--",
		       "cat", NULL);
	cdo_ok(w, "stop", "s0", "s1", NULL);
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "s2\ns3\ns4\n");
	/* Without a terminal there is nobody to ask. */
	assert_int_not_equal(cdo(w, "stop", "--all", NULL).status, 0);
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "s2\ns3\ns4\n");
	cdo_ok(w, "stop", "--all", "-y", NULL);
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "");
}

static void
an_unknown_session_is_not_stopped(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL);
	struct result r = cdo(w, "stop", "nothing", NULL);
	assert_int_equal(r.status, 3);
	assert_non_null(strstr(r.err, "nothing"));
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "work\n");
}

static void
a_program_that_closes_its_terminal_lives_on(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "-e",
	       world_text(w, "DIR=%s", w->dir), "--", "sh", "-c",
	       "echo closing; exec </dev/null >/dev/null 2>&1; "
	       "echo $$ > $DIR/pid; exec sleep 1000",
	       NULL);
	pid_t pid = pid_in(w, "pid");
	struct term *t = term_attach(w, "work");
	term_until_text(t, "closing");
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	assert_true(procs_alive(pid));
	assert_string_equal(json_str(world_session(w, "work"), "status"),
			    "running");
	cdo_ok(w, "stop", "work", NULL);
	assert_false(procs_alive(pid));
}

static void
jobs_left_behind_do_not_keep_a_session(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "nohup sleep 1005 & echo last; exit 6", NULL);
	world_until_status(w, "work", "failed");
	assert_int_equal(world_number(w, "work", "exit_code"), 6);
	assert_non_null(strstr(cdo_ok(w, "capture", "work", NULL), "last"));
	world_until_none(w, "custodian");
	world_until_none(w, "keeper");
}

static void
the_last_output_before_the_end_is_not_lost(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++) {
		struct term *t = term_cdo(w, 80, 24, "new", "--", "sh", "-c",
					  "seq 20000; echo the very last",
					  NULL);
		assert_int_equal(term_end(t), 0);
		term_until_text(t, "20000\nthe very last\n[");
		world_forget(w, t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(stop_ends_the_program),
		world_test(those_attached_are_told),
		world_test(who_ignores_HUP_and_TERM_is_killed),
		world_test(who_obeys_is_not_waited_for),
		world_test(the_children_end_too),
		world_test(a_signal_can_be_chosen),
		world_test(several_are_stopped_by_name_and_all_with_a_yes),
		world_test(an_unknown_session_is_not_stopped),
		world_test(a_program_that_closes_its_terminal_lives_on),
		world_test(jobs_left_behind_do_not_keep_a_session),
		world_test(the_last_output_before_the_end_is_not_lost),
	};

	return world_run(tests);
}
