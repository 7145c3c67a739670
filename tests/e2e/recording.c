/* e2e/recording.c - what a session printed: kept, shown, exported, played. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/procs.h"
#include "e2e/term.h"
#include "e2e/world.h"

/* Paints, in colours, with wide characters, and more than a screen of it. */
static const char painter[] =
	"seq 100; printf '\\033[31mred\\033[m \\342\\234\\263 "
	"\\346\\274\\242\\345\\255\\227\\n'; printf '\\033[5;10Hhere';"
	"printf '\\033[20;1H\\033[1mbold\\033[m\\n'; exit 3";

static void
paint(struct world *w, const char *name)
{
	cdo_ok(w, "new", "-d", "-n", name, "--", "sh", "-c", painter, NULL);
	world_until_status(w, name, "failed");
}

struct awaited {
	struct world *w;
	const char *name, *text;
};

static bool
is_logged(void *ctx)
{
	struct awaited *a = ctx;

	return strstr(cdo_ok(a->w, "logs", "--raw", a->name, NULL), a->text) !=
	       NULL;
}

static void
until_logged(struct world *w, const char *name, const char *text)
{
	struct awaited a = { w, name, text };

	world_until(w, text, is_logged, &a);
}

static void
logs_give_the_lines_that_were_printed(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "seq 40; printf '\\033[31mred\\033[m\\n'", NULL);
	world_until_status(w, "work", "completed");
	assert_string_equal(cdo_ok(w, "logs", "-n", "3", "work", NULL),
			    "39\n40\nred\n");
	assert_string_equal(cdo_ok(w, "logs", "--raw", "-n", "2", "work", NULL),
			    "40\r\n\033[31mred\033[m\r\n");
	assert_non_null(strstr(cdo_ok(w, "logs", "work", NULL), "\n2\n3\n4\n"));
	assert_string_equal(cdo_ok(w, "logs", "--since", "2099-01-01T00:00:00Z",
				   "work", NULL),
			    "");
	assert_int_equal(cdo(w, "logs", "--since", "noon", "work", NULL).status,
			 2);
}

static void
logs_follow_until_the_program_ends(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t =
		term_cdo(w, 80, 24, "logs", "-f", "--plain", "work", NULL);
	cdo_ok(w, "new", "-d", "-n", "other", "--", "true", NULL);
	struct term *a = term_attach(w, "work");
	term_until_last(a, "ready$");
	term_type(a, "echo one; echo two\r");
	term_until_text(t, "\none\ntwo\n");
	term_type(a, "exit\r");
	assert_int_equal(term_end(t), 0);
	term_until_text(t, "exit");
}

static void
what_is_typed_unseen_is_not_recorded(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "stty -echo; echo ask; read x; echo ${#x}", NULL);
	struct term *t = term_attach(w, "work");
	term_until_text(t, "ask");
	term_type(t, "hunter2\r");
	world_until_status(w, "work", "completed");
	char *raw = cdo_ok(w, "export", "--format", "raw", "work", NULL);
	assert_null(strstr(raw, "hunter2"));
	assert_non_null(strstr(raw, "7\r\n"));
}

static void
an_export_replays_to_the_same_screen_in_asciinema(void **state)
{
	struct world *w = *state;
	char *file = world_text(w, "%s/work.cast", w->dir);

	if (!world_has("asciinema"))
		world_skip("asciinema is not installed");
	paint(w, "work");
	cdo_ok(w, "export", "-o", file, "work", NULL);
	struct term *t = term_open(
		w, 80, 24, (const char *[]){ "asciinema", "cat", file, NULL });
	assert_int_equal(term_end(t), 0);
	assert_string_equal(term_screen(t), cdo_ok(w, "capture", "work", NULL));
}

static void
an_export_is_whole_or_not_there(void **state)
{
	struct world *w = *state;
	char *file = world_text(w, "%s/work.cast", w->dir);

	paint(w, "work");
	char *cast = cdo_ok(w, "export", "work", NULL);
	size_t len = strlen(cast);
	assert_true(strncmp(cast, "{\"version\": 2, \"width\": 80, ", 28) == 0);
	assert_string_equal(cast + len - 9, "exit 3\"]\n");
	assert_null(strstr(cast, "\n\n"));
	cast = cdo_ok(w, "export", "--format", "cast3", "work", NULL);
	assert_non_null(strstr(cast, "{\"version\": 3, "));
	assert_non_null(strstr(cast, ", \"x\", \"3\"]\n"));

	cdo_ok(w, "new", "-d", "--no-record", "-n", "quiet", "--", "sh", "-c",
	       "echo unseen", NULL);
	world_until_status(w, "quiet", "completed");
	struct result r = cdo(w, "export", "-o", file, "quiet", NULL);
	assert_int_equal(r.status, 1);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "nothing of it was recorded"));
	assert_int_not_equal(access(file, F_OK), 0);
	r = cdo(w, "export", "quiet", NULL);
	assert_string_equal(r.out, "");
	assert_int_equal(
		cdo(w, "export", "-o", "/nowhere/x", "work", NULL).status, 1);
	assert_int_equal(cdo(w, "export", "nobody", NULL).status, 3);
}

