/* e2e/again.c - what has finished, or was lost, runs again. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* Waits in the session until the test makes the file. */
static char *
until_file(struct world *w, const char *name)
{
	return world_text(w, "until [ -e %s/%s ]; do sleep 0.01; done", w->dir,
			  name);
}

static void
kill_all(const char *role)
{
	pid_t pids[8];
	size_t n = procs_find(role, pids, 8);

	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
}

static char *
captured(struct world *w, const char *name)
{
	return cdo_ok(w, "capture", "--history", name, NULL);
}

static const char *
text(struct world *w, const char *name, const char *field)
{
	return json_str(world_session(w, name), field);
}

static void
a_finished_session_runs_again_in_its_place(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "-e", "WHO=me", "-l", "a=b", "--",
	       "sh", "-c", "seq 60; echo $WHO; exit 3", NULL);
	world_until_status(w, "work", "failed");
	char *id = world_text(w, "%s", text(w, "work", "id"));
	char *first = captured(w, "work");
	cdo_ok(w, "restart", "work", NULL);
	world_until_status(w, "work", "failed");
	assert_string_equal(text(w, "work", "id"), id);
	assert_string_equal(
		json_str(json_get(world_session(w, "work"), "labels"), "a"),
		"b");
	/* All of the first run, a line, and all of the second. */
	char *all = captured(w, "work");
	assert_int_equal(strncmp(all, first, strlen(first)), 0);
	assert_non_null(strstr(all + strlen(first), "[work: runs again since"));
	const char *line = strchr(all + strlen(first), '\n');
	assert_string_equal(line + 1, first);
	char *logs = cdo_ok(w, "logs", "work", NULL);
	assert_non_null(strstr(logs, "me\n[work: runs again since"));
	assert_string_equal(cdo_ok(w, "logs", "-n", "2", "work", NULL),
			    "60\nme\n");
}

static void
what_its_program_had_set_is_undone_for_the_next(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       world_text(w,
			  "echo below; [ -e %s/go ] && exec cat; "
			  "printf '\\033[?1049h\\033[?25l\\033[41mALT'",
			  w->dir),
	       NULL);
	world_until_status(w, "work", "completed");
	world_file(w, "go", "");
	cdo_ok(w, "restart", "work", NULL);
	struct term *t = term_attach(w, "work");
	term_until_text(t, "runs again since");
	term_until_last(t, "below");
	assert_false(term_alternate(t));
	assert_null(strstr(term_screen(t), "ALT"));
}

static void
a_session_that_runs_is_not_restarted(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	long pid = world_number(w, "work", "pid");
	struct result r = cdo(w, "restart", "work", NULL);
	assert_int_equal(r.status, 1);
	assert_string_equal(r.err, "cdo: cannot restart 'work': it is running; "
				   "`cdo stop work` ends it\n");
	assert_int_equal(world_number(w, "work", "pid"), pid);
}

static void
what_cannot_be_run_again_stays_as_it_was(void **state)
{
	struct world *w = *state;

	world_script(w, "tool", "exit 4\n");
	cdo_ok(w, "new", "-d", "-n", "work", "--", "tool", NULL);
	world_until_status(w, "work", "failed");
	world_sh(w, world_text(w, "rm %s/bin/tool", w->dir));
	struct result r = cdo(w, "restart", "work", NULL);
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "command not found"));
	assert_int_equal(world_number(w, "work", "exit_code"), 4);
	kill_all("server");
	world_until_none(w, "server");
	assert_int_equal(world_number(w, "work", "exit_code"), 4);
}

/* As if the server was killed between the two steps of it. */
static void
a_restart_that_was_cut_short_changes_nothing(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c", "exit 4", NULL);
	world_until_status(w, "work", "failed");
	char *id = world_text(w, "%s", text(w, "work", "id"));
	cdo_ok(w, "server", "stop", NULL);
	world_sh(w, world_text(w,
			       "cd $CDO_STATE_DIR/sessions/%s && "
			       "mv exit.json exit.old",
			       id));
	world_until_status(w, "work", "failed");
	assert_int_equal(world_number(w, "work", "exit_code"), 4);
	cdo_ok(w, "restart", "work", NULL);
	world_until_status(w, "work", "failed");
	world_sh(w,
		 world_text(w, "! [ -e $CDO_STATE_DIR/sessions/%s/exit.old ]",
			    id));
}

