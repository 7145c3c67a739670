/* unit/custodian_recall.c - what a successor makes of the session memory. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"
#include "keeper/memory.h"
#include "kept.h"
#include "vt/screen.h"

/* The session's memory, as its custodian has it open. */
static struct memory_head *
open_memory(const struct kept *k)
{
	char *path = str_printf("/proc/%d/fd/%d", kept_custodian(k),
				MEMORY_FD_MEMORY);
	int fd = io_open(path, O_RDWR, 0);
	struct memory_head *h = memory_map(fd);

	assert_non_null(h);
	io_close(fd);
	free(path);
	return h;
}

/* Kills the custodian and attaches to its successor. */
static void
succeed(struct kept *k, struct viewer *v)
{
	kill(kept_custodian(k), SIGKILL);
	viewer_until_gone(v);
	viewer_release(v);
	viewer_attach(v, k, "a", 0);
}

/* Lines that are numbers follow each other; returns the last one. */
static long
count_lines(struct kept *k, unsigned history)
{
	char *text = kept_capture(k, history), *rest;
	long last = 0, lines = 0;

	for (char *l = strtok_r(text, "\n", &rest); l;
	     l = strtok_r(NULL, "\n", &rest)) {
		long n = strtol(l, NULL, 10);

		if (n == 0)
			continue;
		if (last)
			assert_int_equal(n, last + 1);
		last = n;
		lines++;
	}
	assert_true(lines > 900);
	free(text);
	return last;
}

static void
more_than_the_ring_holds_is_in_a_frame(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, "stty -echo; seq 1 1200000; echo over; "
		       "while read -r l; do eval \"$l\"; done");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "over");
	assert_int_equal(count_lines(&k, 1000), 1200000);
	succeed(&k, &a);
	assert_true(viewer_shows(&a, "1200000\nover"));
	assert_int_equal(count_lines(&k, 1000), 1200000);

	/* And on top of that. */
	viewer_type(&a, "echo more; echo; echo and more\n");
	viewer_until(&a, "and more");
	succeed(&k, &a);
	assert_true(viewer_shows(&a, "over\nmore\n\nand more"));
	viewer_release(&a);
	kept_end(&k);
}

static void
the_successor_has_the_size_and_the_other_screen(void **state)
{
	struct kept k;
	struct viewer a;
	struct screen_cursor at;

	(void)state;
	kept_shell(&k, "stty -echo; echo below; read -r l; "
		       "printf '\\033[?1049h\\033[H\\033[2Jabove\\033[5;7H'; "
		       "printf '\\033[?2004h'; read -r l; "
		       "printf '\\033[?1049lback'; sleep 1000");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "below");
	viewer_resize(&a, 100, 30);
	while (a.cols != 100)
		assert_true(viewer_next(&a));
	viewer_type(&a, "\n");
	viewer_until(&a, "above");
	kill(kept_custodian(&k), SIGKILL);
	viewer_until_gone(&a);
	viewer_release(&a);

	viewer_attach_as(&a, &k, "a", VIEWER_READ_ONLY, 80, 24, 0);
	assert_int_equal(a.cols, 100);
	assert_int_equal(a.rows, 30);
	assert_true(viewer_shows(&a, "above"));
	assert_false(viewer_shows(&a, "below"));
	screen_cursor(a.screen, &at);
	assert_int_equal(at.row, 4);
	assert_int_equal(at.col, 6);
	buf_byte(&a.undo, 0);
	assert_non_null(strstr((char *)a.undo.data, "\033[?2004l"));
	viewer_release(&a);
	viewer_attach_as(&a, &k, "a", 0, 100, 30, 0);
	viewer_type(&a, "\n");
	viewer_until(&a, "below\nback");
	viewer_release(&a);
	kept_end(&k);
}

static void
a_query_is_answered_once_whoever_dies(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k,
		   "stty raw -echo; printf 'go\\033[5n\\r\\n'; "
		   "dd bs=1 count=4 2>/dev/null | od -An -tx1 | tr -d '\\n'; "
		   "head -c 1 | od -An -tx1; sleep 1000");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "1b 5b 30 6e");
	succeed(&k, &a);
	succeed(&k, &a);
	viewer_type(&a, "x");
	viewer_until(&a, "1b 5b 30 6e 78");
	viewer_release(&a);
	kept_end(&k);
}

static void
bytes_that_killed_are_not_tried_for_ever(void **state)
{
	struct kept k;
	struct viewer a;
	struct memory_head *h;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; "
		       "while read -r l; do echo \"<$l>\"; done");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	h = open_memory(&k);
	for (uint32_t stage = MEMORY_REPLAY; stage <= MEMORY_BLANK; stage++) {
		/* As if the last one had died there. */
		h->stage = stage;
		succeed(&k, &a);
		assert_true(viewer_shows(&a, "the screen was lost"));
		assert_int_equal(h->stage, MEMORY_RUNNING);
		viewer_type(&a, "alive\n");
		viewer_until(&a, "<alive>");
	}
	memory_unmap(h);
	viewer_release(&a);
	kept_end(&k);
}

static void
crashes_in_a_row_end_with_a_blank_screen(void **state)
{
	struct kept k;
	struct viewer a;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; "
		       "while read -r l; do echo \"<$l>\"; done");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	for (int crash = 1; crash <= 3; crash++) {
		kill(kept_custodian(&k), SIGSEGV);
		viewer_until_gone(&a);
		viewer_release(&a);
		viewer_attach(&a, &k, "a", 0);
		assert_int_equal(viewer_shows(&a, "ready"), crash == 1);
		viewer_type(&a, "alive\n");
		viewer_until(&a, "<alive>");
	}
	viewer_release(&a);
	kept_end(&k);
}

static void
a_frame_outlives_bytes_that_kill(void **state)
{
	struct kept k;
	struct viewer a;
	struct memory_head *h;

	(void)state;
	kept_shell(&k, "stty -echo; echo ready; "
		       "while read -r l; do echo \"<$l>\"; done");
	viewer_attach(&a, &k, "a", 0);
	viewer_until(&a, "ready");
	viewer_resize(&a, 90, 20); /* makes a frame */
	while (a.cols != 90)
		assert_true(viewer_next(&a));
	h = open_memory(&k);
	h->stage = MEMORY_REPLAY;
	succeed(&k, &a);
	assert_true(viewer_shows(&a, "ready"));
	assert_true(viewer_shows(&a, "the screen was lost"));
	memory_unmap(h);
	viewer_release(&a);
	kept_end(&k);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_than_the_ring_holds_is_in_a_frame),
		cmocka_unit_test(
			the_successor_has_the_size_and_the_other_screen),
		cmocka_unit_test(a_query_is_answered_once_whoever_dies),
		cmocka_unit_test(bytes_that_killed_are_not_tried_for_ever),
		cmocka_unit_test(crashes_in_a_row_end_with_a_blank_screen),
		cmocka_unit_test(a_frame_outlives_bytes_that_kill),
	};

	kept_roles(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
