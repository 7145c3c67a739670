/* e2e/sessions.c - starting, listing, naming and forgetting sessions. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

static void
a_new_session_tells_its_name(void **state)
{
	struct world *w = *state;

	assert_string_equal(
		cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL),
		"work\n");
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "work\n");
}

static void
a_name_describes_what_runs_where(void **state)
{
	struct world *w = *state;
	char *api = world_dir(w, "api");

	world_script(w, "claude", "exec cat");
	assert_string_equal(cdo_ok(w, "new", "-d", "claude", api, NULL),
			    "claude-api\n");
	assert_string_equal(cdo_ok(w, "new", "-d", "shell", api, NULL),
			    "shell-api\n");
	assert_string_equal(cdo_ok(w, "new", "-d", "shell", api, NULL),
			    "shell-api-2\n");
	assert_string_equal(json_str(world_session(w, "claude-api"), "cwd"),
			    api);
}

static bool
has_reported(void *ctx)
{
	return world_number(ctx, "work", "custodian_pid") > 0;
}

static void
the_list_says_what_runs(void **state)
{
	struct world *w = *state;
	char *dir = world_dir(w, "api");

	cdo_ok(w, "new", "-d", "-n", "work", "-C", dir, "-l", "team=blue", "-s",
	       "100x30", "--", "sleep", "1000", NULL);
	world_until(w, "the custodian's report", has_reported, w);
	const struct json *s = world_session(w, "work");
	assert_string_equal(json_str(s, "status"), "running");
	assert_string_equal(json_str(s, "cwd"), dir);
	assert_string_equal(json_at_str(json_get(s, "command"), 0), "sleep");
	assert_string_equal(json_at_str(json_get(s, "command"), 1), "1000");
	assert_string_equal(json_str(json_get(s, "labels"), "team"), "blue");
	assert_int_equal(json_int(json_get(s, "size"), "cols", 0), 100);
	assert_int_equal(json_int(json_get(s, "size"), "rows", 0), 30);
	assert_int_equal(strlen(json_str(s, "id")), 8);
	assert_int_equal(json_int(s, "clients", -1), 0);
	assert_true(json_bool(s, "persistent", false));
	assert_true(procs_alive((pid_t)json_int(s, "pid", 0)));
	assert_true(procs_alive((pid_t)json_int(s, "custodian_pid", 0)));
	assert_non_null(json_str(s, "started"));
	assert_null(json_str(s, "ended"));
	const char *table = cdo_ok(w, "ls", NULL);
	assert_non_null(strstr(table, "NAME"));
	assert_non_null(strstr(table, "work"));
	assert_non_null(strstr(table, "P-"));
	assert_non_null(strstr(table, "sleep 1000"));
}

static void
a_narrow_list_shows_titles_too(void **state)
{
	struct world *w = *state;
	char *dir = world_dir(w, "a-directory-whose-name-is-rather-long");

	cdo_ok(w, "new", "-d", "-n", "work", "-C", dir, "--", "sh", "-c",
	       "printf '\\033]2;what it does\\033\\\\'; exec cat", NULL);
	struct term *t = term_cdo(w, 80, 24, "ls", "-w", NULL);
	term_until_text(t, "what it does");
	/* The others are cut, not gone. */
	assert_non_null(strstr(term_screen(t), "  sh -c pr"));
	kill(term_pid(t), SIGINT);
	term_end(t);
}

static void
an_empty_list_is_a_list(void **state)
{
	struct world *w = *state;

	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "");
	const char *text = cdo_ok(w, "ls", "--json", NULL);
	assert_non_null(strstr(text, "cdo.list/1"));
}

