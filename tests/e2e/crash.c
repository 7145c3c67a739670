/* e2e/crash.c - kill -9 of any one process loses no session. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

enum { MANY = 10 };

struct change {
	const char *role;
	pid_t old;
};

static bool
is_another(void *ctx)
{
	struct change *c = ctx;
	pid_t pids[4];

	return procs_find(c->role, pids, 4) == 1 && pids[0] != c->old;
}

struct count {
	const char *role;
	size_t n;
};

static bool
are_many(void *ctx)
{
	struct count *c = ctx;
	pid_t pids[MANY * 2];

	return procs_find(c->role, pids, MANY * 2) == c->n;
}

/* One that is being started is still called as who starts it. */
static void
until_many(struct world *w, const char *role, size_t n)
{
	struct count c = { role, n };

	world_until(w, world_text(w, "%zu of %s", n, role), are_many, &c);
}

/* Until one process of that role runs, and it is not the old one. */
static void
until_another(struct world *w, const char *role, pid_t old)
{
	struct change c = { role, old };

	world_until(w, world_text(w, "another %s", role), is_another, &c);
}

static void
the_server_is_killed_and_nobody_notices(void **state)
{
	struct world *w = *state;

	world_shell(w, "one");
	world_shell(w, "two");
	struct term *a = term_attach(w, "one"), *b = term_attach(w, "two");
	term_until_last(a, "ready$");
	term_until_last(b, "ready$");
	cdo_ok(w, "label", "one", "colour=blue", NULL);
	long pid = world_number(w, "one", "pid");
	pid_t server = world_only(w, "server");
	kill(server, SIGKILL);
	/* Nobody asks for one: the custodians do. */
	until_another(w, "server", server);
	term_type(a, "echo still here\r");
	term_until_text(a, "\nstill here\n");
	world_until_status(w, "two", "running");
	assert_int_equal(world_number(w, "one", "pid"), pid);
	world_until_clients(w, "one", 1);
	assert_string_equal(
		json_str(json_get(world_session(w, "one"), "labels"), "colour"),
		"blue");
	term_type(b, "exit 5\r");
	assert_int_equal(term_end(b), 5);
	world_until_status(w, "two", "failed");
}

static void
a_killed_server_forgets_no_finished_session(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "done", "--", "sh", "-c", "exit 3", NULL);
	world_until_status(w, "done", "failed");
	pid_t server = world_only(w, "server");
	kill(server, SIGKILL);
	world_until_gone(w, server);
	assert_int_equal(world_number(w, "done", "exit_code"), 3);
}

static void
an_end_that_no_server_saw_is_told_later(void **state)
{
	struct world *w = *state;

	char *go = world_text(w, "%s/go", w->dir);
	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       world_text(w, "until [ -e %s ]; do sleep 0.01; done; exit 4",
			  go),
	       NULL);
	cdo_ok(w, "server", "stop", NULL);
	world_until_none(w, "server");
	world_file(w, "go", "");
	world_until_none(w, "custodian");
	assert_int_equal(world_number(w, "work", "exit_code"), 4);
}

static void
the_custodian_is_killed_and_the_client_comes_back(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "seq 50; x=kept\r");
	term_until_row(t, 22, "50");
	long pid = world_number(w, "work", "pid");
	pid_t custodian = world_only(w, "custodian");
	kill(custodian, SIGKILL);
	until_another(w, "custodian", custodian);
	term_type(t, "echo $x\r");
	term_until_text(t, "\nkept\n");
	assert_int_equal(world_number(w, "work", "pid"), pid);
	/* The screen and its history were not lost either. */
	struct term *b = term_attach(w, "work");
	term_until_last(b, "ready$");
	term_until_same(b, t);
	assert_true(term_find(b, "5", 0) >= 0);
}

static void
a_full_screen_program_survives_the_custodian(void **state)
{
	struct world *w = *state;

	if (!world_has("vim"))
		world_skip("vim is not installed");
	cdo_ok(w, "new", "-d", "-n", "work", "--", "vim", NULL);
	struct term *t = term_attach(w, "work");
	term_until_text(t, "VIM - Vi IMproved");
	term_type(t, "iwords that are typed\033");
	term_until_text(t, "words that are typed");
	pid_t custodian = world_only(w, "custodian");
	kill(custodian, SIGKILL);
	until_another(w, "custodian", custodian);
	term_type(t, "yyp:set nu\r");
	term_until_text(t, "2 words that are typed");
	assert_true(term_alternate(t));
	struct term *b = term_attach(w, "work");
	term_until_same(b, t);
}

static void
custodians_are_killed_in_the_middle_of_a_flood(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	struct term *small = term_cdo(w, 60, 10, "attach", "work", NULL);
	term_until_last(small, "ready$");
	term_type(t, "for i in $(seq 20); do seq 3000; done; echo d''one\r");
	for (int i = 0; i < 5; i++) {
		pid_t custodian = world_only(w, "custodian");
		kill(custodian, SIGKILL);
		until_another(w, "custodian", custodian);
	}
	term_until_text(t, "\n3000\ndone\nready$");
	term_until_text(small, "\n3000\ndone\nready$");
	struct term *again = term_attach(w, "work");
	term_until_same(again, t);
	term_type(t, "echo still here\r");
	term_until_text(small, "\nstill here\n");
}

