/* unit/cmd_sink.c - a file is there whole or not at all, whatever fails. */
#include "cmd/sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "scratch.h"

/* The linker sends these here (--wrap); number fail_at, from 1, fails. */
static int fail_at, calls;

static bool
fails(void)
{
	if (++calls != fail_at)
		return false;
	errno = ENOSPC;
	return true;
}

int __real_openat(int dir, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_openat(int dir, const char *path, int flags, ...);
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
__wrap_write(int fd, const void *data, size_t len)
{
	return fails() ? -1 : __real_write(fd, data, len);
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

static int
files(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

static void
assert_holds(const char *path, char c, size_t len)
{
	struct buf b = { 0 };

	assert_int_equal(io_slurp(path, 1 << 20, &b), 0);
	assert_int_equal(b.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(b.data[i], c);
	buf_release(&b);
}

/* Half of it pushed on the way, all of one letter. */
static int
fill(const char *path, char c, bool keep)
{
	enum { HALF = 70000 };
	struct sink s;
	int r = sink_open(&s, path), closed;

	if (r < 0)
		return r;
	for (int i = 0; i < 2 && r == 0; i++) {
		memset(buf_room(&s.buf, HALF), c, HALF);
		buf_grew(&s.buf, HALF);
		if (i == 0)
			r = sink_push(&s);
	}
	closed = sink_close(&s, keep && r == 0);
	return r < 0 ? r : closed;
}

static void
a_file_is_there_when_it_is_whole(void **state)
{
	const char *path = scratch_path(dir, "f");

	(void)state;
	assert_int_equal(fill(path, 'a', true), 0);
	assert_holds(path, 'a', 140000);
	assert_int_equal(fill(path, 'b', true), 0);
	assert_holds(path, 'b', 140000);
	assert_int_equal(files(), 1);
}

static void
what_is_not_kept_was_never_there(void **state)
{
	const char *path = scratch_path(dir, "f");

	(void)state;
	assert_int_equal(fill(path, 'a', false), 0);
	assert_int_equal(files(), 0);
	assert_int_equal(fill(path, 'a', true), 0);
	assert_int_equal(fill(path, 'b', false), 0);
	assert_holds(path, 'a', 140000);
}

/* Fails the 1st, 2nd, nth call, until none is left to fail. */
static void
whatever_fails_the_old_file_stays(void **state)
{
	const char *path = scratch_path(dir, "f");
	int failed = 0;

	(void)state;
	assert_int_equal(fill(path, 'a', true), 0);
	for (;; failed++) {
		calls = 0;
		fail_at = failed + 1;
		int r = fill(path, 'b', true);
		bool hit = calls >= fail_at;
		fail_at = 0;
		assert_int_equal(files(), 1);
		if (!hit)
			break;
		assert_int_equal(r, -ENOSPC);
		assert_holds(path, 'a', 140000);
	}
	assert_holds(path, 'b', 140000);
	assert_int_equal(failed, 5);
}

static void
a_link_stays_one(void **state)
{
	const char *path = scratch_path(dir, "f");
	const char *link = scratch_path(dir, "link");
	struct stat st;

	(void)state;
	scratch_write(path, "old");
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(fill(link, 'a', true), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_holds(path, 'a', 140000);
}

static void
what_is_no_file_is_written_to(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fill("/dev/null", 'a', true), 0);
	assert_int_equal(fill("/dev/null", 'a', false), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(fill(dir, 'a', true), -EISDIR);
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(a_file_is_there_when_it_is_whole),
		PROMISE(what_is_not_kept_was_never_there),
		PROMISE(whatever_fails_the_old_file_stays),
		PROMISE(a_link_stays_one),
		PROMISE(what_is_no_file_is_written_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
