/* e2e/attach.c - attaching, leaving, coming back, and being two. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "e2e/term.h"
#include "e2e/world.h"

static void
new_attaches_and_prefix_d_leaves(void **state)
{
	struct world *w = *state;
	struct term *t = term_cdo(w, 80, 24, "new", "-n", "work", "--", "bash",
				  "--norc", "--noprofile", NULL);

	term_until_last(t, "ready$");
	term_type(t, "echo $((6 * 7))\r");
	term_until_text(t, "\n42\n");
	world_until_clients(w, "work", 1);
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	term_until_last(t, "[detached from work]");
	term_assert_clean(t);
	assert_string_equal(json_str(world_session(w, "work"), "status"),
			    "running");
}

static void
what_was_left_is_found_again(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "printf '\\033[1;31mred\\033[0m plain\\n\\n'; "
		     "echo -n half a line\r");
	term_until_last(t, "half a lineready$");
	struct term *second = term_attach(w, "work");
	term_until_same(second, t);
	struct term_cell cell;
	term_cell(second, 1, 0, &cell);
	assert_true(cell.bold);
	assert_int_not_equal(cell.fg, cell.bg);
	term_close(t);
	term_end(t);
	term_type(second, TERM_DETACH);
	term_end(second);
	struct term *third = term_attach(w, "work");
	term_until_last(third, "half a lineready$");
	term_cell(third, 1, 0, &cell);
	assert_true(cell.bold);
	term_type(third, "echo and on\r");
	term_until_text(third, "\nand on\n");
}

static void
two_clients_see_the_same(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *a = term_attach(w, "work"), *b = term_attach(w, "work");
	term_until_last(a, "ready$");
	term_until_last(b, "ready$");
	term_type(a, "echo from a\r");
	term_until_text(b, "\nfrom a\n");
	term_type(b, "echo from b\r");
	term_until_text(a, "\nfrom b\n");
	term_type(a, "seq 300\r");
	term_until_row(a, 22, "300");
	term_until_same(a, b);
	world_until_clients(w, "work", 2);
	term_type(a, TERM_DETACH);
	assert_int_equal(term_end(a), 0);
	term_type(b, "echo still here\r");
	term_until_text(b, "\nstill here\n");
}

/* What a client wrote from `first` to the end of `last`. */
static const char *
between(struct term *t, const char *first, const char *last, size_t *len)
{
	size_t all;
	const char *raw = term_raw(t, &all);
	const char *from = memmem(raw, all, first, strlen(first));

	assert_non_null(from);
	all -= (size_t)(from - raw);
	const char *to = memmem(from, all, last, strlen(last));
	assert_non_null(to);
	*len = (size_t)(to - from) + strlen(last);
	return from;
}

static void
two_clients_get_the_same_bytes(void **state)
{
	struct world *w = *state;
	size_t len[2];

	world_shell(w, "work");
	struct term *t[] = { term_attach(w, "work"), term_attach(w, "work") };
	for (int i = 0; i < 2; i++)
		term_until_last(t[i], "ready$");
	term_type(t[0], "printf '\\033[1mbold\\033[m'; seq 1000\r");
	for (int i = 0; i < 2; i++)
		term_until_row(t[i], 22, "1000");
	const char *a = between(t[0], "\033[1mbold", "\r\n1000\r\n", &len[0]);
	const char *b = between(t[1], "\033[1mbold", "\r\n1000\r\n", &len[1]);
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(a, b, len[0]);
}

static void
a_client_is_killed_and_the_program_never_notices(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "bash", "--norc",
	       "--noprofile", "-c",
	       "trap 'echo noticed' HUP TERM INT QUIT PIPE CONT WINCH; "
	       "echo begun; while read -r line; do echo got $line; done",
	       NULL);
	long pid = world_number(w, "work", "pid");
	struct term *a = term_attach(w, "work");
	term_until_text(a, "begun");
	kill(term_pid(a), SIGKILL);
	assert_int_equal(term_end(a), 128 + SIGKILL);
	struct term *b = term_attach(w, "work");
	term_until_text(b, "begun");
	term_type(b, "hello\r");
	term_until_text(b, "got hello");
	assert_null(strstr(term_screen(b), "noticed"));
	assert_int_equal(world_number(w, "work", "pid"), pid);
}

static void
the_earlier_screen_goes_to_the_scrollback(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_shell(w, 80, 24);
	term_type(t, "echo of earlier\r");
	term_until_row(t, 1, "of earlier");
	term_type(t, "cdo attach work\r");
	term_until_last(t, "ready$");
	term_until_row(t, 0, "ready$");
	assert_true(term_find(t, "of earlier", 0) >= 0);
	term_type(t, "echo inside\r");
	term_until_row(t, 1, "inside");
	term_until_row(t, 2, "ready$");
	term_type(t, TERM_DETACH);
	term_until_last(t, "user$");
	assert_true(term_find(t, "of earlier", 0) >= 0);
	/* The session's text stays, the reason and the prompt stand below. */
	assert_string_equal(term_row(t, 1), "inside");
	assert_string_equal(term_row(t, 2), "ready$");
	assert_string_equal(term_row(t, 3), "[detached from work]");
	assert_string_equal(term_row(t, 4), "user$");
}