static void
the_keeper_is_killed_and_the_session_goes_on(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	kill(world_only(w, "keeper"), SIGKILL);
	term_type(t, "echo still here\r");
	term_until_text(t, "\nstill here\n");
	struct term *b = term_attach(w, "work");
	term_until_same(b, t);
	assert_string_equal(json_str(world_session(w, "work"), "status"),
			    "running");
}

static void
a_session_whose_processes_are_gone_is_lost(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	pid_t keeper = world_only(w, "keeper"),
	      custodian = world_only(w, "custodian");
	kill(keeper, SIGKILL);
	kill(custodian, SIGKILL);
	world_until_status(w, "work", "lost");
	/* The program has seen its terminal close. */
	cdo_ok(w, "clear", NULL);
	assert_null(world_session(w, "work"));
}

static void
commands_at_once_start_one_server(void **state)
{
	struct world *w = *state;
	pid_t pids[MANY];

	for (int i = 0; i < MANY; i++)
		pids[i] = world_start(w, (const char *[]){ "cdo", "ls", NULL });
	for (int i = 0; i < MANY; i++)
		assert_int_equal(world_wait(w, pids[i]), 0);
	until_many(w, "server", 1);
}

static void
sessions_started_at_once_are_all_there(void **state)
{
	struct world *w = *state;
	pid_t pids[MANY];

	for (int i = 0; i < MANY; i++)
		pids[i] = world_start(w, (const char *[]){ "cdo", "new", "-d",
							   "--", "cat", NULL });
	for (int i = 0; i < MANY; i++)
		assert_int_equal(world_wait(w, pids[i]), 0);
	until_many(w, "server", 1);
	until_many(w, "keeper", MANY);
	int lines = 0;
	for (const char *p = cdo_ok(w, "ls", "-r", "-q", NULL); *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, MANY);
}

/* The next server is asked whether what the last one was told came to be. */
static void
a_session_is_made_once_whoever_is_killed(void **state)
{
	struct world *w = *state;
	pid_t pids[MANY], found[MANY * 2];

	cdo_ok(w, "ls", NULL);
	for (int i = 0; i < MANY; i++)
		pids[i] = world_start(w, (const char *[]){ "cdo", "new", "-d",
							   "--", "cat", NULL });
	for (int i = 0; i < MANY; i++) {
		size_t n = procs_find("server", found, MANY * 2);

		for (size_t j = 0; j < n; j++)
			kill(found[j], SIGKILL);
		assert_int_equal(world_wait(w, pids[i]), 0);
	}
	int lines = 0;
	for (const char *p = cdo_ok(w, "ls", "-q", NULL); *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, MANY);
	until_many(w, "keeper", MANY);
}

/* A server that waits for somebody to read its log has not begun to listen. */
static void
a_server_that_is_killed_as_it_starts_is_started_again(void **state)
{
	struct world *w = *state;
	pid_t server = 0;

	world_sh(w, "umask 077 && mkdir -p $CDO_STATE_DIR/log && "
		    "mkfifo $CDO_STATE_DIR/log/server.log");
	pid_t ls = world_start(w, (const char *[]){ "cdo", "ls", NULL });
	for (int i = 0; i < 3; i++) {
		until_another(w, "server", server);
		server = world_only(w, "server");
		kill(server, SIGKILL);
	}
	world_sh(w, "mv $CDO_STATE_DIR/log/server.log $CDO_STATE_DIR/pipe; "
		    "exec cat $CDO_STATE_DIR/pipe >/dev/null 2>&1 &");
	assert_int_equal(world_wait(w, ls), 0);
}

static void
a_dead_servers_socket_is_replaced(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "ls", NULL);
	kill(world_only(w, "server"), SIGKILL);
	world_until_none(w, "server");
	world_until_file(w, world_text(w, "%s/run/server.sock", w->dir));
	cdo_ok(w, "ls", NULL);
	world_only(w, "server");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_server_is_killed_and_nobody_notices),
		world_test(a_killed_server_forgets_no_finished_session),
		world_test(an_end_that_no_server_saw_is_told_later),
		world_test(the_custodian_is_killed_and_the_client_comes_back),
		world_test(a_full_screen_program_survives_the_custodian),
		world_test(custodians_are_killed_in_the_middle_of_a_flood),
		world_test(the_keeper_is_killed_and_the_session_goes_on),
		world_test(a_session_whose_processes_are_gone_is_lost),
		world_test(commands_at_once_start_one_server),
		world_test(sessions_started_at_once_are_all_there),
		world_test(a_session_is_made_once_whoever_is_killed),
		world_test(
			a_server_that_is_killed_as_it_starts_is_started_again),
		world_test(a_dead_servers_socket_is_replaced),
	};

	return world_run(tests);
}