static bool
has_run_again(void *w)
{
	const char *line =
		strstr(captured(w, "work"), "[work: runs again since");

	return line != NULL && strstr(line, "\n59\n60\n") != NULL;
}

static void
a_lost_session_is_readable_and_runs_again(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "seq 60; exec cat", NULL);
	struct term *t = term_attach(w, "work");
	term_until_text(t, "60");
	/* What is older than a second is on the disk. */
	while (!strstr(cdo_ok(w, "logs", "work", NULL), "60"))
		world_pump(w, 20);
	kill_all("keeper");
	kill_all("custodian");
	world_until_status(w, "work", "lost");
	assert_string_equal(text(w, "work", "reason"),
			    "its processes were killed");
	assert_non_null(strstr(captured(w, "work"), "\n2\n3\n"));
	assert_non_null(strstr(cdo_ok(w, "export", "work", NULL), "60"));
	/* The next server knows no better. */
	kill_all("server");
	world_until_none(w, "server");
	assert_string_equal(text(w, "work", "status"), "lost");
	cdo_ok(w, "restart", "--all", "--lost", NULL);
	world_until(w, "the second run's lines", has_run_again, w);
	char *all = captured(w, "work");
	const char *line = strstr(all, "[work: runs again since");
	assert_true(strstr(all, "\n59\n60\n") < line);
}

static void
an_agent_goes_on_where_it_left_off(void **state)
{
	struct world *w = *state;

	world_script(w, "claude", "echo run: \"$@\"\n");
	cdo_ok(w, "new", "-d", "-n", "api", "claude", "--", "--model", "x",
	       NULL);
	world_until_status(w, "api", "completed");
	assert_non_null(strstr(captured(w, "api"), "run: --model x\n"));
	cdo_ok(w, "restart", "api", NULL);
	world_until_status(w, "api", "completed");
	assert_non_null(
		strstr(captured(w, "api"), "run: --continue --model x\n"));
	/* Also the third time. */
	cdo_ok(w, "new", "-d", "-A", "-n", "api", NULL);
	world_until_status(w, "api", "completed");
	assert_null(strstr(captured(w, "api"), "--continue --continue"));
}

/* The hook that the manual and data/claude-settings.json have. */
static char *
hook(struct world *w)
{
	const char *top = getenv("CDO_TOP_SRCDIR");
	char *path = world_text(w, "%s/data/claude-settings.json",
				top != NULL ? top : "."),
	     *why = NULL;
	struct buf b = { 0 };

	assert_int_equal(io_slurp(path, 1 << 20, &b), 0);
	struct json *all = json_parse(b.data, b.len, &why);
	buf_release(&b);
	assert_non_null(all);
	const struct json *start =
		json_at(json_get(json_get(all, "hooks"), "SessionStart"), 0);
	char *command = world_text(
		w, "%s",
		json_str(json_at(json_get(start, "hooks"), 0), "command"));
	json_free(all);
	return command;
}

static void
an_agents_hook_names_its_conversation(void **state)
{
	struct world *w = *state;

	world_script(w, "hook", hook(w));
	world_script(w, "claude",
		     "echo run: \"$@\"\n"
		     "echo '{\"session_id\":\"1f3c-77\",\"cwd\":\"/\","
		     "\"hook_event_name\":\"SessionStart\"}' | hook\n");
	cdo_ok(w, "new", "-d", "-n", "api", "claude", "--", "--model", "x",
	       NULL);
	world_until_status(w, "api", "completed");
	cdo_ok(w, "restart", "api", NULL);
	world_until_status(w, "api", "completed");
	assert_non_null(strstr(captured(w, "api"),
			       "run: --resume 1f3c-77 --model x\n"));
	/* Outside of a session it does nothing. */
	world_sh(w, "echo '{}' | hook");
}

