/* e2e/bound.c - a session that is not persistent ends with its server. */
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

static void
kill_all(const char *role, int signum)
{
	pid_t pids[8];
	size_t n = procs_find(role, pids, 8);

	for (size_t i = 0; i < n; i++)
		kill(pids[i], signum);
}

static bool
persistent(struct world *w, const char *name)
{
	return json_bool(world_session(w, name), "persistent", false);
}

/* Ends the server so, and one of the two sessions with it. */
static void
ends_with(struct world *w, int signum)
{
	cdo_ok(w, "new", "-d", "-n", "bound", "--no-persist", "--", "cat",
	       NULL);
	cdo_ok(w, "new", "-d", "-n", "free", "--", "cat", NULL);
	assert_false(persistent(w, "bound"));
	assert_true(persistent(w, "free"));
	assert_non_null(strstr(cdo_ok(w, "ls", NULL), " P-"));
	assert_non_null(strstr(cdo_ok(w, "ls", NULL), " --"));
	long pid = world_number(w, "bound", "pid");
	if (signum == 0)
		cdo_ok(w, "server", "stop", NULL);
	else
		kill_all("server", signum);
	world_until_gone(w, (pid_t)pid);
	world_until_status(w, "bound", "stopped");
	world_until_status(w, "free", "running");
}

static void
it_ends_when_the_server_is_stopped(void **state)
{
	ends_with(*state, 0);
}

static void
it_ends_when_the_server_is_killed(void **state)
{
	ends_with(*state, SIGKILL);
}

static void
it_ends_when_the_server_crashes(void **state)
{
	ends_with(*state, SIGSEGV);
}

static void
it_ends_when_server_and_custodian_are_killed_together(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "bound", "--no-persist", "--", "cat",
	       NULL);
	long pid = world_number(w, "bound", "pid");
	pid_t custodian = world_only(w, "custodian");
	kill_all("server", SIGSTOP);
	kill(custodian, SIGKILL);
	kill_all("server", SIGKILL);
	world_until_gone(w, (pid_t)pid);
	world_until_none(w, NULL);
	world_until_status(w, "bound", "stopped");
}

static void
the_callers_word_counts_before_the_servers(void **state)
{
	struct world *w = *state;

	world_set(w, "CDO_PERSISTENT_SESSIONS", "0");
	cdo_ok(w, "server", "start", NULL);
	cdo_ok(w, "new", "-d", "-n", "one", "--", "cat", NULL);
	assert_false(persistent(w, "one"));
	world_set(w, "CDO_PERSISTENT_SESSIONS", NULL);
	cdo_ok(w, "new", "-d", "-n", "two", "--", "cat", NULL);
	assert_false(persistent(w, "two"));
	world_set(w, "CDO_PERSISTENT_SESSIONS", "1");
	cdo_ok(w, "new", "-d", "-n", "three", "--", "cat", NULL);
	assert_true(persistent(w, "three"));
	assert_non_null(strstr(cdo_ok(w, "server", "status", NULL), "no"));
	assert_non_null(strstr(cdo_ok(w, "server", "status", "--json", NULL),
			       "\"persistent\":false"));
	cdo_ok(w, "server", "stop", NULL);
	world_until_status(w, "two", "stopped");
	world_until_status(w, "three", "running");
}

/* --- what it held is free --- */

static struct result
agent(struct world *w, const char *name)
{
	return cdo(w, "new", "-d", "-n", name, "claude", NULL);
}

static void
a_directory_is_free_however_its_holder_ended(void **state)
{
	struct world *w = *state;

	world_script(w, "claude", "exec cat\n");
	assert_int_equal(agent(w, "one").status, 0);
	assert_int_equal(agent(w, "no").status, 125);
	cdo_ok(w, "stop", "one", NULL);
	/* Its program is killed. */
	assert_int_equal(agent(w, "two").status, 0);
	kill((pid_t)world_number(w, "two", "pid"), SIGKILL);
	world_until_status(w, "two", "failed");
	/* Keeper and custodian are: it is lost. */
	assert_int_equal(agent(w, "three").status, 0);
	kill_all("keeper", SIGKILL);
	kill_all("custodian", SIGKILL);
	world_until_status(w, "three", "lost");
	/* Everything is, at once. */
	assert_int_equal(agent(w, "four").status, 0);
	kill_all("server", SIGSTOP);
	kill_all("keeper", SIGKILL);
	kill_all("custodian", SIGKILL);
	kill_all("server", SIGKILL);
	world_until_none(w, NULL);
	assert_int_equal(agent(w, "five").status, 0);
	assert_int_equal(agent(w, "no").status, 125);
	/* And held again by what runs again. */
	cdo_ok(w, "stop", "five", NULL);
	cdo_ok(w, "restart", "one", NULL);
	struct result r = cdo(w, "restart", "two", NULL);
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "'one' is already at work in"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(it_ends_when_the_server_is_stopped),
		world_test(it_ends_when_the_server_is_killed),
		world_test(it_ends_when_the_server_crashes),
		world_test(
			it_ends_when_server_and_custodian_are_killed_together),
		world_test(the_callers_word_counts_before_the_servers),
		world_test(a_directory_is_free_however_its_holder_ended),
	};

	return world_run(tests);
}
