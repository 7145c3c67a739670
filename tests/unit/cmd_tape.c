/* unit/cmd_tape.c - a recording, played back, gives the same screen. */
#include "cmd/tape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "cmd/cast.h"
#include "custodian/recorder.h"
#include "recording.h"
#include "vt/capture.h"
#include "vt/screen.h"

static int
setup(void **state)
{
	(void)state;
	recording_new();
	recording_screen(80, 24);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	recording_free();
	return 0;
}

/* What came of it, and the last screen of a terminal that was given it. */
struct played {
	struct screen *screen;
	struct buf markers;
	uint64_t last; /* us */
	int status; /* -1: no exit */
	unsigned resizes;
	size_t first; /* bytes of the first output */
};

static void
show(struct played *p, const struct cast_event *e)
{
	assert_true(e->us >= p->last);
	p->last = e->us;
	if (!p->screen) {
		assert_int_equal(e->kind, CAST_RESIZE);
		assert_int_equal(e->us, 0);
		p->screen = screen_new(&(struct screen_options){
			.cols = e->cols,
			.rows = e->rows,
		});
		return;
	}
	switch (e->kind) {
	case CAST_RESIZE:
		screen_resize(p->screen, e->cols, e->rows);
		p->resizes++;
		break;
	case CAST_OUTPUT:
		if (!p->first)
			p->first = e->len;
		screen_feed(p->screen, e->data, e->len);
		/* Never cut inside a sequence or a character. */
		assert_int_equal(screen_fed(p->screen),
				 screen_boundary(p->screen));
		break;
	case CAST_MARKER:
		buf_append(&p->markers, e->data, e->len);
		buf_byte(&p->markers, '|');
		break;
	case CAST_EXIT:
		p->status = e->status;
		break;
	case CAST_OTHER:
		fail();
	}
}

/* Through the lines of a cast of that version, or straight if it is 0. */
static struct played
play(int version)
{
	struct tape *t = tape_new(the.dir, 0);
	struct played p = { .status = -1 };
	struct cast_event e;
	uint64_t since = 0, since_read = 0;
	int r;

	while ((r = tape_next(t, &e)) == 1) {
		struct buf line = { 0 }, text = { 0 };

		if (version) {
			cast_put_event(&line, version, since, &e);
			since = e.us;
			assert_int_equal(cast_get_event((char *)line.data,
							line.len - 1, version,
							since_read, &e, &text),
					 0);
			since_read = e.us;
		}
		show(&p, &e);
		buf_release(&line);
		buf_release(&text);
	}
	assert_int_equal(r, 0);
	tape_free(t);
	buf_byte(&p.markers, 0);
	return p;
}

static void
played_release(struct played *p)
{
	screen_free(p->screen);
	buf_release(&p->markers);
}

static void
assert_same_screen(const struct screen *a, const struct screen *b)
{
	struct buf x = { 0 }, y = { 0 };

	capture_json(a, 0, &x);
	capture_json(b, 0, &y);
	buf_byte(&x, 0);
	buf_byte(&y, 0);
	assert_string_equal((char *)x.data, (char *)y.data);
	buf_release(&x);
	buf_release(&y);
}

static void
real_programs_end_with_the_same_screen(void **state)
{
	static const char *const names[] = { "claude.bin", "codex.bin",
					     "gemini.bin", "vim.bin" };
	static const size_t steps[] = { 7, 100, 4096 };

	for (int i = 0; i < 12; i++) {
		teardown(state);
		setup(state);
		recording_start(0);
		stream(names[i / 3], steps[i % 3]);
		recorder_exit(the.rec, the.now, 2, 0);
		for (int version = 0; version <= 3; version++) {
			struct played p = play(version == 1 ? 0 : version);

			assert_same_screen(p.screen, the.screen);
			if (version == 3)
				assert_int_equal(p.status, 2);
			if (version == 2)
				assert_string_equal((char *)p.markers.data,
						    "exit 2|");
			played_release(&p);
		}
	}
}

