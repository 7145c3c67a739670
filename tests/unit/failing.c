/* unit/failing.c - the nth call on a file fails, by the linker's --wrap. */
#include "failing.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int fail_at, fail_with, calls;

void
failing_at(int n, int with)
{
	fail_at = n;
	fail_with = with;
	calls = 0;
}

int
failing_calls(void)
{
	return calls;
}

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
int __real_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_mkdir(const char *path, mode_t mode);

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
	return fails() ? -1 : __real_read(fd, data, len);
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

int
__wrap_unlink(const char *path)
{
	return fails() ? -1 : __real_unlink(path);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	return fails() ? -1 : __real_mkdir(path, mode);
}
