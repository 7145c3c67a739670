/* unit/base_io.c - the promises of base/io.h, also when a call fails. */
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "scratch.h"

/*
 * The linker sends these calls of base/io through here (--wrap).  Number
 * fail_at of them, from 1, fails with fail_with; reads and writes move at
 * most `most` bytes.
 */
static int fail_at, fail_with, calls;
static size_t most = SIZE_MAX;

static bool
fails(void)
{
	if (++calls != fail_at)
		return false;
	errno = fail_with;
	return true;
}

int __real_openat(int dir, const char *path, int flags, ...);
ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	mode_t mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails() ? -1 : __real_openat(dir, path, flags, mode);
}

ssize_t
__wrap_read(int fd, void *data, size_t len)
{
	return fails() ? -1 : __real_read(fd, data, len < most ? len : most);
}

ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
	return fails() ? -1 : __real_write(fd, data, len < most ? len : most);
}

int
__wrap_fsync(int fd)
{
	return fails() ? -1 : __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	return fails() ? -1 : __real_rename(from, to);
}

static char *dir;

static int
setup(void **state)
{
	(void)state;
	fail_at = calls = 0;
	most = SIZE_MAX;
	dir = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fail_at = 0;
	scratch_free(dir);
	return 0;
}

static void
assert_holds(const char *path, const char *text)
{
	struct buf b = { 0 };

	assert_int_equal(io_slurp(path, 1 << 20, &b), 0);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.data, text, b.len);
	buf_release(&b);
}

static int
files_in(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

static void
a_failing_call_answers_minus_errno(void **state)
{
	char c;

	(void)state;
	assert_int_equal(io_open("/nowhere/at/all", O_RDONLY, 0), -ENOENT);
	assert_int_equal(io_read(-1, &c, 1), -EBADF);
	assert_int_equal(io_write(-1, "x", 1), -EBADF);
	assert_int_equal(io_close(-1), -EBADF);
	assert_int_equal(io_nonblock(-1, true), -EBADF);
	assert_int_equal(io_cloexec(-1, true), -EBADF);
	errno = EPERM;
	assert_int_equal(io_check(-1), -EPERM);
	assert_int_equal(io_check(7), 7);
	assert_string_equal(io_error(-ENOENT), "No such file or directory");
}

static void
a_signal_in_between_is_not_seen(void **state)
{
	int fds[2];
	char c = 0;

	(void)state;
	assert_int_equal(io_pipe(fds), 0);
	fail_with = EINTR;
	fail_at = calls + 1;
	assert_int_equal(io_write(fds[1], "x", 1), 1);
	fail_at = calls + 1;
	assert_int_equal(io_read(fds[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	io_close(fds[0]);
	io_close(fds[1]);
}

static void
descriptors_are_closed_on_exec(void **state)
{
	int fds[5];

	(void)state;
	fds[0] = io_open("/dev/null", O_RDONLY, 0);
	assert_int_equal(io_pipe(fds + 1), 0);
	assert_int_equal(io_socketpair(fds + 3), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		assert_int_equal(io_cloexec(fds[i], false), 0);
		assert_int_equal(fcntl(fds[i], F_GETFD), 0);
		assert_int_equal(io_close(fds[i]), 0);
	}
}

static void
nonblock_is_switched_on_and_off(void **state)
{
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(io_pipe(fds), 0);
	assert_int_equal(io_nonblock(fds[0], true), 0);
	assert_int_equal(io_read(fds[0], &c, 1), -EAGAIN);
	assert_int_equal(io_nonblock(fds[0], false), 0);
	assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	io_close(fds[0]);
	io_close(fds[1]);
}

static void
write_all_goes_on_after_short_writes(void **state)
{
	int fds[2];
	char got[8];

	(void)state;
	assert_int_equal(io_pipe(fds), 0);
	most = 1;
	assert_int_equal(io_write_all(fds[1], "abcdef", 6), 0);
	most = SIZE_MAX;
	assert_int_equal(io_read(fds[0], got, sizeof got), 6);
	assert_memory_equal(got, "abcdef", 6);
	io_close(fds[0]);
	io_close(fds[1]);
}

static void
slurp_appends_a_file_up_to_a_limit(void **state)
{
	const char *path = scratch_path(dir, "f");
	struct buf b = { 0 };

	(void)state;
	scratch_write(path, "0123456789");
	buf_str(&b, ">");
	assert_int_equal(io_slurp(path, 10, &b), 0);
	assert_int_equal(b.len, 11);
	assert_memory_equal(b.data, ">0123456789", 11);
	assert_int_equal(io_slurp(path, 9, &b), -EFBIG);
	assert_int_equal(b.len, 20);
	assert_int_equal(io_slurp(dir, 9, &b), -EISDIR);
	most = 3;
	buf_clear(&b);
	assert_int_equal(io_slurp(path, 10, &b), 0);
	assert_memory_equal(b.data, "0123456789", 10);
	buf_release(&b);
}

static void
replace_makes_the_file_with_the_mode(void **state)
{
	const char *path = scratch_path(dir, "f");
	struct stat st;

	(void)state;
	assert_int_equal(io_replace(path, "one", 3, 0600), 0);
	assert_holds(path, "one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(io_replace(path, NULL, 0, 0600), 0);
	assert_holds(path, "");
	assert_int_equal(files_in(dir), 1);
}

/* Fails the 1st, 2nd, nth call, until none is left to fail. */
static void
whatever_fails_replace_leaves_a_whole_file(void **state)
{
	const char *path = scratch_path(dir, "f");
	int failed = 0, r;

	(void)state;
	fail_with = ENOSPC;
	for (int n = 1;; n++) {
		fail_at = 0;
		assert_int_equal(io_replace(path, "old", 3, 0600), 0);
		calls = 0;
		fail_at = n;
		r = io_replace(path, "new one", 7, 0600);
		bool hit = calls >= n;
		fail_at = 0;
		assert_int_equal(files_in(dir), 1);
		if (!hit)
			break;
		failed++;
		assert_int_equal(r, -ENOSPC);
		/* After the rename only the directory's sync can fail. */
		assert_holds(path, n <= 4 ? "old" : "new one");
	}
	assert_int_equal(r, 0);
	assert_holds(path, "new one");
	assert_int_equal(failed, 6);
}

static void
replace_survives_short_writes(void **state)
{
	const char *path = scratch_path(dir, "f");

	(void)state;
	most = 2;
	assert_int_equal(io_replace(path, "seven77", 7, 0600), 0);
	assert_holds(path, "seven77");
}

static void
replace_says_when_the_directory_is_missing(void **state)
{
	(void)state;
	assert_int_equal(io_replace(scratch_path(dir, "no/f"), "x", 1, 0600),
			 -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failing_call_answers_minus_errno),
		cmocka_unit_test(a_signal_in_between_is_not_seen),
		cmocka_unit_test(descriptors_are_closed_on_exec),
		cmocka_unit_test(nonblock_is_switched_on_and_off),
		cmocka_unit_test(write_all_goes_on_after_short_writes),
		cmocka_unit_test_setup_teardown(
			slurp_appends_a_file_up_to_a_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(
			replace_makes_the_file_with_the_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(
			whatever_fails_replace_leaves_a_whole_file, setup,
			teardown),
		cmocka_unit_test_setup_teardown(replace_survives_short_writes,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			replace_says_when_the_directory_is_missing, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