static void
agents_shrink_to_an_eighth(void **state)
{
	uint64_t disk = 0, given = 0;
	static const char *const names[] = { "claude.bin", "codex.bin",
					     "gemini.bin" };

	for (int i = 0; i < 3; i++) {
		teardown(state);
		setup(state);
		recording_start(0);
		stream(names[i], 500); /* 25 KB a second */
		recorder_exit(the.rec, the.now, 0, 0);
		disk += on_disk();
		given += the.given;
	}
	print_message("# recorded agents: %.1f to 1\n",
		      (double)given / (double)disk);
	assert_true(given >= 8 * disk);
}

static void
what_begins_in_the_middle_has_a_whole_first_screen(void **state)
{
	static const char before[] = "\033[5;10H\033[31mred\033[?25l";

	(void)state;
	screen_feed(the.screen, before, sizeof before - 1);
	recording_start(0);
	say(" and more");
	wait_ms(1000);
	struct played p = play(0);
	assert_same_screen(p.screen, the.screen);
	assert_true(p.first > 0);
	assert_int_equal(p.status, -1);
	played_release(&p);
}

static void
characters_and_sequences_are_held_until_they_are_whole(void **state)
{
	static const char text[] = "\xe2\x9c\xb3\033[1;31mx\033]0;title\007y";

	(void)state;
	recording_start(0);
	for (size_t i = 0; i < sizeof text - 1; i++) {
		output(text + i, 1);
		wait_ms(10);
	}
	wait_ms(1000);
	struct played p = play(0);
	assert_same_screen(p.screen, the.screen);
	played_release(&p);
}

static void
a_size_that_changes_is_followed(void **state)
{
	(void)state;
	recording_start(0);
	for (unsigned i = 0; i < 5; i++) {
		stream("claude.bin", 3000);
		screen_resize(the.screen, 100 - 10 * i, 20 + i);
		recorder_resize(the.rec, the.now, 100 - 10 * i, 20 + i);
	}
	say("end");
	wait_ms(1000);
	struct played p = play(2);
	assert_int_equal(p.resizes, 5);
	assert_same_screen(p.screen, the.screen);
	played_release(&p);
}

static void
a_flood_is_marked_and_its_screen_made_whole(void **state)
{
	char *line = malloc(100000);

	(void)state;
	memset(line, 'x', 100000);
	recording_start(0);
	say("\033[?1049h\033[?1000h\033[31m");
	for (int i = 0; i < 200; i++)
		output(line, 100000);
	screen_resize(the.screen, 90, 30);
	recorder_resize(the.rec, the.now, 90, 30);
	say("\033[?1049l\033[?1000l\033[mquiet");
	wait_ms(3000);
	say(" again");
	wait_ms(1000);
	struct played p = play(3);
	assert_same_screen(p.screen, the.screen);
	assert_non_null(strstr((char *)p.markers.data, "too much at once"));
	assert_int_equal(p.resizes, 1);
	played_release(&p);
	free(line);
}

static void
another_custodian_goes_on_with_the_same_screen(void **state)
{
	(void)state;
	recording_start(0);
	stream("vim.bin", 1000);
	recorder_free(the.rec);
	the.rec = NULL;
	say("\033[Hnot recorded \xe2\x9c");
	recording_start(0);
	say("\xb3 recorded");
	recorder_exit(the.rec, the.now, 0, 15);
	struct played p = play(0);
	assert_same_screen(p.screen, the.screen);
	assert_int_equal(p.status, 143);
	played_release(&p);
}

static void
nothing_recorded_is_no_event(void **state)
{
	struct tape *t = tape_new(the.dir, 0);
	struct cast_event e;

	(void)state;
	assert_int_equal(tape_next(t, &e), 0);
	assert_int_equal(tape_start(t), 0);
	tape_free(t);
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(real_programs_end_with_the_same_screen),
		PROMISE(agents_shrink_to_an_eighth),
		PROMISE(what_begins_in_the_middle_has_a_whole_first_screen),
		PROMISE(characters_and_sequences_are_held_until_they_are_whole),
		PROMISE(a_size_that_changes_is_followed),
		PROMISE(a_flood_is_marked_and_its_screen_made_whole),
		PROMISE(another_custodian_goes_on_with_the_same_screen),
		PROMISE(nothing_recorded_is_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