/* Seconds from the first output to the last. */
static double
lasts(char *cast)
{
	char *a = strstr(cast, "a\\r\\n"), *b = strstr(cast, "b\\r\\n");

	assert_non_null(a);
	assert_non_null(b);
	while (*a != '[')
		a--;
	while (*b != '[')
		b--;
	return strtod(b + 1, NULL) - strtod(a + 1, NULL);
}

static void
no_pause_is_longer_than_the_limit(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "echo a; sleep 1; echo b", NULL);
	world_until_status(w, "work", "completed");
	assert_true(lasts(cdo_ok(w, "export", "work", NULL)) > 0.9);
	assert_true(lasts(cdo_ok(w, "export", "--idle-limit", "100ms", "work",
				 NULL)) < 0.101);
}

static void
text_is_what_a_reader_would_have_seen(void **state)
{
	struct world *w = *state;

	paint(w, "work");
	char *txt = cdo_ok(w, "export", "--format", "txt", "work", NULL);
	assert_true(strncmp(txt, "1\n2\n3\n", 6) == 0);
	char *screen = cdo_ok(w, "capture", "work", NULL);
	assert_string_equal(txt + strlen(txt) - strlen(screen), screen);
}

static void
a_session_plays_and_leaves_the_terminal_clean(void **state)
{
	struct world *w = *state;

	paint(w, "work");
	struct term *t = term_cdo(w, 80, 24, "play", "work", NULL);
	assert_int_equal(term_end(t), 0);
	term_until_text(t, "bold");
	term_until_text(t, "here");
	term_assert_clean(t);
}

static void
a_cast_plays_pauses_and_stops(void **state)
{
	struct world *w = *state;
	char *file =
		world_file(w, "long.cast",
			   "{\"version\": 2, \"width\": 80, "
			   "\"height\": 24}\n"
			   "[0.1, \"o\", \"\\u001b[?1000h\\u001b[cfirst\"]\n"
			   "[0.2, \"o\", \" second\"]\n"
			   "[3600, \"o\", \" third\"]\n"
			   "[7200, \"o\", \" fourth\"]\n");
	struct term *t = term_cdo(w, 80, 24, "play", file, NULL);

	term_until_text(t, "first second");
	term_type(t, " .");
	term_until_text(t, "first second third");
	term_type(t, "q");
	assert_int_equal(term_end(t), 0);
	term_until_no_text(t, "fourth");
	term_assert_clean(t);

	/* With a limit to pauses it is over in no time. */
	t = term_cdo(w, 80, 24, "play", "-s", "10", "-i", "1", file, NULL);
	assert_int_equal(term_end(t), 0);
	term_until_text(t, "first second third fourth");

	file = world_file(w, "old.cast",
			  "{\"version\": 1, \"width\": 80,\n"
			  "\"height\": 24, \"stdout\":\n"
			  "[[0.1, \"old \"], [0.2, \"cast\"]]}\n");
	t = term_cdo(w, 80, 24, "play", file, NULL);
	assert_int_equal(term_end(t), 0);
	term_until_text(t, "old cast");

	struct result r = cdo(w, "play", file, NULL);
	assert_int_equal(r.status, 1);
	assert_non_null(strstr(r.err, "no terminal"));
	r = cdo(w, "play", world_file(w, "bad.cast", "no\n"), NULL);
	assert_non_null(strstr(r.err, "no asciicast"));
}

static void
a_killed_custodian_leaves_all_but_the_last_second(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "seq 1000 1040\r");
	until_logged(w, "work", "1040\r\n");
	pid_t pid = world_only(w, "custodian");
	kill(pid, SIGKILL);
	world_until_gone(w, pid);
	term_type(t, "echo af''ter\r");
	until_logged(w, "work", "after\r\n");
	char *logs = cdo_ok(w, "logs", "work", NULL);
	assert_non_null(strstr(logs, "\n1000\n1001\n"));
	assert_non_null(strstr(logs, "\nafter\n"));
}

static void
recording_is_an_option(void **state)
{
	struct world *w = *state;

	world_file(w, "cdo.conf", "record = off\n");
	paint(w, "work");
	assert_string_equal(cdo_ok(w, "logs", "work", NULL), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(logs_give_the_lines_that_were_printed),
		world_test(logs_follow_until_the_program_ends),
		world_test(what_is_typed_unseen_is_not_recorded),
		world_test(an_export_replays_to_the_same_screen_in_asciinema),
		world_test(an_export_is_whole_or_not_there),
		world_test(no_pause_is_longer_than_the_limit),
		world_test(text_is_what_a_reader_would_have_seen),
		world_test(a_session_plays_and_leaves_the_terminal_clean),
		world_test(a_cast_plays_pauses_and_stops),
		world_test(a_killed_custodian_leaves_all_but_the_last_second),
		world_test(recording_is_an_option),
	};

	return world_run(tests);
}
