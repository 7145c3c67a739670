/* unit/client_stage.c - what a terminal is given, and how it is left. */
#include "client/stage.h"

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "client/patience.h"
#include "client/tty.h"
#include "vt/screen.h"
#include "vt/snapshot.h"

enum { COLS = 20, ROWS = 6 };

/* A user's terminal, and the program's in the session. */
struct scene {
	int master;
	struct tty tty;
	struct stage stage;
	struct screen *user, *program;
	struct buf got; /* since it was last looked at */
};

static struct screen *
new_screen(unsigned cols, unsigned rows)
{
	return screen_new(&(struct screen_options){ .cols = cols,
						    .rows = rows,
						    .history_lines = 100,
						    .history_bytes = 1 << 20 });
}

static void
open_scene(struct scene *s)
{
	int slave;

	*s = (struct scene){ 0 };
	assert_int_equal(openpty(&s->master, &slave, NULL, NULL, NULL), 0);
	struct termios raw;
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	fcntl(s->master, F_SETFL, O_NONBLOCK);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	s->tty = (struct tty){ .fd = slave, .blocking = -1, .shared = true };
	stage_init(&s->stage, &s->tty, COLS, ROWS);
	s->user = new_screen(COLS, ROWS);
	s->program = new_screen(COLS, ROWS);
}

/* What was written goes to the user's terminal. */
static void
look(struct scene *s)
{
	uint8_t data[4096];
	ssize_t n;

	buf_clear(&s->got);
	do {
		tty_flush(&s->tty);
		while ((n = read(s->master, data, sizeof data)) > 0) {
			buf_append(&s->got, data, (size_t)n);
			screen_feed(s->user, data, (size_t)n);
		}
	} while (s->tty.out.len > 0);
}

static void
close_scene(struct scene *s)
{
	stage_release(&s->stage);
	screen_free(s->user);
	screen_free(s->program);
	buf_release(&s->got);
	buf_release(&s->tty.out);
	close(s->tty.fd);
	close(s->master);
}

static void
tell_undo(struct scene *s)
{
	struct buf undo = { 0 };

	snapshot_undo(s->program, &undo);
	stage_undo(&s->stage, undo.data, undo.len);
	buf_release(&undo);
}

/* As a custodian does: the undo after the snapshot, unless it is the first. */
static void
send_snapshot(struct scene *s, bool first)
{
	struct buf all = { 0 };

	if (first)
		tell_undo(s);
	snapshot_make(s->program, 0, NULL, &all);
	size_t half = all.len / 2;
	stage_snapshot(&s->stage, all.data, half, false);
	stage_snapshot(&s->stage, all.data + half, all.len - half, true);
	tell_undo(s);
	buf_release(&all);
	stage_draw(&s->stage);
	look(s);
}

static void
output(struct scene *s, const char *text)
{
	screen_feed(s->program, text, strlen(text));
	tell_undo(s);
	stage_output(&s->stage, text, strlen(text));
	stage_draw(&s->stage);
	look(s);
}

static void
start(struct scene *s)
{
	open_scene(s);
	stage_session(&s->stage, COLS, ROWS);
	send_snapshot(s, true);
}

static void
row_is(const struct screen *s, int row, const char *want)
{
	char text[COLS * 4 + 1] = "";
	struct cell_view v;

	for (unsigned col = 0; col < COLS; col++) {
		screen_cell(s, row, col, &v);
		strncat(text, v.len > 0 ? v.text : " ", v.len > 0 ? v.len : 1);
	}
	for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
		text[n - 1] = '\0';
	assert_string_equal(text, want);
}

static bool
got(const struct scene *s, const char *bytes)
{
	return s->got.len > 0 &&
	       memmem(s->got.data, s->got.len, bytes, strlen(bytes)) != NULL;
}

static void
the_users_screen_goes_to_the_scrollback(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	screen_feed(s.user, "one\r\ntwo\r\n$ cdo\r\n", 17);
	screen_feed(s.program, "inside", 6);
	stage_session(&s.stage, COLS, ROWS);
	send_snapshot(&s, true);
	row_is(s.user, 0, "inside");
	row_is(s.user, -4, "one");
	row_is(s.user, -3, "two");
	row_is(s.user, -2, "$ cdo");
	row_is(s.user, -1, "");
	assert_int_equal(screen_history(s.user), 4); /* the used rows */
	close_scene(&s);
}

static void
nothing_is_shown_before_the_snapshot(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	stage_session(&s.stage, COLS, ROWS);
	stage_output(&s.stage, "early", 5);
	look(&s);
	assert_int_equal(s.got.len, 0);
	stage_leave(&s.stage, NULL, 0);
	look(&s);
	assert_int_equal(s.got.len, 0);
	close_scene(&s);
}