static void
finished_sessions_stay_until_cleared(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "good", "--", "true", NULL);
	cdo_ok(w, "new", "-d", "-n", "bad", "--", "sh", "-c", "exit 3", NULL);
	cdo_ok(w, "new", "-d", "-n", "shot", "--", "sh", "-c", "kill -9 $$",
	       NULL);
	cdo_ok(w, "new", "-d", "-n", "alive", "--", "cat", NULL);
	world_until_status(w, "good", "completed");
	world_until_status(w, "bad", "failed");
	world_until_status(w, "shot", "failed");
	assert_int_equal(world_number(w, "good", "exit_code"), 0);
	assert_int_equal(world_number(w, "bad", "exit_code"), 3);
	assert_non_null(json_str(world_session(w, "bad"), "ended"));
	assert_non_null(strstr(cdo_ok(w, "ls", NULL), "exit 3"));
	assert_string_equal(cdo_ok(w, "ls", "-r", "-q", NULL), "alive\n");
	assert_string_equal(
		cdo_ok(w, "ls", "-q", "--status", "completed", NULL), "good\n");
	cdo_ok(w, "clear", "bad", NULL);
	assert_null(world_session(w, "bad"));
	assert_non_null(world_session(w, "good"));
	cdo_ok(w, "clear", NULL);
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "alive\n");
}

static void
a_running_session_is_not_cleared(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL);
	struct result r = cdo(w, "clear", "work", NULL);
	assert_int_not_equal(r.status, 0);
	assert_non_null(strstr(r.err, "work"));
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "work\n");
}

static void
a_session_can_be_renamed_and_labelled(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "one", "--", "cat", NULL);
	cdo_ok(w, "new", "-d", "-n", "two", "--", "cat", NULL);
	cdo_ok(w, "rename", "one", "three", NULL);
	assert_null(world_session(w, "one"));
	assert_non_null(world_session(w, "three"));
	cdo_ok(w, "label", "three", "a=1", "b=2", NULL);
	cdo_ok(w, "label", "three", "a=", NULL);
	const struct json *labels =
		json_get(world_session(w, "three"), "labels");
	assert_null(json_str(labels, "a"));
	assert_string_equal(json_str(labels, "b"), "2");
	assert_string_equal(cdo_ok(w, "ls", "-q", "-l", "b=2", NULL),
			    "three\n");
	struct result r = cdo(w, "rename", "three", "two", NULL);
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "two"));
}

static void
a_session_is_found_by_id_and_by_prefix(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "first", "--", "cat", NULL);
	cdo_ok(w, "new", "-d", "-n", "final", "--", "cat", NULL);
	const char *id = json_str(world_session(w, "first"), "id");
	assert_non_null(strstr(cdo_ok(w, "info", id, NULL), "first"));
	assert_non_null(strstr(cdo_ok(w, "info", "fir", NULL), "first"));
	struct result r = cdo(w, "info", "fi", NULL);
	assert_int_equal(r.status, 6);
	assert_non_null(strstr(r.err, "first"));
	assert_non_null(strstr(r.err, "final"));
	assert_int_equal(cdo(w, "info", "nothing", NULL).status, 3);
}

static void
info_tells_everything(void **state)
{
	struct world *w = *state;
	char *why = NULL;

	cdo_ok(w, "new", "-d", "-n", "work", "-e", "COLOUR=blue", "--", "cat",
	       NULL);
	char *text = cdo_ok(w, "info", "--json", "work", NULL);
	struct json *info = json_parse(text, strlen(text), &why);
	assert_non_null(info);
	assert_string_equal(json_str(info, "name"), "work");
	assert_non_null(json_get(info, "env"));
	assert_non_null(strstr(text, "COLOUR"));
	assert_non_null(json_get(info, "protocol"));
	json_free(info);
}

static bool
has_captured(void *ctx)
{
	struct world *w = ctx;

	return strstr(cdo_ok(w, "capture", "work", NULL), "line 99") != NULL;
}

static void
capture_shows_the_screen_and_its_history(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "-s", "40x10", "--", "sh", "-c",
	       "for i in $(seq 99); do echo line $i; done; "
	       "printf '\\033[31mred\\033[0m'; exec cat",
	       NULL);
	world_until(w, "the last line", has_captured, w);
	assert_null(strstr(cdo_ok(w, "capture", "work", NULL), "line 50\n"));
	const char *all = cdo_ok(w, "capture", "--history", "work", NULL);
	assert_non_null(strstr(all, "line 1\nline 2\n"));
	assert_non_null(strstr(all, "line 99\nred"));
	assert_non_null(
		strstr(cdo_ok(w, "capture", "--ansi", "work", NULL), "31mred"));
	assert_non_null(strstr(cdo_ok(w, "capture", "--json", "work", NULL),
			       "cdo.capture/1"));
}

