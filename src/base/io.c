/* base/io.c - system calls that answer 0 or -errno. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

/* A signal came before anything was done. */
static bool
again(ssize_t r)
{
	return r < 0 && errno == EINTR;
}

static ssize_t
result(ssize_t r)
{
	return r < 0 ? -errno : r;
}

int
io_check(int r)
{
	return r < 0 ? -errno : r;
}

int
io_open(const char *path, int flags, mode_t mode)
{
	return io_openat(AT_FDCWD, path, flags, mode);
}

int
io_openat(int dir, const char *path, int flags, mode_t mode)
{
	int r;

	do
		r = openat(dir, path, flags | O_CLOEXEC, mode);
	while (again(r));
	return io_check(r);
}

ssize_t
io_read(int fd, void *data, size_t len)
{
	ssize_t r;

	do
		r = read(fd, data, len);
	while (again(r));
	return result(r);
}

ssize_t
io_write(int fd, const void *data, size_t len)
{
	ssize_t r;

	do
		r = write(fd, data, len);
	while (again(r));
	return result(r);
}

int
io_close(int fd)
{
	/* The descriptor is gone even when a signal came: never twice. */
	int r = io_check(close(fd));

	return r == -EINTR ? 0 : r;
}

int
io_nonblock(int fd, bool on)
{
	int flags = io_check(fcntl(fd, F_GETFL));

	if (flags < 0)
		return flags;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return io_check(fcntl(fd, F_SETFL, flags));
}

int
io_cloexec(int fd, bool on)
{
	int flags = io_check(fcntl(fd, F_GETFD));

	if (flags < 0)
		return flags;
	flags = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
	return io_check(fcntl(fd, F_SETFD, flags));
}

static int
both_cloexec(int r, const int fds[2])
{
	if (r < 0)
		return r;
	io_cloexec(fds[0], true);
	io_cloexec(fds[1], true);
	return 0;
}

int
io_pipe(int fds[2])
{
#ifdef __linux__
	return io_check(pipe2(fds, O_CLOEXEC));
#else
	return both_cloexec(io_check(pipe(fds)), fds);
#endif
}

int
io_socketpair(int fds[2])
{
	return both_cloexec(io_check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds)),
			    fds);
}

int
io_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = io_write(fd, p, len);

		if (n < 0)
			return (int)n;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
io_slurp(const char *path, size_t max, struct buf *out)
{
	size_t had = out->len;
	int fd = io_open(path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		enum { STEP = 16 << 10 };

		n = io_read(fd, buf_room(out, STEP), STEP);
		if (n > 0)
			buf_grew(out, (size_t)n);
		if (out->len - had > max) {
			out->len = had + max;
			n = -EFBIG;
		}
	} while (n > 0);
	io_close(fd);
	return (int)n;
}

/* A name that no other process of ours picks: the pid, and a counter. */
static int
temporary(const char *path, mode_t mode, char **name)
{
	static unsigned n;
	int fd;

	*name = NULL;
	do {
		free(*name);
		*name = str_printf("%s.%ld.%u", path, (long)getpid(), n++);
		fd = io_open(*name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			     mode);
	} while (fd == -EEXIST);
	return fd;
}

static int
sync_dir_of(const char *path)
{
	char *copy = mem_str(path);
	int fd = io_open(dirname(copy), O_RDONLY | O_DIRECTORY, 0);
	int r = fd;

	free(copy);
	if (fd < 0)
		return r;
	r = io_check(fsync(fd));
	io_close(fd);
	/* Some file systems cannot sync a directory; then it needs none. */
	return r == -EINVAL ? 0 : r;
}

int
io_replace(const char *path, const void *data, size_t len, mode_t mode)
{
	char *name = NULL;
	int fd, r;

	fd = r = temporary(path, mode, &name);
	if (r < 0)
		goto out;
	r = io_write_all(fd, data, len);
	if (r == 0)
		r = io_check(fsync(fd));
	int closed = io_close(fd);
	if (r == 0)
		r = closed;
	if (r == 0)
		r = io_check(rename(name, path));
	if (r < 0)
		unlink(name);
	else
		r = sync_dir_of(path);
out:
	free(name);
	return r;
}

const char *
io_error(int r)
{
	return strerror(r < 0 ? -r : r);
}
