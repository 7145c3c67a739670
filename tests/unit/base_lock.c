/* unit/base_lock.c - the promises of base/lock.h. */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "scratch.h"

static char *dir;
static const char *path;

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	path = scratch_path(dir, "lock");
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
one_holds_it_and_another_does_not(void **state)
{
	struct stat st;
	int fd = lock_take(path, false);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(lock_take(path, false), -EWOULDBLOCK);
	io_close(fd);
	fd = lock_take(path, false);
	assert_true(fd >= 0);
	io_close(fd);
}

static void
a_copy_holds_it_as_well(void **state)
{
	int fd = lock_take(path, false), copy = dup(fd);

	(void)state;
	io_close(fd);
	assert_int_equal(lock_take(path, false), -EWOULDBLOCK);
	io_close(copy);
	fd = lock_take(path, false);
	assert_true(fd >= 0);
	io_close(fd);
}

/* Who held it removes it and makes another; who waited must take that. */
static void
who_waits_gets_the_file_that_is_there(void **state)
{
	int fd = lock_take(path, false), ready[2];
	char c;

	(void)state;
	assert_int_equal(io_pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		io_close(fd); /* its share of the lock */
		io_write(ready[1], "x", 1);
		int mine = lock_take(path, true);
		struct stat a, b;
		bool same = mine >= 0 && fstat(mine, &a) == 0 &&
			    stat(path, &b) == 0 && a.st_ino == b.st_ino;
		_exit(same ? 0 : 1);
	}
	assert_int_equal(io_read(ready[0], &c, 1), 1);
	assert_int_equal(unlink(path), 0);
	int other = io_open(path, O_RDWR | O_CREAT, 0600);
	io_close(fd);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	io_close(other);
	io_close(ready[0]);
	io_close(ready[1]);
}

static void
a_link_or_a_missing_directory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(lock_take(path, false), -ELOOP);
	assert_int_equal(lock_take(scratch_path(dir, "no/lock"), false),
			 -ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_holds_it_and_another_does_not),
		TEST(a_copy_holds_it_as_well),
		TEST(who_waits_gets_the_file_that_is_there),
		TEST(a_link_or_a_missing_directory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
