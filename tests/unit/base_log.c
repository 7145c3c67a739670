/* unit/base_log.c - the promises of base/log.h. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "scratch.h"

static char *dir;

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(dir);
	return 0;
}

static void
lines_go_to_stderr_until_a_file_is_open(void **state)
{
	int fds[2], err = dup(2);
	char got[64] = "";

	(void)state;
	assert_int_equal(io_pipe(fds), 0);
	dup2(fds[1], 2);
	log_warn("no %s", "file");
	log_open("/nowhere/log", "role");
	dup2(err, 2);
	io_close(err);
	io_close(fds[1]);
	assert_true(io_read(fds[0], got, sizeof got - 1) > 0);
	assert_non_null(strstr(got, "cdo: warning: no file\n"));
	io_close(fds[0]);
}

static void
a_line_has_a_time_and_its_writer_and_no_controls(void **state)
{
	const char *path = scratch_path(dir, "log");
	struct buf b = { 0 };
	struct stat st;

	(void)state;
	log_open(path, "server");
	log_info("hello\nworld\033[2J");
	log_warn("%d", 42);
	assert_int_equal(io_slurp(path, 4096, &b), 0);
	char *s = buf_steal(&b);
	char *hello = strstr(s, "Z server: hello?world?[2J\n");
	assert_non_null(hello);
	assert_int_equal(hello - s, (int)strlen("2026-01-01T00:00:00"));
	assert_non_null(strstr(s, "Z server: warning: 42\n"));
	free(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
opening_again_moves_the_log(void **state)
{
	struct buf b = { 0 };

	(void)state;
	log_open(scratch_path(dir, "one"), "one");
	log_open(scratch_path(dir, "two"), "two");
	log_info("x");
	assert_int_equal(io_slurp(scratch_path(dir, "one"), 4096, &b), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(io_slurp(scratch_path(dir, "two"), 4096, &b), 0);
	assert_true(b.len > 0);
	buf_release(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_go_to_stderr_until_a_file_is_open),
		TEST(a_line_has_a_time_and_its_writer_and_no_controls),
		TEST(opening_again_moves_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