static void
a_full_screen_before_loses_no_line(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_shell(w, 80, 24);
	term_type(t, "seq 60\r");
	term_until_row(t, 22, "60");
	term_type(t, "cdo attach work\r");
	term_until_row(t, 0, "ready$");
	long at = 0;
	for (int i = 1; i <= 60; i++) {
		at = term_find(t, world_text(w, "%d", i), (size_t)at);
		assert_true(at >= 0);
	}
}

static void
the_history_fills_the_native_scrollback(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "seq 500\r");
	term_until_row(t, 22, "500");
	term_type(t, TERM_DETACH);
	term_end(t);
	t = term_attach(w, "work");
	term_until_row(t, 22, "500");
	term_until_last(t, "ready$");
	long at = term_find(t, "1", 0);
	assert_true(at >= 0);
	for (int i = 2; i <= 477; i++)
		assert_string_equal(term_history_line(t, (size_t)(at + i - 1)),
				    world_text(w, "%d", i));
}

static void
the_history_is_as_long_as_the_option_says(void **state)
{
	struct world *w = *state;

	world_file(w, "cdo.conf", "attach-history = 10\n");
	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_type(t, "seq 500\r");
	term_until_row(t, 22, "500");
	term_type(t, TERM_DETACH);
	term_end(t);
	t = term_attach(w, "work");
	term_until_row(t, 22, "500");
	assert_int_equal(term_find(t, "400", 0), -1);
	assert_true(term_find(t, "470", 0) >= 0);
}

static bool
has_left_its_record(void *ctx)
{
	struct world *w = ctx;

	return world_command(w,
			     (const char *[]){
				     "sh", "-c",
				     "ls $CDO_STATE_DIR/sessions/*/exit.json",
				     NULL })
		       .status == 0;
}

static void
the_end_of_the_program_is_told_and_handed_on(void **state)
{
	struct world *w = *state;
	struct term *t = term_cdo(w, 80, 24, "new", "-n", "work", "--", "sh",
				  "-c", "echo last words; exit 3", NULL);

	assert_int_equal(term_end(t), 3);
	term_until_last(t, "[work: exit 3]");
	assert_non_null(strstr(term_screen(t), "last words"));
	term_assert_clean(t);
	t = term_cdo(w, 80, 24, "new", "-n", "shot", "--", "sh", "-c",
		     "kill -9 $$", NULL);
	assert_int_equal(term_end(t), 128 + SIGKILL);
	term_until_last(t, "[shot: SIGKILL]");
}

/* The server is held up until the program has ended. */
static void
an_end_before_anybody_attached_is_handed_on_too(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "server", "start", NULL);
	pid_t server = world_only(w, "server");
	struct term *t =
		term_cdo(w, 80, 24, "new", "-n", "work", "--", "sh", "-c",
			 world_text(w, "kill -STOP %d; echo last words; exit 3",
				    (int)server),
			 NULL);
	world_until(w, "the end of the program", has_left_its_record, w);
	kill(server, SIGCONT);
	assert_int_equal(term_end(t), 3);
	term_until_last(t, "[work: exit 3]");
}

static void
a_finished_session_shows_its_last_screen(void **state)
{
	struct world *w = *state;

	cdo_ok(w, "new", "-d", "-n", "work", "--", "sh", "-c",
	       "seq 100; printf '\\033[1;32mlast words\\033[0m\\n'; exit 7",
	       NULL);
	world_until_status(w, "work", "failed");
	struct term *t = term_attach(w, "work");
	assert_int_equal(term_end(t), 0);
	assert_non_null(strstr(term_screen(t), "last words"));
	assert_non_null(strstr(term_screen(t), "exit 7"));
	assert_true(term_find(t, "50", 0) >= 0);
	term_assert_clean(t);
	const char *all = cdo_ok(w, "capture", "--history", "work", NULL);
	assert_non_null(strstr(all, "1\n2\n3\n"));
	assert_non_null(strstr(all, "last words"));
}

static void
a_terminal_goes_from_one_session_to_another(void **state)
{
	struct world *w = *state;

	world_shell(w, "one");
	world_shell(w, "two");
	struct term *t = term_attach(w, "one");
	term_until_last(t, "ready$");
	term_type(t, "cdo attach --switch two\r");
	world_until_clients(w, "two", 1);
	world_until_clients(w, "one", 0);
	term_type(t, "echo in $CDO_NAME\r");
	term_until_text(t, "\nin two\n");
	struct result r = cdo(w, "attach", "--switch", "one", NULL);
	assert_int_equal(r.status, 125);
	assert_non_null(strstr(r.err, "this is no session"));
	term_type(t, "exit 6\r");
	assert_int_equal(term_end(t), 6);
	world_until_status(w, "one", "running");
}