static bool
has_written(void *ctx)
{
	struct world *w = ctx;

	return strstr(cdo_ok(w, "capture", "work", NULL), "that is all") !=
	       NULL;
}

static void
the_environment_is_the_callers_less_the_markers(void **state)
{
	struct world *w = *state;

	world_set(w, "MINE", "here");
	world_set(w, "TMUX", "/tmp/tmux,1,2");
	world_set(w, "STY", "1.screen");
	world_set(w, "CLAUDECODE", "1");
	cdo_ok(w, "new", "-d", "-n", "work", "-s", "80x40", "-e", "GIVEN=too",
	       "--", "sh", "-c",
	       "echo mine=$MINE given=$GIVEN; echo tmux=$TMUX sty=$STY; "
	       "echo agent=$CLAUDECODE; "
	       "echo $CDO_NAME $TERM $COLORTERM $TERM_PROGRAM; "
	       "test -S $CDO && echo socket; test -n $CDO_SESSION && echo id; "
	       "echo that is all; exec cat",
	       NULL);
	world_until(w, "the variables", has_written, w);
	assert_string_equal(cdo_ok(w, "capture", "work", NULL),
			    "mine=here given=too\ntmux= sty=\nagent=\n"
			    "work xterm-256color truecolor cdo\n"
			    "socket\nid\nthat is all\n");
}

static void
two_agents_do_not_share_a_directory_unasked(void **state)
{
	struct world *w = *state;
	char *dir = world_dir(w, "api");

	world_script(w, "claude", "exec cat");
	world_script(w, "codex", "exec cat");
	cdo_ok(w, "new", "-d", "claude", dir, NULL);
	struct result r = cdo(w, "new", "-d", "codex", dir, NULL);
	assert_int_equal(r.status, 125);
	assert_non_null(strstr(r.err, "claude-api"));
	assert_non_null(strstr(r.err, "--share"));
	/* The same directory by another name is the same. */
	world_sh(w, world_text(w, "ln -s %s %s/link", dir, w->dir));
	r = cdo(w, "new", "-d", "codex", world_text(w, "%s/link", w->dir),
		NULL);
	assert_int_equal(r.status, 125);
	cdo_ok(w, "new", "-d", "shell", dir, NULL);
	cdo_ok(w, "new", "-d", "--share", "codex", dir, NULL);
	cdo_ok(w, "stop", "claude-api", "codex-api", NULL);
	cdo_ok(w, "new", "-d", "-n", "again", "codex", dir, NULL);
}

static void
every_command_has_help(void **state)
{
	static const char *const commands[] = {
		"new",	   "attach", "detach", "ls",	 "info",
		"capture", "stop",   "clear",  "rename", "label",
		"server",  "config", "help",
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const char *text = cdo_ok(w, commands[i], "--help", NULL);
		assert_non_null(strstr(text, commands[i]));
		assert_non_null(strstr(cdo_ok(w, "help", NULL), commands[i]));
	}
	assert_non_null(strstr(cdo_ok(w, "--version", NULL), "cdo"));
	/* None of that needs a server. */
	pid_t pid;
	assert_int_equal(procs_find("server", &pid, 1), 0);
}

static void
the_configuration_is_checked_and_shown(void **state)
{
	struct world *w = *state;

	world_file(w, "cdo.conf", "prefix = C-a\n");
	cdo_ok(w, "config", "check", NULL);
	assert_non_null(strstr(cdo_ok(w, "config", "path", NULL), "cdo.conf"));
	assert_non_null(strstr(cdo_ok(w, "config", "show", NULL), "C-a"));
}