static void
a_failure_is_started_again_by_itself(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--restart=on-failure", "--", "sh",
	       "-c",
	       world_text(w, "echo x >> %s/runs; [ $(wc -l < %s/runs) = 3 ]",
			  w->dir, w->dir),
	       NULL);
	world_until_status(w, "work", "completed");
	world_sh(w, world_text(w, "[ $(wc -l < %s/runs) = 3 ]", w->dir));
}

static void
a_killed_server_takes_it_up_again(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--restart=always", "--", "sh",
	       "-c", until_file(w, "go"), NULL);
	cdo_ok(w, "server", "stop", NULL);
	world_until_none(w, "server");
	world_file(w, "go", "");
	world_until_none(w, "custodian");
	world_sh(w, world_text(w, "rm %s/go", w->dir));
	world_until_status(w, "work", "running");
}

static void
what_was_lost_with_its_server_is_started_again(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--restart=on-failure",
	       "--no-persist", "--", "cat", NULL);
	long pid = world_number(w, "work", "pid");
	pid_t pids[2];
	size_t n = procs_find("server", pids, 2);
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGSTOP);
	kill_all("keeper");
	kill_all("custodian");
	kill_all("server");
	world_until_none(w, NULL);
	world_until_status(w, "work", "running");
	assert_int_not_equal(world_number(w, "work", "pid"), pid);
	/* It is what it was. */
	assert_false(json_bool(world_session(w, "work"), "persistent", true));
}

/* Another boot's record, as after the machine was restarted. */
static void
a_reboot_is_named_and_revives_nothing_unasked(void **state)
{
	struct world *w = *state;

	if (access("/proc/sys/kernel/random/boot_id", R_OK) != 0)
		world_skip("no boot has an id here");
	cdo_ok(w, "new", "-d", "-n", "one", "--", "cat", NULL);
	cdo_ok(w, "new", "-d", "-n", "two", "--restart=always", "--", "cat",
	       NULL);
	cdo_ok(w, "new", "-d", "-n", "three", "--restart=always", "--", "cat",
	       NULL);
	cdo_ok(w, "stop", "three", NULL);
	cdo_ok(w, "server", "stop", NULL);
	kill_all("keeper");
	kill_all("custodian");
	world_until_none(w, NULL);
	world_sh(w, world_text(w,
			       "sed -i 's/\"boot\": *\"[^\"]*\"/\"boot\": "
			       "\"earlier\"/' %s/state/sessions/*/meta.json",
			       w->dir));
	world_until_status(w, "one", "lost");
	assert_string_equal(text(w, "one", "reason"),
			    "the machine was restarted");
	world_until_status(w, "two", "running");
	assert_string_equal(text(w, "one", "status"), "lost");
	assert_string_equal(text(w, "three", "status"), "stopped");
}

static void
always_never_revives_what_a_person_stopped(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--restart=always", "--", "cat",
	       NULL);
	cdo_ok(w, "new", "-d", "-n", "other", "--restart=always", "--", "false",
	       NULL);
	cdo_ok(w, "stop", "work", NULL);
	assert_string_equal(text(w, "work", "status"), "stopped");
	assert_null(text(w, "work", "again"));
	/* It fails at once, so that it mostly waits. */
	while (strcmp(text(w, "other", "status"), "stopped") != 0)
		cdo(w, "stop", "other", NULL);
	assert_null(text(w, "other", "again"));
}

static void
stopping_all_stops_those_that_wait_as_well(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--restart=always", "--", "false",
	       NULL);
	while (strcmp(text(w, "work", "status"), "stopped") != 0)
		cdo(w, "stop", "--all", "-y", NULL);
	assert_null(text(w, "work", "again"));

	cdo_ok(w, "new", "-d", "-n", "other", "--restart=always", "--", "false",
	       NULL);
	while (strcmp(text(w, "other", "status"), "stopped") != 0)
		cdo(w, "server", "stop", "--sessions", "-y", NULL);
	assert_null(text(w, "other", "again"));
}

