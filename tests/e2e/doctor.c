/* e2e/doctor.c - what is right and wrong on this host is told. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

static void
release(void *p)
{
	json_free(p);
}

/* The worst row of this id, of what was printed. */
static const struct json *
row(struct world *w, const char *out, const char *id)
{
	static const char *const levels[] = { "error", "warning", "info",
					      "ok" };
	char *why = NULL;
	struct json *obj = json_parse(out, strlen(out), &why);

	assert_non_null(obj);
	world_keep(w, obj, release);
	assert_string_equal(json_str(obj, "schema"), "cdo.doctor/1");
	const struct json *rows = json_get(obj, "checks");
	for (size_t l = 0; l < 4; l++)
		for (size_t i = 0; i < json_count(rows); i++) {
			const struct json *r = json_at(rows, i);

			assert_non_null(json_str(r, "text"));
			if (strcmp(json_str(r, "id"), id) == 0 &&
			    strcmp(json_str(r, "level"), levels[l]) == 0)
				return r;
		}
	return NULL;
}

static const char *
level(struct world *w, const char *id)
{
	struct result r = cdo(w, "doctor", "--json", NULL);
	const struct json *found = row(w, r.out, id);

	return found == NULL ? "" : json_str(found, "level");
}

static void
a_healthy_host_has_no_errors_and_no_server_is_started(void **state)
{
	struct world *w = *state;
	pid_t pid;

	cdo_ok(w, "doctor", NULL);
	assert_string_equal(level(w, "version"), "ok");
	assert_string_equal(level(w, "server"), "info");
	assert_int_equal(procs_find("server", &pid, 1), 0);
	world_shell(w, "work");
	assert_string_equal(level(w, "server"), "ok");
	assert_string_equal(level(w, "persistent"), "ok");
	assert_string_equal(level(w, "sessions"), "ok");
	assert_string_equal(level(w, "runtime"), "ok");
	assert_string_equal(level(w, "state"), "ok");
}

static void
what_is_wrong_has_a_row_and_a_cure(void **state)
{
	struct world *w = *state;
	pid_t pids[4];

	world_file(w, "cdo.conf", "prefx = C-a\n");
	assert_string_equal(level(w, "config"), "error");
	assert_int_equal(cdo(w, "doctor", NULL).status, 1);
	world_file(w, "cdo.conf", "");

	world_shell(w, "work");
	size_t n = procs_find("keeper", pids, 4);
	n += procs_find("custodian", pids + n, 4 - n);
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	world_until_status(w, "work", "lost");
	assert_string_equal(level(w, "lost"), "warning");
	assert_non_null(
		strstr(cdo_ok(w, "doctor", NULL), "cdo restart --all --lost"));

	cdo_ok(w, "server", "stop", NULL);
	chmod(world_text(w, "%s/run", w->dir), 0755);
	assert_string_equal(level(w, "runtime"), "error");
}

static void
a_server_of_sessions_that_end_with_it_says_so(void **state)
{
	struct world *w = *state;

	world_set(w, "CDO_PERSISTENT_SESSIONS", "0");
	cdo_ok(w, "server", "start", NULL);
	world_set(w, "CDO_PERSISTENT_SESSIONS", NULL);
	assert_string_equal(level(w, "persistent"), "warning");
}

static void
agents_are_looked_for_on_PATH(void **state)
{
	struct world *w = *state;

	world_script(w, "claude", "true\n");
	char *out = cdo_ok(w, "doctor", NULL);
	assert_non_null(
		strstr(out, world_text(w, "claude is %s/bin/claude", w->dir)));
}

/* Stand-ins for what systemd says. */
static void
what_logind_would_kill_is_told(void **state)
{
	struct world *w = *state;

	world_script(w, "loginctl",
		     "case $* in *Linger*) echo no;; *) echo yes;; esac\n");
	assert_string_equal(level(w, "systemd"), "warning");
	assert_non_null(strstr(cdo_ok(w, "doctor", NULL), "enable-linger"));
	world_script(w, "loginctl", "echo yes\n");
	assert_string_equal(level(w, "systemd"), "ok");
	world_script(w, "loginctl", "exit 1\n");
	assert_string_equal(level(w, "systemd"), "info");
}

static void
a_terminal_is_asked_what_it_can(void **state)
{
	struct world *w = *state;
	struct term *t = term_cdo(w, 100, 40, "doctor", NULL);

	term_until_text(t, "TERM is xterm-256color");
	assert_int_equal(term_end(t), 0);
}

static void
the_proof_survives_and_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct result r = cdo(w, "doctor", "--prove", "--json", NULL);
	static const char *const ids[] = { "start", "kill-server",
					   "kill-custodian", "attach" };

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		const struct json *found = row(w, r.out, ids[i]);

		assert_non_null(found);
		if (strcmp(json_str(found, "level"), "ok") != 0)
			fail_msg("%s", json_str(found, "text"));
	}
	assert_int_equal(r.status, 0);
	world_until_none(w, NULL);
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(
			a_healthy_host_has_no_errors_and_no_server_is_started),
		world_test(what_is_wrong_has_a_row_and_a_cure),
		world_test(a_server_of_sessions_that_end_with_it_says_so),
		world_test(agents_are_looked_for_on_PATH),
		world_test(what_logind_would_kill_is_told),
		world_test(a_terminal_is_asked_what_it_can),
		world_test(the_proof_survives_and_leaves_nothing),
	};

	return world_run(tests);
}