static void
nothing_is_left_when_everything_was_stopped(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "--", "cat", NULL);
	cdo_ok(w, "new", "-d", "--", "sleep", "1000", NULL);
	cdo_ok(w, "server", "stop", "--sessions", "-y", NULL);
	world_until_none(w, NULL);
	/* Also when no server knows them at the moment. */
	cdo_ok(w, "new", "-d", "--", "cat", NULL);
	cdo_ok(w, "server", "stop", NULL);
	cdo_ok(w, "server", "stop", "--sessions", "-y", NULL);
	world_until_none(w, NULL);
}

static void
the_server_stops_and_the_sessions_run_on(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "cat", NULL);
	long pid = world_number(w, "work", "pid");
	struct result r = cdo(w, "server", "stop", NULL);
	assert_int_equal(r.status, 0);
	assert_int_not_equal(strlen(r.out) + strlen(r.err), 0);
	world_until_none(w, "server");
	assert_true(procs_alive((pid_t)pid));
	/* The next command finds them again. */
	assert_int_equal(world_number(w, "work", "pid"), pid);
	world_only(w, "server");
}

static void
a_session_can_be_bound_to_the_server(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "bound", "--no-persist", "--", "cat",
	       NULL);
	cdo_ok(w, "new", "-d", "-n", "free", "--", "cat", NULL);
	assert_false(json_bool(world_session(w, "bound"), "persistent", true));
	long bound = world_number(w, "bound", "pid");
	long unbound = world_number(w, "free", "pid");
	cdo_ok(w, "server", "stop", NULL);
	world_until_gone(w, (pid_t)bound);
	assert_true(procs_alive((pid_t)unbound));
}

static void
the_server_tells_how_it_is(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "server", "start", NULL);
	pid_t pid = world_only(w, "server");
	assert_non_null(strstr(cdo_ok(w, "server", "status", NULL),
			       world_text(w, "%ld", (long)pid)));
	cdo_ok(w, "server", "restart", NULL);
	world_until_gone(w, pid);
	cdo_ok(w, "server", "reload", NULL);
	world_only(w, "server");
}

static void
scripts_get_JSON_of_what_they_start(void **state)
{
	struct world *w = *state;
	char *why = NULL;
	char *text = cdo_ok(w, "new", "-d", "--json", "--", "cat", NULL);
	struct json *s = json_parse(text, strlen(text), &why);

	assert_non_null(s);
	assert_string_equal(
		json_str(world_session(w, json_str(s, "name")), "id"),
		json_str(s, "id"));
	json_free(s);
}

static void
the_list_can_be_watched(void **state)
{
	struct world *w = *state;
	struct term *t = term_cdo(w, 100, 24, "ls", "-w", NULL);

	term_until_text(t, "no sessions");
	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c", "read x; exit 3",
	       NULL);
	term_until_text(t, "work");
	term_until_text(t, "running");
	cdo_ok(w, "stop", "work", NULL);
	term_until_text(t, "stopped");
	kill(term_pid(t), SIGINT);
	term_end(t);
	term_assert_clean(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_new_session_tells_its_name),
		world_test(a_name_describes_what_runs_where),
		world_test(the_list_says_what_runs),
		world_test(a_narrow_list_shows_titles_too),
		world_test(an_empty_list_is_a_list),
		world_test(finished_sessions_stay_until_cleared),
		world_test(a_running_session_is_not_cleared),
		world_test(a_session_can_be_renamed_and_labelled),
		world_test(a_session_is_found_by_id_and_by_prefix),
		world_test(info_tells_everything),
		world_test(capture_shows_the_screen_and_its_history),
		world_test(the_environment_is_the_callers_less_the_markers),
		world_test(two_agents_do_not_share_a_directory_unasked),
		world_test(every_command_has_help),
		world_test(the_configuration_is_checked_and_shown),
		world_test(nothing_is_left_when_everything_was_stopped),
		world_test(the_server_stops_and_the_sessions_run_on),
		world_test(a_session_can_be_bound_to_the_server),
		world_test(the_server_tells_how_it_is),
		world_test(scripts_get_JSON_of_what_they_start),
		world_test(the_list_can_be_watched),
	};

	return world_run(tests);
}