static void
the_terminal_is_left_as_it_was(void **state)
{
	struct screen_input in;
	struct scene s;

	(void)state;
	start(&s);
	output(&s, "text\033[?1000;1006;2004;1004h\033[>5u\033[?1h\033[4h");
	screen_input(s.user, &in);
	assert_int_equal(in.kitty, 5);
	assert_true(stage_reports(&s.stage));
	assert_true(stage_focus(&s.stage));
	stage_leave(&s.stage, "\033[2;1H", 6);
	look(&s);
	screen_input(s.user, &in);
	assert_int_equal(in.kitty, 0);
	assert_int_equal(in.mouse, 0);
	assert_false(in.paste || in.focus || in.app_cursor);
	row_is(s.user, 0, "text");

	struct screen_cursor at;
	screen_cursor(s.user, &at);
	assert_int_equal(at.row, 1);
	assert_int_equal(at.col, 0);
	assert_false(got(&s, "\033c"));
	close_scene(&s);
}

/* The undo that was told meanwhile is for what was never shown. */
static void
only_what_was_given_is_undone(void **state)
{
	struct scene s;

	(void)state;
	start(&s);
	output(&s, "\033[>1u");
	stage_wait(&s.stage);
	output(&s, "\033[>1u\033[>1u");
	assert_int_equal(s.got.len, 0);
	stage_leave(&s.stage, NULL, 0);
	look(&s);
	assert_true(got(&s, "\033[<1u"));
	assert_false(got(&s, "\033[<3u"));
	close_scene(&s);
}

static void
a_second_snapshot_undoes_the_first(void **state)
{
	struct screen_input in;
	struct scene s;

	(void)state;
	start(&s);
	output(&s, "\033[>1u\033[?1049h\033[?1002hold");
	stage_wait(&s.stage);
	output(&s, "\033[?1049l\033[?1002l\033[<unew");
	send_snapshot(&s, false);
	assert_false(screen_alternate(s.user));
	screen_input(s.user, &in);
	assert_int_equal(in.kitty, 0);
	assert_int_equal(in.mouse, 0);
	row_is(s.user, 0, "new");
	stage_leave(&s.stage, NULL, 0);
	look(&s);
	assert_false(got(&s, "\033[<"));
	close_scene(&s);
}

static void
another_size_is_composed_and_back(void **state)
{
	struct scene s;

	(void)state;
	start(&s);
	output(&s, "direct");
	assert_false(screen_alternate(s.user));

	stage_session(&s.stage, COLS - 5, ROWS);
	screen_resize(s.program, COLS - 5, ROWS);
	send_snapshot(&s, false);
	assert_true(screen_alternate(s.user));
	output(&s, " composed");
	row_is(s.user, 0,
	       "direct composed\302\267\302\267\302\267\302\267"
	       "\302\267");

	stage_session(&s.stage, COLS, ROWS);
	screen_resize(s.program, COLS, ROWS);
	send_snapshot(&s, false);
	assert_false(screen_alternate(s.user));
	row_is(s.user, 0, "direct composed");
	close_scene(&s);
}

static void
the_help_stands_in_front(void **state)
{
	struct scene s;

	(void)state;
	start(&s);
	output(&s, "session");
	stage_cover(&s.stage, "help", 4);
	look(&s);
	row_is(s.user, 0, "help");
	output(&s, " goes on");
	send_snapshot(&s, false);
	row_is(s.user, 0, "help");
	stage_uncover(&s.stage);
	send_snapshot(&s, false);
	row_is(s.user, 0, "session goes on");
	assert_false(screen_alternate(s.user));
	close_scene(&s);
}

static void
a_stuck_terminal_is_waited_for_a_moment_only(void **state)
{
	static char much[1 << 20];
	int master, slave;

	(void)state;
	memset(much, 'x', sizeof much);
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	/* The kernel may move some of it on meanwhile, but not for ever. */
	size_t all = 0, n;
	while ((n = patience_write(slave, much, sizeof much, 10)) > 0)
		all += n;
	assert_in_range(all, 1, sizeof much - 1);
	close(slave);
	close(master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_users_screen_goes_to_the_scrollback),
		cmocka_unit_test(nothing_is_shown_before_the_snapshot),
		cmocka_unit_test(the_terminal_is_left_as_it_was),
		cmocka_unit_test(only_what_was_given_is_undone),
		cmocka_unit_test(a_second_snapshot_undoes_the_first),
		cmocka_unit_test(another_size_is_composed_and_back),
		cmocka_unit_test(the_help_stands_in_front),
		cmocka_unit_test(a_stuck_terminal_is_waited_for_a_moment_only),
	};

	setenv("TERM", "xterm-256color", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
