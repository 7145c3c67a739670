/* e2e/ssh.c - sessions of another machine, through a real ssh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/sshd.h"
#include "e2e/term.h"
#include "e2e/world.h"

static void
all_commands_go_there(void **state)
{
	struct world *w = *state;

	sshd_start(w);
	cdo_ok(w, "-H", "ssh:box", "new", "-d", "-n", "work", "cat", NULL);
	cdo_ok(w, "new", "-H", "ssh:box", "-d", "-n", "done", "--", "sh", "-c",
	       "echo bye; exit 3", NULL);
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "");
	assert_string_equal(cdo_ok(w, "ls", "-rq", "--host=ssh:box", NULL),
			    "work\n");
	cdo_ok(w, "rename", "ssh:box/work", "tool", NULL);
	cdo_ok(w, "label", "ssh:box/tool", "k=v", NULL);
	assert_non_null(
		strstr(cdo_ok(w, "info", "ssh:box/tool", "--json", NULL),
		       "\"ssh:box\""));
	assert_string_equal(cdo_ok(w, "capture", "ssh:box/done", NULL),
			    "bye\n");
	assert_string_equal(cdo_ok(w, "logs", "ssh:box/done", NULL), "bye\n");
	assert_non_null(strstr(cdo_ok(w, "export", "ssh:box/done", NULL),
			       "\"version\": 2"));
	struct term *t = term_cdo(w, 80, 24, "attach", "ssh:box/done", NULL);
	term_until_text(t, "bye\n[done: exit 3]");
	assert_int_equal(term_end(t), 0);
	cdo_ok(w, "stop", "ssh:box/tool", NULL);
	cdo_ok(w, "clear", "ssh:box/tool", "ssh:box/done", NULL);
	assert_string_equal(cdo_ok(w, "ls", "-q", "-H", "ssh:box", NULL), "");
	/* Nothing of all this was here. */
	assert_string_equal(cdo_ok(w, "ls", "-q", NULL), "");
}

static void
a_session_there_knows_only_the_terminal(void **state)
{
	struct world *w = *state;

	sshd_start(w);
	world_set(w, "LD_LIBRARY_PATH", "/nowhere");
	world_set(w, "LC_TIME", "C.UTF-8");
	cdo_ok(w, "-H", "ssh:box", "new", "-d", "-n", "env", "-l", "a=b", "-e",
	       "GIVEN=yes", "--", "sh", "-c", "env; pwd; read x", NULL);
	char *out = cdo_ok(w, "logs", "ssh:box/env", NULL);
	assert_null(strstr(out, "LD_LIBRARY_PATH"));
	cdo_ok(w, "stop", "ssh:box/env", NULL);
	out = cdo_ok(w, "logs", "ssh:box/env", NULL);
	assert_null(strstr(out, "/nowhere"));
	assert_non_null(strstr(out, "LC_TIME=C.UTF-8\n"));
	assert_non_null(strstr(out, "GIVEN=yes\n"));
	assert_non_null(strstr(out, "\nPATH="));
}

static void
what_is_not_there_is_said(void **state)
{
	struct world *w = *state;
	struct result r;

	r = cdo(w, "capture", "desk/work", NULL);
	assert_int_equal(r.status, 3);
	assert_string_equal(r.err, "cdo: cannot reach 'desk': no such host\n");
	r = cdo(w, "ls", "-H", "ssh:-oProxyCommand=x", NULL);
	assert_int_equal(r.status, 2);
	r = cdo(w, "ls", "-H", "a b", NULL);
	assert_int_equal(r.status, 2);
	r = cdo(w, "doctor", "-H", "desk", NULL);
	assert_int_equal(r.status, 2);
	sshd_start(w);
	r = cdo(w, "capture", "ssh:box/none", NULL);
	assert_int_equal(r.status, 3);
	assert_string_equal(r.err, "cdo: cannot capture 'ssh:box/none': no "
				   "such session\n");
	r = cdo(w, "server", "stop", "-H", "ssh:box", NULL);
	assert_int_equal(r.status, 4);
}

/* A shell there, that prompts with "ready$ ", in a window here. */
static struct term *
open_shell(struct world *w)
{
	cdo_ok(w, "-H", "ssh:box", "new", "-d", "-n", "work", "-e",
	       "PS1=ready$ ", "bash", "--", "--norc", NULL);
	struct term *t = term_cdo(w, 80, 24, "attach", "ssh:box/work", NULL);
	term_until_last(t, "ready$");
	return t;
}