/* --- what is kept, and for how long --- */

static void
what_has_finished_long_ago_is_cleared(void **state)
{
	struct world *w = *state;

	world_file(w, "cdo.conf", "keep-finished = 300ms\n");
	cdo_ok(w, "new", "-d", "-n", "old", "--", "true", NULL);
	cdo_ok(w, "new", "-d", "-n", "alive", "--", "cat", NULL);
	char *dir = world_text(w, "%s", text(w, "old", "id"));
	world_until_status(w, "old", NULL);
	assert_int_not_equal(
		access(world_text(w, "%s/state/sessions/%s", w->dir, dir),
		       F_OK),
		0);
	assert_string_equal(text(w, "alive", "status"), "running");
	/* A server that starts later finds what is due. */
	world_file(w, "cdo.conf", "keep-finished = 0\n");
	cdo_ok(w, "server", "reload", NULL);
	cdo_ok(w, "stop", "alive", NULL);
	assert_string_equal(text(w, "alive", "status"), "stopped");
	cdo_ok(w, "server", "stop", NULL);
	world_file(w, "cdo.conf", "keep-finished = 1ms\n");
	world_until_status(w, "alive", NULL);
}

static void
a_damaged_record_takes_no_other_with_it(void **state)
{
	struct world *w = *state;
	static const char *const junk[] = { "", "{", "[]", "\\0\\0\\377",
					    "{\"name\": 7}" };

	cdo_ok(w, "new", "-d", "-n", "good", "--", "true", NULL);
	cdo_ok(w, "new", "-d", "-n", "bad", "--", "sh", "-c", "exit 2", NULL);
	world_until_status(w, "good", "completed");
	world_until_status(w, "bad", "failed");
	char *id = world_text(w, "%s", text(w, "bad", "id"));
	for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
		cdo_ok(w, "server", "stop", NULL);
		world_sh(w, world_text(w,
				       "cd %s/state/sessions/%s; for f in "
				       "exit.json last.vt; do printf '%s' > "
				       "$f; done",
				       w->dir, id, junk[i]));
		/* Nobody knows how it ended. */
		assert_non_null(world_session(w, "bad"));
		cdo(w, "capture", "bad", NULL);
		assert_string_equal(text(w, "good", "status"), "completed");
	}
	cdo_ok(w, "restart", "bad", NULL);
	world_until_status(w, "bad", "failed");
	assert_int_equal(world_number(w, "bad", "exit_code"), 2);
	world_until_none(w, "custodian"); /* which knows what it keeps */
	for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
		cdo_ok(w, "server", "stop", NULL);
		world_sh(w, world_text(w,
				       "printf '%s' > "
				       "%s/state/sessions/%s/meta.json",
				       junk[i], w->dir, id));
		assert_null(world_session(w, "bad"));
		assert_string_equal(text(w, "good", "status"), "completed");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_finished_session_runs_again_in_its_place),
		world_test(what_its_program_had_set_is_undone_for_the_next),
		world_test(a_session_that_runs_is_not_restarted),
		world_test(what_cannot_be_run_again_stays_as_it_was),
		world_test(a_restart_that_was_cut_short_changes_nothing),
		world_test(a_lost_session_is_readable_and_runs_again),
		world_test(an_agent_goes_on_where_it_left_off),
		world_test(an_agents_hook_names_its_conversation),
		world_test(a_failure_is_started_again_by_itself),
		world_test(a_killed_server_takes_it_up_again),
		world_test(what_was_lost_with_its_server_is_started_again),
		world_test(a_reboot_is_named_and_revives_nothing_unasked),
		world_test(always_never_revives_what_a_person_stopped),
		world_test(stopping_all_stops_those_that_wait_as_well),
		world_test(what_has_finished_long_ago_is_cleared),
		world_test(a_damaged_record_takes_no_other_with_it),
	};

	return world_run(tests);
}