static void
attach_without_a_name_takes_the_last(void **state)
{
	struct world *w = *state;

	world_shell(w, "one");
	struct term *t = term_cdo(w, 80, 24, "attach", NULL);
	term_until_last(t, "ready$");
	term_type(t, TERM_DETACH);
	term_end(t);
	term_until_last(t, "[detached from one]");
	world_shell(w, "two");
	t = term_attach(w, "two");
	term_until_last(t, "ready$");
	term_type(t, TERM_DETACH);
	term_end(t);
	t = term_cdo(w, 80, 24, "attach", NULL);
	term_until_last(t, "ready$");
	term_type(t, TERM_DETACH);
	term_end(t);
	term_until_last(t, "[detached from two]");
	t = term_attach(w, "-");
	term_until_last(t, "ready$");
	term_type(t, TERM_DETACH);
	term_end(t);
	term_until_last(t, "[detached from two]");
}

static void
new_A_attaches_to_what_is_there(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	long pid = world_number(w, "work", "pid");
	struct term *t = term_cdo(w, 80, 24, "new", "-A", "-n", "work", NULL);
	term_until_last(t, "ready$");
	term_type(t, TERM_DETACH);
	assert_int_equal(term_end(t), 0);
	assert_int_equal(world_number(w, "work", "pid"), pid);
	/* And starts what is not there. */
	t = term_cdo(w, 80, 24, "new", "-A", "-n", "fresh", "--", "bash",
		     "--norc", "--noprofile", NULL);
	term_until_last(t, "ready$");
	/* What has finished is run again. */
	term_type(t, "exit 0\r");
	assert_int_equal(term_end(t), 0);
	t = term_cdo(w, 80, 24, "new", "-A", "-n", "fresh", "--", "bash",
		     "--norc", "--noprofile", NULL);
	term_until_last(t, "ready$");
}

static void
detach_is_also_a_command(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *a = term_attach(w, "work"), *b = term_attach(w, "work");
	term_until_last(a, "ready$");
	term_until_last(b, "ready$");
	cdo_ok(w, "detach", "work", NULL);
	assert_int_equal(term_end(a), 0);
	assert_int_equal(term_end(b), 0);
	term_until_last(a, "[detached from work]");
	term_assert_clean(a);
	/* From inside it is this one's. */
	a = term_attach(w, "work");
	term_until_last(a, "ready$");
	term_type(a, "cdo detach\r");
	assert_int_equal(term_end(a), 0);
	term_until_last(a, "[detached from work]");
}

static void
one_client_of_several_can_be_detached(void **state)
{
	struct world *w = *state;
	char *why = NULL;

	world_shell(w, "work");
	struct term *a = term_attach(w, "work");
	term_until_last(a, "ready$");
	struct term *b = term_attach(w, "work");
	term_until_last(b, "ready$");
	char *text = cdo_ok(w, "info", "--json", "work", NULL);
	struct json *info = json_parse(text, strlen(text), &why);
	assert_non_null(info);
	const struct json *clients = json_get(info, "clients");
	assert_int_equal(json_count(clients), 2);
	long first = (long)json_int(json_at(clients, 0), "id", -1);
	long second = (long)json_int(json_at(clients, 1), "id", -1);
	long older = first < second ? first : second;
	json_free(info);
	cdo_ok(w, "detach", "--client", world_text(w, "%ld", older), "work",
	       NULL);
	assert_int_equal(term_end(a), 0);
	term_type(b, "echo still here\r");
	term_until_text(b, "\nstill here\n");
}

static void
a_resize_reaches_the_program(void **state)
{
	struct world *w = *state;

	world_shell(w, "work");
	struct term *t = term_attach(w, "work");
	term_until_last(t, "ready$");
	term_resize(t, 100, 30);
	term_type(t, "until [ $(tput cols) = 100 ]; do :; done; "
		     "echo now $(tput cols) $(tput lines)\r");
	term_until_text(t, "\nnow 100 30\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(new_attaches_and_prefix_d_leaves),
		world_test(what_was_left_is_found_again),
		world_test(two_clients_see_the_same),
		world_test(two_clients_get_the_same_bytes),
		world_test(a_client_is_killed_and_the_program_never_notices),
		world_test(the_earlier_screen_goes_to_the_scrollback),
		world_test(a_full_screen_before_loses_no_line),
		world_test(the_history_fills_the_native_scrollback),
		world_test(the_history_is_as_long_as_the_option_says),
		world_test(the_end_of_the_program_is_told_and_handed_on),
		world_test(an_end_before_anybody_attached_is_handed_on_too),
		world_test(a_finished_session_shows_its_last_screen),
		world_test(a_terminal_goes_from_one_session_to_another),
		world_test(attach_without_a_name_takes_the_last),
		world_test(new_A_attaches_to_what_is_there),
		world_test(detach_is_also_a_command),
		world_test(one_client_of_several_can_be_detached),
		world_test(a_resize_reaches_the_program),
	};

	return world_run(tests);
}