static void
a_cut_link_comes_back_by_itself(void **state)
{
	struct world *w = *state;
	struct sshd *s = sshd_start(w);

	struct term *t = open_shell(w);
	for (int i = 0; i < 3; i++) {
		sshd_cut(s);
		term_type(t, world_text(w, "echo round $((%d+1))\r", i));
		term_until_text(t, world_text(w, "\nround %d\nready$", i + 1));
	}
	term_until_no_text(t, "reconnecting");
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	term_assert_clean(t);
}

static void
what_is_typed_meanwhile_is_held_or_refused(void **state)
{
	struct world *w = *state;
	struct sshd *s = sshd_start(w);

	struct term *t = open_shell(w);
	sshd_freeze(s);
	term_type(t, "echo a");
	term_until_text(t, "no answer for 3 s, reconnecting\u2026");
	term_until_text(t, "no answer for 5 s, reconnecting\u2026");
	term_type(t, "\r");
	term_until_text(t, ", 1 key not sent");
	term_type(t, "bc");
	term_until_text(t, ", 2 keys held, 1 key not sent");
	sshd_thaw(s);
	term_until_last(t, "ready$ echo abc");
	term_until_no_text(t, "held");
	term_type(t, "\r");
	term_until_text(t, "\nabc\nready$");
	struct term *b = term_cdo(w, 80, 24, "attach", "ssh:box/work", NULL);
	term_until_same(b, t);
}

static void
one_can_leave_while_nobody_answers(void **state)
{
	struct world *w = *state;
	struct sshd *s = sshd_start(w);

	struct term *t = open_shell(w);
	term_type(t, "printf '\\033[?1049h\\033[?1000hfull'\r");
	term_until_text(t, "full");
	sshd_freeze(s);
	sshd_cut(s);
	term_until_text(t, "reconnecting\u2026");
	term_type(t, "x" TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	term_until_no_text(t, "reconnecting");
	term_until_text(t, "[work: 1 byte typed were not sent]\n"
			   "[detached from work]");
	term_assert_clean(t);
	sshd_thaw(s);
}

static void
a_session_that_was_lost_meanwhile_ends_it(void **state)
{
	struct world *w = *state;
	struct sshd *s = sshd_start(w);

	struct term *t = open_shell(w);
	sshd_freeze(s);
	sshd_cut(s);
	term_until_text(t, "reconnecting\u2026");
	sshd_cdo(w, "stop work");
	sshd_thaw(s);
	term_until_text(t, "[work: it does not run any more]\n"
			   "'work' has ended: stopped");
	assert_int_equal(term_end(t), 125);
	term_assert_clean(t);
}

static void
one_list_shows_what_was_there(void **state)
{
	struct world *w = *state;
	struct sshd *s = sshd_start(w);

	cdo_ok(w, "new", "-d", "-n", "mine", "cat", NULL);
	cdo_ok(w, "-H", "ssh:box", "new", "-d", "-n", "work", "cat", NULL);
	cdo_ok(w, "ls", "-H", "ssh:box", NULL);
	assert_string_equal(cdo_ok(w, "ls", "--all-hosts", "-q", NULL),
			    "mine\nssh:box/work\n");
	sshd_freeze(s);
	char *why = NULL, *out = cdo_ok(w, "ls", "--all-hosts", "--json", NULL);
	struct json *all = json_parse(out, strlen(out), &why);
	const struct json *list = json_get(all, "sessions");
	assert_int_equal(json_count(list), 2);
	const struct json *there = json_at(list, 1);
	assert_string_equal(json_str(there, "name"), "work");
	assert_string_equal(json_str(there, "host"), "ssh:box");
	assert_string_equal(json_str(there, "status"), "running");
	assert_false(json_bool(there, "reachable", true));
	assert_non_null(json_str(there, "seen"));
	const struct json *host = json_at(json_get(all, "hosts"), 1);
	assert_false(json_bool(host, "reachable", true));
	json_free(all);
	assert_non_null(
		strstr(cdo_ok(w, "ls", "--all-hosts", NULL), "? unreachable"));
	sshd_thaw(s);
	cdo_ok(w, "stop", "ssh:box/work", NULL);
	cdo_ok(w, "clear", "ssh:box/work", NULL);
	/* What is gone is gone. */
	assert_string_equal(cdo_ok(w, "ls", "--all-hosts", "-q", NULL),
			    "mine\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(all_commands_go_there),
		world_test(a_session_there_knows_only_the_terminal),
		world_test(what_is_not_there_is_said),
		world_test(a_cut_link_comes_back_by_itself),
		world_test(what_is_typed_meanwhile_is_held_or_refused),
		world_test(one_can_leave_while_nobody_answers),
		world_test(a_session_that_was_lost_meanwhile_ends_it),
		world_test(one_list_shows_what_was_there),
	};

	return world_run(tests);
}
