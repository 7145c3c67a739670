/* base/lock.c - a file that one process holds. */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/io.h"

/* Whether path still leads to what fd locked. */
static bool
same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
lock_take(const char *path, bool wait)
{
	for (;;) {
		int fd = io_open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
		int r;

		if (fd < 0)
			return fd;
		do
			r = io_check(flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)));
		while (r == -EINTR);
		if (r == 0 && same_file(fd, path))
			return fd;
		io_close(fd);
		if (r < 0)
			return r;
	}
}
